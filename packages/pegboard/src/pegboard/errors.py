"""Every error that pegboard raises, or contains, on purpose.

    PegboardError
    ├── ConfigurationError            plugins.toml, environment variables
    ├── SettingsError                 a command could not read or change plugins.toml
    ├── HostError                     the application's author used a host wrongly
    │   ├── InvalidNameError
    │   └── MetadataError
    ├── ContributionNotFoundError     nothing has the name asked for (also a LookupError)
    ├── RecordedProblem               found earlier, and still so
    ├── SafeModeError                 two starts in a row died; this one is without plugins
    ├── PluginNotFoundError           no plugin has the name asked for (also a LookupError)
    ├── PluginError                   always names a plugin and its distribution
    │   ├── PluginImportError         raised, exited or recursed while being imported
    │   ├── PluginCallError           raised while something of it was called
    │   ├── PluginCleanUpError        raised while something of it was cleaned up
    │   ├── PluginStillRunningError   unloaded, and a thread of it goes on
    │   ├── PluginNotImportableError  found, but Python cannot import it (also an ImportError)
    │   ├── PluginWithdrewError       its contribution is gone since it was recorded
    │   ├── PluginCrashedError        the process ended while it was imported
    │   ├── PluginHangsError          its import does not end
    │   ├── PluginQuarantinedError    took the process down twice
    │   ├── PluginSlowError           its import took long
    │   ├── RequiredPluginError       the application cannot do without it
    │   ├── DuplicatePluginError      two distributions bring one plugin name
    │   ├── StrayPackageFileError     brings a file that is the application's to bring
    │   ├── NameClashError            two plugins register one name
    │   └── OrderError                unknown name or circle in before/after
    ├── StaleMetadataError            two versions of one distribution are installed at once
    ├── PluginFolderError             the user's plugin folder cannot be used
    ├── InstallRefusedError           a change of the environment that would do harm
    ├── InstallFailedError            pip, uv or pipx could not do it
    └── ContainerError
        ├── MissingDependencyError    nothing provides a key (also a LookupError)
        ├── CircularDependencyError
        ├── AnnotationError           a parameter cannot be injected (also a TypeError)
        ├── ProviderError             a provider failed; names who provided it
        ├── ScopeError                wrong scope, or a scope already closed
        └── AsyncRequiredError        resolved synchronously what can only be awaited

An error's fields come first and its text is made from them, so that it can be pickled, compared by field, and
worded anew. The text answers in this order: what, cause, where, hint.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import ClassVar

    Link = tuple[str, str, str, str]
    """One step of a chain of requests: the key, the parameter it was for, what makes it, and who provides that."""


class PegboardError(Exception):
    """Base of every error that pegboard raises on purpose."""

    code: ClassVar[str] = "pegboard-error"
    """The heading of this error in `docs/reference/errors.md`."""
    is_of_one_start: ClassVar[bool] = False
    """Whether it is about what happened once, so that starts after this one need not repeat it."""
    is_quiet: ClassVar[bool] = False
    """Whether a host keeps it among its problems without telling the user at every start: it does no harm."""

    def what(self) -> str:
        """Return what happened, in one line, without a full stop."""
        return ", ".join(map(str, self.args))

    def because(self) -> str | None:
        """Return the cause in one line, or None when *what* says it all."""
        return None

    def where(self) -> str | None:
        """Return the file, entry point or setting that is concerned, or None."""
        return None

    def hint(self) -> str | None:
        """Return what the reader can do about it, or None."""
        return None

    def __str__(self) -> str:
        lines = [self.what()]
        lines += [
            f"  {label}: {text}"
            for label, text in (("cause", self.because()), ("where", self.where()), ("hint", self.hint()))
            if text
        ]
        return "\n".join(lines)

    def render(self, severity: str = "error") -> str:
        """Return the whole message as it is shown to a person: `error[code]: what`, cause, where, hint."""
        return f"{severity}[{self.code}]: {self}"

    def summary(self) -> str:
        """Return the message in one line: what and cause."""
        cause = self.because()
        return f"{self.what()}: {cause}" if cause else self.what()


class UnusableIndexError(Exception):
    """An index that cannot be used, and why, in words; a start then goes on as if there were none."""


def describe_exception(error: BaseException) -> str:
    """Return *error* as one line, `Type: message`, the way a traceback ends."""
    if isinstance(error, PegboardError):
        return error.summary()
    if isinstance(error, SystemExit):
        return f"it called sys.exit({'' if error.code is None else repr(error.code)})"
    name = type(error).__qualname__
    try:
        text = " ".join(str(error).split())
    except Exception:  # a broken __str__ in somebody's error must not hide the error
        text = "(its message cannot be shown)"
    return f"{name}: {text}" if text else name


def _nearest(name: str, known: tuple[str, ...], kind: str) -> str:
    from difflib import get_close_matches  # 21 modules, only paid on failure

    if near := get_close_matches(name, known, n=1):
        return f"did you mean {near[0]!r}?"
    return f"known {kind}: {', '.join(sorted(known)) or 'none'}"


# -- configuration and the host ---------------------------------------------------------------------------------------


class ConfigurationError(PegboardError):
    """A setting cannot be understood; it is left out and the application goes on with its default."""

    code = "configuration-invalid"

    def __init__(self, place: str, problem: str, line: int | None = None) -> None:
        self.place: str = place
        self.problem: str = problem
        self.line: int | None = line

    def what(self) -> str:
        """Name the setting's place and what is wrong with it."""
        return f"{self.place} cannot be used"

    def because(self) -> str:
        """Return what is wrong."""
        return self.problem

    def where(self) -> str | None:
        """Return file and line, where the line is known."""
        return f"{self.place}, line {self.line}" if self.line else None

    def summary(self) -> str:
        """Return the message in one line, with the line of the file unless the cause names it."""
        text = super().summary()
        return f"{text} (line {self.line})" if self.line and "at line" not in self.problem else text

    def hint(self) -> str:
        """Tell that defaults apply."""
        return "the default is used until it is mended"


