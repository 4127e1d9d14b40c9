"""Plugins are edited and reloaded in this process."""

import pytest


@pytest.fixture
def application(live_application):
    """Return an application that is started in this process."""
    return live_application
