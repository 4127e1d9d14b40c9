"""Whatever a plugin leaves behind, it is the only one that may suffer, and the same at each start."""

from __future__ import annotations

import pytest

REGISTERS_AND = {
    "a module __getattr__ that raises": "def __getattr__(name): raise KeyError(name)\n",
    "a module __getattr__ that exits": "def __getattr__(name): raise SystemExit(name)\n",
    "a path that is a number": "__path__ = 3\n",
    "a loader that raises": "class L:\n    def __getattr__(self, name): 1/0\n__loader__ = L()\n",
    "a file that is no text": "__file__ = ['x']\n",
    "another object in its place": (
        "import sys\nclass M:\n    def __getattr__(self, name): raise ValueError(name)\nsys.modules[__name__] = M()\n"
    ),
    "a class in its place": "import sys\nclass M: x = 1\nsys.modules[__name__] = M\n",
    "an import hook that raises": (
        "import sys\nclass F:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
        "        if 'wanted' in name: raise KeyError(name)\nsys.meta_path.append(F)\n"
    ),
    "a member of an enumeration for a name": (
        "import enum\nclass K(str, enum.Enum): HTML = 'html'\nregister(K.HTML, 1)\n"
    ),
    "metadata with separators": "register('m', 1, **{'a\\x1e': '\\x1f\\n', '\\x1b': '\\x1bn'})\n",
    "deep metadata": "d = []\nfor _ in range(90): d = [d]\nregister('m', 1, d=d)\n",
    "text that fills a block": "register('x' * 100_000, 1, y='z' * 100_000)\n",
    "a component called by half a surrogate": "provide('\\ud800', 1)\nprovide(type('C', (), {'__module__': '\\udcff'}))\n",
    "an override that is no truth value": "register('o', 1, override='yes')\n",
}


@pytest.mark.parametrize("text", REGISTERS_AND.values(), ids=REGISTERS_AND)
def test_what_it_registers_is_there_at_each_start_and_so_is_all_else(application, text):
    application.plugin("odd", text)
    application.plugin("other", "try: import wanted\nexcept Exception: pass\n")
    application.settle()
    step = "result['all'] = {name: [things[name], things.describe(name)] for name in things.names()}"
    eager = application.run(step, APP_PLUGINS_LAZY="0")
    assert {"t-odd", "t-other"} <= eager["all"].keys()
    for _ in range(2):
        run = application.run(step)
        assert (run.result, run.stderr) == (eager.result, "")


REFUSED = {
    "a file with a NUL": "declare(depends_on=['a\\0b'])",
    "a file with half a surrogate": "declare(depends_on=['\\ud800'])",
    "a list for a name": "declare(after=[['x']])",
    "a number for names": "declare(before=3)",
    "a name with half a surrogate": "declare(after=['\\ud800'])",
    "a field with half a surrogate": "register('m', 1, **{'\\ud800': 1})",
    "metadata without end": "d = []\nd.append(d)\nregister('m', 1, d=d)",
    "a scope with half a surrogate": "provide(api.Clock, api.Clock, scope='\\ud800')",
    "a scope that is a list": "provide(api.Clock, api.Clock, scope=['x'])",
    "a truth value that raises": "class B:\n    def __bool__(self): 1/0\nregister('m', 1, override=B())",
    "an error that is none": "raise type('E', (BaseException,), {'__str__': lambda self: 1/0})",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_is_refused_breaks_it_alone_and_names_it(application, text):
    application.plugin("odd", text)
    application.plugin("other")
    application.settle()
    eager = application.names(APP_PLUGINS_LAZY="0")
    assert eager["names"] == ["t-other"]
    assert "plugin 'odd' could not be imported" in eager.stderr
    for _ in range(2):
        run = application.names()
        assert (run.result, run.stderr) == (eager.result, eager.stderr)


def test_a_file_with_separators_in_its_name_is_a_plugin_like_others(application):
    for number, name in enumerate(("o\x1ed", "o\x1fd", "o\x1bd", "o\nd", "o\u0663d", "o\udcffd")):
        file = application.plugin("new", f"register('t-{number}', {number})\n", registers=None)
        file.rename(file.with_name(f"{name}.py"))
    application.settle()
    step = "result['all'] = dict(things.items()); result['where'] = [plugin.origin for plugin in host.plugins]"
    cold, warm = application.run(step), application.run(step)
    assert cold["all"].keys() == {f"t-{number}" for number in range(6)}
    assert (warm.result, warm.stderr) == (cold.result, "")


def test_one_that_cannot_be_recorded_is_imported_at_every_start_and_says_why(application):
    file = application.plugin("odd")
    application.plugin("other")
    application.settle()
    refuse = (
        "from pegboard.startup.recording.record import Record\nold = Record.of_import.__func__\n"
        "def of_import(cls, plugin, *rest, **options):\n"
        "    if plugin.name == 'odd': raise GeneratorExit('no record')\n"
        "    return old(cls, plugin, *rest, **options)\n"
        "Record.of_import = classmethod(of_import)\n"
    )
    step = "result['all'] = dict(things.items()); result['why'] = host.plugin('odd').reason"
    cold = application.run(refuse, step)
    assert cold["all"] == {"t-odd": "odd", "t-other": "other"}
    assert cold["why"] == "it cannot be recorded: GeneratorExit: no record"
    for _ in range(2):
        warm = application.run("result['cold'] = host.manager.why_not_used", "things.names()", step)
        assert (warm["all"], warm["why"], warm.imported, warm.stderr) == (
            cold["all"],
            cold["why"],
            ["odd", "other"],
            "",
        )
    file.write_text(file.read_text() + "register('new', 1)\n")
    assert application.names()["names"] == ["t-odd", "new", "t-other"]


def test_one_whose_record_cannot_be_written_is_imported_at_every_start_and_takes_no_other_with_it(application):
    application.plugin(
        "odd",
        "for rows in api.host.manager.ledger.batches.values():\n    for row in rows: row.metadata['odd'] = {1}\n",
    )
    application.plugin("other")
    application.settle()
    step = "result['all'] = dict(things.items()); result['why'] = host.plugin('odd').reason"
    cold = application.run(step)
    assert cold["all"] == {"t-odd": "odd", "t-other": "other"}
    assert cold["why"].startswith("it cannot be recorded: TypeError: ")
    for _ in range(2):
        warm = application.run("things.names()", step)
        assert (warm.result, warm.stderr) == (cold.result, "")
        assert "odd" in warm.imported
    assert application.run("things.names()").imported == ["odd"]