class SettingsError(PegboardError):
    """A command cannot read or change the settings; they are as they were."""

    code = "settings-unchanged"

    def __init__(self, place: str, problem: str, advice: str | None = None, line: int | None = None) -> None:
        self.place: str = place
        self.problem: str = problem
        self.advice: str | None = advice
        self.line: int | None = line

    def what(self) -> str:
        """Name the file."""
        return f"the settings in {self.place} cannot be used or changed by this command"

    def because(self) -> str:
        """Return what is wrong."""
        return self.problem

    def where(self) -> str | None:
        """Return file and line, where the line is known."""
        return f"{self.place}, line {self.line}" if self.line else None

    def hint(self) -> str | None:
        """Return what to do."""
        return self.advice


class HostError(PegboardError):
    """The application uses its host in a way that cannot work; for the application's author."""

    code = "host-misused"

    def __init__(self, problem: str, advice: str | None = None) -> None:
        self.problem: str = problem
        self.advice: str | None = advice

    def what(self) -> str:
        """Return what was done wrong."""
        return self.problem

    def hint(self) -> str | None:
        """Return what to do instead."""
        return self.advice


class InvalidNameError(HostError, ValueError):
    """A name is empty, not text, or holds characters that a list of names could not show."""

    code = "invalid-name"

    def __init__(self, kind: str, name: object) -> None:
        self.kind: str = kind
        self.name: str = name if isinstance(name, str) else repr(name)

    def what(self) -> str:
        """Name the kind and the name."""
        return f"{self.name!r} cannot be the name of {self.kind}"

    def hint(self) -> str:
        """Say what a name is."""
        return "a name is text of at least one character, on one line"


class MetadataError(HostError, TypeError):
    """Metadata is not plain data, so that it could not be shown without importing the plugin."""

    code = "metadata-not-plain"

    def __init__(self, registry: str, name: str, field: str, type_name: str) -> None:
        self.registry: str = registry
        self.name: str = name
        self.field: str = field
        self.type_name: str = type_name

    def what(self) -> str:
        """Name the contribution, the field and the offending type."""
        return f"metadata {self.field!r} of {self.name!r} in registry {self.registry!r} is of type {self.type_name}"

    def hint(self) -> str:
        """Say what metadata may be."""
        return "use text, numbers, True, False, None, and lists, tuples or dictionaries of these"


