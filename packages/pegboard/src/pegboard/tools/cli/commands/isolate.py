"""`plugins isolate`: give plugins an environment and a process of their own; `plugins.toml` keeps it."""

from __future__ import annotations

import os
import re
import tempfile
import tomllib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pegboard.errors import InstallRefusedError, SettingsError
from pegboard.isolation.environments import lock_path
from pegboard.isolation.policy import TABLE, Isolation, read_isolated
from pegboard.regular_file import read_file
from pegboard.startup.discovery.distributions import by_name, normalise
from pegboard.startup.isolating.candidates import application_of, environment_of, resolved
from pegboard.startup.isolating.lock import distribution_of, inputs_of, write_lock
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.completion import OWNERS, taking
from pegboard.tools.cli.environment_commands import add_options, record_plugins, source_words
from pegboard.tools.cli.user_settings import UserSettings
from pegboard.tools.installing.references import absolute, is_direct, key_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.isolation.environments import Environment
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output

_NAMED = re.compile(r"\s*([\w.-]+)\s*(.*)")


def add(commands: Group) -> None:
    """Add `isolate`."""
    parser = command(
        commands,
        "isolate",
        _run,
        "give plugins an environment and a process of their own, or list those that have them",
        epilog="What is isolated is kept in plugins.toml, and what is in its environment in a lock beside it.",
    )
    names = parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="a plugin or its distribution, also with a version; a wheel or a folder",
    )
    taking(names, OWNERS)
    parser.add_argument("--off", action="store_true", help="let it run in the application's process again")
    parser.add_argument("--upgrade", action="store_true", help="take newer versions than those of its lock")
    parser.add_argument("--python", metavar="VERSION", default="", help="its Python, e.g. 3.11; usually the same")
    parser.add_argument(
        "--confined", action="store_true", help="let it write only in its own folders, and have no network (Linux)"
    )
    add_options(parser, allows_changes=False)
    parser.set_defaults(usage_error=parser.error)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    settings = UserSettings(host)
    if options.off:
        if not options.names or options.python or options.confined or options.upgrade:
            options.usage_error("--off takes NAMEs, and no other option but --dry-run")
        return _release(host, settings, options, output)
    if not options.names:
        return _list(host, settings, output)
    wanted = [_wanted(host, name, options, settings) for name in dict.fromkeys(options.names)]
    return isolate(host, settings, wanted, options, output)


