"""When do two keys mean one thing, and how is a key written as text?

In: a type, `NewType`, generic alias, `Annotated` or text. Out: a form that can be compared, and a text that is the same
in every process. `typing.List[Entry]` and `list[Entry]` are one key, a union's order does not matter, `Annotated` keeps
what it is annotated with. The container compares normal forms; records, which know no objects, compare texts.
"""

from __future__ import annotations

from sys import modules

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_UNION_TYPE = type(int | str)  # `types.UnionType`; `types` itself is not imported for it


class Form(tuple[object, ...]):
    """The normal form of a key that is made of others: what it is, then its parts."""

    __slots__ = ()


def normal(key: Any) -> Any:
    """Return what stands for *key* in comparisons: equal for keys that mean one thing.

    Raises:
        HostError: If *key* cannot be a key, since it is not hashable.
    """
    if isinstance(key, type | str):
        return key
    form = _normal(key)
    try:
        hash(form)
    except TypeError:
        from pegboard.errors import HostError
        from pegboard.foreign_object import repr_of

        raise HostError(
            f"{repr_of(key)} cannot be a key: it is not hashable", "use a type, a NewType, an Annotated or text"
        ) from None
    return form


def _normal(key: Any) -> Any:  # noqa: PLR0911 -- one for each form that a key can have
    if isinstance(key, type | str):
        return key
    if hasattr(key, "__value__") and type(key).__name__ == "TypeAliasType":  # `type Entries = list[Entry]`
        return _normal(key.__value__)
    arguments = getattr(key, "__args__", None)
    if type(key) is _UNION_TYPE:
        return _union(arguments)
    origin = getattr(key, "__origin__", None)
    if origin is None:
        return key
    if not isinstance(arguments, tuple):
        return origin if type(key).__module__ == "typing" else key  # a bare `typing.List`
    typing = modules.get("typing")  # who has not imported it has no key made by it
    if typing is not None:
        if origin is typing.Union:
            return _union(arguments)
        if origin is typing.Literal:
            return key  # its arguments are values
    if hasattr(key, "__metadata__"):
        return Form(("Annotated", _normal(origin), key.__metadata__))
    return Form(("[]", _normal(origin), *map(_normal, arguments)))


def _union(members: Any) -> Any:
    distinct = frozenset(map(_normal, members))
    return next(iter(distinct)) if len(distinct) == 1 else Form(("|", distinct))


def without_none(key: Any) -> Any:
    """Return `X` for `X | None` in any spelling, and None for everything else."""
    form = normal(key)
    if type(form) is Form and form[0] == "|":
        members: Any = form[1]
        rest = [member for member in members if member is not type(None)]
        if len(rest) == 1 and len(members) == 2:  # noqa: PLR2004 -- X and None
            return rest[0]
    return None


def key_text(key: Any) -> str:
    """Return *key* as text that is the same in every process: `module:Class`, `list[module:Class]`, `'text'`.

    Keys that mean one thing have one text. Different keys may share one: two classes of one name made in one function.
    """
    if type(key) is type:
        return f"{key.__module__}:{key.__qualname__}"
    return _render(normal(key), _full_name)


def show(key: Any) -> str:
    """Return *key* as messages have it: without modules."""
    return _render(normal(key), _short_name)


def _render(form: Any, name: Callable[[Any], str]) -> str:
    if type(form) is not Form:
        return name(form)
    if form[0] == "|":
        members: Any = form[1]
        return " | ".join(sorted(_render(member, name) for member in members))
    if form[0] == "Annotated":
        notes: Any = form[2]
        return f"Annotated[{_render(form[1], name)}, {', '.join(map(_repr, notes))}]"
    return f"{_render(form[1], name)}[{', '.join(_render(part, name) for part in form[2:])}]"


def _full_name(part: Any) -> str:
    from pegboard.foreign_object import attribute, is_a  # for keys of several parts, and for errors

    name = attribute(part, "__qualname__", str) or attribute(part, "__name__", str)
    module = attribute(part, "__module__", str)
    if part is None or is_a(part, str) or name is None:
        return "..." if part is Ellipsis else _repr(part)
    return f"{module}:{name}"


def _repr(part: Any) -> str:
    """Return the `repr` of *part* without addresses, which are others in every process."""
    from pegboard.foreign_object import repr_of

    text = repr_of(part)
    if " at 0x" in text:
        import re

        text = re.sub(" at 0x[0-9A-Fa-f]+", "", text)
    return text


def _short_name(part: Any) -> str:
    if part is type(None):
        return "None"
    from pegboard.foreign_object import attribute

    name = _full_name(part)
    has_name = attribute(part, "__name__", str) is not None
    return name.rpartition(":")[2].rpartition("<locals>.")[2] if has_name else name
