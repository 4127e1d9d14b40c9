"""Which calls, attributes, items and classes are inert, for certain?

In: what is known of values. Out: what is known of the result; `UnforeseenError` where something else may happen, such
as code of strangers that runs. These tables name only what Python's own library computes or defines. An omission costs
time and is never wrong.
"""

from __future__ import annotations

import abc
import enum
import logging
import sys
import types
import typing

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.heap import type_module
from pegboard.startup.recording.effects.inert_loggers import is_making_inert
from pegboard.startup.recording.effects.naming import namespace_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType
    from typing import Any

NULL = "null"
"""No value: it stands where a method has its object."""
KNOWN = "known"
"""An object that exists."""
PURE = "pure"
"""A number or a text, or a container of such that was made just now: to compute with it runs no code of strangers."""
MADE = "made"
"""Something else that was made just now."""
FUNCTION = "function"
"""A function that was made just now."""
CLASS = "class"
"""A class that was made just now, without any code of strangers."""
ALIAS = "alias"
"""A type that is written with other types, as `list[int]`."""
PROPERTY = "property"
UNKNOWN = "unknown"
"""What has no `__set_name__`; nothing else is known of it."""

_NOTHING: Any = object()
_ATOMS = (str, int, float, bool, bytes, complex, type(None), type(...), type(NotImplemented), types.CodeType)
_PLAIN_TYPES = (type, abc.ABCMeta, enum.EnumMeta)
"""Metaclasses, and those of `typing`, that make a class of what is in its body."""
_OPAQUE = ("typing", "abc", "enum", "builtins", "typing_extensions")


class UnforeseenError(Exception):
    """It is not certain what happens."""


class Value:
    """What is known of a value."""

    __slots__ = ("base", "code", "kind", "known")

    def __init__(self, kind: str, known: Any = _NOTHING, *, code: CodeType | None = None, base: Any = None) -> None:
        self.kind: str = kind
        self.known: Any = known
        """The very object, if it exists already."""
        self.code: CodeType | None = code
        """Of a function."""
        self.base: Any = base
        """Of an alias: the class that it stands for among bases; of a decorator: the kind that it is for; of a class:
        `enum.Enum` if something is enumerated in it, `object` if it has bases of others."""

    @property
    def is_known(self) -> bool:
        return self.known is not _NOTHING


def value_of(each: object) -> Value:
    """Return *each*, which exists, as a value."""
    return Value(PURE if _is_constant(each) else KNOWN, each)


def _is_constant(each: object) -> bool:
    if type(each) in (tuple, frozenset):
        return all(map(_is_constant, each))  # type: ignore[call-overload]
    if type(type(each)) is enum.EnumMeta:
        return type_module(type(each)).partition(".")[0] in sys.stdlib_module_names
    return type(each) in _ATOMS or each is sys.version_info


def check_pure(values: Iterable[Value]) -> None:
    """Raise `UnforeseenError` unless no code of strangers can run when one computes with *values*."""
    if any(value.kind != PURE for value in values):
        raise UnforeseenError


def check_replaceable(each: object) -> None:
    """Raise `UnforeseenError` if something may happen when *each* is let go."""
    if not (_is_constant(each) or type(each) in (types.ModuleType, types.FunctionType, type)):
        raise UnforeseenError


def is_type(value: Value) -> bool:
    """Return whether *value* is a type, or what is written instead of one, which `|` makes a union of."""
    if value.kind in (ALIAS, CLASS) or value.known is None:
        return True
    if value.kind != KNOWN:
        return False
    return type(value.known) in (type, abc.ABCMeta, enum.EnumMeta) or _is_of_typing(value.known)


def _is_of_typing(each: object) -> bool:
    return type_module(type(each)) in ("typing", "types") or each is typing.Any


# -- calls ------------------------------------------------------------------------------------------------------------


def call(function: Value, arguments: list[Value], module: str) -> Value:
    """Return what a call by the module called *module* returns."""
    if function.kind == PURE and not function.is_known:  # a method of a number or a text
        check_pure(arguments)
        return Value(PURE)
    if function.kind == PROPERTY:
        return Value(PROPERTY)
    if function.kind == MADE and function.base is not None:  # a decorator
        if len(arguments) != 1 or arguments[0].kind != function.base:
            raise UnforeseenError
        return _decorated(arguments[0])
    if function.kind != KNOWN:
        raise UnforeseenError
    return _call_known(function.known, arguments, module)


