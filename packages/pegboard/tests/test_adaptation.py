"""An application's adapter makes contributions of what plugins' modules offer: they are the plugins'."""

import functools
import gc
import importlib
import sys

import pytest

from pegboard import EntryPoint
from pegboard.errors import (
    AdapterFailedError,
    HostError,
    PluginImportError,
    UnusedObjectError,
)
from pegboard.host import Host

CLASSES = "class Reader: ...\nclass Writer: ...\ndef register(add): add('{0}')\n"


@pytest.fixture
def app(live_application):
    gc.collect()  # hosts of other tests, which have plugins of the same modules
    return live_application


def publish(app, name, text, lines=None, group="acme"):
    """Install the distribution `acme-NAME`, whose module `acme_NAME` is named by an entry point unless *lines* say else."""
    app.distribution(f"acme-{name}", {f"acme_{name}.py": text})
    lines = f"{name} = acme_{name}" if lines is None else lines
    app.tree.write(f"acme_{name}-1.0.dist-info/entry_points.txt", f"[{group}]\n{lines}\n")


def adapted(app, function, **options):
    host = app.start(entry_points="acme", **options)
    host.adapt(function)
    return host


def add_all(app):
    """Return an adapter that registers what entry points name, and what follows a convention in other modules."""

    def offer(plugin, module, entry_points):
        for point in entry_points:
            app.things.register(f"{plugin.name}.{point.name}", point.object)
        if hasattr(module, "register"):
            module.register(lambda name: app.things.register(name, name))

    return offer


# -- what it is called with, and for which plugins ----------------------------------------------------------------------


@pytest.mark.parametrize("is_lazy", [True, False])
def test_what_an_adapter_registers_is_the_plugins(app, is_lazy):
    publish(app, "csv", CLASSES.format("csv"))
    host = adapted(app, add_all(app), lazy=is_lazy)
    assert app.things.names() == ("csv.csv", "csv")
    assert app.things["csv"] == "csv"
    assert app.things.owner("csv") is app.things.owner("csv.csv") is host.plugin("csv")
    host.disable("csv")
    assert app.things.names() == ()
    host.enable("csv")
    assert app.things.names() == ("csv.csv", "csv")
    assert app.reports == []


def test_an_adapter_gets_the_module_and_all_entry_points(app):
    seen = []
    lines = "w = acme_csv:Writer [fast]\nr = acme_csv:Reader.__name__\nm = acme_csv"
    publish(app, "csv", CLASSES.format("csv"), lines)
    host = adapted(app, lambda *given: seen.append(given))
    host.start()
    ((plugin, module, points),) = seen
    assert plugin is host.plugin("m")
    assert module is sys.modules["acme_csv"]
    assert all(type(point) is EntryPoint for point in points)
    assert [(point.name, point.group, point.value) for point in points] == [
        ("m", "acme", "acme_csv"),
        ("r", "acme", "acme_csv:Reader.__name__"),
        ("w", "acme", "acme_csv:Writer [fast]"),
    ]
    assert [point.object for point in points] == [module, "Reader", module.Writer]
    assert repr(points[0]) == "<entry point m = acme_csv in group acme>"


def test_it_is_called_for_each_plugin_once_built_in_ones_included(app):
    seen = []
    publish(app, "csv", "")
    app.distribution("acme-tsv", {"app/plugins/tsv.py": ""})
    app.tree.write("app/plugins/own.py", "")
    app.plugin("mine", "")
    host = adapted(app, lambda plugin, _, points: seen.append((plugin.name, plugin.source, len(points))))
    host.start()
    host.start()
    assert sorted(seen) == [
        ("csv", "entry point", 1),
        ("mine", "folder", 0),
        ("own", "built-in", 0),
        ("tsv", "namespace", 0),
    ]


def test_a_folder_without_code_is_a_plugin_that_the_adapter_sees(app):
    app.distribution("acme-data", {"acme_data/words.txt": ""})
    app.tree.write("acme_data-1.0.dist-info/entry_points.txt", "[acme]\ndata = acme_data\n")
    host = adapted(app, lambda plugin, module, _: app.things.register(plugin.name, list(module.__path__)))
    assert app.things.owner("data") is host.plugin("data")


