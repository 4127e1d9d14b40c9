"""Runs uv, which resolves what is in the environment of an isolated plugin, and makes it.

In: what uv is asked for. Out: nothing, or an `IsolationFailedError` with the sentence of uv that tells most.
"""

from __future__ import annotations

import os
import re
import subprocess
from importlib import import_module

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import IsolationFailedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

NO_NETWORK: Final = re.compile(
    r"Failed to fetch|error sending request|dns error|Connection (?:refused|reset)|NewConnectionError|"
    r"Name or service not known|Temporary failure in name resolution|ConnectTimeout|Network is unreachable|SSLError",
)
"""What installers print when a package index cannot be reached."""
EXCLUSIVE: Final = re.compile(r"requirements are unsatisfiable|No solution found when resolving")
"""What uv prints when requirements exclude one another."""
_ADDRESS: Final = re.compile(r"Failed to fetch: `?([^\s`]+)")
_ERRORS: Final = ("ERROR: ", "error: ", "\N{MULTIPLICATION SIGN} ")
_GENERAL: Final = ("error: No solution found", "error: Request failed after")
"""How errors of uv begin whose cause is in a later line."""


def find_uv(environ: Mapping[str, str]) -> str | None:
    """Return the program uv: that of the extra `isolation`, or else what is on the search path."""
    try:
        return str(import_module("uv").find_uv_bin())
    except (ImportError, AttributeError, OSError):
        pass
    from shutil import which

    return which("uv", path=environ.get("PATH"))


def run_uv(distribution: str, words: Sequence[str], environ: Mapping[str, str], *, place: str, advice: str) -> str:
    """Run uv with *words*, and return what it has printed to standard output.

    Args:
        distribution: What is isolated; errors name it.
        words: The command and its options.
        environ: The environment variables. uv takes its own settings from them and from its files.
        place: What an error says that it is about.
        advice: What an error says when nothing better is known.

    Raises:
        IsolationFailedError: If there is no uv, or it fails.
    """
    if os.name != "posix":
        raise IsolationFailedError(
            distribution, "isolation is not available on Windows", place, "install the plugin beside the application"
        )
    program = find_uv(environ)
    if program is None:
        raise IsolationFailedError(
            distribution, "uv, which makes it, is not installed", place, "install pegboard[isolation], or uv"
        )
    own = {name: value for name, value in environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")}
    try:
        done = subprocess.run(  # noqa: S603 -- uv, and what the callers ask of it
            [program, "--quiet", "--no-progress", "--color", "never", *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="backslashreplace",
            env=own,
            check=False,
        )
    except OSError as error:
        raise IsolationFailedError(distribution, f"uv cannot be started: {error.strerror}", program, advice) from None
    if done.returncode:
        printed = done.stderr or done.stdout
        cause = decisive(printed.splitlines())
        if NO_NETWORK.search(printed):
            address = _ADDRESS.search(printed)
            cause = f"the package index cannot be reached: {address[1] if address else cause}"
        raise IsolationFailedError(distribution, cause, place, advice, printed)
    return done.stdout


def decisive(printed: Sequence[str]) -> str:
    """Return the line that says most: the first error, or what uv gives as its cause where the error says nothing."""
    lines = [line.strip() for line in printed if line.strip()]
    errors = [at for at, line in enumerate(lines) if line.startswith(_ERRORS)]
    if not errors:
        return lines[-1] if lines else "it printed nothing"
    first = lines[errors[0]]
    after = lines[errors[0] + 1] if errors[0] + 1 < len(lines) else ""
    if first.startswith(_GENERAL) and after:
        first = after
    for prefix in (*_ERRORS, "cause: "):
        first = first.removeprefix(prefix)
    return first
