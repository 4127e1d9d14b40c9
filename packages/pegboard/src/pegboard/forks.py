"""What happens to plugins when the process forks?

In: a fork, while threads import plugins. Out: a child in which no lock of this package is held by a thread that the
child does not have, and no plugin is imported halfway. A child that a plugin forks while its own code is running ends
where that code ends.

Source: `os.register_at_fork`; POSIX.1-2017, `fork`: only the thread that forks is in the child.
"""

from __future__ import annotations

import _thread
import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PluginImportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

    from pegboard.ledger import Plugin

LIMIT_S = 10.0
"""How many seconds a fork waits for other threads that are importing plugins."""


def end_if_child(parent: int, error: BaseException) -> None:
    """End this process if it was forked in a plugin's code that *error* is about to end.

    Args:
        parent: The id of the process in which that code began.
        error: What that code has raised.
    """
    if os.getpid() != parent:
        end_child(error)


def end_child(error: BaseException) -> NoReturn:
    """End this process, which was forked in a plugin's code and which *error* is about to end.

    It ends here, and not where its parent's program ends: what is left of that program is the parent's to do. Standard
    streams are flushed and threads that the child has started are waited for; `atexit` functions, which are the
    parent's, are not called.

    Source:
        `multiprocessing.process.BaseProcess._bootstrap`, which ends a forked child in the same steps; "The Python/C
        API", `PyErr_PrintEx`, for the exit status of `SystemExit`.
    """
    status = 1
    try:
        if isinstance(error, SystemExit):
            if error.code is None:
                status = 0
            elif isinstance(error.code, int):
                status = error.code & 0xFF
            elif sys.stderr is not None:
                sys.stderr.write(f"{error.code}\n")
        else:
            sys.excepthook(type(error), error, error.__traceback__)
        threading = sys.modules.get("threading")
        if threading is not None:
            threading._shutdown()  # waits for threads, as the end of the interpreter does
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # noqa: S110 -- closed, broken or replaced: there is nobody left to tell
                pass
        os._exit(status)


class Fork:
    """One fork of this process, from just before it until just after it."""

    def __init__(self, hosts: list[Any]) -> None:
        """Keep other threads from beginning to import a plugin, and wait for those that are importing one.

        A thread that is importing a plugin itself waits for nobody: others may be waiting for it.

        Args:
            hosts: Every `Host` of this process.
        """
        from time import monotonic, sleep

        self._hosts = hosts
        # of each host that has imported plugins: what each of its threads is importing, and its importer
        parts = [host.manager._parts for host in hosts if host.manager._parts is not None]
        self._importers = [(attribution.stacks, importer) for attribution, _, importer in parts]
        self._me = _thread.get_ident()
        self._gates = [importer.gate for _, importer in self._importers if importer.gate.acquire(timeout=LIMIT_S)]
        deadline = monotonic() + LIMIT_S
        while self._others() and not self._is_importing() and monotonic() < deadline:
            sleep(0.001)

    def _is_importing(self) -> bool:
        return any(stacks.get(self._me) for stacks, _ in self._importers)

    def _others(self) -> list[tuple[Any, Plugin]]:
        """Return each plugin that another thread is importing, after its importer."""
        return [
            (importer, plugin)
            for stacks, importer in self._importers
            for thread, plugins in tuple(stacks.items())
            for plugin in tuple(plugins)
            if thread != self._me
        ]

    def after_in_parent(self) -> None:
        """Let other threads import plugins again."""
        for gate in self._gates:
            gate.release()

    def after_in_child(self) -> None:
        """Free what threads of the parent hold, and break the plugins that they were importing."""
        for host in self._hosts:
            for lock in _locks(host):
                lock._at_fork_reinit()
            host.manager._starting.intersection_update({self._me})
            self._drop_builds(host)
        for importer, plugin in self._others():
            owner = str(plugin.distribution or "")
            cause = "this process was forked while another thread was importing it"
            advice = "use the plugin before the process forks, or fork before other threads use plugins"
            importer.lose(plugin, PluginImportError(plugin.name, owner, cause, plugin.origin, advice))
            # Python's own lock of the module is held forever; nobody waits for it where the entry is None
            sys.modules[plugin.module] = None  # type: ignore[assignment]
        for stacks, _ in self._importers:
            for thread in [thread for thread in stacks if thread != self._me]:
                del stacks[thread]

    def _drop_builds(self, host: Any) -> None:
        """Forget the components that other threads were building: whoever asks for one builds it anew."""
        core = None if host._container is None else host._container.core
        for store in () if core is None else (core.root, *core.scopes):
            for key, build in tuple(store.builds.items()):
                if build.request.thread != self._me:
                    del store.builds[key]


def _locks(host: Any) -> Iterator[Any]:
    """Yield every lock of *host* that some thread may hold."""
    manager = host.manager
    yield from (host._lock, manager._lock)
    if manager._cold_start is not None:
        yield manager._cold_start._lock
    if manager._parts is not None:
        _, ledger, importer = manager._parts
        yield from (ledger._lock, importer._lock, importer.gate)
    if host._container is not None:
        yield host._container._opening
        if host._container.core is not None:
            yield host._container.core.lock
    if (lifecycle := sys.modules.get("pegboard.reloading.lifecycle")) is not None:
        yield lifecycle._ONE_AT_A_TIME


_current: list[Fork] = []  # at most one


def begin() -> None:
    """Prepare for a fork that this thread is about to make."""
    hosts = [host for made in sys.modules["pegboard.host"].HOSTS if (host := made()) is not None]
    _current[:] = [Fork(hosts)]


def _after_in_parent() -> None:
    while _current:
        _current.pop().after_in_parent()


def _after_in_child() -> None:
    while _current:
        _current.pop().after_in_child()


os.register_at_fork(after_in_parent=_after_in_parent, after_in_child=_after_in_child)
