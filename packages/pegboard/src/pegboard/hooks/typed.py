"""What `Hooks` and the hooks that it declares are to type checkers; no application imports this file.

Python stores and reads what stands below `if TYPE_CHECKING`, too: overloads there would cost every start that declares
hooks.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from pegboard.hooks.hook import (
    AsyncHook,
    AsyncImplementer,
    Chain,
    Collect,
    Faults,
    First,
    Hook,
    HooksMethods,
    Implementer,
    Notify,
)

__all__ = [
    "AsyncHook",
    "AsyncImplementer",
    "Chain",
    "Collect",
    "Faults",
    "First",
    "Hook",
    "Implementer",
    "Notify",
]

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

AsyncNotify: TypeAlias = AsyncHook[P, Awaitable[None] | None, Coroutine[Any, Any, None]]
AsyncCollect: TypeAlias = AsyncHook[P, Awaitable[R | None] | R | None, Coroutine[Any, Any, list[R]]]
AsyncFirst: TypeAlias = AsyncHook[P, Awaitable[R | None] | R | None, Coroutine[Any, Any, R | None]]
AsyncChain: TypeAlias = AsyncHook[P, Awaitable[T] | T, Coroutine[Any, Any, T]]

Errors: TypeAlias = tuple[type[BaseException], ...]


class DeclaresNotify(Protocol):
    """`Hooks.notify` with options."""

    @overload
    def __call__(self, declaration: Callable[P, Coroutine[Any, Any, None]], /) -> AsyncNotify[P]: ...
    @overload
    def __call__(self, declaration: Callable[P, None], /) -> Notify[P]: ...


class DeclaresCollect(Protocol):
    """`Hooks.collect` with options."""

    @overload
    def __call__(self, declaration: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncCollect[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, declaration: Callable[P, R], /) -> Collect[P, R]: ...


class DeclaresFirst(Protocol):
    """`Hooks.first` with options."""

    @overload
    def __call__(self, declaration: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncFirst[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, declaration: Callable[P, R], /) -> First[P, R]: ...


class DeclaresChain(Protocol):
    """`Hooks.chain` with options."""

    @overload
    def __call__(self, declaration: Callable[P, Coroutine[Any, Any, T]], /) -> AsyncChain[P, T]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, declaration: Callable[P, T], /) -> Chain[P, T]: ...


class Hooks(HooksMethods):
    """The methods that declare hooks. Messages of type checkers name this class, hence it has the name of the other."""

    isolable: frozenset[str]
    """The names of the hooks that plugins in another process can implement."""

    def __init__(self, host: Any) -> None: ...

    @overload
    def notify(self, declaration: Callable[P, Coroutine[Any, Any, None]], /) -> AsyncNotify[P]: ...
    @overload
    def notify(self, declaration: Callable[P, None], /) -> Notify[P]: ...
    @overload
    def notify(
        self,
        *,
        faults: Faults = "contain",
        passing: Errors = (),
        announced: bool = False,
        concurrent: bool = False,
        isolable: bool = False,
    ) -> DeclaresNotify: ...
    def notify(self, *declaration: Any, **options: Any) -> Any: ...

    @overload
    def collect(self, declaration: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncCollect[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def collect(self, declaration: Callable[P, R], /) -> Collect[P, R]: ...
    @overload
    def collect(
        self, *, faults: Faults = "contain", passing: Errors = (), concurrent: bool = False, isolable: bool = False
    ) -> DeclaresCollect: ...
    def collect(self, *declaration: Any, **options: Any) -> Any: ...

    @overload
    def first(self, declaration: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncFirst[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def first(self, declaration: Callable[P, R], /) -> First[P, R]: ...
    @overload
    def first(self, *, faults: Faults = "contain", passing: Errors = (), isolable: bool = False) -> DeclaresFirst: ...
    def first(self, *declaration: Any, **options: Any) -> Any: ...

    @overload
    def chain(self, declaration: Callable[P, Coroutine[Any, Any, T]], /) -> AsyncChain[P, T]: ...  # type: ignore[overload-overlap]
    @overload
    def chain(self, declaration: Callable[P, T], /) -> Chain[P, T]: ...
    @overload
    def chain(self, *, faults: Faults = "contain", passing: Errors = (), isolable: bool = False) -> DeclaresChain: ...
    def chain(self, *declaration: Any, **options: Any) -> Any: ...
