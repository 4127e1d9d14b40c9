"""Plugins that write to standard output while they are imported: by Python's streams, or past them."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from typing import TYPE_CHECKING

from pegboard.printing import PRINTED
from pegboard.regular_file import read_file
from pegboard.terminal import shortened
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.ledger import Plugin
    from pegboard.tools.doctor.evidence import Evidence

_MOST_CHARACTERS = 100
_PAST_PYTHON = re.compile(
    rb"os\.write|fdopen|ctypes|cffi|subprocess|system\(|popen|spawn|fork|/dev/|open\(\s*1\b|Thread"
)
"""What the source of a plugin has in it if its import may write to the descriptor itself."""


def prints(evidence: Evidence) -> Iterator[Finding]:
    """Yield each plugin that printed when it was recorded."""
    for plugin in evidence.plugins:
        text = evidence.notes.prints.get(plugin.name)
        if text and plugin.is_usable:
            yield _prints(plugin, text)


def may_write_past_python(plugin: Plugin) -> bool:
    """Return whether the module of *plugin*, by its source, may write to the descriptor of standard output."""
    if plugin.origin is None:
        return False
    if not plugin.origin.endswith((".py", ".pyw")):
        return True
    try:
        return _PAST_PYTHON.search(read_file(plugin.origin)) is not None
    except (OSError, ValueError):
        return False


class OutputWatch:
    """Watches standard output, in the process of a worker: what arrives at descriptor 1 has gone past Python."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- it lives as long as the process
        self._seen = 0
        try:
            os.dup2(self._file.fileno(), 1)
        except OSError:  # descriptors are short
            pass

    def findings(self, plugin: Plugin) -> Iterator[Finding]:
        """Yield what *plugin*, which was imported last, has printed, and what has gone past Python."""
        if plugin in PRINTED and plugin.is_usable:
            yield _prints(plugin, PRINTED[plugin])
        if sys.stdout is not None:
            try:
                sys.stdout.flush()  # a thread of the plugin's may have printed
            except Exception:  # noqa: S110 -- a plugin has closed or replaced it
                pass
        self._file.seek(self._seen)
        text = self._file.read().decode("utf-8", "replace")
        self._seen = self._file.tell()
        if text and not plugin.is_built_in:
            yield finding(
                "plugin-bypasses-output",
                f"{plugin.who()} writes to the application's standard output while it is imported",
                about=plugin,
                cause=f"a thread, a process that it starts, or code in C writes to descriptor 1: {_shown(text)}",
                remedy="update it, or tell its author: whoever reads the application's output gets that, too",
            )


def _prints(plugin: Plugin, text: str) -> Finding:
    return finding(
        "plugin-prints",
        f"{plugin.who()} prints while it is imported",
        about=plugin,
        cause=f"it prints {_shown(text)}",
        remedy="none is necessary, since that goes to standard error; its author can use logging",
    )


def _shown(text: str) -> str:
    return repr(shortened(text.strip(), _MOST_CHARACTERS))
