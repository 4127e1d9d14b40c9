"""A host says where its plugins are, which modules count, and which plugins its own configuration enables."""

import importlib
import sys
from pathlib import Path

import pytest

from pegboard.errors import (
    DuplicatePluginError,
    HostError,
    InvalidNameError,
    NamespaceModuleError,
    PluginError,
    PluginImportError,
    PluginNotFoundError,
    RequiredPluginError,
    SameModuleError,
    UnusedObjectError,
)
from pegboard.host import Host
from pegboard.sources import Sources

REGISTER = "from app import api\napi.register({0!r}, {0!r})\n"


@pytest.fixture
def app(live_application):
    return live_application


def publish(app, distribution, files, groups=None):
    """Install a distribution: *files* with their text, *groups* of entry points with their lines."""
    info = f"{distribution.replace('-', '_')}-1.0.dist-info"
    for path, text in files.items():
        app.tree.write(path, text)
    app.tree.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    app.tree.write(f"{info}/RECORD", "".join(f"{path},,\n" for path in files))
    lines = "".join(f"[{group}]\n{text}\n" for group, text in (groups or {}).items())
    app.tree.write(f"{info}/entry_points.txt", lines)


def shown(host):
    return {plugin.name: (plugin.module, plugin.source, str(plugin.distribution or "")) for plugin in host.plugins}


def of_type(app, kind):
    return [problem for problem in app.reports + app.host.problems if isinstance(problem, kind)]


# -- namespace --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["acmeplug", "acme.plug", "app.extras", "app.deep.extras"])
def test_plugins_are_modules_of_the_namespace_that_the_host_names(app, namespace):
    path = namespace.replace(".", "/")
    publish(app, "acme-csv", {f"{path}/csv.py": REGISTER.format("csv")})
    app.tree.write("app/plugins/other.py", "raise AssertionError")
    host = app.start(namespace=namespace)
    assert app.things["csv"] == "csv"
    assert shown(host) == {"csv": (f"{namespace}.csv", "namespace", "acme-csv 1.0")}
    assert app.things.owner("csv") is host.plugin("csv")
    assert app.reports == []


def test_modules_beside_the_application_in_its_namespace_are_built_in(app):
    publish(app, "app", {"app/api.py": (app.tree.root / "app/api.py").read_text(), "acmeplug/own.py": ""})
    publish(app, "acme-csv", {"acmeplug/csv.py": ""})
    host = app.start(namespace="acmeplug")
    assert {name: source for name, (_, source, _) in shown(host).items()} == {"own": "built-in", "csv": "namespace"}


def test_a_shared_init_of_a_namespace_is_nobodys_fault(app, tmp_path):
    extend = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
    publish(app, "acme-csv", {"acmeplug/__init__.py": extend, "acmeplug/csv.py": REGISTER.format("csv")})
    sys.path.append(str(tmp_path / "more"))
    app.tree.write("../more/acmeplug/__init__.py", extend)
    app.tree.write("../more/acmeplug/tsv.py", REGISTER.format("tsv"))
    host = app.start(namespace="acmeplug")
    assert dict(app.things.items()) == {"csv": "csv", "tsv": "tsv"}
    assert host.problems == []


def test_a_plugin_of_another_namespace_that_is_imported_first_is_the_plugins(app):
    app.tree.write("acmeplug/csv.py", REGISTER.format("csv"))
    host = app.start(namespace="acmeplug")
    importlib.import_module("acmeplug.csv")
    assert app.things.owner("csv").name == "csv"
    host.disable("csv")
    assert "csv" not in app.things


def test_without_a_namespace_there_are_entry_points_only(app):
    publish(app, "acme-csv", {"acme_csv.py": REGISTER.format("csv")}, {"acme": "csv = acme_csv"})
    app.tree.write("app/plugins/other.py", "raise AssertionError")
    app.plugin("mine", "raise AssertionError")
    host = app.start(namespace="", entry_points="acme")
    assert app.things["csv"] == "csv"
    assert shown(host) == {"csv": ("acme_csv", "entry point", "acme-csv 1.0")}
    assert "app.plugins" not in sys.modules


# -- groups of entry points -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        ("llm", ["one"]),
        (("llm", "acme.more-things"), ["one", "two"]),
        ((), []),
        ("", []),
        ("nobody-has-this", []),
        (None, ["usual"]),
    ],
)
def test_plugins_are_named_by_the_groups_that_the_host_names(app, groups, names):
    files = {f"acme_{name}.py": REGISTER.format(name) for name in ("one", "two", "usual")}
    lines = {"llm": "one = acme_one", "acme.more-things": "two = acme_two", "app.plugins": "usual = acme_usual"}
    publish(app, "acme", files, lines)
    app.start(entry_points=groups)
    assert list(app.things.names()) == names


