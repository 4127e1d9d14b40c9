"""Says in words what a bisection has found.

In: its verdict. Out: sentences for the user.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.bisection.failing_set import FOUND, NEVER, NO_PLUGIN

if TYPE_CHECKING:
    from pegboard.tools.bisection.failing_set import Verdict


def verdict_lines(  # noqa: C901 -- one branch for each thing to say
    verdict: Verdict, kept: set[str], *, is_judged: bool, commands: str
) -> list[str]:
    """Return *verdict* in words.

    Args:
        verdict: What the search has found.
        kept: Plugins that were on in every run.
        is_judged: Whether the exit status or the output of a command decided, rather than the user.
        commands: How the user calls the `plugins` commands.
    """
    if verdict.kind == NO_PLUGIN:
        lines = ["It is not a plugin: it fails also with all of them off."]
        if kept:
            lines.append(f"These were on all the time: {', '.join(sorted(kept))}.")
        if is_judged:
            lines.append("If the command itself comes from a plugin, keep that one on: --keep NAME.")
        return lines
    if verdict.kind == NEVER:
        return [
            "It does not fail with all plugins on, each freshly imported.",
            f"If it fails otherwise, the record of the plugins may be at fault: '{commands} index verify' compares it.",
        ]
    lines = []
    if verdict.kind != FOUND:
        lines.append(f"It cannot be told. It is among: {', '.join(verdict.suspects)}.")
    for failing in verdict.failing:
        culprits = " and ".join(map(repr, failing.culprits))
        if len(failing.culprits) > 1:
            lines.append(f"It takes several: {culprits} fail together; without any one of them it does not fail.")
        else:
            lines.append(f"It is {culprits}: on alone it fails.")
        if failing.needed:
            lines.append(f"On with it, since it needs them: {', '.join(failing.needed)}.")
        if not failing.is_confirmed:
            lines.append("That it does not fail without them could not be seen.")
    if len(verdict.failing) > 1:
        lines.append("Each of these fails by itself.")
    if verdict.kind == FOUND:
        remedy = ", ".join(map(repr, verdict.remedy))
        lines.append(
            f"With all others on, and {remedy} off, it does not fail."
            if verdict.is_mended
            else f"With {remedy} off it was not seen to work."
        )
    return lines
