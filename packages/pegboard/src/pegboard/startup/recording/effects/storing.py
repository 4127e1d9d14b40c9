"""Can code that ran have changed something that had existed before?

In: the functions that an import called. Out: yes or no. It is yes wherever that is not sure, which only costs time: a
comparison that several plugins share ends with the first one that may have changed something.
"""

from __future__ import annotations

import sys
from dis import opmap

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.harmless import CHANGING_METHODS, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import CodeType

    from pegboard.startup.recording.effects.calls import Call

_KINDS_OF_STORES = ("_ATTR", "_DEREF", "_GLOBAL", "_SLICE", "_SUBSCR")
_STORES = frozenset(
    opcode
    for name, opcode in opmap.items()
    if name.startswith(("STORE_", "DELETE_")) and name.endswith(_KINDS_OF_STORES)
)
_BINARY_OP = opmap["BINARY_OP"]
_FIRST_IN_PLACE = 13
"""The argument of `BINARY_OP` for `+=`, after which the other ones that change an operand come (`opcode._nb_ops`)."""
_MOST_OF_BINARY_OP = 26
_CHANGING = CHANGING_METHODS | names(
    """
    __dict__ add append appendleft cache_clear clear delattr delitem difference_update discard eval exec extend
    extendleft getattr globals heappop heappush heapify iadd iand iconcat insert insort intersection_update ior isub
    ixor methodcaller move_to_end next pop popitem popleft remove reverse rotate send setattr setdefault setitem
    setstate sort subtract symmetric_difference_update update update_wrapper vars write
    """
)
"""What functions and methods of C are called that change something."""
_COMPUTING = names(
    """
    _frozen_importlib _frozen_importlib_external abc ast contextlib dataclasses dis enum genericpath importlib
    inspect json keyword logging ntpath numbers pathlib posixpath re reprlib sre_compile sre_parse string
    textwrap token tokenize types typing zipimport
    """
)
"""Packages of Python whose functions change only what they make, or what `loggers` compares."""


def may_store(calls: Iterable[Call], is_own: Callable[[str], bool]) -> bool:
    """Return whether one of *calls* may have changed what was there before, other than in pegboard itself."""
    for call in calls:
        package = call.module.partition(".")[0]
        if is_own(call.module) or not (package == "pegboard" or package in sys.stdlib_module_names):
            if _may_store(call.code):
                return True
        elif package != "pegboard" and package not in _COMPUTING and call.location and not _decorates(call):
            return True
    return False


def _decorates(call: Call) -> bool:
    """Return whether it is what `dataclasses` and decorators call for a function that they have just made."""
    return call.module == "functools" and call.code.co_name in ("wraps", "update_wrapper")


def _may_store(code: CodeType) -> bool:
    if not _CHANGING.isdisjoint(code.co_names):
        return True
    if not _CHANGING.isdisjoint(each for each in code.co_consts if type(each) is str):
        return True
    text = code.co_code
    opcodes = text[::2]
    if not _STORES.isdisjoint(opcodes) and any(
        opcode in _STORES and not _annotates(code, 2 * place) for place, opcode in enumerate(opcodes)
    ):
        return True
    return _BINARY_OP in opcodes and any(
        opcode == _BINARY_OP and _FIRST_IN_PLACE <= argument < _MOST_OF_BINARY_OP
        for opcode, argument in zip(opcodes, text[1::2], strict=True)
    )


def _annotates(code: CodeType, offset: int) -> bool:
    """Return whether the instruction at *offset* stores an annotation in the namespace that *code* is the body of."""
    loads, name, loads_key = code.co_code[offset - 4 : offset - 1] if offset >= 4 else (0, 0, 0)  # noqa: PLR2004
    is_store = code.co_code[offset] == opmap["STORE_SUBSCR"] and loads_key == opmap["LOAD_CONST"]
    return is_store and loads == opmap["LOAD_NAME"] and code.co_names[name] == "__annotations__"
