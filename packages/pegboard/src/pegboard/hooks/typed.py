"""What are the decorators of `Host.hooks` to type checkers? Nothing of this file is imported when a program runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar, overload

from pegboard.hooks import AsyncHook, Chain, Collect, Faults, First, Notify

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

AsyncNotify: TypeAlias = AsyncHook[P, Awaitable[None] | None, Coroutine[Any, Any, None]]
AsyncCollect: TypeAlias = AsyncHook[P, Awaitable[R | None] | R | None, Coroutine[Any, Any, list[R]]]
AsyncFirst: TypeAlias = AsyncHook[P, Awaitable[R | None] | R | None, Coroutine[Any, Any, R | None]]
AsyncChain: TypeAlias = AsyncHook[Concatenate[T, P], Awaitable[T] | T, Coroutine[Any, Any, T]]

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
    def __call__(self, declaration: Callable[Concatenate[T, P], Coroutine[Any, Any, T]], /) -> AsyncChain[T, P]: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, declaration: Callable[Concatenate[T, P], T], /) -> Chain[T, P]: ...


class TypedHooks:
    """What the methods of `Hooks` are that declare; see there."""

    @overload
    def notify(self, declaration: Callable[P, Coroutine[Any, Any, None]], /) -> AsyncNotify[P]: ...
    @overload
    def notify(self, declaration: Callable[P, None], /) -> Notify[P]: ...
    @overload
    def notify(
        self, *, faults: Faults = "contain", passing: Errors = (), announced: bool = False, concurrent: bool = False
    ) -> DeclaresNotify: ...
    def notify(self, *declaration: Any, **options: Any) -> Any: ...

    @overload
    def collect(self, declaration: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncCollect[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def collect(self, declaration: Callable[P, R], /) -> Collect[P, R]: ...
    @overload
    def collect(
        self, *, faults: Faults = "contain", passing: Errors = (), concurrent: bool = False
    ) -> DeclaresCollect: ...
    def collect(self, *declaration: Any, **options: Any) -> Any: ...

    @overload
    def first(self, declaration: Callable[P, Coroutine[Any, Any, R]], /) -> AsyncFirst[P, R]: ...  # type: ignore[overload-overlap]
    @overload
    def first(self, declaration: Callable[P, R], /) -> First[P, R]: ...
    @overload
    def first(self, *, faults: Faults = "contain", passing: Errors = ()) -> DeclaresFirst: ...
    def first(self, *declaration: Any, **options: Any) -> Any: ...

    @overload
    def chain(self, declaration: Callable[Concatenate[T, P], Coroutine[Any, Any, T]], /) -> AsyncChain[T, P]: ...  # type: ignore[overload-overlap]
    @overload
    def chain(self, declaration: Callable[Concatenate[T, P], T], /) -> Chain[T, P]: ...
    @overload
    def chain(self, *, faults: Faults = "contain", passing: Errors = ()) -> DeclaresChain: ...
    def chain(self, *declaration: Any, **options: Any) -> Any: ...
