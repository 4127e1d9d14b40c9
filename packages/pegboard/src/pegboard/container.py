"""What plugins may add to by type: the container of components, which anybody may override or wrap.

Warm: plugins register at import, and most starts ask a container for nothing. So this is the half of the container that
registers; what asks comes from `pegboard.injection.opened` at its first use.

Every provider and decorator is a row of the ledger and so has an owner. The latest row in the ledger's order serves.
When a plugin's row cannot serve, the one below it does, and the user is told; what the application itself raises
passes unchanged.

A chain of dependencies may be as deep as memory allows: depth costs no frames of Python's stack. With middlewares
each level costs three frames and two more for every middleware after the first, so that one middleware allows about
320 levels at Python's default recursion limit of 1000.
"""

import _thread

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any, Final, TypeVar

    from pegboard.errors import PegboardError
    from pegboard.injection.opened import Opened as _OtherHalf
    from pegboard.ledger import Contribution, Ledger

    K = TypeVar("K")
else:
    _OtherHalf = object

COMPONENT: "Final" = "component"
"""The kind of rows that provide."""
DECORATOR: "Final" = "decorator"
"""The kind of rows that wrap what was there."""

SINGLETON: "Final" = "singleton"
"""One instance for the container's life."""
TRANSIENT: "Final" = "transient"
"""A new instance for everyone who asks."""
MIDDLEWARE: "Final" = "middleware"
"""The kind of rows that stand around the making of every component."""

_SAME: "Final" = object()
_IS_VALUE: "Final" = {"is_value": True}


class Container(_OtherHalf):
    """Components by key: types, `NewType`, generic aliases, `Annotated`, protocols and text.

    Made by `Host.container`. `typing.List[Entry]` and `list[Entry]` are one key. The container can be injected, too,
    under its own class.

    Keys of one container are safe to ask for from any thread and task. A change of providers while the program runs
    takes effect at the next request: what depends on the change is forgotten, and nothing else is.
    """

    __slots__ = ("_cache", "_core", "_is_open", "_ledger", "_live", "_opening", "_ready", "_report", "_store")

    def __init__(
        self,
        ledger: "Ledger",
        *,
        live: "Callable[[Contribution], Any]",
        ready: "Callable[[], None]",
        report: "Callable[[PegboardError], None]",
    ) -> None:
        """Make a container of everything in *ledger*.

        Args:
            ledger: Where providers and decorators are kept, with their owners.
            live: Returns the object of a contribution, importing its owner first if need be.
            ready: Called before the first look at the ledger and before each thing that is built.
            report: Told of each plugin that could not do what it offered and was done without.
        """
        # Registering needs no more than this: what resolves is loaded when something is asked for.
        self._ledger = ledger
        self._live = live
        self._ready = ready
        self._report = report
        self._opening = _thread.RLock()
        self._is_open = False

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            """Open the container at the first use of what only an open one has."""
            from pegboard.injection.opened import attribute

            return attribute(self, name)

    def provide(self, key: "K", provider: "Any" = _SAME, *, scope: str = SINGLETON) -> "K":
        """Say what *key* stands for. The latest provider of a key serves, by the order of their owners.

        A class, function or method is called, with parameters injected by their annotations; parameters with a
        default are left alone when nobody provides what they ask for. A generator function, or one that
        `contextlib.contextmanager` has decorated, yields the component and cleans up after its yield; both may be
        asynchronous. Anything else is the component itself: text, numbers, instances, partial functions.

        Nothing is called, read or imported now.

        Args:
            key: What it is asked for by.
            provider: What makes it; *key* itself when left out.
            scope: `SINGLETON` for one instance, `TRANSIENT` for a new one each time, or the name of the scope that
                each instance lives in.

        Returns:
            *key*, so that it can decorate a class.

        Raises:
            HostError: If *key* is not hashable.
        """
        text = _text(key)
        live = key if provider is _SAME else provider
        self._ledger.add(COMPONENT, key, live, text=text, metadata=None if scope == SINGLETON else {"scope": scope})
        return key

    def provide_value(self, key: "K", value: "Any") -> "K":
        """Say that *key* stands for *value*, also when that is a class or function.

        Raises:
            HostError: If *key* is not hashable.
        """
        self._ledger.add(COMPONENT, key, value, text=_text(key), metadata=_IS_VALUE)
        return key

    def decorate(self, key: "Any", wrapper: "Callable[..., Any]") -> None:
        """Let *wrapper* wrap whatever is provided for *key*, by whomever and whenever.

        Several compose: the first in order is the innermost.

        Args:
            key: What is to be wrapped.
            wrapper: A class or function; its first parameter is what was there, the others are injected.

        Raises:
            HostError: If *key* is not hashable, or *wrapper* cannot be called.
        """
        given: Any = wrapper
        if not callable(given):
            from pegboard.errors import HostError
            from pegboard.injection.keys import show

            raise HostError(f"{wrapper!r} cannot decorate {show(key)}: it cannot be called")
        self._ledger.add(DECORATOR, key, wrapper, text=_text(key))

    def use(
        self,
        middleware: "Callable[[Any, Callable[..., Any]], Any]",
        *,
        awaited: "Callable[[Any, Callable[..., Any]], Awaitable[Any]] | None" = None,
    ) -> None:
        """Let *middleware* stand around the making of every component; the one used first is the outermost.

        It is called as `middleware(key, proceed)` each time that a component has to be made, and returns it:
        `proceed(key)`, something of its own, or what another key stands for by `proceed(other)`. What it returns for
        a key that nobody provides is asked for anew each time. Components that are there already are not made, and
        no middleware is called for them.

        Under `aget`, `proceed(key)` has to be awaited or returned; a middleware that looks at its result is `async
        def` and works there only.

        All that has been built so far is forgotten, since it was built without *middleware*.

        Args:
            middleware: What stands around.
            awaited: What does the same under `aget`, when *middleware* looks at results.
        """
        self._ledger.add(MIDDLEWARE, middleware, (middleware, awaited), text=_text(middleware))


def _text(key: "Any") -> str:
    if isinstance(key, type):  # by far the most; `key_text` says the same of them
        return f"{key.__module__}:{key.__qualname__}"
    from pegboard.injection.keys import key_text

    return key_text(key)
