"""How does a test see which hooks are called, with what, and what comes of it?

In: a hook, or what the API exports to implement it. Out: a block that yields the calls as they are made.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pegboard.hooks.substitution import Substitution

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator

    from pegboard.hooks import Hook, Implementer


@dataclass(slots=True)
class Call:
    """One call of a hook."""

    arguments: dict[str, Any]
    """All arguments by the names of the declaration's parameters, defaults included."""
    result: Any = None
    """What the call returned; None while it is under way, and if it raised."""
    error: BaseException | None = None
    """What the call raised; None if it returned."""


@contextmanager
def record_calls(hook: Hook[..., Any, Any] | Implementer[..., Any, Any]) -> Iterator[list[Call]]:
    """Record the calls of *hook* in a block; its implementations are called as usual.

    Args:
        hook: The hook, asynchronous or not; or its `implement`, as an application's API exports it.

    Yields:
        The calls in the order in which they began, from any thread; the list grows while the block runs.
    """
    subject: Any = getattr(hook, "hook", hook)
    calls: list[Call] = []

    def begun(arguments: tuple[Any, ...]) -> Call:
        call = Call(dict(zip(subject.parameters, arguments, strict=True)))
        calls.append(call)
        return call

    def around(*arguments: Any) -> Generator[None, Any, Any]:
        call = begun(arguments)
        try:
            call.result = yield
        except BaseException as error:
            call.error = error
            raise
        return call.result

    async def async_around(others: Callable[[], Awaitable[Any]], *arguments: Any) -> Any:
        call = begun(arguments)
        try:
            call.result = await others()
        except BaseException as error:
            call.error = error
            raise
        return call.result

    with Substitution(subject, async_around if subject.is_async else around, role="recorder"):
        yield calls
