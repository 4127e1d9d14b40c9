"""Measure pegboard against a bare interpreter, the floor, and what people use today: `make bench`.

Prints tables and the bars, and writes everything to `benchmarks/results/`. See README.md for what each number means.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import timetracker
from bars import BARS
from measure import Comparison, Program, interleave
from probe import Probe, beyond_bare, settle
from synthesis import HERE, Environment, command_name, plugin_name

SECTIONS = ("frugal", "light", "heavy", "growth", "cold", "utt", "import", "instructions")
OTHERS = {
    # name: kind of environment, module of the program
    "eager": ("plain", "eager"),
    "metadata": ("plain", "metadata"),
    "pluggy": ("pluggy", "main"),
    "stevedore": ("stevedore", "main"),
    "plux": ("plux", "main"),
}
ONE_ONLY = {
    # these need every command to be named like its entry point, and know nothing else of a plugin; no bar
    "metadata-one": ("plain", "metadata"),
    "stevedore-driver": ("stevedore", "main"),
}
JOBS = ("list", "run")


class Results:
    """All that was measured, by key."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.details: dict[str, object] = {}

    def compare(self, section: str, programs: dict[str, Program], base: str) -> None:
        rows = []
        for name, program in programs.items():
            comparison = Comparison(program, programs[base])
            self.values[f"{section}/{name}:{base}"] = comparison.cpu
            self.details[f"{section}/{name}:{base}"] = comparison.as_dict()
            low, high = comparison.spread
            rows.append(
                (
                    name,
                    f"{comparison.cpu:.3f}",
                    f"{low:.2f}-{high:.2f}",
                    f"{comparison.wall:.3f}",
                    f"{comparison.cpu_ms:.1f}",
                    f"{comparison.wall_ms:.1f}",
                    str(len(comparison.cpu_ratios)),
                )
            )
        table(
            f"{section}: x {base}",
            ("program", "cpu ratio", "quartiles", "wall ratio", "cpu ms", "wall ms", "rounds"),
            rows,
        )

    def ratio(self, section: str, programs: dict[str, Program], name: str, base: str) -> None:
        if name in programs and base in programs:
            comparison = Comparison(programs[name], programs[base])
            self.values[f"{section}/{name}:{base}"] = comparison.cpu
            self.details[f"{section}/{name}:{base}"] = comparison.as_dict()
            low, high = comparison.spread
            print(f"  {name} / {base}: {comparison.cpu:.3f} ({low:.2f}-{high:.2f})")


