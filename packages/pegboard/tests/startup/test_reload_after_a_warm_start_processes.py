"""Reloading in a process that started from the index, where most plugins have not been imported."""

import os

import pytest

pytestmark = pytest.mark.slow

NAMES = ["t-c", "t-b", "t-a", "t-d"]


@pytest.fixture
def ordered(application):
    """Return an application whose user wants c before a, and whose plugin b comes after c."""
    application.plugin("a")
    application.plugin("b", "declare(after=['c'])\n")
    application.plugin("c")
    application.plugin("d")
    file = application.home / ".config/app/plugins.toml"
    file.parent.mkdir(parents=True)
    file.write_text("order = ['c', 'b', 'a']\n")
    application.settle()
    application.names()
    return application


@pytest.mark.parametrize(
    "change", ["host.reload('a')", "host.reload('d')", "host.rescan()", "host.disable('d'); host.enable('d')"]
)
def test_the_order_stays_what_user_and_authors_want(ordered, change):
    run = ordered.run("result['before'] = things.names()", change, "result['after'] = things.names()")
    assert (run["before"], run["after"]) == (NAMES, NAMES)
    assert "c" not in run.imported


def test_the_wish_of_a_plugin_that_was_not_imported_is_met_after_a_reload(application):
    application.plugin("a", "declare(after=['c'])\n")
    application.plugin("b")
    application.plugin("c")
    application.settle()
    assert application.names()["names"] == ["t-b", "t-c", "t-a"]
    run = application.run("host.reload('b')", "result['names'] = things.names()")
    assert (run["names"], set(run.imported)) == (["t-b", "t-c", "t-a"], {"b"})


def test_a_new_plugin_is_found_and_the_others_stay_what_they_are(ordered):
    new = ordered.site / "app/plugins/e.py"
    text = "from app.api import register\nregister('t-e', 'e')\n"
    step = f"""
things.names()
known = set(host.plugins)
open({os.fspath(new)!r}, 'w').write({text!r})
result['added'] = list(host.rescan().added)
result['kept'] = known < set(host.plugins)
result['names'] = things.names()
"""
    run = ordered.run(step)
    assert (run["added"], run["kept"], run["names"]) == (["e"], True, [*NAMES, "t-e"])
