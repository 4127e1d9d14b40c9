"""Lets hosts in the process of the tests judge plugins as fast as a small application does.

Judging compares all objects of the process, and here that is the test runner's half a million. In this process none are
compared: a plugin's import is judged by the functions that it calls, by audit events and by the state of the process.
What is judged with all objects is tested in processes of its own.
"""

from __future__ import annotations

import gc
from types import SimpleNamespace


def hide_objects() -> None:
    """Let the comparison of objects find none."""
    from pegboard.startup.recording.effects import heap

    unchanged = {"get_objects": list, "freeze": _nothing, "unfreeze": _nothing, "get_freeze_count": int}
    heap.gc = SimpleNamespace(**vars(gc) | unchanged)


def _nothing() -> None:
    pass
