"""Prints, as JSON, which plugins a distribution brings in the environment whose Python runs this; imports none.

`isolation.environments` runs it as a program, with the question as its argument.
"""

from __future__ import annotations

import json
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import BUILT_IN
from pegboard.sources import Sources
from pegboard.startup.discovery import discover
from pegboard.startup.discovery.distributions import by_name, normalise

if TYPE_CHECKING:
    from typing import Any

    from pegboard.startup.discovery.candidate import Candidate


def found(
    application: str, distribution: str, namespace: str, groups: list[str], registries: list[tuple[str, list[str]]]
) -> dict[str, Any]:
    """Return the plugins that *distribution* brings; see `environments.Question`."""
    contributing = [(registry, tuple(offered)) for registry, offered in registries]
    sources = Sources(application, namespace=namespace, entry_points=groups, folder="", registries=contributing)
    installed = by_name().get(distribution)
    candidates = [
        each
        for each in discover(application, sources=sources).candidates
        if each.distribution and normalise(each.distribution.name) == distribution and each.source != BUILT_IN
    ]
    owner = installed.distribution if installed else None
    return {
        "distribution": [owner.name, owner.version] if owner else [distribution, ""],
        "plugins": [_as_data(each) for each in candidates],
    }


def _as_data(candidate: Candidate) -> dict[str, Any]:
    points = [(each.name, each.group, each.value, str(each.installed.distribution)) for each in candidate.entry_points]
    return {
        "name": candidate.name,
        "module": candidate.module,
        "origin": candidate.origin,
        "entry_points": points,
        "contributions": candidate.contributions,
        "problem": (candidate.problem.because() or candidate.problem.what()) if candidate.problem else "",
    }


if __name__ == "__main__":
    print(json.dumps(found(*json.loads(sys.argv[1]))))  # noqa: T201 -- that is what it is for