class ContributionNotFoundError(PegboardError, KeyError):
    """Nothing in a registry has the name asked for."""

    code = "contribution-not-found"

    def __init__(self, registry: str, name: str, known: tuple[str, ...]) -> None:
        self.registry: str = registry
        self.name: str = name
        self.known: tuple[str, ...] = known

    def what(self) -> str:
        """Name the registry and the name."""
        return f"nothing in registry {self.registry!r} is named {self.name!r}"

    def hint(self) -> str:
        """Return the nearest name, or all of them."""
        return _nearest(self.name, self.known, "names")

    __str__ = PegboardError.__str__  # KeyError's shows only a repr


class RecordedProblem(PegboardError):  # noqa: N818 -- not raised: it repeats at a start what an earlier one found
    """A problem found when the plugins were last looked at; nothing has changed since, so it is still there."""

    code = "recorded-problem"

    def __init__(self, code: str, text: str, advice: str) -> None:
        self.code = code  # type: ignore[misc]  # it speaks for the problem it repeats
        self.text: str = text
        self.advice: str = advice

    def what(self) -> str:
        """Return what was found, with its cause."""
        return self.text

    def hint(self) -> str | None:
        """Return what can be done about it."""
        return self.advice or None


class SafeModeError(PegboardError):
    """Two starts in a row died, and no single plugin explains it: this start is without plugins."""

    code = "safe-mode"
    is_of_one_start = True

    def __init__(self, application: str, victims: tuple[str, ...]) -> None:
        self.application: str = application
        self.victims: tuple[str, ...] = victims
        """What was being imported when each of them died, in words."""

    def what(self) -> str:
        """Say what this start is."""
        return "safe mode: this start uses only built-in plugins, since the last two died"

    def because(self) -> str:
        """Name what was being imported."""
        return f"at their deaths: {'; '.join(self.victims)}"

    def hint(self) -> str:
        """Name the commands that mend it."""
        command = f"{self.application} plugins"
        return (
            f"the next start tries all plugins again; look with `{command} doctor`, keep one from running "
            f"with `{command} disable NAME`, forget the deaths with `{command} release NAME`"
        )


class PluginNotFoundError(PegboardError, LookupError):
    """No plugin has the name asked for."""

    code = "plugin-not-found"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name: str = name
        self.known: tuple[str, ...] = known

    def what(self) -> str:
        """Name the plugin."""
        return f"no plugin is named {self.name!r}"

    def hint(self) -> str:
        """Return the nearest name, or all of them."""
        return _nearest(self.name, self.known, "plugins")


# -- plugins ----------------------------------------------------------------------------------------------------------


