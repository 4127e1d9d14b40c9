"""`plugins install` and what `plugins upgrade` and `plugins sync` share with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError
from pegboard.tools.cli.changing import absolute, add_options, installer_for, record, told, with_nearest
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.commands.uninstall import remove
from pegboard.tools.installing.change import install as change
from pegboard.tools.installing.dependencies import name_of
from pegboard.tools.installing.installed import brought
from pegboard.tools.installing.plan import make_plan

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Mapping, Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.installing.installer import Installer


def add(commands: Group) -> None:
    """Add `install`."""
    parser = command(commands, "install", _run, "install plugins into this environment, and record what they add")
    parser.add_argument("names", metavar="NAME", nargs="*", help="a distribution, a wheel or a folder")
    parser.add_argument(
        "-e", "--editable", metavar="FOLDER", action="append", default=[], help="install a folder so that edits count"
    )
    add_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    wanted = list(options.names)
    for folder in options.editable:
        wanted += ["-e", folder if folder.startswith(("/", ".")) else f"./{folder}"]
    if not wanted:
        output.complain("error: nothing to install is named")
        return 2
    return carry_out(host, options, output, installer_for(options, output), wanted)


def carry_out(
    host: Host,
    options: argparse.Namespace,
    output: Output,
    installer: Installer,
    wanted: Sequence[str],
    *,
    is_upgrade: bool = False,
    needs_plugin: bool = True,
    hashes: Mapping[str, tuple[str, ...]] | None = None,
    surplus: Collection[str] = (),
) -> int:
    """Plan, remove what is surplus, install, record and show.

    Args:
        host: The application's host.
        options: As `add_options` declares them.
        output: Where everything goes.
        installer: What installs here.
        wanted: Requirements; `-e` before a folder is an item of its own.
        is_upgrade: Whether newer versions of what is named are wanted.
        needs_plugin: Whether each that is named has to bring a plugin.
        hashes: What files may have, by name; None if any will do.
        surplus: Distributions of plugins to remove, unless what is asked for needs them. Only when the plan is made,
            since until then something may be refused.
    """
    requirements = absolute(wanted)
    try:
        plan = make_plan(
            host,
            installer,
            requirements,
            may_move=options.allow_changes,
            is_upgrade=is_upgrade,
            needs_plugin=needs_plugin,
            hashes=hashes,
            leaving=surplus,
        )
    except InstallFailedError as error:
        raise with_nearest(error, host, [name_of(text) for text in requirements], installer) from None
    answer = {
        "environment": installer.surroundings.kind,
        "changes": [
            {
                "distribution": step.key,
                "from": plan.before.get(step.key),
                "to": step.version,
                "plugins": plan.plugins.get(step.key, []),
            }
            for step in plan.steps
        ],
        "done": False,
        "added": [],
    }
    removed = sorted(set(surplus) - plan.needs)
    if removed and (status := remove(host, options, output, installer, removed)) != DONE:
        return status
    if not plan.steps and not removed:
        output.say("nothing to do: that is installed already")
    for line in plan.lines:
        output.say(f"{'would install' if options.dry_run else 'install'} {line}")
    if options.dry_run or not plan.steps:
        output.answer(answer)
        return DONE
    output.flush()
    with told(options, output):
        output.say(*change(installer, plan, requirements, set(brought(host))))
    status, added = record(host, options, {step.key for step in plan.steps}, output)
    output.answer({**answer, "done": True, "added": added})
    return status
