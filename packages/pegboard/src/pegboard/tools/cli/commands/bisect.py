"""`plugins bisect`: which plugin makes it fail?"""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from pegboard.tools.bisection import author
from pegboard.tools.bisection.experiment import Result, can_leave_out, run, variables
from pegboard.tools.bisection.requirements import needs
from pegboard.tools.bisection.search import FOUND, NEVER, NO_PLUGIN, Search, usual_rounds
from pegboard.tools.bisection.state import State, forget, load
from pegboard.tools.cli.commands import DONE, FAILED, command
from pegboard.tools.processes import own_command
from pegboard.tools.processes import run as run_command

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.tools.bisection.search import FailingSet, Verdict
    from pegboard.tools.cli.commands import Group
    from pegboard.tools.cli.output import Output

_USAGE = 2
_EXAMPLES = "Imports no plugin itself: the command, or you, runs the application with some plugins left out."


def add(commands: Group) -> None:
    """Add `bisect`."""
    parser = command(commands, "bisect", _bisect, "find the plugin that makes something fail", epilog=_EXAMPLES)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--cmd", metavar="COMMAND", help="the command that fails; it is run without input and judged")
    how.add_argument("--run", metavar="COMMAND", dest="shown", help="run this each time, and ask you what you saw")
    how.add_argument("--resume", action="store_true", help="go on with the bisection that was not finished")
    how.add_argument("--abort", action="store_true", help="forget the bisection that was not finished")
    parser.add_argument("words", metavar="WORD", nargs="*", help="after --: the command that fails, word by word")
    failing = parser.add_mutually_exclusive_group()
    failing.add_argument("--fails-with", metavar="TEXT", help="it fails when its output has this, whatever its status")
    failing.add_argument(
        "--good-status", metavar="N", type=int, action="append", help="an exit status that is no failure; usually 0"
    )
    parser.add_argument("--deadline", metavar="SECONDS", type=_seconds, help="it fails, too, when it takes longer")
    parser.add_argument("--keep", metavar="NAME", action="append", default=[], help="a plugin that is always on")
    parser.add_argument("--built-in", action="store_true", help="suspect also the application's own plugins")
    parser.add_argument("--disable", action="store_true", help="disable the culprit without asking")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < 10**9:
        raise ValueError(text)
    return value


def _bisect(host: Host, options: argparse.Namespace, output: Output) -> int:
    place = _Place(host)
    if options.abort:
        was_there = forget(place.state, place.cache)
        output.say("forgot the unfinished bisection" if was_there else "there is no unfinished bisection")
        output.answer({"forgot": was_there})
        return DONE
    settings = _settings(options)
    if objection := _conflict(options, settings):
        output.complain(f"error: {objection}")
        return _USAGE
    try:
        old = _unfinished(place, settings, output, is_resumed=options.resume)
    except _Quit as reason:
        output.complain(f"error: {reason}")
        return FAILED
    bisection = _Bisection(host, place, old.settings if old else settings, output, options)
    if old is not None and not bisection.take(old):
        output.complain("error: other plugins are installed than when it began; forget it with --abort, and begin anew")
        return FAILED
    try:
        return bisection.run(disable=options.disable)
    except KeyboardInterrupt:
        if bisection.state.answers:
            output.complain("stopped; 'bisect --resume' goes on where it was")
        raise


def _unfinished(place: _Place, settings: dict[str, Any], output: Output, *, is_resumed: bool) -> State | None:
    """Return the bisection to go on with; None to begin anew.

    Raises:
        _Quit: When neither can be done; its text says why.
    """
    old = load(place.state)
    if old is None:
        if is_resumed:
            raise _Quit("there is no unfinished bisection to go on with")
        return None
    if is_resumed:
        return old
    many = _count(len(old.answers), "answer")
    if _can_ask(output):
        said = _ask(output, f"a bisection is not finished ({many}). Go on with it? [Y/n] ")
        if said is None:
            raise _Quit("go on with --resume, or forget it with --abort")
        if not said.lower().startswith("n"):
            return old
        forget(place.state, place.cache)
        return None
    if old.settings != settings:
        what = shlex.join(old.settings["command"] or ["by hand"])
        raise _Quit(f"a bisection is not finished ({what}, {many}); go on with --resume, or forget it with --abort")
    output.say("going on with the bisection that was not finished")
    return old


