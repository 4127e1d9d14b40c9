import importlib
import inspect
import pickle
import subprocess
import sys
import threading
import traceback

import pytest

from pegboard.boundary import call_plugin
from pegboard.errors import PluginCallError, PluginError, PluginImportError, PluginNotImportableError
from pegboard.importer import Attribution, Importer, Journal
from pegboard.ledger import ACTIVE, BROKEN, FOUND, Distribution, Ledger, Plugin


class Bench:
    """An importer and its ledger over plugins in `app.plugins`, which say `from app.api import add`."""

    def __init__(self, tree):
        self.tree = tree
        self.reports = []
        self.attribution = Attribution("app")
        self.ledger = Ledger(self.attribution.registering)
        self.importer = Importer(
            self.attribution,
            self.ledger,
            Journal(lambda: "", lambda: False),
            self,
            application="app",
            prefix="APP",
            finder=self,
        )
        tree.write("app/__init__.py")
        tree.write("app/api.py", "def add(id): return ledger.add('things', id, id)\n")
        tree.write("app/plugins/__init__.py")
        importlib.import_module("app.api").ledger = self.ledger

    def find_spec(self, *args):
        return self.importer.find_spec(*args)

    def imported(self, plugin, batch):
        """A plugin manager compares *batch* with its records; here are none."""

    def import_in_order(self, plugin, error, seconds):
        """A plugin manager imports those before *plugin* first; here there are none."""
        if not isinstance(error, KeyboardInterrupt):
            plugin.fail(self.importer.failure(plugin, error))
            self.reports.append(plugin.error)
        return False

    def watch(self, plugins):
        self.attribution.add_plugins(plugins)
        self.importer.watch()

    def plugin(self, name, text, *, module=None):
        module = module or f"app.plugins.{name}"
        path = self.tree.write(module.replace(".", "/") + ".py", text)
        made = Plugin(name, module, origin=str(path), distribution=Distribution(f"acme-{name}", "1.0"))
        self.watch([made])
        return made

    def fails(self, plugin):
        with pytest.raises(PluginError) as caught:
            self.importer.activate(plugin)
        return caught.value

    def owners(self):
        return {row.id: row.owner.name for row in self.ledger.contributions("things")}


@pytest.fixture
def bench(tree):
    return Bench(tree)


def test_what_a_plugin_registers_is_its_own(bench):
    a = bench.plugin("a", "from app.api import add\nadd('x')\nadd('y')\n")
    bench.importer.activate(a)
    assert bench.owners() == {"x": "a", "y": "a"}
    assert a.state == ACTIVE
    assert a.cost_ms >= 0


def test_a_plugin_is_imported_once_however_often_it_is_activated(bench):
    a = bench.plugin("a", "from app.api import add\nadd('x')\n")
    for _ in range(3):
        bench.importer.activate(a)
    assert len(bench.ledger.contributions("things")) == 1


def test_names_that_are_no_identifiers_are_legal(bench):
    a = bench.plugin("0_add-x", "from app.api import add\nadd('x')\n")
    bench.importer.activate(a)
    assert bench.owners() == {"x": "0_add-x"}


