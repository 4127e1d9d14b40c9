"""What is recorded while a plugin has replaced or hidden modules does not outlive that plugin."""

from __future__ import annotations

import pytest

ALL = ["t-b", "t-c"]
HIDES = {
    "the api is removed": "import sys\ndel sys.modules['app.api']\n",
    "the application is removed": "import sys\nfor n in [n for n in sys.modules if n.startswith('app.')]: del sys.modules[n]\n",
    "the api is replaced": "import sys, types\nfake = types.ModuleType('app.api')\nfake.register = lambda *a, **k: None\n"
    "fake.__all__ = ['register']\nsys.modules['app.api'] = app.api = fake\n",
    "a library is replaced": "import sys, types\nsys.modules['acme_words'] = types.SimpleNamespace(WORD='fake')\n",
    "a module of Python is hidden": "import sys\nsys.modules['colorsys'] = None\n",
    "it fails afterwards": "import sys\ndel sys.modules['app.api']\n1 / 0\n",
}
USES = (
    "import acme_words\ntry:\n    import colorsys\n    more = ''\nexcept ImportError: more = ' without colours'\n"
    "register('word ' + acme_words.WORD + more, 1)\n"
)


@pytest.mark.parametrize("how", HIDES)
@pytest.mark.parametrize("name", ["a", "z"], ids=["before the others", "after them"])
def test_all_is_as_before_when_it_is_gone(application, how, name):
    application.write("acme_words.py", "WORD = 'real'\n")
    api = (application.code / "app/api.py").read_text()
    application.write("app/api.py", f"import acme_words, colorsys\n{api}")
    application.plugin("b", USES)
    application.plugin("c")
    application.settle()
    wanted = application.names()["names"]
    assert wanted == ["t-b", "word real", "t-c"]

    culprit = application.plugin(name, "import app\n" + HIDES[how], registers=None)
    application.plugin("c", "# edited, so that it is recorded anew\n")
    application.plugin("b", USES + "# edited\n")
    application.settle()
    for _ in range(2):
        application.process("result['names'] = things.names()", "[things.get(n) for n in things.names()]")
    culprit.unlink()
    for _ in range(2):
        run = application.run("result['names'] = things.names()", "result['c'] = things['t-c']")
        assert (run["names"], run["c"]) == (wanted, "c")


def test_what_comes_after_it_is_imported_at_each_start_and_says_why(application):
    application.plugin("a", "import sys\nsys.modules['json'] = sys.modules['json.decoder']\n")
    application.plugin("b")
    application.settle()
    for _ in range(2):
        run = application.run(
            "result['names'] = things.names()",
            "result['why'] = {p.name: p.reason for p in host.plugins}",
            "import builtins, sys; sys.modules['json'] = sys.modules['__main__'].json",
        )
        assert run["names"] == ["t-a", "t-b"]
        assert "b" in run.imported
    assert "plugin 'a', which was imported before it, had replaced the module json" in run["why"]["b"]


def test_a_plugin_that_is_used_while_a_module_is_hidden_keeps_its_names(application):
    application.plugin("b")
    application.settle()
    application.names()
    application.run("import sys", "del sys.modules['app.api']", "try: things['t-b']\nexcept LookupError: pass")
    run = application.run("result['names'] = things.names()", "result['b'] = things['t-b']")
    assert (run["names"], run["b"]) == (["t-b"], "b")
