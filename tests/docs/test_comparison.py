"""What the comparison says of pluggy and of entry points by hand is so, and each of its cells has a reference."""

import importlib.metadata
import inspect
import re
import sys
import types
import typing
from pathlib import Path

import pluggy
import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/comparison.md"
BENCHMARKS = ROOT / "benchmarks/README.md"
GROUP = "comparison.plugins"

spec = pluggy.HookspecMarker("app")
impl = pluggy.HookimplMarker("app")


class Specification:
    @spec
    def ask(self, question): ...


class Plugin:
    """A plugin of pluggy: *answer* is what it does when it is asked."""

    def __init__(self, answer):
        self._answer = answer

    @impl
    def ask(self, question):
        return self._answer(question)


@pytest.fixture
def manager():
    manager = pluggy.PluginManager("app")
    manager.add_hookspecs(Specification)
    return manager


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return what installs a distribution of one module, with an entry point that names it."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    before = set(sys.modules)

    def install(name, source, *, entry="plugin"):
        folder = tmp_path / name
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{entry} = {name}\n")
        (folder / f"{name}.py").write_text(source)
        sys.path.append(str(folder))

    yield install
    for name in set(sys.modules) - before:
        del sys.modules[name]


def load_all():
    """The loop that applications write by hand."""
    return {entry.name: entry.load() for entry in importlib.metadata.entry_points(group=GROUP)}


BROKEN = ["raise ConnectionError('no net')", "raise SystemExit('no')", "import a_module_that_is_missing"]


class TestPluggy:
    def test_a_plugin_is_functions_named_as_hooks_with_a_mark(self, manager):
        module = types.ModuleType("plugin")
        exec("def ask(question): return 1\ndef other(): ...", module.__dict__)
        manager.register(module)
        assert manager.hook.ask(question=0) == []
        marked = types.ModuleType("marked")
        marked.ask = impl(module.ask)
        manager.register(marked)
        assert manager.hook.ask(question=0) == [1]

    def test_plugins_come_from_entry_points_or_are_registered(self):
        assert {name for name in dir(pluggy.PluginManager) if name.startswith(("load", "register"))} == {
            "load_setuptools_entrypoints",
            "register",
        }

    def test_a_call_returns_any(self):
        assert typing.get_type_hints(pluggy.HookCaller.__call__)["return"] is typing.Any

    def test_loading_imports_every_plugin(self, manager, install):
        install("one", "", entry="one")
        install("two", "", entry="two")
        manager.load_setuptools_entrypoints(GROUP)
        assert {"one", "two"} <= set(sys.modules)

    @pytest.mark.parametrize("source", BROKEN)
    def test_an_import_that_fails_ends_the_loading(self, manager, install, source):
        install("broken", source, entry="a")
        install("fine", "", entry="b")
        with pytest.raises((ConnectionError, SystemExit, ImportError)) as caught:
            manager.load_setuptools_entrypoints(GROUP)
        assert manager.get_plugins() == set()
        assert "broken" not in str(caught.value)

    def test_an_exception_ends_the_call_and_names_no_plugin(self, manager):
        asked = []
        manager.register(Plugin(asked.append), "first")
        manager.register(Plugin(lambda question: 1 / 0), "culprit")
        with pytest.raises(ZeroDivisionError) as caught:
            manager.hook.ask(question=0)
        assert asked == []
        assert "culprit" not in str(caught.value)

    def test_the_last_registered_is_called_first(self, manager):
        for number in range(3):
            manager.register(Plugin(lambda _, number=number: number))
        assert manager.hook.ask(question=0) == [2, 1, 0]

    def test_a_mark_asks_to_be_first_or_last_and_names_no_other_plugin(self):
        wishes = set(inspect.signature(impl).parameters)
        assert {"tryfirst", "trylast"} <= wishes
        assert wishes.isdisjoint({"before", "after"})

    def test_the_second_of_a_name_is_refused_or_from_an_entry_point_skipped(self, manager, install):
        manager.register(Plugin(str), "plugin")
        with pytest.raises(ValueError, match="already registered"):
            manager.register(Plugin(repr), "plugin")
        install("another", "")
        assert manager.load_setuptools_entrypoints(GROUP) == 0

    def test_it_has_hooks_and_no_components(self):
        assert set(pluggy.__all__) == {
            *("PluginManager", "PluginValidationError", "PluggyWarning", "PluggyTeardownRaisedWarning"),
            *("HookspecMarker", "HookspecOpts", "HookimplMarker", "HookimplOpts", "HookImpl"),
            *("HookCaller", "HookCallError", "HookRelay", "Result", "__version__"),
        }

    def test_a_wrapper_is_around_the_call(self, manager):
        class Wrapper:
            @impl(wrapper=True)
            def ask(self, question):
                return [*(yield), "wrapped"]

        manager.register(Plugin(str))
        manager.register(Wrapper())
        assert manager.hook.ask(question=0) == ["0", "wrapped"]

    def test_a_coroutine_is_returned_and_not_awaited(self, manager):
        async def answer(question): ...

        manager.register(Plugin(answer))
        (result,) = manager.hook.ask(question=0)
        assert inspect.iscoroutine(result)
        result.close()

    def test_an_implementation_may_take_fewer_arguments_and_older_ones_warn(self, manager):
        class Older:
            @impl
            def ask(self):
                return "asked"

        manager.register(Older())
        assert manager.hook.ask(question=0) == ["asked"]
        assert {"warn_on_impl", "warn_on_impl_args"} <= set(inspect.signature(spec).parameters)

    def test_the_application_blocks_a_plugin(self, manager):
        manager.set_blocked("unwanted")
        assert manager.register(Plugin(str), "unwanted") is None

    def test_it_has_no_command(self):
        assert list(importlib.metadata.distribution("pluggy").entry_points) == []

    def test_it_unregisters_and_imports_nothing_anew(self, manager, install):
        install("plugin", "")
        manager.load_setuptools_entrypoints(GROUP)
        code = sys.modules["plugin"]
        manager.unregister(name="plugin")
        manager.load_setuptools_entrypoints(GROUP)
        assert manager.get_plugin("plugin") is code

    def test_it_is_less_than_a_twentieth_of_the_size(self):
        def lines(folder):
            return sum(len(path.read_bytes().splitlines()) for path in folder.rglob("*.py"))

        theirs = lines(Path(pluggy.__file__).parent)
        assert round(theirs, -3) == 2_000
        assert 20 < lines(ROOT / "packages/pegboard/src/pegboard") / theirs < 30

    def test_it_needs_no_other_package(self):
        needed = importlib.metadata.requires("pluggy") or []
        assert [requirement for requirement in needed if "extra ==" not in requirement] == []