class PluginError(PegboardError):
    """Something is wrong with one plugin. It is always named, with its distribution."""

    code = "plugin-error"
    phase: str = "use"
    """The plugin's part: `discovery`, `import`, `registration`, `resolution`, `call`, `clean-up`, or just `use`."""

    def __init__(self, plugin: str, distribution: str, cause: str, place: str | None = None) -> None:
        self.plugin: str = plugin
        self.distribution: str = distribution
        """Name and version, e.g. `acme-csv 1.2.0`; empty when no distribution owns the plugin."""
        self.cause: str = cause
        self.place: str | None = place

    def who(self) -> str:
        """Return the plugin with its distribution, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
        return _who(self.plugin, self.distribution)

    def what(self) -> str:
        """Name the plugin."""
        return f"{self.who()} has a problem"

    def because(self) -> str:
        """Return the cause."""
        return self.cause

    def where(self) -> str | None:
        """Return the file concerned."""
        return self.place


def _who(plugin: str, distribution: str) -> str:
    return f"plugin {plugin!r} of {distribution}" if distribution else f"plugin {plugin!r}"


class PluginImportError(PluginError):
    """A plugin raised, exited or recursed while it was imported; it is left out."""

    code = "plugin-import-failed"
    phase = "import"

    def __init__(
        self, plugin: str, distribution: str, cause: str, place: str | None = None, advice: str | None = None
    ) -> None:
        super().__init__(plugin, distribution, cause, place)
        self.advice: str | None = advice

    def what(self) -> str:
        """Name the plugin."""
        return f"{self.who()} could not be imported and is left out"

    def hint(self) -> str:
        """Return what the user can do."""
        return self.advice or "update or uninstall it, or report the cause to its author"


class PluginCallError(PluginError):
    """Something that a plugin contributed raised while it was called."""

    code = "plugin-call-failed"
    phase = "call"

    def __init__(self, plugin: str, distribution: str, doing: str, cause: str, place: str | None = None) -> None:
        super().__init__(plugin, distribution, cause, place)
        self.doing: str = doing

    def what(self) -> str:
        """Name the plugin and what it was doing."""
        return f"{self.who()} failed while {self.doing}"

    def hint(self) -> str:
        """Say whose fault it is."""
        return "this is a fault of the plugin: update it, or report the cause to its author"


class PluginCleanUpError(PluginError):
    """The clean-up of a component raised; all others were cleaned up nevertheless."""

    code = "clean-up-failed"
    phase = "clean-up"

    def __init__(self, plugin: str, distribution: str, key: str, cause: str, place: str | None = None) -> None:
        super().__init__(plugin, distribution, cause, place)
        self.key: str = key

    def what(self) -> str:
        """Name the plugin and the component."""
        return f"{self.who()} failed while {self.key} was cleaned up"

    def hint(self) -> str:
        """Say whose fault it is."""
        return "this is a fault of the plugin: update it, or report the cause to its author"


class PluginStillRunningError(PluginError):
    """A plugin was unloaded, and a thread that it has started still runs."""

    code = "plugin-still-running"
    phase = "clean-up"
    is_of_one_start = True

    def __init__(self, plugin: str, distribution: str, thread: str, place: str | None) -> None:
        super().__init__(plugin, distribution, "nothing has ended it", place)
        self.thread: str = thread
        """The thread's name."""

    def what(self) -> str:
        """Name the plugin and its thread."""
        return f"{self.who()} was unloaded, but its thread {self.thread!r} still runs"

    def hint(self) -> str:
        """Say what its author can do."""
        return "its author can end it in a function that is given to on_unload"


class PluginNotImportableError(PluginError, ImportError):
    """A plugin was found, but Python cannot import it; the cause says why."""

    code = "plugin-not-importable"
    phase = "import"

    def what(self) -> str:
        """Name the plugin."""
        return f"{self.who()} is installed but cannot be imported"

    def hint(self) -> str:
        """Say what can be done."""
        return "reinstall it for this Python, or remove what stands in its way"

    __str__ = PegboardError.__str__


class PluginWithdrewError(PluginError, LookupError):
    """A plugin no longer contributes what it contributed when it was last imported."""

    code = "contribution-withdrawn"
    phase = "registration"

    def __init__(self, plugin: str, distribution: str, kind: str, name: str, place: str | None = None) -> None:
        super().__init__(plugin, distribution, f"it no longer registers {name!r}", place)
        self.kind: str = kind
        self.name: str = name

    def what(self) -> str:
        """Name the plugin and what is gone."""
        return f"{self.who()} no longer contributes {self.name!r} to {self.kind!r}"

    def because(self) -> str:
        """Explain how this can be."""
        return "the plugin registered it when it was last imported, and does not now"

    def hint(self) -> str:
        """Tell that the record has been refreshed."""
        return "its record has been refreshed; try again"


class PluginCrashedError(PluginError):
    """An earlier process ended while it imported a plugin. The plugin is tried once more."""

    code = "plugin-crashed"
    is_of_one_start = True

    def __init__(self, plugin: str, distribution: str, cause: str, place: str | None, advice: str) -> None:
        super().__init__(plugin, distribution, cause, place)
        self.advice: str = advice

    def what(self) -> str:
        """Name the plugin."""
        return f"{self.who()} took the process down"

    def hint(self) -> str:
        """Return what the user can do."""
        return self.advice


