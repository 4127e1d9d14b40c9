"""Is what a module's body does next inert: does it do nothing but import, define and compute?

In: the code of a body, from one offset on, and its namespace. Out: the module that it loads next, or that it ends
before it loads one. What is inert changes nothing that existed before, so nothing has to be compared: most of what
plugins consist of is inert. Nothing is executed to find that out. The instructions are followed with what is known of
each value; what is not known to be inert is not.

Source: `dis`, "Python Bytecode Instructions". An instruction that is not listed here, as in a later Python, is not
inert.
"""

from __future__ import annotations

import builtins
import dis
import operator
import sys
from functools import lru_cache
from types import BuiltinFunctionType, ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects import inert_calls
from pegboard.startup.recording.effects.inert_calls import (
    ALIAS,
    FUNCTION,
    MADE,
    NULL,
    PURE,
    UnforeseenError,
    Value,
    value_of,
)
from pegboard.startup.recording.effects.naming import namespace_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType
    from typing import Any

END = ""
"""What is loaded next, if a body ends before it loads anything."""
_PLAIN = frozenset(
    ("CACHE", "EXTENDED_ARG", "MAKE_CELL", "NOP", "PRECALL", "RESUME", "COPY_FREE_VARS", "SETUP_ANNOTATIONS")
)
_CANNOT_RAISE = _PLAIN | {
    *("COPY", "IMPORT_FROM", "IMPORT_NAME", "JUMP_FORWARD", "KW_NAMES", "LOAD_CONST", "LOAD_NAME", "MAKE_FUNCTION"),
    *("POP_TOP", "PUSH_NULL", "RETURN_CONST", "RETURN_VALUE", "STORE_NAME", "SWAP", "BUILD_LIST", "BUILD_TUPLE"),
}
"""Instructions that raise nothing where they are inert: others may lead to a handler."""
_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
}


def next_load(code: CodeType, start: int, namespace: dict[str, Any]) -> str | None:
    """Return the module that a body loads next, or `END`, if what it does before is inert; else None.

    Args:
        code: The body's.
        start: The offset of the first instruction that counts; either 0, or that of an import that has just loaded
            something.
        namespace: The module's.
    """
    try:
        return _Body(code, namespace, None).run(start)
    except Exception:  # not only `UnforeseenError`: objects of strangers are looked at
        return None


@lru_cache(maxsize=4)
def _instructions(code: CodeType) -> tuple[list[dis.Instruction], dict[int, int], list[tuple[int, int]]]:
    """Return the instructions of *code*, the place of each by its offset, and the ranges that have a handler."""
    found = dis.Bytecode(code)
    instructions = list(found)
    places = {each.offset: place for place, each in enumerate(instructions)}
    return instructions, places, [(entry.start, entry.end) for entry in getattr(found, "exception_entries", ())]


