"""Measures whole processes: runs them in turn, in rotating order, and compares them round by round.

In: programs. Out: their CPU and wall times by round, and ratios of those. Other work on the machine makes every absolute
number worthless, but it slows down two programs of the same second alike: so what counts is the median of the ratios
over many rounds. It disturbs CPU time (user and system, from `wait4`) less than wall time, so bars judge CPU time.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

_SLOW = ((5.0, 3), (0.6, 7), (0.2, 31))
"""The most rounds for programs that take more CPU time than so many seconds: their noise is small beside it."""


class Program:
    """A program to start, and its times."""

    def __init__(self, name: str, argv: list[str], environ: dict[str, str], cwd: Path | None = None) -> None:
        self.name = name
        self.argv = argv
        self.environ = environ
        """All environment variables of the process."""
        self.cwd = cwd
        self.cpu: list[float | None] = []
        """Seconds of CPU time by round; None for a round that was left out."""
        self.wall: list[float | None] = []
        self.rounds: int | None = None

    def start(self) -> tuple[float, float]:
        """Run the program once; return its CPU and wall time in seconds.

        Raises:
            RuntimeError: If its exit status is not 0.
        """
        no_streams = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in (0, 1)]
        previous = os.getcwd()
        if self.cwd:
            os.chdir(self.cwd)
        try:
            began = time.perf_counter()
            pid = os.posix_spawn(self.argv[0], self.argv, self.environ, file_actions=no_streams)
            _, status, usage = os.wait4(pid, 0)
            wall = time.perf_counter() - began
        finally:
            os.chdir(previous)
        if status:
            raise RuntimeError(f"{self.name} ended with status {os.waitstatus_to_exitcode(status)}: {self.argv}")
        return usage.ru_utime + usage.ru_stime, wall


class Ratios:
    """The times of one thing divided by those of another in the same rounds."""

    def __init__(self, times: list[float | None], base: list[float | None]) -> None:
        self.values = [a / b for a, b in zip(times, base, strict=True) if a is not None and b is not None]
        self.median = statistics.median(self.values)

    @property
    def quartiles(self) -> tuple[float, float]:
        if len(self.values) < 4:
            return min(self.values), max(self.values)
        low, _, high = statistics.quantiles(self.values, n=4)
        return low, high

    def __str__(self) -> str:
        low, high = self.quartiles
        return f"{self.median:.3f} ({low:.2f}-{high:.2f})"


class Comparison:
    """How long one program takes, compared with another that ran in the same rounds."""

    def __init__(self, program: Program, base: Program) -> None:
        self.names = program.name, base.name
        self.cpu = Ratios(program.cpu, base.cpu)
        self.wall = Ratios(program.wall, base.wall)
        self.cpu_ms, self.wall_ms = (
            1000 * statistics.median(time for time in times if time is not None)
            for times in (program.cpu, program.wall)
        )

    def as_dict(self) -> dict[str, object]:
        return {
            "program": self.names[0],
            "base": self.names[1],
            "rounds": len(self.cpu.values),
            "cpu_ratio": round(self.cpu.median, 4),
            "cpu_ratio_quartiles": [round(value, 4) for value in self.cpu.quartiles],
            "wall_ratio": round(self.wall.median, 4),
            "cpu_ms": round(self.cpu_ms, 3),
            "wall_ms": round(self.wall_ms, 3),
        }


def interleave(programs: list[Program], rounds: int, before=None) -> None:
    """Run all *programs* once in each round, and begin each round with another one.

    Args:
        programs: Their times are added to them.
        rounds: The number of rounds for fast programs; slow ones run in fewer.
        before: Called with the program before each start, outside of its time.
    """
    for program in programs:
        if before:
            before(program)
        cpu, _ = program.start()  # not counted: it fills the disk cache, and shows how slow the program is
        program.rounds = min([rounds, *(most for limit, most in _SLOW if cpu > limit)])
    for number in range(rounds):
        first = number % len(programs)
        for program in programs[first:] + programs[:first]:
            cpu, wall = None, None
            if number < program.rounds:
                if before:
                    before(program)
                cpu, wall = program.start()
            program.cpu.append(cpu)
            program.wall.append(wall)
