"""`plugins sync`: make the installed plugins those that a file names, or those before a change that did not end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError
from pegboard.tools.cli.changing import add_options, installer_for, is_agreed, record, told
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.commands.install import carry_out
from pegboard.tools.cli.commands.uninstall import remove
from pegboard.tools.installing.change_log import forget, read_note
from pegboard.tools.installing.condition import Condition
from pegboard.tools.installing.dependencies import name_of
from pegboard.tools.installing.installed import brought
from pegboard.tools.installing.installer import Installer
from pegboard.tools.installing.requirements_file import read_declared
from pegboard.tools.installing.restore import restore

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.installing.change_log import Note


def add(commands: Group) -> None:
    """Add `sync`."""
    parser = command(commands, "sync", _run, "install what a file of requirements names", has_json=False)
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
    declared = read_declared(options.file)
    installer = installer_for(options, output)
    wanted = declared.requirements
    surplus = sorted(set(brought(host)) - {name_of(text) for text in wanted}) if options.exact else []
    if wanted:
        hashes = declared.hashes or None
        return carry_out(host, options, output, installer, wanted, needs_plugin=False, hashes=hashes, surplus=surplus)
    return remove(host, options, output, installer, surplus) if surplus else DONE


def _restore(host: Host, options: argparse.Namespace, output: Output) -> int:
    installer = installer_for(options, output, is_restoring=True)
    note = read_note()
    if note is None or (condition := Condition(note)).is_before:
        forget()
        output.say("nothing to do: no change is to be undone")
        return DONE
    would = "would " if options.dry_run else ""
    output.say(*condition.lines())
    for key in condition.added:
        output.say(f"{would}remove {key}")
    for key in condition.lost:
        output.say(f"{would}install {key} {note.before[key]}")
    if condition.leftovers or condition.temporary:
        output.say(f"{would}remove what is left over")
    if options.dry_run:
        return DONE
    if not options.yes and not is_agreed(output):
        return FAILED
    if not installer.options:
        installer = Installer(installer.surroundings, note.options)
    output.flush()
    done = _restored(installer, note, condition, options, output)
    output.say(*done.lines())
    if not done.is_before:
        raise InstallFailedError("sync", "not all of it could be undone", "install what is missing by its name")
    status, _ = record(host, options, note.before.keys(), output)
    return status


def _restored(
    installer: Installer, note: Note, condition: Condition, options: argparse.Namespace, output: Output
) -> Condition:
    try:
        with told(options, output):
            return restore(installer, note)
    except InstallFailedError as error:
        if not condition.lost:
            raise
        wanted = ", ".join(f"{key} {note.before[key]}" for key in condition.lost)
        remedy = f"{options.prog} sync --restore --find-links FOLDER, where FOLDER has the wheel of {wanted}"
        raise InstallFailedError(error.program, error.cause, remedy) from error
