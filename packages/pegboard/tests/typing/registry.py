"""What type checkers infer from registries. Checked by `mypy --strict` and `basedpyright`, never run.

Each `type: ignore` is a mistake that mypy has to find: an unused one is an error.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
    host.registry("x", Exporter).register("x", 42)  # type: ignore[call-overload]
    host.registry("x", View).register("x", Table())
    host.registry("x", View).register("x", Exporter())  # type: ignore[call-overload]
    host.registry("x", Callable[[Note], str]).register("x", lambda note, more: "")  # type: ignore[misc, arg-type]
    host.registry("x", View).register("x", Table(), name="metadata may be called name", item="or item")


def a_decorator_returns_what_it_decorates(host: Host) -> None:
    exporters = host.registry("x", Callable[[Note], str])

    @exporters.register("x", summary="s")
    def export(note: Note, more: int = 0) -> str:
        return ""

    export(Note(), more=1)

    @host.registry("y", type[Exporter]).register("y")
    class Mine(Exporter):
        own = 3

    assert_type(Mine().own, int)


def calls(host: Host) -> None:
    exporters = host.registry("x", Callable[[Note], str])
    assert_type(exporters.call("x", Note()), str)
    exporters.call("x", 3)  # type: ignore[arg-type]
    exporters.call("x")  # type: ignore[call-arg]
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
    await exporters.acall("x", 3)  # type: ignore[call-overload]


async def later() -> int:
    return 1


async def run_returns_what_the_function_does(host: Host) -> None:
    plugin = host.plugin("x")
    assert_type(host.run(plugin, "testing", lambda: 1), int)
    assert_type(await host.run(plugin, "testing", later), int)
    await host.astart()
