"""What a plugin has registered is described as `inspect` would describe it, in plain data."""

import functools
import inspect
from types import SimpleNamespace

import pytest

from pegboard.isolation.description import _about, describe, is_plain
from pegboard.ledger import Contribution, Plugin


def none(): ...
def several(a, b: int, /, c: "text", d: list[int] = [1], *rest: str, e, f: Plugin = None, **others): ...  # noqa: B006, F821
def defaults(a=1, *, b, c=object()): ...  # noqa: B008
def rest_only(*args): ...
def named_only(*, key=b"x"): ...
async def later(a): ...
def some(a):
    yield a


async def some_later(a):
    yield a


@functools.wraps(several)
def wrapped(*args, **kwargs): ...


class Thing:
    def method(self, a): ...
    @classmethod
    def of_class(cls, a): ...
    @staticmethod
    def static(a): ...
    async def __call__(self, a, b=2): ...
    def _hidden(self): ...


FUNCTIONS = [
    none, several, defaults, rest_only, named_only, later, some, some_later, wrapped, Thing().method, Thing.of_class,
    Thing(), functools.partial(several, 1), functools.partial(functools.partial(later), a=1), lambda a, *, b=(): None,
    len, print, "".join,
]  # fmt: skip


@pytest.mark.parametrize("function", FUNCTIONS, ids=range(len(FUNCTIONS)))
def test_a_function_is_described_as_inspect_would(function):
    about = _about(function)
    assert [(each["name"], each["kind"], each["has_default"]) for each in about["parameters"]] == [
        (each.name, each.kind.name, each.default is not each.empty)
        for each in inspect.signature(function).parameters.values()
    ]
    called = function.__call__ if isinstance(function, Thing) else function
    assert about["is_callable"] is True
    assert about["is_async"] is inspect.iscoroutinefunction(called)
    assert about["is_generator"] is inspect.isgeneratorfunction(called)
    assert about["is_async_generator"] is inspect.isasyncgenfunction(called)
    assert is_plain(about)


def test_annotations_are_text_and_defaults_are_plain_or_left_out():
    found = {each["name"]: each for each in _about(several)["parameters"]}
    assert [found[name]["annotation"] for name in "abcdf"] == ["", "int", "text", "list[int]", "pegboard.ledger.Plugin"]
    assert (found["d"]["default"], found["f"]["default"]) == ([1], None)
    assert "default" not in _about(defaults)["parameters"][2]


def test_a_function_in_c_that_does_not_say_it_takes_anything():
    assert [each["kind"] for each in _about(dict.fromkeys)["parameters"]] != []
    assert [each["kind"] for each in _about(SimpleNamespace(func=1).__init__)["parameters"]] == [
        "VAR_POSITIONAL",
        "VAR_KEYWORD",
    ]


def row(kind, live, text="a", **metadata):
    return Contribution(Plugin("csv", "app.plugins.csv"), kind, text, live, text=text, metadata=metadata)


def problems(*rows):
    return [each["problem"] for each in describe(rows, lambda each: each.live)]


def test_what_cannot_be_used_is_named():
    assert problems(row("things", none), row("things", {"a": (1, b"x")}, "b"), row("things", Thing.static, "c")) == [
        "",
        "",
        "",
    ]
    assert "it is a class" in problems(row("things", Thing))[0]
    assert "it is of type object" in problems(row("things", object()))[0]
    assert "a wrapper of a hook" in problems(row("hook saved", some, role="wrapper"))[0]
    assert "wraps components" in problems(row("decorator", none))[0]
    assert "its key is not a class" in problems(row("component", none))[0]


def test_an_earlier_one_of_the_same_name_cannot_be_reached():
    first, second = problems(row("hook saved", none), row("hook saved", later))
    assert ("has registered another one" in first, second) == (True, "")


def test_an_object_that_cannot_be_loaded_says_why():
    def broken(_):
        raise ModuleNotFoundError("No module named 'numpy'")

    (about,) = describe([row("things", none)], broken)
    assert (about["problem"], about["is_callable"]) == ("ModuleNotFoundError: No module named 'numpy'", False)
