import gc
import importlib
import subprocess
import sys
import threading
import weakref

import pytest

from pegboard.errors import (
    ContributionNotFoundError,
    HostError,
    InvalidNameError,
    NameClashError,
    OrderError,
    PluginCallError,
    PluginError,
    PluginFolderError,
    PluginImportError,
    PluginNotFoundError,
    RequiredPluginError,
)
from pegboard.host import Host

API = """
host = None
def register(name, item=None, **metadata): return host.registry('things').register(name, item, **metadata)
def declare(**wishes): host.declare(**wishes)
"""


class Application:
    """An application `app` in a folder, with `app.api`, its hosts and what they report."""

    def __init__(self, tree, config):
        self.tree, self.config = tree, config
        self.reports = []
        tree.write("app/__init__.py")
        tree.write("app/api.py", API)

    def plugin(self, name, text="", register=None):
        register = name if register is None else register
        line = f"from app.api import register, declare\nregister({register!r}, {name!r})\n" if register else ""
        return self.tree.write(f"app/plugins/{name}.py", line + text)

    def host(self, **options):
        options = {
            "config_directory": self.config,
            "cache_directory": self.config.parent / "cache",
            "report": self.reports.append,
            "environ": {},
        } | options
        host = Host("app", **options)
        import app.api

        app.api.host = host
        self.things = host.registry("things")
        return host


@pytest.fixture
def application(tree, tmp_path):
    return Application(tree, tmp_path / "config")


def test_making_a_host_looks_for_nothing(application):
    application.plugin("a", "raise AssertionError")
    host = application.host()
    assert host.problems == []
    assert "app.plugins" not in sys.modules


@pytest.mark.parametrize("name", ["", "not a name", "a..b", 3])
def test_a_host_needs_an_import_name(name):
    with pytest.raises(InvalidNameError):
        Host(name)


def test_the_first_use_of_a_registry_starts_the_host(application):
    application.plugin("b")
    application.plugin("a")
    application.host()
    assert application.things.names() == ("a", "b")
    assert application.things["a"] == "a"
    assert application.things.owner("a").name == "a"


def test_the_registry_of_a_name_is_made_once(application):
    host = application.host()
    assert host.registry("things") is host.registry("things")
    assert set(host.registries) == {"things"}


def test_listing_plugins_imports_none(application):
    application.plugin("a", "raise AssertionError")
    assert [plugin.state for plugin in application.host().plugins] == ["found"]


def test_one_broken_plugin_changes_nothing_for_the_others(application):
    application.plugin("a")
    application.plugin("b", "raise SystemExit(7)\n")
    application.plugin("c")
    host = application.host()
    host.start()
    assert application.things.names() == ("a", "c")
    (problem,) = application.reports
    assert isinstance(problem, PluginImportError)
    assert host.problems == [problem]
    assert [plugin.state for plugin in host.plugins] == ["active", "broken", "active"]


def test_strict_raises_the_fault_after_everything_was_tried(application):
    application.plugin("a", "1/0\n")
    application.plugin("b")
    host = application.host(strict=True)
    with pytest.raises(PluginImportError, match="plugin 'a'"):
        host.start()
    assert host.plugin("b").state == "active"


def test_strict_raises_several_faults_as_a_group(application):
    application.plugin("a", "1/0\n")
    application.plugin("b", "1/0\n")
    with pytest.raises(ExceptionGroup) as caught:
        application.host(environ={"APP_PLUGINS_STRICT": "1"}).start()
    assert len(caught.value.exceptions) == 2


def test_a_clash_is_reported_at_start_with_both_plugins(application):
    application.plugin("a", register="same")
    application.plugin("b", register="same")
    application.host().start()
    (problem,) = application.reports
    assert isinstance(problem, NameClashError)
    assert application.things["same"] == "a"


def test_declared_order_counts_wherever_plugins_were_imported_first(application):
    application.plugin("a", "declare(after=['c'])\n")
    application.plugin("b")
    application.plugin("c", "declare(before='b')\n")
    host = application.host()
    host.start()
    assert [plugin.name for plugin in host.plugins] == ["c", "a", "b"]
    assert application.things.names() == ("c", "a", "b")


def test_a_wish_that_cannot_be_met_is_reported(application):
    application.plugin("a", "declare(after=['ghost'])\n")
    application.host().start()
    assert isinstance(application.reports[0], OrderError)


def test_declare_outside_an_import_is_an_error(application):
    with pytest.raises(HostError, match="only while a plugin is being imported"):
        application.host().declare(after=["x"])


def test_the_users_file_disables_and_orders(application):
    application.config.mkdir()
    (application.config / "plugins.toml").write_text('order = ["c", "a"]\n[plugins.b]\nenabled = false\n')
    for name in "abc":
        application.plugin(name)
    host = application.host()
    assert application.things.names() == ("c", "a")
    assert host.plugin("b").state == "disabled"
    assert "disabled in" in host.plugin("b").reason


