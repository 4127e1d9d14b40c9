"""Hooks: what do plugins answer when the application asks, or tells them, something?

In: functions that the application declares, and functions with which plugins implement them. Out: what a call returns.
An implementation is a contribution of the kind `hook NAME`, known, ordered and checked from its record; a call imports
the plugins that implement the hook, and no others.

Loaded when a hook is first called, implemented or asked for anything; until then it is a `Declared`.
"""

from pegboard.ledger import HOOK

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from contextlib import AbstractContextManager
    from typing import (
        Any,
        Concatenate,
        Final,
        Generic,
        Literal,
        ParamSpec,
        Self,
        TypeVar,
    )

    from pegboard.hooks.announcements import Announced
    from pegboard.hooks.binding import Binding
    from pegboard.hooks.monitoring import Answer
    from pegboard.ledger import Plugin
    from pegboard.manager import PluginManager

    P = ParamSpec("P")
    P2 = ParamSpec("P2")
    R = TypeVar("R")
    T = TypeVar("T")
    Out = TypeVar("Out")
    Order = Literal["early", "normal", "late"]
    Faults = Literal["contain", "raise", "collect"]
else:
    P = R = T = Out = None
    Generic = {(P, R, Out): object}

_ASYNC: "Final" = 0x80  # of code of a coroutine function


class _Unbound:
    """Stands for the binding of a hook that has none yet, and for its ledger."""

    def __init__(self, generation: int) -> None:
        self.generation = generation


_NOTHING: "Final" = object()
_UNBOUND: "Any" = _Unbound(-1)
_UNBOUND.ledger = _Unbound(0)


class Hook(Generic[P, R, Out]):
    """A function that the application calls and plugins implement; a decorator of `Host.hooks` declares it.

    The first call starts the host. The application exports `implement` to plugins, and calls the hook itself.
    """

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
    if TYPE_CHECKING:
        hooks: Any
        declaration: Callable[..., Any]
        """The function that declares the hook; it is never called."""
        mode: str
        """How results are combined: `notify`, `collect`, `first` or `chain`."""
        name: str
        """The hook's name, in messages and records."""
        kind: str
        """The kind of the contributions that implement it."""
        parameters: tuple[str, ...]
        """The names of its parameters; keyword-only parameters come last."""
        count: int
        """The number of positional arguments of a call; -1 if there are keyword-only parameters."""
        faults: Faults
        """What happens when an implementation raises: `contain`, `raise` or `collect`."""
        passing: tuple[type[BaseException], ...]
        """Exceptions of implementations that are not caught."""
        is_concurrent: bool
        """Whether asynchronous implementations run at the same time."""
        announced: Announced | None
        """The calls so far; None if the hook is not announced."""
        _binding: Binding
    is_async: "bool" = False
    """Whether a call is awaited."""

    def __class_getitem__(cls, item: object) -> "type":
        """Make `Hook[int]` legal where it is evaluated; `typing.Generic` is slow to import."""
        del item
        return cls

    def complete(self) -> None:
        """Set the attributes that follow from the declaration."""
        code: Any = self.declaration.__code__
        self.name = self.declaration.__name__
        self.kind = HOOK + self.name
        self.parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        self.count = -1 if code.co_kwonlyargcount else code.co_argcount
        self._binding = _UNBOUND

    def __repr__(self) -> str:
        return f"<hook {self.name!r}>"

    def __call__(self, *args: "P.args", **kwargs: "P.kwargs") -> "Out":
        """Call the implementations in order, and combine their results as `mode` says.

        Raises:
            TypeError: If the arguments do not fit the declaration; no plugin is blamed.
            PluginCallError: With `faults="raise"`, for the first implementation that fails.
            ExceptionGroup: With `faults="collect"`, of all faults, after all implementations have been called.
        """
        raise NotImplementedError

    def run(self, binding: "Binding", arguments: "Sequence[Any]") -> "Out":
        """Return what the functions of *binding* answer to *arguments*, which are in the declaration's order."""
        if binding.caller is None:
            from copy import copy

            binding.caller = copy(self)
            binding.caller.use(binding.fixed())
            binding.caller.count = len(arguments)
        answer: Out = binding.caller(*arguments)
        return answer

    def _call(self, args: "Sequence[Any]", kwargs: "dict[str, Any]") -> "Out":
        """Do what a call does that is not the usual one: defaults, names, changes since the last call, wrappers."""
        binding = self._binding
        if kwargs or len(args) != self.count:
            args = self.arguments(args, kwargs)
            if binding.generation == binding.ledger.generation and self.count >= 0:
                return self(*args)  # type: ignore[call-arg]
        if binding.generation != binding.ledger.generation:
            binding = self.bind()
        if binding.is_plain and self.announced is None:
            return self.run(binding, args)
        from pegboard.hooks.calling import call

        result: Out = call(self, binding, args)
        return result

    def arguments(self, args: "Sequence[Any]", kwargs: "dict[str, Any]") -> "Sequence[Any]":
        """Return all arguments in the declaration's order, defaults included.

        Raises:
            TypeError: If they are not those that the declaration takes.
        """
        if not args and len(kwargs) == len(self.parameters):
            try:
                return [kwargs[name] for name in self.parameters]
            except KeyError:
                pass
        from pegboard.hooks.declaring import arguments_of

        return arguments_of(self, args, kwargs)

    def bind(self) -> "Binding":
        """Find the implementations that a call would use now; imports no plugin.

        Returns:
            An object with `contributions` and `wrappers`, sequences of `Contribution` in order.
        """
        from pegboard.hooks.binding import bind

        return bind(self)

    def use(self, binding: "Binding | None") -> None:
        """Keep *binding* for the next calls; None forgets the one that is kept."""
        self._binding = _UNBOUND if binding is None else binding

    def without(self, *plugins: "str | Plugin") -> "Callable[P, Out]":
        """Return a function that calls the implementations of all plugins except *plugins*.

        Args:
            *plugins: The plugins to leave out, or their names. Unknown names are ignored.
        """
        from pegboard.hooks.calling import Subset

        return Subset(self, frozenset(each if isinstance(each, str) else each.name for each in plugins))

    @property
    def implement(self) -> "Implementer[P, R, Out]":
        """The decorator with which plugins implement the hook; for the application's API."""
        return Implementer(self)

    def as_published(self, published: "Callable[P2, R]") -> "Implementer[P2, R, Out]":
        """Return an `implement` for an earlier version of the API, in which the hook had fewer parameters.

        Args:
            published: A function with the parameters that the hook had. The hook must still have each of them.

        Raises:
            HostError: If the hook no longer has one of these parameters.
        """
        from pegboard.hooks.declaring import check_published

        check_published(self, published)
        return Implementer(self)

    def renamed_from(self, name: str) -> "Implementer[P, R, Out]":
        """Return an `implement` for the hook's former *name*; plugins that use it cause one deprecation warning."""
        return Implementer(self, former_name=name)

    def override(self, implementation: "Callable[P, R]") -> "AbstractContextManager[None]":
        """Return a context manager, for tests, in which *implementation* is the only implementation."""
        from pegboard.hooks.substitution import Substitution

        return Substitution(self, implementation)


