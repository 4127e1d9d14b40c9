"""Watch mode: plugins are reloaded when their files are edited. It needs the extra `pegboard[watch]`.

In: a host whose plugins someone is writing while the application runs. Out: reloads, and a line of text for each.
"""

from __future__ import annotations

import os
import sys
import threading
from typing import TYPE_CHECKING

from pegboard.errors import HostError, PegboardError, describe_exception
from pegboard.ledger import BROKEN
from pegboard.startup.recording.ownership import Ownership
from pegboard.startup.search import folder_of
from pegboard.terminal import tell, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType
    from typing import Self

    from pegboard.host import Host
    from pegboard.ledger import Plugin

__all__ = ["Watcher"]


class Watcher:
    """Reloads a host's plugins in a thread of its own when their files change: `with Watcher(host): serve()`.

    A new file adds a plugin; deleting a file removes its plugin. Code that cannot be imported is reported by the host
    and changes nothing; the next edit is tried again.
    """

    def __init__(self, host: Host, *, told: Callable[[str], None] | None = None) -> None:
        """Prepare a watcher, which watches while it is entered.

        Args:
            host: The host of the plugins.
            told: Called with a line of text for each change; None writes it to standard error.

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
        next(changes)  # changes from here on are seen
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
        """Yield an empty set when the watch has begun, and then the paths of each batch of changes."""
        directories = list(self._directories())
        if not directories:
            yield set()
            return
        # an empty batch arrives when nothing changes for a while: the first one shows that the watch has begun
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
        """Add, remove and reload plugins whose files *paths* have changed."""
        real = {os.path.realpath(path) for path in paths}
        edited = [plugin for plugin, files in self._files().items() if plugin.state == BROKEN or _are_of(files, real)]
        try:
            found = self._host.look_again()
        except PegboardError:  # a strict host raises what others report; the application goes on
            return
        for name in found.added:
            self._told(f"plugin {name!r} was added")
        for name in found.removed:
            self._told(f"plugin {name!r} was removed")
        done = {*found.added, *found.removed}
        for plugin in edited:
            if plugin.name not in done and (plugin.is_usable or plugin.state == BROKEN):
                done.update(self._reload(plugin))

    def _reload(self, plugin: Plugin) -> tuple[str, ...]:
        """Reload *plugin*, and return the names of all plugins that have been reloaded with it."""
        try:
            change = self._host.reload(plugin.name)
        except PegboardError:  # reported; the old code stays in use
            return ()
        except ExceptionGroup as group:
            self._told(f"plugin {plugin.name!r} was reloaded, and then clean-ups of the application failed:")
            for error in group.exceptions:
                self._told(f"  {describe_exception(error)}")
            return ()
        also = f", with {', '.join(change.plugins[1:])}" if change.plugins[1:] else ""
        self._told(f"plugin {plugin.name!r} was reloaded{also}")
        for package in change.kept:
            self._told(f"the package {package!r} stays as it was: not only plugins use it")
        return change.plugins

    def _files(self) -> dict[Plugin, set[str]]:
        """Return the files of each plugin's imported code; of a broken plugin, at least its own file."""
        is_own = Ownership(self._host.manager.attribution.owner).is_own
        usable = [plugin for plugin in self._host.plugins if plugin.is_usable or plugin.state == BROKEN]
        files = {plugin: {os.path.realpath(plugin.origin)} if plugin.origin else set() for plugin in usable}
        for name, module in list(sys.modules.items()):
            file = getattr(module, "__file__", None)
            if not isinstance(file, str) or type(name) is not str or name.partition(".")[0] in sys.stdlib_module_names:
                continue
            for plugin in usable:
                if name.startswith(f"{plugin.module}.") or (not plugin.is_built_in and is_own(plugin, name)):
                    files[plugin].add(os.path.realpath(file))
        return files

    def _directories(self) -> Iterator[str]:
        """Yield the folders to watch, none of them inside another."""
        wanted = {os.path.dirname(file) for files in self._files().values() for file in files}
        folder = folder_of(self._host.settings)
        if folder:
            wanted.add(os.path.realpath(folder))
        last = None
        for directory in sorted(filter(os.path.isdir, wanted)):
            if last is None or not directory.startswith(last + os.sep):
                last = directory
                yield directory

    def _write(self, text: str) -> None:
        tell(f"{self._host.name}: {visible(text)}\n")


def _are_of(files: Iterable[str], changed: Iterable[str]) -> bool:
    """Whether some of the *changed* files are among *files*, or new ones in a package that is."""
    packages = tuple(os.path.dirname(file) + os.sep for file in files if os.path.basename(file) == "__init__.py")
    return any(path in files or path.startswith(packages) for path in changed)
