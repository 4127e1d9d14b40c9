"""Ending what a plugin has opened: its scopes, what was built from it, and what it wants to be told at the end.

Everything is ended whatever the rest does, the last opened first, each with a deadline. What a plugin's clean-up raises
becomes an error that names it.
"""

from __future__ import annotations

import contextvars
import threading
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import location_in
from pegboard.errors import PluginCleanUpError, describe_exception
from pegboard.injection.cleanup import blame
from pegboard.injection.keys import show

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from pegboard.injection.core import Core
    from pegboard.injection.store import Instance, Resource
    from pegboard.ledger import Plugin


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that is to be ended."""

    owner: Plugin | None
    """Whose it is; None when it is the application's."""
    what: str
    """What is ended, as an error names it."""
    end: Callable[[], object]
    resource: Resource | None = None
    """What is built in the container, if that is what it is."""


def endings_of_callbacks(owner: Plugin, callbacks: Sequence[Callable[[], object]]) -> list[Ending]:
    """Return how to call what *owner* gave to `Host.on_unload`, the last first."""
    return [
        Ending(owner, f"what it gave to on_unload ({getattr(each, '__qualname__', repr(each))})", each)
        for each in reversed(callbacks)
    ]


def endings_of_resources(
    core: Core, before: Iterable[Instance], plugins: Container[Plugin], names: Container[str], *, is_async: bool
) -> list[Ending]:
    """Take out of the container's hands what has to be cleaned up now that rows have changed, the last built first.

    Args:
        core: The container's.
        before: Every instance that there was before the change.
        plugins: Whose transient components end, too.
        names: The modules that were unloaded: scopes that they have opened end.
        is_async: Whether what is asynchronous is taken as well. Else it waits for the container's `aclose`.
    """
    with core.lock:
        core.refresh()
        core.recheck()
        taken: list[Resource] = []
        for store in reversed([store for store in core.scopes if store.opened_by in names]):
            if store.is_open:  # the end of another one may have been its end
                taken += core.close(core.inside(store))
        theirs = {resource for each in before if not _is_kept(each) for resource in each.resources}
        theirs |= {
            resource
            for store in core.stores()
            for resource in store.resources
            if resource.row is not None and resource.row.owner in plugins
        }
        taken += core.take({resource for resource in theirs if is_async or not resource.is_async})
        if not is_async:
            core.root.resources += [resource for resource in reversed(taken) if resource.is_async]
        core.forget_providers()
    return _endings([each for each in taken if is_async or not each.is_async])


def endings_of_all(core: Core, *, is_async: bool) -> list[Ending]:
    """Close the container and every scope, and return what has to be cleaned up, the last built first.

    What is asynchronous waits for the container's `aclose`, unless *is_async*.
    """
    with core.lock:
        taken = core.close(core.inside(core.root))
        if not is_async:
            core.root.resources += [resource for resource in reversed(taken) if resource.is_async]
    return _endings([each for each in taken if is_async or not each.is_async])


def _endings(resources: Iterable[Resource]) -> list[Ending]:
    return [Ending(each.row.owner if each.row else None, show(each.key), each.finish, each) for each in resources]


def _is_kept(instance: Instance) -> bool:
    store = instance.store
    return store is not None and store.instances.get(instance.normal) is instance


def end_all(endings: Iterable[Ending], deadline_s: float | None) -> list[BaseException]:
    """End all of it, one after another, and return what went wrong.

    Args:
        endings: What is to be ended, nothing of it asynchronous.
        deadline_s: Seconds for each. What takes longer goes on in a thread of its own, and is not waited for any more.
            None: as long as it takes, and in this thread.
    """
    faults = []
    for ending in endings:
        fault = _ended(ending, deadline_s)
        if fault is not None:
            faults.append(fault)
    return faults


async def aend_all(endings: Iterable[Ending], deadline_s: float | None) -> list[BaseException]:
    """Do what `end_all` does, awaiting what is asynchronous; in a loop of `asyncio`."""
    import asyncio

    faults: list[BaseException] = []
    for ending in endings:
        if ending.resource is None or not ending.resource.is_async:
            fault = await asyncio.to_thread(_ended, ending, deadline_s)
            faults += [] if fault is None else [fault]
            continue
        try:
            async with asyncio.timeout(deadline_s) as limit:
                await ending.resource.afinish()
        except BaseException as error:
            faults.append(_fault(ending, _late(deadline_s), None) if limit.expired() else _blame(ending, error))
    return faults


def _ended(ending: Ending, deadline_s: float | None) -> BaseException | None:
    """End one thing, and return what went wrong."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            ending.end()
        except BaseException as error:
            raised.append(error)

    if deadline_s is None:
        run()
    else:
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(run,), name=f"ending {ending.what}", daemon=True)
        thread.start()
        thread.join(deadline_s)
        if thread.is_alive():
            return _fault(ending, _late(deadline_s), _place(thread))
    return _blame(ending, raised[0]) if raised else None


def _late(deadline_s: float | None) -> str:
    return f"it did not end within {deadline_s:g} s, and was not waited for any longer"


def _place(thread: threading.Thread) -> str | None:
    """Return where *thread* is right now, in code that is not Python's own, as `file:line`."""
    import sys

    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] in sys.stdlib_module_names:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else None


def _blame(ending: Ending, error: BaseException) -> BaseException:
    if ending.resource is not None:
        return blame(error, ending.resource)
    owner = ending.owner
    if owner is None or not owner.name or owner.is_built_in or isinstance(error, KeyboardInterrupt):
        error.add_note(f"raised by {ending.what}")
        return error
    return _fault(ending, describe_exception(error), location_in(owner, error), error)


def _fault(ending: Ending, cause: str, place: str | None, error: BaseException | None = None) -> PluginCleanUpError:
    owner = ending.owner
    name = owner.name if owner is not None else ""
    fault = PluginCleanUpError(name, str(owner.distribution or "") if owner else "", ending.what, cause, place)
    fault.__cause__ = error
    return fault
