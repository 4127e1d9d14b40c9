"""Which plugin is at fault, or was?"""

from __future__ import annotations

from pegboard.errors.base import PegboardError, plugin_of
from pegboard.frozen import EXECUTABLE


class PluginError(PegboardError):
    """Something is wrong with one plugin. It is always named, with its distribution."""

    code = "plugin-error"
    phase = "use"
    """The plugin's part: `discovery`, `import`, `registration`, `resolution`, `call`, `clean-up`, or just `use`."""
    _what = "{who} has a problem"
    plugin: str
    distribution: str  #: Name and version, e.g. `acme-csv 1.2.0`; empty when no distribution owns the plugin.

    def who(self) -> str:
        """Return the plugin with its distribution, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
        return plugin_of(self.plugin, self.distribution)


class PluginImportError(PluginError):
    """A plugin raised, exited or recursed while it was imported; it is left out."""

    code = "plugin-import-failed"
    phase = "import"
    _what = "{who} could not be imported and is left out"
    is_recorded = False
    """Whether an earlier start has found that; nothing has changed since that could mend it."""
    cause: str
    place: str | None = None
    advice: str = "update or uninstall it, or report the cause to its author"


class AdapterFailedError(PluginError):
    """The application's adapter raised when it was called for a plugin; see `Host.adapt`."""

    code = "adapter-failed"
    phase = "registration"
    _what = "the application's adapter failed for {who}, which is left out"
    cause: str
    place: str | None  #: The line of the adapter.
    advice: str


class PluginMismatchError(PluginError):
    """In this process a plugin is not what another process has seen: another version, say, or none at all."""

    code = "plugin-differs"
    phase = "call"
    _what = "{subject} cannot be used in this process, since {who} is not the same here"
    subject: str  #: What another process refers to, e.g. `'html' of 'exporters'`.
    cause: str  #: The difference.
    place: str | None = None  #: The plugin's file in this process.
    advice: str | None = None
    kind: str = ""  #: The difference in one word, e.g. `missing`; see `Fingerprint.difference`.


class PluginNotImportableError(PluginError, ImportError):
    """A plugin was found, but Python cannot import it; the cause says why."""

    code = "plugin-not-importable"
    phase = "import"
    _what = "{who} is installed but cannot be imported"
    _hint = (
        "freeze the application with it, or without it" if EXECUTABLE else "reinstall it for this Python, or remove it"
    )
    cause: str
    place: str | None = None


class PluginGoneError(PluginNotImportableError):
    """A plugin that was found earlier is not there any more."""

    code = "plugin-gone"
    _what = "{who} is not there any more"
    _hint = "put it back; a running program takes it out of use, or back into use, when it looks for plugins again"


class PluginCallError(PluginError):
    """Something that a plugin contributed raised while it was called."""

    code = "plugin-call-failed"
    phase = "call"
    _what = "{who} failed while {doing}"
    _hint = "this is a fault of the plugin: update it, or report the cause to its author"
    doing: str
    cause: str
    place: str | None = None


class HookDeprecatedError(PluginError):
    """A plugin implements a hook that has another name now, or has ended; for the plugin's author."""

    code = "hook-deprecated"
    phase = "registration"
    is_quiet = True
    _what = "{who} implements the hook {hook!r}, which is deprecated"
    hook: str
    cause: str
    place: str | None = None
    advice: str | None = None


class PluginCleanUpError(PluginError):
    """The clean-up of a component raised; all others were cleaned up nevertheless."""

    code = "clean-up-failed"
    phase = "clean-up"
    _what = "{who} failed while {key} was cleaned up"
    _hint = "this is a fault of the plugin: update it, or report the cause to its author"
    key: str
    cause: str
    place: str | None = None


class PluginStillRunningError(PluginError):
    """A plugin was unloaded, and a thread that it has started still runs."""

    code = "plugin-still-running"
    phase = "clean-up"
    is_of_one_start = True
    _what = "{who} was unloaded, but its thread {thread!r} still runs"
    cause = "nothing has ended it"
    thread: str
    place: str | None

    def hint(self) -> str:
        if self.is_for_author and (offer := self.offers.get("on_unload")):
            return f"end the thread in a function that is passed to {offer}"
        return "restart the program"


