"""Whose fault is what a plugin's function raises after it has returned: from a coroutine, or from a generator?

In: what a call of a plugin's function has returned. Out: the same, or for a coroutine or generator another one that
does as it does, and whose errors name the plugin.
"""

from __future__ import annotations

import os
import sys
from types import AsyncGeneratorType, CoroutineType, GeneratorType

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import is_a, traceback_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
    from typing import Any

    from pegboard.ledger import Plugin

    Namer = Callable[[BaseException, int], BaseException | None]
    """Returns the error that names a plugin for another error; None if that passes. See `boundary.to_call_error`."""


def attributed(plugin: Plugin, result: Any, naming: Namer) -> Any:
    """Return *result*; a coroutine or generator in a boundary that names *plugin* for what it raises.

    Other awaitable objects (tasks, connection pools) are more than something to be awaited, and are returned as they
    are.

    Args:
        plugin: Whose code it is.
        result: What a function of *plugin* has returned.
        naming: Makes errors that name the plugin.
    """
    kind = type(result)
    wrapped: Any
    if kind is CoroutineType:
        wrapped = awaited(plugin, result, naming)
    elif kind is GeneratorType:
        wrapped = _iterated(plugin, result, naming)
    elif kind is AsyncGeneratorType:
        wrapped = _iterated_later(plugin, result, naming)
    else:
        return result
    wrapped.__name__, wrapped.__qualname__ = result.__name__, result.__qualname__
    return wrapped


# ruff: noqa: ARG001 -- `Attribution.registering` reads `plugin`: what is registered below such a frame is the plugin's


async def awaited(plugin: Plugin, result: Awaitable[Any], naming: Namer) -> Any:
    """Return what *result*, of code of *plugin*, is awaited for."""
    process = os.getpid()
    try:
        return await result
    except BaseException as error:
        named = _named(error, process, naming)
        if named is None:
            raise
        raise named from error


def _iterated(plugin: Plugin, result: Generator[Any, Any, Any], naming: Namer) -> Generator[Any, Any, Any]:
    process = os.getpid()
    try:
        return (yield from result)
    except BaseException as error:
        named = _named(error, process, naming)
        if named is None:
            raise
        raise named from error


async def _iterated_later(plugin: Plugin, result: AsyncGenerator[Any, Any], naming: Namer) -> AsyncGenerator[Any, Any]:
    process = os.getpid()
    try:
        value = await result.__anext__()
        while True:
            try:
                sent = yield value
            except GeneratorExit:
                await result.aclose()
                raise
            except BaseException as thrown:
                value = await result.athrow(thrown)
            else:
                value = await result.asend(sent)
    except StopAsyncIteration:
        return
    except BaseException as error:
        named = _named(error, process, naming)
        if named is None:
            raise
        raise named from error


def _named(error: BaseException, process: int, naming: Namer) -> BaseException | None:
    return None if is_ending(error) else naming(error, process)


def is_ending(error: BaseException) -> bool:
    """Return whether *error* ends what runs, from outside: it is closed, or its task has been cancelled.

    What a plugin raises of these kinds itself ends nobody's task but by mistake, and is its fault.
    """
    if is_a(error, GeneratorExit):
        steps = traceback_of(error)
        return steps is None or steps.tb_next is None  # raised in our own frame
    trio = sys.modules.get("trio")
    if trio is not None and is_a(error, trio.Cancelled):
        return True
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not is_a(error, asyncio.CancelledError):
        return False
    loop = asyncio._get_running_loop()  # noqa: SLF001 -- the public one raises
    task = None if loop is None else asyncio.current_task(loop)
    return task is not None and task.cancelling() > 0
