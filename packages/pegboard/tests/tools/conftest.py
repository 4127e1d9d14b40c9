"""What the tools say of plugins is tested here; how plugins are judged with all objects is tested in `startup`."""

import pytest


@pytest.fixture(name="application")
def application_whose_objects_are_not_compared(application):
    """Return the application that all tests of the framework start; it takes half the time for a first start."""
    application.hide_objects()
    return application
