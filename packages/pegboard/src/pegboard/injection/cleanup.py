"""How does a scope end? Everything that was built for it is cleaned up, whatever a clean-up raises.

In: a store, or resources. Out: nothing, or one group of what was raised, each error naming its plugin.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import location_in
from pegboard.errors import PluginCleanUpError, describe_exception
from pegboard.foreign_object import add_note, is_a
from pegboard.injection.faults import owner_text
from pegboard.injection.keys import show

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pegboard.injection.core import Core
    from pegboard.injection.store import Resource, Store


def finish_all(resources: Iterable[Resource], where: str) -> None:
    """Clean up *resources* one after another, each of them whatever the others do.

    Raises:
        ExceptionGroup: Of everything that was raised; each one says whose clean-up it was.
    """
    errors: list[BaseException] = []
    for resource in resources:
        try:
            resource.finish()
        except BaseException as error:
            errors.append(blame(error, resource))
    raise_all(errors, where)


async def afinish_all(resources: Iterable[Resource], where: str) -> None:
    """Do what `finish_all` does, awaiting what is asynchronous."""
    errors: list[BaseException] = []
    for resource in resources:
        try:
            await resource.afinish()
        except BaseException as error:
            errors.append(blame(error, resource))
    raise_all(errors, where)


def end(core: Core, store: Store) -> None:
    """End *store* and all scopes inside it, and clean up."""
    with core.lock:
        stores = core.inside(store)
        for resource in (resource for store in stores for resource in store.resources):
            if resource.is_async:
                from pegboard.errors import AsyncRequiredError

                raise AsyncRequiredError(show(resource.key), "its clean-up is asynchronous", ())
        resources = core.close(stores)
    finish_all(resources, _name(store))


async def aend(core: Core, store: Store) -> None:
    """End *store* and all scopes inside it, and clean up, awaiting what is asynchronous."""
    with core.lock:
        resources = core.close(core.inside(store))
    await afinish_all(resources, _name(store))


def _name(store: Store) -> str:
    return f"scope {store.name!r}" if store.name else "the container"


def blame(error: BaseException, resource: Resource) -> BaseException:
    """Return the error that names the plugin whose clean-up raised *error*; the application's own with a note."""
    owner = resource.contribution.owner if resource.contribution else None
    if owner is None or not owner.name or owner.is_built_in or is_a(error, KeyboardInterrupt):
        add_note(error, f"raised while cleaning up {show(resource.key)}, provided by {owner_text(owner)}")
        return error
    cause, location = describe_exception(error), location_in(owner, error)
    named = PluginCleanUpError(owner.name, resource.distribution, show(resource.key), cause, location)
    named.__cause__ = error
    return named


def raise_all(errors: list[BaseException], where: str) -> None:
    """Raise *errors* as a group; a Ctrl-C among them goes first, with the group as its context."""
    if not errors:
        return
    group = BaseExceptionGroup(f"clean-up of {where} failed", errors)
    for error in errors:
        if is_a(error, KeyboardInterrupt):
            raise error from group
    raise group
