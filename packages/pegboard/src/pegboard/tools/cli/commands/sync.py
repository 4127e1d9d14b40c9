"""`plugins sync`: install what a file of requirements names, or undo a change that did not end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.commands.install import carry_out
from pegboard.tools.cli.commands.uninstall import remove
from pegboard.tools.cli.environment_commands import (
    add_options,
    installer_for,
    is_confirmed,
    record_plugins,
    reporting_state,
)
from pegboard.tools.installing.change_log import read_change_log, remove_change_log
from pegboard.tools.installing.change_status import ChangeStatus
from pegboard.tools.installing.install_plan import Request
from pegboard.tools.installing.installed import plugins_by_distribution
from pegboard.tools.installing.installer import Installer
from pegboard.tools.installing.references import absolute, key_of, pairs
from pegboard.tools.installing.requirements_file import at_hand, read_requirements_file
from pegboard.tools.installing.rollback import roll_back

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.installing.change_log import ChangeLog


def add(commands: Group) -> None:
    """Add `sync`."""
    parser = command(commands, "sync", _run, "install what a file of requirements names")
    parser.add_argument("file", metavar="FILE", nargs="?", help="as `freeze` prints it; hashes in it are checked")
    parser.add_argument("--exact", action="store_true", help="remove plugins that the file does not name")
    parser.add_argument(
        "--restore", action="store_true", help="instead of a file: undo the last change, if it did not end"
    )
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask before removing or undoing")
    add_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    if options.restore:
        if options.file is not None or options.exact:
            output.complain("error: --restore goes with neither a file nor --exact")
            return 2
        return _restore(host, options, output)
    if options.file is None:
        output.complain("error: no file is named")
        return 2
    file = read_requirements_file(options.file)
    installer = installer_for(options, output)
    named = {key_of(text) for _, text in pairs(file.requirements)}
    surplus = sorted(plugins_by_distribution(host).keys() - named) if options.exact else []
    if not file.requirements and not surplus:
        output.answer({"environment": installer.environment.kind, "changes": [], "done": False, "added": []})
        return DONE
    if not file.requirements:
        return remove(host, options, output, installer, surplus)
    request = Request(
        absolute(at_hand(file, installer.options)),
        may_move=options.allow_changes,
        needs_plugin=False,
        hashes=file.hashes,
        surplus=surplus,
    )
    return carry_out(host, options, output, installer, request)


def _restore(host: Host, options: argparse.Namespace, output: Output) -> int:
    installer = installer_for(options, output, is_restoring=True)
    log = read_change_log()
    if log is None or (status := ChangeStatus(log)).is_before:
        remove_change_log()
        output.say("nothing to do: no change is to be undone")
        output.answer({"removed": [], "installed": [], "done": False})
        return DONE
    answer = {
        "removed": list(status.added),
        "installed": [{"distribution": key, "version": log.before[key]} for key in status.lost],
        "done": False,
    }
    would = "would " if options.dry_run else ""
    output.say(*status.lines())
    for key in status.added:
        output.say(f"{would}remove {key}")
    for key in status.lost:
        output.say(f"{would}install {key} {log.before[key]}")
    if status.leftovers or status.temporary:
        output.say(f"{would}remove what is left over")
    if options.dry_run:
        output.answer(answer)
        return DONE
    if not options.yes and not is_confirmed(output):
        return FAILED
    if not installer.options:
        installer = Installer(installer.environment, log.options)
    output.flush()
    done = _restored(installer, log, status, options, output)
    output.say(*done.lines())
    if not done.is_before:
        raise InstallFailedError("sync", "not all of it could be undone", "install what is missing by its name")
    exit_status, _ = record_plugins(host, options, log.before.keys(), output)
    output.answer({**answer, "done": True})
    return exit_status


def _restored(
    installer: Installer, log: ChangeLog, status: ChangeStatus, options: argparse.Namespace, output: Output
) -> ChangeStatus:
    try:
        with reporting_state(options, output):
            return roll_back(installer, log)
    except InstallFailedError as error:
        if not status.lost:
            raise
        wanted = ", ".join(f"{key} {log.before[key]}" for key in status.lost)
        remedy = f"{options.prog} sync --restore --find-links FOLDER, where FOLDER has the wheel of {wanted}"
        raise InstallFailedError(error.program, error.cause, remedy, error.printed) from error
