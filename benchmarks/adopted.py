"""Published applications as programs to compare: as they were published, on pegboard, and without plugins.

In: the applications of `examples/adoption`, installed in `.cache/adoption`. Out: their programs, by section.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from measure import Program

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples" / "adoption"))

import adopt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

what_is_lacking = adopt.what_is_lacking


def programs(folder: Path) -> Iterator[tuple[str, dict[str, Program], Callable[[Program], None]]]:
    """Install each application that has a bar, in turn, and judge its plugins.

    Yields:
        The section, its programs by name, and what removes what they have written before.
    """
    for application in adopt.APPLICATIONS:
        for pair in application.pairs:
            if pair.at_least is None:
                continue
            (folder / application.name).mkdir()
            trial = adopt.Trial(application, folder / application.name)
            trial.judge()
            variants = {"own": (False, {}), "ours": (True, {})} | ({"plain": (False, pair.plain)} if pair.plain else {})
            made = {
                name: Program(
                    name,
                    trial.arguments(pair.command, on_pegboard=on_pegboard),
                    trial.environ(on_pegboard=on_pegboard) | variables,
                    trial.work,
                )
                for name, (on_pegboard, variables) in variants.items()
            }
            yield f"adoption-{application.name}", made, lambda _program, trial=trial: trial.tidy()