def _call_known(function: Any, arguments: list[Value], module: str) -> Value:
    kind = _TABLE.get(_name(function), "")
    if kind == "pure":
        check_pure(arguments)
        return Value(PURE)
    if kind == "opaque" and (function is not logging.getLogger or _are_loggers_plain(arguments, module)):
        check_pure(arguments)
        return Value(UNKNOWN)
    if kind == "types" and all(argument.kind == PURE or is_type(argument) for argument in arguments):
        return Value(ALIAS)
    if kind == "wrapping" and all(map(_is_plain, arguments)):
        return Value(PROPERTY if function is property else MADE)
    if kind in ("of functions", "of classes") and arguments:
        wanted = FUNCTION if kind == "of functions" else CLASS
        if len(arguments) == 1 and arguments[0].kind == wanted:
            return _decorated(arguments[0])
        check_pure(arguments)
        return Value(MADE, base=wanted)
    raise UnforeseenError


def _decorated(value: Value) -> Value:
    """Return a function, or a class that has no bases of others: the attributes of these may be computed."""
    if value.kind == CLASS and value.base is object:
        raise UnforeseenError
    return Value(value.kind, base=value.base)


def _name(function: Any) -> str:
    """Return the full name of a function or class of Python's, if it still is what has this name there; or nothing."""
    if type(function) is types.FunctionType:
        module, name = function.__globals__.get("__name__"), function.__code__.co_name
    elif type(function) is types.BuiltinFunctionType:
        module, name = function.__module__, function.__name__
    elif type(function) is type:
        module, name = type_module(function), type.__dict__["__name__"].__get__(function)
    else:
        return ""
    if type(module) is not str or module.partition(".")[0] not in sys.stdlib_module_names:
        return ""
    loaded = sys.modules.get(module)
    is_same = type(loaded) is types.ModuleType and namespace_of(loaded).get(name) is function
    return f"{module}.{name}" if is_same else ""


def _are_loggers_plain(arguments: list[Value], module: str) -> bool:
    """Return whether it changes nothing else when *module* asks for a logger; a class may configure it as its own."""
    manager, class_ = logging.Logger.manager, logging.getLoggerClass()
    if type(manager) is not logging.Manager or manager.loggerClass is not None:
        return False
    return class_ is logging.Logger or ([value.known for value in arguments] == [module] and is_making_inert(class_))


def _is_plain(value: Value) -> bool:
    return value.kind in (PURE, FUNCTION, CLASS, MADE, PROPERTY) or (
        value.kind == KNOWN and type(value.known) in (type, types.FunctionType, types.BuiltinFunctionType)
    )


_FUNCTIONS: dict[str, str] = {
    "pure": """
        builtins.abs builtins.all builtins.any builtins.bool builtins.bytes builtins.chr builtins.dict builtins.divmod
        builtins.enumerate builtins.float builtins.frozenset builtins.int builtins.len builtins.list builtins.max
        builtins.min builtins.ord builtins.pow builtins.range builtins.repr builtins.reversed builtins.round
        builtins.set builtins.slice builtins.sorted builtins.str builtins.sum builtins.tuple builtins.zip
        datetime.timedelta genericpath.exists genericpath.isdir genericpath.isfile ntpath.abspath ntpath.basename
        ntpath.dirname ntpath.join ntpath.normpath ntpath.splitext posixpath.abspath posixpath.basename
        posixpath.dirname posixpath.join posixpath.normpath posixpath.splitext re.compile re.escape textwrap.dedent
    """,
    "opaque": "logging.getLogger collections.namedtuple builtins.object",
    "types": "typing.TypeVar typing.NewType typing.ParamSpec",
    "wrapping": """
        builtins.property builtins.staticmethod builtins.classmethod functools.cached_property dataclasses.field
    """,
    "of functions": """
        functools.lru_cache functools.cache contextlib.contextmanager abc.abstractmethod typing.overload
    """,
    "of classes": "dataclasses.dataclass enum.unique",
}
"""Functions by what they may be given: *pure* and *opaque* ones numbers and texts, of which they make such, or
something else; *wrapping* ones functions and types, too; the others a function or class that was made just now."""
_TABLE = {name: kind for kind, names in _FUNCTIONS.items() for name in names.split()}


# -- attributes and items ---------------------------------------------------------------------------------------------


def attribute(holder: Value, name: str) -> Value:
    """Return the attribute *name* of *holder*."""
    if holder.kind == PURE:
        return Value(PURE)
    if holder.kind == PROPERTY and name in ("setter", "getter", "deleter"):
        return Value(PROPERTY)
    if holder.kind != KNOWN:
        raise UnforeseenError
    if type(holder.known) is types.ModuleType:
        found = namespace_of(holder.known).get(name, _NOTHING)
    else:
        found = _class_attribute(holder.known, name)
    if found is _NOTHING:
        raise UnforeseenError
    return value_of(found)


