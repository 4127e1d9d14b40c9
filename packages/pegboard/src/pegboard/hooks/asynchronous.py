"""How is an asynchronous hook called?

In: a hook that is declared by `async def`, and all arguments in the declaration's order. Out: a coroutine of the
result. Plugins are imported in a thread, so that an event loop of `asyncio` goes on meanwhile; implementations run in
the task of the call, or each in one of its own.
"""

from __future__ import annotations

from time import perf_counter

from pegboard._typing import TYPE_CHECKING
from pegboard.background import in_thread
from pegboard.calling import is_awaitable
from pegboard.hooks.binding import Binding, bind, checked, fault, fitted
from pegboard.hooks.monitoring import Answer
from pegboard.manager import READY
from pegboard.suspended import is_ending

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from typing import Any

    from pegboard.ledger import Contribution

_NOTHING: Any = object()
"""What stands for the answer of an implementation that has none, or has raised."""


async def call(hook: Any, arguments: Sequence[Any], without: frozenset[str] = frozenset()) -> Any:
    """Return what a call of *hook* returns; plugins of names in *without* are left out."""
    binding = bind(hook) if hook.hooks.manager.state == READY else await in_thread(bind, hook)
    if without:
        binding = binding.without(without)
    one_call = _Call(hook, binding, arguments)
    function: Callable[[], Awaitable[Any]] = one_call.run
    for contribution in reversed(binding.wrappers):
        function = one_call.wrapped(contribution, function)
    result = await function()
    if one_call.errors is not None:
        binding.raise_all(one_call.errors)
    return result


class _Call:
    """One call."""

    def __init__(self, hook: Any, binding: Binding, arguments: Sequence[Any]) -> None:
        self.hook = hook
        self.binding = binding
        self.arguments = arguments
        self.errors: list[BaseException] | None = None

    async def run(self) -> Any:
        """Return what the implementations answer, without any wrapper."""
        if self.hook.mode == "chain":
            return await self._chain()
        if self.hook.is_concurrent:
            answers = await self._concurrently()
        else:
            answers = []
            for contribution in self.binding.contributions:
                answer = await self.ask(contribution, self.arguments)
                if answer is not _NOTHING and self.hook.mode == "first":
                    return answer
                answers.append(answer)
        if self.hook.mode == "collect":
            return [answer for answer in answers if answer is not _NOTHING]
        return None

    async def _chain(self) -> Any:
        value, *rest = self.arguments
        for contribution in self.binding.contributions:
            answer = await self.ask(contribution, (value, *rest))
            if answer is not _NOTHING:
                value = answer
        return value

    async def _concurrently(self) -> list[Any]:
        from asyncio import TaskGroup

        try:
            async with TaskGroup() as group:
                tasks = [group.create_task(self.ask(each, self.arguments)) for each in self.binding.contributions]
        except BaseExceptionGroup as errors:  # with faults="raise", the first has ended the others
            if len(errors.exceptions) == 1:
                raise errors.exceptions[0] from errors.exceptions[0].__cause__
            raise
        return [task.result() for task in tasks]

    async def ask(self, contribution: Contribution, arguments: Sequence[Any]) -> Any:
        """Return the answer of one implementation; `_NOTHING` if it has none."""
        hook, started = self.hook, perf_counter()
        try:
            function = await self._function(contribution)
            answer = fitted(hook, function)(*arguments)
            if is_awaitable(answer):
                answer = await answer
            if answer is None and hook.mode == "chain":
                self.binding.refuse_nothing()
        except BaseException as error:
            if is_ending(error):
                raise
            Answer(hook, contribution, None, error, perf_counter() - started).tell()
            self.errors = fault(hook, contribution, error, self.errors)
            return _NOTHING
        if hook.hooks.monitors:
            Answer(hook, contribution, answer, None, perf_counter() - started).tell()
        return _NOTHING if answer is None else answer

    async def _function(self, contribution: Contribution) -> Callable[..., Any]:
        if contribution.is_primed:
            return await in_thread(self.binding.wake, contribution)
        live: Callable[..., Any] = contribution.live
        return live

    def wrapped(self, contribution: Contribution, others: Callable[[], Awaitable[Any]]) -> Callable[[], Awaitable[Any]]:
        """Return what runs a wrapper around the *others*."""

        async def around() -> Any:
            once, started = _Once(others), perf_counter()

            def tell(result: object, error: BaseException | None) -> None:
                if self.hook.hooks.monitors:
                    Answer(self.hook, contribution, result, error, perf_counter() - started - once.seconds).tell()

            try:
                function = fitted(self.hook, await self._function(contribution), 1)
                result = await function(once.call, *self.arguments)
                result = once.checked(self.hook, result)
            except BaseException as error:
                if is_ending(error):
                    raise
                tell(None, None if error is once.error else error)
                if error is once.error:
                    raise
                self.errors = fault(self.hook, contribution, error, self.errors)
            else:
                tell(result, None)
                return result
            if not once.is_called:
                return await others()
            if once.error is not None:
                raise once.error
            return once.result

        return around


class _Once:
    """Awaits something once, and keeps what came of it."""

    def __init__(self, function: Callable[[], Awaitable[Any]]) -> None:
        self._function = function
        self.is_called = False
        self.result: Any = None
        self.error: BaseException | None = None
        self.seconds = 0.0
        """How long that has taken."""

    async def call(self) -> Any:
        """Return what the function is awaited for.

        Raises:
            RuntimeError: If this is not the first call.
        """
        if self.is_called:
            raise RuntimeError("it has called the others already")
        self.is_called = True
        started = perf_counter()
        try:
            self.result = await self._function()
        except BaseException as error:
            self.error = error
            raise
        finally:
            self.seconds = perf_counter() - started
        return self.result

    def checked(self, hook: Any, result: Any) -> Any:
        """Return what a wrapper has returned, if it has called the others, and a call of *hook* may return it.

        Raises:
            TypeError: If not.
        """
        if not self.is_called:
            raise TypeError("it has not called the others")
        return checked(hook, result)