class _Place:
    """Where an unfinished bisection is kept."""

    def __init__(self, host: Host) -> None:
        self.index = host.settings.index_path
        folder = os.path.dirname(self.index) if self.index else tempfile.gettempdir()
        self.state = os.path.join(folder, f"bisect-{host.name}.json")
        self.cache = os.path.join(folder, f"bisect-{host.name}")


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    text = options.cmd if options.cmd is not None else options.shown
    words = shlex.split(text, posix=os.name == "posix") if text is not None else list(options.words)
    return {
        "command": words or None,
        "is_judged": options.shown is None and bool(words),
        "fails_with": options.fails_with,
        "good_status": options.good_status or [0],
        "deadline": options.deadline,
        "keep": options.keep,
        "built_in": options.built_in,
    }


def _conflict(  # noqa: PLR0911 -- one for each reason
    options: argparse.Namespace, settings: dict[str, Any]
) -> str | None:
    """Return why the options do not go together, in words; None when they do."""
    given = options.cmd if options.cmd is not None else options.shown
    if given is not None and options.words:
        return "say the command once: after --, or with --cmd or --run"
    if given is not None and not settings["command"]:
        return "the command is empty"
    if options.resume:
        return "--resume goes on as it was begun: without a command" if options.words else None
    if settings["is_judged"]:
        return None
    if options.json:
        return "--json needs a command that can be judged: --cmd"
    if options.fails_with is not None or options.good_status or options.deadline:
        return "--fails-with, --good-status and --deadline judge a command: give one with --cmd"
    return None


