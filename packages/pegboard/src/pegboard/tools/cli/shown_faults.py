"""Which faults does a `plugins` command show itself, so that its start need not tell of them?

In: the options of a command, whose default `shows` answers that for a fault. Out: a host that tells of the others only.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from pegboard.errors import PluginImportError, PluginNotImportableError
from pegboard.reporting import Reporter, names_at_fault
from pegboard.startup.discovery.distributions import normalise

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from pegboard.errors import PegboardError
    from pegboard.host import Host
    from pegboard.manager import PluginManager


_CODES = (PluginImportError.code, PluginNotImportableError.code)
"""Of the faults that make a plugin broken. One that an earlier start has found is of another class, with this code."""


@contextmanager
def without_what_is_shown(host: Host, options: argparse.Namespace) -> Iterator[None]:
    """Let *host* tell of no broken plugin that the command with *options* shows, for the time of a block."""
    if not hasattr(options, "shows"):
        yield
        return
    shows: Callable[[argparse.Namespace, PegboardError], bool] = options.shows

    class _Reporter(Reporter):
        """Tells of what is not shown, and of the traceback, which never is."""

        def tell(self, problem: PegboardError, manager: PluginManager) -> None:
            if problem.code in _CODES and shows(options, problem):
                self.tell_traceback(problem, manager.settings.environ)
            else:
                super().tell(problem, manager)

    former = host._reporter  # noqa: SLF001 -- else each start would pay for a way to set it
    host._reporter = _Reporter(host.name, *host._reporting)  # noqa: SLF001
    try:
        yield
    finally:
        host._reporter = former  # noqa: SLF001


def is_of(problem: PegboardError, name: str) -> bool:
    """Return whether *problem* is a fault of the plugin *name*, or of one of the distribution *name*."""
    return not {name, normalise(name)}.isdisjoint(names_at_fault(problem))
