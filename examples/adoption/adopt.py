#!/usr/bin/env python3
"""Do published applications with published plugins, none of them changed, do the same on Pegboard, and how fast?

    adopt.py [llm] [pelican] [mkdocs] [flake8] [datasette]

For each application: an environment with its exact requirements; its own commands, run by the application as it was
published and by the adapter beside this file, in the same folder; what they print, the status they end with, and the
files they write, compared; CPU time, in pairs. Ends with 1 if anything differs, or a bar is missed.
"""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
UV = ROOT / ".tools/bin/uv"
PYTHON = "3.12"
PAIRS = 5
_TIMES = re.compile(
    rb"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?(?: ?[+-]\d\d:?\d\d|Z)?)?|\b\d\d:\d\d:\d\d\b"
    rb"|\b\d+(?:\.\d+)? ?(?:s|seconds|ms)\b|\"\w+_ms\": [\d.e-]+"
)


@dataclass(frozen=True)
class Pair:
    """One command, timed.

    Attributes:
        command: What follows the program's name.
        at_least: How many times less CPU it takes on Pegboard; None for no bar.
        plain: Environment variables with which the application loads no plugin, if it has such.
        at_most: How many times the CPU without any plugin.
    """

    command: str
    at_least: float | None = None
    plain: dict[str, str] = field(default_factory=dict)
    at_most: float | None = None


@dataclass(frozen=True)
class Application:
    """One application.

    Attributes:
        name: Its name, that of its folder here, and of its console script.
        lines: How many lines its adapter may have, empty ones not counted.
        pairs: What is timed.
        first: A command that needs the plugins; the first in `commands.txt` if empty.
        left_out: Distributions that the application as published cannot run with.
        is_ordered: Whether the order of lines counts.
    """

    name: str
    lines: int
    pairs: tuple[Pair, ...] = ()
    first: str = ""
    left_out: tuple[str, ...] = ()
    is_ordered: bool = True


_FIVE = "--log-handler plain --settings five.py --output five"
APPLICATIONS = (
    Application("llm", 45, (Pair("--help", 5, {"LLM_LOAD_PLUGINS": ""}, 1.15), Pair("jq --help")), is_ordered=False),
    Application("pelican", 30, (Pair(_FIVE, 3),), first=_FIVE),
    Application("mkdocs", 20, (Pair("build --quiet --config-file few.yml --site-dir few"),)),
    Application("flake8", 20, (Pair("--jobs 1 sample"),)),
    Application("datasette", 20, left_out=("datasette-ics",), is_ordered=False),
)


@dataclass
class Outcome:
    """What one run of a command gave."""

    status: int
    output: bytes
    files: dict[str, bytes]
    errors: str
    cpu_s: float