def test_two_thousand_entry_points_of_one_group(app):
    publish(app, "acme", {"acme.py": ""}, {"llm": "\n".join(f"n{number} = acme.m{number}" for number in range(2000))})
    host = app.start(entry_points="llm", environ={"APP_NO_PLUGINS": "1"})
    assert len(host.plugins) == 2000


def test_two_entry_points_into_one_module_are_one_plugin_of_which_both_names_are_told(app):
    publish(
        app,
        "acme",
        {"acme.py": "class First: ...\nclass Second: ...\n" + REGISTER.format("x")},
        {"app.plugins": "First = acme:First\nSecond = acme:Second"},
    )
    host = app.start()
    assert app.things["x"] == "x"
    assert list(shown(host)) == ["First"]
    (problem,) = of_type(app, SameModuleError)
    assert (problem.plugin, problem.name, problem.distribution) == ("First", "Second", "acme 1.0")
    assert app.reports == []  # it harms nobody


def test_a_second_distribution_that_names_the_module_is_told(app):
    for name in ("acme-one", "acme-two"):
        publish(app, name, {"acme.py": REGISTER.format("x")} if name == "acme-one" else {}, {"app.plugins": "x = acme"})
    app.start()
    assert app.things["x"] == "x"
    (problem,) = of_type(app, SameModuleError)
    assert "acme-two 1.0" in problem.cause


def test_one_name_by_two_distributions_names_both(app):
    publish(app, "acme-one", {"one.py": ""}, {"app.plugins": "x = one"})
    publish(app, "acme-two", {"two.py": ""}, {"app.plugins": "x = two"})
    app.start().start()
    (problem, *_) = of_type(app, DuplicatePluginError)
    assert (problem.distribution, problem.other) == ("acme-one 1.0", "acme-two 1.0")


def test_one_name_twice_by_one_distribution_is_told(app):
    publish(app, "acme", {"one.py": "", "two.py": ""}, {"app.plugins": "x = one", "more": "x = two"})
    app.start(entry_points=("app.plugins", "more")).start()
    (problem, *_) = of_type(app, DuplicatePluginError)
    assert (problem.distribution, problem.other) == ("acme 1.0", "acme 1.0")
    assert problem.hint() == "its author gives each plugin a name of its own"


# -- an object of the module ------------------------------------------------------------------------------------------

OBJECTS = """
class Reader:
    def read(): raise AssertionError
def reader(): raise AssertionError
"""


@pytest.mark.parametrize("value", ["acme:reader", "acme:Reader", "acme:Reader.read", "acme:reader [extra]"])
def test_an_object_has_to_be_there_and_is_not_called(app, value):
    publish(app, "acme", {"acme.py": OBJECTS + REGISTER.format("x")}, {"app.plugins": f"x = {value}"})
    assert app.start().plugin("x").name == "x"
    assert app.things["x"] == "x"
    assert app.reports == []


@pytest.mark.parametrize(("value", "near"), [("acme:raeder", "reader"), ("acme:Reader.raed", "read")])
@pytest.mark.parametrize("is_lazy", [True, False])
def test_an_object_that_is_missing_is_a_fault_of_the_plugin(app, value, near, is_lazy):
    publish(app, "acme", {"acme.py": OBJECTS + REGISTER.format("x")}, {"app.plugins": f"x = {value}"})
    host = app.start(lazy=is_lazy)
    assert app.things.names() == ()
    (problem,) = app.reports
    assert isinstance(problem, PluginImportError)
    assert (problem.plugin, problem.distribution) == ("x", "acme 1.0")
    assert f"x = {value} in group app.plugins of acme 1.0" in problem.cause
    assert f"did you mean {near!r}?" in problem.cause
    assert host.plugin("x").state == "broken"


@pytest.mark.parametrize("is_lazy", [True, False])
def test_an_object_that_nobody_uses_is_told_where_the_module_registers_nothing(app, is_lazy):
    publish(app, "acme", {"acme.py": OBJECTS}, {"app.plugins": "x = acme:reader"})
    app.start(lazy=is_lazy).start()
    (problem,) = app.reports
    assert isinstance(problem, UnusedObjectError)
    assert (problem.plugin, problem.distribution, problem.value) == ("x", "acme 1.0", "acme:reader")


