"""Compares what two installations of utt do: standard output, exit status, and every file that the user has."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from support.environments import Environment, User

from .cases import Case


@dataclass(frozen=True)
class Outcome:
    """What one command line came to."""

    out: str
    code: int
    files: dict[str, bytes]
    err: str
    """Not compared: messages are our own, and there is a traceback where the oracle has no message."""

    @property
    def compared(self) -> tuple[object, ...]:
        return self.out, self.code, self.files


@dataclass(frozen=True)
class Step:
    """One command line, with the files as they were before, and what came of it on either side."""

    words: tuple[str, ...]
    before: dict[str, bytes]
    theirs: Outcome
    ours: Outcome

    @property
    def command(self) -> str:
        """The command's name; empty without one."""
        rest = list(self.words)
        while rest and rest[0].startswith("-"):
            rest = rest[1 if "=" in rest[0] or rest[0] in {"--version", "--help", "-h"} else 2 :]
        return rest[0] if rest else ""


@dataclass(frozen=True)
class Exemption:
    """A difference that is wanted."""

    name: str
    reason: str
    applies: Callable[[Step], bool]


def _is_refused_entry(step: Step) -> bool:
    return (
        step.command in {"add", "hello", "stretch"}
        and (step.theirs.code, step.ours.code, step.ours.out) == (0, 1, "")
        and step.ours.files == step.before
        and "nothing was added" in step.ours.err
        and (_has_bad_text(step) or _goes_back(step))
    )


def _has_bad_text(step: Step) -> bool:
    """Return whether the name is blank, or a line break is in the name or the comment."""
    texts = step.words[step.words.index(step.command) + 1 :]
    return any("\n" in text or "\r" in text for text in texts) or (bool(texts) and not texts[0].strip())


def _goes_back(step: Step) -> bool:
    """Return whether the line that the oracle has written is earlier than the one before it."""
    ((_, after),) = ((path, data) for path, data in step.theirs.files.items() if data != step.before.get(path))
    times = re.findall(r"^\s*(\d+)-(\d+)-(\d+)\s+(\d+):(\d+) ", re.sub(r"\r\n?", "\n", after.decode()), re.MULTILINE)
    *_, last, new = ([*map(int, time)] for time in times)
    return new < last


def _is_blank_comment_left_out(step: Step) -> bool:
    changed = [path for path in step.ours.files if step.ours.files[path] != step.theirs.files.get(path)]
    return (
        step.command == "add"
        and step.ours.code == step.theirs.code == 0
        and all(step.theirs.files[path] == step.ours.files[path].rstrip(b"\n") + b"  #  \n" for path in changed)
    )


def _is_unreadable_log(step: Step) -> bool:
    return (step.theirs.code, step.ours.code, step.ours.out) == (0, 1, "") and "cannot read the log" in step.ours.err


def _is_log_without_folder(step: Step) -> bool:
    return (step.theirs.code, step.ours.code) == (1, 0) and "FileNotFoundError" in step.theirs.err


def _is_damaged_configuration(step: Step) -> bool:
    return (
        step.command == "config"
        and (step.theirs.code, step.ours.code) == (1, 0)
        and bool({"--default", "--filename"} & set(step.words))
        and "configparser." in step.theirs.err
    )


def _leave_the_same(step: Step) -> bool:
    return (step.theirs.code, step.theirs.files) == (step.ours.code, step.ours.files)


def _is_version(step: Step) -> bool:
    expected = step.theirs.out.replace("utt 1.32", "utt 2.0.0", 1)
    return _leave_the_same(step) and "--version" in step.words and expected == step.ours.out


def _is_help(step: Step) -> bool:
    is_asked = bool({"-h", "--help"} & set(step.words)) or not step.command
    return _leave_the_same(step) and is_asked and _promises(step.theirs.out) == _promises(step.ours.out)


def _promises(help_screen: str) -> tuple[str, list[str], bool]:
    """Return what a help screen promises, without its prose: the usage, and each argument with its metavar."""
    usage = help_screen.split("\n\n", maxsplit=1)[0]
    arguments = re.findall(r"^  (-\S.*?|\{.*\}|\w+)(?:  .*)?$", help_screen, re.MULTILINE)
    return usage, arguments, bool(help_screen)


