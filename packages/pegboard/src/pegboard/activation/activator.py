"""The activator: imports plugins, one at a time each, so that what they register is theirs, wholly or not at all."""

from __future__ import annotations

import _thread
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.activation.finder import PluginFinder
from pegboard.plugins.plugin import ACTIVE, BROKEN, DISABLED, QUARANTINED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import FrameType

    from pegboard.contributions.ledger import Contribution, Ledger
    from pegboard.errors import PegboardError, PluginError
    from pegboard.plugins.plugin import Plugin


class Activator:
    """Runs plugins' code and keeps count of whose code is running.

    An import that fails in any way leaves no contribution and no half-imported module of the plugin behind.
    Anything a plugin raises is contained, `SystemExit` and its own `BaseException` included; only
    `KeyboardInterrupt` passes, since that is the user speaking.
    """

    __slots__ = ("_activated", "_application", "_finder", "_ledger", "_local", "_prefix", "_report")

    def __init__(
        self,
        application: Plugin,
        ledger: Callable[[], Ledger],
        report: Callable[[PegboardError], None],
        prefix: str,
        activated: Callable[[Plugin, Sequence[Contribution]], None],
    ) -> None:
        """Make an activator that knows no plugin yet.

        Args:
            application: Owner of whatever no plugin registers.
            ledger: Returns the ledger that batches go to.
            report: Told of each plugin that could not be imported.
            prefix: How the application's environment variables begin; messages name one.
            activated: Told of each plugin that has become active, and of what it registered.
        """
        self._application = application
        self._ledger = ledger
        self._report = report
        self._prefix = prefix
        self._activated = activated
        self._local = _thread._local()
        self._finder = PluginFinder(self._run)

    def watch(self, plugins: Iterable[Plugin]) -> None:
        """Take notice when one of *plugins* is imported, whoever imports it."""
        for plugin in plugins:
            self._finder.watch(plugin)

    def consult(self, look_up: Callable[[str], Plugin | None]) -> None:
        """Take notice also of the plugins that *look_up* knows by module."""
        self._finder.consult(look_up)

    def retire(self) -> None:
        """Stop taking notice; for a host that is thrown away."""
        self._finder.retire()

    # -- whose code is running ----------------------------------------------------------------------------------------

    def registering(self) -> tuple[Plugin, bool]:
        """Return whose code is registering right now, and whether this thread is importing it.

        While a plugin is imported all it does in this thread is its own, also through other modules. Later the
        nearest frame of a plugin's module tells; code of no plugin is the application's.
        """
        stack = self._stack()
        if stack:
            return stack[-1], True
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if isinstance(module, str) and (plugin := self._finder.owner(module)):
                return plugin, False
            frame = frame.f_back
        return self._application, False

    def importing(self) -> Plugin | None:
        """Return the plugin that this thread is importing; the innermost when plugins import one another."""
        stack = self._stack()
        return stack[-1] if stack else None

    def owner(self, module: str) -> Plugin | None:
        """Return the plugin that a module is, or is a part of; None when it belongs to no plugin."""
        return self._finder.owner(module)

    def _stack(self) -> list[Plugin]:
        try:
            stack: list[Plugin] = self._local.stack
        except AttributeError:
            stack = self._local.stack = []
        return stack

    # -- running it ---------------------------------------------------------------------------------------------------

    def activate(self, plugin: Plugin) -> None:
        """Import *plugin*, unless it is active already.

        Several threads may ask at once: the import system runs the module once and lets the others wait.

        Raises:
            PluginError: If it cannot be imported, or is not to be; the error is on `plugin.error`, too, and has been
                reported the first time.
        """
        if plugin.state == ACTIVE:
            return
        if not plugin.is_usable:
            raise self._refusal(plugin)
        try:
            __import__(plugin.module)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            if plugin.state == BROKEN and plugin.error is not None:  # the bracket has seen it fail
                raise plugin.error from error
            failure = self._failure(plugin, error)
            self._mark_broken(plugin, failure)
            raise failure from error
        # A module that was imported before the host knew it, or that has no code (a bare directory), had no bracket.
        if plugin.state != BROKEN:
            plugin.state = ACTIVE

    def _run(self, plugin: Plugin, execute: Callable[[], None]) -> None:
        """Execute a plugin's module: the bracket that the finder puts around every import of one."""
        if not plugin.is_usable:
            raise ImportError(self._refusal(plugin).summary(), name=plugin.module)
        ledger = self._ledger()
        stack = self._stack()
        ledger.begin(plugin)
        stack.append(plugin)
        started = _now()
        try:
            execute()
        except BaseException as error:
            ledger.discard(plugin)
            _forget_parts(plugin.module)
            if not isinstance(error, KeyboardInterrupt):
                self._mark_broken(plugin, self._failure(plugin, error))
            raise
        finally:
            stack.pop()
        plugin.cost_ms = (_now() - started) * 1000
        batch = ledger.commit(plugin)
        plugin.state = ACTIVE
        plugin.error = None
        self._activated(plugin, batch)

    def _mark_broken(self, plugin: Plugin, failure: PegboardError) -> None:
        plugin.fail(failure)
        self._report(failure)

    def _refusal(self, plugin: Plugin) -> PegboardError:
        if plugin.error is not None:
            return plugin.error
        from pegboard.errors import PluginImportError

        state = {DISABLED: "disabled", QUARANTINED: "quarantined"}.get(plugin.state, plugin.state)
        return PluginImportError(
            plugin.name,
            str(plugin.distribution or ""),
            f"it is {state}: {plugin.reason}" if plugin.reason else f"it is {state}",
            plugin.origin,
            "enable it to use it",
        )

    def _failure(self, plugin: Plugin, error: BaseException) -> PluginError:
        from pegboard.activation.boundary import place_in
        from pegboard.errors import PluginImportError, PluginNotImportableError, describe_exception

        owner = str(plugin.distribution or "")
        if isinstance(error, ModuleNotFoundError) and error.name == plugin.module:
            return PluginNotImportableError(plugin.name, owner, describe_exception(error), plugin.origin)
        leave_out = f"leave it out with {self._prefix}_NO_PLUGINS={plugin.name}"
        if isinstance(error, ModuleNotFoundError) and error.name and "." not in error.name:
            advice = f"install {error.name!r}, or {leave_out}"
        else:
            advice = f"update it, report the cause to its author, or {leave_out}"
        return PluginImportError(plugin.name, owner, describe_exception(error), place_in(plugin, error), advice)


def _now() -> float:
    from time import perf_counter

    return perf_counter()


def _forget_parts(module: str) -> None:
    """Drop the sub-modules of *module*: Python drops only the module itself when its import fails."""
    inside = module + "."
    for name in [name for name in sys.modules if name.startswith(inside)]:
        del sys.modules[name]
