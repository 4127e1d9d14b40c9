"""Does the making of a logger change nothing but the logger, although an application has set a class of its own?

In: the class that `logging` makes loggers of. Out: yes, where each method that runs assigns only to its own object, and
calls only such methods; no, where that is not certain. Applications set such a class to filter their messages.
"""

from __future__ import annotations

import builtins
import dis
import logging
import types
from itertools import pairwise

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

_CONFIGURING = ("__init__", "addFilter", "addHandler", "removeFilter", "removeHandler", "setLevel")
"""Methods of `logging.Logger` that change the logger and run no code of others."""
_PLAIN = frozenset(
    (
        *("BUILD_MAP", "BUILD_TUPLE", "CACHE", "CALL", "CALL_FUNCTION_EX", "COPY_FREE_VARS", "DICT_MERGE", "KW_NAMES"),
        *("LOAD_CONST", "LOAD_DEREF", "LOAD_FAST", "LOAD_FAST_LOAD_FAST", "NOP", "POP_TOP", "PRECALL", "PUSH_NULL"),
        *("RESUME", "RETURN_CONST", "RETURN_VALUE"),
    )
)


def is_making_inert(class_: type[logging.Logger]) -> bool:
    """Return whether to make an instance of *class_* runs no code that changes anything else."""
    if type(class_) is not type:
        return False
    for base in class_.__mro__[: class_.__mro__.index(logging.Logger)]:
        for name, member in vars(base).items():
            is_usual = name in ("__dict__", "__weakref__") and type(member) is types.GetSetDescriptorType
            if name in ("__new__", "__setattr__", "__getattribute__") or (
                hasattr(type(member), "__set__") and not is_usual
            ):
                return False
    return _changes_itself(class_, "__init__", set())


def _changes_itself(class_: type, name: str, seen: set[str]) -> bool:
    """Return whether whatever *class_* and its bases call *name* changes nothing but the object it is called for."""
    if name in seen:
        return True
    seen.add(name)
    found = [vars(base)[name] for base in class_.__mro__ if name in vars(base)]
    return bool(found) and all(_is_simple(class_, each, seen) for each in found)


def _is_simple(class_: type, function: Any, seen: set[str]) -> bool:
    if type(function) is not types.FunctionType:
        return function is object.__init__
    if function.__globals__ is vars(logging):
        return function.__name__ in _CONFIGURING
    own = function.__code__.co_varnames[:1]
    holder: Any = None  # the class that the last instruction has loaded
    for before, each in pairwise(dis.get_instructions(function)):
        name, previous, holder = each.argval, holder, None
        if each.opname == "LOAD_GLOBAL":
            holder = function.__globals__.get(name, vars(builtins).get(name))
            is_right = holder is super or (type(holder) is type and "NULL" not in each.argrepr)
        elif each.opname in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"):
            is_right = _changes_itself(class_, name, seen) if previous in (None, super) else _is_data(previous, name)
        elif each.opname == "STORE_ATTR":
            is_right = before.opname == "LOAD_FAST" and (before.argval,) == own
        else:
            is_right = each.opname in _PLAIN
        if not is_right:
            return False
    return True


def _is_data(holder: type, name: str) -> bool:
    """Return whether an attribute of a class is a value that nobody can call."""
    for base in holder.__mro__:
        if name in vars(base):
            kinds = type(vars(base)[name]).__mro__
            return not any("__get__" in vars(kind) or "__call__" in vars(kind) for kind in kinds)
    return False