def test_an_invalid_file_is_reported_with_its_line_and_the_defaults_hold(application):
    application.config.mkdir()
    (application.config / "plugins.toml").write_text("\nstrict =\n")
    application.plugin("a")
    application.host().start()
    assert "line 2" in str(application.reports[0])
    assert application.things.names() == ("a",)


def test_folder_plugins_need_no_packaging(application):
    folder = application.config / "plugins"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text("from app.api import register\nregister('mine', 1)\n")
    host = application.host()
    assert application.things["mine"] == 1
    assert host.plugin("mine").source == "folder"


def test_a_plugin_folder_that_is_a_file_is_reported_and_the_rest_goes_on(application):
    application.config.mkdir()
    (application.config / "plugins").write_text("")
    application.plugin("a")
    application.host().start()
    assert isinstance(application.reports[0], PluginFolderError)
    assert application.things.names() == ("a",)


def test_leave_out_by_name_and_all(application):
    folder = application.config / "plugins"
    folder.mkdir(parents=True)
    for name in "mn":
        (folder / f"{name}.py").write_text(f"from app.api import register\nregister('{name}', 1)\n")
    application.plugin("a")
    host = application.host()
    host.leave_out(["m"], "left out by a test")
    assert application.things.names() == ("a", "n")
    assert host.plugin("m").reason == "left out by a test"
    host.plugin("m")


def test_safe_mode_keeps_built_in_plugins(application):
    folder = application.config / "plugins"
    folder.mkdir(parents=True)
    (folder / "m.py").write_text("raise AssertionError")
    application.plugin("a")
    application.host(environ={"APP_NO_PLUGINS": "1"})
    assert application.things.names() == ("a",)
    assert application.reports == []


def test_disable_takes_everything_back(application):
    application.plugin("a")
    application.plugin("b")
    host = application.host()
    assert application.things.names() == ("a", "b")
    host.disable("a")
    assert application.things.names() == ("b",)
    with pytest.raises(ContributionNotFoundError):
        application.things["a"]
    with pytest.raises(PluginNotFoundError, match="did you mean 'b'|known plugins"):
        host.disable("bb")


def test_a_required_plugin_that_is_broken_stops_the_application(application):
    application.plugin("a", "1/0\n")
    with pytest.raises(RequiredPluginError, match="plugin 'a'") as caught:
        application.host(required=["a"]).start()
    assert "ZeroDivisionError" in str(caught.value)


def test_a_required_plugin_that_is_missing_stops_the_application(application):
    with pytest.raises(RequiredPluginError, match="it is not installed"):
        application.host(required=["a"]).start()


def test_a_plugin_that_reads_a_registry_while_imported_sees_what_there_is(application):
    application.plugin("a")
    application.plugin("b", "import app.api\nregister('seen', app.api.host.registry('things').names())\n")
    application.host()
    assert application.things["seen"] == ("a",)


def test_two_hosts_of_different_applications_do_not_share_anything(application, tree):
    tree.write("other/__init__.py")
    tree.write("other/plugins/x.py", "import other\nother.host.registry('things').register('x', 1)\n")
    application.plugin("a")
    host = application.host()
    other = Host("other", environ={}, config_directory=application.config, cache_directory=application.config)
    import other as other_module

    other_module.host = other
    assert other.registry("things").names() == ("x",)
    assert application.things.names() == ("a",)
    assert [plugin.name for plugin in host.plugins] == ["a"]


def test_a_host_that_nobody_holds_goes_and_imports_go_on_without_it(application, tree):
    application.plugin("a")
    host = application.host()
    assert list(host.registry("things").names()) == ["a"]
    watched, finder = weakref.ref(host.manager), host.manager._finder
    assert finder in sys.meta_path

    for name in [name for name in sys.modules if name == "app" or name.startswith("app.")]:
        del sys.modules[name]
    del host, application.things
    gc.collect()

    assert watched() is None
    tree.write("later.py", "")
    assert importlib.import_module("later").__name__ == "later"
    assert finder.find_spec("app.plugins.a") is None


def test_run_names_the_plugin_that_fails(application):
    folder = application.config / "plugins"
    folder.mkdir(parents=True)
    (folder / "m.py").write_text("def run(): {}['x']\n")
    host = application.host()
    host.start()
    with pytest.raises(PluginCallError, match="plugin 'm' failed while testing"):
        host.run(host.plugin("m"), "testing", sys.modules["app.plugins.m"].run)


