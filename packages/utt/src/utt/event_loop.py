"""Runs a command that has to be awaited, or that needs components which have to be, in one event loop."""

from __future__ import annotations

import asyncio

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.container import Container


def run_in_loop(container: Container, handler_class: Callable[..., Callable[[], object]], begun: object = None) -> None:
    """Build the handler with what it needs, call it and await it; components are cleaned up in the same loop.

    Args:
        container: The application's.
        handler_class: What makes the handler.
        begun: What the handler has returned, if it was called already: that is awaited.
    """

    async def main() -> None:
        try:
            result = begun
            if result is None:
                handler = await container.acall(handler_class)
                result = handler()
            if hasattr(result, "__await__"):
                await result
        finally:
            await container.aclose()

    asyncio.run(main())
