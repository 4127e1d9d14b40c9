"""`plugins freeze`: the plugins of this environment, as a file for `plugins sync`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError
from pegboard.ledger import ISOLATED
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.discovery.origins import origin_of
from pegboard.tools.cli.commands import DONE, command
from pegboard.tools.cli.environment_commands import add_source_options, installer_for
from pegboard.tools.installing.installed import Snapshot
from pegboard.tools.installing.requirements_file import frozen_distributions

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pegboard.host import Host
    from pegboard.startup.discovery.origins import Origin
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output


def add(commands: Group) -> None:
    """Add `freeze`."""
    parser = command(commands, "freeze", _run, "print the installed plugins and what only they need, as requirements")
    parser.add_argument(
        "--hashes", action="store_true", help="with the hashes of their files, which the package index is asked for"
    )
    add_source_options(parser)


def _run(host: Host, options: argparse.Namespace, output: Output) -> int:
    snapshot = Snapshot()
    plugins = frozen_distributions(host, snapshot)
    origins = {key: origin_of(snapshot.distributions[key]) for key in plugins}
    hashes = _hashes(options, output, snapshot, origins) if options.hashes else {}
    lines: list[str] = []
    items: list[dict[str, object]] = []
    for key, names in plugins.items():
        version, origin = snapshot.versions[key], origins[key]
        reference = _reference(key, version, origin, with_hash=not options.hashes)
        note = f"plugins: {', '.join(names)}" if names else ""
        item: dict[str, object] = {"distribution": key, "version": version, "plugins": names, "reference": reference}
        if options.hashes and not hashes.get(key):
            why = f"{key} {version} has no hash, since it comes from {origin.reference if origin else 'an index'}"
            lines += [f"# {why}", f"# add it by: {options.prog} install {reference}"]
            output.complain(f"warning: {why}; it is left out")
            items.append({**item, "hashes": []})
            continue
        why_not = f"{origin.why_not}: say where it is with --find-links" if origin and origin.why_not else ""
        named = f"{key} {version}" if origin is not None and origin.is_editable else ""
        note = "; ".join(filter(None, (named, note, why_not)))
        if options.hashes:  # where a line is continued there is no room for a comment
            values = [f" \\\n    --hash={value}" for value in sorted(hashes[key])]
            lines += [*([f"# {note}"] if note else []), f"{reference}{''.join(values)}"]
            item["hashes"] = sorted(hashes[key])
        else:
            lines.append(f"{reference}  # {note}" if note else reference)
        items.append(item)
    isolated = isolated_versions(host)
    lines += [f"# isolated, see plugins.toml: {name}=={version}" for name, version in isolated.items()]
    for line in lines:
        output.say(line)
    answer = [{"distribution": name, "version": version} for name, version in isolated.items()]
    output.answer({"distributions": items, **({"isolated": answer} if answer else {})})
    return DONE


def isolated_versions(host: Host) -> dict[str, str]:
    """Return the version of each isolated distribution, by its normalised name; its own lock has the rest."""
    owners = [plugin.distribution for plugin in host.plugins if plugin.source == ISOLATED and plugin.distribution]
    return {normalise(owner.name): owner.version for owner in owners}


def _reference(key: str, version: str, origin: Origin | None, *, with_hash: bool) -> str:
    """Return the requirement by which this very distribution is had again."""
    if origin is None or origin.why_not:
        return f"{key}=={version}"
    if origin.is_editable:
        return f"-e {origin.reference}"
    fragment = f"#sha256={origin.sha256}" if with_hash and origin.sha256 and "#" not in origin.reference else ""
    return origin.reference + fragment


def _hashes(
    options: argparse.Namespace, output: Output, snapshot: Snapshot, origins: Mapping[str, Origin | None]
) -> dict[str, list[str]]:
    """Return the hashes of each distribution that can have some, by name.

    Raises:
        InstallFailedError: If the index does not have them.
    """
    versions = snapshot.versions
    found = {key: [f"sha256:{origin.sha256}"] for key, origin in origins.items() if origin and origin.sha256}
    asked = [key for key, origin in origins.items() if origin is None or (origin.why_not and key not in found)]
    if asked:
        found |= installer_for(options, output).hashes({key: versions[key] for key in asked})
    if missing := [key for key in asked if not found.get(key)]:
        raise InstallFailedError("freeze", f"there is no hash of {', '.join(missing)}", "leave out --hashes")
    return found
