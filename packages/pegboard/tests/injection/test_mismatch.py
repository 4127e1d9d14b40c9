"""What is provided for a class has to be something like it: an instance, or what has something of what that has."""

import asyncio
from dataclasses import dataclass
from typing import Protocol
from unittest.mock import Mock

import pytest

from pegboard.container import TRANSIENT
from pegboard.errors import ComponentMismatchError, ProviderError


class Clock:
    def now(self):
        return "real"

    def zone(self):
        return "utc"


class Late(Clock):
    pass


class Fake:
    def now(self):
        return "fake"


class View(Protocol):
    title: str


@dataclass
class Settings:
    port: int


class Marker:
    pass


class Called:
    def __call__(self): ...


def generator():
    yield 3


async def coroutine():
    return 3


WRONG = {
    "a value": lambda container: container.provide(Clock, 3),
    "a value as such": lambda container: container.provide_value(Clock, "no"),
    "nothing": lambda container: container.provide(Clock, None),
    "a function": lambda container: container.provide(Clock, lambda: "no"),
    "a function for a while": lambda container: container.provide(Clock, lambda: "no", scope=TRANSIENT),
    "a generator": lambda container: container.provide(Clock, generator),
    "another class": lambda container: container.provide(Clock, Marker),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_the_applications_own_mistake_is_told(bench, wrong):
    container = bench.container
    WRONG[wrong](container)
    with pytest.raises(ComponentMismatchError, match="cannot be Clock\n  cause: the application provides it") as caught:
        container.get(Clock)
    assert caught.value.members == "now, zone"
    assert "needed by Clock" in str(caught.value)
    with pytest.raises(TypeError):
        asyncio.run(container.aget(Clock))


def test_what_is_awaited_is_checked(bench):
    bench.container.provide(Clock, coroutine)
    with pytest.raises(ComponentMismatchError, match="3, of type int"):
        asyncio.run(bench.container.aget(Clock))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_plugins_mistake_is_named_and_done_without(bench, wrong):
    bench.container.provide(Clock)
    with bench.owner(bench.plugin("csv")):
        WRONG[wrong](bench.container)
    assert type(bench.container.get(Clock)) is Clock
    (problem,) = bench.reports
    assert isinstance(problem, ProviderError)
    assert "plugin 'csv' of acme-csv 1.0 could not provide Clock; that of the application is used instead" in str(
        problem
    )
    assert "it has nothing of what that class has: now, zone" in problem.cause


def test_a_plugins_decorator_that_returns_something_else_is_left_out(bench):
    bench.container.provide(Clock)
    bench.decorate(bench.plugin("csv"), Clock, lambda clock: "no")
    bench.decorate(bench.plugin("good", 2), Clock, lambda clock: Late())
    assert type(bench.container.get(Clock)) is Late
    (problem,) = bench.reports
    assert "could not decorate Clock and is left out" in str(problem)


def test_an_override_is_checked(bench):
    bench.container.provide(Clock)
    with bench.container.override(Clock, 3), pytest.raises(ComponentMismatchError, match="3, of type int"):
        bench.container.get(Clock)
    assert type(bench.container.get(Clock)) is Clock


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Clock, Late()),
        (Clock, Fake()),  # a part of it is enough for a test
        (Clock, Mock()),
        (View, type("V", (), {"title": ""})()),
        (Settings, Settings(3)),
        (Marker, 3),  # it has nothing by which to tell
        (Called, len),
        (Clock | None, None),
        ("text", 3),
        (int, True),
    ],
    ids=map(str, range(10)),
)
def test_what_could_stand_for_it_is_taken(bench, key, value):
    bench.container.provide_value(key, value)
    assert bench.container.get(key) is value


@pytest.mark.parametrize(
    ("key", "value"), [(View, 3), (Settings, 3), (Called, 3), (int, "3".join)], ids=map(str, range(4))
)
def test_what_has_nothing_of_it_is_refused(bench, key, value):
    bench.container.provide_value(key, value)
    with pytest.raises(ComponentMismatchError):
        bench.container.get(key)


def test_what_is_called_with_arguments_is_not_a_component(bench):
    assert bench.container.call(lambda: 3) == 3
    assert bench.container.build(Marker).__class__ is Marker
