"""Are the plugins of two processes the same, all of them?

In: a host. Out: a value that can be printed, compared and sent, and that says how another one differs.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.references.entry import ADDITIONAL, POLICIES, Difference, Entry, difference, is_accepted
from pegboard.references.identity import entry_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Fingerprint:
    """The plugins of a host in one process: their distributions and versions, and what could not be told by these.

    Fingerprints are equal if the plugins are the same. `str()` lists them; `digest` is one short text for all. They can
    be pickled.
    """

    __slots__ = ("application", "plugins")

    def __init__(self, application: str, plugins: tuple[tuple[Any, ...], ...]) -> None:
        """Make a fingerprint of the plugins of *application*; `Host.fingerprint` does."""
        self.application: str = application
        """The application's name."""
        self.plugins: tuple[tuple[Any, ...], ...] = plugins
        """For each plugin, in order: its name, distribution, version, the hash of its files if these count, its state
        if it cannot be used, why, and the hash of each file if that was asked for."""

    def __reduce__(self) -> tuple[Any, ...]:
        return Fingerprint, (self.application, self.plugins)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Fingerprint):
            return NotImplemented
        return self.application == other.application and not self.difference(other)

    def __hash__(self) -> int:
        return hash(self.application)

    @property
    def digest(self) -> str:
        """A hash of all of it, of 32 hexadecimal digits: for names of caches, and for logs."""
        from hashlib import sha256

        return sha256(repr((self.application, [fields[:5] for fields in self.plugins])).encode()).hexdigest()[:32]

    @property
    def files(self) -> Mapping[str, Mapping[str, str]]:
        """The SHA-256 of each file by plugin and name; empty if they were not asked for."""
        return {fields[0]: fields[-1] for fields in self.plugins if fields[-1] is not None}

    def difference(self, other: Fingerprint) -> tuple[Difference, ...]:
        """Return how *other*, of another process, differs from this one; empty if it does not.

        `str()` of a difference is one line for reading; its `kind` is `missing`, `additional`, `disabled`, `broken`,
        `older`, `newer`, `other version`, `other distribution`, `other files` or `edited`.
        """
        if bool(self.files) != bool(other.files):  # then only versions can be compared
            return _by_version(self).difference(_by_version(other))
        there = {fields[0]: Entry.of_tuple(fields) for fields in other.plugins}
        found = []
        for fields in self.plugins:
            expected = Entry.of_tuple(fields)
            if (each := difference(expected, there.pop(expected.name, None))) is not None:
                found.append(each)
        found += [Difference(ADDITIONAL, None, entry) for entry in there.values()]
        return tuple(found)

    def check(self, host: Any, policy: str = "exact") -> None:
        """Raise an error if the plugins of *host*, in this process, are not those of this fingerprint.

        For the start of a worker: what differs is told before anything is called. Plugins that are there besides do not
        count, except with `exact`.

        Args:
            host: The application's `Host` here.
            policy: `exact`, `at-least` or `warn`, as for `Registry.reference`.

        Raises:
            PluginMismatchError: If a plugin differs; an ExceptionGroup if several do.
            HostError: If there is no such policy.
        """
        from pegboard.references.resolution import check_policy, mismatch, tell_or_raise

        check_policy(policy)
        here = fingerprint_of(host, files=bool(self.files))
        found = [
            each
            for each in self.difference(here)
            if each.kind != ADDITIONAL or policy == POLICIES[0]
            if policy == POLICIES[2] or not is_accepted(policy, each)
        ]
        tell_or_raise(
            host, policy, [mismatch(host.manager, each, f"the plugins of {self.application!r}") for each in found]
        )

    def __str__(self) -> str:
        rows = []
        for fields in self.plugins:
            entry = Entry.of_tuple(fields)
            what = entry.installed or "no distribution"
            files = f", files {entry.digest[:8]}" if entry.digest else ""
            rows.append(f"  {entry.name}: {what}{files}{f', {entry.state}' if entry.state else ''}")
        return "\n".join([f"{self.application}: {len(rows)} plugins, fingerprint {self.digest}", *rows])

    def __repr__(self) -> str:
        return f"<fingerprint of {len(self.plugins)} plugins of {self.application!r}: {self.digest}>"


def _by_version(one: Fingerprint) -> Fingerprint:
    plugins = [(*fields[:3], "" if fields[1] else fields[3], *fields[4:6], None) for fields in one.plugins]
    return Fingerprint(one.application, tuple(plugins))


def fingerprint_of(host: Any, *, files: bool) -> Fingerprint:
    """Return the fingerprint of the plugins of *host*; see `Host.fingerprint`."""
    manager = host.manager
    listed: dict[str, frozenset[str]] = {}
    return Fingerprint(
        host.name,
        tuple(
            [
                entry_of(manager, plugin, has_code=files, has_files=files, listed=listed).as_tuple()
                for plugin in host.plugins
            ]
        ),
    )
