"""What `pegboard check` finds: the kinds, and one finding."""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"

CODES: dict[str, tuple[str, str]] = {
    "no-project": (ERROR, "The folder has no pyproject.toml that can be read."),
    "no-plugin": (ERROR, "Nothing in it is where an application looks for plugins."),
    "wrong-place": (ERROR, "A module uses an application's API, and is not where the application looks for plugins."),
    "stray-init": (ERROR, "It brings an __init__ file of the application's package, which hides other plugins."),
    "stray-file": (ERROR, "A wheel brings files at the top level that belong to no plugin: tests, setup.py, build."),
    "stale-module": (ERROR, "A module is in build/ or in the wheel, and no longer in the sources."),
    "shared-file": (ERROR, "A wheel brings a file that another distribution brings, too."),
    "not-packaged": (ERROR, "The back end does not put the plugin into the wheel."),
    "entry-module-missing": (ERROR, "An entry point names a module that is not there."),
    "entry-object-missing": (ERROR, "An entry point names an object that its module does not have."),
    "requires-missing": (ERROR, "The distribution does not require the application."),
    "import-undeclared": (ERROR, "It imports a distribution that it does not require."),
    "import-not-api": (ERROR, "It imports a module of the application that is not its API."),
    "api-name-unknown": (ERROR, "The application's API has no such name."),
    "registers-late": (WARNING, "It registers inside of a function, and not while it is imported."),
    "registers-nothing": (ERROR, "Its import registers nothing."),
    "acts-at-import": (WARNING, "Its import does more than register, so that it runs at each start."),
    "prints-at-import": (WARNING, "It prints while it is imported."),
    "metadata-not-plain": (ERROR, "What describes a contribution is not plain data."),
    "syntax": (ERROR, "A module is no valid Python."),
    "import-failed": (ERROR, "The plugin cannot be imported, or what it registers is refused."),
    "component-uninjectable": (ERROR, "A class or function asks for something that nothing provides."),
    "not-imported": (NOTE, "The application is not installed: the plugin was read and not imported."),
}
"""The severity of each kind of finding, and what it means."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is wrong."""

    file: str
    """Its path as it was named, or inside of the wheel."""
    line: int
    """The line in the file, at least 1."""
    code: str
    what: str
    remedy: str

    @property
    def severity(self) -> str:
        """`error`, `warning` or `note`."""
        return CODES[self.code][0]

    def as_dict(self) -> dict[str, object]:
        """Return it as plain data."""
        return {
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "line": self.line,
            "what": self.what,
            "remedy": self.remedy,
        }
