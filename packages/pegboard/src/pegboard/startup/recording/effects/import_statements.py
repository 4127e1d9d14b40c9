"""Does a module do nothing but import, from one import to the next?

In: the frame of a module's body that is importing something. Out: what it will load next, or whether that is all it has
done so far. Then nothing has to be compared in between: most of what a plugin imports, it imports one after the other.
"""

from __future__ import annotations

import dis
import sys
from types import ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.naming import namespace_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType
    from typing import Any

_HARMLESS = frozenset(
    (
        *("CACHE", "EXTENDED_ARG", "IMPORT_FROM", "LOAD_CONST", "LOAD_SMALL_INT", "NOP", "POP_TOP", "RESUME", "SWAP"),
        "STORE_NAME",
    )
)
"""Instructions that change nothing but the module's own namespace."""


class _UnforeseenError(Exception):
    """What is done cannot be told from the instructions."""


def next_load(frame: FrameType, is_own: Callable[[str], bool]) -> str | None:
    """Return the module that is going to be loaded next, if nothing else is done before; else None.

    Args:
        frame: Of a module's body that has just loaded something.
        is_own: Returns whether a module is a part of the same plugin: its body may do anything.
    """
    try:
        for name, attributes in _imports(frame.f_code, frame.f_lasti, sys.maxsize, frame.f_globals):
            if is_own(name):
                return None
            found = _loads(name, attributes)
            if found:
                return None if is_own(found) else found
    except _UnforeseenError:
        pass
    return None


def has_only_imported(frame: FrameType, is_own: Callable[[str], bool]) -> bool:
    """Return whether a module's body has done nothing until now but import modules that were loaded already."""
    try:
        imports = list(_imports(frame.f_code, 0, frame.f_lasti, frame.f_globals))
        return not any(is_own(name) or _loads(name, attributes) for name, attributes in imports)
    except _UnforeseenError:
        return False


def _imports(code: CodeType, start: int, stop: int, namespace: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the module and the attributes of each import from one offset in *code* to before another one."""
    constants: list[Any] = [0, None]
    for instruction in _instructions(code):
        if instruction.offset >= stop:
            return
        if instruction.opname in ("LOAD_CONST", "LOAD_SMALL_INT"):
            constants = [constants[-1], instruction.argval]
        if instruction.offset < start:
            continue
        if instruction.opname == "IMPORT_NAME":
            level, attributes = constants
            yield _absolute(instruction.argval, level, namespace), tuple(attributes or ())
        elif instruction.opname not in _HARMLESS:
            raise _UnforeseenError
    raise _UnforeseenError  # the end of the module


_latest: list[Any] = [None, ()]


def _instructions(code: CodeType) -> list[dis.Instruction]:
    if _latest[0] is not code:
        _latest[:] = [code, list(dis.get_instructions(code))]
    found: list[dis.Instruction] = _latest[1]
    return found


def _absolute(name: str, level: int, namespace: dict[str, Any]) -> str:
    if not level:
        return name
    package = namespace.get("__package__")
    if type(package) is not str:
        raise _UnforeseenError
    base = package.rsplit(".", level - 1)[0]
    return f"{base}.{name}" if name else base


def _loads(name: str, attributes: tuple[str, ...]) -> str:
    """Return which module is loaded by the import of some *attributes* of the module *name*; an empty text for none."""
    if name not in sys.modules:
        return name
    module = sys.modules[name]
    if type(module) is not ModuleType:
        raise _UnforeseenError
    namespace = namespace_of(module)
    for attribute in attributes:
        if attribute in namespace:
            continue
        if "__getattr__" in namespace or "__path__" not in namespace:
            raise _UnforeseenError
        if f"{name}.{attribute}" not in sys.modules:
            return f"{name}.{attribute}"
    return ""