def table(title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    print(f"\n{title}")
    for row in (head, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        print("  " + "  ".join(cells))
    sys.stdout.flush()


def job_code(module: str, job: str, number: int, *, one: bool = False) -> str:
    if job == "list":
        return f"from benchhost.{module} import list_names; list_names()"
    function = "run_one" if one else "run"
    name = plugin_name(number) if one else command_name(number)
    return f"from benchhost.{module} import {function}; {function}({name!r})"


def floor_code(number: int) -> str:
    return f"from benchhost.plugins.{plugin_name(number)} import main; main()"


def ready(kind: str, variant: str, count: int) -> Environment:
    """Return an environment whose caches are warm: nothing is imported that need not be."""
    environment = Environment(kind, variant, count).make()
    if kind == "ours":
        settle(environment, job_code("main", "list", 0))
    return environment


def programs_for(variant: str, count: int, others: tuple[str, ...], jobs: tuple[str, ...]) -> dict[str, Program]:
    """Return the programs that are compared, by name; what they print has been seen to be the same."""
    ours, plain = ready("ours", variant, count), ready("plain", variant, count)
    number = ours.middle
    found = {"bare": Program("bare", ours.argv("pass"), ours.environ)}
    if not count:
        jobs = ("list",)
    if "run" in jobs:
        found["floor"] = Program("floor", plain.argv(floor_code(number)), plain.environ)
    sources = {"ours": ("ours", "main"), **{name: OTHERS[name] for name in OTHERS if name in others}}
    for job in jobs:
        expected = None
        for name, (kind, module) in sources.items():
            environment = ready(kind, variant, count)
            code = job_code(module, job, number)
            output = sorted(Probe(environment, code).output.split())
            if expected is None:
                expected = output
            if output != expected:
                sys.exit(f"{environment}: {name} {job} printed something else than ours")
            found[f"{name} {job}"] = Program(f"{name} {job}", environment.argv(code), environment.environ)
    return found


# -- sections ---------------------------------------------------------------------------------------------------------


def compare_variant(results: Results, variant: str, options: argparse.Namespace) -> None:
    """Everything at one N: the bars of one variant."""
    jobs = ("run",) if variant == "heavy" else JOBS
    for count in options.n or [100 if variant == "heavy" else 1000]:
        section = f"{variant}-{count}"
        others = tuple(OTHERS) if options.others is None else tuple(options.others)
        programs = programs_for(variant, count, others, jobs)
        interleave(programs_list(programs), options.rounds)
        results.compare(section, programs, "bare")
        print()
        results.ratio(section, programs, "ours run", "floor")
        for job in jobs:
            for other in others:
                results.ratio(section, programs, f"{other} {job}", f"ours {job}")
        for other in others:
            results.ratio(section, programs, f"{other} run", "floor")
        report_costs(results, section, ready("ours", variant, count), jobs)


def programs_list(programs: dict[str, Program]) -> list[Program]:
    return list(programs.values())


def report_costs(results: Results, section: str, environment: Environment, jobs: tuple[str, ...]) -> None:
    for job in jobs if environment.count else ("list",):
        costs = beyond_bare(environment, job_code("main", job, environment.middle))
        modules, own, plugins = costs["modules"], costs["own"], costs["plugins"]
        results.values[f"{section}/memory {job}"] = costs["mib"]
        results.values[f"{section}/modules {job}"] = len(modules)
        results.details[f"{section}/costs {job}"] = costs
        print(
            f"  ours {job}: {costs['mib']} MiB and {len(modules)} modules beyond bare, {len(own)} of the application's"
            f" own, {len(plugins)} of them plugins"
        )
        print(f"    {' '.join(modules)}")


def growth(results: Results, options: argparse.Namespace) -> None:
    """How the frugal case grows with N."""
    counts = options.n or ([100, 1000, 5000] if options.quick else [0, 10, 100, 1000, 5000])
    for count in counts:
        section = f"frugal-{count}"
        if f"{section}/ours list:bare" in results.values:
            continue  # measured already
        others = tuple(options.others) if options.others is not None else ("eager",)
        programs = programs_for("frugal", count, others if count <= 1000 else (), JOBS)
        interleave(programs_list(programs), options.rounds)
        results.compare(section, programs, "bare")
        print()
        results.ratio(section, programs, "ours run", "floor")
        report_costs(results, section, ready("ours", "frugal", count), JOBS)


def cold(results: Results, options: argparse.Namespace) -> None:
    """The first start of all: every plugin is imported once and recorded."""
    for variant in ("frugal", "light"):
        for count in options.n or [1000]:
            section = f"cold-{variant}-{count}"
            ours, plain = ready("ours", variant, count), ready("plain", variant, count)
            programs = {
                "bare": Program("bare", ours.argv("pass"), ours.environ),
                "eager list": Program("eager list", plain.argv(job_code("eager", "list", 0)), plain.environ),
                "ours list": Program("ours list", ours.argv(job_code("main", "list", 0)), ours.environ),
            }
            forget = (ours.home / ".cache", ours.path / "venv" / "var")
            interleave(
                programs_list(programs),
                min(options.rounds, 5),
                between=lambda program, forget=forget: remove(forget) if program.name == "ours list" else None,
            )
            results.compare(section, programs, "bare")
            print()
            results.ratio(section, programs, "ours list", "eager list")


def remove(folders: tuple[Path, ...]) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def utt(results: Results, options: argparse.Namespace) -> None:
    """The application the framework was made for, against the one that its users have today."""
    for length in timetracker.DAYS:
        section = f"utt-{length}"
        programs, between = timetracker.programs_for(length)
        interleave(programs_list(programs), options.rounds, between=between)
        results.compare(section, programs, "new bare")
        print()
        for job in ("add", "report"):
            results.ratio(section, programs, f"new {job}", f"old {job}")
            above = above_bare(programs, job)
            results.values[f"{section}/{job} above bare"] = above
            print(f"  (new {job} - bare) / (old {job} - bare): {above:.3f}")


def above_bare(programs: dict[str, Program], job: str) -> float:
    """Return what is left of the old program's time above its bare interpreter: the median of paired ratios."""
    times = [programs[name].cpu for name in (f"new {job}", "new bare", f"old {job}", "old bare")]
    return statistics.median(
        (new - new_bare) / (old - old_bare)
        for new, new_bare, old, old_bare in zip(*times, strict=True)
        if None not in (new, new_bare, old, old_bare)
    )


def importing(results: Results, options: argparse.Namespace) -> None:
    """The price of the library itself, before anything is done with it."""
    environment = ready("ours", "frugal", 0)
    programs = {
        name: Program(name, environment.argv(code), environment.environ)
        for name, code in {
            "bare": "pass",
            "import pegboard": "import pegboard",
            "import Host": "from pegboard import Host",
        }.items()
    }
    interleave(programs_list(programs), options.rounds)
    results.compare("import", programs, "bare")


def instructions(results: Results, options: argparse.Namespace) -> None:
    """The same work in instructions: what no neighbour changes. Needs valgrind; no bar is set on it."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        print("\ninstructions: valgrind is not installed, nothing was counted")
        return
    rows = []
    for variant, count in ((variant, count) for variant in ("frugal", "light") for count in options.n or [1000]):
        ours, plain = ready("ours", variant, count), ready("plain", variant, count)
        number = ours.middle
        codes = {
            "bare": (ours, "pass"),
            "floor": (plain, floor_code(number)),
            "ours list": (ours, job_code("main", "list", number)),
            "ours run": (ours, job_code("main", "run", number)),
            "eager run": (plain, job_code("eager", "run", number)),
        }
        bare = 0.0
        for name, (environment, code) in codes.items():
            millions = count_instructions(valgrind, environment, code) / 1e6
            bare = bare or millions
            results.values[f"instructions-{variant}-{count}/{name}:bare"] = millions / bare
            label = f"{name}, {variant}, N={count}"
            rows.append((label, f"{millions:.1f}", f"{millions - bare:+.1f}", f"{millions / bare:.3f}"))
    table("instructions", ("program", "million", "above bare", "x bare"), rows)


def count_instructions(valgrind: str, environment: Environment, code: str) -> int:
    process = subprocess.run(
        [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", *environment.argv(code)],
        env=environment.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    return int(re.findall(r"Collected : (\d+)", process.stderr)[-1])


def judge(results: Results) -> tuple[int, int]:
    """Print every bar beside what was measured; return how many are missed, and how many were not measured."""
    rows, missed, open_ = [], 0, 0
    for bar in BARS:
        limit = f"{'>=' if bar.is_least else '<='} {bar.limit}"
        if bar.key not in results.values:
            open_ += 1
            rows.append((bar.text, "-", limit, "NOT MEASURED", ""))
            continue
        value = results.values[bar.key]
        passes = bar.holds(value)
        missed += not passes
        floor = f"{results.values[bar.floor]:.3f}" if bar.floor in results.values else ""
        rows.append((bar.text, f"{value:.3f}", limit, "pass" if passes else "MISSED", floor))
    table("Bars", ("what", "measured", "bar", "", "the floor"), rows)
    held = len(BARS) - missed - open_
    print(f"\n{held} of {len(BARS)} bars hold, {missed} are missed, {open_} were not measured and say nothing")
    return missed, open_


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="Exit status: 1 if a bar is missed; in a run of everything also if one was not measured.",
    )
    parser.add_argument("--quick", action="store_true", help="few rounds, to see whether something broke")
    parser.add_argument("--n", type=int, action="append", help="this many plugins (may be repeated)")
    parser.add_argument("--rounds", type=int, help="how often each program runs, at most (default 401, quick 9)")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="this section only (may be repeated)")
    parser.add_argument("--others", nargs="*", choices=OTHERS, help="compare with these only")
    options = parser.parse_args()
    options.rounds = options.rounds or (9 if options.quick else 401)
    results = Results()
    sections = options.only or SECTIONS
    began = time.time()
    for section in sections:
        if section in ("frugal", "light", "heavy"):
            compare_variant(results, section, options)
        elif section == "growth":
            growth(results, options)
        else:
            {"cold": cold, "utt": utt, "import": importing, "instructions": instructions}[section](results, options)
    missed, unmeasured = judge(results)
    write(results, options, began)
    is_whole = not (options.only or options.n or options.others is not None)
    return 1 if missed or (is_whole and unmeasured) else 0


def write(results: Results, options: argparse.Namespace, began: float) -> None:
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
        "values": {key: round(value, 4) for key, value in results.values.items()},
        "details": results.details,
        "bars": [
            {**bar._asdict(), "value": value, "holds": None if value is None else bar.holds(value)}
            for bar, value in ((bar, results.values.get(bar.key)) for bar in BARS)
        ],
    }
    path.write_text(json.dumps(content, indent=1) + "\n")
    print(f"\n{path.relative_to(HERE.parent)}")


if __name__ == "__main__":
    sys.exit(main())
