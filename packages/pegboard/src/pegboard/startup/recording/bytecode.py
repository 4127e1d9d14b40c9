"""Would Python run compiled code that is older than its source?

In: the path of a source file. Out: its compiled file is removed if Python might use it although the source has changed.

Python uses compiled code if size and time of the source are what they were, and that time counts in seconds. So it does
not see a second edit within a second, nor a tool that puts another file with the same time and size in place.

Source: PEP 3147 (`__pycache__`); `importlib.util.cache_from_source`.
"""

from __future__ import annotations

import os

from pegboard.startup.recording.conditions import TIME_STEP_NS


def remove_doubtful_bytecode(path: str | None, *, step_ns: int = TIME_STEP_NS) -> None:
    """Remove the compiled code of the source file *path*, unless it is clearly newer than the source.

    Args:
        path: A file; nothing happens if it is no source file, or there is none.
        step_ns: How much newer the compiled code has to be, in nanoseconds.
    """
    if path is None or not path.endswith(".py"):
        return
    from importlib.util import cache_from_source

    try:
        compiled, source = cache_from_source(path), os.stat(path)
        changed_ns = max(source.st_mtime_ns, source.st_ctime_ns)
        if os.stat(compiled).st_mtime_ns - changed_ns < step_ns:
            os.unlink(compiled)
    except (OSError, ValueError, NotImplementedError):  # there is none, or it cannot be removed
        return
