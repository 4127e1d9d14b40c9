"""Entry points are contributions: known from metadata, loaded at first use, and owned by their distribution."""

import importlib
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NotRequired, Protocol, TypedDict

import pytest

from pegboard.errors import (
    ContributionNotFoundError,
    EntryPointError,
    HostError,
    InvalidNameError,
    NameClashError,
    PluginImportError,
)

MODULE = "from app.api import log\nlog.append(__name__)\nclass Reader:\n    def read(): ...\nclass Writer: ...\n"


@pytest.fixture
def app(live_application):
    return live_application


def publish(app, name, lines, files=None, *, group="app.readers", metadata=""):
    """Install the distribution `acme-NAME`, whose entry points in *group* are *lines*, with its files or one module."""
    app.distribution(f"acme-{name}", {f"acme_{name}.py": MODULE} if files is None else files)
    info = f"acme_{name}-1.0.dist-info"
    app.tree.write(f"{info}/entry_points.txt", f"[{group}]\n{lines}\n")
    app.tree.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n{metadata}")


def readers(app, groups="app.readers", **options):
    host = app.start(**options)
    return host.registry("readers", entry_points=groups)


def shown(registry):
    return {name: registry.owner(name).name for name in registry.names()}


# -- what is known without an import ------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_lazy", [True, False])
def test_names_are_known_without_an_import(app, is_lazy):
    publish(app, "csv", "csv = acme_csv:Reader\nwcsv = acme_csv:Writer [fast]")
    registry = readers(app, lazy=is_lazy)
    assert registry.names() == ("csv", "wcsv")
    assert "csv" in registry
    assert len(registry) == 2
    assert registry.describe("wcsv") == {"group": "app.readers", "value": "acme_csv:Writer [fast]"}
    owner = registry.owner("csv")
    assert (owner.name, str(owner.distribution), owner.source, owner.state) == (
        "acme-csv",
        "acme-csv 1.0",
        "entry point",
        "primed",
    )
    assert owner is app.host.plugin("acme-csv")
    assert [plugin.name for plugin in app.host.plugins] == ["acme-csv"]
    assert "plugin 'acme-csv' of acme-csv 1.0 (primed): in use" in str(registry.explain("csv"))
    assert app.log == []
    assert app.reports == []


@pytest.mark.parametrize("is_lazy", [True, False])
def test_an_object_is_loaded_at_its_first_use(app, is_lazy):
    publish(app, "csv", "csv = acme_csv:Reader\nread = acme_csv:Reader.read\nall = acme_csv")
    registry = readers(app, lazy=is_lazy)
    assert registry["csv"].__name__ == "Reader"
    assert app.log == ["acme_csv"]
    module = sys.modules["acme_csv"]
    assert dict(registry.items()) == {"all": module, "csv": module.Reader, "read": module.Reader.read}
    assert registry.get("csv") is registry["csv"]
    assert registry.owner("csv").state == "active"
    assert app.log == ["acme_csv"]


def test_several_groups_and_registries_and_rows_by_code(app):
    publish(app, "a", "one = acme_a:Reader", group="one")
    publish(app, "b", "two = acme_b:Reader", group="two")
    app.plugin("mine", "api.host.registry('readers').register('mine', 1)")
    registry = readers(app, ["one", "two"])
    writers = app.host.registry("writers", entry_points="two")
    registry.register("own", 0)
    assert shown(registry) == {"own": "", "one": "acme-a", "two": "acme-b", "mine": "mine"}
    assert shown(writers) == {"two": "acme-b"}
    assert registry["mine"] == 1
    assert writers["two"] is registry["two"]


def test_a_group_that_nobody_has_is_empty(app):
    registry = readers(app, "nobody.has.this")
    assert registry.names() == ()
    assert app.host.plugins == ()
    assert app.reports == []


def test_two_thousand_entry_points_of_one_group(app):
    lines = "\n".join(f"n{number} = acme_many.m{number}:Reader" for number in range(2000))
    publish(app, "many", lines, {"acme_many/__init__.py": "", "acme_many/m7.py": MODULE})
    registry = readers(app)
    assert len(registry) == 2000
    assert registry["n7"].__name__ == "Reader"
    assert len(registry) == 2000


def test_what_the_application_brings_itself_is_built_in(app):
    app.distribution("app", {"app/__init__.py": "", "app/api.py": (app.tree.root / "app/api.py").read_text()})
    app.tree.write("app/stock.py", "reader = 1")
    app.tree.write("app-1.0.dist-info/entry_points.txt", "[app.readers]\nstock = app.stock:reader\n")
    publish(app, "csv", "csv = acme_csv:Reader")
    registry = readers(app, environ={"APP_NO_PLUGINS": "1"})
    assert shown(registry) == {"stock": "app"}
    assert registry.owner("stock").is_built_in
    assert registry["stock"] == 1


