"""A registry: what do plugins contribute by name? Commands, exporters, themes.

In: registrations, while plugins are imported, and names. Out: names and descriptions, which import no plugin, and
contributions, which import the plugin that owns them.

Hot: each start loads this file.
"""

from pegboard.manager import READY

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from typing import Any, Final, Generic, TypeVar, overload

    from pegboard.claims import Claims
    from pegboard.errors import PegboardError
    from pegboard.ledger import Contribution, Ledger, Plugin
    from pegboard.manager import PluginManager

    T = TypeVar("T")
    D = TypeVar("D")
else:
    T = None
    Generic = {T: object}

_LEFT_OUT: "Final" = object()


class Registry(Generic[T]):
    """Contributions of one type by name: commands, exporters, themes.

    Made by `Host.registry`. Reading it makes the host ready first; `names`, `describe` and `in` import no
    primed plugin, `registry[name]` imports the one that owns the name.

    Two plugins with one name: the first in order keeps it, unless a later one registers with `override=True`
    or the application made the registry with `allow_override=True`. What loses is reported, and shown by `explain`.
    """

    def __init__(
        self,
        name: str,
        manager: "PluginManager",
        *,
        ready: "Callable[[], None]",
        report: "Callable[[PegboardError], None]",
        allow_override: bool = False,
    ) -> None:
        if name in ("component", "decorator", "middleware"):
            from pegboard.errors import HostError

            raise HostError(f"a registry cannot be called {name!r}", "the container's own contributions are called so")
        self.name: str = name
        """What the registry is called, e.g. `commands`; the kind of its contributions."""
        self._manager = manager
        self._ready = ready
        self._report = report
        self.allow_override: bool = allow_override
        """Whether a later plugin may take a name without saying `override=True`."""
        self._reported: set[tuple[Plugin, str]] = set()
        # What has been read, as long as the ledger does not change; see `_refresh`.
        self._ledger: Ledger | None = None
        self._generation = -1
        self._live: dict[str, T] = {}
        self._winners: dict[str, Contribution] = {}
        self._present: set[object] = set()
        self._names: list[tuple[str, ...]] = []  # at most one

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
                self._manager.ledger.add(self.name, name, decorated, metadata=metadata, override=override)
                return decorated

            return decorate
        self._manager.ledger.add(self.name, name, item, metadata=metadata, override=override)
        return item

    # -- reading ------------------------------------------------------------------------------------------------------

    def _refresh(self) -> "Callable[[], bool]":
        """Make the plugins ready, and forget what is out of date.

        Returns:
            What tells whether something read since then may be kept: not if the ledger has changed meanwhile. Then the
            caches that it is put into, which the caller has to take before it reads, are not in use any more.
        """
        self._ready()
        ledger = self._manager.ledger
        generation = ledger.generation
        if self._generation != generation:
            self._live, self._winners, self._present, self._names = {}, {}, set(), []
            self._generation = generation
        if self._manager.state == READY:
            self._ledger = ledger
        return lambda: self._ledger is not None and ledger.generation == generation

    def __getitem__(self, name: str) -> "T":
        """Return the contribution of that name, importing its plugin if need be.

        Raises:
            ContributionNotFoundError: If there is none; a KeyError that knows the nearest name.
            PluginError: If its plugin cannot be imported.
        """
        ledger = self._ledger
        if ledger is not None and ledger.generation == self._generation:
            try:
                return self._live[name]
            except KeyError:
                pass
        is_current, live_objects = self._refresh(), self._live
        failed: set[Plugin] = set()
        while True:
            row = self.winner(name, failed)
            try:
                live: T = self._manager.importer.live(row)
            except Exception:
                # its import failed, which has been reported: what it took the name from has it again
                failed.add(row.owner)
                if row.owner.is_usable or self.decide(name, failed)[0] is None:
                    raise
            else:
                break
        if is_current():
            live_objects[name] = live
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
        ledger = self._ledger
        if ledger is None:  # to list names, the index is enough
            self._ready()
            return self._manager.texts(self.name)
        if ledger.generation == self._generation and self._names:
            return self._names[0]
        is_current, kept = self._refresh(), self._names
        names = self._manager.texts(self.name)
        if is_current():
            kept[:] = [names]
        return names

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
        ledger = self._ledger
        if ledger is not None and ledger.generation == self._generation and name in self._present:
            return True
        is_current, present = self._refresh(), self._present
        is_there = isinstance(name, str) and bool(self.candidates(name))
        if is_there and is_current():
            present.add(name)
        return is_there

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
        return self._manager.ledger.find(self.name, name)

    def winner(self, name: str, without: "Collection[Plugin]" = ()) -> "Contribution":
        """Return the row in use for *name*, those of some plugins left out, and report who else claims it.

        Raises:
            ContributionNotFoundError: If there is none.
        """
        if not without:
            ledger = self._ledger
            if ledger is not None and ledger.generation == self._generation and name in self._winners:
                return self._winners[name]
        is_current, winners = self._refresh(), self._winners
        winner, losers = self.decide(name, without)
        for loser in losers:
            if winner is not None and (loser.owner, loser.text) not in self._reported:
                from pegboard.precedence import clash

                self._reported.add((loser.owner, loser.text))
                self._report(clash(loser, winner))
        if winner is None:
            from pegboard.errors import ContributionNotFoundError

            raise ContributionNotFoundError(self.name, name, self.names())
        if not without and is_current():
            winners[name] = winner
        return winner

    def report_clashes(self) -> None:
        """Decide every name that several plugins claim, and report those that lose."""
        for name in self.names():
            self.winner(name)

    def decide(self, name: str, without: "Collection[Plugin]" = ()) -> "tuple[Contribution | None, list[Contribution]]":
        """Return the row in use for *name*, and those that claim it and may not have it."""
        rows = self.candidates(name)
        if len(rows) == 1 and not without:
            return rows[0], []
        from pegboard.precedence import candidates, decide, rule_for

        rule = rule_for(self.name, allow_override=self.allow_override)
        return decide([row for row in candidates(rows) if row.owner not in without], rule)

    def explain(self, name: str) -> "Claims":
        """Return who has *name*, who else claims it, and why; imports no plugin."""
        from pegboard.claims import explain
        from pegboard.precedence import rule_for

        rule = rule_for(self.name, allow_override=self.allow_override)
        return explain(self.name, name, self.candidates(name), rule)
