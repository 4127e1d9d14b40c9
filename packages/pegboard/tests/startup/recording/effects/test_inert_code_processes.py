"""A plugin that changes something is seen to, whatever plugins around it are not observed because they are inert."""

from __future__ import annotations

import pytest

IMPORTS = "import shelf\nfrom shelf import OPTIONS, default\nNAMES = ['a']\n"
INERT = f"{IMPORTS}class Plain(dict):\n    size = 1\n    def show(self): return self.size\n"
SHELF = """
import sys
OPTIONS, default = {"colour": "blue"}, 1
class Client:
    known = []
    def __init_subclass__(cls): Client.known.append(cls)
"""
WHY = "result['why'] = {p.name: p.reason or '' for p in host.plugins}"
CHANGES = {
    "an attribute": "shelf.default = 2",
    "what it holds": "OPTIONS['colour'] = 'red'",
    "a subclass that is noted": "class Mine(shelf.Client): ...",
    "an attribute, after another library": "import string_tools\nshelf.default = 2",
    "an attribute, by a function of its own": "def change():\n    shelf.default = 2\nchange()",
}


def reasons(application, **plugins):
    """Return why each plugin is eager, after two starts; an empty text for a lazy one."""
    application.write("shelf.py", SHELF)
    application.write("string_tools.py", "import shelf\nshelf.OPTIONS['by'] = 'string_tools'\n")
    for name, text in plugins.items():
        application.plugin(name, text, registers=None)
    application.settle()
    for _ in range(4):
        why = application.run("host.start()", WHY)["why"]
    return why


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_one_that_changes_a_library_is_told_from_those_around_it(application, change):
    why = reasons(application, a=INERT, b=INERT, guilty=f"{IMPORTS}{change}\n", x=INERT, z=INERT)
    assert why.pop("guilty").startswith("its import ")
    assert set(why.values()) == {""}


def test_a_change_that_a_later_one_undoes_is_seen_of_both(application):
    undone = {"m": f"{IMPORTS}shelf.default = 2\n", "n": f"{IMPORTS}shelf.default = 1\n"}
    why = reasons(application, a=INERT, **undone, z=INERT)
    assert [name for name, reason in why.items() if reason] == ["m", "n"]


def test_a_change_that_a_library_undoes_is_seen(application):
    application.write("resetting.py", "import shelf\nshelf.default = 1\n")
    why = reasons(application, a=INERT, m=f"{IMPORTS}shelf.default = 2\nimport resetting\n", z=INERT)
    assert [name for name, reason in why.items() if reason] == ["m"]


def test_what_a_library_has_changed_and_a_plugin_puts_back_is_seen(application):
    application.write("resetting.py", "import shelf\nshelf.default = 2\n")
    why = reasons(application, a=INERT, m=f"{IMPORTS}import resetting\nshelf.default = default\n", z=INERT)
    assert [name for name, reason in why.items() if reason] == ["m"]


def test_what_libraries_change_when_they_are_loaded_is_nobodys(application):
    why = reasons(application, a=INERT, b=f"{INERT}import string_tools\nclass More(Plain): ...\n", z=INERT)
    assert set(why.values()) == {""}


def test_a_handler_that_runs_because_a_library_is_missing_is_observed(application):
    text = f"{IMPORTS}try:\n    import no_such_library\nexcept ImportError:\n    shelf.default = 2\n"
    why = reasons(application, a=INERT, m=text, z=INERT)
    assert [name for name, reason in why.items() if reason] == ["m"]


@pytest.mark.parametrize("package", ["", "import shelf\nshelf.OPTIONS['by'] = 'deep'\n"], ids=["plain", "that changes"])
def test_the_package_of_a_plugin_that_comes_next_is_not_blamed_on_the_one_before(application, package):
    application.write("deep/__init__.py", package)
    application.write("deep/main.py", "VALUE = 1\n")
    application.write("deep-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: deep\nVersion: 1.0\n")
    application.write("deep-1.0.dist-info/entry_points.txt", "[app.plugins]\nx = deep.main\n")
    registering = "from shelf import OPTIONS\nregister({name!r}, 1)\n"
    why = reasons(application, **{name: registering.format(name=name) for name in "abc"})
    assert "x" in why
    assert [name for name in "abc" if why[name]] == []
