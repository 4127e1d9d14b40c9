"""What happens to plugins when the process forks?

In: a fork, while threads make a host ready or import plugins. Out: a child in which no lock of this package, nor one of
the import system, is held by a thread that the child does not have, and no module is imported halfway. A child that a
plugin forks while its own code is running ends where that code ends.

Source: `os.register_at_fork`; POSIX.1-2017, `fork`: only the thread that forks is in the child.
"""

from __future__ import annotations

import _thread
import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.concurrent_imports import forget_others, waits_for
from pegboard.errors import PluginImportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

    from pegboard.ledger import Plugin

_MODULES_WITH_LOCKS = (
    ("pegboard.reloading.lifecycle", "_ONE_AT_A_TIME"),
    ("pegboard.entry_objects", "_LOCK"),
    ("pegboard.startup.journal.one_file", "_ONE_AT_A_TIME"),
    ("pegboard.address", "_lock"),
)
"""Locks that all hosts share."""
LIMIT_S = 10.0
"""How many seconds a fork waits for other threads that are making a host ready or importing plugins."""


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
        """Wait for threads that are making a host ready or importing a plugin, and keep others from beginning to.

        A thread that is doing so itself waits for nobody: others may be waiting for it.

        Args:
            hosts: Every `Host` of this process.
        """
        from time import monotonic, sleep

        self._hosts = hosts
        self._me = _thread.get_ident()
        self._gates: list[Any] = []
        deadline = monotonic() + LIMIT_S
        while self._is_worth_waiting() and monotonic() < deadline:
            self.after_in_parent()  # who makes a host ready has to pass the gates
            sleep(0.001)

    @property
    def _importers(self) -> list[tuple[dict[int, list[Plugin]], Any]]:
        """What each thread is importing, and the importer, of each host that has imported plugins."""
        parts = [host.manager._parts for host in self._hosts if host.manager._parts is not None]
        return [(attribution.stacks, importer) for attribution, _, importer in parts]

    def _is_worth_waiting(self) -> bool:
        """Close the gates; return whether a thread that does not wait for this one has passed them."""
        self._gates = [importer.gate for _, importer in self._importers if importer.gate.acquire(timeout=LIMIT_S)]
        busy = {thread for host in self._hosts for thread in tuple(host.manager._starting)}
        busy.update(thread for stacks, _ in self._importers for thread, plugins in tuple(stacks.items()) if plugins)
        return self._me not in busy and not all(waits_for(thread, self._me) for thread in busy)

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
        while self._gates:
            self._gates.pop().release()

    def after_in_child(self) -> None:
        """Free what threads of the parent hold, and break the plugins that they were importing."""
        forget_others()  # first: what comes next may import something
        for host in self._hosts:
            for lock in _locks(host):
                lock._at_fork_reinit()
            manager, states = host.manager, sys.modules["pegboard.manager"]
            manager._starting.intersection_update({self._me})
            if manager.state == states.STARTING and not manager._starting:
                manager.state = states.NEW  # what has been imported counts; the next use imports the rest
            self._drop_builds(host)
        self._stop_recorders()
        for importer, plugin in self._others():
            owner = str(plugin.distribution or "")
            cause = "this process was forked while another thread was importing it"
            advice = "use the plugin before the process forks, or fork before other threads use plugins"
            importer.lose(plugin, PluginImportError(plugin.name, owner, cause, plugin.origin, advice))
        for stacks, _ in self._importers:
            for thread in [thread for thread in stacks if thread != self._me]:
                del stacks[thread]

    def _stop_recorders(self) -> None:
        """Let nobody observe the imports of this process on behalf of another thread."""
        recording = sys.modules.get("pegboard.startup.recording.recorder")
        for recorder in () if recording is None else tuple(recording.ACTIVE):
            if recorder.thread != self._me:
                recorder.__exit__()
                for _, importer in self._importers:
                    importer.around = None

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
    if host._hooks is not None:
        for hook in host._hooks:
            if getattr(hook, "announced", None) is not None:
                yield hook.announced.lock
    for module, name in _MODULES_WITH_LOCKS:
        if module in sys.modules:
            yield getattr(sys.modules[module], name)


_current: list[Fork] = []  # at most one


def begin() -> None:
    """Prepare for a fork that this thread is about to make."""
    hosts = {host.manager: host for made in sys.modules["pegboard.host"].HOSTS if (host := made()) is not None}
    _current[:] = [Fork(list(hosts.values()))]


def _after_in_parent() -> None:
    while _current:
        _current.pop().after_in_parent()


def _after_in_child() -> None:
    while _current:
        _current.pop().after_in_child()


os.register_at_fork(after_in_parent=_after_in_parent, after_in_child=_after_in_child)
