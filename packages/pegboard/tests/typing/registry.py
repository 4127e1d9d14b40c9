"""What type checkers infer from registries. `tests/support/type_checkers.py` says what the marks mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Protocol, assert_type

from pegboard import Host, Registry


class Note: ...


class Exporter:
    def export(self, note: Note) -> str:
        return ""


class View(Protocol):
    def render(self, note: Note) -> str: ...


class Table:
    def render(self, note: Note) -> str:
        return ""


class Wide(Protocol):
    def __call__(self, note: Note, /, *, wide: bool = False) -> str: ...


def wide(note: Note, /, *, wide: bool = False) -> str:
    return ""


def narrow(note: Note) -> str:
    return ""


def types_of_registries(host: Host) -> None:
    assert_type(host.registry("x", Exporter), Registry[Exporter])
    assert_type(host.registry("x", of=View), Registry[View])
    assert_type(host.registry("x", Callable[[Note], str]), Registry[Callable[[Note], str]])
    assert_type(host.registry("x", of=Wide, metadata={"wide": bool}), Registry[Wide])
    assert_type(host.registry("x", type[Exporter]), Registry[type[Exporter]])
    assert_type(host.registry("x"), Registry[Any])
    exporters: Registry[Exporter] = host.registry("x")
    assert_type(exporters["x"], Exporter)


def what_is_registered_is_checked(host: Host) -> None:
    # error in mypy: matches argument types "str", "int"
    # error in pyright: "Literal[42]" is not assignable to "Exporter"
    host.registry("x", Exporter).register("x", 42)
    # error in mypy: matches argument types "str", "type[Exporter]"
    # error in pyright: Type "type[Exporter]" is not assignable to type "Exporter"
    host.registry("x", Exporter).register("x", Exporter)

    host.registry("x", View).register("x", Table())
    # error in mypy: matches argument types "str", "Exporter"
    # error in pyright: "render" is not present
    host.registry("x", View).register("x", Exporter())

    # error in mypy: Cannot infer type of lambda
    # error in mypy: "Callable[[Any, Any], str]"; expected "Callable[[Note], str]"
    # error in pyright: Extra parameter "more"
    # error in pyright: Type of parameter "more" is unknown
    host.registry("x", Callable[[Note], str]).register("x", lambda note, more: "")
    host.registry("x", Wide).register("x", wide)
    # error in mypy: matches argument types "str", "Callable[[Note], str]"
    # error in pyright: Missing keyword parameter "wide"
    host.registry("x", Wide).register("x", narrow)

    host.registry("x", type[Exporter]).register("x", Exporter)
    # error in mypy: "type[Table]"; expected "type[Exporter]"
    # error in pyright: "type[Table]" is not assignable to "type[Exporter]"
    host.registry("x", type[Exporter]).register("x", Table)


def name_and_item_are_positional_only(host: Host) -> None:
    views = host.registry("x", View)
    views.register("x", Table(), name="metadata may be called name", item="or item", self=3)
    # error in mypy: No overload variant of "register"
    # error in pyright: No overloads for "register"
    views.register(name="x", item=Table())
    # error in mypy: "Registers"
    # error in pyright: "render" is not present
    view: View = views.register("x", item=Table())
    del view
    # error in mypy: matches argument types "str", "Table", "str"
    # error in pyright: "Literal['yes']" is not assignable to "bool"
    views.register("x", Table(), override="yes")
    data = host.data_registry("x")
    data.register("x", name="metadata may be called name")
    # error in mypy: Too few arguments for "register"
    # error in pyright: Expected 1 more positional argument
    data.register(name="x")


def what_is_registered_is_returned(host: Host) -> None:
    assert_type(host.registry("x", Wide).register("x", wide), Wide)
    assert_type(host.registry("x", View).register("x", Table()), View)


def a_decorator_returns_exactly_what_it_decorates(host: Host) -> None:
    exporters = host.registry("x", Callable[[Note], str])

    @exporters.register("x", summary="s")
    def export(note: Note, more: int = 0) -> str:
        return ""

    assert_type(export(Note(), more=1), str)
    # error in mypy: incompatible type "str"; expected "int"
    # error in pyright: "Literal['1']" is not assignable to "int"
    export(Note(), more="1")

    @host.registry("y", type[Exporter]).register("y")
    class Mine(Exporter):
        own = 3

    assert_type(Mine().own, int)
    # error in mypy: has no attribute "other"
    # error in pyright: Cannot access attribute "other"
    # error in pyright: Type of "other" is unknown
    assert Mine.other

    @host.registry("z", Any).register("z")
    async def later(note: Note) -> int:
        return 1

    waiting: Coroutine[Any, Any, int] = later(Note())
    waiting.close()


def calls(host: Host) -> None:
    exporters = host.registry("x", Callable[[Note], str])
    assert_type(exporters.call("x", Note()), str)
    # error in mypy: incompatible type "int"; expected "Note"
    # error in pyright: "Literal[3]" is not assignable to "Note"
    exporters.call("x", 3)
    # error in mypy: Too few arguments for "call"
    # error in pyright: Expected 1 more positional argument
    exporters.call("x")
    # error in mypy: "call"
    # error in pyright: Expected 2 positional arguments
    exporters.call("x", Note(), Note())
    assert_type(host.registry("x", Wide).call("x", Note(), wide=True), str)
    assert_type(host.registry("x", type[Exporter]).call("x"), Exporter)
    host.registry("x").call("x", 1, y=2)


async def awaited_calls(host: Host) -> None:
    exporters = host.registry("x", Callable[[Note], Awaitable[str]])
    assert_type(await exporters.acall("x", Note()), str)
    assert_type(await exporters.call("x", Note()), str)
    assert_type(await host.registry("x", Wide).acall("x", Note()), str)
    assert_type(await host.registry("x", Exporter).aget("x"), Exporter | None)
    assert_type(await host.registry("x", Exporter).aget("x", 3), Exporter | int)
    # error in mypy: matches argument types "str", "int"
    # error in pyright: No overloads for "acall"
    # error in pyright: "Literal[3]" is not assignable to "Note"
    await exporters.acall("x", 3)


async def later() -> int:
    return 1


async def run_returns_what_the_function_does(host: Host) -> None:
    plugin = host.plugin("x")
    assert_type(host.run(plugin, "testing", lambda: 1), int)
    assert_type(await host.run(plugin, "testing", later), int)
    await host.astart()
