"""Keeps what was measured, prints it as tables beside the bars, and writes it to a file.

In: comparisons and numbers, each under a key such as `frugal-1000/ours list:bare`. Out: tables, and one JSON file a run.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time

from bars import BARS
from measure import Comparison, Program
from synthesis import HERE


class Results:
    """All that was measured, by key."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        """What bars judge."""
        self.details: dict[str, object] = {}

    def add(self, section: str, program: Program, base: Program) -> Comparison:
        comparison = Comparison(program, base)
        key = f"{section}/{program.name}:{base.name}"
        self.values[key] = comparison.cpu.median
        self.details[key] = comparison.as_dict()
        return comparison

    def compare(self, section: str, programs: dict[str, Program], base: str) -> None:
        """Print all programs beside *base*."""
        rows = []
        for name, program in programs.items():
            comparison = self.add(section, program, programs[base])
            rows.append(
                (
                    name,
                    str(comparison.cpu),
                    f"{comparison.wall.median:.3f}",
                    f"{comparison.cpu_ms:.1f}",
                    f"{comparison.wall_ms:.1f}",
                    str(len(comparison.cpu.values)),
                )
            )
        table(f"{section}: x {base}", ("program", "cpu ratio", "wall ratio", "cpu ms", "wall ms", "rounds"), rows)
        print()

    def ratio(self, section: str, programs: dict[str, Program], name: str, base: str) -> None:
        """Print the ratio of two programs, if both were measured."""
        if name in programs and base in programs:
            print(f"  {name} / {base}: {self.add(section, programs[name], programs[base]).cpu}")

    def judge(self, *, is_whole: bool) -> bool:
        """Print every bar beside what was measured; return whether none is missed.

        Args:
            is_whole: Whether every section ran, so that a bar without a measurement counts as missed.
        """
        rows, missed, unmeasured = [], 0, 0
        for bar in BARS:
            limit = f"{'>=' if bar.is_least else '<='} {bar.limit}"
            if bar.key not in self.values:
                unmeasured += 1
                if is_whole:
                    rows.append((bar.text, "-", limit, "NOT MEASURED", ""))
                continue
            value = self.values[bar.key]
            missed += not bar.holds(value)
            floor = f"{self.values[bar.floor]:.3f}" if bar.floor in self.values else ""
            rows.append((bar.text, f"{value:.3f}", limit, "pass" if bar.holds(value) else "MISSED", floor))
        table("Bars", ("what", "measured", "bar", "", "the floor"), rows)
        held = len(BARS) - missed - unmeasured
        print(f"\n{held} of {len(BARS)} bars hold, {missed} are missed, {unmeasured} were not measured and say nothing")
        return not missed and not (is_whole and unmeasured)

    def write(self, options: argparse.Namespace, began: float) -> None:
        folder = HERE / "results"
        folder.mkdir(exist_ok=True)
        path = folder / f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(began))}-{os.getpid()}.json"
        content = {
            "began": time.strftime("%Y-%m-%dT%H:%M:%S%z", time.localtime(began)),
            "seconds": round(time.time() - began, 1),
            "python": sys.version,
            "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
            "load": os.getloadavg(),
            "rounds": options.rounds,
            "values": {key: round(value, 4) for key, value in self.values.items()},
            "details": self.details,
            "bars": [
                {**bar._asdict(), "value": value, "holds": None if value is None else bar.holds(value)}
                for bar, value in ((bar, self.values.get(bar.key)) for bar in BARS)
            ],
        }
        path.write_text(json.dumps(content, indent=1) + "\n")
        print(f"\n{path.relative_to(HERE.parent)}")


def table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}")
    for first, *others in (head, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        print("  " + "  ".join(cells).rstrip())
    sys.stdout.flush()
