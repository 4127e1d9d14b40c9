"""Why has a process ended?

In: its exit status, and what the system counts. Out: words.

Source: Linux, `proc(5)`, `/proc/vmstat`, and "Control Group v2", `memory.events`, for `oom_kill`.
"""

from __future__ import annotations

import signal

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def describe_end(status: int, out_of_memory_before: int | None) -> str:
    """Return in words why a process has ended.

    Args:
        status: As `subprocess.Popen.returncode`.
        out_of_memory_before: What `out_of_memory_kills` returned when the process was started.
    """
    if status >= 0:
        return f"it ended with exit status {status}"
    text = f"it was killed by {_name(-status)}"
    if -status == signal.SIGKILL:
        now = out_of_memory_kills()
        if now is not None and out_of_memory_before is not None and now > out_of_memory_before:
            text += ", and meanwhile the system has killed processes because memory had run out"
    return text


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def out_of_memory_kills() -> int | None:
    """Return how many processes the system has killed because memory had run out; None if it does not say."""
    counts = list(_counts())
    return sum(counts) if counts else None


def _counts() -> Iterator[int]:
    for path in ("/proc/vmstat", "/sys/fs/cgroup/memory.events"):
        try:
            with open(path, "rb") as file:
                for line in file:
                    if line.startswith(b"oom_kill "):
                        yield int(line.split()[1])
        except (OSError, ValueError):
            continue
