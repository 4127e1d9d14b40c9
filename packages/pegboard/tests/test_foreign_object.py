"""Objects of other people's classes, every method of which may raise, lie, or return something huge."""

from __future__ import annotations

import asyncio

import pytest

from pegboard.boundary import blame, call_plugin, import_error_again, location_in, to_import_error
from pegboard.errors import PegboardError, PluginCallError, describe_exception
from pegboard.foreign_object import add_note, attribute, causes, class_name, is_a, name_of, repr_of, text_of
from pegboard.ledger import Distribution, Plugin

RAISED = [SystemExit, KeyboardInterrupt, GeneratorExit, RecursionError, MemoryError, asyncio.CancelledError, ValueError]


class OddText(str):
    __slots__ = ()

    def split(self, *_):
        raise SystemExit

    def __str__(self):
        raise SystemExit

    def __format__(self, _):
        raise SystemExit

    __len__ = __getitem__ = __eq__ = __hash__ = split


def hostile(base, raised=SystemExit):
    """Return an error of a class in which everything raises that Python lets a class define."""

    def fail(*_, **__):
        raise raised

    class Meta(type):
        __getattribute__ = __instancecheck__ = __subclasscheck__ = fail

    names = ("__str__", "__repr__", "__format__", "__eq__", "__bool__", "__len__", "__iter__", "add_note", "__hash__")
    values = ("__class__", "__cause__", "__context__", "__traceback__", "__notes__", "__dict__", "args", "code", "name")
    members = dict.fromkeys(names, fail) | {name: property(fail) for name in (*values, "filename", "lineno")}
    kind = Meta("Odd", (base,), members | {"with_traceback": fail})
    return caught(raising(base.__new__(kind)))


def caught(function):
    try:
        function()
    except BaseException as error:
        return error


def raising(error):
    def function():
        raise error

    return function


def plugin():
    return Plugin("odd", "app.plugins.odd", origin="odd.py", distribution=Distribution("acme-odd", "1.0"))


@pytest.mark.parametrize("raised", RAISED)
def test_an_error_that_cannot_be_shown_is_still_named(raised):
    class Odd(Exception):
        def __str__(self):
            raise raised

    assert describe_exception(Odd()) == f"{Odd.__qualname__}: (its message cannot be shown)"


@pytest.mark.parametrize("base", [Exception, SyntaxError, ModuleNotFoundError, SystemExit, GeneratorExit])
@pytest.mark.parametrize("raised", [SystemExit, KeyboardInterrupt])
def test_nothing_that_is_said_of_an_error_depends_on_its_methods(base, raised):
    error = hostile(base, raised)
    assert isinstance(describe_exception(error), str)
    assert location_in(plugin(), error) == "odd.py"
    failure = to_import_error(plugin(), error, "APP", lambda _: None)
    assert failure.plugin == "odd"
    assert "acme-odd 1.0" in failure.one_line()
    failed = plugin()
    failed.fail(failure)
    failure.__cause__ = error
    assert import_error_again(failed) is error
    assert blame(error, "being tried", lambda _: None) is None
    add_note(error, "a note")


def test_a_lie_about_its_class_makes_no_error_one_of_another_class():
    class Liar(Exception):
        __class__ = property(lambda _: KeyboardInterrupt)

    assert isinstance(Liar(), KeyboardInterrupt)
    assert not is_a(Liar(), KeyboardInterrupt, PegboardError)
    with pytest.raises(PluginCallError, match="Liar"):
        call_plugin(plugin(), "being called", raising(Liar()))


@pytest.mark.parametrize(
    "raised", [GeneratorExit, SystemExit, asyncio.CancelledError, type("Own", (BaseException,), {})]
)
def test_whatever_a_plugin_raises_names_it(raised):
    with pytest.raises(PluginCallError, match="plugin 'odd' of acme-odd 1.0 failed while being called"):
        call_plugin(plugin(), "being called", raising(raised()))


def test_ctrl_c_passes():
    with pytest.raises(KeyboardInterrupt):
        call_plugin(plugin(), "being called", raising(KeyboardInterrupt()))


def test_an_error_derived_from_ours_that_cannot_be_shown_names_the_plugin_as_any_other():
    class Odd(PegboardError):
        def what(self):
            raise SystemExit

    with pytest.raises(PluginCallError, match="Odd"):
        call_plugin(plugin(), "being called", raising(Odd()))


def test_text_of_any_length_and_any_class_is_bounded_plain_text():
    class Odd(Exception):
        def __init__(self, text):
            self.text = text

        def __str__(self):
            return self.text

    assert len(describe_exception(Odd("x" * 50_000_000))) < 1_200
    assert "49,999,000 more characters" in text_of(Odd("x" * 50_000_000))
    assert type(text_of(Odd(OddText("odd")))) is str
    assert describe_exception(Odd(OddText("odd"))).endswith("Odd: odd")


def test_causes_are_followed_once_and_not_for_ever():
    first = errors = ValueError()
    for _ in range(10_000):
        errors.__cause__ = KeyError()
        errors = errors.__cause__
    assert len(causes(first)) == 100
    errors.__cause__ = first
    pair = ValueError(), KeyError()
    pair[0].__cause__, pair[1].__cause__ = pair[1], pair[0]
    assert causes(pair[0]) == list(pair)


def test_a_huge_recursion_is_described():
    def recurse():
        recurse()

    with pytest.raises(RecursionError) as caught:
        recurse()
    assert describe_exception(caught.value).startswith("RecursionError: maximum recursion depth")


def test_attributes_are_taken_only_of_the_class_asked_for():
    class Odd:
        text = "plain"
        odd = OddText("odd")

        @property
        def raises(self):
            raise SystemExit

        def __repr__(self):
            raise KeyboardInterrupt

    assert attribute(Odd(), "text", str) == "plain"
    assert attribute(Odd(), "odd", str) is None
    assert attribute(Odd(), "raises", str) is None
    assert attribute(Odd(), "absent", str) is None
    assert repr_of(Odd()) == "(it cannot be shown)"
    assert name_of(Odd()) == "(it cannot be shown)"
    assert name_of(plugin) == "plugin"
    assert class_name(Odd()).endswith("Odd")
