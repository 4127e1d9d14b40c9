"""A search: which plugins are there, which of them may run, and in which order?

In: settings, and plugins that are known already. Out: a value; nothing is imported but the application, and nothing is
reported.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.early_imports import EARLY
from pegboard.entry_objects import is_distribution
from pegboard.errors import ConfigurationError, PluginNotFoundError
from pegboard.importer import extend_namespace
from pegboard.ledger import ACTIVE, BROKEN, ISOLATED, Plugin
from pegboard.sources import Sources
from pegboard.startup.discovery import discover
from pegboard.startup.discovery.distributions import installed, normalise, without_stale
from pegboard.startup.discovery.entry_points import entry_points
from pegboard.startup.discovery.file_system import Files
from pegboard.startup.discovery.finders import path_entries
from pegboard.startup.journal import quarantine
from pegboard.startup.policy.ordering import order
from pegboard.startup.policy.policy import load_policy
from pegboard.startup.uncollected import Uncollected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from pegboard.errors import PegboardError
    from pegboard.index import Settings
    from pegboard.ledger import Distribution
    from pegboard.startup.discovery import Discovery
    from pegboard.startup.discovery.candidate import Candidate
    from pegboard.startup.discovery.distributions import Installed
    from pegboard.startup.isolating.candidates import Isolated

_MOST_PROBLEMS: Final = 5
"""How many mistakes in the user's settings are reported at a start."""


def sources_of(settings: Settings) -> Sources:
    """Return where the plugins of the host with these *settings* are; the usual places if it does not say."""
    return settings.sources or Sources(settings.application)


def folder_of(settings: Settings) -> str | None:
    """Return the user's plugin folder for these *settings*; it need not exist. None when there is none."""
    folder = sources_of(settings).folder
    return settings.file("plugins") if folder is None else folder or None


def _discover(settings: Settings) -> Discovery:
    with Uncollected():
        return discover(settings.application, folder=folder_of(settings), sources=sources_of(settings))


@dataclass(frozen=True, slots=True)
class Search:
    """What a search for plugins has found."""

    plugins: tuple[Plugin, ...]
    """All of them in their order, disabled and broken ones included."""
    discovery: Discovery
    began_ns: int
    """When the search began, in nanoseconds since the epoch."""
    user_order: tuple[str, ...]
    """Plugins that the user wants in this order."""
    is_strict: bool
    """Whether the user wants faults to be errors."""
    suspects: tuple[tuple[str, ...], ...]
    """The module of each plugin that has crashed, and may be imported nevertheless."""
    problems: tuple[PegboardError, ...]
    """What is to be reported."""
    isolated: Isolated | None = None
    """What has become of the plugins that are isolated; None where none is to be."""


def search(settings: Settings, known: Mapping[str, Plugin]) -> Search:
    """Search for plugins, apply the user's wishes, and put the plugins in order; nothing is reported.

    Args:
        settings: The host's.
        known: Plugins that are in use already, by module.
    """
    began_ns = time.time_ns()
    policy = load_policy(settings.prefix, settings.file("plugins.toml"), settings.environ)
    for names, reason in settings.left_out:
        policy.leave_out(names, reason)
    policy.only = settings.only
    application, namespace = settings.application, settings.namespace
    found = _discover(settings)
    if len(extend_namespace(application, found.portions, found.init, namespace)) > len(found.portions):
        found = _discover(settings)  # the application's own __init__ has added directories
        extend_namespace(application, found.portions, found.init, namespace)
    isolated = None
    if policy.isolated and not policy.safe_mode:
        from pegboard.startup.isolating.candidates import isolate

        isolated = isolate(settings, policy.isolated, found)
        found.candidates = isolated.candidates
    plugins = [_plugin(candidate, known.get(candidate.module)) for candidate in found.candidates]
    for plugin in plugins:
        plugin.required = plugin.name in settings.required
        if why_not := policy.why_disabled(plugin):
            plugin.disable(why_not)
        elif plugin.name in policy.eager and not is_distribution(plugin):
            plugin.eager = plugin.is_eager_by_user = True
            plugin.reason = policy.eager[plugin.name]
    quarantined, suspects = quarantine.apply(settings, plugins)
    in_order, problems = ordered(plugins, policy.order, built_in_first=settings.built_in_first)
    broken = [plugin.error for plugin in in_order if plugin.error is not None and plugin.state == BROKEN]
    return Search(
        in_order,
        found,
        began_ns,
        policy.order,
        bool(policy.strict),
        suspects,
        (
            *_first(policy.problems, settings.application),
            *_not_installed(settings, plugins),
            *found.problems,
            *(() if isolated is None else isolated.problems),
            *quarantined,
            *problems,
            *broken,
        ),
        isolated,
    )


