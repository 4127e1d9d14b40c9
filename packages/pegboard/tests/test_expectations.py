"""What plugins register is checked against what the application says that a registry is for."""

import abc
import functools
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import (
    Annotated,
    Any,
    Literal,
    NewType,
    NotRequired,
    Optional,
    Protocol,
    TypedDict,
    Union,
    runtime_checkable,
)

import pytest

from pegboard.errors import ContributionMismatchError, MetadataMismatchError, PluginImportError
from pegboard.host import Host


class Note: ...


class Exporter:
    def export(self, note): ...


class Csv(Exporter): ...


class View(Protocol):
    title: str

    def render(self, note: Note) -> str: ...


class Table:
    title = "table"

    def render(self, note): ...


class Named(Protocol):
    @property
    def name(self) -> str: ...


@runtime_checkable
class Closing(Protocol):
    def close(self) -> None: ...


class Wide(Protocol):
    def __call__(self, note: Note, /, *, wide: bool = False) -> str: ...


class Abstract(abc.ABC):
    @abc.abstractmethod
    def export(self): ...


class Registered:
    pass


Abstract.register(Registered)
Key = NewType("Key", int)


class Misspelt:
    title = ""

    def rendr(self, note): ...


def one(note): ...
def two(note, more): ...
def optional(note, more=1): ...
def anything(*args, **kwargs): ...
def with_wide(note, *, wide=False): ...
def without_wide(note): ...
async def later(note): ...


class Called:
    def __call__(self, note): ...


@pytest.fixture
def host(tree, tmp_path):
    tree.write("app/__init__.py")
    return Host("app", environ={}, config_directory=tmp_path, cache_directory=tmp_path)


@pytest.fixture
def registry(host):
    return lambda of=None, metadata=None: host.registry("things", of, metadata=metadata)


OF = Callable[[Note], str]

FITS = [
    (None, 42),
    (object, 42),
    (Any, 42),
    (Exporter, Exporter()),
    (Exporter, Csv()),
    (Abstract, Registered()),
    (float, 3),
    (int, True),
    (type[Exporter], Csv),
    (type[View], Table),
    (View, Table()),
    (Named, type("N", (), {"name": "x"})()),
    (Closing, sys.stdout),
    (OF, one),
    (OF, optional),
    (OF, anything),
    (OF, later),
    (OF, Called()),
    (OF, Called().__call__),
    (OF, functools.partial(two, more=1)),
    (OF, str),
    (OF, len),
    (Callable, two),
    (Callable[..., str], two),
    (Callable[[], str], lambda: ""),
    (Wide, with_wide),
    (Wide, anything),
    (Exporter | None, None),
    (Optional[Exporter], Csv()),  # noqa: UP045 -- another form
    (Union[Exporter, OF], one),  # noqa: UP007 -- another form
    (Annotated[Exporter, "doc"], Csv()),
    (Key, Key(3)),
    (Literal["a", "b"], "a"),
    (list[int], [1]),
    ("Exporter", 42),
]

