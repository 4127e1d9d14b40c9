"""The roster: which plugins this process has, and how they become ready.

Hot: with a valid index nothing is looked for and nothing imported. Everything else is in `recording.cold`.
"""

import _thread
import os
import sys

from pegboard.index import digest, facts, objection, read

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from importlib.machinery import ModuleSpec
    from typing import Any

    from pegboard.activator import Activator
    from pegboard.discovery import Discovery
    from pegboard.errors import PegboardError
    from pegboard.index import Index
    from pegboard.ledger import Contribution, Ledger, Plugin

_NO = ("0", "false", "no", "off")


class Roster:
    """The plugins of one host in this process. Any thread may ask; no lock is held while a plugin is imported."""

    def __init__(
        self,
        application: str,
        environ: "Mapping[str, str]",
        *,
        required: "tuple[str, ...]",
        built_in_first: bool,
        strict: "bool | None",
        lazy: "bool | None",
        config_directory: "str | None",
        cache_directory: "str | None",
        report: "Callable[[PegboardError], None]",
        settle: "Callable[[], None]",
    ) -> None:
        """Make a roster that knows nothing yet.

        Args:
            application: The application's name.
            environ: The environment variables.
            required: As its author said when making the host; so are the next five, see `Host`.
            built_in_first: The same.
            strict: The same; the user's wish, where its author has none, once that is known.
            lazy: The same.
            config_directory: The same, as an absolute path.
            cache_directory: The same, as an absolute path.
            report: Told of each contained fault.
            settle: Called when everything is registered: decides who has which name.
        """
        self.application: str = application
        self.environ: Mapping[str, str] = environ
        self.prefix: str = environment_prefix(application)
        """How the application's environment variables begin."""
        self.required: tuple[str, ...] = required
        self.built_in_first: bool = built_in_first
        self.strict: bool | None = strict
        self.lazy: bool | None = lazy
        self.cache_directory: str | None = cache_directory
        self.config_directory: str | None = config_directory or user_directory("config", application, environ)
        """Where the user's `plugins.toml` and plugin folder are; None when there is no place for them."""
        self.report: Callable[[PegboardError], None] = report
        self.settle: Callable[[], None] = settle
        self.problems: list[PegboardError] = []
        """Every fault that was reported so far."""
        self.index: Index | None = None
        """The records in use; None when every plugin is imported at the start, or before the start."""
        self.reason: str | None = None
        """Why the index on disk could not be used as it was, in words; None when it could."""
        self.complaint: str | None = None
        """Why the index could not be written, in words; None when it could, or need not be."""
        self.found: Discovery | None = None
        """What a search has found; None while no search was needed."""
        self.found_ns: int = 0
        """When that search began, in nanoseconds since the epoch."""
        self.listed: tuple[Plugin, ...] | None = None
        """All plugins in their order; None as long as nobody has asked."""
        self.user_order: tuple[str, ...] = ()
        self.eager_kinds: set[str] = {"middleware"}
        """Kinds of contributions that count from the start, so that their owners cannot wait until they are used."""
        self.known: dict[str, Plugin] = {}
        """Plugins that are in use already, by module, when a search is made in the middle of a run."""
        self.is_backwards: bool = False
        """Whether plugins are imported in reverse order when they are recorded; their order stays what it is."""
        self.was_disturbed: bool = False
        """Whether another thread imported plugins while they were being recorded, so that records are incomplete."""
        self.has_rebuilder: bool = False
        """Whether some thread is recording, or has recorded."""
        self.left_out: list[tuple[tuple[str, ...], str]] = []
        """What is to be left out, and why; no names stand for every plugin that is not built in."""
        self.starting: set[int] = set()
        """Threads that are making the plugins ready."""
        self.is_strict_by_user: bool = False
        self.is_started: bool = False
        """Whether the plugins have been made ready."""
        self.lock = _thread.RLock()
        self._ledger: Ledger | None = None
        self._activator: Activator | None = None

    # -- the parts that a start may do without ------------------------------------------------------------------------

    @property
    def ledger(self) -> "Ledger":
        """The table of all contributions, made at the first use: listing names needs only the index."""
        if self._ledger is None:
            with self.lock:
                if self._ledger is None:
                    from pegboard.ledger import Ledger

                    ledger = Ledger(self.activator.registering, self.activator.activate)
                    if self.index is not None:
                        ledger.prime(self.index)
                    self._ledger = ledger
        return self._ledger

    @property
    def activator(self) -> "Activator":
        """What imports plugins, made at the first use."""
        if self._activator is None:
            with self.lock:
                if self._activator is None:
                    from pegboard.activator import Activator

                    self._activator = Activator(self)
        return self._activator

    def texts(self, kind: str) -> "tuple[str, ...]":
        """Return the text of every contribution of *kind* once, in order; see `Ledger.texts`."""
        if self._ledger is None and self.index is not None:
            return self.index.texts(kind)
        return self.ledger.texts(kind)

    # -- asking -------------------------------------------------------------------------------------------------------

    @property
    def plugins(self) -> "tuple[Plugin, ...]":
        """All plugins in their order, disabled and broken ones included."""
        if self.listed is None and self.is_lazy and self._use_index():
            from pegboard.recording.encoding import plugins_of

            self.listed = None if self.index is None else plugins_of(self.index)
        if self.listed is None:
            from pegboard.recording.cold import search

            search(self)
        return self.listed or ()

    def named(self, name: str) -> "Plugin | None":
        """Return the plugin of that name; None when there is none."""
        if self.listed is None and self.index is not None:
            return self.index.plugin_named(name)
        return next((plugin for plugin in self.plugins if plugin.name == name), None)

    def file(self, name: str) -> "str | None":
        """Return the path of a file in the user's configuration directory; None when there is none."""
        directory = self.config_directory
        return os.path.join(directory, name) if directory else None

    @property
    def index_path(self) -> "str | None":
        """Where the index of this application, environment and import path is; None when there is no place for one."""
        return self.index_path_for(self.facts())

    def index_path_for(self, known_facts: "list[str]") -> "str | None":
        """Return where the index for *known_facts* is; None when there is no place for one.

        A virtual environment that the user may write keeps its own, below `var/cache`: it goes when the environment
        goes. Otherwise the user's cache does.
        """
        directory = self.cache_directory or self.environ.get(f"{self.prefix}_PLUGINS_CACHE")
        if not directory and sys.prefix != sys.base_prefix and os.access(sys.prefix, os.W_OK):
            directory = os.path.join(sys.prefix, "var", "cache", self.application)
        if not directory:
            directory = user_directory("cache", self.application, self.environ)
        if not directory:
            return None
        identity = "\n".join(known_facts).encode("utf-8", "surrogateescape")
        return os.path.join(directory, f"plugins-{self.application}-{digest(identity)}.index")

    def facts(self) -> "list[str]":
        """Return what must be the same for an index to be used."""
        wishes = ""
        for name in ("_NO_PLUGINS", "_PLUGINS", "_PLUGINS_STRICT"):
            wishes += self.environ.get(self.prefix + name, "") + "|"
        for names, _ in self.left_out:
            wishes += ",".join(names) + "|"
        return facts(self.application, self.config_directory or "", wishes)

    @property
    def is_lazy(self) -> bool:
        """Whether plugins wait until something of them is used."""
        for names, _ in self.left_out:
            if not names:
                return False  # safe mode: nothing that was written before is trusted
        left_out = self.environ.get(f"{self.prefix}_NO_PLUGINS", "").strip().lower()
        if left_out:
            from pegboard.policy.policy import YES

            if left_out in YES:
                return False
        said = self.environ.get(f"{self.prefix}_PLUGINS_LAZY", "").strip().lower()
        if said:
            return said not in _NO
        return self.lazy is not False

    # -- starting -----------------------------------------------------------------------------------------------------

    def start(self) -> bool:
        """Make the plugins ready, and return whether this call did; nothing happens when they are.

        Raises:
            RequiredPluginError: If a required plugin cannot be used.
        """
        if self.is_started:
            return False
        if _thread.get_ident() in self.starting:  # a plugin, while imported, reads a registry
            return False
        self.starting.add(_thread.get_ident())
        try:
            if self.is_lazy and self._use_index() and self.index is not None:
                self._start_warm(self.index)
            else:
                from pegboard.recording.cold import start

                start(self)
            if self.required:
                from pegboard.recording.cold import check_required

                check_required(self)
        finally:
            self.starting.discard(_thread.get_ident())
        self.is_started = True
        return True

    def _start_warm(self, index: "Index") -> None:
        for problem in index.head.get("W", ()):
            from pegboard.errors import RecordedProblem

            self.report(RecordedProblem(*problem))
        for (module,) in index.head.get("G", ()):
            plugin = index.plugin(module)
            if plugin is not None:
                self.activate(plugin)
        sys.meta_path.insert(0, self)  # until an activator takes over

    def _use_index(self) -> bool:
        """Take the index on disk for the records, if it holds; return whether there are records."""
        with self.lock:
            if self.index is not None:
                return True
            if self.listed is not None:  # a search has been made already
                return False
            known_facts = self.facts()
            path = self.index_path_for(known_facts)
            if path is None:
                self.reason = "there is no place for an index"
                return False
            try:
                index = read(path)
            except Exception as error:
                from pegboard.errors import UnusableIndexError

                if not isinstance(error, UnusableIndexError):
                    raise
                self.reason = str(error)
                return False
            self.reason = objection(index.validity, known_facts, os.environ)
            if self.reason is not None:
                return False
            if self.strict is None:
                self.strict = index.head["Q"] == [["1"]]
            index.rescue = self._rescue
            self.index = index
            if self._ledger is not None:
                self._ledger.prime(index)
        return True

    def _rescue(self) -> "Index":
        from pegboard.recording.cold import rescue

        return rescue(self)

    def activate(self, plugin: "Plugin") -> bool:
        """Import *plugin*; return False, with the fault reported and kept on the plugin, when that fails."""
        from pegboard.errors import PluginError

        try:
            self.activator.activate(plugin)
        except PluginError:
            return False
        return True

    def activated(self, plugin: "Plugin", batch: "Sequence[Contribution]") -> None:
        """Compare what a plugin has just registered with its record, and refresh the record if they differ."""
        if self.index is None or self.index.is_as_recorded(plugin, batch):
            return
        from pegboard.recording import cold

        cold.refresh(self, plugin, batch)

    def find_spec(self, fullname: str, path: "Any" = None, target: "Any" = None) -> "ModuleSpec | None":
        """Stand in for the activator until somebody imports a plugin without asking the host for it."""
        if not fullname.startswith(f"{self.application}.plugins"):
            return None
        self.activator.get_ready()
        return self.activator.find_spec(fullname, path, target)


