"""Measuring whole processes: interleaved, in rotating order, compared by the median of paired ratios.

A machine that does other work too makes every absolute number worthless. What stays is the ratio of two programs that
ran within the same second; its median over many rounds is what is quoted. CPU time (user and system, as `wait4` tells
it) suffers less from neighbours than wall time, so bars are set on CPU time.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

_SLOW = ((5.0, 3), (0.6, 7), (0.2, 31))
"""From so many seconds on, so many rounds are enough: the noise is small beside the run."""


class Program:
    """Something to start and to wait for."""

    def __init__(self, name: str, argv: list[str], environ: dict[str, str], cwd: Path | None = None) -> None:
        """Describe a program.

        Args:
            name: What tables call it.
            argv: What is started.
            environ: Its whole environment.
            cwd: Where it is started.
        """
        self.name = name
        self.argv = argv
        self.environ = environ
        self.cwd = cwd
        self.cpu: list[float | None] = []
        """Seconds of CPU time, by round; None where it was left out."""
        self.wall: list[float | None] = []
        self.rounds: int | None = None

    def start(self) -> tuple[float, float]:
        """Run it once; return its CPU and wall time in seconds.

        Raises:
            RuntimeError: If its exit status is not 0.
        """
        nothing = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
        back = os.getcwd()
        if self.cwd:
            os.chdir(self.cwd)
        try:
            began = time.perf_counter()
            pid = os.posix_spawn(self.argv[0], self.argv, self.environ, file_actions=nothing)
            _, status, usage = os.wait4(pid, 0)
            wall = time.perf_counter() - began
        finally:
            os.chdir(back)
        if status:
            raise RuntimeError(f"{self.name} ended with status {os.waitstatus_to_exitcode(status)}: {self.argv}")
        return usage.ru_utime + usage.ru_stime, wall


class Comparison:
    """How long one program takes, compared with another that ran in the same rounds."""

    def __init__(self, program: Program, base: Program) -> None:
        self.program = program
        self.base = base
        self.cpu_ratios = _ratios(program.cpu, base.cpu)
        self.wall_ratios = _ratios(program.wall, base.wall)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_ratios)

    @property
    def wall(self) -> float:
        return statistics.median(self.wall_ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the CPU ratio."""
        if len(self.cpu_ratios) < 4:
            return min(self.cpu_ratios), max(self.cpu_ratios)
        low, _, high = statistics.quantiles(self.cpu_ratios, n=4)
        return low, high

    @property
    def cpu_ms(self) -> float:
        return 1000 * statistics.median(value for value in self.program.cpu if value is not None)

    @property
    def wall_ms(self) -> float:
        return 1000 * statistics.median(value for value in self.program.wall if value is not None)

    def as_dict(self) -> dict[str, object]:
        low, high = self.spread
        return {
            "program": self.program.name,
            "base": self.base.name,
            "rounds": len(self.cpu_ratios),
            "cpu_ratio": round(self.cpu, 4),
            "cpu_ratio_quartiles": [round(low, 4), round(high, 4)],
            "wall_ratio": round(self.wall, 4),
            "cpu_ms": round(self.cpu_ms, 3),
            "wall_ms": round(self.wall_ms, 3),
        }


def _ratios(ours: list[float | None], theirs: list[float | None]) -> list[float]:
    return [a / b for a, b in zip(ours, theirs, strict=True) if a is not None and b is not None]


def interleave(programs: list[Program], rounds: int, between=None) -> None:
    """Run all *programs* once in each of so many *rounds*, each round beginning with another one.

    Args:
        programs: Their times are added to them.
        rounds: How often, at most: slow ones run in fewer.
        between: Called before each start with the program, outside of its time.
    """
    for program in programs:
        if between:
            between(program)
        _, wall = program.start()  # not counted: fills the disk cache, and shows how slow it is
        program.rounds = min([rounds, *(most for limit, most in _SLOW if wall > limit)])
    for number in range(rounds):
        at = number % len(programs)
        for program in programs[at:] + programs[:at]:
            if number >= (program.rounds or rounds):
                program.cpu.append(None)
                program.wall.append(None)
                continue
            if between:
                between(program)
            cpu, wall = program.start()
            program.cpu.append(cpu)
            program.wall.append(wall)
