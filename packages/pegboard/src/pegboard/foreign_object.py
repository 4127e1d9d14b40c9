"""How is an object of somebody else's code read, and put into words?

In: an error that a plugin has raised, or any value of a plugin. Out: text, or attributes; never an exception. Any
method of such an object may raise, never end, lie, or return something huge; `isinstance` asks it for `__class__`.
So types are compared by `type`, and attributes of errors are read by what Python itself has defined for them.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.terminal import shortened

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType
    from typing import Any, Final, TypeGuard, TypeVar

    T = TypeVar("T")

_MOST: Final = 1000
"""How many characters of a text are kept."""
_MOST_CAUSES: Final = 100
_UNKNOWN: Final = "(it cannot be shown)"

_qualname: Any = vars(type)["__qualname__"]
_cause: Any = vars(BaseException)["__cause__"]
_traceback: Any = vars(BaseException)["__traceback__"]
_code: Any = vars(SystemExit)["code"]


def is_a(value: object, *kinds: type[T]) -> TypeGuard[T]:
    """Return whether *value* is an instance of one of *kinds*; unlike `isinstance`, without asking *value*."""
    return issubclass(type(value), kinds)


def class_name(value: object) -> str:
    """Return the qualified name of the class of *value*."""
    return shortened(str.__str__(_qualname.__get__(type(value))), _MOST)


def text_of(value: object, otherwise: str = _UNKNOWN) -> str:
    """Return the `str` of *value*, of bounded length; *otherwise* if that fails."""
    return _text(str, value, otherwise)


def repr_of(value: object) -> str:
    """Return the `repr` of *value*, of bounded length."""
    return _text(repr, value, _UNKNOWN)


def _text(show: Callable[[object], str], value: object, otherwise: str) -> str:
    try:
        return shortened(str.__str__(show(value)), _MOST)  # it may be of a class of its own
    except BaseException:  # Ctrl-C included, since a plugin may raise that, too
        return otherwise


def attribute(value: object, name: str, kind: type) -> Any:
    """Return the attribute *name* of *value* if it is exactly of the class *kind*; None otherwise."""
    try:
        found = getattr(value, name, None)
    except BaseException:
        return None
    return found if type(found) is kind else None


def name_of(value: object) -> str:
    """Return the qualified name that *value*, a function or class, has; else its `repr`."""
    return attribute(value, "__qualname__", str) or repr_of(value)


def module_of(frame: FrameType) -> str:
    """Return the name of the module whose code *frame* runs; empty when that has made something else of it."""
    name = frame.f_globals.get("__name__")
    return name if type(name) is str else ""


# -- errors -----------------------------------------------------------------------------------------------------------


def causes(error: BaseException) -> list[BaseException]:
    """Return *error*, its cause (PEP 3134, `__cause__`), the cause of that, and so on, each once."""
    chain = [error]
    seen = {id(error)}
    while len(chain) < _MOST_CAUSES:
        cause = _cause.__get__(chain[-1])
        if cause is None or id(cause) in seen:
            break
        seen.add(id(cause))
        chain.append(cause)
    return chain


def traceback_of(error: BaseException) -> TracebackType | None:
    """Return the traceback of *error*."""
    found: TracebackType | None = _traceback.__get__(error)
    return found


def exit_code(error: BaseException) -> object:
    """Return what *error*, a `SystemExit`, was raised with."""
    return _code.__get__(error)


def add_note(error: BaseException, note: str) -> None:
    """Add *note* to *error*; nothing happens if it does not take any."""
    try:
        BaseException.add_note(error, note)
    except BaseException:
        return