class TestOwnership:
    """DESIGN 7, L9: "A contribution belongs to the plugin whose code made it, also when plugins import one another"."""

    def test_when_one_plugin_imports_another(self, bench):
        b = bench.plugin("b", "from app.api import add\nadd('of b')\n")
        a = bench.plugin(
            "a", "from app.api import add\nadd('of a, before')\nimport app.plugins.b\nadd('of a, after')\n"
        )
        bench.importer.activate(a)
        assert bench.owners() == {"of a, before": "a", "of b": "b", "of a, after": "a"}
        assert b.state == ACTIVE

    def test_when_plugins_import_one_another_in_a_circle(self, bench):
        bench.plugin("b", "import app.plugins.a\nfrom app.api import add\nadd('of b')\n")
        a = bench.plugin("a", "import app.plugins.b\nfrom app.api import add\nadd('of a')\n")
        bench.importer.activate(a)
        assert bench.owners() == {"of b": "b", "of a": "a"}

    def test_when_a_plugin_registers_through_its_own_package_elsewhere(self, bench):
        bench.tree.write("acme_impl.py", "from app.api import add\nadd('x')\ndef more(): add('y')\n")
        a = bench.plugin("a", "import acme_impl\nacme_impl.more()\n")
        bench.importer.activate(a)
        assert bench.owners() == {"x": "a", "y": "a"}

    def test_when_a_plugin_uses_another_ones_helper_while_imported(self, bench):
        b = bench.plugin("b", "from app.api import add\ndef helper(): add('by helper')\n")
        bench.importer.activate(b)
        a = bench.plugin("a", "from app.plugins.b import helper\nhelper()\n")
        bench.importer.activate(a)
        assert bench.owners() == {"by helper": "a"}

    def test_when_the_application_imports_a_plugin_itself(self, bench):
        bench.plugin("a", "from app.api import add\nadd('x')\n")
        importlib.import_module("app.plugins.a")
        assert bench.owners() == {"x": "a"}

    def test_late_registrations_belong_to_the_plugin_whose_function_makes_them(self, bench):
        a = bench.plugin("a", "from app.api import add\ndef late(): return add('late')\n")
        bench.importer.activate(a)
        row = sys.modules["app.plugins.a"].late()
        assert row.owner is a
        assert row.is_ephemeral

    def test_registrations_of_a_thread_started_by_a_plugin_are_its_own(self, bench):
        a = bench.plugin(
            "a",
            """
            import threading
            from app.api import add
            thread = threading.Thread(target=lambda: add('from thread'))
            thread.start()
            thread.join()
            """,
        )
        bench.importer.activate(a)
        (row,) = bench.ledger.contributions("things")
        assert (row.owner, row.is_ephemeral) == (a, True)

    def test_registrations_of_the_application_are_nobodys_plugin(self, bench):
        sys.modules["app.api"].add("x")
        assert bench.owners() == {"x": ""}


