"""The survey: everything that a host knows about its plugins at one moment, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.entry_objects import is_distribution
from pegboard.ledger import ACTIVE, PRIMED
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.record import Record
from pegboard.tools.inspection.contributions import claims_of, hooks_of
from pegboard.tools.states import EAGER, MEANINGS, state_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.hooks.explanation import HookExplanation
    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.tools.inspection.contributions import Claim


@dataclass(frozen=True, slots=True)
class Fault:
    """One contained error."""

    code: str
    """The heading of the error in the reference."""
    what: str
    cause: str | None
    where: str | None
    hint: str | None

    @classmethod
    def of(cls, error: PegboardError) -> Fault:
        """Return *error* as plain data."""
        return cls(error.code, error.what(), error.because(), error.where(), error.advice_for_reader())


@dataclass(frozen=True, slots=True)
class PluginView:
    """One plugin."""

    name: str
    module: str
    distribution: str | None
    version: str | None
    source: str
    """How it was found: built-in, namespace, entry point, or folder."""
    origin: str | None
    """The file it is imported from."""
    state: str
    """`found`, `primed`, `active`, `disabled`, `broken`, `quarantined`, or `eager`: imported at every start."""
    why: str
    """Why it is in this state, in words."""
    place: int
    """Its position in the order of plugins, from 1."""
    cost_ms: float | None
    """Duration of its last recorded import in milliseconds; None if unknown."""
    after: tuple[str, ...]
    before: tuple[str, ...]
    drifts: int
    """How often it has registered something else than recorded, without visible cause."""
    last_recorded_because: str | None
    inputs: dict[str, tuple[str, ...]]
    """What its record depends on: `files`, `variables` of the environment, `packages`, and `missing` modules."""
    contributions: tuple[Claim, ...]
    fault: Fault | None
    overruled: tuple[str, ...] = ()
    """What its import does, in words, of which its author says that it does not matter; see `Host.declare`."""


@dataclass(frozen=True, slots=True)
class Survey:
    """All plugins of one application, in their order, and their contributions."""

    application: str
    plugins: tuple[PluginView, ...]
    claims: tuple[Claim, ...]
    """Every contribution, including those of the application itself, by kind and name."""
    faults: tuple[Fault, ...]
    """The errors that have been contained so far."""
    hooks: tuple[HookExplanation, ...] = ()
    """The hooks that the application declares, and those that plugins implement although it does not."""

    def hook(self, name: str) -> HookExplanation | None:
        """Return the hook of that name; None when there is none."""
        return next((hook for hook in self.hooks if hook.name == name), None)

    def plugin(self, name: str) -> PluginView | None:
        """Return the plugin of that name; None when there is none."""
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def of_distribution(self, name: str) -> list[PluginView]:
        """Return the plugins that the distribution *name* brings, in their order."""
        key = normalise(name)
        return [plugin for plugin in self.plugins if plugin.distribution and normalise(plugin.distribution) == key]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON-compatible data."""
        return asdict(self)


def survey(host: Host) -> Survey:
    """Start *host* as any command does, and return what is then known about its plugins.

    The start imports a plugin to record it, because it is eager, or because it is broken and tried again.
    """
    host.start()
    index = host.manager.index
    notes = Notes.beside(index.path if index is not None and index.path else host.settings.index_path() or "")
    hooks = hooks_of(host)
    claims = claims_of(host, hooks)
    by_owner: dict[str, list[Claim]] = {}
    for claim in claims:
        by_owner.setdefault(claim.plugin, []).append(claim)
    records = _records(host)
    is_recording = host.manager.why_not_used is not None  # the index was not valid
    plugins = tuple(
        _view(
            plugin,
            position,
            notes,
            records.get(plugin.module, {}),
            by_owner.get(plugin.name, ()),
            is_recording=is_recording,
        )
        for position, plugin in enumerate(host.plugins, 1)
    )
    return Survey(host.name, plugins, claims, tuple(map(Fault.of, host.problems)), hooks)


def _records(host: Host) -> Mapping[str, Any]:
    """Return the records of the index in use, by module."""
    from pegboard.errors import UnusableIndexError
    from pegboard.startup.recording.encoding import content_of

    index = host.manager.index
    if index is None:
        return {}
    try:
        return {module: entry["record"] or {} for module, entry in content_of(index)["plugins"].items()}
    except UnusableIndexError:
        return {}


def _view(
    plugin: Plugin,
    position: int,
    notes: Notes,
    record: Mapping[str, Any],
    contributions: Sequence[Claim],
    *,
    is_recording: bool,
) -> PluginView:
    is_eager = state_of(plugin) == EAGER
    overruled = tuple(Record.from_dict(record).overruled()) if record.get("effects") else ()
    because = notes.reasons.get(plugin.name)
    now = because if is_recording else None
    owner = plugin.distribution
    cost = plugin.cost_ms if plugin.cost_ms is not None else notes.cost_ms.get(plugin.name)
    return PluginView(
        name=plugin.name,
        module=plugin.module,
        distribution=owner.name if owner else None,
        version=owner.version if owner else None,
        source=plugin.source,
        origin=plugin.origin,
        state=state_of(plugin),
        why=_why(plugin, is_eager=is_eager, because=now, overruled=overruled),
        place=position,
        cost_ms=None if cost is None else round(cost, 3),
        after=plugin.after or tuple(record.get("after", ())),
        before=plugin.before or tuple(record.get("before", ())),
        drifts=notes.drifts.get(plugin.name, 0),
        last_recorded_because=because,
        inputs=_inputs(record),
        contributions=tuple(contributions),
        fault=Fault.of(plugin.error) if plugin.error is not None else None,
        overruled=overruled,
    )


def _inputs(record: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(record[name]) for name in ("files", "variables", "packages", "missing") if record.get(name)}


def _why(plugin: Plugin, *, is_eager: bool, because: str | None, overruled: tuple[str, ...]) -> str:
    if plugin.error is not None:
        return plugin.error.because() or plugin.error.what()
    if is_eager:
        return plugin.reason or "its author, or what it contributes, wants it imported at every start"
    if plugin.state == ACTIVE and because is not None:
        return f"imported, to be recorded: {because}"
    if overruled:
        return f"its author says it may be lazy, although its import {overruled[0]}"
    if plugin.state == PRIMED and is_distribution(plugin):
        return "known from its metadata; what an entry point names is imported when it is used"
    return plugin.reason or MEANINGS.get(plugin.state, plugin.state)