class PluginHangsError(PluginError):
    """The import of a plugin does not end: in another process, or it was interrupted in this one."""

    code = "plugin-hangs"
    is_of_one_start = True

    def __init__(self, plugin: str, distribution: str, seconds: float, process: int | None, place: str | None) -> None:
        super().__init__(plugin, distribution, "its import does not end", place)
        self.seconds: float = seconds
        self.process: int | None = process
        """The id of the other process; None when it was this one, and the user interrupted it."""

    def what(self) -> str:
        """Name the plugin, and how long it has been going on."""
        if self.process is None:
            return f"interrupted after {self.seconds:.1f} s while {self.who()} was being imported"
        return f"process {self.process} has been importing {self.who()} for {self.seconds:.0f} s"

    def hint(self) -> str:
        """Return what the user can do."""
        if self.process is None:
            return "the second time, the plugin is quarantined"
        return "end that process if it hangs"


class PluginQuarantinedError(PluginError):
    """A plugin took the process down twice, and is left out until it changes or is released."""

    code = "plugin-quarantined"

    def __init__(self, plugin: str, distribution: str, cause: str, place: str | None, command: str) -> None:
        super().__init__(plugin, distribution, cause, place)
        self.command: str = command
        """What releases it."""

    def what(self) -> str:
        """Name the plugin."""
        return f"{self.who()} is quarantined and left out"

    def hint(self) -> str:
        """Tell what ends the quarantine."""
        return f"update it, or try it again with `{self.command}`"


class PluginSlowError(PluginError):
    """The import of a plugin took longer than the application allows for."""

    code = "plugin-slow"
    is_of_one_start = True

    def __init__(self, plugin: str, distribution: str, seconds: float, place: str | None) -> None:
        super().__init__(plugin, distribution, "the application allows for less", place)
        self.seconds: float = seconds

    def what(self) -> str:
        """Name the plugin, and how long it took."""
        return f"{self.who()} took {self.seconds:.1f} s to import"

    def hint(self) -> str:
        """Return what can be done."""
        return "report it to its author"


class RequiredPluginError(PluginError):
    """A plugin that the application cannot do without is missing, disabled or broken."""

    code = "required-plugin-unusable"

    def what(self) -> str:
        """Name the plugin."""
        return f"{self.who()} is required by the application and cannot be used"

    def hint(self) -> str:
        """Say what the user can do."""
        return "enable it, or reinstall the application"


class DuplicatePluginError(PluginError):
    """Two distributions bring a plugin of one name; the one found first is used."""

    code = "plugin-duplicate"
    phase = "discovery"

    def __init__(self, plugin: str, distribution: str, place: str | None, other: str, other_place: str | None) -> None:
        super().__init__(plugin, distribution, "", place)
        self.other: str = other
        self.other_place: str | None = other_place

    def what(self) -> str:
        """Name the plugin and both distributions."""
        return f"{self.who()} hides another plugin of that name" + (f" of {self.other}" if self.other else "")

    def because(self) -> str:
        """Name the place of the hidden one."""
        return f"{self.other_place or 'the other'} is not used"

    def hint(self) -> str:
        """Say what the user can do."""
        return "uninstall one of the two"


class StrayPackageFileError(PluginError):
    """A plugin's distribution brings `app/__init__.py` or `app/plugins/__init__.py`, which are the application's."""

    code = "stray-package-file"
    phase = "discovery"
    is_quiet = True

    def __init__(self, plugin: str, distribution: str, package: str, path: str) -> None:
        super().__init__(plugin, distribution, "only the application may bring that file", path)
        self.package: str = package

    def what(self) -> str:
        """Name the culprit and the package."""
        return f"{self.distribution or 'something installed'} brings an __init__ file for {self.package!r}"

    def hint(self) -> str:
        """Say what user and author can do."""
        return "it is passed over where Python lets us; its author should leave the file out of the distribution"


class NameClashError(PluginError):
    """Two plugins register one name in one registry; the first in order keeps it."""

    code = "name-clash"
    phase = "registration"

    def __init__(  # noqa: PLR0917 -- by position, so that it can be pickled
        self, plugin: str, distribution: str, registry: str, name: str, other: str, place: str | None = None
    ) -> None:
        super().__init__(plugin, distribution, "", place)
        self.registry: str = registry
        self.name: str = name
        self.other: str = other
        """Who keeps the name, as text, e.g. `plugin 'a' of acme-a 1.0`."""

    def what(self) -> str:
        """Name both plugins and the name."""
        return f"{self.who()} registers {self.name!r} in {self.registry!r}, which {self.other} already has"

    def because(self) -> str:
        """Say which one is used."""
        return f"the first in order keeps the name: {self.other}"

    def hint(self) -> str:
        """Say what user and author can do."""
        return "disable one of the two; to replace it on purpose, a plugin registers with override=True"