@pytest.mark.parametrize("is_lazy", [True, False])
@pytest.mark.parametrize("when", ["before the host", "before the adapter", "before the start", "after the search"])
@pytest.mark.parametrize("module", ["acme_csv", "app.plugins.csv"])
def test_a_module_that_was_imported_already_is_seen_once(app, when, module, is_lazy):
    count = []
    text = "def register(add): add('late')\nfrom app.api import log\nlog.append('run')\n"
    if module == "acme_csv":
        publish(app, "csv", text)
    else:
        app.tree.write("app/plugins/csv.py", text)
    add = add_all(app)

    def offer(plugin, module, points):
        count.append(plugin.name)
        add(plugin, module, points)

    if when == "before the host":
        importlib.import_module(module)
    host = app.start(entry_points="acme", lazy=is_lazy)
    if when == "before the adapter":
        importlib.import_module(module)
    host.adapt(offer)
    if when == "before the start":
        importlib.import_module(module)
    if when == "after the search":
        assert host.plugins
        importlib.import_module(module)
    assert app.things["late"] == "late"
    assert app.things.owner("late") is host.plugin("csv")
    assert (count, app.log) == (["csv"], ["run"])
    host.disable("csv")
    assert app.things.names() == ()
    assert app.reports == []


def test_what_an_early_module_has_registered_itself_stays(app):
    publish(app, "csv", "from app import api\napi.register('own', 1)\ndef register(add): add('late')\n")
    host = app.start(entry_points="acme")
    importlib.import_module("acme_csv")
    host.adapt(add_all(app))
    assert app.things.names() == ("own", "csv.csv", "late")
    assert {app.things.owner(name).name for name in app.things} == {"csv"}


def test_a_plugin_that_another_one_imports_is_the_others(app):
    publish(app, "a", "import acme_b\n" + CLASSES.format("a"))
    publish(app, "b", CLASSES.format("b"))
    adapted(app, add_all(app)).start()
    assert {name: app.things.owner(name).name for name in app.things} == {
        "a": "a",
        "a.a": "a",
        "b": "b",
        "b.b": "b",
    }


def test_a_plugin_that_reloads_itself_is_seen_once(app):
    seen = []
    text = "import sys, importlib\nif 'once' not in globals():\n    once = 1\n    importlib.reload(sys.modules[__name__])\n"
    publish(app, "csv", text)
    adapted(app, lambda plugin, *_: seen.append(plugin.name)).start()
    assert seen == ["csv"]


def test_a_module_that_puts_another_object_in_its_place_is_seen_as_that(app):
    text = "import sys\nclass Module(type(sys)): answer = 42\nsys.modules[__name__] = Module(__name__)\n"
    publish(app, "csv", text)
    adapted(app, lambda _, module, __: app.things.register("answer", module.answer))
    assert app.things["answer"] == 42


def test_after_a_reload_the_adapter_sees_the_new_code_and_the_new_entry_points(app):
    publish(app, "csv", CLASSES.format("old"))
    host = adapted(app, add_all(app))
    assert app.things.names() == ("csv.csv", "old")
    publish(app, "csv", CLASSES.format("new") + "# longer", "csv = acme_csv\nmore = acme_csv:Writer")
    host.reload("csv")
    assert app.things.names() == ("csv.csv", "csv.more", "new")
    assert app.things["csv.more"] is sys.modules["acme_csv"].Writer


def test_a_plugin_that_is_installed_while_the_program_runs_is_seen(app):
    host = adapted(app, add_all(app))
    assert app.things.names() == ()
    publish(app, "csv", CLASSES.format("csv"))
    publish(app, "tsv", CLASSES.format("tsv"))
    importlib.import_module("acme_tsv")
    host.rescan()
    assert app.things.names() == ("csv.csv", "csv", "tsv.tsv", "tsv")
    assert app.things.owner("tsv") is host.plugin("tsv")


def test_two_hosts_over_one_group_have_an_adapter_each(app):
    publish(app, "csv", CLASSES.format("csv"))
    first = adapted(app, add_all(app))
    mine = app.things
    app.tree.write("other/__init__.py")
    second = Host("other", entry_points="acme", config_directory=app.directory, cache_directory=app.directory / "other")
    others = second.registry("things")
    second.adapt(lambda plugin, module, _: others.register(f"other {plugin.name}", module))
    assert mine.names() == ("csv.csv", "csv")
    assert others.names() == ("other csv",)
    assert (others.owner("other csv"), mine.owner("csv")) == (second.plugin("csv"), first.plugin("csv"))


