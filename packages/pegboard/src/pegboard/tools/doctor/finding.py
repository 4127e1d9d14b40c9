"""A finding: one thing that is wrong, who causes it, and what the user can do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pegboard.tools.doctor.codes import CODES, ERROR, NOTE, WARNING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.errors import PegboardError
    from pegboard.ledger import Plugin

_RANKS = {ERROR: 0, WARNING: 1, NOTE: 2}
_MOST_FILES = 3


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    code: str
    """The kind of finding, see `pegboard.tools.doctor.codes`."""
    severity: str
    """`error`: something does not work; `warning`: it works, but not as it should; `note`: good to know."""
    what: str
    """What is wrong and who causes it, in one line."""
    plugin: str = ""
    """The plugin's name; empty when it does not concern a single plugin."""
    distribution: str = ""
    """The distribution that causes it, with its version; empty when none does."""
    cause: str = ""
    where: str = ""
    """The file, with a line number where one is known."""
    remedy: str = ""
    """What the user can do."""

    @property
    def sort_key(self) -> tuple[object, ...]:
        """The order of findings in a report; the same on every machine."""
        return _RANKS[self.severity], self.code, self.plugin, self.distribution, self.where, self.what, self.cause

    def as_dict(self) -> dict[str, str]:
        """Return it as plain data."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return it as text: what is wrong, then a line for each known detail."""
        details = (("cause", self.cause), ("where", self.where), ("remedy", self.remedy))
        return [
            f"{self.severity}[{self.code}]: {self.what}",
            *(f"  {label}: {text}" for label, text in details if text),
        ]


def finding(
    code: str, what: str, *, about: Plugin | None = None, severity: str | None = None, **fields: str
) -> Finding:
    """Return a finding.

    Args:
        code: Its kind.
        what: What is wrong.
        about: The plugin that fills `plugin`, `distribution` and `where`, unless *fields* does.
        severity: The usual severity of *code* if None.
        **fields: Its other fields.
    """
    if about is not None:
        owner = str(about.distribution or "")
        fields = {"plugin": about.name, "distribution": owner, "where": about.origin or "", **fields}
    return Finding(code, severity or CODES[code][0], what, **fields)


def from_error(error: PegboardError) -> Finding:
    """Return *error*, which a host has reported, as a finding."""
    severity = CODES[error.code][0] if error.code in CODES else WARNING
    return Finding(
        error.code,
        severity,
        error.what(),
        plugin=getattr(error, "plugin", ""),
        distribution=getattr(error, "distribution", ""),
        cause=error.because() or "",
        where=error.where() or "",
        remedy=error.advice_for_reader() or "",
    )


def first_of(files: Sequence[str]) -> str:
    """Return the first few *files* as text, and how many more there are."""
    more = f" and {len(files) - _MOST_FILES} more" if len(files) > _MOST_FILES else ""
    return ", ".join(files[:_MOST_FILES]) + more
