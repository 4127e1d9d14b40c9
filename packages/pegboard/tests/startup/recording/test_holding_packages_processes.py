"""What runs in the packages that hold a plugin's module counts as the plugin's own code."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

SHELF = "NAMES = []\n"
WHY = "result['why'] = {plugin.name: plugin.reason or '' for plugin in host.plugins}"
EFFECTS = {
    "a variable": "import os\nos.environ['DEEP'] = '1'\n",
    "an exit handler": "import atexit\natexit.register(len, '')\n",
    "a library's list": "import shelf\nshelf.NAMES.append(1)\n",
    "a patch": "import string\nstring.digits = 'x'\n",
    "in a module of its own": "from notes_deep import helper\n",
}


def publish(application, init, *names, body=""):
    """Publish plugins that are modules of one package, with ordinary plugins before and after them."""
    application.write("shelf.py", SHELF)
    application.write("notes_deep/__init__.py", init)
    application.write("notes_deep/helper.py", "import shelf\nshelf.NAMES.append('helper')\n")
    for name in names:
        application.write(f"notes_deep/{name}.py", f"from app.api import register\nregister({name!r}, 1)\n{body}")
    lines = "".join(f"{name} = notes_deep.{name}\n" for name in names)
    application.write("notes_deep-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: notes-deep\nVersion: 1\n")
    application.write("notes_deep-1.dist-info/entry_points.txt", f"[app.plugins]\n{lines}")
    application.write("notes_deep-1.dist-info/RECORD", "notes_deep/__init__.py,,\n")
    for name in "abz":
        application.plugin(name)
    application.settle()


def reasons(application):
    for _ in range(3):
        run = application.run("host.start()", WHY)
    return run["why"]


@pytest.mark.parametrize("names", [("m",), ("m", "n")], ids=["one plugin", "two plugins"])
class TestThePackage:
    @pytest.mark.parametrize("init", EFFECTS.values(), ids=EFFECTS)
    def test_what_its_body_does_is_an_effect_of_all_plugins_in_it_and_of_no_other(self, application, names, init):
        publish(application, init, *names)
        why = reasons(application)
        assert tuple(name for name, reason in why.items() if reason) == names
        assert all("notes_deep/" in why[name] for name in names)

    def test_what_it_registers_is_that_of_its_plugin_if_it_has_one(self, application, names):
        publish(application, "from app.api import register\nregister('deep', 1)\n", *names)
        why = reasons(application)
        assert tuple(name for name, reason in why.items() if reason) == (() if len(names) == 1 else names)
        assert "deep" in application.run("result['names'] = things.names()")["names"]

    @pytest.mark.parametrize("init", ["", "import json\nclass Plain: ...\n"], ids=["empty", "plain"])
    def test_that_does_nothing_leaves_them_lazy(self, application, names, init):
        publish(application, init, *names, body="import notes_deep\n")
        assert set(reasons(application).values()) == {""}

    def test_a_module_beside_them_counts_as_well(self, application, names):
        publish(application, "", *names, body="from notes_deep import helper\n")
        why = reasons(application)
        assert tuple(name for name, reason in why.items() if reason) == names

    def test_that_another_plugin_has_imported_before_counts_as_well(self, application, names):
        publish(application, EFFECTS["a library's list"], *names)
        application.plugin("b", "import notes_deep\n")
        application.settle()
        why = reasons(application)
        assert tuple(name for name, reason in why.items() if reason) == names

    def test_that_imports_the_plugin_itself(self, application, names):
        publish(application, f"from notes_deep import m\n{EFFECTS['a patch']}", *names)
        why = reasons(application)
        assert tuple(name for name, reason in why.items() if reason) == names

    def test_what_it_reads_binds_the_records(self, application, names):
        text = "import notes_deep\nif notes_deep.WHICH: register('more ' + __name__, 1)\n"
        publish(application, "import os\nWHICH = os.environ.get('DEEP_WHICH')\n", *names, body=text)
        assert set(reasons(application).values()) == {""}
        seen = application.run("host.start()", "result['names'] = things.names()", DEEP_WHICH="1")["names"]
        assert [f"more notes_deep.{name}" for name in names] == [name for name in seen if name.startswith("more")]

    def test_that_has_changed_is_recorded_anew(self, application, names):
        publish(application, "", *names)
        reasons(application)
        application.write("notes_deep/__init__.py", EFFECTS["a patch"])
        application.settle()
        why = reasons(application)
        assert tuple(name for name, reason in why.items() if reason) == names


def test_a_plugin_that_changes_the_package_of_others_is_eager(application):
    publish(application, "FOUND = []\n", "m", "n")
    application.write("notes_deep/n.py", "import notes_deep\nnotes_deep.FOUND.append('n')\n")
    application.settle()
    why = reasons(application)
    assert [name for name, reason in why.items() if reason] == ["n"]
    assert "changes notes_deep.FOUND" in why["n"]


def test_a_plugin_may_fill_the_package_that_it_has_for_itself(application):
    publish(application, "FOUND = []\n", "m", body="import notes_deep\nnotes_deep.FOUND.append('n')\n")
    assert set(reasons(application).values()) == {""}


def test_a_package_that_fails_does_not_blame_the_plugin_before_it(application):
    publish(application, "import shelf\nshelf.NAMES.append(1)\n1/0\n", "m")
    why = reasons(application)
    assert [name for name in "abz" if why[name]] == []


def test_where_each_start_judges_one_plugin_the_package_is_not_forgotten(application):
    publish(application, EFFECTS["a library's list"], "m", "n")
    for _ in range(8):
        why = application.run("host.manager.configure(judging_s=0)", "host.start()", WHY)["why"]
    assert [name for name, reason in why.items() if reason] == ["m", "n"]
    assert {name: why[name] for name in "mn" if "shelf.NAMES" not in why[name]} == {}