class _Body:
    """The body of a module, or of a class in it."""

    def __init__(self, code: CodeType, namespace: dict[str, Any], outer: _Body | None) -> None:
        self._code = code
        self._namespace = namespace
        self._outer = outer
        self.names: dict[str, Value] = {}
        """What it has defined so far."""
        self._stack: list[Value] = []
        self._keywords: tuple[str, ...] = ()

    def run(self, start: int) -> str:
        instructions, places, handled = _instructions(self._code)
        place = places.get(start)
        if place is None or (start and instructions[place].opname != "IMPORT_NAME"):
            raise UnforeseenError
        if start:
            constants = [each for each in instructions[max(place - 6, 0) : place] if each.opname not in _PLAIN][-2:]
            self._stack = list(map(_constant, constants))
        while True:
            each = instructions[place]
            place += 1
            if each.opname in _PLAIN:
                continue
            follow = _FOLLOWED.get(each.opname)
            if follow is None:
                raise UnforeseenError
            if each.opname not in _CANNOT_RAISE and any(first <= each.offset < last for first, last in handled):
                raise UnforeseenError
            found = follow(self, each)
            if type(found) is str:
                return found
            if found is not None:
                place = places[int(found)]

    def _pop(self, number: int) -> list[Value]:
        taken = self._stack[len(self._stack) - number :]
        if len(taken) != number:
            raise UnforeseenError
        del self._stack[len(self._stack) - number :]
        return taken

    # -- names and values ---------------------------------------------------------------------------------------------

    def _load_const(self, each: dis.Instruction) -> None:
        self._stack.append(value_of(each.argval))

    def _load_name(self, each: dis.Instruction) -> None:
        name = each.argval
        body: _Body | None = self
        while body is not None:
            if name in body.names:
                self._stack.append(body.names[name])
                return
            body = body._outer
        if name == "__annotations__":
            self._stack.append(Value(MADE))
            return
        for table in (self._namespace, vars(builtins)):
            if name in table:
                self._stack.append(value_of(table[name]))
                return
        raise UnforeseenError

    def _store_name(self, each: dis.Instruction) -> None:
        (value,) = self._pop(1)
        if self._outer is None and each.argval not in self.names and each.argval in self._namespace:
            inert_calls.check_replaceable(self._namespace[each.argval])
        self.names[each.argval] = value

    def _load_own(self, _: dis.Instruction) -> None:
        self._stack.append(Value(MADE))

    def _load_attr(self, each: dis.Instruction) -> None:
        (holder,) = self._pop(1)
        value = inert_calls.attribute(holder, each.argval)
        if each.opname == "LOAD_METHOD" or "NULL|self" in each.argrepr:
            self._stack.append(Value(NULL))
        self._stack.append(value)

    def _push_null(self, _: dis.Instruction) -> None:
        self._stack.append(Value(NULL))

    def _pop_top(self, _: dis.Instruction) -> None:
        self._pop(1)

    def _copy(self, each: dis.Instruction) -> None:
        self._stack.append(self._stack[-(each.arg or 0)])

    def _swap(self, each: dis.Instruction) -> None:
        place = -(each.arg or 0)
        self._stack[-1], self._stack[place] = self._stack[place], self._stack[-1]

    # -- what is computed ---------------------------------------------------------------------------------------------

    def _build(self, each: dis.Instruction) -> None:
        values = self._pop(each.arg or 0)
        together = _together(values)
        if together.kind == MADE and all(value.kind == PURE or inert_calls.is_type(value) for value in values):
            together = Value(ALIAS)  # as in `dict[str, int]`
        self._stack.append(together)

    def _build_hashed(self, each: dis.Instruction) -> None:
        values = self._pop((each.arg or 0) * (2 if each.opname == "BUILD_MAP" else 1))
        inert_calls.check_pure(values[:: 2 if each.opname == "BUILD_MAP" else 1])
        self._stack.append(_together(values))

    def _build_const_key_map(self, each: dis.Instruction) -> None:
        *values, _ = self._pop((each.arg or 0) + 1)
        self._stack.append(_together(values))

    def _compute(self, each: dis.Instruction) -> None:
        """Follow what makes something new of values that run no code of strangers, such as numbers and texts."""
        number = _COMPUTING.get(each.opname, 1)
        if each.opname == "FORMAT_VALUE":
            number = 2 if (each.arg or 0) & 4 else 1
        elif each.opname in ("BUILD_STRING", "BUILD_SLICE"):
            number = each.arg or 0
        inert_calls.check_pure(self._pop(number))
        self._stack.append(Value(PURE))

    def _extend(self, each: dis.Instruction) -> None:
        (added,) = self._pop(1)
        inert_calls.check_pure([added])
        if self._stack[-(each.arg or 0)].kind not in (PURE, MADE):
            raise UnforeseenError

    def _binary_op(self, each: dis.Instruction) -> None:
        one, other = self._pop(2)
        if each.argrepr == "|" and inert_calls.is_type(one) and inert_calls.is_type(other):
            self._stack.append(Value(ALIAS))
        elif one.kind == PURE and other.kind == PURE:
            self._stack.append(Value(PURE))
        else:
            raise UnforeseenError

    def _compare(self, each: dis.Instruction) -> None:
        one, other = self._pop(2)
        inert_calls.check_pure([one, other])
        if one.is_known and other.is_known:
            compare = _COMPARISONS[each.argrepr.removeprefix("bool(").rstrip(")")]
            self._stack.append(value_of(compare(one.known, other.known)))
        else:
            self._stack.append(Value(PURE))

    def _is(self, each: dis.Instruction) -> None:
        one, other = self._pop(2)
        if not (one.is_known and other.is_known):
            raise UnforeseenError
        self._stack.append(value_of((one.known is other.known) is not bool(each.arg)))

    def _subscript(self, _: dis.Instruction) -> None:
        holder, key = self._pop(2)
        self._stack.append(inert_calls.item(holder, key))

    def _store_subscript(self, _: dis.Instruction) -> None:
        _value, holder, key = self._pop(3)
        inert_calls.check_pure([key])
        if holder.kind not in (PURE, MADE):
            raise UnforeseenError

    # -- where it goes on ---------------------------------------------------------------------------------------------

    def _jump(self, each: dis.Instruction) -> int:
        return int(each.argval)

    def _branch(self, each: dis.Instruction) -> int | None:
        (condition,) = self._pop(1)
        if not condition.is_known or condition.kind != PURE:
            raise UnforeseenError
        if each.opname.endswith("NONE"):
            is_taken = (condition.known is None) is not each.opname.endswith("NOT_NONE")
        else:
            is_taken = bool(condition.known) is each.opname.endswith("TRUE")
        return int(each.argval) if is_taken else None

    def _truth(self, _: dis.Instruction) -> None:
        (value,) = self._pop(1)
        if not value.is_known or value.kind != PURE:
            raise UnforeseenError
        self._stack.append(value_of(bool(value.known)))

    def _return(self, _: dis.Instruction) -> str:
        return END

    # -- what is defined ----------------------------------------------------------------------------------------------

    def _make_function(self, each: dis.Instruction) -> None:
        (code,) = self._pop(1)
        if sys.version_info < (3, 13):
            self._pop((each.arg or 0).bit_count())
        self._stack.append(Value(FUNCTION, code=code.known))

    def _set_function_attribute(self, _: dis.Instruction) -> None:
        function = self._pop(2)[1]
        self._stack.append(function)

    def _load_build_class(self, _: dis.Instruction) -> None:
        if type(builtins.__build_class__) is not BuiltinFunctionType:
            raise UnforeseenError
        self._stack.append(value_of(builtins.__build_class__))

    def _kw_names(self, each: dis.Instruction) -> None:
        self._keywords = tuple(each.argval) if type(each.argval) is tuple else self._code.co_consts[each.arg or 0]

    def _call_kw(self, each: dis.Instruction) -> None:
        self._keywords = tuple(self._pop(1)[0].known)
        self._call(each)

    def _call(self, each: dis.Instruction) -> None:
        arguments = self._pop(each.arg or 0)
        one, other = self._pop(2)
        keywords, self._keywords = self._keywords, ()
        if one.kind == NULL:
            function = other
        elif other.kind == NULL:
            function = one
        else:
            function, arguments = one, [other, *arguments]
        if function.is_known and function.known is builtins.__build_class__:
            self._stack.append(self._class(arguments, keywords))
        else:
            self._stack.append(inert_calls.call(function, arguments, self._namespace.get("__name__", "")))

    def _class(self, arguments: list[Value], keywords: tuple[str, ...]) -> Value:
        code = arguments[0].code
        if keywords or code is None:
            raise UnforeseenError
        module: _Body = self
        while module._outer is not None:
            module = module._outer
        body = _Body(code, self._namespace, module)
        if body.run(0) != END:
            raise UnforeseenError
        return inert_calls.class_of(arguments[2:], body.names)

    # -- what is imported ---------------------------------------------------------------------------------------------

    def _import_name(self, each: dis.Instruction) -> str | None:
        level, attributes = (value.known for value in self._pop(2))
        name = _absolute(each.argval, level, self._namespace)
        found = _loads(name, attributes or ())
        if found:
            if self._outer is not None:
                raise UnforeseenError
            return found
        module = name if attributes else name.partition(".")[0] if not level else name
        if module not in sys.modules:
            raise UnforeseenError
        self._stack.append(value_of(sys.modules[module]))
        return None

    def _import_from(self, each: dis.Instruction) -> None:
        holder = self._stack[-1].known
        if type(holder) is not ModuleType:
            raise UnforeseenError
        namespace = namespace_of(holder)
        if each.argval in namespace:
            self._stack.append(value_of(namespace[each.argval]))
            return
        name = f"{namespace.get('__name__')}.{each.argval}"
        if name not in sys.modules:
            raise UnforeseenError
        self._stack.append(value_of(sys.modules[name]))

    def _import_star(self, _: dis.Instruction) -> None:
        (holder,) = self._pop(1)
        if type(holder.known) is not ModuleType:
            raise UnforeseenError
        namespace = namespace_of(holder.known)
        names = namespace.get("__all__", [each for each in namespace if not each.startswith("_")])
        if type(names) not in (list, tuple):
            raise UnforeseenError
        for name in names:
            if type(name) is not str or name not in namespace:
                raise UnforeseenError
            if name not in self.names and name in self._namespace:
                inert_calls.check_replaceable(self._namespace[name])
            self.names[name] = value_of(namespace[name])

    def _intrinsic(self, each: dis.Instruction) -> None:
        if each.arg != _IMPORT_STAR:
            raise UnforeseenError
        self._import_star(each)
        self._stack.append(value_of(None))


