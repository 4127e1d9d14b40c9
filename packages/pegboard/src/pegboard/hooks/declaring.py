"""What is wrong with a declaration of a hook, or with a call; and what of it was published before?

In: declarations, options, arguments. Out: errors for the application's author, and arguments in order.
Imported only when something is not as usual.
"""

from __future__ import annotations

from inspect import iscoroutinefunction, signature
from types import FunctionType
from typing import Any

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import HookDeprecatedError, HostError
from pegboard.foreign_object import name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Final


_POLICIES: Final = ("contain", "raise", "collect")


def check(hook: Any, *, announced: bool) -> Any:
    """Raise an error if the declaration and the options of *hook*, which is being made, cannot be those of one.

    Args:
        hook: What was declared.
        announced: Whether it is announced.

    Returns:
        Where it keeps what it announces; None if it does not.

    Raises:
        HostError: With what can be done.
    """
    declaration = hook.declaration
    if not isinstance(declaration, FunctionType):
        raise HostError(f"{name_of(declaration)} cannot declare a hook", "declare it with def or async def")
    name, code = declaration.__name__, declaration.__code__
    is_async = iscoroutinefunction(declaration)
    if code.co_flags & (0x04 | 0x08):
        raise HostError(
            f"the hook {name!r} has parameters without a name (* or **)",
            "give each parameter a name: implementations get them by name",
        )
    if hook.faults not in _POLICIES:
        from pegboard.errors.base import nearest

        problem = f"faults={hook.faults!r} of the hook {name!r} is unknown"
        raise HostError(problem, nearest(str(hook.faults), _POLICIES, "words"))
    if hook.mode == "chain" and not code.co_argcount:
        raise HostError(f"the hook {name!r} has no first parameter that could go through its plugins", "give it one")
    from pegboard.hooks.checking import unlike_in_chain

    if hook.mode == "chain" and (types := unlike_in_chain(declaration)) is not None:
        problem = f"the first parameter of the hook {name!r} is {types[0]}, and its result {types[1]}"
        raise HostError(problem, "give them one type: each plugin gets what the one before has returned")
    if announced and is_async:
        raise HostError(f"the hook {name!r} is announced, and cannot be asynchronous", "declare it without async")
    if hook.is_concurrent and not is_async:
        raise HostError(f"the hook {name!r} is not asynchronous, and cannot be concurrent", "declare it with async def")
    if (known := hook.hooks.declared.get(name)) is not None:
        _check_same(known.declaration, declaration)
    if not announced:
        return None
    from pegboard.hooks.announcements import watch

    return watch(hook.hooks)


def _check_same(known: Any, declaration: Any) -> None:
    """Raise an error unless two declarations of one name are one, whose module is imported anew.

    Raises:
        HostError: If they are not.
    """
    if (known.__module__, known.__qualname__) != (declaration.__module__, declaration.__qualname__):
        places = [f"{each.__code__.co_filename}:{each.__code__.co_firstlineno}" for each in (known, declaration)]
        raise HostError(
            f"there are two hooks {declaration.__name__!r}, at {places[0]} and {places[1]}", "rename one of them"
        )


def arguments_of(hook: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Sequence[Any]:
    """Return all arguments of a call in the declaration's order, defaults included.

    Raises:
        TypeError: If they are not those that the declaration takes.
    """
    try:
        bound = signature(hook.declaration).bind(*args, **kwargs)
    except TypeError as error:
        from pegboard.hooks.checking import shown

        raise TypeError(f"the hook {hook.name!r} cannot be called so: {error}; it is {shown(hook)}") from None
    bound.apply_defaults()
    return [bound.arguments[name] for name in hook.parameters]


def check_published(hook: Any, published: Callable[..., Any]) -> None:
    """Raise an error if *published* has a parameter that *hook* does not have any more.

    Raises:
        HostError: If so, or if *published* is no function.
    """
    if not isinstance(published, FunctionType):
        problem = f"{name_of(published)} cannot say how the hook {hook.name!r} was published"
        raise HostError(problem, "decorate a function with the parameters that it had: `@hook.as_published`")
    for name in signature(published).parameters:
        if name not in hook.parameters:
            from pegboard.errors.base import nearest

            problem = f"the hook {hook.name!r} was published with {name!r}, which it does not have any more"
            raise HostError(problem, nearest(name, hook.parameters, "parameters"))


def tell_of_new_name(hook: Any, former_name: str) -> None:
    """Tell the author of the plugin that implements *hook* under a former name, once."""
    _tell(hook.hooks, former_name, f"the hook {former_name!r} is called {hook.name!r} now", f"implement {hook.name!r}")


class Ended:
    """Takes what implements a hook that is not called any more, and leaves it out. Made by `Hooks.ended`."""

    def __init__(self, hooks: Any, name: str, since: str, instead: str) -> None:
        self._hooks = hooks
        self._name = name
        self._cause = f"the hook {name!r} is not called any more, since {since}"
        self._advice = instead or None

    def __repr__(self) -> str:
        return f"<implementer of the ended hook {self._name!r}>"

    def __call__(self, function: Any) -> Any:
        """Return *function*; the author of the plugin is told once."""
        _tell(self._hooks, self._name, self._cause, self._advice)
        return function

    wrapper = __call__

    def ordered(self, order: object = "normal", /, *, after: object = (), before: object = ()) -> Ended:
        """Return this one: nothing is called in any order."""
        del order, after, before
        return self


def _tell(hooks: Any, name: str, cause: str, advice: str | None) -> None:
    from pegboard.expectations import place

    attribution = hooks.manager.attribution
    owner, _ = attribution.registering()
    where = place(attribution.owner)
    problem = HookDeprecatedError(owner.name, str(owner.distribution or ""), name, cause, where, advice)
    if owner.is_built_in or problem.said in {each.said for each in hooks.host.problems}:
        return
    hooks.host.report(problem)
    from warnings import warn_explicit

    file, _, line = where.rpartition(":")
    warn_explicit(problem.summary(), DeprecationWarning, file or owner.module, int(line or 0), owner.module)
