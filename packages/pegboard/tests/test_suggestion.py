"""What Python adds to a traceback, and not to the message: the name that was meant."""

from __future__ import annotations

import math

import pytest

from pegboard.errors import describe_exception


class Slotted:
    __slots__ = ("length",)


class Hostile:
    length = 3

    def __getattribute__(self, name):
        raise AttributeError(f"no {name}", name=name, obj=self)

    def __dir__(self):
        raise SystemExit


def described(code, **names):
    try:
        exec(code, names)
    except BaseException as error:
        return describe_exception(error)
    raise AssertionError


@pytest.mark.parametrize(
    ("code", "near"),
    [
        ("math.sqr(4)", "'sqrt'"),
        ("from math import sqr", "'sqrt'"),
        ("length = 3\nlenght", "'length'"),
        ("primt()", "'print'"),
        ("Slotted().lenght", "'length'"),
        ("Hostile().lenght", "'length'"),
        ("Slotted.lenght", "'length'"),
        ("'text'.uper()", "'upper'"),
        ("math.nothing_like_it", None),
        ("from math import nothing_like_it", None),
        ("import nothing_like_it", None),
        ("raise AttributeError('by hand')", None),
        ("raise NameError", None),
        ("{}['lenght']", None),
    ],
)
def test_the_nearest_name_is_suggested(code, near):
    text = described(code, math=math, Slotted=Slotted, Hostile=Hostile)
    assert text.endswith(f". Did you mean: {near}?") if near else "Did you mean" not in text
