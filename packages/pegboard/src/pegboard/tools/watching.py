"""Watch mode: plugins are reloaded as soon as their files are edited. Needs the extra `pegboard[watch]`.

For those who write a plugin while the application runs.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from pegboard.errors import HostError, PegboardError, describe_exception
from pegboard.ledger import BROKEN
from pegboard.startup.recording.ownership import OwnCode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from pegboard.host import Host
    from pegboard.ledger import Plugin

__all__ = ["Watcher"]


class Watcher:
    """Reloads a host's plugins when their files change, in a thread of its own, as long as the block lasts.

    A new file is a new plugin, a file that is gone takes its plugin along. Code that cannot be imported changes
    nothing, and is reported as the host reports: the next edit is tried again.

    To be used as `with Watcher(host): serve()`.
    """

    def __init__(self, host: Host, *, told: Callable[[str], None] | None = None) -> None:
        """Make one that does not watch yet.

        Args:
            host: Whose plugins they are.
            told: Called with one line for each change that was made; None writes it to standard error.

        Raises:
            HostError: If `watchfiles` is not installed.
        """
        try:
            import watchfiles
        except ImportError:
            raise HostError("plugins cannot be watched: watchfiles is missing", "install pegboard[watch]") from None
        self._watch = watchfiles.watch
        self._host = host
        self._told = told or self._write
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._host.start()
        self._stop.clear()
        changes = self._changes()
        next(changes)  # what changes from here on is seen
        self._thread = threading.Thread(target=self._follow, args=(changes,), name="watch plugins", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _changes(self) -> Iterator[set[str]]:
        """Yield the paths of each batch of changes; first, when the watch has begun, none."""
        directories = list(self._directories())
        if not directories:
            yield set()
            return
        # an empty batch comes when nothing has changed for a while: the first one tells that the watch has begun
        for batch in self._watch(
            *directories,
            watch_filter=lambda _, path: path.endswith(".py"),
            stop_event=self._stop,
            rust_timeout=100,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            yield {path for _, path in batch}

    def _follow(self, changes: Iterable[set[str]]) -> None:
        for paths in changes:
            if paths:
                self.apply(paths)

    def apply(self, paths: Iterable[str]) -> None:
        """Do what edits of the files *paths* ask for."""
        host = self._host
        real = {os.path.realpath(path) for path in paths}
        edited = [plugin for plugin, files in self._files().items() if plugin.state == BROKEN or _are_of(files, real)]
        try:
            found = host.look_again()
        except PegboardError:  # a strict host raises what it would report otherwise; the application goes on
            return
        for name in found.added:
            self._told(f"plugin {name!r} was added")
        for name in found.removed:
            self._told(f"plugin {name!r} was removed")
        done = {*found.added, *found.removed}
        for plugin in edited:
            if plugin.name in done or not (plugin.is_usable or plugin.state == BROKEN):
                continue
            try:
                change = host.reload(plugin.name)
            except PegboardError:  # reported; what was there before serves on
                continue
            except ExceptionGroup as group:
                self._told(f"plugin {plugin.name!r} was reloaded, and then clean-ups of the application failed:")
                for error in group.exceptions:
                    self._told(f"  {describe_exception(error)}")
                continue
            done.update(change.plugins)
            also = f", with {', '.join(change.plugins[1:])}" if change.plugins[1:] else ""
            self._told(f"plugin {plugin.name!r} was reloaded{also}")
            for package in change.kept:
                self._told(f"the package {package!r} stays as it was: not only plugins use it")

    def _files(self) -> dict[Plugin, set[str]]:
        """Return the files of each plugin's code, of what is imported of it; a broken one has at least its own."""
        is_own = OwnCode(self._host.manager.attribution.owner)
        usable = [plugin for plugin in self._host.plugins if plugin.is_usable or plugin.state == BROKEN]
        files = {plugin: {os.path.realpath(plugin.origin)} if plugin.origin else set() for plugin in usable}
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if not isinstance(file, str) or name.partition(".")[0] in sys.stdlib_module_names:
                continue
            for plugin in usable:
                if name.startswith(f"{plugin.module}.") or (not plugin.is_built_in and is_own(plugin, name)):
                    files[plugin].add(os.path.realpath(file))
        return files

    def _directories(self) -> Iterator[str]:
        """Yield the folders to watch, none of them inside another."""
        wanted = {os.path.dirname(file) for files in self._files().values() for file in files}
        folder = self._host.settings.file("plugins")
        if folder:
            wanted.add(os.path.realpath(folder))
        last = None
        for directory in sorted(filter(os.path.isdir, wanted)):
            if last is None or not directory.startswith(last + os.sep):
                last = directory
                yield directory

    def _write(self, text: str) -> None:
        sys.stderr.write(f"{self._host.name}: {text}\n")


def _are_of(files: Iterable[str], changed: Iterable[str]) -> bool:
    """Whether some of the *changed* files are among *files*, or new ones in a package that is."""
    packages = tuple(os.path.dirname(file) + os.sep for file in files if os.path.basename(file) == "__init__.py")
    return any(path in files or path.startswith(packages) for path in changed)
