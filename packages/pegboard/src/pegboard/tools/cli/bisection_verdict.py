"""Says in words what a bisection has found.

In: its verdict. Out: sentences for the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pegboard.tools.bisection.failing_set import FOUND, NEVER, NO_PLUGIN

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from pegboard.tools.bisection.failing_set import FailingSet, Verdict


@dataclass(frozen=True, slots=True)
class About:
    """What was the same in every run."""

    kept: AbstractSet[str]
    """Plugins that were on."""
    owners: tuple[str, ...] = ()
    """Those of them whose command it is."""
    broken: tuple[str, ...] = ()
    """Plugins whose import fails, so that nobody knows what they add."""
    is_known: bool = False
    """Whether it is known whose command it is, the application's own included."""


def verdict_lines(verdict: Verdict, about: About, *, is_judged: bool, commands: str) -> list[str]:
    """Return *verdict* in words.

    Args:
        verdict: What the search has found.
        about: What was the same in every run.
        is_judged: Whether the exit status or the output of a command decided, rather than the user.
        commands: How the user calls the `plugins` commands.
    """
    if verdict.kind == NO_PLUGIN:
        return _no_plugin(about, is_judged=is_judged, commands=commands)
    if verdict.kind == NEVER:
        return [
            "It does not fail with all plugins on, each freshly imported.",
            f"If it fails otherwise, the record of the plugins may be at fault: '{commands} index verify' compares it.",
        ]
    lines = []
    if verdict.kind != FOUND:
        lines.append(f"It cannot be told. It is among: {', '.join(verdict.suspects)}.")
    for failing in verdict.failing:
        lines += _failing(failing, about)
    if len(verdict.failing) > 1:
        lines.append("Each of these fails by itself.")
    if verdict.kind == FOUND:
        remedy = ", ".join(map(repr, verdict.remedy))
        if verdict.is_mended:
            lines.append(f"With all others on, and {remedy} off, it does not fail.")
        elif set(verdict.remedy) <= set(about.owners):
            lines.append(f"With {remedy} off, there is no such command.")
        else:
            lines.append(f"With {remedy} off it was not seen to work.")
    return lines


def _no_plugin(about: About, *, is_judged: bool, commands: str) -> list[str]:
    lines = ["It is not a plugin: it fails also with all of them off."]
    if about.kept:
        lines.append(f"These were on all the time: {', '.join(sorted(about.kept))}.")
    if about.broken and not about.is_known:
        lines.append(
            f"What these would add is not known, since their import fails: {', '.join(about.broken)}. "
            f"If the command is one of theirs, see '{commands} doctor'."
        )
    elif is_judged and not about.is_known:
        lines.append("If the command itself comes from a plugin, keep that one on: --keep NAME.")
    return lines


def _failing(failing: FailingSet, about: About) -> list[str]:
    lines = []
    culprits = " and ".join(map(repr, failing.culprits))
    owners = " and ".join(map(repr, about.owners))
    if set(failing.culprits) <= set(about.owners):
        lines.append(f"It is {culprits}, whose command it is: it fails with all others off.")
    elif about.owners:
        together = "together with" if len(failing.culprits) == 1 else "all together, with"
        lines.append(f"It is {culprits}: on {together} {owners}, whose command it is, it fails.")
    elif len(failing.culprits) > 1:
        lines.append(f"It takes several: {culprits} fail together; without any one of them it does not fail.")
    else:
        lines.append(f"It is {culprits}: on alone it fails.")
    if failing.needed:
        lines.append(f"On with it, since it needs them: {', '.join(failing.needed)}.")
    if not failing.is_confirmed and not set(failing.culprits) <= set(about.owners):
        lines.append("That it does not fail without them could not be seen.")
    return lines
