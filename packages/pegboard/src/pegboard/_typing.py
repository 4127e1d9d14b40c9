"""`TYPE_CHECKING` without importing `typing`, which costs about as much as starting the interpreter.

Type checkers know the name wherever it comes from. The modules of the hot path say it themselves: each module that a
start imports counts.
"""

from __future__ import annotations

TYPE_CHECKING = False

__all__ = ["TYPE_CHECKING"]

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager
    from typing import Any, Generic, Never, ParamSpec, Protocol, TypeAlias, TypeVar, overload

    D = TypeVar("D")
    F = TypeVar("F")
    P = ParamSpec("P")
    R = TypeVar("R")
    R_co = TypeVar("R_co", covariant=True)
    T = TypeVar("T")
    T_co = TypeVar("T_co", covariant=True)

    class Readable(Protocol[T_co]):
        """What a registry is to who calls its contributions: of anything that can be called in that way."""

        def __getitem__(self, name: str, /) -> T_co: ...

    class Registers(Protocol):
        """A decorator that returns exactly what it decorates."""

        def __call__(self, decorated: F, /) -> F: ...

    Maker: TypeAlias = Callable[
        ...,
        T | Awaitable[T] | Iterator[T] | AsyncIterator[T] | AbstractContextManager[T] | AbstractAsyncContextManager[T],
    ]
    """What makes a component of that type when it is called."""

    class ClassOf(Protocol[T]):
        """A class as a key. Unlike with `type[T]`, T is this very class, and not a base of it and of something else.

        With `type[T]`, `provide(Clock, 3)` would be right for T = object. `list[type[T]]` is invariant.
        """

        def __subclasses__(self) -> list[type[T]]: ...

    class ClassToMypy(Protocol):
        """A class, to mypy alone, which knows no class as a `ClassOf` (2.4): it compares it with `type` itself."""

        def __subclasses__(self) -> list[type[Never]]: ...

    class NoClass(Protocol):
        """A key that is no class, e.g. text, `Annotated`, or `X | None`: the `__dict__` of a class is no `dict`."""

        __dict__: dict[str, Any]

    class Alias(Protocol):
        """A key that is a generic alias of a special form, e.g. `Callable[[int], str]`."""

        @property
        def __origin__(self) -> Any: ...

    class TypedCall(Generic[P, R_co]):
        """What is called as a contribution is: a base of `Reference`."""

    class TypedRegistry(Generic[T]):
        """What the methods of `Registry` are that take and return different types; see there."""

        @overload
        def register(self, name: str, item: T, /, *, override: bool = False, **metadata: Any) -> T: ...

        @overload
        def register(self, name: str, /, *, override: bool = False, **metadata: Any) -> Registers: ...

        def register(self, name: str, item: Any = None, /, *, override: bool = False, **metadata: Any) -> Any: ...

        def __getitem__(self, name: str) -> T: ...

        @overload
        def get(self, name: str) -> T | None: ...

        @overload
        def get(self, name: str, default: D) -> T | D: ...

        def get(self, name: str, default: Any = None) -> Any: ...

        @overload
        async def aget(self, name: str) -> T | None: ...

        @overload
        async def aget(self, name: str, default: D) -> T | D: ...

        async def aget(self, name: str, default: Any = None) -> Any: ...

        def call(self: Readable[Callable[P, R]], name: str, /, *args: P.args, **kwargs: P.kwargs) -> R: ...

        @overload
        async def acall(
            self: Readable[Callable[P, Awaitable[R]]], name: str, /, *args: P.args, **kwargs: P.kwargs
        ) -> R: ...

        @overload
        async def acall(self: Readable[Callable[P, R]], name: str, /, *args: P.args, **kwargs: P.kwargs) -> R: ...

        async def acall(self, name: str, /, *args: Any, **kwargs: Any) -> Any: ...
