"""What type checkers infer from the container. `tests/support/type_checkers.py` says what the marks mean."""

from __future__ import annotations

from collections.abc import Iterator
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
    container.provide("http.port", lambda: 80)
    container.provide(Clock | None, None)
    assert_type(container.provide_value(Clock, Clock()), type[Clock])
    assert_type(container.provide_value("http.port", 80), str)
    container.decorate(Clock, Loud)
    with container.override(Clock, Clock()):
        assert_type(container.explain(Clock), Explanation)

    @container.provide
    class Mine: ...

    assert_type(container.get(Mine), Mine)


def make_clock() -> Iterator[Clock]:
    yield Clock()


async def make_clock_later() -> Clock:
    return Clock()


def make_entry() -> Entry:
    return Entry()


def overrides_that_fit(container: Container) -> None:
    container.provide(Clock, Clock())
    container.provide(Clock, make_clock)
    container.provide(Clock, make_clock_later)
    container.provide(View, Page())
    container.override(View, Page)
    container.override("http.port", 81)


def overrides_that_do_not_fit(container: Container) -> None:
    """Mypy knows no class as a key whose type is the class itself, and no wider one, so it flags a few alone."""
    # error in pyright: No overloads for "provide"
    # error in pyright: "Literal[3]" is not assignable to "Clock"
    container.provide(Clock, 3)
    # error in pyright: No overloads for "provide"
    # error in pyright: Type "type[Entry]" is not assignable to type "Clock"
    container.provide(Clock, Entry)
    # error in pyright: No overloads for "provide"
    # error in pyright: "Entry" is not assignable to "Clock"
    container.provide(Clock, make_entry)
    # error in pyright: No overloads for "provide"
    # error in pyright: "render" is not present
    container.provide(View, Entry())
    # error in pyright: No overloads for "provide"
    # error in pyright: "Literal['']" is not assignable to "Entry"
    container.provide(list[Entry], [""])
    # error in pyright: No overloads for "provide_value"
    # error in pyright: Type "type[Clock]" is not assignable to type "Clock"
    container.provide_value(Clock, Clock)
    # error in pyright: No overloads for "override"
    # error in pyright: "Literal[3]" is not assignable to "Clock"
    container.override(Clock, 3)
    # error in mypy: matches argument types "type[Clock]", "int"
    # error in pyright: No overloads for "decorate"
    # error in pyright: "Literal[3]" is not assignable to type "Maker[Clock]"
    container.decorate(Clock, 3)
    # error in pyright: No overloads for "decorate"
    # error in pyright: Type "() -> Entry" is not assignable to type "Maker[Clock]"
    container.decorate(Clock, make_entry)
