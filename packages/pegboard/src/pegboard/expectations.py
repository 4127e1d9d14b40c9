"""Is a contribution what its registry is made for? Checked when a plugin registers, at starts that record.

In: what is registered, and what the application expects: a type, and a schema of the metadata. Out: nothing, or an
error that says what does not fit, where it is registered, and what would fit.
"""

from __future__ import annotations

import sys
from collections.abc import Callable as AbstractCallable
from types import FunctionType, UnionType
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NewType,
    NotRequired,
    Required,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import ContributionMismatchError, MetadataMismatchError
from pegboard.foreign_object import class_name, name_of, repr_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from inspect import Signature

    from pegboard.ledger import Plugin

_NOT_MEMBERS: Final = (
    "__init__",
    "__new__",
    "__subclasshook__",
    "__init_subclass__",
    "__class_getitem__",
    "__annotate__",
)
"""Methods that a protocol has for itself."""
_NUMBERS: Final[dict[object, tuple[type, ...]]] = {float: (int,), complex: (int, float)}
"""What else a number may be (PEP 484, "The numeric tower")."""


class Misfit(Exception):  # noqa: N818 -- it is never seen outside
    """What does not fit, and what would; both in words."""

    def __init__(self, problem: str, advice: str | None = None) -> None:
        super().__init__(problem, advice)
        self.problem: str = problem
        self.advice: str | None = advice


def check(
    registry: Any,
    name: str,
    item: object,
    metadata: Mapping[str, Any],
    owner_of: AbstractCallable[[str], Plugin | None],
) -> None:
    """Raise an error if *item* or its *metadata* are not what *registry* is made for.

    Args:
        registry: Has a type, a schema, or both.
        name: What *item* is to be called.
        item: The contribution.
        metadata: Plain data by field.
        owner_of: Returns the plugin that a module belongs to, or None.

    Raises:
        ContributionMismatchError: If *item* is something else.
        MetadataMismatchError: If a field is unknown or missing, or its value is of another type.
    """
    try:
        check_item(item, registry.of)
    except Misfit as misfit:
        raise ContributionMismatchError(misfit.problem, misfit.advice, registry.name, name, place(owner_of)) from None
    try:
        check_fields(metadata, registry.schema)
    except Misfit as misfit:
        raise MetadataMismatchError(misfit.problem, misfit.advice, registry.name, name, place(owner_of)) from None


def place(owner_of: AbstractCallable[[str], Plugin | None]) -> str:
    """Return the file and the line of the nearest frame of a plugin, or else of the nearest one outside pegboard."""
    frame = sys._getframe(1)  # noqa: SLF001 -- frames have no public door
    nearest = ""
    while frame.f_back is not None:
        frame = frame.f_back
        module = str(frame.f_globals.get("__name__"))
        if not f"{module}.".startswith("pegboard."):
            found = f"{frame.f_code.co_filename}:{frame.f_lineno}"
            if owner_of(module) is not None:
                return found
            nearest = nearest or found
    return nearest


# -- contributions ----------------------------------------------------------------------------------------------------


def check_item(item: object, of: Any) -> None:  # noqa: C901 -- one branch a form of type
    """Raise `Misfit` if *item* is known not to be of the type *of*; forms that cannot be checked fit everything."""
    if of is None or of is Any or of is object:
        return
    origin = get_origin(of)
    if origin is Annotated:
        check_item(item, of.__origin__)
    elif isinstance(of, NewType):
        check_item(item, of.__supertype__)
    elif of is AbstractCallable or origin is AbstractCallable:
        _check_callable(item, of)
    elif origin is type:
        _check_class(item, of)
    elif origin in (Union, UnionType):
        _check_union(item, of)
    elif origin is Literal:
        if not any(item == value and type(item) is type(value) for value in get_args(of)):
            raise Misfit(f"{repr_of(item)} is none of {', '.join(map(repr_of, get_args(of)))}")
    elif is_typeddict(of):
        if not isinstance(item, dict):
            raise Misfit(f"it is {_what(item)}, and not a dict")
        check_fields(item, of)
    elif getattr(origin or of, "_is_protocol", False):
        _check_members(item, origin or of)
    elif isinstance(origin or of, type):
        _check_instance(item, origin or of)


def _check_instance(item: object, of: type) -> None:
    if isinstance(item, (of, *_NUMBERS.get(of, ()))):
        return
    advice = f"register an instance of {name_of(of)}"
    if isinstance(item, type) and issubclass(item, of):
        advice = f"register an instance of it, {name_of(item)}(...)"
    raise Misfit(f"it is {_what(item)}, and not an instance of {name_of(of)}", advice)


