"""Prepares the comparison of utt with utt 1.32: each has an environment with the two published plugins.

In: the length of a log. Out: the programs to compare. The published utt is only run, never read.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from measure import Program
from synthesis import CACHE, FORMAT, PEGBOARD, ROOT, _content_hash, age, install, make_venv

AGE_S = 3 * 3600
PLUGINS = ("utt-balance==0.1.1", "utt-project-summary==0.1.0")
OLD = "utt==1.32"
FIRST_DAY = dt.date(2011, 1, 3)
TASKS = 8
DAYS = {"one-year": 261, "ten-year": 2612}
"""The working days of each log; a day has nine entries: a hello and eight tasks."""
_MOST_STARTS = 6


class Installed:
    """An environment with one of the two, installed a few hours ago as a user does it."""

    def __init__(self, name: str, *requirements: str) -> None:
        """Name an environment that `make` builds.

        Args:
            name: Its folder.
            requirements: What to install beside the plugins.
        """
        self.requirements = requirements
        self.path = CACHE / name
        self.home = self.path / "home"
        self.bin = self.path / "venv" / "bin"

    @property
    def environ(self) -> dict[str, str]:
        return {"HOME": str(self.home), "PATH": os.defpath, "LANG": "C.UTF-8"}

    def make(self) -> Installed:
        """Build the environment unless it is up to date."""
        stamp = f"{FORMAT} {sys.version} {self.requirements} {PLUGINS} {_content_hash(Path(__file__))}"
        for folder in (item for item in self.requirements if os.path.isdir(item)):
            stamp += _content_hash(Path(folder, "src"))
        marker = self.path / "made"
        if marker.exists() and marker.read_text() == stamp:
            return self
        shutil.rmtree(self.path, ignore_errors=True)
        self.home.mkdir(parents=True)
        make_venv(self.path / "venv")
        install(self.bin / "python", *self.requirements, *PLUGINS)
        past = (int(time.time()) - AGE_S) * 1_000_000_000
        age(self.path / "venv", past)  # before compiling: a compiled module contains the time of its source
        subprocess.run(
            [str(self.bin / "python"), "-I", "-m", "compileall", "-q", str(self.path / "venv" / "lib")], check=True
        )
        age(self.path / "venv", past)
        marker.write_text(stamp)
        return self

    @property
    def caches(self) -> tuple[Path, ...]:
        """The folders that can contain an index: in the environment itself, or in the user's home."""
        return self.path / "venv" / "var", self.home

    def utt(self, log: Path, now: str, *command: str) -> list[str]:
        return [str(self.bin / "utt"), "--data", str(log), "--now", now, *command]

    def bare(self, name: str) -> Program:
        return Program(
            name, [str(self.bin / "python"), "-c", "pass"], self.environ
        )  # as a script is started: without -I


def pair() -> dict[str, Installed]:
    return {
        "new": Installed("utt-new", str(PEGBOARD), str(ROOT / "packages" / "utt")).make(),
        "old": Installed("utt-old", OLD).make(),
    }


def log_text(days: int) -> str:
    """Return a log of so many working days; it begins on the same day for every length."""
    found, day = [], FIRST_DAY
    while len(found) < days:
        if day.weekday() < 5:
            found.append(day)
        day += dt.timedelta(days=1)
    lines, number = [], 0
    for day in found:
        at = dt.datetime.combine(day, dt.time(8, 0))
        lines.append(f"\n{at:%Y-%m-%d %H:%M} hello" if lines else f"{at:%Y-%m-%d %H:%M} hello")
        for task in range(TASKS):
            at += dt.timedelta(minutes=60 if task == 0 else 67)
            number += 1
            lines.append(f"{at:%Y-%m-%d %H:%M} acme: task {task} number {number % 50}")
        number += 1
    return "\n".join(lines) + "\n"


class Log:
    """A log that is restored before each start."""

    def __init__(self, length: str) -> None:
        folder = CACHE / "utt-logs"
        folder.mkdir(parents=True, exist_ok=True)
        self.text = log_text(DAYS[length])
        self.last_day = self.text.rstrip().rpartition("\n")[2][:10]
        self.now = f"{self.last_day} 18:00"
        self.length = length
        self.folder = folder

    def path(self, who: str) -> Path:
        return self.folder / f"{self.length}-{who}.log"

    def restore(self, who: str) -> None:
        self.path(who).write_text(self.text)


def programs_for(length: str) -> tuple[dict[str, Program], object]:
    """Return the programs to compare on one log, and the function to call before each start."""
    log = Log(length)
    environments = pair()
    found: dict[str, Program] = {}
    printed: dict[str, list[str]] = {}
    for who, environment in environments.items():
        found[f"{who} bare"] = environment.bare(f"{who} bare")
        # `add` ends the day's last task; `report` is of that day
        for job, command in {"add": ("add", "acme: one more"), "report": ("report", log.last_day)}.items():
            name = f"{who} {job}"
            argv = environment.utt(log.path(who), log.now, *command)
            found[name] = Program(name, argv, environment.environ)
            log.restore(who)
            output = settle(environment, argv, lambda who=who: log.restore(who))
            after = log.path(who).read_text()
            printed.setdefault(job, []).append(output + hashlib.sha256(after.encode()).hexdigest())
    for job, outputs in printed.items():
        if outputs[0] != outputs[1]:
            sys.exit(f"utt {job}, {length} log: the two print or write different things:\n{outputs[0]}\n{outputs[1]}")

    def before(program: Program) -> None:
        who, _, job = program.name.partition(" ")
        if job == "add":
            log.restore(who)

    return found, before


def settle(environment: Installed, argv: list[str], restore) -> str:
    """Start a program until it leaves every cache unchanged twice; return what it prints.

    Raises:
        RuntimeError: If it still writes there at the sixth start.
    """
    before, same = None, 0
    for _ in range(_MOST_STARTS):
        restore()
        output = subprocess.run(argv, env=environment.environ, capture_output=True, text=True, check=True).stdout
        now = {
            str(file): (file.stat().st_mtime_ns, file.stat().st_size)
            for folder in environment.caches
            for file in folder.rglob("*")
            if file.is_file()
        }
        same = same + 1 if now == before else 0
        if same == 2:
            return output
        before = now
    raise RuntimeError(f"{argv[0]}: the index is rebuilt at every start: {before}")
