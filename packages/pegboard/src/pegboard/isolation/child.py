"""What runs in the process of an isolated plugin?

In: a socket to the application's process, and what `launch` says on the command line. Out: what the plugin has
registered, and results of calls of it. This process ends with the socket, or with the life line.

The application's host is started here with its own plugins and the one plugin; no other plugin of this environment is
imported, unless the one imports it.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import run_as
from pegboard.isolation.lifeline import hold
from pegboard.isolation.targets import CLOSE, PROBLEM, RUNNING, START, VARIABLES, parts
from pegboard.ledger import COMPONENT, DISABLED
from pegboard.sources import NOT_ENABLED

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.ledger import Contribution, Plugin


def main() -> None:
    """Import the plugin, and serve until the application's process closes the socket."""
    connection, life_line, address, plugin, folder, confined, levels = sys.argv[1:]
    del sys.argv[1:]
    hold(int(life_line))
    why_unconfined = _why_unconfined(folder) if int(confined) else ""  # before there is another thread
    import faulthandler
    import socket

    from pegboard.isolation.channel import Channel
    from pegboard.isolation.messages import forward

    sys.stderr.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.stdout = sys.__stdout__ = sys.stderr  # type: ignore[misc, assignment]  # one pipe, see `output`
    faulthandler.enable(all_threads=False)
    os.set_inheritable(int(connection), False)
    child = Child(address, plugin, folder)
    channel = child.channel = Channel(socket.socket(fileno=int(connection)), serve=child.serve, name="the application")
    if why_unconfined:
        child.why_unconfined = why_unconfined
    else:
        forward(channel.notify, levels)
        child.prepare()
    channel.run()


def _why_unconfined(folder: str) -> str:
    from pegboard.isolation.confinement import UnavailableError, confine

    try:
        confine([folder])
    except UnavailableError as error:
        return str(error)
    return ""


class Child:
    """The plugin of this process."""

    def __init__(self, address: str, plugin: str, folder: str) -> None:
        self._address = address
        self._name = plugin
        self._folder = folder
        self._running: set[object] = set()
        self._functions: dict[str, tuple[int, Callable[..., object]]] = {}  # with the ledger's generation
        self._host: Any = None
        self._plugin: Plugin
        self._described: list[dict[str, Any]] = []
        self._error: BaseException | None = None
        self.why_unconfined: str = ""
        """Why this process is not confined, though it is to be: then the plugin is not imported."""
        self.channel: Any = None
        """The connection to the application's process."""

    def prepare(self) -> None:
        """Import the plugin, in the main thread, as an application does; what that raises is for `start`."""
        from pegboard.address import host_at

        try:
            self._host = host_at(self._address)
            self._configure()
            self._import()
            from pegboard.isolation.description import declared, describe

            manager = self._host.manager
            self._described = describe(manager.ledger.contributions_of(self._plugin), manager.importer.live)
            self._described.append(declared(self._plugin))
        except BaseException as error:
            self._error = error

    def serve(self, target: str) -> Callable[..., object]:
        """Return the function that a call of the application's process means."""
        if target in (START, CLOSE, RUNNING):
            function: Callable[..., object] = getattr(self, target[1:])
            return function
        generation = self._host.manager.ledger.generation
        known = self._functions.get(target)
        if known is None or known[0] != generation:
            known = self._functions[target] = generation, self._attributed(*parts(target))
        return known[1]

    # -- what the application's process asks for ----------------------------------------------------------------------

    def start(self) -> object:
        """Return what the plugin has registered; or, as a text, why this process cannot be confined.

        Raises:
            BaseException: What importing the plugin has raised.
        """
        if self._error is not None:
            raise self._error
        return self.why_unconfined or self._described

    def close(self) -> None:
        """Run what cleans up: of components, and what is registered for the end."""
        if self._host is not None:
            self._host.close()

    def running(self) -> int:
        """Return how many calls are running."""
        return len(self._running)

    def _configure(self) -> None:
        """Let the host find the plugin, and no other one that is not the application's own.

        The first process imports what is there, which takes half as long as to make an index besides. The second one
        makes the index, and those after it start with that: in half the time of the first one.
        """
        host = self._host
        for name in VARIABLES:
            os.environ.pop(f"{host.settings.prefix}_{name}", None)
        is_first = self._write_settings()
        host.manager.configure(
            config_directory=self._folder,
            cache_directory=f"{self._folder}{os.sep}cache",
            required=(),
            only=None,
            strict=False,
            lazy=not is_first,
            slow_after=None,
            keeps_journal=False,
        )
        host._reporting = self._report, ""  # noqa: SLF001 -- it is said where a host is made, which is the application's

    def _write_settings(self) -> bool:
        """Write the file that enables the plugin, and of all others the application's own; see `policy`.

        Returns:
            Whether it was not there before, as it is.
        """
        from pegboard.atomic_file import replace_file
        from pegboard.regular_file import read_file

        path = f"{self._folder}{os.sep}plugins.toml"
        content = f"# written by pegboard\nenabled = false\n\n[plugins.{self._name!r}]\nenabled = true\n".encode()
        try:
            is_written = read_file(path) == content
        except OSError:
            is_written = False
        if not is_written:  # else its stamp would change, and the index would not hold any more
            replace_file(path, content)
        return not is_written

    def _import(self) -> None:
        host = self._host
        for other in host.plugins:  # the plugin may import another one, as it would import a library
            if other.state == DISABLED:
                other.disable(NOT_ENABLED)
        host.start()
        plugin = self._plugin = host.plugin(self._name)
        try:
            host.manager.importer.activate(plugin)
        except Exception as error:
            raise (error.__cause__ or error) from None

    def _report(self, problem: PegboardError) -> None:
        if self._host.manager.state == "ready":  # what a start reports, the application's own start reports, too
            self.channel.notify(PROBLEM, [problem.code, problem.summary(), problem.hint() or ""])

    # -- calls --------------------------------------------------------------------------------------------------------

    def _attributed(self, kind: str, text: str, method: str) -> Callable[..., object]:
        """Return what calls a contribution of the plugin; what that registers meanwhile is the plugin's."""
        contribution = self._contribution(kind, text)
        manager, plugin = self._host.manager, self._plugin

        def call(*args: Any, **kwargs: Any) -> object:
            self._running.add(token := object())
            try:
                if kind == COMPONENT:  # another provider may be in use meanwhile
                    live = self._host.container.get(contribution.id)
                else:
                    live = manager.importer.live(contribution)
                return run_as(plugin, getattr(live, method) if method else live, args, kwargs)
            finally:
                self._running.discard(token)

        return call

    def _contribution(self, kind: str, text: str) -> Contribution:
        for contribution in reversed(self._host.manager.ledger.find(kind, text)):
            if contribution.owner is self._plugin:
                found: Contribution = contribution
                return found
        raise LookupError(f"{self._plugin.who()} has registered no {text!r} in {kind!r}")
