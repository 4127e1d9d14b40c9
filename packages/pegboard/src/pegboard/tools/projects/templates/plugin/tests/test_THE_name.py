"""THE_host sees this plugin and no others of those that are installed."""

from THE_host_module import THE_host_object
from pegboard.testing import hermetic


def test_the_plugin_is_found_and_works() -> None:
    with hermetic(THE_host_object, installed=["THE_name"], strict=True):
        THE_host_object.start()
        assert THE_host_object.plugin("THE_name").is_usable
        assert not THE_host_object.problems
