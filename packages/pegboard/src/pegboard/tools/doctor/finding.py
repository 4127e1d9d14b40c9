"""A finding: one thing that is not as it should be, with its culprit and its remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pegboard.tools.doctor.codes import CODES, ERROR, NOTE, WARNING

if TYPE_CHECKING:
    from pegboard.errors import PegboardError

_RANKS = {ERROR: 0, WARNING: 1, NOTE: 2}


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it should be."""

    code: str
    """What kind of thing, see `pegboard.tools.doctor.codes`."""
    severity: str
    """`error`: something does not work; `warning`: it works, but not as it should; `note`: good to know."""
    what: str
    """What is wrong, in one line, with its culprit."""
    plugin: str = ""
    """The plugin's name; empty when it is no single plugin's."""
    distribution: str = ""
    """The culprit, with its version; empty when nothing installed is."""
    cause: str = ""
    where: str = ""
    """The file, with a line where one is known."""
    remedy: str = ""
    """What the user can do."""

    @property
    def place_in_report(self) -> tuple[object, ...]:
        """What findings are sorted by: the same on every machine."""
        return _RANKS[self.severity], self.code, self.plugin, self.distribution, self.where, self.what, self.cause

    def as_dict(self) -> dict[str, str]:
        """Return it as plain data."""
        return asdict(self)

    def lines(self) -> list[str]:
        """Return it as a person reads it: what it is, then one line for each thing that is known."""
        known = (("cause", self.cause), ("where", self.where), ("remedy", self.remedy))
        return [f"{self.severity}[{self.code}]: {self.what}", *(f"  {label}: {text}" for label, text in known if text)]


def finding(code: str, what: str, *, severity: str | None = None, **about: str) -> Finding:
    """Return a finding of the kind *code*, as severe as such findings are unless *severity* says otherwise."""
    usual, _, _ = CODES[code]
    return Finding(code, severity or usual, what, **about)


def from_error(error: PegboardError) -> Finding:
    """Return what the host reports as *error*, as a finding."""
    severity = CODES[error.code][0] if error.code in CODES else WARNING
    return Finding(
        error.code,
        severity,
        error.what(),
        plugin=getattr(error, "plugin", ""),
        distribution=getattr(error, "distribution", ""),
        cause=error.because() or "",
        where=error.where() or "",
        remedy=error.hint() or "",
    )
