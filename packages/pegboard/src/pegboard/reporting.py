"""How is the user told of a fault of a plugin that is contained?

In: a fault, when a host reports it. Out: a short message on standard error, for its reader, unless the user has muted
it; a few at a start, and then how many more there are. In strict mode the fault is raised.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.errors.readers import is_editable
from pegboard.manager import READY
from pegboard.terminal import columns, in_two_lines, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pegboard.errors import PegboardError
    from pegboard.manager import PluginManager

MOST_AT_A_START = 5
"""How many faults a start tells of one by one."""


class Reporter:
    """Tells the user of one host's faults."""

    def __init__(self, application: str, listener: Callable[[PegboardError], None] | None, variable: str) -> None:
        """Tell of nothing yet.

        Args:
            application: The host's name.
            listener: Told instead of the user.
            variable: The environment variable with which the user asks for tracebacks; empty if there is none.
        """
        self._application = application
        self._listener = listener
        self._variable = variable
        self._told = 0

    def report(self, problem: PegboardError, manager: PluginManager) -> None:
        """Tell the user of *problem*, or raise it in strict mode."""
        settings, is_strict = manager.settings, manager.is_strict
        problem.offers = settings.offers
        problem.commands = commands_of(settings.commands)
        problem.is_for_author = is_strict or is_editable(getattr(problem, "distribution", ""))
        if is_strict:
            if manager.state == READY:
                raise problem
            return
        if is_muted(problem, settings.file("plugins.toml")):
            return
        if self._listener is not None:
            self._listener(problem)
            return
        self.tell(problem, manager)

    def tell(self, problem: PegboardError, manager: PluginManager) -> None:
        """Print *problem*, unless this start has told of many already."""
        if manager.state != READY:
            self._told += 1
            if self._told > MOST_AT_A_START:
                return
        tell(message(problem, self._application, columns(getattr(sys, "stderr", None))) + "\n")
        self.tell_traceback(problem, manager.settings.environ)

    def tell_traceback(self, problem: PegboardError, environ: Mapping[str, str]) -> None:
        """Print the traceback of what has caused *problem* if the user wants it, or say to an author how to get it."""
        cause = problem.__cause__
        if cause is None or not self._variable:
            return
        if environ.get(self._variable):
            from traceback import format_exception

            from pegboard.terminal import visible

            tell(visible("".join(format_exception(cause)), keeping="\n"))
        elif problem.is_for_author:
            tell(f"{self._application}: {self._variable}=1 shows the traceback\n")

    def end_start(self, manager: PluginManager, problems: Iterable[PegboardError]) -> None:
        """Say how many more faults there are, now that the start is over; or raise them all in strict mode."""
        if manager.is_strict:
            from pegboard.startup.cold_start import raise_problems

            raise_problems(self._application, tuple(problems))
        hidden = self._told - MOST_AT_A_START
        if hidden > 0:
            commands = commands_of(manager.settings.commands)
            where = f"{commands} doctor" if commands else "the others are like these, or follow from them"
            tell(f"{self._application}: and {hidden} more: {where}\n")
        self._told = 0


def commands_of(commands: str | Callable[[], str]) -> str:
    """Return what users type for the `plugins` commands; empty if the application has none."""
    return commands if isinstance(commands, str) else commands()


# -- which faults does the user not want to hear of? ------------------------------------------------------------------


def muted(path: str | None) -> tuple[str, ...]:
    """Return what the user has muted in the `plugins.toml` at *path*: codes of faults, and names of plugins."""
    from pegboard.regular_file import read_file

    try:
        if path is None or b"mute" not in read_file(path):  # a reader of TOML is 33 modules
            return ()
    except (OSError, ValueError):
        return ()
    from pegboard.startup.policy.policy import load_policy

    return load_policy("", path, {}).muted


def is_muted(problem: PegboardError, path: str | None) -> bool:
    """Return whether the user has muted the code of *problem*, its plugin, or the distribution."""
    names = muted(path)
    return bool(names) and not {problem.code, *names_at_fault(problem)}.isdisjoint(names)


def names_at_fault(problem: PegboardError) -> Iterator[str]:
    """Yield the names of the plugin and of the distribution at fault; a problem that is repeated has only its text."""
    from re import match

    from pegboard.startup.discovery.distributions import normalise

    said = match(r"(?:built-in )?plugin '([^']+)'(?: of (.+? \S+))?", problem.summary())
    plugin, distribution = said.groups() if said else ("", "")
    name = (getattr(problem, "distribution", "") or distribution or "").rpartition(" ")[0]
    yield from (getattr(problem, "plugin", "") or plugin or "", name, normalise(name))


# -- in which words? --------------------------------------------------------------------------------------------------


def message(problem: PegboardError, application: str, width: int | None) -> str:
    """Return what is said of *problem*.

    Args:
        problem: The fault.
        application: Named first.
        width: The columns of the terminal, of which two lines are filled at the most; None for one line of any length.
    """
    whole = f"{application}: {problem.one_line()}"
    if width is None:
        return whole
    code = f"{application}: warning[{problem.code}]: "
    more = f" ({problem.commands} doctor)" if problem.commands else ""
    summary = problem.summary()
    plugin, distribution = getattr(problem, "plugin", ""), getattr(problem, "distribution", "")
    short = summary.replace(f" of {distribution}", "", 1) if distribution else summary
    if plugin and short.startswith(f"plugin {plugin!r} could not be imported and is left out: "):
        short = short.replace("could not be imported and is left out: ", "is left out: ", 1)
    head = code if width >= _WIDE else f"{application}: "
    for text in (whole, f"{code}{summary}{more}", f"{code}{short}{more}", f"{head}{short}{more}"):
        fitting = in_two_lines(text, width)
        if fitting is not None:
            return fitting
    for length in range(min(len(short), 2 * width), 0, -1):
        fitting = in_two_lines(f"{head}{short[:length].rstrip()}...{more}", width)
        if fitting is not None:
            return fitting
    return in_two_lines(f"{application}:{more or ' a plugin has a problem'}", width) or application


_WIDE = 60
"""From how many columns on a message has its code."""
