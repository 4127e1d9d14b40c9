"""Measures pegboard against a bare interpreter, the floor, and what people use today: `make bench`.

In: the options below. Out: tables, the bars, and a file in `benchmarks/results/`. README.md says what each number means.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import adopted
import timetracker
from calls import measure_calls
from hooks import measure_hooks
from isolated import measure_environments
from measure import Program, interleave
from probe import Probe, beyond_bare, judging_ms, settle, starts_until_judged
from processes import measure_processes
from results import Results, table
from synthesis import Environment, age, command_name, plugin_name

OTHERS = {
    # name: kind of environment, module of the program
    "eager": ("plain", "eager"),
    "metadata": ("plain", "metadata"),
    "pluggy": ("pluggy", "main"),
    "stevedore": ("stevedore", "main"),
    "plux": ("plux", "main"),
}
JOBS = ("list", "run")
JUDGING_S = 0.5
"""How much CPU time a start may spend on judging plugins; the default of `Host(judging_s=…)`."""


def job_code(module: str, job: str, number: int) -> str:
    if job == "list":
        return f"from benchhost.{module} import list_names; list_names()"
    return f"from benchhost.{module} import run; run({command_name(number)!r})"


def floor_code(number: int) -> str:
    return f"from benchhost.plugins.{plugin_name(number)} import main; main()"


def ready(kind: str, variant: str, count: int) -> Environment:
    """Return an environment with warm caches."""
    environment = Environment(kind, variant, count).make()
    if kind == "ours":
        settle(environment, job_code("main", "list", 0))
    return environment


def programs_for(variant: str, count: int, others: tuple[str, ...], jobs: tuple[str, ...]) -> dict[str, Program]:
    """Return the programs to compare, by name; those for one job print the same, or this process exits."""
    ours, plain = ready("ours", variant, count), ready("plain", variant, count)
    number = ours.middle
    programs = {"bare": Program("bare", ours.argv("pass"), ours.environ)}
    if "run" in jobs:
        programs["floor"] = Program("floor", plain.argv(floor_code(number)), plain.environ)
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
                sys.exit(f"{environment}: {name} {job} prints something else than ours")
            programs[f"{name} {job}"] = Program(f"{name} {job}", environment.argv(code), environment.environ)
    return programs


# -- sections ---------------------------------------------------------------------------------------------------------


def compare_at(
    results: Results, variant: str, count: int, others: tuple[str, ...], options: argparse.Namespace
) -> None:
    """Compare everything at one number of plugins."""
    section = f"{variant}-{count}"
    jobs = ("list",) if not count else ("run",) if variant == "heavy" else JOBS
    programs = programs_for(variant, count, others, jobs)
    interleave(list(programs.values()), options.rounds)
    results.compare(section, programs, "bare")
    results.ratio(section, programs, "ours run", "floor")
    for job in jobs:
        for other in others:
            results.ratio(section, programs, f"{other} {job}", f"ours {job}")
    for other in others:
        results.ratio(section, programs, f"{other} run", "floor")
    report_costs(results, section, ready("ours", variant, count), jobs)


def variant(results: Results, name: str, options: argparse.Namespace) -> None:
    others = tuple(OTHERS) if options.others is None else tuple(options.others)
    for count in options.n or [100 if name == "heavy" else 1000]:
        compare_at(results, name, count, others, options)


def frugal(results: Results, options: argparse.Namespace) -> None:
    """Plugins that import only the host's API."""
    variant(results, "frugal", options)


def light(results: Results, options: argparse.Namespace) -> None:
    """Plugins with ordinary imports."""
    variant(results, "light", options)


def heavy(results: Results, options: argparse.Namespace) -> None:
    """Plugins that take 20 ms to import."""
    variant(results, "heavy", options)


def report_costs(results: Results, section: str, environment: Environment, jobs: tuple[str, ...]) -> None:
    for job in jobs:
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
    others = ("eager",) if options.others is None else tuple(options.others)
    for count in options.n or ([100, 1000, 5000] if options.quick else [0, 10, 100, 1000, 5000]):
        if f"frugal-{count}/ours list:bare" not in results.values:
            compare_at(results, "frugal", count, others if count <= 1000 else (), options)