class Trial:
    """One application in environments and a working folder of its own."""

    def __init__(self, application: Application, folder: Path) -> None:
        self.application = application
        self.adapter = HERE / application.name / f"{application.name}_on_pegboard.py"
        self.folder = folder
        self.work = folder / "work"
        site = HERE / application.name / "site"
        if site.exists():
            shutil.copytree(site, self.work)
        else:
            self.work.mkdir()
        if application.name == "datasette":
            _make_database(self.work / "harbour.db")
        (folder / "home").mkdir()
        self.ours = self._environment("")
        self.own = self._environment("-as-published") if application.left_out else self.ours

    def _environment(self, suffix: str) -> Path:
        requirements = HERE / self.application.name / "requirements.txt"
        lines = [
            line
            for line in requirements.read_text(encoding="utf-8").splitlines()
            if not suffix or line.partition("==")[0] not in self.application.left_out
        ]
        environment = ROOT / ".cache/adoption" / f"{self.application.name}{suffix}"
        kept = environment / "requirements.txt"
        if not kept.exists() or kept.read_text(encoding="utf-8").splitlines() != lines:
            _uv("venv", "--clear", "--python", str(_python()), environment)
            wanted = self.folder / f"requirements{suffix}.txt"
            wanted.write_text("\n".join(lines) + "\n", encoding="utf-8")
            _uv("pip", "install", "--python", environment, "--no-deps", "-r", wanted)
            shutil.copy(wanted, kept)
        if not suffix:
            _uv("pip", "install", "--python", environment, "--no-deps", "--reinstall", ROOT / "packages/pegboard")
            shutil.rmtree(environment / "var", ignore_errors=True)  # where the index is
        return environment

    def tidy(self) -> None:
        """Remove what earlier commands have written."""
        for old in ("out-none", "out-few", "out-many", "out-missing", "few", "listed", "none", "five", "missing"):
            if (self.work / old).is_dir():
                shutil.rmtree(self.work / old)

    def arguments(self, command: str, *, on_pegboard: bool) -> list[str]:
        """Return the arguments of the process that runs *command*."""
        program = (
            [self.ours / "bin/python", "-m", self.adapter.stem]
            if on_pegboard
            else [self.own / "bin" / self.application.name]
        )
        return [*map(str, program), *shlex.split(command)]

    def environ(self, *, on_pegboard: bool) -> dict[str, str]:
        """Return all environment variables of such a process."""
        return {
            "PATH": f"{(self.ours if on_pegboard else self.own) / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder / "home"),
            "PYTHONPATH": str(self.adapter.parent),
            "PYTHONHASHSEED": "0",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "100",
            "TERM": "dumb",
        }

    def judge(self) -> Outcome:
        """Start on Pegboard for the first time, and judge all plugins."""
        commands = (HERE / self.application.name / "commands.txt").read_text(encoding="utf-8").splitlines()
        unlimited = {f"{self.application.name.upper()}_PLUGINS_JUDGING_S": "inf"}
        return self.run(self.application.first or commands[0], on_pegboard=True, variables=unlimited)

    def run(self, command: str, *, on_pegboard: bool, variables: dict[str, str] | None = None) -> Outcome:
        self.tidy()
        before = {path: path.read_bytes() for path in self._files()}
        cpu_before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            self.arguments(command, on_pegboard=on_pegboard),
            cwd=self.work,
            env=self.environ(on_pegboard=on_pegboard) | (variables or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        cpu = resource.getrusage(resource.RUSAGE_CHILDREN)
        files = {str(path): path.read_bytes() for path in self._files() if before.get(path) != path.read_bytes()}
        spent = cpu.ru_utime + cpu.ru_stime - cpu_before.ru_utime - cpu_before.ru_stime
        output = done.stdout.replace(os.fsencode(self.own), b"").replace(os.fsencode(self.ours), b"")
        return Outcome(done.returncode, output, files, done.stderr.decode(errors="replace"), spent)

    def _files(self) -> list[Path]:
        return [path for path in sorted((self.work).rglob("*")) if path.is_file() and path.parent.name != "__pycache__"]


def _make_database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("create table boats (id integer primary key, name text, latitude real, longitude real)")
        database.executemany(
            "insert into boats values (?, ?, ?, ?)", [(1, "Petrel", 54.1, 8.2), (2, "Gannet", 54.3, 8.6)]
        )
    database.close()


def _python() -> str | None:
    """Return the interpreter of that version; None if there is none."""
    chosen = dict(os.environ)
    if shutil.which("pyenv"):  # its commands work only for versions that are chosen: choose all
        versions = subprocess.run(["pyenv", "versions", "--bare"], check=False, capture_output=True, text=True).stdout
        chosen["PYENV_VERSION"] = ":".join(versions.split())
    command = [UV, "python", "find", "--system", "--no-python-downloads", PYTHON]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=chosen)
    return done.stdout.strip() if done.returncode == 0 else None


