"""What has the user, or the application's author, to put right?"""

from __future__ import annotations

from pegboard.errors.base import PegboardError, nearest
from pegboard.foreign_object import is_a, repr_of
from pegboard.terminal import visible

_SAYS_MORE = 2
"""From so many lines on, what a program printed says more than its decisive sentence."""
_MOST_LINES = 200


class ConfigurationError(PegboardError):
    """A setting cannot be understood; it is left out and the application goes on with its default."""

    code = "configuration-invalid"
    _what = "{place} cannot be used"
    _because = "{problem}"
    _hint = "correct it; until then the default is used"
    place: str
    problem: str
    line: int | None = None

    def where(self) -> str | None:
        return f"{self.place}, line {self.line}" if self.line else None

    def summary(self) -> str:
        text = super().summary()
        return f"{text} (line {self.line})" if self.line and "at line" not in self.problem else text


class SettingsError(PegboardError):
    """A command cannot read or change the settings; they are as they were."""

    code = "settings-unchanged"
    _what = "the settings in {place} cannot be used or changed by this command"
    _because = "{problem}"
    place: str
    problem: str
    advice: str | None = None
    line: int | None = None

    def where(self) -> str | None:
        return f"{self.place}, line {self.line}" if self.line else None


class PluginFolderError(PegboardError):
    """The user's plugin folder, or a file in it, cannot be used."""

    code = "plugin-folder-unusable"
    _what = "the plugin folder {folder} cannot be read"
    _hint = "it must be a folder that holds *.py files or packages; remove it if you do not need it"
    folder: str
    cause: str


class NamespaceModuleError(PegboardError):
    """Modules are installed as plugins below a name that a plain module has, so that they cannot be imported."""

    code = "namespace-is-a-module"
    _what = "{names} in {folder} cannot be plugins"
    _because = "{namespace!r} is a plain module, {file}"
    _where = "{folder}"
    _hint = "uninstall {first}, or ask its author for an entry point; the application may have another namespace"
    namespace: str
    file: str  #: The file of the plain module.
    folder: str  #: The folder that is not searched.
    names: str  #: What is in there.
    first: str  #: The first of them, with its distribution.


class JournalError(PegboardError):
    """There is no place to note which plugin is being imported, so that one that kills the process is not named."""

    code = "journal-unwritable"
    _what = "a plugin that kills the process could not be named afterwards: there is no place for a journal"
    _hint = "set {prefix}_PLUGINS_CACHE to a folder that you may write; {prefix}_NO_PLUGINS=1 starts without plugins"
    prefix: str  #: How the application's environment variables begin, e.g. `NOTES`.
    cause: str


class StaleMetadataError(PegboardError):
    """Two versions of one distribution are found at once; the one that an installer recorded is used."""

    code = "stale-metadata"
    is_quiet = True
    _what = "{distribution} is installed, and there is metadata of {other} as well"
    _hint = "remove that metadata, or reinstall the distribution"
    cause = "a build left it behind, or an older version was not uninstalled"
    distribution: str  #: Name and version that is used, e.g. `acme-csv 1.2.0`.
    place: str  #: The metadata that is ignored.
    other: str  #: Name and version there.


class InstallRefusedError(PegboardError):
    """The environment may not be changed in the way asked for; nothing was changed."""

    code = "install-refused"
    _what = "the change is refused, and nothing was changed"
    _hint = "{remedy}"
    cause: str
    place: str = ""  #: The environment, file or distribution that is concerned.
    remedy: str = ""


class InstallFailedError(PegboardError):
    """The program that installs could not do what it was asked for."""

    code = "install-failed"
    _what = "{program} failed"
    _hint = "{remedy}"
    program: str
    cause: str  #: What the program said: the sentence that tells most.
    remedy: str = ""
    printed: str = ""  #: All that it printed.

    def render(self, severity: str = "error") -> str:
        text, lines = super().render(severity), [line.rstrip() for line in self.printed.splitlines()]
        if len([line for line in lines if line]) < _SAYS_MORE:
            return text
        left_out = [f"... {len(lines) - _MOST_LINES} lines ..."] if len(lines) > _MOST_LINES else []
        shown = [*left_out, *lines[-_MOST_LINES:]]
        return visible("\n".join([text, f"{self.program} printed:", *(f"  {line}" for line in shown)]), keeping="\n\t")


class PluginNotFoundError(PegboardError, LookupError):
    """No plugin has the name asked for."""

    code = "plugin-not-found"
    _what = "no plugin is named {name!r}"
    name: str
    known: tuple[str, ...]
    cause: str = ""  #: Who has asked for it, where that is not plain.

    def hint(self) -> str:
        return nearest(self.name, self.known, "plugins")


