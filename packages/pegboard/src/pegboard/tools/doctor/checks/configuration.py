"""Settings that name plugins which are not installed."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from pegboard.startup.policy.policy import load_policy
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.doctor.evidence import Evidence


def unknown_names(evidence: Evidence) -> Iterator[Finding]:
    """Yield each name in `plugins.toml` and in the environment that is not the name of a plugin."""
    settings = evidence.host.settings
    file = settings.file("plugins.toml")
    known = [plugin.name for plugin in evidence.plugins]
    for source, policy in (
        (file, load_policy(settings.prefix, file, {})),
        ("the environment", load_policy(settings.prefix, None, settings.environ)),
    ):
        wishes = dict.fromkeys(sorted(policy.enabled), "enabled")
        wishes |= dict.fromkeys(policy.disabled, "disabled") | dict.fromkeys(policy.eager, "eager")
        for name, wish in sorted(wishes.items()):
            if name in known:
                continue
            near = get_close_matches(name, known, n=1)
            if source == file:
                key = "eager" if wish == "eager" else "enabled"
                remedy = f"remove the setting: {evidence.commands} config --unset plugins.{name}.{key}"
            else:
                remedy = "remove the setting"
            yield finding(
                "configuration-unknown-name",
                f"no plugin is named {name!r}, which is {wish} in {source}",
                cause="it is misspelt, or was uninstalled",
                where=source or "",
                remedy=f"{remedy}; if it is misspelt: did you mean {near[0]!r}?" if near else remedy,
            )