class PluginWithdrewError(PluginError, LookupError):
    """A plugin no longer contributes what it contributed when it was last imported."""

    code = "contribution-withdrawn"
    phase = "registration"
    _what = "{who} no longer contributes {name!r} to {kind!r}"
    _hint = "try again: its record has been updated"
    cause = "it registered that when it was last imported, and does not now"
    kind: str
    name: str
    place: str | None = None


class PluginCrashedError(PluginError):
    """An earlier process ended while it imported a plugin. The plugin is tried once more."""

    code = "plugin-crashed"
    is_of_one_start = True
    _what = "{who} took the process down"
    cause: str
    place: str | None
    advice: str


class PluginHangsError(PluginError):
    """The import of a plugin does not end: in another process, or it was interrupted in this one."""

    code = "plugin-hangs"
    is_of_one_start = True
    cause = "its import does not end"
    seconds: float
    process: int | None  #: The id of the other process; None when it was this one, and the user interrupted it.
    place: str | None

    def what(self) -> str:
        if self.process is None:
            return f"interrupted after {self.seconds:.1f} s while {self.who()} was being imported"
        return f"process {self.process} has been importing {self.who()} for {self.seconds:.0f} s"

    def hint(self) -> str:
        if self.process is None:
            return "if it happens again, the plugin is quarantined"
        return "end that process if it hangs"


class PluginQuarantinedError(PluginError):
    """A plugin crashed the process twice, and is left out until it changes or is released."""

    code = "plugin-quarantined"
    _what = "{who} is quarantined and left out"
    cause: str
    place: str | None
    command: str  #: What releases it, e.g. `notes plugins release csv`; empty if the application has no such command.
    crashes: str = ""  #: The path of the file that counts crashes.

    def hint(self) -> str:
        if self.command:
            return f"update it, or try it again with `{self.command}`"
        return f"update it; to try it again, remove the file that counts crashes: {self.crashes}"


class PluginSlowError(PluginError):
    """The import of a plugin took longer than the application allows for."""

    code = "plugin-slow"
    is_of_one_start = True
    _what = "{who} took {seconds:.1f} s to import"
    _hint = "report it to its author"
    cause = "that is longer than the application allows"
    seconds: float
    place: str | None


class RequiredPluginError(PluginError):
    """A plugin that the application cannot do without is missing, disabled or broken."""

    code = "required-plugin-unusable"
    _what = "{who} is required by the application and cannot be used"
    _hint = "enable it, or reinstall the application"
    cause: str
    place: str | None = None


class DuplicatePluginError(PluginError):
    """Two distributions bring a plugin of one name; the one found first is used."""

    code = "plugin-duplicate"
    phase = "discovery"
    place: str | None
    other: str
    other_place: str | None
    is_built_in: bool = False  #: Whether the one that is used is the application's own.

    def hint(self) -> str:
        if self.other and self.other == self.distribution:
            return "its author gives each plugin a name of its own"
        if not self.is_built_in:
            return "uninstall one of the two"
        return f"uninstall {self.other}" if self.other else f"remove {self.other_place}"

    def what(self) -> str:
        return f"{self.who()} hides another plugin of that name" + (f" of {self.other}" if self.other else "")

    def because(self) -> str:
        return f"{self.other_place or 'the other'} is not used"


class SameModuleError(PluginError):
    """Several entry points name one module, which is one plugin; it is called by the first of the names."""

    code = "entry-points-of-one-module"
    phase = "discovery"
    is_quiet = True
    _what = "{who} is called {name!r}, too"
    _hint = "in settings it has its own name, {plugin!r}; a plugin that is to be apart has a module of its own"
    name: str  #: The name that settings do not know.
    cause: str
    place: str | None = None


class UnusedObjectError(PluginError):
    """An entry point names an object, with which nothing is done, and importing its module registers nothing."""

    code = "entry-point-unused"
    phase = "registration"
    _what = "{who} registers nothing"
    _because = "importing the module is all that is done for an entry point, and nobody calls {value}"
    _hint = "its author registers what it offers at module level, as the application's documentation shows"
    value: str  #: What the entry point points to, e.g. `acme_csv:Reader`.
    place: str | None = None


