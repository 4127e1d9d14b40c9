"""What is recorded beside a plugin that changes what others find holds as long as that plugin is what it was."""

from __future__ import annotations

import pytest

CHANGES = {
    "a module of Python is hidden before anybody imports it": "sys.modules['colorsys'] = None",
    "a function of Python is replaced": "textwrap.indent = lambda *_: 'other'",
    "a class of Python is changed": "textwrap.TextWrapper.other = 1",
    "a value of a library is replaced": "acme_words.WORDS['a'] = 'other'",
    "a variable is set": "os.environ['ACME_WORD'] = 'other'",
    "the directory is changed": "os.chdir('/')",
    "logging is configured": "logging.getLogger('acme').setLevel(7)",
    "it fails afterwards": "textwrap.indent = lambda *_: 'other'\n1 / 0",
}
OF_ITS_OWN = ["import _thread; _thread.start_new_thread(len, ((),))", "import atexit; atexit.register(str)", ""]
IMPORTS = "import acme_words, logging, os, sys, textwrap\n"
USES = (
    f"{IMPORTS}"
    "try: from colorsys import rgb_to_hls as colours\nexcept ImportError: colours = None\n"
    "found = [colours is None, textwrap.indent('a', '>'), hasattr(textwrap.TextWrapper, 'other'), acme_words.WORDS['a'],\n"
    "    os.environ.get('ACME_WORD'), os.getcwd() == '/', logging.getLogger('acme').level]\n"
    "register(' '.join(map(str, found)), 1)\n"
)
USUAL = ["t-user", "False >a False b None False 0"]
READ = ("result['names'] = things.names()", "for name in things: things[name]")
"""Everything is used, too: then a name that is not registered any more is an error."""


def add(application, change):
    """Start with a plugin that makes a *change* before another one is recorded; return its file, and all names."""
    application.write("acme_words.py", "WORDS = {'a': 'b'}\n")
    culprit = application.plugin("bad", f"{IMPORTS}{change}\n", registers=None)
    application.plugin("user", USES)
    application.settle()
    return culprit, application.names()["names"]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_nothing_is_left_of_it_when_it_is_gone(application, change):
    culprit, changed = add(application, change)
    assert changed != USUAL
    culprit.unlink()
    for _ in range(2):
        assert application.run(*READ)["names"] == USUAL


@pytest.mark.parametrize("how", ["disabled", "mended", "left out"])
def test_nothing_is_left_of_it_when_it_is(application, how):
    culprit, changed = add(application, "textwrap.indent = lambda *_: 'other'")
    assert changed != USUAL
    variables = {}
    if how == "disabled":
        file = application.home / ".config/app/plugins.toml"
        file.parent.mkdir(parents=True)
        file.write_text("[plugins.bad]\nenabled = false\n")
    elif how == "mended":
        culprit.write_text("# mended\n")
    else:
        variables = {"APP_NO_PLUGINS": "bad"}
    for _ in range(2):
        assert application.run(*READ, **variables)["names"] == USUAL


def test_it_costs_nothing_while_it_stays(application):
    _, changed = add(application, "textwrap.indent = lambda *_: 'other'")
    application.plugin("other")
    application.settle()
    run = application.names()
    assert (sorted(run["names"]), sorted(run.imported)) == (sorted([*changed, "t-other"]), ["bad", "other"])
    assert application.names().imported == ["bad"]


@pytest.mark.parametrize("change", OF_ITS_OWN)
def test_what_others_do_not_find_costs_them_nothing(application, change):
    culprit, _ = add(application, change)
    culprit.write_text(culprit.read_text() + "# edited\n")
    application.settle()
    assert application.names().imported == ["bad"]