def _is_help_of_a_report_with_a_page(step: Step) -> bool:
    usage, arguments, has_text = _promises(step.ours.out)
    without = " ".join(usage.split()).replace("[--comments] [--html] [date]", "[--comments] [date]")
    expected_usage, expected_arguments, expected_text = _promises(step.theirs.out)
    return (
        _leave_the_same(step)
        and step.command == "report"
        and arguments[-1:] == ["--html"]
        and (without, arguments[:-1], has_text) == (" ".join(expected_usage.split()), expected_arguments, expected_text)
    )


def _is_order_of_twins(step: Step) -> bool:
    def parts(text: str) -> list[str]:
        return sorted(part.strip() for part in re.split(r"[,\"\n]| - |: ", text))

    ours = parts(step.ours.out)
    has_twins = len({part.lower() for part in ours}) < len(set(ours))
    return _leave_the_same(step) and has_twins and parts(step.theirs.out) == ours


EXEMPTIONS = (
    Exemption(
        "entry refused",
        "an entry that is earlier than the last one, has no name or a line break would make the log invalid: it is "
        "refused, and the log does not change",
        _is_refused_entry,
    ),
    Exemption(
        "blank comment",
        "a comment of blanks, written out, would be read back as a part of the name",
        _is_blank_comment_left_out,
    ),
    Exemption(
        "unreadable log",
        "a log that cannot be read is an error, never an empty report",
        _is_unreadable_log,
    ),
    Exemption(
        "log without folder",
        "`--data file.log` is where the user says it is; the oracle dies of it",
        _is_log_without_folder,
    ),
    Exemption(
        "damaged configuration",
        "the default configuration and the place of the file have nothing to do with what is in the file",
        _is_damaged_configuration,
    ),
    Exemption("version", "the version is our own", _is_version),
    Exemption("help", "the prose is our own; options, usage and metavars are not", _is_help),
    Exemption(
        "help of a page",
        "`utt report --html` is ours: its help screen lists one option more, the last one",
        _is_help_of_a_report_with_a_page,
    ),
    Exemption(
        "order of twins",
        "projects and tasks that differ in nothing but case come in an order that changes from run to run of the "
        "oracle; ours is always the same",
        _is_order_of_twins,
    ),
)
"""Every difference that is wanted. None is about the text of a report of an ordinary log."""


class Comparison:
    """Runs cases in both installations.

    Args:
        oracle: The published utt.
        ours: Ours, with the same plugins.
        folder: An empty folder for homes.
    """

    def __init__(self, oracle: Environment, ours: Environment, folder: Path) -> None:
        self._sides = oracle, ours
        self._home = folder / "home"
        self._cache = folder / "cache"

    def unexplained(self, case: Case, exemptions: tuple[Exemption, ...] = EXEMPTIONS) -> Step | None:
        """Return the first command line of *case* that differs for no reason that we know; None if there is none.

        What follows a wanted difference is not compared: files may differ from there on.
        """
        theirs, ours = (self._run(side, case) for side in self._sides)
        before = self._files(case)
        for words, expected, got in zip(case.steps, theirs, ours, strict=True):
            if expected.compared != got.compared:
                step = Step(words, before, expected, got)
                return None if any(exemption.applies(step) for exemption in exemptions) else step
            before = expected.files
        return None

    def _run(self, side: Environment, case: Case) -> list[Outcome]:
        user = self._settle(case)
        outcomes = []
        for words in case.steps:
            done = user.run(side.program("utt"), *words)
            outcomes.append(Outcome(done.out, done.code, self._all_files(), done.err))
        return outcomes

    def _settle(self, case: Case) -> User:
        """Return a user with a fresh home, always at the same place, since paths are printed."""
        shutil.rmtree(self._home, ignore_errors=True)
        user = User(
            self._home,
            {
                "PYTHONHASHSEED": "0",
                "VISUAL": "cat",
                "UTT_PLUGINS_CACHE": str(self._cache),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
        )
        if case.log is not None:
            user.write_log(case.log)
        if case.config is not None:
            user.config.mkdir(parents=True)
            (user.config / "utt.cfg").write_text(case.config)
        return user

    def _files(self, case: Case) -> dict[str, bytes]:
        self._settle(case)
        return self._all_files()

    def _all_files(self) -> dict[str, bytes]:
        files = (path for path in self._home.rglob("*") if path.is_file())
        return {str(path.relative_to(self._home)): path.read_bytes() for path in files}