_IMPORT_STAR = 2  # INTRINSIC_IMPORT_STAR of Python 3.12 and later
_COMPUTING = {"BINARY_SLICE": 3, "BUILD_SLICE": 0, "FORMAT_WITH_SPEC": 2, "CONTAINS_OP": 2}
_FOLLOWED: dict[str, Callable[[_Body, dis.Instruction], int | str | None]] = {
    "LOAD_CONST": _Body._load_const,
    "LOAD_SMALL_INT": _Body._load_const,
    "LOAD_NAME": _Body._load_name,
    "STORE_NAME": _Body._store_name,
    "LOAD_CLOSURE": _Body._load_own,
    "LOAD_FAST": _Body._load_own,  # in the body of a class, its own cell
    "LOAD_ATTR": _Body._load_attr,
    "LOAD_METHOD": _Body._load_attr,
    "PUSH_NULL": _Body._push_null,
    "POP_TOP": _Body._pop_top,
    "COPY": _Body._copy,
    "SWAP": _Body._swap,
    "BUILD_LIST": _Body._build,
    "BUILD_TUPLE": _Body._build,
    "BUILD_SET": _Body._build_hashed,
    "BUILD_MAP": _Body._build_hashed,
    "BUILD_CONST_KEY_MAP": _Body._build_const_key_map,
    **dict.fromkeys(
        (*_COMPUTING, "BUILD_STRING", "FORMAT_VALUE", "FORMAT_SIMPLE", "CONVERT_VALUE", "UNARY_NEGATIVE"),
        _Body._compute,
    ),
    **dict.fromkeys(("LIST_EXTEND", "SET_UPDATE", "DICT_UPDATE", "DICT_MERGE"), _Body._extend),
    "BINARY_OP": _Body._binary_op,
    "BINARY_SUBSCR": _Body._subscript,
    "COMPARE_OP": _Body._compare,
    "IS_OP": _Body._is,
    "STORE_SUBSCR": _Body._store_subscript,
    "JUMP_FORWARD": _Body._jump,
    **dict.fromkeys(
        (f"POP_JUMP_{way}IF_{when}" for way in ("", "FORWARD_") for when in ("TRUE", "FALSE", "NONE", "NOT_NONE")),
        _Body._branch,
    ),
    "TO_BOOL": _Body._truth,
    "RETURN_CONST": _Body._return,
    "RETURN_VALUE": _Body._return,
    "MAKE_FUNCTION": _Body._make_function,
    "SET_FUNCTION_ATTRIBUTE": _Body._set_function_attribute,
    "LOAD_BUILD_CLASS": _Body._load_build_class,
    "KW_NAMES": _Body._kw_names,
    "CALL": _Body._call,
    "CALL_KW": _Body._call_kw,
    "IMPORT_NAME": _Body._import_name,
    "IMPORT_FROM": _Body._import_from,
    "IMPORT_STAR": _Body._import_star,
    "CALL_INTRINSIC_1": _Body._intrinsic,
}