# -- whose is it? -------------------------------------------------------------------------------------------------------


def test_what_a_module_registers_while_it_is_loaded_is_the_distributions(app):
    files = {
        "acme_csv.py": "from app import api\napi.register('more', 1)\napi.on_unload(lambda: api.log.append('end'))\nx = 1\n"
    }
    publish(app, "csv", "csv = acme_csv:x\nother = acme_csv:x", files)
    registry = readers(app)
    assert app.things.names() == ()
    assert registry["csv"] == 1
    assert app.things.owner("more") is app.host.plugin("acme-csv")
    assert registry.names() == ("csv", "other")
    app.host.disable("acme-csv")
    assert (registry.names(), app.things.names(), app.log) == ((), (), ["end"])
    assert "acme_csv" not in sys.modules
    app.host.enable("acme-csv")
    assert (registry.names(), app.things.names()) == (("csv", "other"), ())
    assert registry["csv"] == 1
    assert app.things.names() == ("more",)


def test_what_its_modules_register_and_raise_later_is_the_distributions(app):
    files = {"acme_csv.py": "from app import api\ndef later(): api.register('late', 1)\ndef bad(): raise LookupError\n"}
    publish(app, "csv", "later = acme_csv:later\nbad = acme_csv:bad", files)
    registry = readers(app)
    registry["later"]()
    assert app.things.owner("late") is app.host.plugin("acme-csv")
    with pytest.raises(LookupError) as caught:
        registry["bad"]()
    assert app.host.blame(caught.value).plugin == "acme-csv"


def test_an_entry_point_may_name_somebody_elses_module(app):
    publish(app, "csv", "dump = json:dumps\nparts = acme_parts:x", {})
    app.tree.write("acme_parts.py", "from app import api\napi.register('more', 1)\nx = 1\n")
    registry = readers(app)
    assert registry["dump"](1) == "1"
    assert registry["parts"] == 1
    assert app.things.owner("more").name == ""
    assert app.reports == []


def test_a_module_that_is_loaded_already_is_used(app):
    publish(app, "csv", "csv = acme_csv:Reader")
    registry = readers(app)
    module = importlib.import_module("acme_csv")
    assert registry["csv"] is module.Reader
    assert app.log == ["acme_csv"]


def test_a_module_that_is_a_plugin_stays_that(app):
    app.distribution("acme-csv", {"acme_csv.py": "from app import api\napi.register('x', 1)\nclass Reader: ..."})
    lines = "[app.plugins]\ncsv = acme_csv\n[app.readers]\nreader = acme_csv:Reader\n"
    app.tree.write("acme_csv-1.0.dist-info/entry_points.txt", lines)
    registry = readers(app)
    assert shown(registry) == {"reader": "acme-csv"}
    assert registry["reader"].__name__ == "Reader"
    assert app.things.owner("x").name == "csv"
    app.host.disable("acme-csv")
    assert (registry.names(), app.things.names()) == ((), ("x",))
    app.host.disable("csv")
    assert app.things.names() == ()


def test_a_plugin_of_the_distributions_name_keeps_it(app):
    app.distribution("acme-csv", {"acme_csv.py": "from app import api\napi.register('x', 1)\nclass Reader: ..."})
    lines = "[app.plugins]\nacme-csv = acme_csv\n[app.readers]\nreader = acme_csv:Reader\n"
    app.tree.write("acme_csv-1.0.dist-info/entry_points.txt", lines)
    registry = readers(app)
    assert shown(registry) == {"reader": "acme-csv-entry-points"}
    assert app.things.owner("x").name == "acme-csv"


@pytest.mark.parametrize("how", ["the user", "only", "leave_out", "safe mode"])
def test_a_distribution_is_left_out_as_a_plugin_is(app, how):
    publish(app, "csv", "csv = acme_csv:Reader")
    publish(app, "tsv", "tsv = acme_tsv:Reader")
    registry = readers(app, environ={"APP_NO_PLUGINS": "acme-csv"} if how == "the user" else {})
    if how == "only":
        app.host.only(["acme-tsv"])
    elif how == "leave_out":
        app.host.leave_out(["acme-csv"])
    elif how == "safe mode":
        app.host.leave_out()
    assert registry.names() == (() if how == "safe mode" else ("tsv",))
    assert app.host.plugin("acme-csv").state == "disabled"
    with pytest.raises(ContributionNotFoundError):
        registry["csv"]


