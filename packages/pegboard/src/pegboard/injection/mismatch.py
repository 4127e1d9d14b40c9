"""Is what a provider has made a component of its key? Asked when it is no instance of the class that is the key.

In: the class, and what was made. Out: nothing, or an error. What has something of the class may stand for it, as a fake
of a test does, or an implementation of a protocol; what has nothing of it was provided by mistake.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import ComponentMismatchError
from pegboard.foreign_object import class_name, repr_of
from pegboard.injection.faults import chain, owner_text
from pegboard.injection.keys import show
from pegboard.injection.provider import mro_of

if TYPE_CHECKING:
    from typing import Any

    from pegboard.injection.request import Frame, Request

_names: Any = vars(type)["__dict__"]


def check(request: Request, frame: Frame, made: object) -> None:
    """Raise an error if *made* has nothing of what the key of *frame*, a class, has.

    Raises:
        ComponentMismatchError: Then; the provider or decorator that acts is to blame.
    """
    members = _members(frame.key)
    if not members or any(_has(made, name) for name in members) or _is_instance(made, frame.key):
        return
    owner = owner_text(frame.acting.owner if frame.acting else None)
    shown = f"{repr_of(made)}, of type {class_name(made)},"
    raise ComponentMismatchError(show(frame.key), shown, ", ".join(members), owner, chain(request))


def _members(key: Any) -> list[str]:
    """Return the public names that the class *key* has and any object has not."""
    names: dict[str, None] = {}
    for base in mro_of(key)[:-1]:
        own = _names.__get__(base)
        if own.get("__module__") not in ("typing", "typing_extensions"):
            names.update(dict.fromkeys([*own.get("__annotations__", ()), *own]))
    return [name for name in names if not name.startswith("_") or name == "__call__"]


def _has(made: object, name: str) -> bool:
    try:
        return hasattr(made, name)
    except BaseException:  # a property of a plugin
        return True


def _is_instance(made: object, key: Any) -> bool:
    try:
        return isinstance(made, key)
    except BaseException:  # a protocol that is not for that, or the class of a plugin
        return False
