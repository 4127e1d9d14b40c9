"""How does an exception that was raised in one process arrive in another?

In: exceptions. Out: a dictionary of plain data, and an exception again: of the same class if that is one of Python's
own or one that the receiver names, of the nearest such class above it, or a `RemoteError`.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

from pegboard.errors import CannotTravelError, RemoteError
from pegboard.foreign_object import text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    KnownError = Callable[[str, str], "type[BaseException] | None"]

_MOST_CHARACTERS = 20_000
_MOST_NOTES = 20
_ATOMS = (type(None), bool, int, float, str, bytes)


class OwnErrors:
    """Exceptions that callbacks of one call have raised: if one comes back, it is raised as it was."""

    def __init__(self) -> None:
        self._errors: dict[int, BaseException] = {}

    def keep(self, error: BaseException) -> int:
        """Return a number by which *error* is got back."""
        number = len(self._errors) + 1
        self._errors[number] = error
        return number

    def get(self, number: object) -> BaseException | None:
        """Return the exception of that number."""
        return self._errors.get(number) if type(number) is int else None


def write(error: BaseException, peer: object, number: int | None = None) -> dict[str, object]:
    """Return what is sent of *error*.

    Args:
        error: What was raised.
        peer: Where it is sent: if it comes from there, its number goes along.
        number: By which it is got back, if it comes back.
    """
    import traceback  # a good part of the start of a plugin's process

    arguments = error.args if all(type(each) in _ATOMS for each in error.args) else None
    notes = [str(note) for note in getattr(error, "__notes__", ())][:_MOST_NOTES]
    origin = getattr(error, "__pegboard_origin__", None)
    try:
        text = "".join(traceback.format_exception(error))
    except Exception as failure:
        text = f"(its traceback cannot be shown: {type(failure).__name__})"
    return {
        "classes": [[str(each.__module__), each.__qualname__] for each in type(error).__mro__[:-1]],
        "arguments": None if arguments is None else list(arguments),
        "text": text_of(error, "(its message cannot be shown)")[:_MOST_CHARACTERS],
        "traceback": text[-_MOST_CHARACTERS:],
        "notes": notes,
        "number": number,
        "origin": origin[1] if origin is not None and origin[0] is peer else None,
    }


def read(said: Any, peer: Any, known_error: KnownError) -> BaseException:
    """Return the exception that *said* describes, with its traceback as a cause.

    Raises:
        ValueError: If it describes none.
    """
    try:
        classes = [(str(module), str(name)) for module, name in said["classes"]]
        arguments = said["arguments"]
        remote = RemoteError(
            peer.name,
            classes[0][0],
            classes[0][1],
            str(said["text"]),
            str(said["traceback"]),
            None if arguments is None else tuple(arguments),
        )
        notes = [str(note) for note in said["notes"]]
        number = said["number"]
    except (TypeError, KeyError, ValueError, IndexError) as problem:
        raise ValueError(f"an exception cannot be read: {problem!r}") from problem
    error = _as_known(classes, remote, known_error)
    for note in notes:
        error.add_note(note)
    if number is not None:
        error.__pegboard_origin__ = (peer, number)  # type: ignore[attr-defined]
    return error


def _as_known(classes: list[tuple[str, str]], remote: RemoteError, known_error: KnownError) -> BaseException:
    for index, (module, name) in enumerate(classes):
        kind = known_error(module, name)
        if kind is None or kind in (Exception, BaseException):
            continue
        error = _made(kind, (remote.text,) if index or remote.arguments is None else remote.arguments)
        if error is not None:
            error.__cause__ = remote
            return error
    return remote


def _made(kind: type[BaseException], arguments: tuple[object, ...]) -> BaseException | None:
    try:
        return kind(*arguments)
    except Exception:  # its arguments are others: nobody can make it anew
        return None


def built_in(module: str, name: str) -> type[BaseException] | None:
    """Return the class of that name if it is an exception of Python's that is no wish to end something, or of ours."""
    if module == CannotTravelError.__module__ and name == CannotTravelError.__qualname__:
        return CannotTravelError
    if module != "builtins":
        return None
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        return None
    return None if issubclass(kind, (StopIteration, StopAsyncIteration)) else kind
