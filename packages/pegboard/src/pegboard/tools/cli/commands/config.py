"""`plugins config`: show every setting and where it comes from, read one, set one, or check them all."""

from __future__ import annotations

import difflib
import json
import tomllib
from typing import TYPE_CHECKING, Any

from pegboard.errors import SettingsError
from pegboard.index import NO, YES
from pegboard.isolation.policy import TABLE
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.user_settings import UserSettings

if TYPE_CHECKING:
    import argparse

    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output

_KEYS = ("strict", "enabled", "order", "mute")
_OF_PLUGIN = ("enabled", "eager")


def add(commands: Group) -> None:
    """Add `config`."""
    parser = command(
        commands,
        "config",
        run,
        "show every setting and where it comes from, read one, set one, or check them all",
        epilog="Settings are strict, enabled, order, mute, plugins.NAME.enabled, plugins.NAME.eager and isolated.NAME; "
        "the last is set by `isolate`.",
    )
    parser.add_argument("key", metavar="KEY", nargs="?", help="a setting, e.g. strict or plugins.NAME.eager")
    parser.add_argument(
        "value", metavar="VALUE", nargs="?", help="true or false; for order and mute, names with commas"
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--unset", action="store_true", help="take KEY out of the file, so that its default counts")
    only.add_argument("--path", action="store_true", help="print where plugins.toml is, or would be")
    only.add_argument("--check", action="store_true", help="complain about what is wrong in it, with line numbers")
    parser.set_defaults(usage_error=parser.error)


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Do what is asked for."""
    if (options.path or options.check) and options.key is not None:
        options.usage_error("--path and --check take no KEY")
    if options.unset and (options.key is None or options.value is not None):
        options.usage_error("--unset takes a KEY and no VALUE")
    if options.path:
        return _path(host, output)
    if options.check:
        return _check(host, output)
    if options.unset or options.value is not None:
        return _set(host, options, output)
    return _show(host, options.key, output)


def _path(host: Host, output: Output) -> int:
    path = host.settings.file("plugins.toml")
    if path is None:
        raise SettingsError("plugins.toml", "there is no place for it: the user has no configuration directory")
    output.say(path)
    output.answer({"file": path})
    return DONE


# -- showing ----------------------------------------------------------------------------------------------------------


def _show(host: Host, key: str | None, output: Output) -> int:
    settings = UserSettings(host)
    rows = effective(host, settings)
    if key is not None:
        path = path_of(settings, key)
        name = ".".join(path)
        if name not in rows:  # what nobody says anything of
            rows[name] = (rows["enabled"][0], "default") if path[-1] == "enabled" else (False, "default")
        value, source = rows[name]
        output.say(_text(value))
        output.answer({"key": name, "value": value, "source": source})
        return DONE
    output.table(("setting", "value", "from"), [(name, _text(value), source) for name, (value, source) in rows.items()])
    safe_mode = settings.policy().safe_mode
    if safe_mode:
        output.say("", f"only built-in plugins run: all others are {safe_mode}")
    output.answer(
        {
            "file": settings.file.path,
            "settings": [{"key": name, "value": value, "source": source} for name, (value, source) in rows.items()],
            "safe_mode": safe_mode,
        }
    )
    return DONE


def effective(host: Host, settings: UserSettings) -> dict[str, tuple[Any, str]]:
    """Return each setting that counts, by key: its value, and where that comes from.

    A value in the file that is not understood does not count, so that the default is returned.
    """
    file, prefix = settings.file, settings.prefix
    in_file, beyond, both = settings.policy_of_file(), settings.policy_of_environment(), settings.policy()

    def of_file(*path: str) -> str:
        line = file.now.lines.get(path)
        return f"{file.path}:{line}" if line else file.path

    by_author = host.settings.strict  # of a host that has not been started, or whose author says it
    strict = (False, "default")
    if beyond.strict is not None:
        strict = beyond.strict, f"environment variable {prefix}_PLUGINS_STRICT"
    elif in_file.strict is not None:
        strict = in_file.strict, of_file("strict")
    elif by_author:
        strict = True, f"the application {host.name}"
    rows: dict[str, tuple[Any, str]] = {"strict": strict}
    is_said = isinstance(file.now.get("enabled"), bool)
    rows["enabled"] = (in_file.enabled_by_default, of_file("enabled") if is_said else "default")
    rows["order"] = (list(both.order), of_file("order") if file.now.get("order") and both.order else "default")
    rows["mute"] = list(in_file.muted), of_file("mute") if in_file.muted else "default"
    for name in dict.fromkeys((*file.plugins, *sorted(beyond.disabled), *sorted(beyond.enabled))):
        if name in beyond.disabled:
            rows[f"plugins.{name}.enabled"] = False, beyond.disabled[name]
        elif name in beyond.enabled:
            rows[f"plugins.{name}.enabled"] = True, f"environment variable {prefix}_PLUGINS"
        elif isinstance(value := file.now.get("plugins", name, "enabled"), bool):
            rows[f"plugins.{name}.enabled"] = value, of_file("plugins", name, "enabled")
        if isinstance(value := file.now.get("plugins", name, "eager"), bool):
            rows[f"plugins.{name}.eager"] = value, of_file("plugins", name, "eager")
    return rows | {f"{TABLE}.{each.name}": (each.as_setting(), of_file(TABLE, each.name)) for each in in_file.isolated}


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# -- setting ----------------------------------------------------------------------------------------------------------


def _set(host: Host, options: argparse.Namespace, output: Output) -> int:
    settings = UserSettings(host)
    path = path_of(settings, options.key)
    key = ".".join(path)
    value = None if options.unset else _value(settings, path, options.value)
    if path == ("order",) and value:
        settings.check_names(value)
    if path[0] == TABLE and value is not None:
        problem = "what is isolated cannot be set by this command"
        raise SettingsError(
            settings.file.path, problem, f"`{options.prog} isolate {path[1]}` also makes its environment"
        )
    if path[0] == "plugins":
        settings.check_names(path[1:2])
        if path[-1] == "enabled" and value is False:
            settings.check_disabling(path[1:2])
    is_changed = settings.file.set(path, value)
    if is_changed:
        settings.file.write()
    now, source = effective(host, settings).get(key, (None, "default"))
    if not is_changed:
        output.say(f"{key} is {'not set' if value is None else _text(value)} already: nothing is changed")
    elif value is None:
        output.say(f"{key} is no longer set in {settings.file.path}")
    else:
        output.say(f"{key} is {_text(value)} from the next start on")
    if value is not None and now != value:
        output.say(f"  note: this has no effect now: {key} is {_text(now)} by {source}, which beats the file")
    output.answer(
        {
            "file": settings.file.path,
            "key": key,
            "value": value,
            "is_changed": is_changed,
            "effective": now,
            "source": source,
        }
    )
    return DONE


def path_of(settings: UserSettings, key: str) -> tuple[str, ...]:
    """Return the names that lead to the setting *key*.

    Raises:
        SettingsError: If there is no such setting; it knows the nearest.
    """
    if key in _KEYS:
        return (key,)
    first, _, rest = key.partition(".")
    name, _, last = rest.rpartition(".")
    name = name.strip('"')
    if first == TABLE and rest:
        return first, rest.strip('"')
    if first == "plugins" and name and last in _OF_PLUGIN:
        return first, name, last
    if first == "plugins" and name:
        candidates = [f"plugins.{name}.{each}" for each in _OF_PLUGIN]
    else:
        candidates = [*_KEYS, *(f"plugins.{each}.{last}" for each in settings.plugins for last in _OF_PLUGIN)]
    near = difflib.get_close_matches(key, candidates, n=1)
    raise SettingsError(
        settings.file.path,
        f"there is no setting {key!r}",
        f"did you mean {near[0]!r}?"
        if near
        else "known are strict, enabled, order, mute, plugins.NAME.enabled, plugins.NAME.eager, isolated.NAME",
    )


def _value(settings: UserSettings, path: tuple[str, ...], text: str) -> Any:
    if path in (("order",), ("mute",)):
        try:
            value = tomllib.loads(f"names = {text}")["names"]
        except tomllib.TOMLDecodeError:
            value = [name.strip() for name in text.split(",") if name.strip()]
        if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
            raise SettingsError(settings.file.path, f"{text!r} is no list of plugin names", "put commas between names")
        return value
    word = text.strip().lower()
    if word in YES and word != "all":
        return True
    if word in NO and word:
        return False
    near = difflib.get_close_matches(word, ("true", "false"), n=1)
    hint = f"did you mean {near[0]!r}?" if near else "it is true or false"
    raise SettingsError(settings.file.path, f"{text!r} cannot be the value of {'.'.join(path)!r}", hint)


# -- checking ---------------------------------------------------------------------------------------------------------


def _check(host: Host, output: Output) -> int:
    settings = UserSettings(host)
    file = settings.file
    found = [
        {"file": problem.place, "line": problem.line, "problem": problem.problem}
        for problem in settings.policy().problems
    ]
    for name in file.plugins:
        if name not in settings.plugins:
            near = difflib.get_close_matches(name, settings.plugins, n=1)
            line = file.now.lines.get(("plugins", name)) or file.now.lines.get(("order",))
            hint = f"; did you mean {near[0]!r}?" if near else ""
            found.append({"file": file.path, "line": line, "problem": f"no plugin is named {name!r}{hint}"})
    found.sort(key=lambda each: (each["file"] != file.path, each["line"] or 0))
    for each in found:
        location = f"{each['file']}:{each['line']}" if each["line"] else each["file"]
        output.say(f"{location}: {each['problem']}")
    if not found:
        output.say(f"{file.path}: nothing is wrong" if file.exists else f"{file.path} does not exist: defaults count")
    output.answer({"file": file.path, "problems": found})
    return FAILED if found else DONE
