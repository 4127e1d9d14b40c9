"""What plugins may add to: registries, by name, and the container, by type. Names and descriptions import no plugin.

Hot: plugins register at import, and most starts ask a container for nothing. So of the container this file holds the
half that registers; what asks comes from `pegboard.injection.opened` at its first use.

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
    from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
    from typing import Any, Final, Generic, TypeVar, overload

    from pegboard.claims import Claims
    from pegboard.errors import PegboardError
    from pegboard.host import Roster
    from pegboard.injection.opened import Opened as _OtherHalf
    from pegboard.ledger import Contribution, Ledger, Plugin

    T = TypeVar("T")
    D = TypeVar("D")
    K = TypeVar("K")
else:
    _OtherHalf = object
    T = None
    Generic = {T: object}

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

_LEFT_OUT: "Final" = object()


class Registry(Generic[T]):
    """Contributions of one type by name: commands, exporters, themes.

    Made by `Host.registry`. Reading it makes the host ready first; `names`, `describe` and `in` import no
    primed plugin, `registry[name]` imports the one that owns the name.

    Two plugins with one name: the first in order keeps it, unless a later one registers with `override=True`
    or the application made the registry with `allow_override=True`. What loses is reported, and shown by `explain`.
    """

    def __init__(
        self, name: str, roster: "Roster", *, ready: "Callable[[], None]", allow_override: bool = False
    ) -> None:
        self.name: str = name
        """What the registry is called, e.g. `commands`; its rows' kind in the ledger."""
        self._roster = roster
        self._ready = ready
        self._allow_override = allow_override
        self._reported: set[tuple[Plugin, str]] = set()

    if not TYPE_CHECKING:

        def __class_getitem__(cls, item: object) -> type:
            """Make `Registry[int]` legal where an annotation is evaluated; `typing.Generic` is slow to import."""
            del item
            return cls

    if TYPE_CHECKING:

        @overload
        def register(self, name: str, item: T, *, override: bool = False, **metadata: Any) -> T: ...

        @overload
        def register(self, name: str, *, override: bool = False, **metadata: Any) -> Callable[[T], T]: ...

    def register(self, name: str, item: "Any" = _LEFT_OUT, *, override: bool = False, **metadata: "Any") -> "Any":
        """Add *item* under *name*; as a decorator when *item* is left out.

        Args:
            name: At least one character, on one line.
            item: The contribution itself.
            override: Whether it may replace what an earlier plugin registered under that name.
            **metadata: Plain data that describes it; what lists, help and completion show.

        Returns:
            *item*, or a decorator that returns what it decorates.

        Raises:
            InvalidNameError: If *name* cannot be shown in a list.
            MetadataError: If *metadata* is not plain data.
        """
        if not isinstance(name, str) or not name.strip() or not name.isprintable():
            from pegboard.errors import InvalidNameError

            raise InvalidNameError(f"a contribution to {self.name!r}", name)
        for field, value in metadata.items():
            try:
                if type(value) is not str or not value.isascii():
                    from pegboard.plain_data import plain

                    metadata[field] = plain(value)
            except (TypeError, ValueError):
                from pegboard.errors import MetadataError

                raise MetadataError(self.name, name, field, type(value).__name__) from None
        if item is _LEFT_OUT:

            def decorate(decorated: "T") -> "T":
                self._roster.ledger.add(self.name, name, decorated, metadata=metadata, override=override)
                return decorated

            return decorate
        self._roster.ledger.add(self.name, name, item, metadata=metadata, override=override)
        return item

    # -- reading ------------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> "T":
        """Return the contribution of that name, importing its plugin if need be.

        Raises:
            ContributionNotFoundError: If there is none; a KeyError that knows the nearest name.
            PluginError: If its plugin cannot be imported.
        """
        failed: set[Plugin] = set()
        while True:
            row = self.winner(name, failed)
            try:
                live: T = self._roster.ledger.live(row)
            except Exception:
                # its import failed, which has been reported: what it took the name from has it again
                failed.add(row.owner)
                if row.owner.is_usable or self.decide(name, failed)[0] is None:
                    raise
            else:
                return live

    if TYPE_CHECKING:

        @overload
        def get(self, name: str) -> T | None: ...

        @overload
        def get(self, name: str, default: D) -> T | D: ...

    def get(self, name: str, default: "Any" = None) -> "Any":
        """Return the contribution of that name, or *default* when there is none."""
        return self[name] if name in self else default  # noqa: SIM401 -- this is `get`

    def names(self) -> "tuple[str, ...]":
        """Return all names in order, without importing a primed plugin."""
        self._ready()
        return self._roster.texts(self.name)

    def describe(self, name: str) -> "Mapping[str, Any]":
        """Return the metadata of *name*, without importing a primed plugin.

        Raises:
            ContributionNotFoundError: If there is none.
        """
        return dict(self.winner(name).metadata)

    def owner(self, name: str) -> "Plugin":
        """Return the plugin that provides *name*; the application itself has the empty name.

        Raises:
            ContributionNotFoundError: If there is none.
        """
        return self.winner(name).owner

    def items(self) -> "Iterator[tuple[str, T]]":
        """Yield names and contributions in order, importing every plugin that owns one."""
        for name in self.names():
            yield name, self[name]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and bool(self.candidates(name))

    def __iter__(self) -> "Iterator[str]":
        return iter(self.names())

    def __len__(self) -> int:
        return len(self.names())

    def __repr__(self) -> str:
        return f"<registry {self.name!r}>"

    # -- deciding -----------------------------------------------------------------------------------------------------

    def candidates(self, name: str) -> "tuple[Contribution, ...]":
        """Return every row that claims *name*, in order; `winner` is the one in use."""
        self._ready()
        return self._roster.ledger.find(self.name, name)

    def winner(self, name: str, without: "Collection[Plugin]" = ()) -> "Contribution":
        """Return the row in use for *name*, those of some plugins left out, and report who else claims it.

        Raises:
            ContributionNotFoundError: If there is none.
        """
        winner, losers = self.decide(name, without)
        for loser in losers:
            if winner is not None and (loser.owner, loser.text) not in self._reported:
                from pegboard.claims import report_clash

                self._reported.add((loser.owner, loser.text))
                report_clash(self._roster, loser, winner)
        if winner is None:
            from pegboard.errors import ContributionNotFoundError

            raise ContributionNotFoundError(self.name, name, self.names())
        return winner

    def decide(self, name: str, without: "Collection[Plugin]" = ()) -> "tuple[Contribution | None, list[Contribution]]":
        """Return the row in use for *name*, and those that claim it and may not have it."""
        winner: Contribution | None = None
        losers = []
        for row in self.candidates(name):
            if row.owner in without:
                continue
            if winner is None or row.owner is winner.owner or row.override or self._allow_override:
                winner = row
            elif row.owner.is_built_in and not winner.owner.is_built_in and not winner.override:
                losers.append(winner)  # the application's own name is not taken by coming before it
                winner = row
            else:
                losers.append(row)
        return winner, losers

    def explain(self, name: str) -> "Claims":
        """Return who has *name*, who else claims it, and why; imports no plugin."""
        from pegboard.claims import explain

        return explain(self.name, name, self.candidates(name), self.decide(name)[0])


# -- the container ----------------------------------------------------------------------------------------------------

_SAME: "Final" = object()
_IS_VALUE: "Final" = {"is_value": True}


class Container(_OtherHalf):
    """Components by key: types, `NewType`, generic aliases, `Annotated`, protocols and text.

    Made by `Host.container`. `typing.List[Entry]` and `list[Entry]` are one key. The container can be injected, too,
    under its own class.

    Keys of one container are safe to ask for from any thread and task. A change of providers while the program runs
    takes effect at the next request: what depends on the change is forgotten, and nothing else is.
    """

    __slots__ = ("_cache", "_core", "_is_open", "_ledger", "_opening", "_ready", "_report", "_store")

    def __init__(
        self, ledger: "Ledger", *, ready: "Callable[[], None]", report: "Callable[[PegboardError], None]"
    ) -> None:
        """Make a container of everything in *ledger*.

        Args:
            ledger: Where providers and decorators are kept, with their owners.
            ready: Called before the first look at the ledger and before each thing that is built.
            report: Told of each plugin that could not do what it offered and was done without.
        """
        # Registering needs no more than this: what resolves is loaded when something is asked for.
        self._ledger = ledger
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