class Notify(Hook[P, None, None]):
    """A hook that notifies plugins: a call returns None, and results are dropped."""

    __slots__ = ()

    def __call__(self, *args: "P.args", **kwargs: "P.kwargs") -> None:
        """See `Hook.__call__`."""
        binding = self._binding
        if kwargs or len(args) != self.count or binding.generation != binding.ledger.generation:
            self._call(args, kwargs)
            return
        functions, errors = iter(binding.functions), None
        for function in functions:
            try:
                function(*args)
            except BaseException as error:
                errors = binding.failed(functions, error, errors)
        if errors is not None:
            binding.raise_all(errors)


class Collect(Hook[P, "R | None", "list[R]"]):
    """A hook that collects answers: a call returns all results except None, in order."""

    __slots__ = ()

    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[R]:
            """See `Hook.__call__`."""

    else:  # a first parameter of its own spares the usual call a tuple

        def __call__(self, argument=_NOTHING, /, *args, **kwargs):  # noqa: ANN001, ANN002, ANN003, ANN204, C901, PLR0912
            """See `Hook.__call__`."""
            binding = self._binding
            if kwargs or args or argument is _NOTHING or self.count != 1:
                if argument is not _NOTHING:
                    args = (argument, *args)
                if kwargs or len(args) != self.count or binding.generation != binding.ledger.generation:
                    return self._call(args, kwargs)
                return self._collect(binding, args)
            if binding.generation != binding.ledger.generation:
                return self._call((argument,), kwargs)
            given = binding.functions
            if not given:
                return []
            functions, errors = iter(given), None
            if len(given) == 1:
                (function,) = functions
                try:
                    result = function(argument)
                except BaseException as error:
                    errors = binding.failed(functions, error, errors)
                else:
                    return [] if result is None else [result]
            results = []
            for function in functions:
                try:
                    result = function(argument)
                except BaseException as error:
                    errors = binding.failed(functions, error, errors)
                else:
                    if result is not None:
                        results.append(result)
            if errors is not None:
                binding.raise_all(errors)
            return results

    def _collect(self, binding: "Binding", args: "Sequence[Any]") -> "list[R]":
        functions, errors = iter(binding.functions), None
        results: list[R] = []
        for function in functions:
            try:
                result = function(*args)
            except BaseException as error:
                errors = binding.failed(functions, error, errors)
            else:
                if result is not None:
                    results.append(result)
        if errors is not None:
            binding.raise_all(errors)
        return results