@pytest.mark.slow
def test_without_a_reporter_one_line_goes_to_standard_error(application):
    application.plugin("a", "1/0\n")
    result = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pegboard import Host; import app.api; app.api.host = Host('app'); app.api.host.start()",
        ],
        env={"PYTHONPATH": str(application.tree.root), "HOME": str(application.config), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stderr.startswith(
        "app: warning[plugin-import-failed]: plugin 'a' could not be imported and is left out: ZeroDivisionError: division by zero (hint: "
    )
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


def test_a_harmless_stray_file_is_a_problem_that_is_not_told_at_every_start(application):
    application.tree.write("site/app/plugins/__init__.py", "raise AssertionError('foreign code')\n")
    application.tree.write("site/app/plugins/x.py", "from app.api import register\nregister('x', 1)\n")
    sys.path.append(str(application.tree.root / "site"))
    application.plugin("a")
    host = application.host(strict=True)
    host.start()
    assert application.things.names() == ("a", "x")
    assert [problem.code for problem in host.problems] == ["stray-package-file"]
    assert application.reports == []


def test_names_alone_decide_the_order_where_the_application_wants_it(application):
    folder = application.config / "plugins"
    folder.mkdir(parents=True)
    (folder / "00_first.py").write_text("from app.api import register\nregister('first', 1)\nregister('a', 'stolen')\n")
    application.plugin("a")
    host = application.host(built_in_first=False)
    assert application.things.names() == ("first", "a")
    assert [plugin.name for plugin in host.plugins] == ["00_first", "a"]
    assert application.things["a"] == "a"
    assert isinstance(application.reports[0], NameClashError)
    assert "plugin '00_first' registers 'a' in 'things', which plugin 'a' already has" in str(application.reports[0])


def test_explain_answers_for_components_and_for_names(application):
    application.plugin("a")
    host = application.host()
    host.container.provide_value("answer", 42)
    assert "provided by" in str(host.explain("answer"))
    assert "plugin 'a' (active): in use" in str(host.explain("things", "a"))
    assert str(host.explain(application.things, "a")) == str(host.explain("things", "a"))
    with pytest.raises(HostError, match="there is no registry 'thing'"):
        host.explain("thing", "a")


def test_thousands_of_problems_are_kept_once_each_and_not_compared_with_one_another(monkeypatch):
    told = []
    host = Host("app", report=told.append)
    problems = [PluginError(f"p{number}", "") for number in range(3000)]
    monkeypatch.setattr(PluginError, "is_among", None)  # it would be called
    for problem in problems:
        host.report(problem)
    monkeypatch.undo()
    host.report(PluginError("p7", ""))
    assert host.problems == told == problems
    del host.problems[7]
    host.report(problems[7])
    assert told[-1] is host.problems[-1] is problems[7]


def test_hooks_in_a_module_of_their_own_are_imported_when_one_that_is_called_is_implemented(application):
    application.tree.write(
        "app/hooks.py",
        "from app.api import host\n"
        "@host.hooks.collect\ndef ask() -> str: raise NotImplementedError\n"
        "@host.hooks.notify\ndef tell() -> None: ...\n",
    )
    application.tree.write("app/plugins/a.py", "from app.hooks import ask\n@ask.implement\ndef answer(): return 'a'\n")
    application.host(hooks="app.hooks").start()
    for name in [each for each in sys.modules if each == "app" or each.startswith("app.")]:
        del sys.modules[name]

    host = application.host(hooks="app.hooks")

    assert (host.is_implemented("ask"), host.is_implemented("tell"), host.is_implemented("else")) == (
        True,
        False,
        False,
    )
    assert {"app.hooks", "app.plugins.a"}.isdisjoint(sys.modules)
    assert host.hooks["ask"]() == ["a"]
    assert [hook.name for hook in host.hooks] == ["ask", "tell"]


def test_a_thread_that_asks_for_hooks_waits_until_another_one_has_imported_what_declares_them(application):
    application.tree.write(
        "app/hooks.py",
        "from app import api\nfrom app.api import host\n"
        "api.begun.set()\napi.go_on.wait(10)\n"
        "@host.hooks.collect\ndef ask() -> str: raise NotImplementedError\n",
    )
    host = application.host(hooks="app.hooks")
    api = sys.modules["app.api"]
    api.begun, api.go_on = threading.Event(), threading.Event()
    found = []
    threads = [threading.Thread(target=lambda: found.append("ask" in host.hooks)) for _ in range(3)]
    threads[0].start()
    assert api.begun.wait(10)
    for thread in threads[1:]:
        thread.start()
    threads[1].join(0.05)  # it would have found no hook by then
    api.go_on.set()
    for thread in threads:
        thread.join()

    assert found == [True] * 3


def test_the_applications_own_implementation_counts_as_one(application):
    host = application.host()

    @host.hooks.notify
    def tell() -> None: ...

    assert not host.is_implemented("tell")
    tell.implement(lambda: None)
    assert host.is_implemented("tell")