DOES_NOT_FIT = [
    (Exporter, 42, "it is 42, of type int, and not an instance of Exporter", "register an instance of Exporter"),
    (
        Exporter,
        Csv,
        "it is the class Csv, and not an instance of Exporter",
        r"register an instance of it, Csv\(\.\.\.\)",
    ),
    (Exporter, None, "it is None, of type NoneType", "register an instance"),
    (Abstract, Csv(), "and not an instance of Abstract", ""),
    (type[Exporter], Csv(), "and not a class", "register the class itself"),
    (type[Exporter], Table, "the class Table, and not a subclass of Exporter", "derive it from Exporter"),
    (View, Misspelt(), "no method 'render' as View has", "did you mean 'rendr'"),
    (View, 42, "no (method 'render'|attribute 'title') as View has", "it needs render, title"),
    (View, Table, "it is the class Table, and not an instance", r"Table\(\.\.\.\)"),
    (View, type("V", (), {"render": 1, "title": ""})(), "'render' is not a method, as it is in View", ""),
    (Named, 42, "no attribute 'name' as Named has", ""),
    (Closing, 42, "no method 'close' as Closing has", ""),
    (OF, 42, "which cannot be called", "register a function"),
    (OF, two, r"two\(note, more\) cannot be called as Callable\[\[.*Note\], str\]", "it is called with 1 argument$"),
    (OF, lambda: "", "too many positional arguments", "it is called with 1 argument$"),
    (OF, functools.partial(one, 1), "cannot be called as", ""),
    (Callable, 42, "which cannot be called", ""),
    (Wide, without_wide, "cannot be called as Wide: got an unexpected keyword argument 'wide'", "1 argument and wide="),
    (Wide, 42, "no method '__call__' as Wide has", ""),
    (Exporter | None, 42, "not an instance of Exporter; and it is 42", ""),
    (Annotated[Exporter, "doc"], 42, "not an instance of Exporter", ""),
    (Key, "3", "not an instance of int", ""),
    (Literal["a", "b"], "c", "'c' is none of 'a', 'b'", ""),
    (list[int], 3, "not an instance of list", ""),
]


@pytest.mark.parametrize(("of", "item"), FITS, ids=map(str, range(len(FITS))))
def test_what_fits_is_registered(registry, of, item):
    things = registry(of)
    assert things.register("x", item) is item
    assert things["x"] is item
    assert things.register("y")(item) is item
    assert things["y"] is item


@pytest.mark.parametrize(("of", "item", "problem", "advice"), DOES_NOT_FIT, ids=map(str, range(len(DOES_NOT_FIT))))
def test_what_does_not_fit_is_refused(registry, of, item, problem, advice):
    things = registry(of)
    for register in (lambda: things.register("x", item), lambda: things.register("x")(item)):
        with pytest.raises(ContributionMismatchError, match="'x' cannot be registered in 'things'") as caught:
            register()
        assert caught.value.place == f"{__file__}:{register.__code__.co_firstlineno}"
        assert re.search(problem, caught.value.problem)
        assert re.search(advice, caught.value.hint() or "")
    assert things.names() == ()


class Meta(TypedDict):
    extensions: list[str]
    size: NotRequired[int]
    level: NotRequired[Literal["low", "high"]]
    rest: NotRequired[dict[str, float]]


@dataclass
class Described:
    extensions: Sequence[str]
    summary: str = ""
    tags: tuple[str, ...] = field(default=())


MAPPING = {"extensions": list[str], "summary": str, "size": int | None, "share": float}


@pytest.mark.parametrize(
    ("schema", "metadata"),
    [
        (Meta, {"extensions": [".csv"]}),
        (Meta, {"extensions": (".csv",), "size": 3, "level": "low", "rest": {"a": 1}}),
        (Described, {"extensions": []}),
        (Described, {"extensions": ("a",), "summary": "s", "tags": ("a", "b")}),
        (MAPPING, {}),
        (MAPPING, {"extensions": ["a"], "summary": "s", "size": None, "share": 1}),
        ({}, {}),
    ],
)
def test_metadata_that_is_as_the_schema_says_is_kept(registry, schema, metadata):
    things = registry(metadata=schema)
    things.register("x", 1, **metadata)
    assert things.describe("x").keys() == metadata.keys()