class ContributionNotFoundError(PegboardError, KeyError):
    """Nothing in a registry has the name asked for."""

    code = "contribution-not-found"
    _what = "nothing in registry {registry!r} is named {name!r}"
    registry: str
    name: str
    known: tuple[str, ...]
    cause: str = ""  #: Which plugin had registered it and has failed, and why.
    place: str | None = None
    advice: str | None = None

    def hint(self) -> str | None:
        return self.advice if self.cause else nearest(self.name, self.known, "names")


class HostError(PegboardError):
    """The application uses its host in a way that cannot work; for the application's author."""

    code = "host-misused"
    _what = "{problem}"
    problem: str
    advice: str | None = None


class HostAddressError(HostError):
    """An address, by which one process tells another where the application's host is, leads to none."""

    code = "host-address"
    _because = "{cause}"
    cause: str = ""


class UnusableReferenceError(HostError):
    """A reference to a contribution cannot be made, or means nothing in this process; see `Registry.reference`."""

    code = "reference-unusable"
    _because = "{cause}"
    cause: str = ""


class SecondHostError(PegboardError):
    """A process uses two hosts of one application; each plugin registers only with the one that its API imports."""

    code = "second-host"
    is_of_one_start = True
    _what = "the application {application!r} has two hosts, and a plugin registers only with one of them"
    _because = "one is made at {first}, the other at {second}"
    _hint = "make one host, and import it wherever it is used; for another test, close the first one before"
    application: str
    first: str  #: The file and the line of the host that was used first.
    second: str  #: The file and the line of the other one.


class StartTooEarlyError(PegboardError):
    """The plugins are asked for while the API that they use is being imported, and it cannot be completed yet."""

    code = "start-too-early"
    _what = "the plugins of {application!r} are asked for while {api}, which they use, is being imported"
    _because = "{problem}"
    _where = "{here}, while {there} is being executed"
    _hint = "ask for plugins in a function, or after everything that the API imports from there"
    application: str
    here: str  #: The file and the line that ask for the plugins.
    api: str  #: The module that is being imported.
    there: str  #: How far it has been executed, as file and line.
    problem: str  #: Why it cannot be completed, in words.


_HINTS = {
    "an application": "it is the name of the application's package, as `import` has it: letters, digits and _",
    "a namespace": "it is the name of a package, as `import` has it; empty for none",
    "a group of entry points": "it is text on one line, without ] and without spaces around it",
}


class InvalidNameError(HostError, ValueError):
    """A name is empty, not text, or holds characters that a list of names could not show."""

    code = "invalid-name"
    _what = "{name!r} cannot be the name of {kind}"

    def hint(self) -> str:
        return _HINTS.get(self.kind, "a name is text of at least one character, on one line")

    def __init__(self, kind: str, name: object) -> None:
        self.kind: str = kind
        self.name: str = str.__str__(name) if is_a(name, str) else repr_of(name)


class MetadataError(HostError, TypeError):
    """Metadata is not plain data, so that it could not be shown without importing the plugin."""

    code = "metadata-not-plain"
    _what = "metadata {field!r} of {name!r} in registry {registry!r} is of type {type_name}"
    _hint = "use text, numbers, True, False, None, and lists, tuples or dictionaries of these"

    def __init__(self, registry: str, name: str, field: str, type_name: str) -> None:
        self.registry: str = registry
        self.name: str = name
        self.field: str = field
        self.type_name: str = type_name


class ContributionMismatchError(HostError, TypeError):
    """A contribution is not what its registry is made for: of another type, or called with other arguments."""

    code = "contribution-mismatch"
    _what = "{name!r} cannot be registered in {registry!r}"
    _because = "{problem}"
    registry: str = ""
    name: str = ""
    place: str | None = None  #: The file and the line that register it.


class HookNotFoundError(HostError, KeyError):
    """The application declares no hook of that name."""

    code = "hook-not-found"
    _what = "there is no hook {problem!r}"
    known: tuple[str, ...] = ()

    def hint(self) -> str | None:
        """Return the nearest name, or all of them."""
        return nearest(self.problem, self.known, "hooks")


class MetadataMismatchError(HostError, TypeError):
    """Metadata has a field that its registry does not know, lacks one, or has a value of another type."""

    code = "metadata-mismatch"
    _what = "metadata of {name!r} does not fit in {registry!r}"
    _because = "{problem}"
    registry: str = ""
    name: str = ""
    place: str | None = None  #: The file and the line that register it.


class ImplementationError(ContributionMismatchError):
    """What is to implement a hook does not fit it: it needs other parameters, say, or never returns anything."""

    code = "implementation-mismatch"
    _what = "{name!r} cannot implement the hook {registry!r}"
