"""`plugins doctor`: find faults, which plugins cause them, and how to mend them."""

from __future__ import annotations

import argparse
import math
import textwrap
from typing import TYPE_CHECKING

from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.output import count
from pegboard.tools.doctor.codes import ERROR, NOTE, WARNING
from pegboard.tools.doctor.diagnosis import diagnose
from pegboard.tools.doctor.fixes import fix_of
from pegboard.tools.doctor.isolation import Options
from pegboard.tools.processes import own_command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.doctor.finding import Finding

_DEADLINE_S = 10.0
_EPILOG = (
    "It imports, each in a process of its own, the plugins that have no valid record or a health check, "
    "and then those that it knows nothing bad of together in another process."
)


def add(commands: Group) -> None:
    """Add `doctor`."""
    parser = command(commands, "doctor", _doctor, "find what is wrong with plugins, and what mends it", epilog=_EPILOG)
    parser.add_argument("--no-import", action="store_true", help="import no plugin, in no process")
    parser.add_argument("--all", action="store_true", help="import every plugin, also those with a valid record")
    parser.add_argument(
        "--deadline",
        type=_seconds,
        default=_DEADLINE_S,
        metavar="SECONDS",
        help=f"how long an import or a health check may take ({_DEADLINE_S:g})",
    )
    parser.add_argument("--fix", action="store_true", help="offer the remedies that are safe, one by one")
    parser.add_argument("--yes", action="store_true", help="with --fix: apply them without asking")
    # For the worker processes, which import one plugin or all.
    for option in ("--into", "--module", "--without"):
        parser.add_argument(option, help=argparse.SUPPRESS)
    parser.set_defaults(usage_error=parser.error)


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise ValueError(text)
    return value


def _doctor(host: Host, options: argparse.Namespace, output: Output) -> int:
    if options.into:
        from pegboard.tools.doctor.worker import run_worker

        without = tuple(name for name in (options.without or "").split(",") if name)
        run_worker(host, options.into, options.module or "", without, options.deadline)
    if options.yes and not options.fix:
        options.usage_error("--yes belongs to --fix")
    if options.no_import and options.all:
        options.usage_error("--no-import and --all contradict each other")
    arguments: Sequence[str] = options.arguments

    def again(into: str, module: str, without: Sequence[str], deadline_s: float) -> list[str]:
        words = ["doctor", "--into", into, "--module", module, "--deadline", str(deadline_s)]
        return own_command(arguments, *words, "--without", ",".join(without)) or []

    known = own_command(arguments) is not None
    wanted = Options(
        again if known else None,
        options.deadline,
        imports=not options.no_import,
        everyone=bool(options.all),
        commands=options.prog,
    )
    diagnosis = diagnose(host, wanted)
    for found in diagnosis.findings:
        _say(found, output)
    numbers = {
        severity: sum(found.severity == severity for found in diagnosis.findings) for severity in (ERROR, WARNING, NOTE)
    }
    counted = ", ".join(count(number, severity) for severity, number in numbers.items() if number)
    subject = f"{count(diagnosis.plugins, 'plugin')}, {count(len(diagnosis.checked), 'check')}"
    is_well = not numbers[ERROR] and not numbers[WARNING]
    verdict = f"nothing is wrong ({counted})" if is_well and counted else counted or "nothing is wrong"
    unseen = diagnosis.disabled
    ending = f"; {count(unseen, 'plugin')} left out, and not imported" if unseen else ""
    output.say(f"{subject}: {verdict}{ending}")
    answer = {"findings": [found.as_dict() for found in diagnosis.findings], "checked": list(diagnosis.checked)}
    output.answer(answer | {"fixed": _fix(diagnosis.findings, host, options, output)} if options.fix else answer)
    return DONE if is_well else FAILED


def _fix(findings: Sequence[Finding], host: Host, options: argparse.Namespace, output: Output) -> list[str]:
    """Offer the remedies that are safe, and return what was done."""
    done: list[str] = []
    for found in findings:
        fix = fix_of(found, host)
        if fix is None or fix[0] in done:
            continue
        words, apply = fix
        if not options.yes:
            if not output.can_ask:
                output.complain(f"not done, since nobody can be asked: {words}; --yes does it")
                continue
            answer = output.ask(f"{words}? [y/N] ")
            if answer is None:
                break
            if answer.lower() not in ("y", "yes"):
                continue
        apply()
        done.append(words)
        output.say(f"done: {words}")
    if not done:
        output.say("nothing was changed")
    return done


def _say(found: Finding, output: Output) -> None:
    for number, line in enumerate(found.lines()):
        label = line.index(":") + 2 if number else 2
        width = output.width
        if output.is_terminal and width > label + 20:
            output.say(
                textwrap.fill(
                    line.strip(),
                    width,
                    initial_indent=" " * (len(line) - len(line.lstrip())),
                    subsequent_indent=" " * (label if width > 60 else 4),  # noqa: PLR2004 -- a narrow terminal
                    break_long_words=False,
                    break_on_hyphens=False,
                )
            )
        else:
            output.say(line)
    output.say()
