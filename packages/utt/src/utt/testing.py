r"""Tests of plugins for utt, in one process: a log, a clock, the output and the exit status.

    import utt_focus
    from utt.testing import utt_with

    with utt_with({"focus": utt_focus}, log="2026-03-02 09:00 hello\n", now="2026-03-02 10:00") as utt:
        assert utt("add", "mail").status == 0
        assert utt("focus").out == "1h00  mail\n"

With `pytest_plugins = ["utt.testing"]` in `conftest.py`, pytest has the fixture `utt`, which is what `utt_with` yields.
The plugins that it sees are what the fixture `utt_plugins` returns, which a test module or `conftest.py` defines: a
mapping as for `utt_with`, or the names of plugins that are installed.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from pegboard.testing import CommandResult, hermetic, run_command
from utt.__main__ import main
from utt.app import host

__all__ = ["CommandResult", "Utt", "utt_with"]

_NOON = "2026-03-02 12:00"


class Utt:
    """utt with a log and a clock of its own; a call runs a command."""

    def __init__(self, folder: Path, now: str) -> None:
        self.log: Path = folder / "data" / "utt" / "utt.log"
        """The log; it need not exist."""
        self.config: Path = folder / "config" / "utt" / "utt.cfg"
        """The configuration; it need not exist."""
        self.now: str = now
        """What the clock shows, `YYYY-MM-DD HH:MM`; it can be set."""
        self._environ = {
            "XDG_DATA_HOME": str(folder / "data"),
            "XDG_DATA_CONFIG": str(folder / "config"),
            "COLUMNS": "80",
            "UTT_TRACEBACK": None,
        }

    def __call__(self, *arguments: str, stdin: str = "") -> CommandResult:
        """Run a command and return its exit status, and what it wrote.

        Args:
            *arguments: The words after `utt`.
            stdin: What the command can read from standard input.
        """
        try:
            return run_command(main, "--now", self.now, *arguments, prog="utt", stdin=stdin, environ=self._environ)
        finally:
            host.container.close()  # the next command begins anew, also after one that failed

    def write_log(self, text: str) -> None:
        """Let the log be *text*."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text(text, encoding="utf-8")


@contextmanager
def utt_with(
    plugins: Mapping[str, str | ModuleType] | None = None,
    *,
    installed: Iterable[str] = (),
    log: str = "",
    now: str = _NOON,
    directory: str | os.PathLike[str] | None = None,
) -> Iterator[Utt]:
    """Let utt see its own plugins and those of the test, for the time of a block; the user's files are not touched.

    Args:
        plugins: Plugins by name: source text, or a module that can be imported.
        installed: Names of installed plugins that may be seen.
        log: What the log contains.
        now: What the clock shows, `YYYY-MM-DD HH:MM`.
        directory: An empty folder for the log and all other files; a temporary one if None.

    Yields:
        What runs commands.
    """
    if directory is None:
        with (
            tempfile.TemporaryDirectory() as folder,
            utt_with(plugins, installed=installed, log=log, now=now, directory=folder) as utt,
        ):
            yield utt
        return
    folder_of_host = Path(directory) / "plugins"
    folder_of_host.mkdir(parents=True)
    utt = Utt(Path(directory), now)
    if log:
        utt.write_log(log)
    with hermetic(host, plugins, installed=installed, directory=folder_of_host):
        yield utt


if "pytest" in sys.modules:
    import pytest

    @pytest.fixture
    def utt_plugins() -> Mapping[str, str | ModuleType] | Iterable[str]:
        """Return the plugins that the fixture `utt` sees; a test module defines its own."""
        return {}

    @pytest.fixture
    def utt(tmp_path: Path, utt_plugins: Mapping[str, str | ModuleType] | Iterable[str]) -> Iterator[Utt]:
        """Return what runs commands of utt, with an empty log, at noon."""
        is_mapping = isinstance(utt_plugins, Mapping)
        plugins = utt_plugins if isinstance(utt_plugins, Mapping) else None
        installed = () if is_mapping else utt_plugins
        with utt_with(plugins, installed=installed, directory=tmp_path / "utt") as running:
            yield running