class OrderError(PluginError):
    """A wish for an order cannot be met: an unknown plugin is named, or the wishes form a circle."""

    code = "order-impossible"
    phase = "registration"

    def what(self) -> str:
        """Name the plugin."""
        return f"{self.who()} cannot be ordered as wished"

    def hint(self) -> str:
        """Tell what happens instead."""
        return "the wish is left out; the order is by name where nothing else decides"


class StaleMetadataError(PegboardError):
    """Two versions of one distribution are found at once; the one that an installer recorded is believed."""

    code = "stale-metadata"
    is_quiet = True

    def __init__(self, distribution: str, place: str, other: str) -> None:
        self.distribution: str = distribution
        """Name and version that is believed, e.g. `acme-csv 1.2.0`."""
        self.place: str = place
        """The metadata that is passed over."""
        self.other: str = other
        """Name and version there."""

    def what(self) -> str:
        """Name both."""
        return f"{self.distribution} is installed, and there is metadata of {self.other} as well"

    def because(self) -> str:
        """Say where such metadata comes from."""
        return "a build left it behind, or an older version was not uninstalled"

    def where(self) -> str:
        """Return the metadata that is passed over."""
        return self.place

    def hint(self) -> str:
        """Say what to do."""
        return "remove it, or reinstall the distribution"


class PluginFolderError(PegboardError):
    """The user's plugin folder, or a file in it, cannot be used."""

    code = "plugin-folder-unusable"

    def __init__(self, folder: str, cause: str) -> None:
        self.folder: str = folder
        self.cause: str = cause

    def what(self) -> str:
        """Name the folder."""
        return f"the plugin folder {self.folder} cannot be read"

    def because(self) -> str:
        """Return the cause."""
        return self.cause

    def hint(self) -> str:
        """Say what belongs there."""
        return "it must be a folder that holds *.py files or packages; remove it if it is not wanted"


# -- installing --------------------------------------------------------------------------------------------------------


class InstallRefusedError(PegboardError):
    """The environment may not be changed in the way asked for; nothing was changed."""

    code = "install-refused"

    def __init__(self, cause: str, place: str = "", remedy: str = "") -> None:
        self.cause: str = cause
        self.place: str = place
        """The environment, file or distribution that is concerned."""
        self.remedy: str = remedy

    def what(self) -> str:
        """Say that nothing was changed."""
        return "this is refused, and nothing was changed"

    def because(self) -> str:
        """Return why."""
        return self.cause

    def where(self) -> str | None:
        """Return what is concerned."""
        return self.place or None

    def hint(self) -> str | None:
        """Say what to do instead."""
        return self.remedy or None


class InstallFailedError(PegboardError):
    """The program that installs could not do what it was asked for."""

    code = "install-failed"

    def __init__(self, program: str, cause: str, remedy: str = "") -> None:
        self.program: str = program
        self.cause: str = cause
        """What the program said."""
        self.remedy: str = remedy

    def what(self) -> str:
        """Name the program."""
        return f"{self.program} could not do it"

    def because(self) -> str:
        """Return what it said."""
        return self.cause

    def hint(self) -> str | None:
        """Say what may help."""
        return self.remedy or None


# -- container --------------------------------------------------------------------------------------------------------


class ContainerError(PegboardError):
    """A component cannot be built."""

    code = "container-error"

    chain: tuple[Link, ...] = ()
    """What led to it, the first request first."""

    def where(self) -> str | None:
        """Draw the chain of requests that led to it."""
        return "\n         ".join(chain_lines(self.chain)) or None


def chain_lines(chain: Sequence[Link]) -> list[str]:
    """Return one line for each link, the innermost first: what needs it, and who provides that."""
    lines = []
    for place in range(len(chain) - 1, -1, -1):
        key, _, made_by, owner = chain[place]
        parameter = chain[place + 1][1] if place + 1 < len(chain) else ""
        made = f" ({made_by})" if made_by else ""
        by = f" from {owner}" if owner and not made_by.startswith("called") else ""
        lines.append(f"needed {f'as {parameter!r} ' if parameter else ''}by {key}{made}{by}")
    return lines


