"""How does a test run an application's command in its own process?

In: the function that the application's script calls, and words. Out: the exit status, and what was written to standard
output and to standard error.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@dataclass(frozen=True)
class CommandResult:
    """What came of a command."""

    status: int
    """The exit status."""
    out: str
    """What was written to standard output; line ends are as they were written."""
    err: str
    """What was written to standard error."""


def run_command(
    main: Callable[[], object],
    *arguments: str,
    prog: str = "",
    stdin: str = "",
    environ: Mapping[str, str | None] | None = None,
) -> CommandResult:
    """Call *main* as the script of an application does, in this process, and return what came of it.

    Nothing else is isolated: use it inside `hermetic`, for plugins. What *main* raises passes, but for `SystemExit`.

    Args:
        main: What the script calls, without arguments; a number that it returns is the exit status.
        *arguments: The words of the command line.
        prog: The name of the program, as its messages have it.
        stdin: What can be read from standard input.
        environ: Environment variables that are set meanwhile, or unset, if the value is None.
    """
    out, err = _stream(""), _stream("")
    names = {"argv": [prog, *arguments], "stdin": _stream(stdin), "stdout": out, "stderr": err}
    with _attributes_of_sys(names), _environment(environ or {}):
        try:
            answer = main()
        except SystemExit as end:
            answer = end.code
        if isinstance(answer, str):  # as the interpreter does it
            err.write(f"{answer}\n")
        status = answer if isinstance(answer, int) else int(answer is not None)
    return CommandResult(status, _text(out), _text(err))


def _stream(text: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(text.encode()), encoding="utf-8", newline="", write_through=True)


def _text(stream: io.TextIOWrapper) -> str:
    raw = stream.buffer
    assert isinstance(raw, io.BytesIO)  # noqa: S101 -- made by `_stream`
    return raw.getvalue().decode()


@contextmanager
def _attributes_of_sys(names: Mapping[str, object]) -> Iterator[None]:
    before = {name: getattr(sys, name) for name in names}
    vars(sys).update(names)
    try:
        yield
    finally:
        vars(sys).update(before)


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in changes}
    try:
        _set(changes)
        yield
    finally:
        _set(before)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
