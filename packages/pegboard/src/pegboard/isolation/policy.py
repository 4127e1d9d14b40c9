"""Which distributions does the user want in an environment of their own?

In: the table `[isolated]` of `plugins.toml`. Out: an `Isolation` for each, or why it cannot be understood.

    [isolated]
    notes-csv = true               # the version that is installed, or else the newest that fits
    notes-pdf = ">=2,<3"           # a version
    pdf = { requirement = "notes-pdf>=2", python = "3.11", confined = true, environ = ["LANG"] }

A key is a distribution, or the name of a plugin, which stands for the distribution that brings it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

TABLE: Final = "isolated"
"""The name of the table in `plugins.toml`."""
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_SPECIFIER: Final = re.compile(r"\s*(?:(?:===|~=|==|!=|<=|>=|<|>)\s*[^\s,;]+\s*(?:,(?!\s*$)|$))+")
_PYTHON: Final = re.compile(r"3\.\d{1,2}(?:\.\d{1,3})?|/.+")
_VARIABLE: Final = re.compile(r"[^=\s\0]+")
_EXPECTED: Final = 'true, a version as ">=2,<3", or a table of requirement, python, confined, environ'


@dataclass(frozen=True, slots=True)
class Isolation:
    """What the user wants of one distribution."""

    name: str
    """The key in the table: a distribution, or a plugin's name."""
    specifier: str = ""
    """Which versions will do, e.g. `>=2,<3`; empty for any."""
    requirement: str = ""
    """The whole requirement, where the user says it: a name with a version, a path, `-e` and a folder, an address."""
    python: str = ""
    """The version of Python, e.g. `3.11`, or the path of one; empty for that of the application."""
    confined: bool = False
    """Whether its process may write only in its own folders, and has no network."""
    environ: tuple[str, ...] = field(default=())
    """Environment variables that its process gets besides the usual ones."""

    def as_setting(self) -> Any:
        """Return the value that says it in `plugins.toml`."""
        table = {
            "requirement": self.requirement or (self.specifier and f"{self.name}{self.specifier}"),
            "python": self.python,
            "confined": self.confined,
            "environ": list(self.environ),
        }
        said = {key: value for key, value in table.items() if value}
        if said.keys() <= {"requirement"} and not self.requirement:
            return self.specifier or True
        return said


def read_isolated(table: object) -> Iterator[Isolation | tuple[tuple[str, ...], str]]:
    """Yield what each line of the table `[isolated]` wants; or the place of one that is not understood, and why."""
    if not isinstance(table, dict):
        yield (TABLE,), f"{TABLE!r} must be a table, [{TABLE}]"
        return
    for name, value in table.items():
        if not _NAME.fullmatch(name):
            yield (TABLE, name), f"'{TABLE}.{name}' cannot be the name of a distribution or of a plugin"
            continue
        match value:
            case True:
                yield Isolation(name)
            case False:
                pass
            case str() if _SPECIFIER.fullmatch(value):
                yield Isolation(name, specifier=value.strip())
            case dict():
                yield from _of_table(name, value)
            case _:
                yield (TABLE, name), f"'{TABLE}.{name}' must be {_EXPECTED}"


def _of_table(name: str, table: dict[str, object]) -> Iterator[Isolation | tuple[tuple[str, ...], str]]:
    said: dict[str, Any] = {}
    for key, value in table.items():
        place = (TABLE, name, key)
        if key not in _IS_VALID:
            yield place, f"there is no setting '{'.'.join(place)}'; known are {', '.join(_IS_VALID)}"
        elif not _IS_VALID[key][0](value):
            yield place, f"'{'.'.join(place)}' must be {_IS_VALID[key][1]}"
        else:
            said[key] = tuple(value) if isinstance(value, list) else value
    if "confined" in table:  # what is not understood had better be too little than too much
        said.setdefault("confined", True)
    yield Isolation(name, **said)


def _is_requirement(value: object) -> bool:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        return False
    return not value.startswith("-") or value.startswith("-e ")  # an option of uv's would be something else


_IS_VALID: Final = {
    "requirement": (_is_requirement, 'a requirement, e.g. "notes-csv>=2", a path, or "-e " and a folder'),
    "python": (
        lambda value: isinstance(value, str) and _PYTHON.fullmatch(value) is not None,
        'a version of Python, e.g. "3.11", or the absolute path of one',
    ),
    "confined": (lambda value: isinstance(value, bool), "true or false"),
    "environ": (
        lambda value: (
            isinstance(value, list) and all(isinstance(each, str) and _VARIABLE.fullmatch(each) for each in value)
        ),
        "a list of names of environment variables",
    ),
}
