"""Which name was meant? Python says so in the tracebacks that it prints, but not in the message of the error.

In: an error. Out: what Python adds to its message, e.g. `. Did you mean: 'Output'?`, or nothing.

Only names are looked at, where Python keeps them: no code of a plugin runs for it.
"""

from __future__ import annotations

import re
import sys
from types import ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import attribute, is_a, traceback_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_IMPORT = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


def suggestion(error: BaseException) -> str:
    """Return what follows the message of *error* when a name that is there is near to the one that is not."""
    try:
        name, names = _sought(error)
    except BaseException:  # whatever a plugin has made of these objects
        return ""
    if not name:
        return ""
    from difflib import get_close_matches

    known = [each for each in names if isinstance(each, str) and (name.startswith("_") or not each.startswith("_"))]
    near = get_close_matches(name, known, n=1, cutoff=0.7)
    return f". Did you mean: {near[0]!r}?" if near else ""


def _sought(error: BaseException) -> tuple[str, Iterable[object]]:
    """Return the name that was not found, and those that could be."""
    if is_a(error, NameError):
        trace = traceback_of(error)
        if trace is None:
            return "", ()
        while trace.tb_next is not None:
            trace = trace.tb_next
        frame = trace.tb_frame
        names = [*frame.f_locals, *frame.f_globals, *frame.f_builtins]
        return attribute(error, "name", str) or "", names
    if is_a(error, AttributeError):
        owner = getattr(error, "obj", None)
        known = _names(owner) if isinstance(owner, ModuleType) else _attributes(owner)
        return attribute(error, "name", str) or "", known
    if is_a(error, ImportError) and (match := _IMPORT.match(str(error))):
        return match[1], _names(sys.modules.get(match[2]))
    return "", ()


def _attributes(value: object) -> Iterable[object]:
    """Return the names that a value has, without asking it or its class."""
    kind = type(value)
    names = {
        name for each in type.__dict__["__mro__"].__get__(kind) for name in type.__dict__["__dict__"].__get__(each)
    }
    try:
        names |= set(object.__getattribute__(value, "__dict__"))
    except AttributeError:  # it has slots
        return names
    return names


def _names(module: object) -> Iterable[object]:
    if not isinstance(module, ModuleType):
        return ()
    return {*vars(module), *vars(module).get("__all__", ())}
