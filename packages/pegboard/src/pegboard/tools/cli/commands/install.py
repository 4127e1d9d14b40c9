"""`plugins install`, and what `plugins upgrade` and `plugins sync` share with it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.commands.uninstall import remove
from pegboard.tools.cli.environment_commands import (
    add_options,
    installer_for,
    record_plugins,
    reporting_state,
    with_nearest,
)
from pegboard.tools.installing.change import install as change
from pegboard.tools.installing.dependencies import name_of
from pegboard.tools.installing.install_plan import Request, make_plan
from pegboard.tools.installing.installed import plugins_by_distribution
from pegboard.tools.installing.references import absolute

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.installing.installer import Installer


def add(commands: Group) -> None:
    """Add `install`."""
    parser = command(commands, "install", _run, "install plugins into this environment, and record what they add")
    parser.add_argument(
        "names", metavar="NAME", nargs="*", help="a distribution, also with a version; a wheel, a folder or an address"
    )
    add_editable_option(parser)
    add_options(parser)


def add_editable_option(parser: argparse.ArgumentParser) -> None:
    """Add `--editable`, which `upgrade` has, too."""
    parser.add_argument(
        "-e", "--editable", metavar="FOLDER", action="append", default=[], help="install a folder so that edits count"
    )


def named_requirements(options: argparse.Namespace) -> list[str]:
    """Return what *options* name, paths absolute; `-e` before a folder is an item of its own.

    Raises:
        InstallRefusedError: If nothing is at a path.
    """
    wanted = list(options.names)
    for folder in options.editable:
        wanted += ["-e", folder if "://" in folder else os.path.abspath(folder)]
    return absolute(wanted)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    wanted = named_requirements(options)
    if not wanted:
        output.complain("error: nothing to install is named")
        return 2
    request = Request(wanted, may_move=options.allow_changes)
    return carry_out(host, options, output, installer_for(options, output), request)


def carry_out(host: Host, options: argparse.Namespace, output: Output, installer: Installer, request: Request) -> int:
    """Plan, remove what is surplus, install, record and show; return the exit status."""
    installer.on_step = output.progress
    try:
        plan = make_plan(host, installer, request)
    except InstallFailedError as error:
        raise with_nearest(error, host, [name_of(text) for text in request.requirements], installer) from None
    answer = {
        "environment": installer.environment.kind,
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
    removed = sorted(set(request.surplus) - plan.needs)  # only now: until then something may be refused
    if removed and (status := remove(host, options, output, installer, removed)) != DONE:
        return status
    if not plan.steps and not removed:
        output.say("nothing to do: that is installed already")
    for line in plan.lines:
        output.say(f"{'would ' if options.dry_run else ''}{line}")
    if options.dry_run or not plan.steps:
        output.answer(answer)
        return DONE
    output.flush()
    output.progress("installing ...")
    with reporting_state(options, output):
        output.say(*change(installer, plan, request.requirements, set(plugins_by_distribution(host))))
    status, added = record_plugins(host, options, {step.key for step in plan.steps}, output)
    output.answer({**answer, "done": True, "added": added})
    return status