def _constant(each: dis.Instruction) -> Value:
    if each.opname not in ("LOAD_CONST", "LOAD_SMALL_INT"):
        raise UnforeseenError
    return value_of(each.argval)


def _together(values: list[Value]) -> Value:
    """Return a container of *values* that has just been made."""
    return Value(PURE if all(each.kind == PURE for each in values) else MADE)


def _absolute(name: str, level: int, namespace: dict[str, Any]) -> str:
    if not level:
        return name
    package = namespace.get("__package__")
    if type(package) is not str:
        raise UnforeseenError
    base = package.rsplit(".", level - 1)[0]
    return f"{base}.{name}" if name else base


def _loads(name: str, attributes: tuple[str, ...]) -> str:
    """Return which module is loaded by the import of some *attributes* of the module *name*; an empty text for none."""
    if name not in sys.modules:
        return name
    module = sys.modules[name]
    if type(module) is not ModuleType:
        raise UnforeseenError
    namespace = namespace_of(module)
    if "__path__" not in namespace and attributes == ("*",):
        return ""
    if attributes == ("*",):
        attributes = namespace.get("__all__", ())
        if type(attributes) not in (list, tuple):
            raise UnforeseenError
    for attribute in attributes:
        if attribute in namespace:
            continue
        if "__getattr__" in namespace or "__path__" not in namespace:
            raise UnforeseenError
        if f"{name}.{attribute}" not in sys.modules:
            return f"{name}.{attribute}"
    return ""