class First(Hook[P, "R | None", "R | None"]):
    """A hook that returns the first result that is not None, or None."""

    __slots__ = ()

    def __call__(self, *args: "P.args", **kwargs: "P.kwargs") -> "R | None":
        """See `Hook.__call__`."""
        binding = self._binding
        if kwargs or len(args) != self.count or binding.generation != binding.ledger.generation:
            return self._call(args, kwargs)
        functions, errors = iter(binding.functions), None
        for function in functions:
            try:
                result: R | None = function(*args)
            except BaseException as error:
                errors = binding.failed(functions, error, errors)
            else:
                if result is not None:
                    return result
        if errors is not None:
            binding.raise_all(errors)
        return None


class Chain(Hook[P, T, T]):
    """A hook that changes its first argument: each implementation gets the result of the one before."""

    __slots__ = ()

    if not TYPE_CHECKING:  # `Hook` has it with the types that the parameters have here

        def __call__(self, *args: "Any", **kwargs: "Any") -> "Any":
            """See `Hook.__call__`."""
            binding = self._binding
            if kwargs or len(args) != self.count or binding.generation != binding.ledger.generation:
                return self._call(args, kwargs)
            value = args[0]
            rest = args[1:]
            functions, errors = iter(binding.functions), None
            for function in functions:
                try:
                    result = function(value, *rest)
                    if result is None:
                        binding.refuse_nothing()
                except BaseException as error:
                    errors = binding.failed(functions, error, errors)
                else:
                    value = result
            if errors is not None:
                binding.raise_all(errors)
            return value


class AsyncHook(Hook[P, R, Out]):
    """A hook that is declared by `async def`: a call is awaited; implementations may be `async` or not."""

    __slots__ = ()
    is_async = True

    @property
    def implement(self) -> "AsyncImplementer[P, R, Out]":
        """The decorator with which plugins implement the hook; for the application's API."""
        return AsyncImplementer(self)

    def __call__(self, *args: "P.args", **kwargs: "P.kwargs") -> "Out":
        """Return an awaitable that calls the implementations; see `Hook`. Cancellation is not caught."""
        from pegboard.hooks.asynchronous import call

        result: Any = call(self, self.arguments(args, kwargs))
        return result  # type: ignore[no-any-return]


class Implementer(Generic[P, R, Out]):
    """The decorator with which a plugin implements a hook; the application's API exports it as `Hook.implement`."""

    __slots__ = ("after", "before", "former_name", "hook", "order")

    def __class_getitem__(cls, item: object) -> "type":
        """Make `Implementer[int]` legal where it is evaluated; `typing.Generic` is slow to import."""
        del item
        return cls

    def __init__(
        self,
        hook: "Hook[..., Any, Any]",
        order: "Order" = "normal",
        after: "Sequence[str]" = (),
        before: "Sequence[str]" = (),
        former_name: str = "",
    ) -> None:
        self.hook: Hook[..., Any, Any] = hook
        self.order: Order = order
        self.after: Sequence[str] = after
        self.before: Sequence[str] = before
        self.former_name: str = former_name

    def __repr__(self) -> str:
        return f"<implementer of {self.hook!r}>"

    def __call__(self, function: "Callable[P, R]") -> "Callable[P, R]":
        """Implement the hook with *function*; its parameters have the names of the hook's parameters.

        *function* may leave out parameters that it does not need, and have others with defaults.

        Returns:
            *function*.

        Raises:
            ImplementationError: If *function* cannot be called as the hook is called.
        """
        from pegboard.hooks.implementing import implement

        implement(self, function)
        return function

    def ordered(
        self, order: "Order" = "normal", /, *, after: "Sequence[str]" = (), before: "Sequence[str]" = ()
    ) -> "Self":
        """Return a decorator whose implementations have another position in the order.

        Args:
            order: `early`, `normal` or `late`: all early ones come before all normal ones, and those before all late
                ones.
            after: Plugins whose implementations of the same *order* are called before.
            before: Plugins whose implementations of the same *order* are called after.

        Raises:
            ImplementationError: If *order* is another text, or *after* or *before* are no names.
        """
        from pegboard.hooks.implementing import checked_order

        after, before = checked_order(self.hook, order, after, before)
        return type(self)(self.hook, order, after, before, self.former_name)

    def wrapper(self, function: "Callable[P, Generator[None, Out, Out]]") -> "Callable[P, Generator[None, Out, Out]]":
        """Run *function* around all implementations: a generator that yields once.

        `yield` returns the result of the call, or raises its exception. The call returns what the wrapper returns.

        Returns:
            *function*.

        Raises:
            ImplementationError: If it is no generator function, or cannot be called as the hook is called.
        """
        from pegboard.hooks.implementing import implement

        implement(self, function, is_wrapper=True)
        return function