def cold(results: Results, options: argparse.Namespace) -> None:
    """The first start of all, and the starts until every plugin has been judged."""
    for name in ("frugal", "light"):
        for count in options.n or [100, 1000]:
            section = f"cold-{name}-{count}"
            ours, plain = ready("ours", name, count), ready("plain", name, count)
            programs = {
                "bare": Program("bare", ours.argv("pass"), ours.environ),
                "eager list": Program("eager list", plain.argv(job_code("eager", "list", 0)), plain.environ),
                "ours list": Program("ours list", ours.argv(job_code("main", "list", 0)), ours.environ),
            }

            def forget(program: Program, ours: Environment = ours) -> None:
                if program.name == "ours list":
                    ours.forget()

            interleave(list(programs.values()), min(options.rounds, 5), before=forget)
            results.compare(section, programs, "bare")
            results.ratio(section, programs, "ours list", "eager list")
            results.values[f"{section}/first start"] = statistics.median(
                (first - JUDGING_S) / eager
                for first, eager in zip(programs["ours list"].cpu, programs["eager list"].cpu, strict=True)
                if first is not None and eager is not None
            )
            results.values[f"{section}/starts"] = starts_until_judged(ours, job_code("main", "list", 0))
            costs = judging_ms(ours)
            results.values[f"{section}/judging"] = statistics.mean(costs)
            print(
                f"  (ours - {JUDGING_S} s) / eager: {results.values[f'{section}/first start']:.3f};"
                f" {results.values[f'{section}/starts']} starts until all are judged;"
                f" {statistics.mean(costs):.2f} ms a plugin, at most {max(costs):.1f}"
            )
            settle(ours, job_code("main", "list", 0))


def utt(results: Results, options: argparse.Namespace) -> None:
    """The application that pegboard was made for, against the one that its users have today."""
    for length in timetracker.DAYS:
        section = f"utt-{length}"
        programs, before = timetracker.programs_for(length)
        interleave(list(programs.values()), options.rounds, before=before)
        results.compare(section, programs, "new bare")
        for job in ("add", "report"):
            results.ratio(section, programs, f"new {job}", f"old {job}")
            above = above_bare(programs, job)
            results.values[f"{section}/{job} above bare"] = above
            print(f"  (new {job} - bare) / (old {job} - bare): {above:.3f}")


def help_of(results: Results, options: argparse.Namespace) -> None:
    """`utt --help` with a thousand commands of plugins, beside one: argparse formats what the index knows."""
    ours = timetracker.pair()["new"]
    programs = {}
    for count in (1, 1000):
        home = ours.path / f"help-{count}"
        folder = home / ".config" / "utt" / "plugins"
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            name = command_name(number)
            (folder / f"{plugin_name(number)}.py").write_text(
                "from utt.api import v1\nclass Handler:\n    def __call__(self): pass\n"
                f"v1.register_command(v1.Command({name!r}, 'Do what {name} does', Handler, lambda parser: None))\n"
            )
        age(folder, (int(time.time()) - timetracker.AGE_S) * 1_000_000_000)
        environ = ours.environ | {"HOME": str(home), "UTT_PLUGINS_JUDGING_S": "inf", "UTT_PLUGINS_CACHE": str(home)}
        program = Program(f"help of {count}", [str(ours.bin / "utt"), "--help"], environ)
        for _ in range(2):
            program.start()
        programs[program.name] = program
    interleave(list(programs.values()), options.rounds)
    results.compare("utt-help", programs, "help of 1")


def above_bare(programs: dict[str, Program], job: str) -> float:
    """Return the ratio of the times above bare: the median over the rounds."""
    times = [programs[name].cpu for name in (f"new {job}", "new bare", f"old {job}", "old bare")]
    return statistics.median(
        (new - new_bare) / (old - old_bare)
        for new, new_bare, old, old_bare in zip(*times, strict=True)
        if None not in (new, new_bare, old, old_bare)
    )


