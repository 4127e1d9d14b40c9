"""How is a lot made at once that is kept, without Python looking for garbage that cannot be there?

In: a `with` block, in which no plugin's code runs. Out: the time that Python would take to look through every object of
the process, again and again: more than to make, say, an index takes.
"""

from __future__ import annotations

import gc


class Uncollected:
    """Collects no garbage inside a `with` block."""

    def __enter__(self) -> None:
        self._is_collecting = gc.isenabled()
        gc.disable()

    def __exit__(self, *_: object) -> None:
        if self._is_collecting:
            gc.enable()
