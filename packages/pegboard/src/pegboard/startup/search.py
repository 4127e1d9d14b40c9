"""A search: which plugins are there, which of them may run, and in which order?

In: settings, and plugins that are known already. Out: a value; nothing is imported but the application, and nothing is
reported.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.importer import extend_namespace
from pegboard.ledger import BROKEN, Plugin
from pegboard.startup.discovery import discover
from pegboard.startup.journal import quarantine
from pegboard.startup.policy.ordering import order
from pegboard.startup.policy.policy import load_policy

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.errors import PegboardError
    from pegboard.index import Settings
    from pegboard.startup.discovery import Discovery
    from pegboard.startup.discovery.candidate import Candidate


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
    folder = settings.file("plugins")
    found = discover(settings.application, folder=folder)
    if len(extend_namespace(settings.application, found.portions, found.init)) > len(found.portions):
        found = discover(settings.application, folder=folder)  # the application's own __init__ has added directories
        extend_namespace(settings.application, found.portions, found.init)
    plugins = [known.get(candidate.module) or _plugin(candidate) for candidate in found.candidates]
    for plugin in plugins:
        plugin.required = plugin.name in settings.required
        if why_not := policy.why_disabled(plugin):
            plugin.disable(why_not)
        elif plugin.name in policy.eager:
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
        (*policy.problems, *found.problems, *quarantined, *problems, *broken),
    )


def _plugin(candidate: Candidate) -> Plugin:
    plugin = Plugin(
        candidate.name,
        candidate.module,
        origin=candidate.origin,
        source=candidate.source,
        distribution=candidate.distribution,
    )
    if candidate.problem is not None:
        plugin.fail(candidate.problem)
    return plugin


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
