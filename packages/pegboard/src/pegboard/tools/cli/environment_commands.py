"""What the commands share that change the environment.

In: the options of a command. Out: an installer, questions to the user, the state of the environment in words, and new
records of the plugins.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pegboard.errors import InstallFailedError, InstallRefusedError
from pegboard.startup.journal.place import with_journal
from pegboard.tools.cli.commands import DONE, FAILED
from pegboard.tools.cli.recording import record_in_new_process
from pegboard.tools.installing.change import interrupted_change
from pegboard.tools.installing.change_log import read_change_log
from pegboard.tools.installing.environment import UV_TOOL, Environment
from pegboard.tools.installing.installer import Installer
from pegboard.tools.installing.uv_tool import UvReceipt
from pegboard.tools.processes import own_command

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.output import Output
    from pegboard.tools.cli.recording import Culprit


def add_options(parser: argparse.ArgumentParser, *, resolves: bool = True, allows_changes: bool = True) -> None:
    """Add the options that these commands have in common."""
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    parser.add_argument(
        "--deadline",
        metavar="SECONDS",
        type=seconds,
        default=DEADLINE_S,
        help=f"how long a plugin's import may take while it is recorded; usually {DEADLINE_S:g}",
    )
    if not resolves:
        return
    if allows_changes:
        text = "may change the application, other plugins and what they need"
        parser.add_argument("--allow-changes", action="store_true", help=text)
    add_source_options(parser)


def seconds(text: str) -> float:
    """Return the number of seconds in *text*.

    Raises:
        ArgumentTypeError: If it is none, or not positive.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 10**9:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds above 0")
    return value


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where distributions come from."""
    parser.add_argument("--index-url", metavar="URL", help="the package index to ask")
    parser.add_argument("--find-links", metavar="PLACE", action="append", default=[], help="look for files there, too")
    parser.add_argument("--no-index", action="store_true", help="ask no package index")


def installer_for(options: argparse.Namespace, output: Output, *, is_restoring: bool = False) -> Installer:
    """Return the installer of this environment; an earlier change that was interrupted is reported.

    Args:
        options: As `add_options` declares them.
        output: Where a warning goes, if an earlier change was interrupted.
        is_restoring: Whether that change is about to be undone, so that there is no need to warn.

    Raises:
        InstallRefusedError: If the environment may not or cannot be changed.
    """
    environment = Environment()
    environment.check()
    if (lines := interrupted_change()) and not is_restoring:
        output.complain("\n".join(f"warning: {line}" if not line.startswith(" ") else line for line in lines))
        offer_restore(options, output)
    words = source_words(options)
    if not words and environment.kind == UV_TOOL:
        words = UvReceipt(environment.prefix).options
    return Installer(environment, words)


def source_words(options: argparse.Namespace) -> list[str]:
    """Return, as uv and pip both know it, where distributions come from; see `add_source_options`."""
    words = ["--no-index"] if getattr(options, "no_index", False) else []
    if getattr(options, "index_url", None):
        words += ["--index-url", options.index_url]
    for source in getattr(options, "find_links", ()):
        words += ["--find-links", source if "://" in source else os.path.abspath(source)]
    return words


def offer_restore(options: argparse.Namespace, output: Output) -> None:
    """Say how the environment is restored, if there is a change log."""
    with suppress(InstallRefusedError):  # it is damaged, and tells nothing
        if read_change_log() is not None:
            output.complain(f"  to have it as it was: {options.prog} sync --restore")


@contextmanager
def reporting_state(options: argparse.Namespace, output: Output) -> Iterator[None]:
    """Report the state of the environment when a change fails or is interrupted; the error passes."""
    try:
        yield
    except BaseException as error:
        for note in getattr(error, "__notes__", ()):
            output.complain(note)
            offer_restore(options, output)
        raise


def is_confirmed(output: Output) -> bool:
    """Ask the user whether to go on."""
    if output.is_json or sys.stdin is None or not sys.stdin.isatty():
        output.complain("error: nobody can be asked; say --yes")
        return False
    return (output.ask("go on? [y/N] ") or "").lower() in ("y", "yes")


def record_plugins(
    host: Host, options: argparse.Namespace, keys: Collection[str], output: Output
) -> tuple[int, list[dict[str, Any]]]:
    """Record all plugins in a new process, and return the status and what the distributions *keys* add.

    Args:
        host: The application's host.
        options: As `manage` has parsed them.
        keys: Normalised names of distributions.
        output: Where complaints go.
    """
    from pegboard.startup.discovery.distributions import normalise

    command = own_command(options.arguments, "index", "build", "--json")
    if command is None:
        output.say("their records are made at the next start")
        return DONE, []
    command = [word for word in command if not word.startswith("--no-plugins")]
    output.progress("recording what the plugins add ...")
    try:
        answer, culprits = _recorded(host, command, options, output)
    except KeyboardInterrupt:
        output.complain(f"stopped; the plugins are installed. To record them: '{options.prog} index build'")
        raise
    advice = _advice(culprits, options.prog)
    if answer is None:
        output.complain(f"error: recording has failed; the plugins are installed. {advice}")
        return FAILED, []
    if culprits:
        output.complain(f"error: the plugins are installed, and the others are recorded. {advice}")
    left_out = {culprit.name for culprit in culprits}
    added = [
        {
            "plugin": entry["name"],
            "distribution": f"{entry['distribution']} {entry['version'] or ''}",
            "state": "broken" if _is_broken(entry) else entry["state"],
            "adds": entry["contributions"],
        }
        for entry in answer["plugins"]
        if entry["distribution"] and normalise(entry["distribution"]) in keys and entry["name"] not in left_out
    ]
    for item in added:
        output.say(f"plugin {item['plugin']} ({item['distribution']}) {item['state']}")
        for kind, names in item["adds"].items():
            output.say(f"    {kind}: {', '.join(names)}")
    is_broken = any(item["state"] == "broken" for item in added)
    return FAILED if is_broken or culprits else DONE, added


def _recorded(
    host: Host, command: Sequence[str], options: argparse.Namespace, output: Output
) -> tuple[dict[str, Any] | None, list[Culprit]]:
    """Record all plugins, and if one hangs or ends the process all others; return the answer, and those plugins."""
    variable = f"{host.settings.prefix}_NO_PLUGINS"
    journal = with_journal(host.settings, makes_it=False).journal
    culprits: list[Culprit] = []
    while True:
        left_out = ",".join(culprit.name for culprit in culprits)
        recording = record_in_new_process(
            command,
            {variable: f"{left_out}," if left_out else None},
            journal=journal,
            deadline_s=getattr(options, "deadline", DEADLINE_S),
        )
        if recording.errors:
            output.complain(recording.errors.rstrip())
        if recording.culprit is None:
            return recording.answer, culprits
        output.complain(f"error: {recording.culprit}")
        culprits.append(recording.culprit)
        if not recording.culprit.name or len(culprits) >= _MOST_CULPRITS:
            return recording.answer, culprits


def _advice(culprits: Sequence[Culprit], prog: str) -> str:
    """Return what finishes the work, in words."""
    names = [shlex.quote(culprit.name) for culprit in culprits if culprit.name]
    if not names:
        return f"To record them: '{prog} index build'"
    return f"To finish: '{prog} disable {' '.join(names)}', or uninstall it; then '{prog} index build'"


DEADLINE_S = 30.0
"""How many seconds the import of a plugin may take while it is recorded."""
_MOST_CULPRITS = 5


def _is_broken(entry: dict[str, Any]) -> bool:
    return not entry["is_recorded"] and entry["state"] in ("found", "broken")


def with_nearest(
    error: InstallFailedError, host: Host, names: Sequence[str], installer: Installer
) -> InstallFailedError:
    """Return *error* with the nearest known name as its hint: installed ones, and wheels in folders that were named."""
    from difflib import get_close_matches

    from pegboard.tools.installing.installed import Snapshot
    from pegboard.tools.installing.wheels import wheels_in

    if error.remedy:
        return error
    known = set(Snapshot().distributions) | {key for _, key, _ in wheels_in(installer.options)}
    for name in filter(None, names):
        if name not in known and os.path.exists(name):
            remedy = f"to install what is in this folder: {os.path.join(os.curdir, name)}"
            return InstallFailedError(error.program, error.cause, remedy, error.printed)
        near = get_close_matches(name, known - {name}, n=1) or get_close_matches(f"{host.name}-{name}", known, n=1)
        if near and name not in known:
            return InstallFailedError(error.program, error.cause, f"did you mean {near[0]!r}?", error.printed)
    return error
