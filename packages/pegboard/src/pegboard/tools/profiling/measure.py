"""Measures a program: runs it in new processes in which `launch` records every import."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING

from pegboard.tools import processes
from pegboard.tools.profiling import launch
from pegboard.tools.profiling.costs import Run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class MeasurementError(Exception):
    """A process ended without a recording; the text says how."""


def measure(
    options: Sequence[str], program: Sequence[str], plugins: Mapping[str, str], *, rounds: int, starts_only: bool
) -> list[Run]:
    """Run a program *rounds* times and return what was recorded.

    Args:
        options: Options of the interpreter.
        program: A script's path, or `-m` and a module, or `-c` and code; and its arguments.
        plugins: Module to plugin name.
        rounds: How many runs are returned.
        starts_only: Whether the program starts and then imports every plugin, instead of running its command. One more
            run precedes these: it records the plugins, compiles them and warms the disk's cache.

    Raises:
        MeasurementError: If a process ends without a recording.
    """
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        listing, recording = os.path.join(folder, "plugins"), os.path.join(folder, "recording")
        with open(listing, "w", encoding="utf-8") as stream:
            stream.writelines(f"{module}\t{name}\n" for module, name in plugins.items())
        mode = launch.START if starts_only else launch.COMMAND
        command = [sys.executable, *options, launch.__file__, recording, listing, mode, *program]
        for _ in range(rounds + starts_only):
            done = processes.run(command, encoding="utf-8")
            try:
                with open(recording, encoding="utf-8") as stream:
                    runs.append(Run(json.load(stream), plugins))
                os.unlink(recording)
            except (OSError, ValueError):
                raise MeasurementError(
                    f"the process that was measured ended with status {done.returncode}\n{done.stderr.strip()}"
                ) from None
    return runs[starts_only:]
