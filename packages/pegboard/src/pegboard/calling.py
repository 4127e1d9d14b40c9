"""How does an application call what plugins have contributed, so that every error names the plugin?

In: a registry, a name, and arguments. Out: the result, or a `PluginCallError`.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.background import in_thread
from pegboard.boundary import call_plugin, namer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypeVar

    R = TypeVar("R")


def call(registry: Any, manager: Any, name: str, arguments: Sequence[Any], named: Mapping[str, Any]) -> Any:
    """Return what the contribution called *name* returns; see `Registry.call`."""
    item = registry[name]
    return _call(registry, manager, name, lambda: item(*arguments, **named))


async def acall(
    registry: Any,
    manager: Any,
    ready: Callable[[], None],
    name: str,
    call: tuple[Sequence[Any], Mapping[str, Any]],
) -> Any:
    """Return what the contribution called *name* returns, awaited if it is awaitable; see `Registry.acall`."""
    arguments, named = call
    item = await read(registry, manager, ready, name, registry.__getitem__)
    result = _call(registry, manager, name, lambda: item(*arguments, **named))
    if not is_awaitable(result):
        return result
    from types import CoroutineType

    owner = registry.owner(name)
    if owner.is_built_in or type(result) is CoroutineType:  # which is in a boundary already
        return await result
    from pegboard.suspended import awaited

    naming = namer(owner, _doing(registry, name), registry.passing, manager.attribution.owner)
    return await awaited(owner, result, naming)


async def read(
    registry: Any,
    manager: Any,
    ready: Callable[[], None],
    name: str,
    function: Callable[..., R],
    *arguments: Any,
) -> R:
    """Return what *function* returns for *name*: in a thread if plugins are to be imported for it, else at once.

    Args:
        registry: The one to read.
        manager: Its manager.
        ready: Makes the plugins ready.
        name: The contribution's.
        function: Reads it.
        *arguments: More of its arguments.
    """
    if manager.state != "ready":
        await in_thread(ready)
    contribution = registry.decide(name)[0]
    if contribution is not None and contribution.is_primed:
        return await in_thread(function, name, *arguments)
    return function(name, *arguments)


def is_awaitable(result: object) -> bool:
    """Return whether *result* can be awaited; asked of its class, since an object may answer to any name."""
    return any("__await__" in vars(kind) for kind in type(result).__mro__)


def _call(registry: Any, manager: Any, name: str, function: Callable[[], Any]) -> Any:
    attribution = manager.attribution
    return call_plugin(registry.owner(name), _doing(registry, name), function, registry.passing, attribution.owner)


def _doing(registry: Any, name: str) -> str:
    return f"calling {name!r} of {registry.name!r}"