class EntryPointError(PluginError):
    """What an entry point names cannot be had when it is used; other contributions of its distribution can."""

    code = "entry-point-broken"
    _what = "entry point {entry_point} of {distribution} cannot be used and is left out"
    entry_point: str  #: As it is written, and its group, e.g. `csv = acme_csv:Reader in group notes.readers`.
    cause: str
    place: str | None
    advice: str


class SharedFileError(PluginError):
    """A distribution brings a file that another one brings, too: the one installed last has overwritten the other's."""

    code = "file-owned-twice"
    phase = "discovery"
    _what = "{who} brings a file that {other} brings, too"
    _hint = "uninstall {name}, then reinstall {other}"
    cause = "two distributions claim one file: an installer overwrites it, and removes it with either of them"
    other: str  #: The distribution whose file it was, with its version.
    place: str
    name: str  #: The distribution at fault, without its version.

    def who(self) -> str:
        return super().who() if self.plugin else self.distribution


class StrayPackageFileError(PluginError):
    """A plugin's distribution brings `app/__init__.py` or `app/plugins/__init__.py`, which are the application's."""

    code = "stray-package-file"
    phase = "discovery"
    is_quiet = True
    _hint = "it is ignored where Python allows; ask its author to leave the file out of the distribution"
    cause = "only the application may bring that file"
    package: str
    place: str

    def what(self) -> str:
        return f"{self.distribution or 'something installed'} brings an __init__ file for {self.package!r}"


class NameClashError(PluginError):
    """Two plugins register one name in one registry; the first in order keeps it."""

    code = "name-clash"
    phase = "registration"
    _what = "{who} registers {name!r} in {registry!r}, which {other} already has"
    _because = "the first in order keeps the name: {other}"
    registry: str
    name: str
    other: str  #: Who keeps the name, as text, e.g. `plugin 'a' of acme-a 1.0`.
    place: str | None = None

    def hint(self) -> str:
        hint = f"disable {self.plugin!r}" if self.other == "the application" else "disable one of the two"
        if self.is_for_author and (offer := self.offers.get("override")):
            return f"{hint}; to replace it on purpose: {offer}"
        if self.commands and not self.is_for_author:
            return f"{hint}, or keep both and silence this with `{self.commands} mute {self.plugin}`"
        return hint


class OrderError(PluginError):
    """A plugin asks for an order that is impossible: it names an unknown plugin, or the wishes form a circle."""

    code = "order-impossible"
    phase = "registration"
    _what = "{who} asks for an order that is impossible"
    _hint = "its wish is ignored; to decide yourself, list plugins under `order` in plugins.toml"
    cause: str
    place: str | None = None


class SafeModeError(PegboardError):
    """Two starts in a row crashed, and no single plugin explains it: this start is without plugins."""

    code = "safe-mode"
    is_of_one_start = True
    _what = "safe mode: this start uses only built-in plugins, since the last two crashed"
    application: str
    victims: tuple[str, ...]  #: What each of them was importing, in words.
    commands: str = ""  #: What users type for the `plugins` commands; empty if the application has none.

    def hint(self) -> str:
        again = "the next start tries all plugins again"
        if self.commands:
            return (
                f"{again}; examine them with `{self.commands} doctor`, disable one with "
                f"`{self.commands} disable NAME`, or clear its crashes with `{self.commands} release NAME`"
            )
        variable = f"{self.application.replace('.', '_').replace('-', '_').upper()}_NO_PLUGINS"
        return f"{again}; update the one that crashes, or leave it out with {variable}=NAME"

    def because(self) -> str:
        return f"when they crashed: {'; '.join(self.victims)}"


class RecordedProblem(PegboardError):  # noqa: N818 -- not raised: it repeats at a start what an earlier one found
    """A problem that an earlier start found; nothing has changed since, so it is still there."""

    code: str = "recorded-problem"  #: That of the problem it repeats.
    _what = "{text}"
    text: str = ""
    advice: str = ""
