"""Plugins that share a comparison: each change is that of the plugin that made it, and none is lost."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

SHELF = """
NAMES, OPTIONS, default = ["zero"], {"colour": "blue"}, 1
def take(name): NAMES.append(name)
def drop(name): NAMES.remove(name)
"""
WHY = "result['why'] = {plugin.name: plugin.reason or '' for plugin in host.plugins}"
MENTIONS = (
    "import shelf, warnings, mimetypes\nfrom shelf import NAMES, OPTIONS, default\nUSED = (NAMES, shelf.OPTIONS)\n"
)
UNDONE = {
    "an element": ("shelf.NAMES.append(7)", "shelf.NAMES.remove(7)"),
    "an element, by functions": ("shelf.take(7)", "shelf.drop(7)"),
    "an element, by C": ("list(map(shelf.NAMES.append, [7]))", "shelf.NAMES.pop()"),
    "an element, by a looked up name": (
        "getattr(shelf, 'NAM' + 'ES').append(7)",
        "getattr(getattr(shelf, 'NAM' + 'ES'), 'po' + 'p')()",
    ),
    "elements in place": ("shelf.NAMES += [7]", "del shelf.NAMES[-1]"),
    "in place, by a short name": ("names = shelf.NAMES\nnames += [7]", "names = shelf.NAMES\ndel names[-1]"),
    "an attribute": ("shelf.default = 2", "shelf.default = 1"),
    "an item": ("shelf.OPTIONS['x'] = 1", "del shelf.OPTIONS['x']"),
    "a filter of Python's": (
        "import warnings\nwarnings.filterwarnings('ignore', message='x')",
        "import warnings\nwarnings.filters.pop(0)\nwarnings._filters_mutated()",
    ),
}
CHANGES = {
    "a filter": ("import warnings\nwarnings.filterwarnings('ignore', message='x')", "changes warnings.filters"),
    "a type": ("import mimetypes\nmimetypes.add_type('text/x-notes', '.notes')", "mimetypes"),
    "a list": ("shelf.NAMES.append(1)", "shelf.NAMES"),
    "a list, by a looked up name": ("getattr(shelf, 'NAM' + 'ES').append(1)", "shelf.NAMES"),
    "a list, by a function": ("shelf.take(1)", "shelf.NAMES"),
    "an attribute": ("shelf.default = 2", "shelf.default"),
    "another name for itself": (
        "import sys\nsys.modules['acme_alias'] = sys.modules[__name__]",
        "puts 'acme_alias' in sys.modules",
    ),
}


def reasons(application, **plugins):
    application.write("shelf.py", SHELF)
    for name, text in plugins.items():
        application.plugin(name, text)
    application.settle()
    for _ in range(4):
        run = application.run("host.start()", WHY)
    return run["why"]


@pytest.mark.parametrize(("change", "undo"), UNDONE.values(), ids=UNDONE)
def test_a_change_that_the_next_plugin_undoes_is_seen_of_both(application, change, undo):
    why = reasons(application, a=MENTIONS, m=f"import shelf\n{change}\n", n=f"import shelf\n{undo}\n", z=MENTIONS)
    assert [name for name, reason in why.items() if reason] == ["m", "n"]


@pytest.mark.parametrize(("change", "words"), CHANGES.values(), ids=CHANGES)
def test_it_is_given_to_the_plugin_that_made_it_whoever_else_mentions_what_is_changed(application, change, words):
    why = reasons(application, a=MENTIONS, b=MENTIONS, m=f"import shelf\n{change}\n", y=MENTIONS, z=MENTIONS)
    assert [name for name, reason in why.items() if reason] == ["m"]
    assert words in why["m"]
    assert "plugins/m.py:" in why["m"]
