"""The process of an isolated plugin, from its first use on.

In: a plugin, and what the user wants of it. Out: calls in its process, which is started when it is first needed. If
its environment is deleted while the application runs, it is made anew.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.address import address_of
from pegboard.entry_objects import is_distribution
from pegboard.errors import IsolationFailedError, PluginProcessDiedError, PluginProcessError
from pegboard.isolation.environments import Question, Recipe, environment_folder, lock_path, make
from pegboard.isolation.loader import StandInLoader
from pegboard.isolation.policy import Isolation
from pegboard.isolation.process import Process
from pegboard.regular_file import read_file
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.isolating.candidates import command_for
from pegboard.startup.isolating.lock import distribution_of
from pegboard.startup.journal.quarantine import served, struck
from pegboard.startup.policy.policy import load_policy
from pegboard.startup.search import sources_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from importlib.machinery import ModuleSpec
    from typing import Any

    from pegboard.importer import Importer
    from pegboard.index import Settings
    from pegboard.isolation.environments import Environment
    from pegboard.ledger import Contribution, Plugin


class Serving:
    """Calls in the process of one plugin."""

    def __init__(self, process: Process, python: str, remake: Callable[[], Environment]) -> None:
        self._process = process
        self._python = python
        self._remake = remake

    def describe(self) -> list[dict[str, Any]]:
        """Return what the plugin has registered; see `Process.describe`."""
        try:
            return self._process.describe()
        except PluginProcessError as error:
            self._remake_or_raise(error)
            return self._process.describe()

    def call(self, kind: str, text: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, method: str = "") -> Any:
        """Call what the plugin has registered; see `Process.call`."""
        try:
            return self._process.call(kind, text, args, kwargs, method=method)
        except PluginProcessError as error:
            self._remake_or_raise(error)
            return self._process.call(kind, text, args, kwargs, method=method)

    async def acall(
        self, kind: str, text: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], *, method: str = ""
    ) -> Any:
        """Do what `call` does without blocking the event loop."""
        try:
            return await self._process.acall(kind, text, args, kwargs, method=method)
        except PluginProcessError as error:
            self._remake_or_raise(error)
            return await self._process.acall(kind, text, args, kwargs, method=method)

    def close(self) -> None:
        """End the process, if one runs."""
        self._process.close()

    def _remake_or_raise(self, error: PluginProcessError) -> None:
        """Make the environment if it is gone, so that no process could be started; else raise *error* once more."""
        if isinstance(error, PluginProcessDiedError) or os.path.exists(self._python):
            raise error
        self._remake()


class Isolated:
    """One isolated plugin of one host."""

    def __init__(self, plugin: Plugin, importer: Importer, host: Any) -> None:
        self._plugin = plugin
        self._host = host
        self._loader = StandInLoader(plugin, importer, host, self.serve)
        self._serving: Serving | None = None

    def spec(self) -> ModuleSpec:
        """Return the spec with which its module is imported: that registers what stands for its contributions."""
        return self._loader.spec()

    def live(self, contribution: Contribution) -> Any:
        """Return what stands for *contribution*, an entry point.

        Raises:
            NotIsolableError: If it cannot be used from here.
        """
        return self._loader.live(contribution)

    def serve(self) -> Serving:
        """Return what calls in its process; that is started by the first call.

        Raises:
            PluginProcessError: If its environment is not there, and cannot be made.
        """
        if self._serving is None:
            self._serving = self._made()
        return self._serving

    def _made(self) -> Serving:
        plugin, host, settings = self._plugin, self._host, self._host.settings
        wanted = _wanted(plugin, settings)
        here = _environment(plugin, settings, wanted)
        process = Process(
            here.python,
            address_of(host),
            plugin.name,
            distribution=str(plugin.distribution or ""),
            application=settings.application,
            folder=os.path.join(settings.directory or here.folder, f"isolated-{plugin.name}"),
            environ=settings.environ,
            passing=wanted.environ,
            confined=wanted.confined,
            report=host.report,
            struck=lambda how: struck(plugin, how, host.manager.journal or ""),
            served=lambda: served(plugin, host.manager.journal or ""),
        )
        serving = Serving(process, here.python, lambda: _environment(plugin, settings, wanted))
        if is_distribution(plugin):  # it is never imported, so that no bracket knows whose this is
            host._unload_callbacks.setdefault(plugin, []).append(serving.close)  # noqa: SLF001
        return serving


_SERVED: dict[Plugin, Isolated] = {}
"""Distributions whose entry points are contributions: they have no module, and are never imported."""


def isolated(plugin: Plugin, importer: Importer, host: Any) -> Isolated:
    """Return what serves *plugin*; no process is started yet."""
    if not is_distribution(plugin):
        return Isolated(plugin, importer, host)
    if plugin not in _SERVED:
        _SERVED[plugin] = Isolated(plugin, importer, host)
    return _SERVED[plugin]


def _wanted(plugin: Plugin, settings: Settings) -> Isolation:
    """Return what the user wants of the distribution of *plugin*."""
    policy = load_policy(settings.prefix, settings.file("plugins.toml"), settings.environ)
    distribution = normalise(plugin.distribution.name) if plugin.distribution else ""
    for each in policy.isolated:
        if distribution_of(each) == distribution or each.name == plugin.name:
            return each
    return Isolation(distribution, confined=True)  # the table has been edited since the start


def _environment(plugin: Plugin, settings: Settings, wanted: Isolation) -> Environment:
    """Return the environment of *plugin* as its lock has it.

    Raises:
        PluginProcessError: If it is not there, and cannot be made.
    """
    distribution = normalise(plugin.distribution.name) if plugin.distribution else ""
    lock = lock_path(os.path.dirname(settings.file("plugins.toml") or ""), distribution)
    sources = sources_of(settings)
    question = Question(settings.application, distribution, sources.namespace, sources.groups, sources.registries)
    advice = f"`{command_for(settings, distribution)}` makes it"
    who = plugin.name, str(plugin.distribution or "")
    try:
        folder = environment_folder(read_file(lock), distribution, wanted.python, settings.environ)
        return make(Recipe(lock, folder, question, wanted.python, settings.environ, advice))
    except OSError as error:
        raise PluginProcessError(*who, f"its lock cannot be read: {error.strerror}", lock, advice) from None
    except IsolationFailedError as error:
        raise PluginProcessError(*who, error.summary(), error.place or None, error.hint()) from error