def _uv(*arguments: object) -> None:
    done = subprocess.run([UV, "--quiet", *map(str, arguments)], check=False, stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        raise SystemExit(f"adoption: uv {' '.join(map(str, arguments[:2]))} ended with {done.returncode}")


# -- comparing --------------------------------------------------------------------------------------------------------


def compared(own: Outcome, ours: Outcome) -> str:
    """Return how equal two outcomes are: `equal`, `equal but time`, `equal but order` or `different`."""
    if own.status != ours.status or own.files.keys() != ours.files.keys():
        return "different"
    texts = [(own.output, ours.output), *((own.files[path], ours.files[path]) for path in own.files)]
    if all(a == b for a, b in texts):
        return "equal"
    texts = [(_TIMES.sub(b"", a), _TIMES.sub(b"", b)) for a, b in texts]
    if all(a == b for a, b in texts):
        return "equal but time"
    return "equal but order" if all(_in_order(a) == _in_order(b) for a, b in texts) else "different"


def _in_order(text: bytes) -> object:
    try:
        return _sorted(json.loads(text))
    except ValueError:
        return sorted(text.splitlines())


def _sorted(value: object) -> object:
    if isinstance(value, list):
        return sorted(map(_sorted, value), key=lambda item: json.dumps(item, sort_keys=True))
    return {key: _sorted(each) for key, each in value.items()} if isinstance(value, dict) else value


# -- what is printed --------------------------------------------------------------------------------------------------


def show(trial: Trial) -> bool:
    """Run, compare and time one application; return whether all is as it should be."""
    application, lines = trial.application, _lines(trial.adapter)
    is_good = lines <= application.lines
    print(f"\n{application.name}: adapter of {lines} lines (at most {application.lines})")
    commands = (HERE / application.name / "commands.txt").read_text(encoding="utf-8").splitlines()
    first = trial.judge()
    print(f"  first start, which judges all plugins: {first.cpu_s:.1f} s of CPU")
    for command in commands:
        own, ours = trial.run(command, on_pegboard=False), trial.run(command, on_pegboard=True)
        verdict = compared(own, ours)
        named = [name for name in application.left_out if name not in ours.errors]
        is_good &= not named and verdict in (
            "equal",
            "equal but time",
            *(() if application.is_ordered else ("equal but order",)),
        )
        print(f"  {verdict:<16} {command}" + "".join(f"   NOT NAMED: {name}" for name in named))
        if verdict == "different":
            print(f"    statuses {own.status} and {ours.status}, {len(own.files)} and {len(ours.files)} files")
            print("    " + ours.errors[-600:].replace("\n", "\n    "))
    for pair in application.pairs:
        is_good &= _show_pair(trial, pair)
    return is_good


def _lines(path: Path) -> int:
    return sum(bool(line.strip()) for line in path.read_text(encoding="utf-8").splitlines())


def _show_pair(trial: Trial, pair: Pair) -> bool:
    rounds = [
        (
            trial.run(pair.command, on_pegboard=False).cpu_s,
            trial.run(pair.command, on_pegboard=True).cpu_s,
            trial.run(pair.command, on_pegboard=False, variables=pair.plain).cpu_s if pair.plain else None,
        )
        for _ in range(PAIRS)
    ]
    own, ours = (statistics.median(each[index] for each in rounds) for index in (0, 1))
    less = statistics.median(each[0] / each[1] for each in rounds)
    is_good = pair.at_least is None or less >= pair.at_least
    text = f"  {less:.1f} times less CPU ({own:.2f} s and {ours:.2f} s)"
    text += "" if pair.at_least is None else f", at least {pair.at_least:g}"
    if pair.plain and pair.at_most is not None:
        ratio = statistics.median(each[1] / each[2] for each in rounds)
        is_good &= ratio <= pair.at_most
        text += f"; {ratio:.2f} times that without plugins, at most {pair.at_most:g}"
    print(f"{text}: {pair.command}" + ("" if is_good else "   MISSED"))
    return is_good


def what_is_lacking() -> str | None:
    """Return what this machine lacks, in words; None if applications can be installed."""
    if _python() is None:
        return f"Python {PYTHON} is needed, and not installed here"
    if shutil.disk_usage(ROOT).free < 2 * 10**9:
        return "600 MB are installed, and two gigabytes of free space are needed for that"
    if not UV.exists():
        return f"{UV.relative_to(ROOT)} is needed, which `make .venv/ready` installs"
    return None


def main(names: list[str]) -> int:
    """Try the applications of *names*, all if there are none, and return the exit status."""
    known = [application.name for application in APPLICATIONS]
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"adoption: there is no {unknown[0]!r}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    if lacking := what_is_lacking():
        print(f"adoption: {lacking}", file=sys.stderr)
        return 1
    is_good = True
    for application in APPLICATIONS:
        if not names or application.name in names:
            with tempfile.TemporaryDirectory() as folder:
                is_good &= show(Trial(application, Path(folder)))
    print("\nall as it should be" if is_good else "\nsomething is not as it should be")
    return 0 if is_good else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
