"""Which files do two distributions claim, and which of the two is at fault?

In: the distributions that list a file, and the file. Out: the one that has put it in the place of the other's. An
installer overwrites the other's file without a word, and removes it when the first of the two is uninstalled.

Source: "Recording installed projects", PyPA specifications: `RECORD`.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import SharedFileError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pegboard.startup.discovery.application import Application
    from pegboard.startup.discovery.candidate import Candidate
    from pegboard.startup.discovery.distributions import Installed
    from pegboard.startup.discovery.owners import Owners


def culprit_first(
    claims: Sequence[tuple[Installed, bool]], blame: Callable[[Installed], int]
) -> tuple[Installed, Installed]:
    """Return, of the distributions that claim a file, the one at fault and the one whose place it has taken.

    Args:
        claims: Each of the two or more, and whether its hash is that of the file as it is.
        blame: How much one is to be blamed by what it is; the application least of all.
    """
    in_order = sorted(
        claims, key=lambda claim: (-blame(claim[0]), not claim[1], -_installed_ns(claim[0]), claim[0].key)
    )
    return in_order[0][0], in_order[-1][0]


def _installed_ns(item: Installed) -> int:
    """Return when *item* was installed, in nanoseconds since the epoch."""
    try:
        return os.stat(f"{item.directory}/RECORD").st_mtime_ns
    except OSError:
        return 0


def shared_files(
    application: Application, candidates: Sequence[Candidate], owners: Owners
) -> Iterator[SharedFileError]:
    """Yield an error for each two distributions that claim the same files below the application's package.

    Args:
        application: Whose package it is.
        candidates: The plugins; the error names one of the culprit's.
        owners: Who lists which file.
    """
    own = application.owner.installed.key if application.owner else ""
    found: dict[tuple[str, str], tuple[Installed, Installed, list[str]]] = {}
    for path, claims in owners.claimed_twice():
        if len({owner.digest for owner in claims}) == 1 or os.path.basename(path).startswith("__init__."):
            continue  # the same file does no harm as long as both are installed; `strays` reports the application's
        pairs = [(owner.installed, owners.is_of(path, owner)) for owner in claims]
        culprit, victim = culprit_first(pairs, lambda item: int(item.key != own))
        found.setdefault((culprit.key, victim.key), (culprit, victim, []))[2].append(path)
    for _, (culprit, victim, paths) in sorted(found.items()):
        named = [
            item for item in candidates if item.distribution and item.distribution.name == culprit.distribution.name
        ]
        at_place = [item.name for item in named if item.origin in paths]
        plugin = next(iter([*at_place, *(item.name for item in named)]), "")
        yield SharedFileError(
            plugin, str(culprit.distribution), str(victim.distribution), min(paths), culprit.distribution.name
        )
