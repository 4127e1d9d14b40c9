"""What happens when the import of a plugin has failed?

In: the plugin, and what was raised. Out: the plugin is active after all, or it is broken and nothing of it is left; or
there is no verdict, since another thread's import has caused it.

An eager start imports plugins in their order, one after the other, in one thread. So a failure is a verdict only if it
would have happened there, too: a plugin that was imported at its first use is imported once more after those that come
before it.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.concurrent_imports import is_caused_by_others
from pegboard.foreign_object import is_a
from pegboard.ledger import ACTIVE, FOUND, ISOLATED
from pegboard.startup.eager_order import not_imported_before
from pegboard.startup.journal import quarantine
from pegboard.startup.recording.amendment import drop_record, require_order

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pegboard.errors import PegboardError
    from pegboard.importer import Importer
    from pegboard.index import Settings
    from pegboard.ledger import Ledger, Plugin, Records


class FailedImport:
    """What is done about imports of one host's plugins that have failed in this thread."""

    def __init__(
        self,
        settings: Settings,
        importer: Importer,
        ledger: Ledger,
        records: Records | None,
        *,
        plugins: Sequence[Plugin],
        stack: Sequence[Plugin],
        activate: Callable[[Plugin, str], bool],
        end_failed: Callable[[Plugin], None],
        report: Callable[[PegboardError], None],
        journal: str,
    ) -> None:
        """Take what is needed to import plugins again.

        Args:
            settings: The host's.
            importer: Says what failed, in words.
            ledger: Has what plugins register.
            records: What plugins registered earlier; None when no index is in use.
            plugins: All plugins; none before the start, since nobody has imported any in order.
            stack: The plugins that this thread is importing, the outermost first.
            activate: Imports a plugin for a reason, and returns whether it is usable.
            end_failed: Ends what a failed import has opened.
            report: Told of the fault.
            journal: The folder of the journal; empty when none is kept.
        """
        self._settings = settings
        self._importer = importer
        self._ledger = ledger
        self._records = records
        self._plugins = plugins
        self._stack = stack
        self._activate = activate
        self._end_failed = end_failed
        self._report = report
        self._journal = journal

    def try_again(self, plugin: Plugin, error: BaseException | None, seconds: float) -> bool:
        """Import *plugin* after those that come before it, and return whether it is active then.

        Args:
            plugin: What is being imported.
            error: What has ended its import; None if its record says that it needs those before it.
            seconds: How long its import had lasted.
        """
        if error is None:
            return self._import_in_order(plugin)
        self._end_failed(plugin)
        if is_a(error, KeyboardInterrupt):
            slow_after = self._settings.slow_after
            quarantine.interrupted(
                plugin, error, seconds, journal=self._journal, slow_after=slow_after, report=self._report
            )
            return False
        if is_caused_by_others(error):
            reset(plugin, plugin.state)
            return False
        if plugin.source == ISOLATED or plugin.reason == self._importer.failure(plugin, error).summary():
            self._give_up(plugin, error)  # it failed in the same way when it was imported in order
            return False
        if self._import_in_order(plugin):
            first = self._stack[0] if self._stack else plugin
            first.is_in_order = True
            if self._records is not None:
                require_order(self._records.index.path, first)
            return True
        if plugin.is_usable:  # else it has failed once more in the course of that, and has been reported
            self._give_up(plugin, error)
        return False

    def _import_in_order(self, plugin: Plugin) -> bool:
        """Import those that come before *plugin*, as an eager start does, and then it; return whether it is active.

        Raises:
            BaseException: What ends its import this time.
        """
        first = self._stack[0] if self._stack else plugin
        others = not_imported_before(first, self._settings, self._plugins)
        before = [each for each in others if each is not plugin and each not in self._stack]
        if not before:
            return False
        sys.modules.pop(plugin.module, None)
        reset(plugin)
        for each in before:
            self._activate(each, f"it comes before {plugin.name!r}, whose import needs that")
        if plugin.is_usable and plugin.state != ACTIVE:  # else one of those has imported it
            __import__(plugin.module)
        return plugin.state == ACTIVE and sys.modules.get(plugin.module) is not None

    def _give_up(self, plugin: Plugin, error: BaseException) -> None:
        failure = self._importer.failure(plugin, error)
        plugin.fail(failure)
        self._ledger.invalidate()
        records = self._records
        if records is not None and has_record(records, plugin):
            self._ledger.mark_diverged()  # its names are gone
            drop_record(records.index.path, plugin)
        self._report(failure)


def reset(plugin: Plugin, state: str = FOUND) -> None:
    """Forget what the last import of *plugin* has set; what the user wants for it stays."""
    plugin.state, plugin.reason, plugin.error = state, None, None
    plugin.after = plugin.before = plugin.inputs = ()
    plugin.eager, plugin.is_lazy_by_author = plugin.is_eager_by_user, False


def has_record(records: Records, plugin: Plugin) -> bool:
    """Return whether *records* have anything of *plugin*."""
    try:
        lines = records.lines_of(plugin)
    except Exception:  # they do not fit; whoever asks them next notices it
        return False
    return bool(lines) and not lines[0].endswith("\x1f")