def test_one_name_by_several_distributions_is_a_clash(app):
    publish(app, "a", "x = acme_a:Reader")
    publish(app, "b", "x = acme_b:Reader")
    registry = readers(app)
    assert registry["x"].__module__ == "acme_a"
    (problem,) = app.reports
    assert type(problem) is NameClashError
    assert (problem.plugin, problem.other) == ("acme-b", "plugin 'acme-a' of acme-a 1.0")
    assert "acme-b 1.0 (primed): not used" in str(registry.explain("x"))
    app.host.disable("acme-a")
    assert registry["x"].__module__ == "acme_b"


def test_the_order_is_that_of_plugins(app):
    for name in "abc":
        publish(app, name, f"n{name} = acme_{name}:Reader")
    file = app.directory / "config/plugins.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("order = ['acme-c', 'acme-a']\n")
    assert readers(app).names() == ("nb", "nc", "na")


def test_a_distribution_that_comes_and_goes_while_the_program_runs(app):
    registry = readers(app)
    assert registry.names() == ()
    publish(app, "csv", "csv = acme_csv:Reader")
    assert app.host.rescan().added == ("acme-csv",)
    assert registry["csv"].__name__ == "Reader"
    publish(app, "csv", "csv = acme_csv:Reader\nmore = acme_csv:Writer")
    app.host.rescan()
    assert registry.names() == ("csv", "more")
    assert app.log == ["acme_csv"]
    (app.tree.root / "acme_csv-1.0.dist-info/entry_points.txt").write_text("")
    assert app.host.rescan().removed == ("acme-csv",)
    assert registry.names() == ()


def test_after_a_reload_there_is_the_new_code(app):
    publish(app, "csv", "csv = acme_csv:value", {"acme_csv.py": "value = 1"})
    registry = readers(app)
    assert registry["csv"] == 1
    app.tree.write("acme_csv.py", "value = 22")
    app.host.reload("acme-csv")
    assert registry["csv"] == 22