def test_a_module_without_an_object_may_register_nothing(app):
    publish(app, "acme", {"acme.py": ""}, {"app.plugins": "x = acme"})
    app.start().start()
    assert app.reports == []


# -- a plain module in the namespace's place --------------------------------------------------------------------------


@pytest.mark.parametrize("has_folder", [True, False])
def test_a_plain_module_called_plugins_stays_what_it_is(app, has_folder):
    app.tree.write(
        "app/plugins.py", "from .api import View\nclass BasePlugin: ...\ndef late():\n    from . import api\n"
    )
    publish(app, "acme", {"acme.py": REGISTER.format("x")}, {"app.plugins": "x = acme"})
    if has_folder:
        app.plugin("mine", "from app.plugins import BasePlugin\napi.register('mine', BasePlugin)")
    host = app.start()
    names = app.things.names()
    plugins = importlib.import_module("app.plugins")
    assert Path(plugins.__file__).name == "plugins.py"
    plugins.late()
    assert names == (("mine", "x") if has_folder else ("x",))
    assert not has_folder or app.things["mine"] is plugins.BasePlugin
    assert hasattr(plugins, "__path__") is has_folder
    assert host.problems == []


def test_a_plain_module_that_is_imported_first_is_executed_once(app):
    app.tree.write("app/plugins.py", "from .api import log\nlog.append('run')\nclass BasePlugin: ...\n")
    app.plugin("mine", "from app.plugins import BasePlugin\napi.register('mine', BasePlugin)")
    app.start()
    plugins = importlib.import_module("app.plugins")
    assert plugins.__spec__.submodule_search_locations is None
    assert app.things["mine"] is plugins.BasePlugin
    assert app.log == ["run"]
    assert app.reports == []


def test_modules_installed_beside_a_plain_module_are_an_error_that_names_it(app, tmp_path):
    file = app.tree.write("app/plugins.py", "class BasePlugin: ...\n")
    sys.path.append(str(tmp_path / "more"))
    app.tree.write("../more/app/plugins/csv.py", "raise AssertionError")
    app.start().start()
    (problem,) = app.reports
    assert isinstance(problem, NamespaceModuleError)
    assert str(file) in problem.because()
    assert "'csv'" in problem.what()
    assert importlib.import_module("app.plugins").BasePlugin


@pytest.mark.parametrize("namespace", ["acmeplug", "acme.plug"])
def test_a_namespace_elsewhere_that_is_a_module_is_an_error_that_names_it(app, tmp_path, namespace):
    path = namespace.replace(".", "/")
    file = app.tree.write(f"{path}.py", "x = 1\n")
    sys.path.append(str(tmp_path / "more"))
    app.tree.write(f"../more/{path}/csv.py", "raise AssertionError")
    app.start(namespace=namespace).start()
    (problem,) = app.reports
    assert isinstance(problem, NamespaceModuleError)
    assert str(file) in problem.because()
    assert importlib.import_module(namespace).x == 1


def test_the_init_of_a_namespace_elsewhere_is_run(app):
    app.tree.write("acmeplug/__init__.py", "x = 1\n")
    app.tree.write("acmeplug/csv.py", "from acmeplug import x\n" + REGISTER.format("csv"))
    app.tree.write("acme_app/__init__.py")
    app.start(namespace="acmeplug")
    assert app.things["csv"] == "csv"


def test_an_entry_point_without_a_module_says_so(app):
    publish(app, "acme", {}, {"app.plugins": "x = :object"})
    app.start().start()
    assert "x = :object in group app.plugins of acme 1.0 names no module" in str(app.reports[0])


def test_a_package_beats_a_plain_module_of_its_name_as_in_python(app):
    app.tree.write("app/plugins.py", "raise AssertionError")
    app.tree.write("app/plugins/__init__.py")
    app.tree.write("app/plugins/csv.py", REGISTER.format("csv"))
    app.start()
    assert app.things["csv"] == "csv"


# -- folder, and which modules count ----------------------------------------------------------------------------------


def test_the_folder_is_where_the_host_says(app, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "csv.py").write_text(REGISTER.format("csv"))
    app.plugin("usual", "raise AssertionError")
    host = app.start(folder=tmp_path / "mine")
    assert app.things["csv"] == "csv"
    assert shown(host)["csv"] == ("app.plugins.csv", "folder", "")


def test_there_need_not_be_a_folder(app):
    app.plugin("usual", "raise AssertionError")
    assert app.start(folder="").plugins == ()


