"""Starts every process that a tool needs: this program once more, an installer, a command of the user's.

In: a command line, and the environment variables that differ. Out: exit status and output, or a running process.

- `run` waits for a command and returns what it printed.
- `start` returns a process with a group of its own; `end` kills it together with all that it has started.
- `own_command` and `own_program` say how this very program was called, so that it can be run once more.
- `killed_by` names the signal in an exit status.

No process gets standard input, except from `run(..., is_interactive=True)`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from pegboard.no_plugins import OPTION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import IO

    Process = subprocess.Popen[bytes]
    Done = subprocess.CompletedProcess[str]


def run(
    command: Sequence[str],
    changed: Mapping[str, str | None] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    encoding: str | None = None,
    merges_errors: bool = False,
    inherits_locks: bool = False,
    is_interactive: bool = False,
) -> Done:
    """Run *command*, wait for it, and return its exit status and what it printed.

    Args:
        command: The program and its arguments.
        changed: Environment variables to set, or to unset where the value is None.
        environ: The variables that *changed* applies to; those of this process if None.
        encoding: How the output is decoded; as the locale says if None. What cannot be decoded is escaped.
        merges_errors: Whether `stdout` of the result has both streams, in the order in which they were written.
        inherits_locks: Whether files that were made inheritable stay open in the new process, so that a lock on one of
            them lasts as long as the process. Python makes no other file inheritable (PEP 446).
        is_interactive: Whether the command uses the terminal of this process; its output is not returned then.

    Raises:
        OSError: If it cannot be started.
    """
    captured = None if is_interactive else subprocess.PIPE
    return subprocess.run(  # noqa: S603 -- the callers' commands
        list(command),
        stdin=None if is_interactive else subprocess.DEVNULL,
        stdout=captured,
        stderr=subprocess.STDOUT if merges_errors else captured,
        text=True,
        encoding=encoding,
        errors="backslashreplace",
        env=environment(changed, environ),
        close_fds=not inherits_locks,
        check=False,
    )


def start(
    command: Sequence[str],
    changed: Mapping[str, str | None] | None = None,
    *,
    output: IO[bytes] | None = None,
    errors: IO[bytes] | None = None,
) -> Process:
    """Start *command* in a process group of its own, without input; `end` it.

    Args:
        command: The program and its arguments.
        changed: Environment variables to set, or to unset where the value is None.
        output: A file for both output streams; nobody reads them if None. A pipe would not do: what the command leaves
            running keeps it open.
        errors: A file for standard error; it goes to *output* if None.

    Raises:
        OSError: If it cannot be started.
    """
    stream: IO[bytes] | int = subprocess.DEVNULL if output is None else output
    return subprocess.Popen(  # noqa: S603 -- the callers' commands
        list(command),
        stdin=subprocess.DEVNULL,
        stdout=stream,
        stderr=subprocess.STDOUT if errors is None else errors,
        env=environment(changed),
        start_new_session=os.name == "posix",
    )


def end(process: Process) -> None:
    """Kill *process* and all that it has started, also when it has ended itself, and wait for it."""
    if sys.platform == "win32":
        process.kill()
    else:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            process.kill()
    process.wait()


def killed_by(status: int) -> str | None:
    """Return the signal, e.g. `SIGKILL` or `99`, that a process with this exit status was killed by, or None."""
    if status >= 0:
        return None
    try:
        return signal.Signals(-status).name
    except ValueError:
        return str(-status)


def environment(changed: Mapping[str, str | None] | None, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return *environ*, or the variables of this process, with those of *changed* set, or unset where they are None."""
    found = dict(os.environ if environ is None else environ)
    for name, value in (changed or {}).items():
        if value is None:
            found.pop(name, None)
        else:
            found[name] = value
    return found


def own_command(arguments: Sequence[str], *words: str) -> list[str] | None:
    """Return the command line of this process, with *words* in the place of what follows `plugins`.

    `--no-plugins` stays, wherever it was given.

    Args:
        arguments: What follows the word `plugins` in this process: `options.arguments` of every `plugins` command.
        *words: What shall follow it in the new one.

    Returns:
        None if the command line of this process does not end with *arguments*, e.g. since it is a test's.
    """
    given, wanted = sys.orig_argv, list(arguments)
    for at in range(len(given) - len(wanted), 0, -1):
        # applications take this option out wherever it is, see `take_no_plugins`
        taken = [word for word in given[at:] if word.partition("=")[0] == OPTION]
        if given[at:] == wanted:
            return [sys.executable or given[0], *given[1:at], *words]
        if [word for word in given[at:] if word not in taken] == wanted:
            return [sys.executable or given[0], *given[1:at], *taken, *words]
    return None


def own_program(arguments: Sequence[str]) -> tuple[list[str], list[str]] | None:
    """Return how the interpreter was called: its options, and the program with what precedes *arguments*.

    The program is a script's path, or `-m` and a module, or `-c` and code. None as in `own_command`.
    """
    whole = own_command(arguments)
    if whole is None:
        return None
    rest = whole[1:]
    options: list[str] = []
    while rest:
        word = rest[0]
        if word in ("-m", "-c") or not word.startswith("-"):
            return options, rest
        if word[:2] in ("-m", "-c"):
            return options, [word[:2], word[2:], *rest[1:]]
        count = 2 if word in ("-X", "-W", "--check-hash-based-pycs") else 1
        if not word.startswith(("--", "-X", "-W")) and word[-1] in "mc":  # options joined with it, as in `-Im module`
            return [*options, word[:-1]], [f"-{word[-1]}", *rest[1:]]
        options += rest[:count]
        del rest[:count]
    return None