def _check_class(item: object, of: Any) -> None:
    (base,) = get_args(of)
    known = isinstance(base, type) and not getattr(base, "_is_protocol", False)
    if not isinstance(item, type):
        raise Misfit(f"it is {_what(item)}, and not a class", "register the class itself")
    if known and not issubclass(item, base):
        raise Misfit(f"it is {_what(item)}, and not a subclass of {name_of(base)}", f"derive it from {name_of(base)}")


def _check_union(item: object, of: Any) -> None:
    misfits = []
    for each in get_args(of):
        try:
            check_item(item, type(None) if each is None else each)
        except Misfit as misfit:
            misfits.append(misfit)
        else:
            return
    raise Misfit("; and ".join([misfit.problem for misfit in misfits]))


def _check_members(item: object, protocol: Any) -> None:
    """Check what a class checker would: that *item* has the members of *protocol*, and methods where it has some."""
    if isinstance(item, type) and "__call__" not in (members := _members(protocol)):
        unbound = [name for name in members if isinstance(_raw(item, name), FunctionType)]
        if unbound:
            raise Misfit(
                f"it is {_what(item)}, and not an instance", f"register an instance of it, {name_of(item)}(...)"
            )
    for name, is_method in _members(protocol).items():
        has = name in vars(type(item)) or hasattr(item, name)
        if not has:
            from pegboard.errors.base import nearest

            kind = "method" if is_method else "attribute"
            own = [each for each in dir(item) if not each.startswith("_")]
            near = nearest(name, tuple(own), "members")
            advice = near if near.startswith("did you mean") else f"it needs {', '.join(_members(protocol))}"
            raise Misfit(f"it is {_what(item)}, which has no {kind} {name!r} as {name_of(protocol)} has", advice)
        if is_method and not callable(getattr(item, name)):
            raise Misfit(f"it is {_what(item)}, whose {name!r} is not a method, as it is in {name_of(protocol)}")
    called = _raw(protocol, "__call__")
    if isinstance(called, FunctionType):
        from inspect import signature

        expected = signature(called)
        _check_parameters(item, expected.replace(parameters=list(expected.parameters.values())[1:]), name_of(protocol))


def _members(protocol: Any) -> dict[str, bool]:
    """Return the names that *protocol* declares, and whether each is a method."""
    found: dict[str, bool] = {}
    for base in protocol.__mro__:
        if not vars(base).get("_is_protocol") or base.__module__ in ("typing", "typing_extensions"):
            continue
        for name, value in vars(base).items():
            is_method = isinstance(value, (FunctionType, classmethod, staticmethod))
            is_special = name.startswith("__")
            if (is_method and name not in _NOT_MEMBERS) if is_special else not name.startswith(("_abc_", "_is_")):
                found.setdefault(name, is_method)
        for name in vars(base).get("__annotations__", {}):
            found.setdefault(name, False)
    return found


def _raw(kind: Any, name: str) -> object:
    """Return the attribute *name* as a class has it in its body."""
    return next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)


def _check_callable(item: object, of: Any) -> None:
    if not callable(item):
        raise Misfit(f"it is {_what(item)}, which cannot be called", "register a function")
    arguments = get_args(of)
    if not arguments or not isinstance(arguments[0], list):  # any parameters, or those of a ParamSpec
        return
    from inspect import Parameter, Signature

    names = [f"_{number}" for number in range(len(arguments[0]))]
    expected = Signature([Parameter(name, Parameter.POSITIONAL_ONLY) for name in names])
    _check_parameters(item, expected, _shown(of))


def _check_parameters(item: Any, expected: Signature, shown: str) -> None:
    """Raise `Misfit` if *item* cannot be called with the parameters *expected*."""
    from inspect import Parameter, signature

    try:
        own = signature(item)
    except (TypeError, ValueError):  # of a function in C, that does not say it
        return
    positional = 0
    named: dict[str, None] = {}
    for parameter in expected.parameters.values():
        if parameter.kind in (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD):
            positional += 1
        elif parameter.kind is Parameter.KEYWORD_ONLY:
            named[parameter.name] = None
    try:
        own.bind(*range(positional), **named)
    except TypeError as error:
        takes = f"it is called with {positional} argument{'' if positional == 1 else 's'}"
        if named:
            takes += f" and {', '.join(f'{name}=' for name in named)}"
        raise Misfit(f"{name_of(item)}{own} cannot be called as {shown}: {error}", takes) from None


