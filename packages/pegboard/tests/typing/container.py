"""What type checkers infer from the container. Checked by `mypy --strict`, never run."""

from __future__ import annotations

from typing import Annotated, Any, NewType, Protocol, assert_type

from pegboard.container import SINGLETON, TRANSIENT, Container
from pegboard.injection.explanation import Explanation
from pegboard.injection.scope import Scope


class Clock: ...


class Entry: ...


class Loud(Clock):
    def __init__(self, inner: Clock) -> None: ...


class View(Protocol):
    def render(self) -> str: ...


class Page:
    def render(self) -> str:
        return ""


Now = NewType("Now", int)


def key_decides(container: Container) -> None:
    assert_type(container.get(Clock), Clock)
    assert_type(container.get(Now), Now)
    assert_type(container.get(list[Entry]), list[Entry])
    assert_type(container.get(dict[str, list[Entry]]), dict[str, list[Entry]])
    assert_type(container.get(View), View)
    assert_type(container.get(Clock | None), Clock | None)
    assert_type(container.get(Annotated[Clock, "utc"]), Clock)
    assert_type(container.get("http.port"), Any)
    assert_type(container.get(Container), Container)


async def awaiting_decides_the_same(container: Container) -> None:
    assert_type(await container.aget(Clock), Clock)
    assert_type(await container.aget(Now), Now)
    assert_type(await container.aget(list[Entry]), list[Entry])
    assert_type(await container.aget(View), View)
    assert_type(await container.aget("http.port"), Any)


def size_of(clock: Clock, size: int) -> int:
    return size


async def size_later(clock: Clock) -> int:
    return 1


async def calls_have_the_type_of_what_is_called(container: Container) -> None:
    assert_type(container.call(size_of, size=3), int)
    assert_type(container.build(Loud), Loud)
    assert_type(await container.acall(size_later), int)


def scopes_are_asked_like_containers(container: Container) -> None:
    with container.scope("request") as scope:
        assert_type(scope, Scope)
        assert_type(scope.get(Clock), Clock)
        with scope.scope("inner") as inner:
            assert_type(inner.get(View), View)


async def scopes_can_be_awaited(container: Container) -> None:
    async with container.scope("request") as scope:
        assert_type(await scope.aget(Clock), Clock)


def registration(container: Container) -> None:
    assert_type(container.provide(Clock), type[Clock])
    container.provide(Clock, Loud, scope=TRANSIENT)
    container.provide(View, Page, scope=SINGLETON)
    container.provide(list[Entry], [])
    container.provide_value("http.port", 80)
    container.decorate(Clock, Loud)
    with container.override(Clock, Clock()):
        assert_type(container.explain(Clock), Explanation)

    @container.provide
    class Mine: ...

    assert_type(container.get(Mine), Mine)