class TestEntryPointsByHand:
    def test_a_plugin_is_any_object_that_an_entry_point_names(self, install):
        install("plugin", "value = 3", entry="three")
        assert load_all()["three"].value == 3

    def test_what_is_loaded_has_no_type(self):
        hints = typing.get_type_hints(importlib.metadata.EntryPoint.load)
        assert hints.get("return", typing.Any) is typing.Any

    def test_names_are_known_and_each_load_imports_one(self, install):
        install("one", "", entry="one")
        install("two", "", entry="two")
        found = importlib.metadata.entry_points(group=GROUP)
        assert found.names == {"one", "two"}
        assert {"one", "two"}.isdisjoint(sys.modules)
        found["one"].load()
        assert "two" not in sys.modules

    @pytest.mark.parametrize("source", BROKEN)
    def test_an_import_that_fails_ends_the_loop(self, install, source):
        install("broken", source, entry="a")
        install("fine", "", entry="b")
        with pytest.raises((ConnectionError, SystemExit, ImportError)) as caught:
            load_all()
        assert "fine" not in sys.modules
        assert "broken" not in str(caught.value)

    def test_what_a_plugin_raises_passes_as_it_is(self, install):
        install("culprit", "def ask(): return 1 / 0")
        with pytest.raises(ZeroDivisionError) as caught:
            load_all()["plugin"].ask()
        assert "culprit" not in str(caught.value)

    def test_the_order_is_that_of_the_search_path(self, install):
        install("zebra", "")
        install("apple", "")
        assert [entry.value for entry in importlib.metadata.entry_points(group=GROUP)] == ["zebra", "apple"]

    def test_two_of_one_name_are_both_there(self, install):
        install("one", "")
        install("two", "")
        assert len(importlib.metadata.entry_points(group=GROUP)) == 2


# -- the page ---------------------------------------------------------------------------------------------------------

_ROW = re.compile(r"^\| (?!\*\*|:?-)(.+) \|$", re.MULTILINE)
_REFERENCE = re.compile(r"\[\^([\w-]+)\]")
_FOOTNOTE = re.compile(r"^\[\^([\w-]+)\]: (.+)$", re.MULTILINE)
_COLUMNS = ["Pegboard", "pluggy", "stevedore", "npe2", "entry points by hand"]


@pytest.fixture(scope="module")
def text():
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rows(text):
    rows = [[cell.strip() for cell in line.split(" | ")] for line in _ROW.findall(text)]
    assert all(len(row) == 6 for row in rows), [row for row in rows if len(row) != 6]
    return [row for row in rows if row[1:] != _COLUMNS]


@pytest.fixture(scope="module")
def footnotes(text):
    return dict(_FOOTNOTE.findall(text))