def _class_attribute(holder: Any, name: str) -> Any:
    """Return what a class has, if that is not made by a descriptor."""
    if type(holder) not in (type, abc.ABCMeta):
        return _NOTHING
    found = _in_bases(holder, name)
    return found if type(found) in (*_ATOMS, type, types.FunctionType) else _NOTHING


def _in_bases(class_: type, name: str) -> Any:
    for base in type.__dict__["__mro__"].__get__(class_):
        namespace = type.__dict__["__dict__"].__get__(base)
        if name in namespace:
            return namespace[name]
    return _NOTHING


def item(holder: Value, key: Value) -> Value:
    """Return the item of *holder* that has this *key*."""
    if holder.kind == PURE and key.kind == PURE:
        return Value(PURE)
    if holder.kind == KNOWN and (key.kind in (PURE, CLASS) or is_type(key)):
        known = holder.known
        if _is_of_typing(known):
            return Value(ALIAS)
        if known is type:
            return Value(ALIAS, base=known)
        made_by = _in_bases(known, "__class_getitem__") if type(known) in (type, abc.ABCMeta) else _NOTHING
        if type(made_by) is types.ClassMethodDescriptorType or made_by is _in_bases(
            typing.Generic, "__class_getitem__"
        ):
            return Value(ALIAS, base=known)
        if type(made_by) is classmethod and made_by.__func__ is types.GenericAlias:
            return Value(ALIAS, base=known)
    raise UnforeseenError


# -- classes ----------------------------------------------------------------------------------------------------------


def class_of(bases: list[Value], names: dict[str, Value]) -> Value:
    """Return a new class of these *bases* and of the *names* that its body has defined."""
    known = [base.base if base.kind == ALIAS else base.known for base in bases if base.kind != CLASS]
    if any(base.kind not in (CLASS, ALIAS, KNOWN) for base in bases) or not all(map(_is_plain_base, known)):
        raise UnforeseenError
    is_enumeration = any(base.kind == CLASS and base.base is enum.Enum for base in bases) or any(
        each is typing.NamedTuple or type(each) is enum.EnumMeta for each in known
    )
    if is_enumeration and len(known) < len(bases) and len(bases) > 1:  # a class that may make the members
        raise UnforeseenError
    for name, value in names.items():
        is_plain = value.kind != KNOWN or _is_plain_member(value.known)
        if not is_plain or name in _OF_CLASSES:
            raise UnforeseenError
        if is_enumeration and (value.kind not in (PURE, FUNCTION, PROPERTY) or name in _OF_ENUMERATIONS):
            raise UnforeseenError
    if is_enumeration and not all(each in _MIXED or _is_of_enum(each) for each in known):
        raise UnforeseenError
    is_alone = all(base.kind == CLASS and base.base is None for base in bases)
    return Value(CLASS, base=enum.Enum if is_enumeration else None if is_alone else object)


_OF_CLASSES = ("__init_subclass__", "__class_getitem__", "__set_name__", "mro", "__mro_entries__")
_OF_ENUMERATIONS = ("__new__", "__init__", "_missing_", "_generate_next_value_", "__prepare__")


_MIXED: Any = (str, int, float, bytes)


def _is_of_enum(each: Any) -> bool:
    return each is typing.NamedTuple or (type(each) is enum.EnumMeta and type_module(each) == "enum")


def _is_plain_base(base: object) -> bool:
    """Return whether no code of strangers runs when a class is derived from *base*; None stands for one of `typing`."""
    if base is None or base is typing.NamedTuple:
        return True
    metaclass: Any = type(base)
    if metaclass not in _PLAIN_TYPES and not (issubclass(metaclass, type) and type_module(metaclass) == "typing"):
        return False
    if metaclass is enum.EnumMeta and not _is_of_enum(base):
        return False
    told = _in_bases(base, "__init_subclass__")  # type: ignore[arg-type]
    if told is vars(object)["__init_subclass__"] or told is _in_bases(typing.Generic, "__init_subclass__"):
        return True
    function = getattr(told, "__func__", None) if type(told) is classmethod else None
    return type(function) is types.FunctionType and function.__globals__.get("__name__") == "typing"


def _is_plain_member(each: object) -> bool:
    """Return whether a class that gets *each* tells it nothing."""
    kind = type(each)
    return kind in (type, types.FunctionType, types.ModuleType, types.BuiltinFunctionType) or (
        _in_bases(kind, "__set_name__") is _NOTHING and type_module(kind) in _OPAQUE
    )