@pytest.mark.parametrize(
    ("schema", "metadata", "problem", "advice"),
    [
        (Meta, {"extension": [".csv"]}, "the field 'extension' is unknown", "did you mean 'extensions'?"),
        (Meta, {"extensions": [], "sise": 1}, "the field 'sise' is unknown", "did you mean 'size'?"),
        (Meta, {"extensions": [], "q": 1}, "the field 'q' is unknown", "known fields: extensions, level, rest, size"),
        (Meta, {}, "the field 'extensions' is missing", "say extensions=..."),
        (Meta, {"extensions": ".csv"}, "the field 'extensions' is '.csv', and not list[str]", "give list[str]"),
        (Meta, {"extensions": [1]}, "the field 'extensions' is [1], and not list[str]", "give list[str]"),
        (Meta, {"extensions": [], "size": "3"}, "the field 'size' is '3', and not NotRequired[int]", None),
        (Meta, {"extensions": [], "size": True}, "the field 'size' is True", None),
        (Meta, {"extensions": [], "level": "mid"}, "the field 'level' is 'mid'", None),
        (Meta, {"extensions": [], "rest": {"a": "b"}}, "the field 'rest' is {'a': 'b'}", None),
        (Described, {"summary": "s"}, "the field 'extensions' is missing", "say extensions=..."),
        (Described, {"extensions": [], "sumary": "s"}, "the field 'sumary' is unknown", "did you mean 'summary'?"),
        (Described, {"extensions": [], "tags": [1]}, "the field 'tags' is [1], and not tuple[str, ...]", None),
        (MAPPING, {"summary": 3}, "the field 'summary' is 3, and not str", "give str"),
        (MAPPING, {"size": "x"}, "the field 'size' is 'x', and not int | None", "give int | None"),
        ({}, {"a": 1}, "the field 'a' is unknown", "known fields: none"),
    ],
)
def test_other_metadata_is_refused(registry, schema, metadata, problem, advice):
    things = registry(metadata=schema)
    with pytest.raises(MetadataMismatchError, match="metadata of 'x' does not fit in 'things'") as caught:
        things.register("x", 1, **metadata)
    assert str(caught.value.because()).startswith(problem)
    assert advice is None or caught.value.hint() == advice
    assert __file__ in caught.value.where()
    assert things.names() == ()


def test_plain_data_has_a_schema_too(host):
    themes = host.data_registry("themes", metadata={"colour": str})
    themes.register("dark", colour="black", override=True)
    with pytest.raises(MetadataMismatchError, match="did you mean 'colour'"):
        themes.register("light", color="white")


def test_metadata_may_be_called_name_and_item(registry):
    things = registry()
    things.register("x", 1, name="n", item="i")
    assert things.describe("x") == {"name": "n", "item": "i"}


def test_a_plugin_that_registers_something_else_is_left_out_whole_and_told_where(live_application):
    file = live_application.plugin("csv", "api.register('good', str)\n\napi.register('bad', 42)")
    host = live_application.start()
    host.registry("things", Callable[[str], str])
    assert live_application.things.names() == ()
    (problem,) = live_application.reports
    assert isinstance(problem, PluginImportError)
    assert problem.phase == "registration"
    assert problem.place == f"{file}:4"
    line = problem.one_line()
    assert "plugin 'csv' could not be imported" in line
    assert f"it is 42, of type int, which cannot be called, at {file}:4" in line
    assert "(hint: register a function; or leave it out with APP_NO_PLUGINS=csv)" in line


def test_asking_for_the_registry_without_a_type_keeps_its_type(host):
    host.registry("things", Exporter, metadata={})
    things = host.registry("things")
    with pytest.raises(ContributionMismatchError):
        things.register("x", 1)
    with pytest.raises(MetadataMismatchError):
        things.register("x", Csv(), summary="s")


@pytest.mark.slow
def test_a_recorded_plugin_is_not_checked_again(live_application):
    live_application.tree.write("app/api.py", _CHECKED)
    live_application.plugin("csv", "api.register('x', str, extensions=['a'])\nimport sys")
    live_application.start_elsewhere()
    for name in [name for name in sys.modules if name == "pegboard.expectations"]:
        del sys.modules[name]
    host = live_application.start()
    assert live_application.api.register("y", str, extensions=[]) is str  # the application's own is checked
    assert sys.modules.pop("pegboard.expectations")
    assert live_application.things.describe("x") == {"extensions": ["a"]}
    assert live_application.things["x"] is str
    assert host.plugin("csv").state == "active"
    assert "pegboard.expectations" not in sys.modules


_CHECKED = """
from typing import Callable
host, log = None, []
def register(name, item, **metadata):
    return host.registry('things', Callable[[str], str], metadata={"extensions": list}).register(name, item, **metadata)
"""
