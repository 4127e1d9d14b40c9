"""Do what a plugin requires and what another plugin requires exclude one another, and does isolation help?

In: what is asked for, and what is installed. Out: the plugins that are in the way, and advice, if an environment of its
own would hold what is asked for together with the application.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError, InstallRefusedError
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.isolating.candidates import command_for
from pegboard.tools.installing.dependencies import closure, parse
from pegboard.tools.installing.references import is_direct, key_of, pairs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from pegboard.index import Settings
    from pegboard.tools.installing.installed import Snapshot
    from pegboard.tools.installing.installer import Installer, Step


class Isolating:
    """Advises to isolate what is asked for, where that helps."""

    def __init__(
        self, settings: Settings, snapshot: Snapshot, requirements: Sequence[str], kept: Collection[str], host_key: str
    ) -> None:
        """Advise nothing yet.

        Args:
            settings: The host's.
            snapshot: What is installed.
            requirements: What is asked for.
            kept: The distributions of the application and of plugins that stay.
            host_key: The former.
        """
        self._settings = settings
        self._requires = snapshot.requires
        self._requirements = requirements
        self._others = sorted(set(kept) - {host_key})
        self._host_key = host_key

    def advice(self, steps: Iterable[Step]) -> str:
        """Return advice if *steps* exclude what other plugins need, and nothing that the application needs."""
        versions = {step.key: step.version for step in steps if step.version}
        if not self._excluding(versions, self._others) or self._excluding(versions, [self._host_key]):
            return ""
        return self._to_isolate()

    def refusal(self, installer: Installer) -> InstallRefusedError | None:
        """Return the error that names the plugins in the way; None if it cannot be had beside the application either.

        It is known that what is asked for, the application and the other plugins cannot be installed together.
        """
        alone = [*self._requirements, *([self._host_key] if self._host_key in self._requires else [])]
        try:
            steps = installer.resolve(alone, {})
        except InstallFailedError:
            return None
        others = self._excluding({step.key: step.version for step in steps if step.version}, self._others)
        if not others:
            return None
        asked = ", ".join(text for _, text in pairs(self._requirements))
        cause = "; ".join(f"{other} requires {line}, and {asked} needs {key} {now}" for other, line, key, now in others)
        return InstallRefusedError(
            f"{asked} and {', '.join(dict.fromkeys(other for other, *_ in others))} exclude one another: {cause}",
            "",
            f"{self._to_isolate()}ask for another version of the plugin",
        )

    def _to_isolate(self) -> str:
        wanted = [text for _, text in pairs(self._requirements)]
        if len(wanted) != 1:  # it is not known which of them is in the way
            return ""
        name = wanted[0] if not is_direct(wanted[0]) else key_of(wanted[0]) and wanted[0]
        command = command_for(self._settings, repr(name) if set(name) & set(" <>;[") else name)
        return f"to have it in an environment of its own: `{command}`; or " if name else ""

    def _excluding(self, versions: Mapping[str, str], roots: Sequence[str]) -> list[tuple[str, str, str, str]]:
        """Return which of *roots* exclude *versions*: its name, the requirement, what that is of, and the version."""
        found = []
        for root in roots:
            for key in closure({root: ()}, self._requires):
                for line in self._requires.get(key, ()):
                    wanted = parse(line)
                    name = normalise(wanted.name) if wanted else ""
                    version = versions.get(name)
                    specifier = getattr(wanted, "specifier", None)
                    if version and specifier and not specifier.contains(version, prereleases=True):
                        found.append((root, line, name, version))
        return found