def test_a_condition_decides_which_modules_count(app):
    for path in ("_private.py", "plain.py", "package/__init__.py", "_package/__init__.py"):
        app.tree.write(f"app/plugins/{path}", "raise AssertionError" if "_p" in path else "")
    app.plugin("_mine", "raise AssertionError")

    def is_plugin(candidate):
        return candidate.is_package and not candidate.name.startswith("_")

    assert list(shown(app.start(is_plugin=is_plugin))) == ["package"]


def test_a_condition_that_fails_is_the_applications_fault(app):
    app.tree.write("app/plugins/csv.py")
    with pytest.raises(HostError, match=r"is_plugin failed for app\.plugins\.csv: ZeroDivisionError"):
        app.start(is_plugin=lambda _: 1 / 0).start()


def test_what_decides_what_is_found_is_a_fact_of_the_index():
    def only(prefix):
        return Sources("app", is_plugin=lambda candidate: candidate.name.startswith(prefix))

    different = [
        Sources("app"),
        Sources("app", namespace="acmeplug"),
        Sources("app", entry_points="llm"),
        Sources("app", folder="/elsewhere"),
        Sources("app", folder=""),
        only("a"),
        only("b"),
        Sources("app", is_plugin=lambda candidate: candidate.is_package),
    ]
    assert len(set(map(str, different))) == len(different)
    assert str(only("a")) == str(only("a"))


# -- names that cannot be ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["not-a-name", "a..b", " ", 3])
def test_a_namespace_has_an_import_name(name):
    with pytest.raises(InvalidNameError, match="namespace"):
        Host("app", namespace=name)


@pytest.mark.parametrize("name", ["a]b", " a", "a\nb", 3])
def test_a_group_has_a_name_on_one_line(name):
    with pytest.raises(InvalidNameError, match="group"):
        Host("app", entry_points=[name])


@pytest.mark.parametrize("namespace", ["acme", "acme.notes"])
def test_the_application_is_not_its_own_namespace(namespace):
    with pytest.raises(HostError, match=r"acme\.notes"):
        Host("acme.notes", namespace=namespace)


def test_a_name_with_a_dash_has_a_hint():
    with pytest.raises(InvalidNameError) as caught:
        Host("my-notes")
    assert "the application's package" in caught.value.hint()


def test_the_name_of_a_module_inside_the_application_is_none(app):
    file = app.tree.write("app/main.py", "from pegboard import Host\nhost = Host(__name__)\n")
    with pytest.raises(HostError) as caught:
        importlib.import_module("app.main")
    assert f"{file}:2" in str(caught.value)
    assert caught.value.hint() == "say Host('app')"


def test_a_package_may_say_its_own_name(app):
    app.tree.write("acme_app/__init__.py", "from pegboard import Host\nhost = Host(__name__)\n")
    assert importlib.import_module("acme_app").host.plugins == ()


def test_a_misspelt_application_is_told_with_the_nearest_one(app):
    with pytest.raises(HostError, match="there is no application 'pegbord'") as caught:
        Host("pegbord", config_directory=app.directory, cache_directory=app.directory).start()
    assert "did you mean 'pegboard'?" in caught.value.hint()


def test_an_application_that_lacks_something_else_says_so(app):
    app.tree.write("acme_app.py", "import acme_absent\n")
    with pytest.raises(ModuleNotFoundError, match="acme_absent"):
        Host("acme_app", config_directory=app.directory, cache_directory=app.directory).start()


# -- only these -------------------------------------------------------------------------------------------------------


def three(app, **options):
    app.tree.write("app/plugins/own.py", REGISTER.format("own"))
    for name in ("csv", "tsv"):
        app.plugin(name, f"api.log.append({name!r})\napi.register({name!r}, 1)")
    return app.start(**options)


@pytest.mark.parametrize("is_lazy", [True, False])
def test_plugins_that_the_application_does_not_enable_are_never_imported(app, is_lazy):
    host = three(app, lazy=is_lazy)
    host.only(["csv"])
    assert app.things.names() == ("csv",)
    assert app.log == ["csv"]
    assert host.plugin("tsv").state == host.plugin("own").state == "disabled"
    assert host.plugin("tsv").reason == "the application does not enable it"
    assert "app.plugins.own" not in sys.modules


BORROWS = "from app.plugins import tsv\napi.register('borrowed', tsv.help())"
HELPS = "api.log.append('tsv')\napi.register('tsv', 1)\ndef help(): return 'helped'"


