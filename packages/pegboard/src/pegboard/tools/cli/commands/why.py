"""`plugins why`: why a plugin is in its state, or which plugin provides a contribution, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.sources import NOT_ENABLED
from pegboard.startup.policy.plugins_toml import read_plugins_toml
from pegboard.startup.search import sources_of
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.cli.completion import ANYTHING, taking
from pegboard.tools.cli.shown_faults import is_of
from pegboard.tools.inspection.lookup import matching, nearest, when_recorded
from pegboard.tools.inspection.survey import survey

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from pegboard.hooks.explanation import HookExplanation
    from pegboard.host import Host
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output
    from pegboard.tools.inspection.contributions import Claim
    from pegboard.tools.inspection.survey import PluginView, Survey

_MANY = 12


def add(commands: Group) -> None:
    """Add `why`."""
    parser = command(
        commands,
        "why",
        run,
        "show why a plugin is in its state, or who provides something and why",
        epilog="KIND is a registry, e.g. commands, or component, decorator, middleware, hook; of a component the last "
        "part of its name will do: component:ReportView. KIND: alone lists all of it.",
    )
    what = parser.add_argument("what", metavar="NAME|KIND:ID", help="a plugin or its distribution, or a contribution")
    taking(what, ANYTHING)
    parser.set_defaults(shows=lambda options, problem: is_of(problem, options.what))


def run(host: Host, options: argparse.Namespace, output: Output) -> int:
    """Show it."""
    seen = survey(host)
    text: str = options.what
    plugin = seen.plugin(text)
    if plugin is not None:
        return _of_plugin(host, plugin, output)
    if brings := seen.of_distribution(text):
        return _of_distribution(host, brings, output)
    kind, colon, name = text.partition(":")
    hook = seen.hook(name) if kind == "hook" else None
    if hook is not None:
        return _of_hook(hook, output)
    if kind == "hook" and not name and seen.hooks:
        return _of_hooks(seen.hooks, output)
    if colon or any(claim.kind == kind for claim in seen.claims):
        found = matching(seen.claims, kind, name)
        if found:
            return _of_claims(found, name, output)
    return _not_found(host, seen, text, output)


def _of_distribution(host: Host, brings: Sequence[PluginView], output: Output) -> int:
    if len(brings) == 1:
        return _of_plugin(host, brings[0], output)
    from dataclasses import asdict

    settings = {plugin.name: _settings_of(host, plugin.name) for plugin in brings}
    output.answer({"plugins": [{"plugin": asdict(each), "settings": settings[each.name]} for each in brings]})
    for plugin in brings:
        _tell_plugin(plugin, settings[plugin.name], output)
    return DONE


def _of_plugin(host: Host, plugin: PluginView, output: Output) -> int:
    from dataclasses import asdict

    settings = _settings_of(host, plugin.name)
    output.answer({"plugin": asdict(plugin), "settings": settings})
    _tell_plugin(plugin, settings, output)
    return DONE


def _tell_plugin(plugin: PluginView, settings: Sequence[str], output: Output) -> None:
    owner = f" of {plugin.distribution} {plugin.version}" if plugin.distribution else ""
    output.tell(f"plugin {plugin.name!r}{owner} is {plugin.state}", f"  why: {plugin.why}")
    output.tell(f"  found: {plugin.source}, {plugin.origin or plugin.module}")
    for line in settings:
        output.tell(f"  said: {line}")
    if plugin.last_recorded_because and plugin.inputs:
        output.tell(f"  last recorded: {when_recorded(plugin.last_recorded_because)}")
    for claim in plugin.contributions:
        output.tell(f"  {claim.id}: {claim.status}")
    if plugin.fault is not None:
        for label, text in (("where", plugin.fault.where), ("hint", plugin.fault.hint)):
            if text:
                output.tell(f"  {label}: {text}")


def _settings_of(host: Host, name: str) -> list[str]:
    """Return each setting, of the user, of the plugin *name*, in words."""
    settings = host.settings
    said = []
    if path := settings.file("plugins.toml"):
        file = read_plugins_toml(path)
        table = file.get("plugins", name)
        for key, value in table.items() if isinstance(table, dict) else ():
            shown = str(value).lower() if isinstance(value, bool) else repr(value)
            said.append(f"{key} = {shown} in {path}, line {file.lines.get(('plugins', name, key), '?')}")
    for variable in ("_NO_PLUGINS", "_PLUGINS"):
        value = settings.environ.get(settings.prefix + variable, "")
        if name in [part.strip() for part in value.split(",")]:
            said.append(f"the environment variable {settings.prefix}{variable}={value}")
    if settings.only is not None and name not in (*settings.only, *settings.required):
        said.append(NOT_ENABLED)
    said += [f"it is {reason}" for names, reason in settings.left_out if name in names or not names]
    return said


def _of_claims(found: Mapping[str, Sequence[Claim]], name: str, output: Output) -> int:
    from dataclasses import asdict

    output.answer({"claims": [asdict(claim) for claims in found.values() for claim in claims]})
    if len(found) == 1:
        ((_, claims),) = found.items()
        output.tell(claims[0].id)
        for claim in sorted(claims, key=lambda claim: not claim.is_in_use):
            primed = ", primed" if claim.is_primed else ""
            output.tell(f"  {claim.owner}{primed}: {claim.status}")
        return DONE
    if name:
        output.tell(f"{name!r} can be one of these:")
    for claims in found.values():
        used = next((claim for claim in claims if claim.is_in_use), claims[0])
        more = f", and {len(claims) - 1} more" if len(claims) > 1 else ""
        output.tell(f"  {claims[0].id}: {used.owner}{more}")
    return FAILED if name else DONE


def _of_hook(hook: HookExplanation, output: Output) -> int:
    from dataclasses import asdict

    from pegboard.hooks.explanation import ORDER

    output.answer({"hook": asdict(hook)})
    output.tell(f"hook:{hook.name}")
    lines = [hook.traits]
    if hook.is_declared:
        lines += [hook.signature, *hook.description.splitlines()[:1], f"declared at {hook.where}"]
    output.tell(*(f"  {line}" for line in lines if line))
    if not hook.implementations:
        output.tell("  no plugin implements it")
    for each in hook.implementations:
        primed = ", primed" if each.is_primed else ""
        output.tell(f"  {each.owner}{primed}: {each.status}", f"      {each.name}")
    for wish in hook.unmet:
        output.tell(f"  not met: {wish}")
    if sum(each.is_in_use for each in hook.implementations) > 1:
        output.tell(f"  order: {ORDER}")
    return DONE


def _of_hooks(hooks: Sequence[HookExplanation], output: Output) -> int:
    from dataclasses import asdict

    output.answer({"hooks": [asdict(hook) for hook in hooks]})
    for hook in hooks:
        names = [each.plugin or "the application" for each in hook.implementations if each.is_in_use]
        output.tell(f"  hook:{hook.name}: {', '.join(names) or 'nobody'}")
    return DONE


def _not_found(host: Host, seen: Survey, text: str, output: Output) -> int:
    owners = dict.fromkeys(plugin.distribution for plugin in seen.plugins if plugin.distribution)
    names = [*(plugin.name for plugin in seen.plugins), *owners, *(f"hook:{hook.name}" for hook in seen.hooks)]
    near = nearest(seen.claims, names, text)
    folders = list(host.manager.cold_start.search().discovery.portions)
    output.answer({"not_found": text, "nearest": near, "searched": folders})
    output.tell(f"there is no plugin {text!r}, and no contribution of that kind and name")
    if near:
        output.tell(f"  did you mean {' or '.join(near)}?")
    else:
        kinds = ", ".join(dict.fromkeys(claim.kind for claim in seen.claims))
        output.tell(f"  kinds of contributions: {kinds or 'none'}")
    output.tell("  looked for plugins in:", *(f"    {folder}" for folder in folders[:_MANY]))
    for group in sources_of(host.settings).groups:
        output.tell(f"  and for entry points in the group {group}")
    return FAILED