def test_a_late_registration_of_an_adapter_is_the_applications(app):
    later = []
    publish(app, "csv", "")
    adapted(app, lambda plugin, *_: later.append(lambda: app.things.register(plugin.name, 1)))
    assert app.things.names() == ()
    later[0]()
    assert app.things.owner("csv").name == ""


@pytest.mark.parametrize("lines", ["csv = acme_csv:Reader", "csv = acme_csv"])
def test_an_adapter_may_register_nothing(app, lines):
    publish(app, "csv", CLASSES, lines)
    host = adapted(app, lambda *_: None)
    assert app.things.names() == ()
    assert [problem for problem in host.problems if isinstance(problem, UnusedObjectError)] == []


def test_it_may_provide_components_and_declare(app):
    publish(app, "csv", "")
    publish(app, "tsv", "")

    def offer(plugin, module, _):
        app.host.declare(before=["csv"] if plugin.name == "tsv" else ())
        app.things.register(plugin.name, module)

    adapted(app, offer)
    assert app.things.names() == ("tsv", "csv")


# -- how it is set ------------------------------------------------------------------------------------------------------


def test_the_decorator_returns_the_function(app):
    def offer(plugin, module, entry_points): ...

    assert app.start().adapt(offer) is offer


def test_an_adapter_is_set_before_the_host_is_used(app):
    app.start().start()
    with pytest.raises(HostError, match="before the host is first used"):
        app.host.adapt(lambda *_: None)


def test_a_second_adapter_is_an_error_that_names_both(app):
    def first(*_): ...
    def second(*_): ...

    host = app.start()
    host.adapt(first)
    with pytest.raises(HostError) as caught:
        host.adapt(second)
    for function in (first, second):
        assert f"{function.__qualname__}() at {__file__}:{function.__code__.co_firstlineno}" in str(caught.value)
    host.adapt(first)  # the file that runs is imported once more


async def coroutine(*_): ...


def generator(*_):
    yield


@pytest.mark.parametrize("function", [None, "offer", coroutine, generator])
def test_what_a_call_would_not_run_is_refused(app, function):
    with pytest.raises(HostError, match="would run nothing"):
        app.start().adapt(function)


class Offers:
    def __init__(self, app):
        self.app = app

    def __call__(self, plugin, module, entry_points):
        self.app.things.register(plugin.name, module)

    def method(self, plugin, module, entry_points):
        self(plugin, module, entry_points)


@pytest.mark.parametrize(
    "kind", [lambda each: each, lambda each: each.method, functools.partial], ids=["object", "method", "partial"]
)
def test_an_adapter_may_be_any_callable(app, kind):
    publish(app, "csv", "")
    adapted(app, kind(Offers(app)))
    assert app.things.names() == ("csv",)


def test_its_code_is_a_fact_of_the_index(app):
    def facts(function):
        host = Host("app", config_directory=app.directory, cache_directory=app.directory)
        host.adapt(function)
        return host.settings.facts()

    def made(value):
        return lambda plugin, *_: value

    def bound(plugin, module, points, *, word=1): ...
    def other(plugin, module, points, *, word=2): ...

    other.__qualname__ = bound.__qualname__
    assert facts(made(1)) == facts(made(1)) != facts(made(2))
    assert facts(bound) != facts(other)
    assert facts(functools.partial(made(1), 1)) != facts(functools.partial(made(1), 2))
    assert facts(Offers(app)) == facts(Offers(app)) != facts(Offers(app).method)


# -- faults -------------------------------------------------------------------------------------------------------------


def helper():
    raise LookupError("odd")


def failing(kind):
    def raises(*_):
        raise kind("odd")

    return raises


FAULTS = {
    "it raises": lambda *_: 1 / 0,
    "what it calls raises": lambda *_: helper(),
    "a library raises": lambda *_: importlib.import_module("json").loads("{"),
    "it exits": failing(SystemExit),
    "a BaseException": failing(BaseException),
    "the module lacks it": lambda _, module, __: module.absent,
    "wrong parameters": lambda plugin: None,
    "an invalid name": None,
}


