"""Programs that type checkers judge: what is right in them passes, what is marked as wrong is flagged, by mypy and pyright.

A mark is a comment above a statement, and says what a message about that statement contains:

    # error: "int"              in the messages of both checkers
    # error in mypy: ...        in the message of mypy, and likewise `in pyright`
    registry.register("x", 42)

A statement has as many marks for a checker as the checker has messages about it. A message about anything else is a
failure, and so is a mark without a message. Of a function or class with marks, the statement is what comes before its
body. A folder of programs is one source root: they import one another as `from api import v1`.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHECKERS = ("mypy", "pyright")

_MARK = re.compile(r"\s*# error(?: in (?P<checker>\w+))?: (?P<text>.+)")
_STRAY = re.compile(r"#\s*(?:error\b|type:\s*ignore|pyright:|mypy:)")


@dataclass(frozen=True, slots=True)
class Message:
    """What a checker says about a line of a program."""

    program: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


def disagreements(folder: Path, checker: str) -> list[str]:
    """Let *checker* judge the programs in *folder*, and return where it does not say what their marks say."""
    said: dict[str, list[Message]] = {path.relative_to(folder).as_posix(): [] for path in folder.rglob("*.py")}
    for message in _RUN[checker](folder):
        said[message.program].append(message)
    return [
        f"{program}: {difference}"
        for program, messages in sorted(said.items())
        for difference in compare((folder / program).read_text(), checker, messages)
    ]


def compare(program: str, checker: str, messages: Iterable[Message]) -> list[str]:
    """Return where *messages*, of *checker* about the text *program*, differ from its marks."""
    left = list(messages)
    found = []
    for first, last, texts in _marked(program, checker):
        for text in texts:
            fitting = [message for message in left if first <= message.line <= last and text in message.text]
            if fitting:
                left.remove(fitting[0])
            else:
                found.append(f"line {first}: {checker} says nothing with {text!r}")
    return found + [f"not marked: {message}" for message in left]


def _marked(program: str, checker: str) -> Iterator[tuple[int, int, list[str]]]:
    """Yield the first and the last line of each statement with marks, and what messages about it have to contain."""
    statements = sorted(_statements(program))
    texts: dict[tuple[int, int], list[str]] = {}
    for number, line in enumerate(program.splitlines(), 1):
        if mark := _MARK.fullmatch(line):
            names = CHECKERS if mark["checker"] is None else (mark["checker"],)
            assert set(names) <= set(CHECKERS), f"line {number}: no checker is called {mark['checker']!r}"
            statement = next((span for span in statements if span[0] > number), None)
            assert statement is not None, f"line {number}: there is no statement below this mark"
            if checker in names:
                texts.setdefault(statement, []).append(mark["text"])
        else:
            assert not _STRAY.search(line), f"line {number}: neither a mark nor a comment: {line.strip()}"
    return ((first, last, of_one) for (first, last), of_one in texts.items())


def _statements(program: str) -> Iterator[tuple[int, int]]:
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.stmt):
            first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", ()))])
            body = getattr(node, "body", None)
            yield first, (max(first, body[0].lineno - 1) if body else node.end_lineno or first)


def _mypy(folder: Path) -> Iterator[Message]:
    paths = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.py"))
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--output=json", "--explicit-package-bases"]
    ran = subprocess.run([*command, *paths], cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    for line in ran.stdout.splitlines():
        said = json.loads(line)
        if said["severity"] == "error":
            yield Message(said["file"].replace("\\", "/"), said["line"], f"{said['message']} [{said['code']}]")


def _pyright(folder: Path) -> Iterator[Message]:
    (folder / "pyrightconfig.json").write_text(
        json.dumps({"typeCheckingMode": "strict", "enableTypeIgnoreComments": False})
    )
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    for said in json.loads(ran.stdout)["generalDiagnostics"]:
        program = Path(said["file"]).relative_to(folder.resolve()).as_posix()
        yield Message(program, said["range"]["start"]["line"] + 1, f"{said['message']} [{said['rule']}]")


_RUN = {"mypy": _mypy, "pyright": _pyright}