def no_plugin(name: str, plugins: Sequence[Plugin]) -> PluginNotFoundError:
    """Return what says that none of *plugins* has that name."""
    return PluginNotFoundError(name, tuple(plugin.name for plugin in plugins))


def _not_installed(settings: Settings, plugins: Sequence[Plugin]) -> list[PegboardError]:
    """Return what is wrong with the names of plugins that the application enables, or the command line leaves out."""
    known = tuple(plugin.name for plugin in plugins)
    asked = dict.fromkeys(settings.only or (), "the application enables it")
    for names, reason in settings.left_out:
        if reason.startswith("left out by --"):  # an option; the application may leave out what need not be there
            asked |= dict.fromkeys(filter(None, map(str.strip, names)), reason.replace("left out by", "it is named in"))
    return [PluginNotFoundError(name, known, why) for name, why in asked.items() if name not in known]


def _first(problems: Sequence[ConfigurationError], application: str) -> Sequence[ConfigurationError]:
    """Return the first few of *problems*, and how many more there are."""
    if len(problems) <= _MOST_PROBLEMS:
        return problems
    kept = problems[: _MOST_PROBLEMS - 1]
    advice = f"`{application} plugins config --check` lists them all"
    problem = f"it has {len(problems) - len(kept):,} more mistakes; {advice}"
    return [*kept, ConfigurationError(kept[-1].place, problem)]


def _plugin(candidate: Candidate, known: Plugin | None) -> Plugin:
    """Return the plugin that *candidate* is: a *known* one stays the same object, with what is known of it renewed."""
    if known is not None:
        if known.source == EARLY:
            known.name = candidate.name
        if known.source == EARLY or known.state != ACTIVE:  # else the code of the old version is running
            known.origin, known.source, known.distribution = (
                candidate.origin,
                candidate.source,
                candidate.distribution,
            )
        known.entry_points = _entry_points(candidate)
        return known
    plugin = Plugin(
        candidate.name,
        candidate.module,
        origin=candidate.origin,
        source=candidate.source,
        distribution=candidate.distribution,
    )
    plugin.entry_points = _entry_points(candidate)
    if candidate.problem is not None:
        plugin.fail(candidate.problem)
    return plugin


def renew(plugin: Plugin, settings: Settings) -> None:
    """Find out anew where *plugin* comes from, and which distribution has brought it; nothing changes if it is gone."""
    if plugin.source == ISOLATED:  # its environment never changes: another one comes with another index
        return
    entries, files = path_entries(), Files()
    known = plugin.distribution
    is_there = plugin.origin is not None and os.path.lexists(plugin.origin)
    if known is not None and is_there and not is_distribution(plugin):
        key = normalise(known.name)
        for item in without_stale(installed(entries, files))[0]:
            if item.key == key:  # that is all that an upgrade changes; a whole search takes longer
                plugin.distribution = item.distribution
                _renew_entry_points(plugin, known, item, sources_of(settings))
                return
    for candidate in _discover(settings).candidates:
        if candidate.module == plugin.module:
            plugin.origin, plugin.source, plugin.distribution = (
                candidate.origin,
                candidate.source,
                candidate.distribution,
            )
            plugin.entry_points = _entry_points(candidate)


def _entry_points(candidate: Candidate) -> tuple[tuple[str, str, str, str], ...]:
    lines = candidate.entry_points
    named = [(line.name, line.group, line.value, str(line.installed.distribution)) for line in lines]
    return (*named, *candidate.contributions)


def _renew_entry_points(plugin: Plugin, before: Distribution, now: Installed, sources: Sources) -> None:
    """Replace the entry points of *plugin* that its distribution had *before* by those that it has *now*."""
    others = [point for point in plugin.entry_points or () if point[3] != str(before)]
    lines = [line for group in sources.groups for line in entry_points(group, [now]) if line.module == plugin.module]
    own = [(line.name, line.group, line.value, str(now.distribution)) for line in lines]
    order = {group: number for number, group in enumerate(sources.groups)}
    plugin.entry_points = tuple(sorted((*own, *others), key=lambda point: (order.get(point[1], -1), point)))


def user_order(settings: Settings) -> tuple[str, ...]:
    """Return the plugins that the user wants in an order of their own."""
    return load_policy(settings.prefix, settings.file("plugins.toml"), settings.environ).order


def ordered(
    plugins: Sequence[Plugin], user_order: Sequence[str], *, built_in_first: bool
) -> tuple[tuple[Plugin, ...], list[PegboardError]]:
    """Return *plugins* in their order, with their ranks set, and the wishes that cannot be met; see `order`."""
    in_order, problems = order(plugins, user_order, built_in_first=built_in_first)
    for rank, plugin in enumerate(in_order):
        plugin.rank = rank
    return tuple(in_order), problems