@pytest.mark.parametrize("is_lazy", [True, False])
@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_adapter_is_the_applications_and_leaves_the_plugin_out(app, fault, is_early, is_lazy):
    publish(app, "csv", "from app import api\napi.register('x', 1)\n")
    publish(app, "tsv", "from app import api\napi.register('y', 1)\n")
    function = FAULTS[fault] or (lambda plugin, *_: app.things.register("", plugin))

    def offer(plugin, *rest):
        if plugin.name == "csv":
            function(plugin, *rest)

    host = app.start(entry_points="acme", lazy=is_lazy)
    if is_early:
        importlib.import_module("acme_csv")
    host.adapt(offer)
    assert app.things.names() == ("y",)
    (problem,) = app.reports
    assert type(problem) is AdapterFailedError
    assert (problem.plugin, problem.distribution) == ("csv", "acme-csv 1.0")
    assert problem.place.startswith(f"{__file__}:")
    text = problem.render()
    assert "author" not in text
    assert "this is a fault of the application, not of the plugin" in text
    assert "APP_NO_PLUGINS=csv" in text
    assert host.plugin("csv").state == "broken"
    assert host.plugin("csv").error is problem


def test_a_fault_names_the_line_of_the_adapter(app):
    publish(app, "csv", "")

    def offer(*_):
        helper()

    adapted(app, offer).start()
    assert app.reports[0].place == f"{__file__}:{offer.__code__.co_firstlineno + 1}"


def test_an_interrupt_passes(app):
    publish(app, "csv", "")
    with pytest.raises(KeyboardInterrupt):
        adapted(app, failing(KeyboardInterrupt)).start()


@pytest.mark.parametrize("is_strict_about", ["adapter", "plugin"])
def test_strict_mode_raises_it(app, is_strict_about):
    publish(app, "csv", "def register(add): raise LookupError('odd')\n")
    kind = {"adapter": AdapterFailedError, "plugin": PluginImportError}[is_strict_about]
    with pytest.raises(kind):
        adapted(app, failing(OSError) if is_strict_about == "adapter" else add_all(app), strict=True).start()


@pytest.mark.parametrize("is_early", [True, False])
@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("def register(add): raise LookupError('odd')", None),
        ("def register(add): add('')", None),
        ("from acme_csv_parts import register", None),
        ("import acme_csv_parts", "csv = acme_csv:acme_csv_parts"),
    ],
)
def test_what_the_plugins_code_raises_is_the_plugins_fault(app, text, lines, is_early):
    publish(app, "csv", text, lines)
    parts = "def register(add): raise LookupError('odd')\n"
    app.tree.write("acme_csv_parts.py", parts)
    app.tree.write("acme_csv-1.0.dist-info/RECORD", "acme_csv.py,,\nacme_csv_parts.py,,\n")
    if is_early:
        importlib.import_module("acme_csv")

    def offer(plugin, module, points):
        for thing in (module, *(point.object for point in points)):
            if hasattr(thing, "register"):
                thing.register(lambda name: app.things.register(name, name))

    adapted(app, offer).start()
    (problem,) = app.reports
    assert type(problem) is PluginImportError
    assert (problem.plugin, problem.distribution) == ("csv", "acme-csv 1.0")
    assert app.host.plugin("csv").state == "broken"


def test_a_fault_of_the_adapter_for_a_plugin_that_another_one_imports_names_both(app):
    publish(app, "a", "import acme_b\n")
    publish(app, "b", "")

    def offer(plugin, *_):
        if plugin.name == "b":
            raise LookupError("odd")

    adapted(app, offer).start()
    assert [type(problem) for problem in app.reports] == [AdapterFailedError, AdapterFailedError]
    assert {
        problem.plugin: "for plugin 'b' of acme-b 1.0, which it imports" in problem.cause for problem in app.reports
    } == {
        "a": True,
        "b": False,
    }


def test_an_object_that_is_missing_stays_the_plugins_fault(app):
    publish(app, "csv", CLASSES, "csv = acme_csv:Raeder")
    adapted(app, add_all(app)).start()
    (problem,) = app.reports
    assert type(problem) is PluginImportError
    assert "did you mean 'Reader'?" in problem.cause


def test_what_was_left_out_is_tried_again_by_a_reload(app):
    publish(app, "csv", CLASSES.format("csv"))
    faults = [LookupError("odd")]
    add = add_all(app)

    def offer(*given):
        if faults:
            raise faults.pop()
        add(*given)

    host = adapted(app, offer)
    assert app.things.names() == ()
    host.reload("csv")
    assert app.things.names() == ("csv.csv", "csv")