def upgrade(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Take newer versions in the environments of isolated plugins, all of which *options* name."""
    vars(options).update(upgrade=True, python="", confined=False)
    settings = UserSettings(host)
    wanted = [_wanted(host, name, options, settings) for name in dict.fromkeys(options.names)]
    return isolate(host, settings, wanted, options, output)


def isolate(
    host: Host, settings: UserSettings, wanted: Sequence[Isolation], options: argparse.Namespace, output: Output
) -> int:
    """Make the environments of what is *wanted*, write it to `plugins.toml`, and record the plugins."""
    answers: list[dict[str, Any]] = []
    words = source_words(options)
    for each in wanted:
        if options.dry_run:
            answers.append(_planned(host, settings, each, options, output))
            continue
        environment = environment_of(
            host.settings,
            each,
            host.manager.cold_start.search().discovery,
            each.name,
            files=[],
            options=words,
            is_upgrade=options.upgrade,
            is_checked=True,
        )
        is_changed = settings.file.set((TABLE, each.name), each.as_setting())
        answers.append(_answer(settings, each, environment, is_changed=is_changed))
        output.say(*_lines(answers[-1]))
    if not options.dry_run:
        settings.file.write()
    output.flush()
    status, added = (DONE, []) if options.dry_run else record_plugins(host, options, {w.name for w in wanted}, output)
    output.answer({"file": settings.file.path, "done": not options.dry_run, "isolated": answers, "added": added})
    if status != DONE:
        names = " ".join(each.name for each in wanted)
        output.complain(f"  to have it as it was: {options.prog} isolate --off {names}")
    return status


def _wanted(host: Host, text: str, options: argparse.Namespace, settings: UserSettings) -> Isolation:
    """Return what the user wants of *text*, with the distribution as its name.

    Raises:
        SettingsError: If it is not clear which distribution that is.
    """
    (text,) = absolute([text])
    common = {"python": options.python, "confined": options.confined}
    if is_direct(text):
        name = key_of(text)
        if not name:
            raise InstallRefusedError("it does not say which distribution it is", text, "name a wheel or a project")
        given = Isolation(name, requirement=text, **common)
    else:
        match = _NAMED.fullmatch(text)
        given = Isolation(match[1] if match else text, specifier=match[2].strip() if match else "", **common)
    for problem in read_isolated({given.name: given.as_setting()}):
        if not isinstance(problem, Isolation):
            raise SettingsError(settings.file.path, problem[1], f"see `{options.prog} isolate --help`")
    distribution = resolved(given, host.manager.cold_start.search().discovery.candidates, host.settings)
    known = next((each for each in settings.policy_of_file().isolated if distribution_of(each) == distribution), None)
    return Isolation(
        distribution,
        specifier=given.specifier or (known.specifier if known else ""),
        requirement=given.requirement or (known.requirement if known else ""),
        python=given.python or (known.python if known else ""),
        confined=given.confined or (known is not None and known.confined),
        environ=known.environ if known else (),
    )


def _planned(
    host: Host, settings: UserSettings, wanted: Isolation, options: argparse.Namespace, output: Output
) -> dict[str, Any]:
    """Say what would be in the environment, and change nothing."""
    configuration = os.path.dirname(settings.file.path)
    found = host.manager.cold_start.search().discovery
    inputs = inputs_of(wanted, application_of(host.settings, found), configuration)
    with tempfile.TemporaryDirectory() as folder:
        lock = os.path.join(folder, "pylock.toml")
        with suppress(OSError), open(lock, "wb") as stream:  # versions of the lock that there is stay
            stream.write(read_file(lock_path(configuration, wanted.name)))
        advice = "nothing was changed"
        write_lock(
            lock,
            inputs,
            host.name,
            wanted.name,
            host.settings.environ,
            options=source_words(options),
            advice=advice,
            is_upgrade=options.upgrade,
        )
        packages = packages_in(lock)
    output.say(f"would isolate {wanted.name}, in an environment with:")
    output.say(*(f"    {name} {version}".rstrip() for name, version in packages))
    return {"distribution": wanted.name, "packages": [{"name": n, "version": v} for n, v in packages]}


def packages_in(lock: str) -> list[tuple[str, str]]:
    """Return name and version of each distribution in a lock; a folder has no version."""
    try:
        data = tomllib.loads(read_file(lock).decode())
    except (OSError, ValueError):
        return []
    return [(each["name"], each.get("version", "")) for each in data.get("packages", ())]


def _answer(settings: UserSettings, wanted: Isolation, environment: Environment, *, is_changed: bool) -> dict[str, Any]:
    lock = lock_path(os.path.dirname(settings.file.path), wanted.name)
    return {
        "distribution": wanted.name,
        "version": environment.distribution[1],
        "plugins": [plugin["name"] for plugin in environment.plugins],
        "python": wanted.python or None,
        "confined": wanted.confined,
        "lock": lock,
        "environment": environment.folder,
        "packages": [{"name": name, "version": version} for name, version in packages_in(lock)],
        "is_changed": is_changed,
    }


def _lines(answer: dict[str, Any]) -> list[str]:
    who = f"{answer['distribution']} {answer['version']} (plugins: {', '.join(answer['plugins'])})"
    lines = [f"{who} is isolated{'' if answer['is_changed'] else ' already'}: it has an environment of its own"]
    lines.append(f"  environment: {answer['environment']}")
    lines.append(f"  lock: {answer['lock']}")
    if answer["distribution"] in by_name():
        lines.append("  note: it is installed beside the application, too, which does not use that")
    return lines


def _list(host: Host, settings: UserSettings, output: Output) -> int:
    isolated = host.manager.cold_start.search().isolated
    rows = []
    for each in settings.policy_of_file().isolated:
        distribution = distribution_of(each)
        environment = isolated.environments.get(distribution) if isolated else None
        row: dict[str, Any] = {"distribution": distribution, "setting": each.as_setting(), "environment": None}
        if environment is not None:
            row = (
                _answer(
                    settings,
                    Isolation(distribution, python=each.python, confined=each.confined),
                    environment,
                    is_changed=False,
                )
                | row
            )
            row["environment"] = environment.folder
        rows.append(row)
        output.say(f"{distribution} {row.get('version', '')}".rstrip())
        output.say(f"  environment: {row['environment'] or 'it is not there'}")
    if not rows:
        output.tell("no plugin is isolated: all run in the application's process")
    output.answer({"file": settings.file.path, "isolated": rows})
    return DONE


def _release(host: Host, settings: UserSettings, options: argparse.Namespace, output: Output) -> int:
    owners = {plugin.name: normalise(plugin.distribution.name) for plugin in host.plugins if plugin.distribution}
    table = settings.file.now.get(TABLE)
    known = {name: distribution_of(each) for each in settings.policy_of_file().isolated for name in (each.name,)}
    released = []
    for name in dict.fromkeys(options.names):
        keys = [key for key, of in known.items() if name == key or normalise(name) == of or owners.get(name) == of]
        if not keys and isinstance(table, dict) and name in table:  # what cannot be understood goes, too
            keys = [name]
        if not keys:
            hint = f"isolated are {', '.join(known)}" if known else "no plugin is isolated"
            raise SettingsError(settings.file.path, f"{name!r} is not isolated", hint)
        for key in keys:
            settings.file.set((TABLE, key), None)
            released.append(known.get(key, key))
    verb = "would run" if options.dry_run else "runs"
    for distribution in released:
        output.say(f"{distribution} {verb} in the application's process from the next start on")
        if distribution not in by_name():
            output.say(f"  note: it is not installed there; `{options.prog} install {distribution}` does it")
    if not options.dry_run:
        settings.file.write()
        for distribution in released:
            with suppress(OSError):
                os.unlink(lock_path(os.path.dirname(settings.file.path), distribution))
    output.answer({"file": settings.file.path, "done": not options.dry_run, "released": released})
    return DONE
