"""How is everything cleaned up that a plugin has opened?

In: a plugin's scopes, components and `on_unload` callbacks. Out: errors; what a clean-up raises becomes an error that
names the plugin. Each clean-up runs whatever the others raise, the last opened first, each with a deadline.
"""

from __future__ import annotations

import contextvars
import threading
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import location_in
from pegboard.errors import PluginCleanUpError, describe_exception
from pegboard.foreign_object import add_note, is_a, module_of, name_of
from pegboard.injection.cleanup import blame
from pegboard.injection.keys import show

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Sequence

    from pegboard.injection.core import Core
    from pegboard.injection.store import Instance, Resource
    from pegboard.ledger import Distribution, Plugin


@dataclass(frozen=True, slots=True)
class CleanUp:
    """One clean-up that is due."""

    owner: Plugin | None
    """The plugin that it belongs to; None for the application."""
    distribution: str
    """What had brought its code, e.g. `acme-balance 1.2`; a reload may have given the plugin another version."""
    description: str
    """What is cleaned up, for errors."""
    run: Callable[[], object]
    resource: Resource | None = None
    """What the container has built; None for a callback."""


def callback_clean_ups(
    owner: Plugin, distribution: Distribution | None, callbacks: Sequence[Callable[[], object]]
) -> list[CleanUp]:
    """Return a clean-up for each of *callbacks*, the last first.

    Args:
        owner: Gave them to `Host.on_unload`.
        distribution: What had brought it then.
        callbacks: In the order in which it gave them.
    """
    brought_by = str(distribution or "")
    return [
        CleanUp(owner, brought_by, f"what it gave to on_unload ({name_of(each)})", each) for each in reversed(callbacks)
    ]


def unload_clean_ups(
    core: Core, before: Iterable[Instance], plugins: Container[Plugin], modules: Container[str], *, is_async: bool
) -> list[CleanUp]:
    """Close the scopes of unloaded code, and drop the components that are no longer valid; return their clean-ups.

    Args:
        core: The container's.
        before: Every instance that existed before the contributions changed.
        plugins: The plugins that were unloaded; their transient components are dropped, too.
        modules: The modules that were unloaded; scopes that these opened are closed.
        is_async: Whether asynchronous clean-ups are included; otherwise they run in the container's `aclose`.

    Returns:
        The clean-ups of what was built, the last built first.
    """
    with core.lock:
        core.refresh()
        core.recheck()
        taken: list[Resource] = []
        for store in reversed([store for store in core.scopes if store.opened_by in modules]):
            if store.is_open:  # it may have been inside another one, and was closed with it
                taken += core.close(core.inside(store))
        dropped = {resource for each in before if not _is_kept(each) for resource in each.resources}
        dropped |= {
            resource
            for store in core.stores()
            for resource in store.resources
            if resource.contribution is not None and resource.contribution.owner in plugins
        }
        taken += core.take({resource for resource in dropped if is_async or not resource.is_async})
        core.forget_providers()
        return _clean_ups(core, taken, is_async=is_async)


def close_clean_ups(core: Core, *, is_async: bool) -> list[CleanUp]:
    """Close the container and every scope, and return the clean-ups of what was built, the last built first.

    Args:
        core: The container's.
        is_async: As in `unload_clean_ups`.
    """
    with core.lock:
        return _clean_ups(core, core.close(core.inside(core.root)), is_async=is_async)


def _clean_ups(core: Core, taken: Sequence[Resource], *, is_async: bool) -> list[CleanUp]:
    if not is_async:
        core.root.resources.extend(resource for resource in reversed(taken) if resource.is_async)
    return [
        CleanUp(
            each.contribution.owner if each.contribution else None,
            each.distribution,
            show(each.key),
            each.finish,
            each,
        )
        for each in taken
        if is_async or not each.is_async
    ]


def _is_kept(instance: Instance) -> bool:
    store = instance.store
    return store is not None and store.instances.get(instance.normal) is instance


def run_clean_ups(clean_ups: Iterable[CleanUp], deadline_s: float | None) -> list[BaseException]:
    """Run *clean_ups* one after another, and return what they raised.

    Args:
        clean_ups: What is to be run; none is asynchronous.
        deadline_s: Seconds that each may take. One that takes longer goes on in a thread of its own, and the next one
            runs. None: there is no deadline, and all run in this thread.
    """
    return [fault for clean_up in clean_ups if (fault := _run(clean_up, deadline_s)) is not None]


async def arun_clean_ups(clean_ups: Iterable[CleanUp], deadline_s: float | None) -> list[BaseException]:
    """Do what `run_clean_ups` does, and await asynchronous clean-ups; needs a loop of `asyncio`."""
    import asyncio

    faults: list[BaseException] = []
    for clean_up in clean_ups:
        if clean_up.resource is None or not clean_up.resource.is_async:
            fault = await asyncio.to_thread(_run, clean_up, deadline_s)
            faults += [] if fault is None else [fault]
            continue
        try:
            async with asyncio.timeout(deadline_s) as limit:
                await clean_up.resource.afinish()
        except BaseException as error:
            faults.append(_fault(clean_up, _late(deadline_s), None) if limit.expired() else _blame(clean_up, error))
    return faults


def _run(clean_up: CleanUp, deadline_s: float | None) -> BaseException | None:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            clean_up.run()
        except BaseException as error:
            raised.append(error)

    if deadline_s is None:
        run()
    else:
        context = contextvars.copy_context()
        name = f"ending {clean_up.description}"
        thread = threading.Thread(target=context.run, args=(run,), name=name, daemon=True)
        thread.start()
        thread.join(deadline_s)
        if thread.is_alive():
            return _fault(clean_up, _late(deadline_s), _location(thread))
    return _blame(clean_up, raised[0]) if raised else None


def _late(deadline_s: float | None) -> str:
    return f"it did not end within {deadline_s:g} s, and was not waited for any longer"


def _location(thread: threading.Thread) -> str | None:
    """Return where *thread* is now, outside Python's own modules, as `file:line`."""
    import sys

    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None and module_of(frame).partition(".")[0] in sys.stdlib_module_names:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame is not None else None


def _blame(clean_up: CleanUp, error: BaseException) -> BaseException:
    if clean_up.resource is not None:
        return blame(error, clean_up.resource)
    owner = clean_up.owner
    if owner is None or not owner.name or owner.is_built_in or is_a(error, KeyboardInterrupt):
        add_note(error, f"raised by {clean_up.description}")
        return error
    fault = _fault(clean_up, describe_exception(error), location_in(owner, error))
    fault.__cause__ = error
    return fault


def _fault(clean_up: CleanUp, cause: str, location: str | None) -> PluginCleanUpError:
    name = clean_up.owner.name if clean_up.owner is not None else ""
    return PluginCleanUpError(name, clean_up.distribution, clean_up.description, cause, location)