class MissingDependencyError(ContainerError, LookupError):
    """Nothing provides a key that was asked for, or that something asked for needs."""

    code = "dependency-missing"

    def __init__(
        self,
        key: str,
        chain: tuple[Link, ...] = (),
        parameter: str = "",
        known: tuple[str, ...] = (),
        decorated_by: tuple[str, ...] = (),
    ) -> None:
        self.key: str = key
        """With its module, e.g. `notes.app:Clock`."""
        self.chain: tuple[Link, ...] = chain
        self.parameter: str = parameter
        """What it was asked for by; empty when it was asked for directly."""
        self.known: tuple[str, ...] = known
        """All keys that somebody provides."""
        self.decorated_by: tuple[str, ...] = decorated_by
        """Who decorates it, although there is nothing to be decorated."""

    def what(self) -> str:
        """Name the key."""
        return f"nothing provides {self.key}"

    def because(self) -> str | None:
        """Tell that it is decorated, if it is."""
        return f"it is only decorated, by {', '.join(self.decorated_by)}" if self.decorated_by else None

    def where(self) -> str | None:
        """Draw the chain of requests that led to it."""
        return "\n         ".join(chain_lines((*self.chain, (self.key, self.parameter, "", "")))[1:]) or None

    def hint(self) -> str | None:
        """Return the nearest key that is known."""
        from difflib import get_close_matches  # 21 modules, only paid on failure

        names = {known.rpartition(":")[2]: known for known in self.known if known != self.key}
        near = get_close_matches(self.key.rpartition(":")[2], names, n=1)
        return f"did you mean {names[near[0]]}?" if near else None


class CircularDependencyError(ContainerError):
    """Components need one another in a circle, so that none can be built first."""

    code = "dependency-circular"

    def __init__(self, cycle: tuple[Link, ...], closing: str = "") -> None:
        self.cycle: tuple[Link, ...] = cycle
        """Each needs the next one, and the last needs the first."""
        self.closing: str = closing
        """The parameter by which the last needs the first."""

    def what(self) -> str:
        """Name the members of the circle."""
        keys = [link[0] for link in self.cycle]
        return f"circular dependency: {' -> '.join([*keys, *keys[:1]])}"

    def where(self) -> str:
        """Draw the circle, with who provides each member."""
        lines = []
        for place, (key, _, made_by, owner) in enumerate(self.cycle):
            parameter = self.cycle[place + 1][1] if place + 1 < len(self.cycle) else self.closing
            needs = f" needs, as {parameter!r}:" if parameter else " asks for:"
            lines.append(f"{'.-> ' if place == 0 else '|   '}{key} ({made_by}) from {owner}{needs}")
        lines.append(f"'-- {self.cycle[0][0] if self.cycle else ''}")
        return "\n         ".join(lines)

    def hint(self) -> str:
        """Say how circles are broken."""
        return "let one of them ask for Container and get the other when it is used; to wrap a component, decorate it"


class AnnotationError(ContainerError, TypeError):
    """It cannot be seen from its annotation what a parameter needs."""

    code = "annotation-unusable"

    def __init__(  # noqa: PLR0917 -- by position, so that it can be pickled
        self,
        function: str,
        parameter: str,
        problem: str,
        owner: str,
        distribution: str = "",
        chain: tuple[Link, ...] = (),
    ) -> None:
        self.function: str = function
        """What has the parameter, e.g. `acme.views:View`."""
        self.parameter: str = parameter
        self.problem: str = problem
        self.owner: str = owner
        """Who brings it, e.g. `plugin 'csv' of acme-csv 1.2.0`."""
        self.distribution: str = distribution
        self.chain: tuple[Link, ...] = chain

    def what(self) -> str:
        """Name function, parameter and owner."""
        return f"parameter {self.parameter!r} of {self.function} from {self.owner} cannot be injected"

    def because(self) -> str:
        """Return what is wrong with the annotation."""
        return self.problem

    def hint(self) -> str:
        """Say what an annotation has to be."""
        if self.problem.startswith("it has no"):
            return "annotate it with the type that it needs, or give it a default"
        return "a name that only type checkers import, or a local one, cannot be looked up: import it at module level"