class AsyncImplementer(Implementer[P, R, Out]):
    """The decorator with which a plugin implements an asynchronous hook."""

    __slots__ = ()

    def wrapper(  # type: ignore[override]  # it is another form
        self, function: "Callable[Concatenate[Callable[[], Out], P], Out]"
    ) -> "Callable[Concatenate[Callable[[], Out], P], Out]":
        """Run *function* around all implementations: an `async` function.

        Its first parameter comes before those of the hook: a function without parameters. *function* awaits it once,
        and gets the result of the call. The call returns what *function* returns.

        Returns:
            *function*.

        Raises:
            ImplementationError: If it is no coroutine function, or cannot be called as the hook is called.
        """
        from pegboard.hooks.implementing import implement

        implement(self, function, is_wrapper=True)
        return function


def become(declared: "Any") -> "Any":
    """Return *declared*, which is a hook of its kind from now on: who has the object need not look for another."""
    kind = type(declared)
    if not issubclass(kind, Hook):
        is_async = declared.declaration.__code__.co_flags & _ASYNC
        Hook.complete(declared)
        declared.__class__ = AsyncHook if is_async else _KINDS[declared.mode]
    return declared


_KINDS: "Final" = {"notify": Notify, "collect": Collect, "first": First, "chain": Chain}


class HooksMethods:
    """The methods of `Hooks` that a start which declares hooks does not call. `Hooks` defers to them."""

    if TYPE_CHECKING:  # what they use of `Hooks`
        host: Any
        ready: Callable[[], None]
        monitors: tuple[Callable[[Answer], object], ...]
        declared: dict[str, Any]
        woken: dict[str, str]

    @property
    def manager(self) -> "PluginManager":
        """The plugin manager of the host; another one inside `pegboard.testing.hermetic`, for example."""
        manager: PluginManager = self.host.manager
        return manager

    def __iter__(self) -> "Iterator[Hook[..., Any, Any]]":
        return iter([become(each) for each in tuple(self.declared.values())])

    def __len__(self) -> int:
        return len(self.declared)

    def __getitem__(self, name: str) -> "Hook[..., Any, Any]":
        """Return the hook of that name.

        Raises:
            HookNotFoundError: If none is declared; a KeyError that knows the nearest name.
        """
        declared = self.declared.get(name)
        if declared is None:
            from pegboard.errors import HookNotFoundError

            raise HookNotFoundError(name, known=tuple(self.declared))
        hook: Hook[..., Any, Any] = become(declared)
        return hook

    def __contains__(self, name: object) -> bool:
        return name in self.declared

    def monitor(self, function: "Callable[[Answer], object]") -> "AbstractContextManager[None]":
        """Return a context manager in which *function* is called with each answer of any hook.

        Exceptions of *function* are not caught. Calls are slower inside the block.

        Args:
            function: Called with an `Answer` after each implementation, in the thread of the call.
        """
        from pegboard.hooks.monitoring import Monitor

        return Monitor(self, function)

    def ended(self, name: str, *, since: str, instead: str = "") -> "Implementer[..., Any, Any]":
        """Return an `implement` for a hook that is no longer called: implementations are ignored.

        A plugin that uses it causes one deprecation warning, with the line, and still works.

        Args:
            name: The hook's name.
            since: The version of the application since which it is not called.
            instead: What to use instead, as text for people.
        """
        from pegboard.hooks.declaring import Ended

        taker: Any = Ended(self, name, since, instead)
        return taker  # type: ignore[no-any-return]

    def forget_bindings(self) -> None:
        """Have each hook find out anew, at its next call, what it calls, and forget plugins that are gone."""
        for hook in self:
            hook.use(None)
            if hook.announced is not None:
                hook.announced.forget_revoked(self.manager.ledger)