def test_every_cell_has_a_reference(rows):
    assert len(rows) >= 15
    assert [(row[0], cell) for row in rows for cell in row[1:] if not _REFERENCE.search(cell)] == []


def test_every_reference_is_given_once_and_used(text, footnotes):
    assert len(_FOOTNOTE.findall(text)) == len(footnotes)
    assert set(_REFERENCE.findall(_FOOTNOTE.sub("", text))) == set(footnotes)


def test_every_footnote_names_a_test_a_benchmark_or_an_address(footnotes):
    kinds = re.compile(r"`[\w/.-]+\.py::\w+|\[benchmarks\]|https://")
    assert {name: note for name, note in footnotes.items() if not kinds.search(note)} == {}


def test_every_test_that_is_named_exists(footnotes):
    named = [pair for note in footnotes.values() for pair in re.findall(r"`([\w/.-]+\.py)::([\w:]+)`", note)]
    assert len(named) >= 30
    missing = []
    for path, test in named:
        source = (ROOT / path).read_text(encoding="utf-8")
        missing += [
            (path, part)
            for part in test.split("::")
            if not re.search(rf"^\s*(?:async )?(?:def|class) {part}\b", source, re.MULTILINE)
        ]
    assert missing == []


@pytest.fixture(scope="module")
def measurements():
    """The first number of each row of a table of benchmarks, by what was measured."""
    text = BENCHMARKS.read_text(encoding="utf-8")
    return {what: float(number) for what, number in re.findall(r"^\| ([^|]+?) \| ([\d.]+)", text, re.MULTILINE)}


def test_every_figure_is_the_one_that_was_measured(rows, footnotes, measurements):
    checked = 0
    for cell in (cell for row in rows for cell in row[1:]):
        for name in _REFERENCE.findall(cell):
            for what in re.findall(r"\[benchmarks\]\S*, “([^”]+)”", footnotes[name]):
                (figure,) = (value for row, value in measurements.items() if row.startswith(what))
                assert figure == float(re.match(r"[\d.]+", cell)[0]), (cell, what)
                checked += 1
    assert checked >= 7


# -- the front page ---------------------------------------------------------------------------------------------------


def part_of_readme(name):
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return text.partition(f"<!-- {name} -->")[2].partition(f"<!-- end of {name} -->")[0]


def cells(text):
    return [[cell.strip() for cell in line.split(" | ")] for line in re.findall(r"^\| (\w.+) \|$", text, re.MULTILINE)]


def test_the_short_table_says_what_the_page_proves(rows):
    proved = {row[0]: [_REFERENCE.sub("", cell) for cell in row[1:]] for row in rows}
    shown = {row[0]: row[1:] for row in cells(part_of_readme("comparison"))}
    assert len(shown) >= 6
    assert shown == {name: proved.get(name) for name in shown}


@pytest.mark.parametrize(
    ("row", "measured_as"),
    [
        (1, ["list, N = 1,000"]),
        (2, ["pluggy / ours, light: list", "stevedore / ours, light: list", "metadata / ours, light: list"]),
        (3, ["run, N = 1,000, light"]),
        (4, ["pluggy / ours, light: run", "stevedore / ours, light: run", "metadata / ours, light: run"]),
    ],
)
def test_the_figures_are_those_that_were_measured(row, measured_as, measurements):
    figures = re.findall(r"\d+(?:\.\d+)?", cells(part_of_readme("figures"))[row][1])
    decimals = [len(figure.partition(".")[2]) for figure in figures]
    measured = [next(value for what, value in measurements.items() if what.startswith(name)) for name in measured_as]
    assert figures == [f"{value:.{places}f}" for value, places in zip(measured, decimals, strict=True)]


def test_other_figures_stand_in_the_benchmarks():
    text = BENCHMARKS.read_text(encoding="utf-8")
    assert "N = 1,000, without the half second for judging,\ntakes 1.56 to 1.59 times as long as the eager loop" in text
    assert "1.6 times as long as a plain loop, and half a second" in part_of_readme("figures")
    (hooks,) = re.findall(r"^\| 10: pluggy / ours \| ([\d.]+) \| ([\d.]+) \|", text, re.MULTILINE)
    low, high = sorted(round(float(ratio)) for ratio in hooks)
    assert f"{low} to {high} times as fast as one of pluggy" in part_of_readme("figures")


def test_each_part_of_the_front_page_is_one_of_the_readme():
    included = re.findall(
        r"^:start-after: <!-- (.+) -->\n:end-before: <!-- end of \1 -->",
        (ROOT / "docs/index.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert included == ["program", "figures", "comparison", "limits"]
    assert all(part_of_readme(name).strip() for name in included)
