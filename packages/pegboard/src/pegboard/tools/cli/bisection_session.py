"""Runs a bisection: finds the plugins that make a command fail, and disables them if the user wants it.

In: a host, and the settings of the bisection. Out: what each run has shown, the verdict, and a report for the author. A
bisection that was stopped is resumed from a file.
"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pegboard.errors import UnusableIndexError
from pegboard.index import read
from pegboard.ledger import BROKEN
from pegboard.startup.journal.place import with_journal
from pegboard.tools import processes
from pegboard.tools.bisection import author_report
from pegboard.tools.bisection.command_owner import command_owners
from pegboard.tools.bisection.dependencies import needs
from pegboard.tools.bisection.failing_set import (
    FOUND,
    NEVER,
    NO_PLUGIN,
    FailingSet,
    Search,
    Verdict,
    usual_trials,
    with_needs,
)
from pegboard.tools.bisection.trial import Result, can_leave_out, run, variables
from pegboard.tools.bisection.unfinished import State, forget
from pegboard.tools.cli.bisection_verdict import About, verdict_lines
from pegboard.tools.cli.commands import DONE, FAILED
from pegboard.tools.cli.environment_commands import DEADLINE_S
from pegboard.tools.cli.output import count
from pegboard.tools.cli.recording import record_in_new_process
from pegboard.tools.states import last_known_states

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.tools.cli.output import Output


class Paused(Exception):  # noqa: N818 -- nothing is wrong
    """The user wants to go on another day, or cannot be asked; the text says why."""


class BisectionFiles:
    """The files of an unfinished bisection."""

    def __init__(self, host: Host) -> None:
        self.index = host.settings.index_path()
        folder = os.path.dirname(self.index) if self.index else tempfile.gettempdir()
        self.state = os.path.join(folder, f"bisect-{host.name}.json")
        self.cache = os.path.join(folder, f"bisect-{host.name}")


class BisectionSession:
    """One bisection, from its first run to the culprit's being disabled."""

    def __init__(
        self, host: Host, files: BisectionFiles, settings: dict[str, Any], output: Output, options: argparse.Namespace
    ) -> None:
        self._options = options
        self._host, self._files, self._settings, self._output = host, files, settings, output
        for name in settings["keep"]:
            host.plugin(name)  # which raises, with the nearest name, when there is none
        with _index(host, files, options) as index:
            every = needs(host.plugins, index)
            word, owners = command_owners(settings["command"] or [], host.plugins, index)
        usable = [plugin for plugin in host.plugins if plugin.state not in ("disabled", "quarantined")]
        built_in = set() if settings["built_in"] else {plugin.name for plugin in host.plugins if plugin.is_built_in}
        names = {plugin.name for plugin in usable} - built_in
        self._owners = [name for name in owners if name in names]
        self._word = word
        kept = {p.name for p in usable if p.required or p.name in settings["keep"] or p.name in self._owners}
        self._kept = with_needs(kept, every)
        others = [p for p in usable if p.name not in self._kept and (settings["built_in"] or not p.is_built_in)]
        self._odd = [plugin.name for plugin in others if not can_leave_out(plugin.name)]
        self._taking_part = [plugin for plugin in others if plugin.name not in self._odd]
        self._needs = every
        states = last_known_states(host)
        self._broken = [name for name, state in states.items() if state == BROKEN]
        left_out = [name for names, _ in host.settings.left_out for name in names]
        self._always_off = [*left_out, *(p.name for p in host.plugins if p.state == "quarantined")]
        described = [[p.name, *_owner(p)] for p in self._taking_part]
        self.state = State(described, settings)
        self._results: dict[frozenset[str], Result] = {}
        self._runs = 0
        self._is_warned = False

    def take(self, old: State) -> bool:
        """Go on with *old*; return False if it is about other plugins."""
        if old.plugins != self.state.plugins:
            return False
        self.state = old
        return True

    def run(self, *, disable: bool) -> int:
        """Search, report what was found, and return the exit status."""
        names = [plugin.name for plugin in self._taking_part]
        if self._odd:
            self._output.say(f"always on, since no variable can name them: {', '.join(map(repr, self._odd))}")
        mine = [plugin for plugin in self._host.plugins if plugin.name in self._owners and not plugin.is_built_in]
        for plugin in mine:
            also = sorted(self._kept - {plugin.name}) if len(mine) == 1 else []
            with_it = f", with {', '.join(also)}, which it needs" if also else ""
            self._output.say(f"always on, since {self._word!r} is its command: {plugin.name}{with_it}")
        self._owners = [plugin.name for plugin in mine]
        about = usual_trials(len(names))
        self._output.say(f"{count(len(names), 'plugin')} under suspicion; about {count(about, 'run')}")
        try:
            verdict = Search(names, self._needs, self._outcome).run()
            if verdict.kind == NO_PLUGIN and self._owners:
                verdict = self._of_owner()
        except Paused:
            self._output.say(f"stopped; '{self._options.prog} bisect --resume' goes on where it was")
            return FAILED
        return self._conclude(verdict, disable=disable)

    def _of_owner(self) -> Verdict:
        """Return the verdict when it fails with all plugins off but the one whose command it is, and what that needs.

        Without that plugin there is no such command: how that ends shows something only if a text is looked for.
        """
        needed = tuple(sorted(self._kept.difference(self._owners)))
        is_mended = False
        if self._settings["fails_with"] is not None:
            off = [*self._always_off, *self._owners]
            self._runs += 1
            result = self._judged(frozenset(), off)
            is_mended = not self._is_failing(result)
            word = "does not fail" if is_mended else "fails"
            self._output.say(f"run {self._runs}: {', '.join(self._owners)} off, too: {word} ({result.summary})")
            if not is_mended:
                return Verdict(NO_PLUGIN)
        failing = FailingSet(tuple(self._owners), needed, is_confirmed=is_mended)
        return Verdict(FOUND, (failing,), tuple(self._owners), is_mended=is_mended)

    # -- one run ------------------------------------------------------------------------------------------------------

    def _outcome(self, chosen: frozenset[str]) -> bool | None:
        self._runs += 1
        is_known, outcome = self.state.answer(chosen)
        how = "as before"
        if not is_known:
            if self._settings["is_judged"]:
                result = self._judged(chosen)
                outcome, how = self._is_failing(result), result.summary
            else:
                outcome, how = self._seen(chosen), "as you say"
            self.state.note(chosen, outcome)
            complaint = self.state.save(self._files.state)
            if complaint and not self._is_warned:
                self._is_warned = True
                self._output.complain(f"warning: it cannot be resumed if it is stopped: {complaint}")
        word = {True: "fails", False: "does not fail", None: "cannot tell"}[outcome]
        self._output.say(f"run {self._runs}: {self._on(chosen)}: {word} ({how})")
        self._output.flush()
        return outcome

    def _on(self, chosen: frozenset[str]) -> str:
        total = len(self._taking_part)
        if not chosen or len(chosen) == total:
            return f"all {total} on" if chosen else f"all {total} off"
        return f"{len(chosen)} of {total} on"

    def _changed(self, chosen: frozenset[str], also: Sequence[str] | None = None) -> dict[str, str]:
        off = [plugin.name for plugin in self._taking_part if plugin.name not in chosen]
        settings = self._host.settings
        return variables(settings.prefix, [*off, *(also or self._always_off)], settings.environ, self._files.cache)

    def _fresh(self) -> None:
        """Remove the records of earlier runs, so that all runs begin alike."""
        from shutil import rmtree

        rmtree(self._files.cache, ignore_errors=True)

    def _judged(self, chosen: frozenset[str], also: Sequence[str] | None = None) -> Result:
        self._fresh()
        settings = self._settings
        result = run(
            settings["command"],
            self._changed(chosen, also),
            deadline_s=settings["deadline"],
            text=settings["fails_with"],
        )
        if also is None:
            self._results[chosen] = result
        return result

    def _is_failing(self, result: Result) -> bool:
        if result.status is None:
            return True
        if self._settings["fails_with"] is not None:
            return result.contains
        return result.status not in self._settings["good_status"]

    def _seen(self, chosen: frozenset[str]) -> bool | None:
        self._fresh()
        changed = self._changed(chosen)
        self._output.say("", f"run {self._runs}, {self._on(chosen)}:")
        if self._settings["command"]:
            self._output.flush()
            processes.run(self._settings["command"], changed, is_interactive=True)
        else:
            self._output.say("run the application in another terminal, like this:")
            self._output.say(f"    {_assignments(changed)} {self._options.prog.rpartition(' ')[0]} ...")
        while True:
            said = self._output.ask("does it happen? [y]es, [n]o, [s]kip, [q]uit: ")
            first = (said if said is not None else "q").strip().lower()[:1]
            if first == "q":
                raise Paused
            if first in ("y", "n", "s"):
                return {"y": True, "n": False, "s": None}[first]

    # -- the end ------------------------------------------------------------------------------------------------------

    def _conclude(self, verdict: Verdict, *, disable: bool) -> int:
        output = self._output
        commands, is_judged = self._options.prog, self._settings["is_judged"]
        output.say("", *verdict_lines(verdict, self._about(), is_judged=is_judged, commands=commands))
        reports = [self._report(failing) for failing in verdict.failing]
        for data in reports:
            output.say("", "Report for the author:", *(f"    {line}" for line in author_report.lines(data)))
        disabled = self._disable(verdict.remedy, disable=disable) if verdict.kind == FOUND else []
        output.answer(
            {
                "verdict": verdict.kind,
                "runs": self._runs,
                "plugins": [plugin.name for plugin in self._taking_part],
                "kept": sorted(self._kept),
                "command_of": self._owners,
                "failing": [
                    {"culprits": list(each.culprits), "needed": list(each.needed), "confirmed": each.is_confirmed}
                    for each in verdict.failing
                ],
                "remedy": list(verdict.remedy),
                "mended": verdict.is_mended,
                "suspects": list(verdict.suspects) if verdict.kind not in (FOUND, NEVER, NO_PLUGIN) else [],
                "disabled": disabled,
                "reports": reports,
            }
        )
        forget(self._files.state, self._files.cache)
        return DONE if verdict.kind == FOUND else FAILED

    def _about(self) -> About:
        broken = [plugin.name for plugin in self._host.plugins if plugin.name in self._broken]
        return About(self._kept, tuple(self._owners), tuple(broken), is_known=bool(self._word))

    def _report(self, failing: FailingSet) -> dict[str, Any]:
        result = None
        if self._settings["is_judged"]:
            chosen = failing.members.difference(self._kept)
            result = self._results.get(chosen) or self._judged(chosen)
        return author_report.report(
            failing,
            self._host.plugins,
            application=self._host.name,
            command=self._settings["command"],
            outcome=None if result is None else result.summary,
            output=None if result is None else result.output,
        )

    def _disable(self, names: Sequence[str], *, disable: bool) -> list[str]:
        """Disable *names*, if that is wanted; return those that are disabled now."""
        output = self._output
        disabled: list[str] = []
        for name in names:
            if not disable and not output.can_ask:
                output.say("", f"To disable it: {self._options.prog} disable {shlex.quote(name)}")
                continue
            if not disable and not (output.ask(f"\ndisable {name!r} now? [y/N] ") or "").lower().startswith("y"):
                continue
            line = processes.own_command(self._options.arguments, "disable", "--", name)
            done = None if line is None else run(line, {})
            if done is not None and done.status == 0:
                disabled.append(name)
                output.say(f"disabled {name!r}")
            else:
                output.complain(f"{name!r} could not be disabled; {self._by_hand(name)}")
        return disabled

    def _by_hand(self, name: str) -> str:
        key = name if all((letter.isalnum() and letter.isascii()) or letter in "-_" for letter in name) else f'"{name}"'
        return f"write into {self._host.settings.file('plugins.toml')}: [plugins.{key}] enabled = false"


def _is_readable(index: str | None) -> bool:
    try:
        return bool(index and read(index))
    except UnusableIndexError:
        return False


@contextmanager
def _index(host: Host, files: BisectionFiles, options: argparse.Namespace) -> Iterator[str | None]:
    """Yield the path of an index: the host's, or, if there is none, of one that a new process makes; None without."""
    if _is_readable(files.index):
        yield files.index
        return
    with tempfile.TemporaryDirectory() as folder:
        command = processes.own_command(options.arguments, "index", "build", "--json", "--into", folder)
        if command is None:
            yield None
            return
        journal = with_journal(host.settings.replace(cache_directory=folder), makes_it=False).journal
        answer = record_in_new_process(command, journal=journal, deadline_s=DEADLINE_S).answer
        yield None if answer is None else str(answer["index"])


def _owner(plugin: Plugin) -> list[str]:
    owner = plugin.distribution
    return [owner.name, owner.version] if owner else [plugin.module, ""]


def _assignments(changed: dict[str, str]) -> str:
    if sys.platform == "win32":
        quoted = {name: value.replace("'", "''") for name, value in changed.items()}
        return " ".join(f"$env:{name} = '{value}';" for name, value in quoted.items())
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in changed.items())