def test_threads_load_modules_of_one_distribution_at_once(app):
    files = {"acme_many/__init__.py": ""}
    for number in range(8):
        files[f"acme_many/m{number}.py"] = (
            f"import time\ntime.sleep(0.01)\nfrom app import api\napi.register('r{number}', 1)\nx = {number}\n"
        )
    publish(app, "many", "\n".join(f"n{number} = acme_many.m{number}:x" for number in range(8)), files)
    registry = readers(app)
    got = {}
    threads = [threading.Thread(target=lambda n=n: got.update({n: registry[f"n{n}"]})) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {number: number for number in range(8)}
    assert sorted(shown(app.things).items()) == [(f"r{number}", "acme-many") for number in range(8)]
    app.host.disable("acme-many")
    assert (registry.names(), app.things.names()) == ((), ())


# -- faults -------------------------------------------------------------------------------------------------------------

FAULTS = {
    "a missing object": ("bad = acme_csv:Raeder", "did you mean 'Reader'?", "report the cause to its author"),
    "a missing attribute": ("bad = acme_csv:Reader.raed", "did you mean 'read'?", "report the cause to its author"),
    "a module that is gone": ("bad = acme_gone:Reader", "No module named 'acme_gone'", "reinstall acme-csv"),
    "a package that is gone": ("bad = acme_gone.sub:Reader", "No module named 'acme_gone'", "reinstall acme-csv"),
    "no module": ("bad = :Reader", "is not of the form module:object", "author"),
    "an odd module": ("bad = acme csv:Reader", "is not of the form module:object", "author"),
    "an odd object": ("bad = acme_csv:Rea der", "'Rea der', which is not there", "author"),
    "it raises": ("bad = acme_bad", "ZeroDivisionError", "report the cause to its author"),
    "it exits": ("bad = acme_exits", "sys.exit", "report the cause to its author"),
    "it needs a library": ("bad = acme_needs", "No module named 'acme_library'", "install 'acme_library'"),
    "it needs an extra": ("bad = acme_needs [fast]", "No module named 'acme_library'", "install 'acme-csv[fast]'"),
}


@pytest.mark.parametrize("is_lazy", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_of_one_entry_point_and_named(app, fault, is_lazy):
    line, cause, hint = FAULTS[fault]
    files = {
        "acme_csv.py": MODULE,
        "acme_bad.py": "1/0",
        "acme_exits.py": "raise SystemExit(3)",
        "acme_needs.py": "import acme_library",
    }
    requires = "Requires-Dist: acme-library>=2 ; extra == 'fast'\nRequires-Dist: pytest ; extra == 'fast'\n"
    publish(app, "csv", f"{line}\ngood = acme_csv:Reader", files, metadata=requires)
    registry = readers(app, lazy=is_lazy)
    assert registry.names() == ("bad", "good")
    assert app.reports == []
    with pytest.raises(EntryPointError) as caught:
        registry["bad"]
    problem = caught.value
    text = problem.render()
    assert f"entry point {line} in group app.readers of acme-csv 1.0 cannot be used" in text
    assert cause in text
    assert hint in text
    assert "APP_NO_PLUGINS=acme-csv" in text
    if "[fast]" in line:
        assert "it needs acme-library:" in text
    assert app.reports == [problem]
    assert registry.names() == ("good",)
    assert "bad" not in registry
    with pytest.raises(ContributionNotFoundError) as caught:
        registry["bad"]
    assert problem.summary() in str(caught.value)
    assert registry["good"].__name__ == "Reader"
    assert registry.owner("good").is_usable
    assert [name for name, _ in registry.items()] == ["good"]
    assert app.reports == [problem]


def test_items_leave_out_what_fails(app):
    publish(app, "csv", "a = acme_gone\nb = acme_csv:Reader\nc = acme_csv:gone")
    registry = readers(app)
    assert [name for name, _ in registry.items()] == ["b"]
    assert registry.get("a", 1) == 1
    assert [problem.entry_point.partition(" ")[0] for problem in app.reports] == ["a", "c"]


def test_what_it_took_the_name_from_has_it_again(app):
    publish(app, "a", "x = acme_gone")
    publish(app, "b", "x = acme_b:Reader")
    assert readers(app)["x"].__module__ == "acme_b"
    assert "its plugin cannot be used" in str(app.host.explain("readers", "x"))


def test_what_a_failed_module_has_registered_is_gone(app):
    publish(
        app,
        "csv",
        "a = acme_csv\nb = acme_b",
        {"acme_csv.py": "from app import api\napi.register('x', 1)\n1/0", "acme_b.py": ""},
    )
    registry = readers(app)
    with pytest.raises(EntryPointError):
        registry["a"]
    assert app.things.names() == ()
    assert registry.names() == ("b",)
    assert "acme_csv" not in sys.modules
    assert registry["b"] is sys.modules["acme_b"]
    assert registry.names() == ("b",)


def test_after_it_was_enabled_again_it_is_tried_again(app):
    publish(app, "csv", "a = acme_gone\nb = acme_csv:Reader")
    registry = readers(app)
    assert registry.get("a") is None
    app.tree.write("acme_gone.py", "")
    app.host.disable("acme-csv")
    app.host.enable("acme-csv")
    assert registry.names() == ("a", "b")
    assert registry["a"] is sys.modules["acme_gone"]


def test_a_fault_of_a_plugin_that_it_imports_names_both(app):
    app.tree.write("app/plugins/bad.py", "1/0")
    publish(app, "csv", "a = acme_csv", {"acme_csv.py": "import app.plugins.bad"})
    publish(app, "tsv", "b = acme_tsv", {"acme_tsv.py": "def f(): ..."})
    registry = readers(app)
    assert registry["b"]
    with pytest.raises(EntryPointError) as caught:
        registry["a"]
    assert "ZeroDivisionError" in caught.value.cause
    assert [type(problem) for problem in app.reports] == [PluginImportError, EntryPointError]


def test_an_interrupt_passes(app):
    publish(app, "csv", "a = acme_csv", {"acme_csv.py": "raise KeyboardInterrupt"})
    registry = readers(app)
    with pytest.raises(KeyboardInterrupt):
        registry["a"]
    assert registry.names() == ("a",)
    assert app.reports == []


def test_strict_mode_raises_it(app):
    publish(app, "csv", "a = acme_gone\nb = acme_csv")
    registry = readers(app, strict=True)
    with pytest.raises(EntryPointError):
        dict(registry.items())


def test_a_name_that_cannot_be_shown_is_told(app):
    publish(app, "csv", "a\u200e = acme_csv\nb = acme_csv")
    assert readers(app).names() == ("b",)
    (problem,) = app.reports
    assert type(problem) is EntryPointError
    assert "acme-csv 1.0" in problem.what()


# -- how it is said -----------------------------------------------------------------------------------------------------


def test_groups_are_said_before_the_host_is_used_and_once(app):
    registry = readers(app)
    assert app.host.registry("readers") is app.host.registry("readers", entry_points=["app.readers"]) is registry
    with pytest.raises(HostError, match="say them once"):
        app.host.registry("readers", entry_points="other")
    with pytest.raises(HostError, match="eager"):
        app.host.registry("writers", entry_points="other", eager=True)
    with pytest.raises(InvalidNameError):
        app.host.registry("writers", entry_points="a]")
    app.host.start()
    assert app.host.registry("readers", entry_points="app.readers") is registry
    with pytest.raises(HostError, match="before the host is first used"):
        app.host.registry("writers", entry_points="other")
    assert app.host.registry("writers", entry_points="").names() == ()


class Located(TypedDict):
    group: str
    value: NotRequired[str]
    title: NotRequired[str]


class Titled(TypedDict):
    title: str


@dataclass
class Numbered:
    number: int
    group: str = ""


@pytest.mark.parametrize("schema", [Located, {"title": str}])
def test_a_schema_that_entry_points_can_meet(app, schema):
    publish(app, "csv", "csv = acme_csv:Reader")
    registry = app.start().registry("readers", entry_points="app.readers", metadata=schema)
    assert registry["csv"].__name__ == "Reader"
    assert app.reports == []


@pytest.mark.parametrize(("schema", "field"), [(Titled, "title"), (Numbered, "number")])
def test_a_schema_that_no_entry_point_can_meet_is_told_to_the_application(app, schema, field):
    publish(app, "csv", "csv = acme_csv:Reader")
    host = app.start()
    with pytest.raises(HostError, match=f"in registry 'readers': the field '{field}' is missing") as caught:
        host.registry("readers", entry_points="app.readers", metadata=schema)
    assert "give the field a default" in str(caught.value)
    registry = readers(app)
    app.host.registry("readers", metadata=schema)
    assert registry.get("csv") is None
    assert f"the field '{field}' is missing" in str(app.reports[0])


def test_groups_are_a_fact_of_the_index(app):
    def facts(*groups):
        host = app.start()
        for number, group in enumerate(groups):
            host.registry(f"r{number}", entry_points=group)
        return host.settings.facts()

    assert facts("a") == facts("a") != facts("b")
    assert facts("a", "b") != facts("a")


# -- what does not fit --------------------------------------------------------------------------------------------------


class HasRead(Protocol):
    def read(self) -> str: ...


FITS = """
def plain(text): return text
def other(one, two): ...
class Good:
    def read(self): return ""
class Reads:
    def raed(self): return ""
good, bad = Good(), Reads()
number = 5
"""

MISFITS = {
    "a class": (int, "number", "acme_csv:plain", "and not an instance of int"),
    "a protocol": (HasRead, "good", "acme_csv:bad", "has no method 'read'"),
    "a class in the place of an instance": (HasRead, "good", "acme_csv:Good", "and not an instance"),
    "a signature": (Callable[[str], str], "plain", "acme_csv:other", "missing a required argument"),
    "a module": (Callable[..., object], "plain", "acme_csv", "cannot be called"),
}


@pytest.mark.parametrize("is_lazy", [True, False])
@pytest.mark.parametrize("kind", MISFITS)
def test_an_object_that_is_not_what_the_registry_is_made_for_is_refused(app, kind, is_lazy):
    of, fits, value, cause = MISFITS[kind]
    publish(app, "csv", f"bad = {value}\ngood = acme_csv:{fits}", {"acme_csv.py": FITS})
    registry = app.start(lazy=is_lazy).registry("readers", of, entry_points="app.readers")
    assert registry.names() == ("bad", "good")
    with pytest.raises(EntryPointError) as caught:
        registry["bad"]
    text = caught.value.render()
    assert f"entry point bad = {value} in group app.readers of acme-csv 1.0 cannot be used" in text
    assert cause in text
    assert "report the cause to its author, or leave the distribution out with APP_NO_PLUGINS=acme-csv" in text
    assert app.reports == [caught.value]
    assert [name for name, _ in registry.items()] == ["good"]


def test_a_schema_is_for_the_metadata_of_registrations(app):
    publish(app, "csv", "csv = acme_csv:good", {"acme_csv.py": FITS})
    registry = app.start().registry("readers", HasRead, metadata={"help": str}, entry_points="app.readers")
    assert registry["csv"].read() == ""


def test_without_a_type_anything_fits(app):
    publish(app, "csv", "csv = acme_csv:number", {"acme_csv.py": FITS})
    assert readers(app)["csv"] == 5
