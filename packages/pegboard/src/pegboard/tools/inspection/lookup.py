"""Finds contributions by what a user types: a kind, and a name or its last part."""

from __future__ import annotations

from difflib import get_close_matches

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginNotFoundError
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.recording.old_records import NO_RECORD

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pegboard.tools.inspection.contributions import Claim


def plugin_named(name: str, owners: Mapping[str, str | None]) -> str:
    """Return the plugin that *name* means: its own name, or that of a distribution which brings one plugin.

    Args:
        name: As the user types it.
        owners: The distribution of each plugin, by the plugin's name.

    Raises:
        PluginNotFoundError: If there is none, or a distribution brings several, which are told.
    """
    if name in owners:
        return name
    brings = [plugin for plugin, owner in owners.items() if owner and normalise(owner) == normalise(name)]
    if len(brings) == 1:
        return brings[0]
    known = tuple(brings or dict.fromkeys((*owners, *filter(None, owners.values()))))
    cause = f"the distribution {name!r} brings {len(brings)} plugins: name one of them" if brings else ""
    raise PluginNotFoundError(name, known, cause)


def when_recorded(reason: str | None) -> str:
    """Return in words when a plugin was last recorded, given the reason in the notes."""
    if reason is None:
        return "it is not known why"
    return "when it was found for the first time" if reason == NO_RECORD else f"again, since {reason}"


def matching(claims: Sequence[Claim], kind: str, name: str) -> dict[str, list[Claim]]:
    """Return the claims of *kind* that match *name*, by their full name.

    Args:
        claims: All claims.
        kind: Exactly a kind.
        name: A full name; or the last part of a component's, `ReportView` for `utt.report.interface:ReportView`. All
            of the kind when it is empty.
    """
    of_kind = [claim for claim in claims if claim.kind == kind]
    exact = [claim for claim in of_kind if claim.name == name]
    ends = (f":{name}", f".{name}")
    chosen = exact or [claim for claim in of_kind if not name or claim.name.endswith(ends)]
    found: dict[str, list[Claim]] = {}
    for claim in chosen:
        found.setdefault(claim.name, []).append(claim)
    return found


def nearest(claims: Sequence[Claim], plugins: Sequence[str], text: str) -> list[str]:
    """Return up to three plugins and contributions with names like *text*, first contributions that have it as name."""
    same = [claim.id for claim in claims if claim.name.rpartition(":")[2] == text]
    short = {f"{claim.kind}:{claim.name.rpartition(':')[2]}": claim.id for claim in claims}
    known = {**{name: name for name in plugins}, **{claim.id: claim.id for claim in claims}, **short}
    return list(dict.fromkeys([*same, *(known[match] for match in get_close_matches(text, known, n=3))]))[:3]