class TestFailure:
    """DESIGN 7, L6 and 9: all or nothing; whatever is raised is contained and attributed."""

    @pytest.mark.parametrize(
        ("text", "cause"),
        [
            ("def broken(:\n", "SyntaxError: invalid syntax"),
            ("1 / 0\n", "ZeroDivisionError: division by zero"),
            ("import sys; sys.exit(3)\n", "it called sys.exit(3)"),
            ("raise SystemExit\n", "it called sys.exit()"),
            ("def f(): f()\nf()\n", "RecursionError: maximum recursion depth exceeded"),
            ("class Mine(BaseException): pass\nraise Mine('so there')\n", "Mine: so there"),
            ("raise GeneratorExit\n", "GeneratorExit"),
            ("import nonexistent_thing\n", "ModuleNotFoundError: No module named 'nonexistent_thing'"),
            ("class Bad(Exception):\n    def __str__(self): 1 / 0\nraise Bad\n", "Bad: (its message cannot be shown)"),
            ("raise MemoryError('no room')\n", "MemoryError: no room"),
        ],
    )
    def test_leaves_nothing_behind_and_is_attributed(self, bench, text, cause):
        a = bench.plugin("a", "from app.api import add\nadd('half')\n" + text)
        error = bench.fails(a)
        assert bench.owners() == {}
        assert "app.plugins.a" not in sys.modules
        assert a.state == BROKEN
        assert a.error is error
        assert bench.reports == [error]
        assert error.what() == "plugin 'a' of acme-a 1.0 could not be imported and is left out"
        assert cause in error.because()
        assert str(pickle.loads(pickle.dumps(error))) == str(error)

    def test_names_the_line_in_the_plugins_own_code(self, bench):
        a = bench.plugin("a", "import json\n\njson.loads('{')\n")
        assert bench.fails(a).where() == f"{a.origin}:3"

    def test_of_a_missing_dependency_says_what_to_install(self, bench):
        error = bench.fails(bench.plugin("a", "import pandas_is_missing.frame\n"))
        assert error.hint() == "install 'pandas_is_missing', or leave it out with APP_NO_PLUGINS=a"

    def test_drops_parts_of_the_plugin_that_were_imported(self, bench):
        bench.tree.write("app/plugins/a/part.py", "")
        a = bench.plugin("a", "import app.plugins.a.part\n1/0\n", module="app.plugins.a.__init__")
        a.module = "app.plugins.a"
        bench.watch([a])
        bench.fails(a)
        assert [name for name in sys.modules if name.startswith("app.plugins.a")] == []

    def test_of_an_imported_plugin_is_its_own_and_breaks_the_importer_only_if_it_lets_it(self, bench):
        b = bench.plugin("b", "from app.api import add\nadd('half')\n1/0\n")
        careful = bench.plugin(
            "careful", "from app.api import add\ntry:\n    import app.plugins.b\nexcept Exception: add('without b')\n"
        )
        careless = bench.plugin("careless", "from app.api import add\nadd('c')\nimport app.plugins.b\n")
        bench.importer.activate(careful)
        error = bench.fails(careless)
        assert bench.owners() == {"without b": "careful"}
        assert b.state == BROKEN
        assert error.because() == "ZeroDivisionError: division by zero, in plugin 'b' of acme-b 1.0, which it imports"
        assert error.where() == f"{careless.origin}:3"
        assert error.hint() == "update 'b' first, or leave it out with APP_NO_PLUGINS=careless"

    def test_of_an_imported_plugin_is_the_same_for_the_first_that_imports_it_and_the_last(self, bench):
        importer = "from app.api import add\ntry:\n    import app.plugins.{}\nexcept ImportError: add('makes do')\n"
        worse = bench.plugin("worse", "1/0\n")
        missing = bench.plugin("missing", "import nonexistent_thing\n")
        for number in range(3):
            maker = bench.plugin(f"maker_{number}", importer.format("missing"))
            bench.importer.activate(maker)
            assert maker.state == ACTIVE
            victim = bench.plugin(f"victim_{number}", importer.format("worse"))
            assert bench.fails(victim).where() == f"{victim.origin}:3"
        assert [problem.plugin for problem in bench.reports] == [
            "missing", "worse", "victim_0", "victim_1", "victim_2"]  # fmt: skip
        for broken in (worse, missing):
            steps = traceback.extract_tb(broken.error.__cause__.__traceback__)
            assert sum(step.filename == broken.origin for step in steps) == 1

    def test_is_told_once_and_not_tried_again(self, bench):
        bench.tree.write("counter.py", "runs = 0\n")
        a = bench.plugin("a", "import counter\ncounter.runs += 1\n1/0\n")
        errors = {id(bench.fails(a)) for _ in range(3)}
        assert len(errors) == 1
        assert len(bench.reports) == 1
        assert sys.modules["counter"].runs == 1

    def test_of_a_module_that_is_gone_says_that_python_cannot_import_it(self, bench):
        a = Plugin("gone", "app.plugins.gone")
        bench.watch([a])
        assert isinstance(bench.fails(a), PluginNotImportableError)

    def test_a_missing_module_inside_the_plugin_is_not_mistaken_for_the_plugin(self, bench):
        error = bench.fails(bench.plugin("a", "import app.plugins.zzz\n"))
        assert type(error) is PluginImportError

    def test_the_users_interrupt_passes_and_the_plugin_may_be_tried_again(self, bench):
        a = bench.plugin("a", "from app.api import add\nadd('half')\nraise KeyboardInterrupt\n")
        with pytest.raises(KeyboardInterrupt):
            bench.importer.activate(a)
        assert bench.owners() == {}
        assert a.state == FOUND
        assert bench.reports == []

    def test_a_disabled_plugin_is_not_imported_by_another_one_either(self, bench):
        b = bench.plugin("b", "raise AssertionError('must not run')\n")
        b.disable("the user said so")
        error = bench.fails(bench.plugin("a", "import app.plugins.b\n"))
        assert "it is disabled: the user said so" in error.because()
        assert b.state == "disabled"


