"""How is a plugin imported without blocking an event loop? In a thread of its own, which the loop waits for.

In: a function that imports plugins, and its arguments. Out: its result, awaited. The bracket around an import belongs
to the thread that imports, so that attribution is the same in any thread.
"""

from __future__ import annotations

import _thread
import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")


async def in_thread(function: Callable[P, R], *arguments: P.args, **options: P.kwargs) -> R:
    """Return what *function* returns; the event loop of `asyncio` goes on meanwhile.

    Whoever awaits may be cancelled: the thread goes on, since an import cannot be stopped halfway, and its result
    serves whoever asks next. The function runs in this thread where no loop runs, and where this thread is importing a
    module: the other thread could wait for that module for ever.

    Args:
        function: Called in a copy of the context of this task. The thread is not one of the loop's executor, whose
            threads may all be waiting for this loop.
        *arguments: Its arguments.
        **options: Its named arguments.
    """
    asyncio = sys.modules.get("asyncio")
    loop = None if asyncio is None else asyncio._get_running_loop()  # noqa: SLF001 -- the public one raises
    if loop is None or _is_importing():
        return function(*arguments, **options)
    from contextvars import copy_context
    from threading import Thread

    context, done = copy_context(), loop.create_future()
    results: list[Any] = []
    errors: list[BaseException] = []

    def finish() -> None:
        if not done.done():
            done.set_result(None)

    def run() -> None:
        try:
            results.append(context.run(function, *arguments, **options))
        except BaseException as error:
            errors.append(error)
        try:
            loop.call_soon_threadsafe(finish)
        except RuntimeError:  # the loop is closed: nobody waits any more
            return

    Thread(target=run, name="pegboard-import").start()
    await done
    if errors:
        try:
            raise errors[0]
        finally:
            errors.clear()  # else the error, its traceback and this frame hold one another
    result: R = results[0]
    return result


def _is_importing() -> bool:
    """Return whether this thread holds the lock of a module, as it does while it imports one."""
    import _frozen_importlib

    me = _thread.get_ident()
    locks: Any = vars(_frozen_importlib)["_module_locks"]  # which has no public name
    return any(getattr(reference(), "owner", None) == me for reference in list(locks.values()))
