"""Hooks: what do plugins answer when the application asks, or tells them, something?

In: functions that the application declares, and functions with which plugins implement them. Out: what a call returns.
An implementation is a contribution of the kind `hook NAME`, known, ordered and checked from its record; a call imports
the plugins that implement the hook, and no others.

A start that declares hooks loads this file, and no other of this package until one is called or implemented: hence a
hook is a `Declared` first, and becomes what it is in `hook` when it is used.
"""

# ruff: noqa: ANN001, ANN201 -- the methods that declare have their types apart, for type checkers alone

from pegboard.index import deferred

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine
    from typing import Any, ParamSpec, Protocol, TypeAlias, TypeVar, overload

    from pegboard.hooks.hook import AsyncHook as AsyncHook
    from pegboard.hooks.hook import AsyncImplementer as AsyncImplementer
    from pegboard.hooks.hook import Chain as Chain
    from pegboard.hooks.hook import Collect as Collect
    from pegboard.hooks.hook import Faults as Faults
    from pegboard.hooks.hook import First as First
    from pegboard.hooks.hook import Hook as Hook
    from pegboard.hooks.hook import HooksMethods
    from pegboard.hooks.hook import Implementer as Implementer
    from pegboard.hooks.hook import Notify as Notify

    P = ParamSpec("P")
    R = TypeVar("R")
    T = TypeVar("T")
else:
    HooksMethods = object

_FLAGS = 0x04 | 0x08  # of code with `*args` or `**kwargs`


def __getattr__(name: str) -> object:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(__import__("pegboard.hooks.hook", None, None, (name,)), name)


class Declared:
    """A hook that nobody has used yet. It has the places of a `Hook`, which it becomes when anything is asked of it."""

    __slots__ = (
        "_binding",
        "announced",
        "count",
        "declaration",
        "faults",
        "hooks",
        "is_concurrent",
        "kind",
        "mode",
        "name",
        "parameters",
        "passing",
    )

    def __call__(self, *args: "Any", **kwargs: "Any") -> "Any":
        return _used(self)(*args, **kwargs)

    def __getattr__(self, name: str) -> "Any":
        return getattr(_used(self), name)

    def __repr__(self) -> str:
        return repr(_used(self))


def _used(declared: "Any") -> "Any":
    return __import__("pegboard.hooks.hook", None, None, ("become",)).become(declared)


if TYPE_CHECKING:
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
    """The hooks of one application: `Host.hooks`. Decorators declare them: `notify`, `collect`, `first` and `chain`."""

    def __init__(self, host: "Any") -> None:
        self.host: Any = host
        self.ready: Callable[[], None] = host.start
        """Makes the plugins ready."""
        self.declared: dict[str, Any] = {}
        """Every hook that has been declared, by its name."""
        self.monitors: tuple[Any, ...] = ()
        """The functions that are called with each answer."""
        self.woken: dict[str, str] = {}
        """Plugins that were imported for a call, by name, and the hook that was called first; for tools."""

    def _declare(
        self,
        mode: str,
        declaration: "Any",
        faults: str,
        passing: "Any",
        *,
        announced: bool = False,
        concurrent: bool = False,
    ) -> "Any":
        if declaration is None:
            return lambda declared: self._declare(
                mode, declared, faults, passing, announced=announced, concurrent=concurrent
            )
        code = getattr(declaration, "__code__", None)
        hook: Any = Declared()
        hook.hooks, hook.declaration, hook.mode = self, declaration, mode
        hook.faults, hook.passing, hook.is_concurrent, hook.announced = faults, passing, concurrent, None
        if (
            code is None
            or code.co_flags & _FLAGS
            or faults not in ("contain", "raise", "collect")
            or announced
            or concurrent
            or declaration.__name__ in self.declared
            or (mode == "chain" and not code.co_argcount)
        ):
            from pegboard.hooks.declaring import check

            hook.announced = check(hook, announced=announced)
        self.declared[declaration.__name__] = hook
        return hook

    vars().update(
        deferred(
            "pegboard.hooks.hook.HooksMethods",
            "manager __iter__ __len__ __getitem__ __contains__ monitor ended forget_bindings",
        )
    )

    if TYPE_CHECKING:

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
        def chain(self, declaration: Callable[P, Coroutine[Any, Any, T]], /) -> AsyncChain[P, T]: ...  # type: ignore[overload-overlap]
        @overload
        def chain(self, declaration: Callable[P, T], /) -> Chain[P, T]: ...
        @overload
        def chain(self, *, faults: Faults = "contain", passing: Errors = ()) -> DeclaresChain: ...
        def chain(self, *declaration: Any, **options: Any) -> Any: ...

    else:  # overloads would be made at every start

        def notify(self, declaration=None, /, *, faults="contain", passing=(), announced=False, concurrent=False):
            """Declare a hook that notifies plugins: a call returns None.

            Args:
                declaration: A function with the hook's name and parameters; its body is not used. With `async def` the
                    hook is awaited.
                faults: What happens when an implementation raises. `contain`: it is reported, and the others run.
                    `raise`: the call raises a `PluginCallError` at once. `collect`: all others are called, and then the
                    call raises an `ExceptionGroup`. Exceptions of the application's own implementations are not caught.
                passing: Exceptions of implementations that are not caught, whatever *faults* is.
                announced: Whether a plugin that is imported later then gets all calls that were made before. A call
                    imports no plugin.
                concurrent: Whether the implementations of an asynchronous hook run at the same time.

            Raises:
                HostError: If the declaration is not a suitable function, another hook has its name, or options
                    contradict each other.
            """
            return self._declare("notify", declaration, faults, passing, announced=announced, concurrent=concurrent)

        def collect(self, declaration=None, /, *, faults="contain", passing=(), concurrent=False):
            """Declare a hook that collects answers: a call returns all results except None, in order.

            Args:
                declaration: As in `notify`; its result is that of one implementation.
                faults: As in `notify`.
                passing: As in `notify`.
                concurrent: As in `notify`.
            """
            return self._declare("collect", declaration, faults, passing, concurrent=concurrent)

        def first(self, declaration=None, /, *, faults="contain", passing=()):
            """Declare a hook that returns the first result that is not None; later implementations are not called.

            Args:
                declaration: As in `notify`; its result is that of one implementation.
                faults: As in `notify`.
                passing: As in `notify`.
            """
            return self._declare("first", declaration, faults, passing)

        def chain(self, declaration=None, /, *, faults="contain", passing=()):
            """Declare a hook that changes its first argument: each implementation gets the result of the one before.

            An implementation that returns None is at fault, and the value stays as it was.

            Args:
                declaration: As in `notify`; its result has the type of its first parameter.
                faults: As in `notify`.
                passing: As in `notify`.
            """
            return self._declare("chain", declaration, faults, passing)