def test_the_modules_own_loader_is_what_it_would_be_without_us(bench):
    a = bench.plugin("a", "'''Doc'''\nx = 1\n")
    bench.importer.activate(a)
    module = sys.modules["app.plugins.a"]
    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert module.__spec__.loader is module.__loader__
    assert inspect.getsource(module) == "'''Doc'''\nx = 1\n"


def test_many_threads_activate_one_plugin_once(bench):
    bench.tree.write("counter.py", "runs = 0\n")
    a = bench.plugin("a", "import counter\ncounter.runs += 1\nfrom app.api import add\nadd('x')\n")
    start = threading.Barrier(8)
    states = []

    def activate():
        start.wait()
        bench.importer.activate(a)
        states.append((a.state, len(bench.ledger.contributions("things"))))

    threads = [threading.Thread(target=activate) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states == [(ACTIVE, 1)] * 8
    assert sys.modules["counter"].runs == 1


def test_two_threads_activating_plugins_that_import_one_another_do_not_lock_up(bench):
    bench.tree.write("meet.py", "import threading\nbarrier = threading.Barrier(2)\n")
    a = bench.plugin("a", "import meet\nmeet.barrier.wait()\nimport app.plugins.b\nfrom app.api import add\nadd('a')\n")
    b = bench.plugin("b", "import meet\nmeet.barrier.wait()\nimport app.plugins.a\nfrom app.api import add\nadd('b')\n")
    threads = [threading.Thread(target=bench.importer.activate, args=(plugin,), daemon=True) for plugin in (a, b)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    assert bench.owners() == {"a": "a", "b": "b"}


class TestBoundary:
    def test_returns_what_the_function_returns(self):
        assert call_plugin(Plugin("a", "a"), "adding", lambda: 3) == 3

    def test_names_plugin_distribution_and_what_it_was_doing(self, bench):
        a = bench.plugin("a", "def run():\n    return {}['missing']\n")
        bench.importer.activate(a)
        with pytest.raises(PluginCallError) as caught:
            call_plugin(a, "running command 'x'", sys.modules["app.plugins.a"].run)
        error = caught.value
        assert error.what() == "plugin 'a' of acme-a 1.0 failed while running command 'x'"
        assert error.because() == "KeyError: 'missing'"
        assert error.where() == f"{a.origin}:2"
        assert isinstance(error.__cause__, KeyError)

    @pytest.mark.parametrize("kind", [SystemExit, GeneratorExit, RecursionError, BaseException])
    def test_contains_whatever_is_raised(self, kind):
        def fail():
            raise kind

        with pytest.raises(PluginCallError):
            call_plugin(Plugin("a", "a"), "running", fail)

    def test_lets_through_the_users_interrupt_and_what_the_application_names(self):
        def fail(kind):
            raise kind

        with pytest.raises(KeyboardInterrupt):
            call_plugin(Plugin("a", "a"), "running", lambda: fail(KeyboardInterrupt))
        with pytest.raises(SystemExit):
            call_plugin(Plugin("a", "a"), "running", lambda: fail(SystemExit), (SystemExit,))

    def test_lets_through_whatever_a_built_in_plugin_raises(self):
        with pytest.raises(ZeroDivisionError):
            call_plugin(Plugin("a", "a", source="built-in"), "running", lambda: 1 / 0)


@pytest.mark.slow
def test_importing_the_importer_loads_no_module_that_a_bare_interpreter_lacks():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import pegboard.host\n"
        "print(sorted(name for name in set(sys.modules) - before if not name.startswith('pegboard')))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