@pytest.mark.parametrize("is_lazy", [True, False])
def test_an_enabled_plugin_can_import_one_that_is_not_like_a_library(app, is_lazy):
    host = three(app, lazy=is_lazy)
    host.only(["csv"])
    app.plugin("csv", BORROWS)
    app.plugin("tsv", f"api.host.declare(eager=True)\n{HELPS}")
    assert app.things.names() == ("borrowed",)
    assert app.things["borrowed"] == "helped"
    assert (host.plugin("tsv").state, host.plugin("tsv").eager) == ("disabled", False)
    assert host.plugin("tsv").reason == "the application does not enable it"
    assert host.plugin("csv").state == "active"
    assert (app.log, app.reports) == (["tsv"], [])


def test_the_application_can_import_a_plugin_that_it_does_not_enable(app):
    host = three(app)
    host.only([])
    app.plugin("tsv", HELPS)
    host.start()
    assert importlib.import_module("app.plugins.tsv").help() == "helped"
    assert app.things.names() == ()
    with pytest.raises(PluginError, match="does not enable it"):
        host.manager.importer.activate(host.plugin("tsv"))


def test_no_adapter_sees_what_is_used_like_a_library(app):
    host, seen = three(app), []
    host.only(["csv"])
    app.plugin("csv", BORROWS)
    app.plugin("tsv", HELPS)
    host.adapt(lambda plugin, module, entry_points: seen.append(plugin.name))
    assert app.things["borrowed"] == "helped"
    assert seen == ["csv"]


def test_a_plugin_that_was_used_like_a_library_contributes_once_it_is_enabled(app):
    host = three(app)
    host.only(["csv"])
    app.plugin("csv", BORROWS)
    app.plugin("tsv", HELPS)
    assert app.things["borrowed"] == "helped"
    host.enable("tsv")
    assert app.things.names() == ("borrowed", "tsv")
    assert host.plugin("tsv").state == "active"


def test_a_plugin_that_the_user_leaves_out_cannot_be_imported_by_others(app):
    host = three(app, environ={"APP_NO_PLUGINS": "tsv"})
    host.only(["csv", "tsv"])
    app.plugin("csv", BORROWS)
    host.start()
    assert host.plugin("csv").state == "broken"
    assert "left out by APP_NO_PLUGINS" in app.reports[0].one_line()


def test_what_a_plugin_that_is_used_like_a_library_raises_is_told_of_its_user(app):
    host = three(app)
    host.only(["csv"])
    app.plugin("csv", BORROWS)
    app.plugin("tsv", "api.register('tsv', 1)\nraise ValueError('soggy')")
    host.start()
    assert "plugin 'csv' could not be imported" in app.reports[0].one_line()
    assert "soggy" in app.reports[0].one_line()
    assert host.plugin("tsv").state == "disabled"
    assert app.things.names() == ()


def test_no_names_at_all_leave_out_every_plugin(app):
    three(app).only([])
    assert app.things.names() == ()


def test_what_the_user_leaves_out_stays_left_out(app):
    three(app, environ={"APP_NO_PLUGINS": "csv"}).only(["csv", "tsv"])
    assert app.things.names() == ("tsv",)


def test_the_user_cannot_enable_what_the_application_does_not(app):
    three(app, environ={"APP_PLUGINS": "tsv"}).only(["csv"])
    assert app.things.names() == ("csv",)


def test_a_required_plugin_is_enabled(app):
    three(app, required=["own"]).only(["csv"])
    assert app.things.names() == ("own", "csv")


def test_safe_mode_leaves_out_what_is_enabled(app):
    host = three(app)
    host.only(["csv", "own"])
    host.leave_out()
    assert app.things.names() == ("own",)


def test_an_enabled_plugin_that_is_not_installed_is_told_with_the_nearest_name(app):
    three(app).only(["csv", "tvs"])
    assert app.things.names() == ("csv",)
    (problem,) = app.reports
    assert isinstance(problem, PluginNotFoundError)
    assert "the application enables it" in problem.one_line()
    assert problem.hint() == "did you mean 'tsv'?"


def test_a_required_plugin_that_is_enabled_and_missing_stops_the_application(app):
    host = three(app, required=["absent"])
    host.only(["absent"])
    with pytest.raises(RequiredPluginError):
        host.start()


def test_only_takes_a_list_and_comes_before_the_start(app):
    host = three(app)
    with pytest.raises(HostError, match="list of names"):
        host.only("csv")
    host.start()
    with pytest.raises(HostError, match="found already"):
        host.only(["csv"])