class ProviderError(ContainerError):
    """A plugin's provider or decorator failed; plugin and distribution are named."""

    code = "provider-failed"
    phase = "resolution"

    def __init__(  # noqa: PLR0917 -- by position, so that it can be pickled
        self,
        plugin: str,
        distribution: str,
        role: str,
        key: str,
        cause: str,
        instead: str = "",
        chain: tuple[Link, ...] = (),
        place: str | None = None,
    ) -> None:
        self.plugin: str = plugin
        self.distribution: str = distribution
        """Name and version, e.g. `acme-csv 1.2.0`; empty when no distribution owns the plugin."""
        self.role: str = role
        """`provide` or `decorate`."""
        self.key: str = key
        self.cause: str = cause
        self.instead: str = instead
        """Whose provider serves in its place; empty when there is none."""
        self.chain: tuple[Link, ...] = chain
        self.place: str | None = place
        """Where in the plugin it failed, as `file:line`; its file where that is not known."""

    def what(self) -> str:
        """Name plugin and key, and what happens instead."""
        failed = f"{_who(self.plugin, self.distribution)} could not {self.role} {self.key}"
        if self.role == "decorate":
            return f"{failed} and is left out"
        return f"{failed}; that of {self.instead} is used instead" if self.instead else failed

    def because(self) -> str:
        """Return the cause."""
        return self.cause

    def where(self) -> str | None:
        """Return the place in the plugin, and draw the chain of requests that led to it."""
        return "\n         ".join(text for text in (self.place, super().where()) if text) or None

    def hint(self) -> str:
        """Say whose fault it is."""
        return "this is a fault of the plugin: update or disable it, or report the cause to its author"


class ScopeError(ContainerError):
    """A component was asked for outside of the scope that it lives in, or in a scope that has ended."""

    code = "scope-wrong"

    def __init__(  # noqa: PLR0917 -- by position, so that it can be pickled
        self,
        key: str,
        scope: str,
        user: str = "",
        lives: str = "",
        open_scopes: tuple[str, ...] = (),
        chain: tuple[Link, ...] = (),
    ) -> None:
        self.key: str = key
        """What was asked for; empty when the scope itself cannot be used."""
        self.scope: str = scope
        self.user: str = user
        """What needs it although it lives longer; empty when it was asked for directly."""
        self.lives: str = lives
        """How long `user` lives: `singleton`, or the name of its scope."""
        self.open_scopes: tuple[str, ...] = open_scopes
        self.chain: tuple[Link, ...] = chain

    def what(self) -> str:
        """Name key and scope."""
        if not self.key:
            return f"scope {self.scope!r} is not open"
        scope = f"scope {self.scope!r}" if self.scope else "a scope"
        if self.user:
            return f"{self.user} ({self.lives}) needs {self.key}, which lives only as long as {scope}"
        return f"{self.key} lives in {scope}, which is not open here"

    def because(self) -> str | None:
        """Tell which scopes are open."""
        if not self.key or self.user:
            return None
        return f"open here: {', '.join(map(repr, self.open_scopes)) or 'none'}"

    def hint(self) -> str:
        """Say what to do."""
        if not self.key:
            return "a scope is open inside its `with` block"
        if self.user:
            return f"let {self.user} live no longer than that, or get {self.key} when it is used"
        return f"ask for it by `with container.scope({self.scope or '...'!r}) as scope: scope.get(...)`"


class AsyncRequiredError(ContainerError):
    """Something that has to be awaited was asked for by a call that cannot wait for it."""

    code = "async-required"

    def __init__(self, key: str, reason: str, chain: tuple[Link, ...] = ()) -> None:
        self.key: str = key
        self.reason: str = reason
        self.chain: tuple[Link, ...] = chain

    def what(self) -> str:
        """Name the key."""
        return f"{self.key} has to be awaited"

    def because(self) -> str:
        """Return why."""
        return self.reason

    def hint(self) -> str:
        """Name what awaits."""
        return "use `await container.aget(...)`, and `async with` or `await ...aclose()` to end it"