# -- metadata ---------------------------------------------------------------------------------------------------------


def check_fields(metadata: Mapping[str, Any], schema: Any) -> None:
    """Raise `Misfit` if *metadata* is not as *schema* says: a `TypedDict`, a dataclass, or a mapping to types."""
    if schema is None:
        return
    types, required = _fields(schema)
    for field, value in metadata.items():
        if field not in types:
            from pegboard.errors.base import nearest

            raise Misfit(f"the field {field!r} is unknown", nearest(field, tuple(types), "fields"))
        if not _fits(value, types[field]):
            shown = _shown(types[field])
            raise Misfit(f"the field {field!r} is {repr_of(value)}, and not {shown}", f"give {shown}")
    for field in required:
        if field not in metadata:
            raise Misfit(f"the field {field!r} is missing", f"say {field}=...")


def check_schema(registry: str, schema: Any) -> None:
    """Raise an error if *schema* requires a field that an entry point, as a contribution to *registry*, does not have.

    Raises:
        HostError: If it does.
    """
    try:
        check_fields({name: "" for name in ("group", "value") if name in _fields(schema)[0]}, schema)
    except Misfit as misfit:
        from pegboard.errors import HostError

        raise HostError(
            f"entry points do not fit in registry {registry!r}: {misfit.problem}",
            "an entry point has the texts group and value and no other metadata; give the field a default, "
            "or make another registry for entry points",
        ) from None


def _fields(schema: Any) -> tuple[dict[str, Any], list[str]]:
    """Return the type of each field, and the fields that have to be there."""
    if isinstance(schema, type):
        try:
            hints: dict[str, Any] = get_type_hints(schema, include_extras=True)
        except (NameError, AttributeError, TypeError):  # a type that is imported for type checkers alone
            hints = dict.fromkeys(schema.__annotations__, Any)
        if is_typeddict(schema):
            return hints, [name for name in hints if name in getattr(schema, "__required_keys__", ())]
        defaults = getattr(schema, "__dataclass_fields__", {})
        if defaults:
            from dataclasses import MISSING, fields

            own = [each for each in fields(schema) if each.init]
            needed = [each.name for each in own if each.default is MISSING and each.default_factory is MISSING]
            return {each.name: hints.get(each.name, Any) for each in own}, needed
        return hints, []
    return dict(schema), []


def _fits(value: Any, of: Any) -> bool:  # noqa: C901, PLR0911, PLR0912 -- one branch a form of type
    """Return whether *value*, plain data, is of the type *of*; a list stands for any sequence."""
    origin, arguments = get_origin(of), get_args(of)
    if origin in (Annotated, Required, NotRequired):
        return _fits(value, arguments[0])
    if isinstance(of, NewType):
        return _fits(value, of.__supertype__)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is Literal:
        return any(value == each and type(value) is type(each) for each in arguments)
    if of is None:
        return value is None
    if is_typeddict(of):
        try:
            check_item(value, of)
        except Misfit:
            return False
        return True
    kind = origin or of
    if not isinstance(kind, type) or kind is object or isinstance(of, TypeVar):
        return True  # it cannot be checked
    if isinstance(value, list) and issubclass(list, kind):
        return not arguments or all(_fits(each, arguments[0]) for each in value)
    if isinstance(value, list) and kind in (tuple, set, frozenset):
        if kind is not tuple or not arguments or arguments[-1] is Ellipsis:
            return not arguments or all(_fits(each, arguments[0]) for each in value)
        return len(value) == len(arguments) and all(map(_fits, value, arguments))
    if isinstance(value, dict) and issubclass(dict, kind):
        return len(arguments) != 2 or all(_fits(each, arguments[1]) for each in value.values())  # noqa: PLR2004
    if isinstance(value, bool) and kind in (int, float):
        return False
    if issubclass(kind, str) and isinstance(value, str):
        return True  # of an enumeration, say, whose members are recorded as texts
    return isinstance(value, (kind, *_NUMBERS.get(kind, ())))


# -- words ------------------------------------------------------------------------------------------------------------


def _what(item: object) -> str:
    if isinstance(item, type):
        return f"the class {name_of(item)}"
    if isinstance(item, FunctionType):
        return f"the function {name_of(item)}"
    return f"{repr_of(item)}, of type {class_name(item)}"


def _shown(of: Any) -> str:
    if isinstance(of, type) and not get_args(of):
        return name_of(of)
    return repr_of(of).replace("typing.", "").replace("collections.abc.", "")
