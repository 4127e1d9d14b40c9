"""Hooks: what do plugins answer when the application asks, or tells them, something?

In: functions that the application declares, and functions with which plugins implement them. Out: what a call returns.
An implementation is a contribution of the kind `hook NAME`, known, ordered and checked from its record; a call imports
the plugins that implement the hook, and no others.

A start that declares hooks loads this file, and no other of this package until one is called or implemented: hence a
hook is a `Declared` first, and becomes what it is in `hook` when it is used.
"""

# ruff: noqa: ANN001, ANN201, F403 -- the types are in `typed`: each start that declares hooks reads this file

from pegboard.index import deferred

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from typing import Any

    from pegboard.hooks.typed import *
    from pegboard.hooks.typed import Hooks as TypedHooks
else:
    TypedHooks = object

_FLAGS = 0x04 | 0x08  # of code with `*args` or `**kwargs`
_FAULTS = ("contain", "raise", "collect")


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

    def __call__(self, *args: object, **kwargs: object) -> object:
        return _used(self)(*args, **kwargs)

    def __getattr__(self, name: str) -> object:
        return getattr(_used(self), name)

    def __repr__(self) -> str:
        return repr(_used(self))


def _used(declared: "Any") -> "Any":
    return __import__("pegboard.hooks.hook", None, None, ("become",)).become(declared)


class Hooks(TypedHooks):
    """The hooks of one application: `Host.hooks`. Decorators declare them: `notify`, `collect`, `first` and `chain`."""

    isolable = frozenset()
    """The names of the hooks that plugins in another process can implement."""

    def __init__(self, host: "Any") -> None:
        self.host = host
        self.ready = host.start
        """Makes the plugins ready."""
        self.declared: dict[str, Any] = {}
        """Every hook that has been declared, by its name."""
        self.monitors: tuple[Any, ...] = ()
        """The functions that are called with each answer."""
        self.woken: dict[str, str] = {}
        """Plugins that were imported for a call, by name, and the hook that was called first; for tools."""

    def _declare(  # noqa: PLR0917 -- named arguments would cost each hook more
        self,
        mode: str,
        declaration: "Any",
        faults: str,
        passing: "Any",
        announced: "Any" = None,
        concurrent: "Any" = None,
        isolable: "Any" = None,
    ) -> "Any":
        if declaration is None:
            return lambda declared: self._declare(mode, declared, faults, passing, announced, concurrent, isolable)
        hook: Any = Declared()
        hook.hooks = self
        hook.declaration = declaration
        hook.mode = mode
        hook.faults = faults
        hook.passing = passing
        hook.is_concurrent = concurrent or False
        hook.announced = None
        try:
            name, code = declaration.__name__, declaration.__code__
            is_usual = not (announced or concurrent or isolable or name in self.declared or code.co_flags & _FLAGS)
        except AttributeError:
            is_usual = False
        if is_usual and mode == "chain":
            types = declaration.__annotations__
            is_usual = code.co_argcount and types.get("return") == types.get(code.co_varnames[0])
        if not is_usual or faults not in _FAULTS:
            from pegboard.hooks.declaring import check

            hook.announced = check(hook, announced=bool(announced))
            if isolable:
                self.isolable |= {name}
        self.declared[name] = hook
        return hook

    vars().update(
        deferred(
            "pegboard.hooks.hook.HooksMethods",
            "manager __iter__ __len__ __getitem__ __contains__ monitor ended forget_bindings",
        )
    )

    if not TYPE_CHECKING:  # `TypedHooks` says what these are to type checkers: overloads would be made at every start

        def notify(
            self,
            declaration=None,
            /,
            *,
            faults="contain",
            passing=(),
            announced=False,
            concurrent=False,
            isolable=False,
        ):
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
                isolable: Whether it can be implemented by plugins in another process: its arguments and results are
                    plain data, bytes, files, arrays, iterators of these, and callbacks.

            Raises:
                HostError: If the declaration is not a suitable function, another hook has its name, or options
                    contradict each other.
            """
            return self._declare("notify", declaration, faults, passing, announced, concurrent, isolable)

        def collect(self, declaration=None, /, *, faults="contain", passing=(), concurrent=False, isolable=False):
            """Declare a hook that collects answers: a call returns all results except None, in order.

            Args:
                declaration: As in `notify`; its result is that of one implementation.
                faults: As in `notify`.
                passing: As in `notify`.
                concurrent: As in `notify`.
                isolable: As in `notify`.
            """
            return self._declare("collect", declaration, faults, passing, None, concurrent, isolable)

        def first(self, declaration=None, /, *, faults="contain", passing=(), isolable=False):
            """Declare a hook that returns the first result that is not None; later implementations are not called.

            Args:
                declaration: As in `notify`; its result is that of one implementation.
                faults: As in `notify`.
                passing: As in `notify`.
                isolable: As in `notify`.
            """
            return self._declare("first", declaration, faults, passing, None, None, isolable)

        def chain(self, declaration=None, /, *, faults="contain", passing=(), isolable=False):
            """Declare a hook that changes its first argument: each implementation gets the result of the one before.

            An implementation that returns None is at fault, and the value stays as it was.

            Args:
                declaration: As in `notify`; its result has the type of its first parameter.
                faults: As in `notify`.
                passing: As in `notify`.
                isolable: As in `notify`.
            """
            return self._declare("chain", declaration, faults, passing, None, None, isolable)
