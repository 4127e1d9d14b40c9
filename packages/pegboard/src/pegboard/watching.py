"""Watch mode: plugins are reloaded as soon as their files are edited. Needs the extra `pegboard[watch]`."""

from pegboard.tools.watching import Watcher

__all__ = ["Watcher"]