class _Bisection:
    """One bisection, from its first run to what is done about it."""

    def __init__(
        self, host: Host, place: _Place, settings: dict[str, Any], output: Output, options: argparse.Namespace
    ) -> None:
        self._options = options
        self._host, self._place, self._settings, self._output = host, place, settings, output
        for name in settings["keep"]:
            host.plugin(name)  # which raises, with the nearest name, when there is none
        usable = [plugin for plugin in host.plugins if plugin.state not in ("disabled", "quarantined")]
        every = needs(host.plugins, place.index)
        self._kept = _with_needs({p.name for p in usable if p.required or p.name in settings["keep"]}, every)
        others = [p for p in usable if p.name not in self._kept and (settings["built_in"] or not p.is_built_in)]
        self._odd = [plugin.name for plugin in others if not can_leave_out(plugin.name)]
        self._taking_part = [plugin for plugin in others if plugin.name not in self._odd]
        self._needs = every
        left_out = [name for names, _ in host.settings.left_out for name in names]
        self._always_off = [*left_out, *(p.name for p in host.plugins if p.state == "quarantined")]
        described = [[p.name, *_owner(p)] for p in self._taking_part]
        self.state = State(described, settings)
        self._results: dict[frozenset[str], Result] = {}
        self._runs = 0
        self._is_warned = False

    def take(self, old: State) -> bool:
        """Go on with *old*; return False when it was about other plugins."""
        if old.plugins != self.state.plugins:
            return False
        self.state = old
        return True

    def run(self, *, disable: bool) -> int:
        """Search, and tell what was found."""
        names = [plugin.name for plugin in self._taking_part]
        if self._odd:
            self._output.say(f"always on, since no variable can name them: {', '.join(map(repr, self._odd))}")
        about = usual_rounds(len(names))
        self._output.say(f"{_count(len(names), 'plugin')} under suspicion; about {_count(about, 'run')}")
        try:
            verdict = Search(names, self._needs, self._outcome).run()
        except _Quit:
            self._output.say("stopped; 'bisect --resume' goes on where it was")
            return FAILED
        return self._conclude(verdict, disable=disable)

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
            complaint = self.state.save(self._place.state)
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

    def _changed(self, chosen: frozenset[str]) -> dict[str, str]:
        off = [plugin.name for plugin in self._taking_part if plugin.name not in chosen]
        settings = self._host.settings
        return variables(settings.prefix, [*off, *self._always_off], settings.environ, self._place.cache)

    def _fresh(self) -> None:
        """Forget what earlier runs have recorded: each begins alike, whatever the one before has left."""
        from shutil import rmtree

        rmtree(self._place.cache, ignore_errors=True)

    def _judged(self, chosen: frozenset[str]) -> Result:
        self._fresh()
        settings = self._settings
        result = run(
            settings["command"], self._changed(chosen), deadline_s=settings["deadline"], text=settings["fails_with"]
        )
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
            run_command(self._settings["command"], changed, is_interactive=True)
        else:
            self._output.say("run the application in another terminal, like this:")
            self._output.say(f"    {_assignments(changed)} {self._options.prog.rpartition(' ')[0]} ...")
        while True:
            said = _ask(self._output, "does it happen? [y]es, [n]o, [s]kip, [q]uit: ")
            first = (said if said is not None else "q").strip().lower()[:1]
            if first == "q":
                raise _Quit
            if first in ("y", "n", "s"):
                return {"y": True, "n": False, "s": None}[first]

    # -- the end ------------------------------------------------------------------------------------------------------

    def _conclude(self, verdict: Verdict, *, disable: bool) -> int:
        output = self._output
        output.say("", *_sentences(verdict, self._kept, is_judged=self._settings["is_judged"]))
        reports = [self._report(failing) for failing in verdict.failing]
        for data in reports:
            output.say("", "Report for the author:", *(f"    {line}" for line in author.lines(data)))
        disabled = self._disable(verdict.remedy, disable=disable) if verdict.kind == FOUND else []
        output.answer(
            {
                "verdict": verdict.kind,
                "runs": self._runs,
                "plugins": [plugin.name for plugin in self._taking_part],
                "kept": sorted(self._kept),
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
        forget(self._place.state, self._place.cache)
        return DONE if verdict.kind == FOUND else FAILED

    def _report(self, failing: FailingSet) -> dict[str, Any]:
        result = None
        if self._settings["is_judged"]:
            result = self._results.get(failing.members) or self._judged(failing.members)
        return author.report(
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
            if not disable and not _can_ask(output):
                output.say("", f"To disable it: {self._options.prog} disable {shlex.quote(name)}")
                continue
            if not disable and not (_ask(output, f"\ndisable {name!r} now? [y/N] ") or "").lower().startswith("y"):
                continue
            line = own_command(self._options.arguments, "disable", "--", name)
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


class _Quit(Exception):  # noqa: N818 -- nothing is wrong
    """The user wants to go on another day."""


def _sentences(  # noqa: C901 -- one branch for each thing to say
    verdict: Verdict, kept: set[str], *, is_judged: bool
) -> list[str]:
    if verdict.kind == NO_PLUGIN:
        lines = ["It is not a plugin: it fails also with all of them off."]
        if kept:
            lines.append(f"These were on all the time: {', '.join(sorted(kept))}.")
        if is_judged:
            lines.append("If the command itself comes from a plugin, keep that one on: --keep NAME.")
        return lines
    if verdict.kind == NEVER:
        return [
            "It does not fail with all plugins on, each freshly imported.",
            "If it fails otherwise, the record of the plugins may be at fault: 'index verify' compares it.",
        ]
    lines = []
    if verdict.kind != FOUND:
        lines.append(f"It cannot be told. It is among: {', '.join(verdict.suspects)}.")
    for failing in verdict.failing:
        culprits = " and ".join(map(repr, failing.culprits))
        if len(failing.culprits) > 1:
            lines.append(f"It takes several: {culprits} fail together; without any one of them it does not fail.")
        else:
            lines.append(f"It is {culprits}: on alone it fails.")
        if failing.needed:
            lines.append(f"On with it, since it needs them: {', '.join(failing.needed)}.")
        if not failing.is_confirmed:
            lines.append("That it does not fail without them could not be seen.")
    if len(verdict.failing) > 1:
        lines.append("Each of these fails by itself.")
    if verdict.kind == FOUND:
        remedy = ", ".join(map(repr, verdict.remedy))
        lines.append(
            f"With all others on, and {remedy} off, it does not fail."
            if verdict.is_mended
            else f"With {remedy} off it was not seen to work."
        )
    return lines


def _with_needs(names: set[str], every: dict[str, set[str]]) -> set[str]:
    pending = list(names)
    while pending:
        for other in every.get(pending.pop(), ()):
            if other not in names:
                names.add(other)
                pending.append(other)
    return names


def _owner(plugin: Plugin) -> list[str]:
    owner = plugin.distribution
    return [owner.name, owner.version] if owner else [plugin.module, ""]


def _assignments(changed: dict[str, str]) -> str:
    if sys.platform == "win32":
        quoted = {name: value.replace("'", "''") for name, value in changed.items()}
        return " ".join(f"$env:{name} = '{value}';" for name, value in quoted.items())
    return " ".join(f"{name}={shlex.quote(value)}" for name, value in changed.items())


def _can_ask(output: Output) -> bool:
    return not output.is_json and output.is_terminal and sys.stdin is not None and sys.stdin.isatty()


def _ask(output: Output, question: str) -> str | None:
    """Return what the user types, None at the end of input."""
    output.ask(question)
    line = sys.stdin.readline() if sys.stdin is not None else ""
    if not line:
        output.say()
        return None
    return line.strip()


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