def importing(results: Results, options: argparse.Namespace) -> None:
    """The price of the library itself, before anything is done with it."""
    environment = ready("ours", "frugal", 0)
    codes = {"bare": "pass", "import pegboard": "import pegboard", "import Host": "from pegboard import Host"}
    programs = {name: Program(name, environment.argv(code), environment.environ) for name, code in codes.items()}
    interleave(list(programs.values()), options.rounds)
    results.compare("import", programs, "bare")


def calls(results: Results, options: argparse.Namespace) -> None:
    """Single calls of a running application, against a dict, svcs and dishka."""
    measure_calls(results, options.rounds)


def adoption(results: Results, options: argparse.Namespace) -> None:
    """Published applications with published plugins; see `examples/adoption`."""
    if lacking := adopted.what_is_lacking():
        print(f"\nadoption: {lacking}; nothing was measured")
        return
    with tempfile.TemporaryDirectory() as folder:
        for section, programs, tidy in adopted.programs(Path(folder)):
            interleave(list(programs.values()), options.rounds, before=tidy)
            results.compare(section, programs, "ours")
            results.ratio(section, programs, "own", "ours")
            results.ratio(section, programs, "ours", "plain")


def environments(results: Results, _: argparse.Namespace) -> None:
    """The environment of an isolated plugin, from a warm cache, with the first call; beside doing that by hand."""
    measure_environments(results)


def hooks(results: Results, options: argparse.Namespace) -> None:
    """Calls of hooks beside pluggy and a bare loop, on two Pythons; and what declaring and changing them costs."""
    measure_hooks(results, options.rounds)


def processes(results: Results, options: argparse.Namespace) -> None:
    """Calls and arrays between processes, and how soon a killed one serves again."""
    measure_processes(results, options.rounds)


def instructions(results: Results, options: argparse.Namespace) -> None:
    """The instructions of whole processes, which other work on the machine does not change; needs valgrind."""
    valgrind = shutil.which("valgrind")
    if not valgrind:
        print("\ninstructions: valgrind is not installed, nothing was counted")
        return
    rows = []
    for name, count in ((name, count) for name in ("frugal", "light") for count in options.n or [1000]):
        ours, plain = ready("ours", name, count), ready("plain", name, count)
        number = ours.middle
        codes = {
            "bare": (ours, "pass"),
            "floor": (plain, floor_code(number)),
            "ours list": (ours, job_code("main", "list", number)),
            "ours run": (ours, job_code("main", "run", number)),
        }
        if not options.only or "eager" in (options.others or ()):  # takes longer than all others together
            codes["eager run"] = (plain, job_code("eager", "run", number))
        bare = 0.0
        for program, (environment, code) in codes.items():
            millions = count_instructions(valgrind, environment, code) / 1e6
            bare = bare or millions
            key = f"instructions-{name}-{count}/{program}"
            results.values[f"{key}:bare"] = millions / bare
            results.details[key] = {"millions": round(millions, 3)}
            label = f"{program}, {name}, N={count}"
            rows.append((label, f"{millions:.2f}", f"{millions - bare:+.2f}", f"{millions / bare:.3f}"))
    table("instructions", ("program", "million", "above bare", "x bare"), rows)


def count_instructions(valgrind: str, environment: Environment, code: str) -> int:
    process = subprocess.run(
        [valgrind, "--tool=callgrind", "--callgrind-out-file=/dev/null", *environment.argv(code)],
        env=environment.environ,
        capture_output=True,
        text=True,
        check=True,
    )
    if complaints := re.findall(r"(?m)^(?!==\d+==).+$", process.stderr):
        sys.exit(f"{environment}: {complaints}")
    return int(re.findall(r"Collected : (\d+)", process.stderr)[-1])


SECTIONS = {
    "frugal": frugal,
    "light": light,
    "heavy": heavy,
    "growth": growth,
    "cold": cold,
    "utt": utt,
    "help": help_of,
    "import": importing,
    "calls": calls,
    "environments": environments,
    "adoption": adoption,
    "hooks": hooks,
    "processes": processes,
    "instructions": instructions,
}


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
    began = time.time()
    for section in options.only or SECTIONS:
        SECTIONS[section](results, options)
    is_whole = not (options.only or options.n or options.others is not None)
    holds = results.judge(is_whole=is_whole)
    results.write(options, began)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
