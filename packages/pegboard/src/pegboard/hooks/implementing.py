"""How does a plugin implement a hook?

In: a function, and where it wishes to come. Out: a contribution of the hook's kind, whose metadata says which of the
hook's parameters the function takes and in which order it comes. What cannot be called is refused when it is recorded.
"""

from __future__ import annotations

from types import BuiltinMethodType, MethodType

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.signatures import Misfit, call_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, Final

    from pegboard.ledger import Plugin

ORDERS: Final = ("early", "normal", "late")


def implement(implementer: Any, function: Any, *, is_wrapper: bool = False) -> None:
    """Add *function* to those that implement a hook.

    Args:
        implementer: Says which hook, and in which order.
        function: The implementation.
        is_wrapper: Whether it runs around all others.

    Raises:
        ImplementationError: If it does not fit.
    """
    hook = implementer.hook
    manager = hook.hooks.manager
    owner, is_importing = manager.attribution.registering()
    try:
        taken = _taken(hook, function, owner, is_wrapper=is_wrapper)
    except Misfit as misfit:
        raise refusal(hook, function, misfit) from None
    metadata: dict[str, Any] = {"parameters": " ".join(taken)}
    if implementer.order != "normal":
        metadata["order"] = implementer.order
    for wish, names in (("after", implementer.after), ("before", implementer.before)):
        if names:
            metadata[wish] = list(names)
    if is_wrapper:
        metadata["role"] = "wrapper"
    manager.ledger.add(hook.kind, name_of(function, owner.module), function, metadata=metadata)
    if hook.announced is not None and not is_importing:
        from pegboard.hooks.announcements import catch_up

        catch_up(hook.hooks, owner)
    if implementer.former_name:
        from pegboard.hooks.declaring import tell_of_new_name

        tell_of_new_name(hook, implementer.former_name)


def _taken(hook: Any, function: Any, owner: Plugin, *, is_wrapper: bool) -> Sequence[str]:
    """Return the names of the parameters of *hook* that *function* takes.

    Raises:
        Misfit: If it cannot implement the hook.
    """
    if not callable(function):
        raise Misfit("it cannot be called", "decorate a function")
    skipped = 1 if is_wrapper and hook.is_async else 0
    taken = call_for(function, hook.parameters, skipped).names(hook.parameters)
    stack = hook.hooks.manager.attribution.stack()
    if not stack or stack[-1].state != "primed":  # else it was checked when it was recorded
        from pegboard.hooks.checking import check

        check(hook, function, taken, is_wrapper=is_wrapper)
    if any(_is_same(each.live, function) for each in _rows(hook, owner)):
        raise Misfit("it implements that hook already", "register it once")
    return taken


def _rows(hook: Any, owner: Any) -> Sequence[Any]:
    ledger = hook.hooks.manager.ledger
    batch = ledger.batches.get(owner)
    return [each for each in (ledger.contributions_of(owner) if batch is None else batch) if each.kind == hook.kind]


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is MethodType and type(other) is MethodType:
        return one.__func__ is other.__func__ and one.__self__ is other.__self__
    if type(one) is BuiltinMethodType and type(other) is BuiltinMethodType:
        return one == other  # compares like the line above, and asks no foreign object
    return one is other


def name_of(function: Any, module: str) -> str:
    """Return what an implementation is called: `module:qualified name`.

    Args:
        function: The implementation.
        module: The plugin's module, for what does not say its own.
    """
    from pegboard.foreign_object import attribute

    while (inner := attribute(function, "func", object)) is not None and callable(inner):  # functools.partial
        function = inner
    name = attribute(function, "__qualname__", str) or type(function).__name__
    text = f"{attribute(function, '__module__', str) or module}:{name}"
    return "".join(each if each.isprintable() else "?" for each in text)


def refusal(hook: Any, function: Any, misfit: Misfit) -> Exception:
    """Return the error that says why *function* cannot implement *hook*."""
    from pegboard.errors import ImplementationError
    from pegboard.expectations import place
    from pegboard.foreign_object import attribute
    from pegboard.hooks.checking import shown

    name = attribute(function, "__qualname__", str) or type(function).__name__
    problem = f"{misfit.problem}; it is called as {shown(hook)}"
    return ImplementationError(problem, misfit.advice, hook.name, name, place(hook.hooks.manager.attribution.owner))


def checked_order(hook: Any, order: object, *wishes: Any) -> Sequence[Sequence[str]]:
    """Return the names of plugins in each of *wishes*.

    Raises:
        ImplementationError: If *order* is no word of `ORDERS`, or wishes are not names of plugins.
    """
    problem = advice = ""
    if not isinstance(order, str) or order not in ORDERS:
        from pegboard.errors.base import nearest
        from pegboard.foreign_object import repr_of

        problem, advice = f"{repr_of(order)} is no order", nearest(str(order), ORDERS, "orders")
    found: list[Sequence[str]] = []
    for wish in wishes:
        names = tuple(wish) if not isinstance(wish, str) and hasattr(type(wish), "__iter__") else None
        if names is None or not all(isinstance(name, str) for name in names):
            problem, advice = f"{wish!r} is no list of names of plugins", "write a list, such as ['git']"
        else:
            found.append(names)
    if problem:
        raise refusal(hook, hook.declaration, Misfit(problem, advice))
    return found