# -- where things are -------------------------------------------------------------------------------------------------

_HOMES = {
    # kind: (variable on POSIX, folder below the home on POSIX, on macOS, variable on Windows)
    "config": ("XDG_CONFIG_HOME", ".config", "Library/Application Support", "APPDATA"),
    "cache": ("XDG_CACHE_HOME", ".cache", "Library/Caches", "LOCALAPPDATA"),
}


def user_directory(
    kind: str, application: str, environ: "Mapping[str, str]", platform: str = sys.platform
) -> "str | None":
    """Return the user's folder of that *kind* for *application*; it need not exist.

    Args:
        kind: `config` or `cache`.
        application: The last part of the path.
        environ: Where the variables are looked up; a relative path in one is ignored, as the specification asks.
        platform: As `sys.platform`.

    Returns:
        An absolute path, or None when the user has no home: then there is nothing to read or to keep.

    Source:
        XDG Base Directory Specification 0.8 (Linux and other POSIX), Apple's File System Programming Guide
        ("Library directory"), Microsoft's Known Folders (`FOLDERID_RoamingAppData`, `FOLDERID_LocalAppData`).
    """
    variable, below_home, on_mac, on_windows = _HOMES[kind]
    if platform == "win32":
        base = environ.get(on_windows, "")
    elif platform == "darwin":
        base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), on_mac)
    else:
        base = environ.get(variable, "")
        if not os.path.isabs(base):
            base = os.path.join(environ.get("HOME") or os.path.expanduser("~"), below_home)
    return os.path.join(base, application) if os.path.isabs(base) else None


def environment_prefix(application: str) -> str:
    """Return how the application's environment variables begin, e.g. `UTT` for `utt`."""
    return application.replace(".", "_").replace("-", "_").upper()
