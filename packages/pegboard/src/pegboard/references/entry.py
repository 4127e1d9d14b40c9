"""What is known of a plugin in one process, and how does that differ from what another process knows of it?

In: two entries. Out: a difference, with the command that mends it; None if they are equal.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors.base import plugin_of
from pegboard.references.versions import compare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final

EXACT: Final = "exact"
"""The plugin is the same: its distribution, its version, and its files."""
AT_LEAST: Final = "at-least"
"""The plugin is of the same version or a newer one. Where there is no version, its files are the same."""
WARN: Final = "warn"
"""Whatever plugin there is; a difference is reported."""
POLICIES: Final = (EXACT, AT_LEAST, WARN)

MISSING: Final = "missing"
ADDITIONAL: Final = "additional"
DISABLED: Final = "disabled"
BROKEN: Final = "broken"
OLDER: Final = "older"
NEWER: Final = "newer"
OTHER_VERSION: Final = "other version"
OTHER_DISTRIBUTION: Final = "other distribution"
OTHER_FILES: Final = "other files"
EDITED: Final = "edited"
"""Its files have changed since this process imported it: what runs is not what is on disk."""

_MOST_FILES: Final = 5


class Entry:
    """One plugin, as one process knows it."""

    __slots__ = ("digest", "distribution", "files", "name", "state", "version", "why")

    def __init__(
        self,
        name: str,
        distribution: str = "",
        version: str = "",
        digest: str = "",
        *,
        state: str = "",
        why: str = "",
        files: Mapping[str, str] | None = None,
    ) -> None:
        self.name: str = name
        """The plugin's name; empty for the application itself."""
        self.distribution: str = distribution
        """The name of what a user installs to get it; empty if nothing is."""
        self.version: str = version
        self.digest: str = digest
        """A hash of its files; empty where only its version counts, or its files cannot be read."""
        self.state: str = state
        """`disabled`, `broken` or `edited`; empty if it can be used."""
        self.why: str = why
        """Why it is in that state, in words."""
        self.files: Mapping[str, str] | None = files
        """The hash of each file by its name; None where nobody has asked for them."""

    def as_tuple(self) -> tuple[Any, ...]:
        """Return its fields as plain data, as its constructor takes them; the last three are named there."""
        return self.name, self.distribution, self.version, self.digest, self.state, self.why, self.files

    @classmethod
    def of_tuple(cls, fields: tuple[Any, ...]) -> Entry:
        """Return the entry that `as_tuple` was asked of."""
        *about, state, why, files = fields
        return cls(*about, state=state, why=why, files=files)

    def who(self) -> str:
        """Return it as messages name it, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
        return plugin_of(self.name, self.installed) if self.name else "the application"

    @property
    def installed(self) -> str:
        """Name and version of its distribution; empty if it has none."""
        return f"{self.distribution} {self.version}" if self.distribution else ""


class Difference:
    """How one plugin differs between two processes; `str()` is for reading."""

    __slots__ = ("expected", "found", "kind")

    def __init__(self, kind: str, expected: Entry | None, found: Entry | None) -> None:
        self.kind: str = kind
        """`missing`, `additional`, `disabled`, `broken`, `older`, `newer`, `other version`, `other distribution`,
        `other files` or `edited`; of the plugin in the second process, compared with the first."""
        self.expected: Entry | None = expected
        """The plugin in the first process; None if it is not there."""
        self.found: Entry | None = found
        """The plugin in the second process; None if it is not there."""

    def __str__(self) -> str:
        entry = self.expected or self.found
        return "" if entry is None else f"{entry.who()}: {self.cause()}"

    def __repr__(self) -> str:
        return f"<difference: {self}>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Difference):
            return NotImplemented
        return str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def is_same_version(self) -> bool:
        """Return whether the same version is installed in both processes."""
        return self.expected is not None and self.found is not None and self.expected.installed == self.found.installed

    def cause(self) -> str:  # noqa: PLR0911 -- one for each difference
        """Return the difference in one line."""
        expected, found = self.expected, self.found
        if found is None:
            return "it is missing here"
        if expected is None:
            return f"it is here besides, as {found.installed}" if found.installed else "it is here besides"
        if self.kind in (DISABLED, BROKEN):
            return f"it is {self.kind} here: {found.why}" if found.why else f"it is {self.kind} here"
        if self.kind == EDITED:
            process = "this process" if found.state == EDITED else "the process that sent it"
            return f"its files have changed since {process} imported it"
        if self.kind == OTHER_FILES:
            return f"its files differ here{self._files()}"
        if self.kind == OTHER_DISTRIBUTION:
            return f"it is of {found.installed or 'no distribution'} here, not of {expected.installed or 'none'}"
        word = {OLDER: "an older version", NEWER: "a newer version"}.get(self.kind, "another version")
        return f"{word} is here, {found.version}, not {expected.version}"

    def _files(self) -> str:
        expected, found = (entry.files if entry is not None else None for entry in (self.expected, self.found))
        if expected is None or found is None:
            return ""
        names = sorted(name for name in {*expected, *found} if expected.get(name) != found.get(name))
        more = f" and {len(names) - _MOST_FILES} more" if len(names) > _MOST_FILES else ""
        return f": {', '.join(names[:_MOST_FILES])}{more}"

    def advice(self, application: str, commands: str, prefix: str) -> str:  # noqa: C901, PLR0911 -- one for each difference
        """Return what mends it in the second process.

        Args:
            application: Its name.
            commands: What users type for the `plugins` commands; empty if the application has none.
            prefix: How the application's environment variables begin.
        """
        expected, found = self.expected, self.found
        if expected is None:
            expected = found
        if expected is None:
            return ""
        if self.kind == ADDITIONAL:
            if commands:
                return f"run `{commands} disable {expected.name}`, or install it in the other environment, too"
            return f"leave it out with {prefix}_NO_PLUGINS={expected.name}, or install it in the other environment, too"
        if self.kind == DISABLED:
            return f"run `{commands} enable {expected.name}`" if commands else "enable it where that has been decided"
        if self.kind == BROKEN and self.is_same_version():
            return f"run `{commands} doctor`" if commands else "mend the cause"
        if self.kind == EDITED:
            return "start that process anew"
        if not expected.name:
            return f"install the same version of {application} in both environments"
        if not expected.distribution:
            return "copy the same file into the plugin folder of both environments"
        if self.kind == OTHER_FILES:
            return f"install one build of {expected.installed} in both environments, or the same source"
        install = f"{commands} install" if commands else "python -m pip install"
        return f"run `{install} '{expected.distribution}=={expected.version}'`"


def difference(expected: Entry, found: Entry | None) -> Difference | None:
    """Return how *found*, a plugin in this process, differs from what is *expected*; None if it does not."""
    kind = _kind(expected, found)
    return None if kind is None else Difference(kind, expected, found)


def _kind(expected: Entry, found: Entry | None) -> str | None:  # noqa: PLR0911 -- one for each difference
    if found is None:
        return MISSING
    if found.state != expected.state:
        return found.state or (EDITED if expected.state == EDITED else ADDITIONAL)
    if found.distribution != expected.distribution:
        return OTHER_DISTRIBUTION
    if found.version != expected.version:
        order = compare(found.version, expected.version)
        if order != 0:
            return OTHER_VERSION if order is None else OLDER if order < 0 else NEWER
    if found.digest != expected.digest:
        return EDITED if found.state == EDITED else OTHER_FILES
    if expected.files is not None and found.files is not None and expected.files != found.files:
        return OTHER_FILES
    return None


def is_accepted(policy: str, found: Difference) -> bool:
    """Return whether a contribution may be used in spite of *found*, which has been reported if need be."""
    if policy == WARN:
        return found.kind not in (MISSING, DISABLED, BROKEN)
    if policy == AT_LEAST:
        return found.kind == NEWER or (found.kind == OTHER_FILES and bool(found.found and found.found.version))
    return False
