"""How does a test start an application's host afresh, without what is installed around it, and leave nothing behind?

In: the application's host, started or not, and the plugins of the test. Out: a block in which the host sees the
built-in plugins and those of the test, and nothing else. The host, its registries and its container stay the same
objects, so that a test module may import them at its top.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
import textwrap
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pegboard.fresh_start import forget_modules, hand_over, parent_of, plugin_roots
from pegboard.ledger import BUILT_IN
from pegboard.manager import PluginManager
from pegboard.sources import Sources

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from types import ModuleType
    from typing import Any

    from pegboard.host import Host
    from pegboard.startup.discovery.candidate import Candidate

DISTRIBUTION = "plugins-of-this-test"
"""What plugins are said to be of in a block, version 0."""


@contextmanager
def hermetic(
    host: Host,
    plugins: Mapping[str, str | ModuleType] | None = None,
    *,
    installed: Iterable[str] = (),
    environ: Mapping[str, str] | None = None,
    directory: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> Iterator[Host]:
    """Start *host* afresh for the time of a block, without entry points, other people's plugins and the user's files.

    In the block the host finds the application's built-in plugins and those that the test names. It has not started
    yet: `leave_out` and `only` can be called, whatever was called before. What the application has registered itself is
    there. At the end all is as it was: what the test has registered, provided, left out or imported of plugins is gone.
    Blocks can be nested; tests that use them run in any order, and in several processes.

    Args:
        host: The application's.
        plugins: Plugins for the block, by name: source text, which becomes a module of the application's plugin
            namespace in a folder of its own, or a module that can be imported, as one that an entry point names.
        installed: Names of plugins that may be seen although they are somebody else's, if they are installed.
        environ: Environment variables that the host reads; none if None.
        directory: An empty folder for configuration, cache and plugins; a temporary one if None.
        **settings: Other settings of `Host` that differ in the block, e.g. `strict=True` or `lazy=False`.

    Yields:
        *host* itself.

    Raises:
        HostError: If source text is given and the host has no namespace for it.
    """
    home = tempfile.mkdtemp() if directory is None else os.path.abspath(directory)
    modules = dict(_entry_points(host, installed))
    modules |= {name: plugin.__name__ for name, plugin in (plugins or {}).items() if not isinstance(plugin, str)}
    before, path = _State(host, modules.values()), list(sys.path)
    try:
        folder = os.path.join(home, "plugins")
        os.makedirs(folder, exist_ok=True)
        for name, plugin in (plugins or {}).items():
            if isinstance(plugin, str):
                with open(os.path.join(folder, f"{name}.py"), "w", encoding="utf-8") as file:
                    file.write(textwrap.dedent(plugin))
        group = f"{host.name}.{DISTRIBUTION}"
        _write_entry_points(home, group, modules)
        sys.path.insert(0, home)
        importlib.invalidate_caches()
        old = host.settings
        names = frozenset(installed)
        sources = Sources(
            host.name,
            namespace=None if old.sources is None else old.sources.namespace,
            entry_points=group,
            folder=folder if old.namespace else "",
            is_plugin=_only(names, None if old.sources is None else old.sources.is_plugin),
            adapter=old.adapter,
        )
        changes: dict[str, Any] = {
            "environ": {} if environ is None else dict(environ),
            "config_directory": home,
            "cache_directory": os.path.join(home, "cache"),
            "journal_directory": None,
            "left_out": (),
            "only": None,
            "sources": sources,
            "lazy": False,  # each start is the first: it imports every plugin anyway
        }
        before.begin(old.replace(**changes | settings))
        yield host
    finally:
        sys.path[:] = path
        before.restore()
        if directory is None:
            shutil.rmtree(home, ignore_errors=True)
        importlib.invalidate_caches()


def _only(names: frozenset[str], is_plugin: Callable[[Candidate], object] | None) -> Callable[[Candidate], object]:
    def counts(candidate: Candidate) -> object:
        is_seen = candidate.source in (BUILT_IN, "folder") or candidate.name in names
        return is_seen and (is_plugin is None or is_plugin(candidate))

    return counts


def _entry_points(host: Host, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    from importlib.metadata import entry_points

    sources = host.settings.sources
    groups = (host.settings.namespace,) if sources is None else sources.groups
    sought = set(names)
    for group in groups:
        yield from ((each.name, each.value) for each in entry_points(group=group) if each.name in sought)


def _write_entry_points(home: str, group: str, modules: Mapping[str, str]) -> None:
    info = os.path.join(home, f"{DISTRIBUTION.replace('-', '_')}-0.dist-info")
    os.makedirs(info, exist_ok=True)
    lines = "".join([f"{name} = {module}\n" for name, module in modules.items()])
    texts = {
        "METADATA": f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 0\n",
        "entry_points.txt": f"[{group}]\n{lines}",
    }
    for name, text in texts.items():
        with open(os.path.join(info, name), "w", encoding="utf-8") as file:
            file.write(text)


class _State:
    """What a host and the interpreter know of plugins, to be put back."""

    def __init__(self, host: Host, plugins: Iterable[str]) -> None:
        self.host = host
        self.manager = host.manager
        self.modules = dict(sys.modules)
        self.finders = list(sys.meta_path)
        self.host_names = {name: vars(host)[name] for name in ("manager", "_registries", "_unload_callbacks", "_said")}
        self.problems = list(host.problems)
        self.registries = {
            registry: {name: getattr(registry, name) for name in _CACHES} for registry in host.registries.values()
        }
        container = host.container
        self.container = {name: getattr(container, name) for name in ("_ledger", "_live", "_owner_of", "_core")}
        self.open = {name: getattr(container, name, None) for name in ("_root", "_cache")}
        hooks = host._hooks
        self.hooks = None if hooks is None else (dict(hooks.declared), hooks.monitors)
        self.announced = {
            hook.announced: (list(hook.announced.calls), dict(hook.announced.told))
            for hook in hooks or ()
            if hook.announced is not None
        }
        namespace = host.settings.namespace
        self.parent, self.tail = parent_of(namespace)
        self.attribute = vars(self.parent).get(self.tail) if self.parent is not None else None
        self.roots = plugin_roots(host, [module.partition(":")[0].strip() for module in plugins])

    def begin(self, settings: Any) -> None:
        """Give the host a manager that knows no plugin, and what the application itself has registered."""
        host, old = self.host, self.manager
        host.problems.clear()
        vars(host).update(_registries=dict(host.registries), _unload_callbacks={}, _said=set())
        manager = PluginManager(settings, host, own=old._own, place=old.place)
        manager.registries = host._registries
        host.manager = manager
        for announced in self.announced:
            announced.replace((), {})
        forget_modules(self.roots, (self.parent, self.tail))
        hand_over(host, old, manager)

    def restore(self) -> None:
        """End what the block has opened, and put back what was there.

        Raises:
            ExceptionGroup: Of what clean-ups of the application itself have raised.
        """
        host = self.host
        own: tuple[str, ...] = (f"{host.name}.", *self.roots)
        if host.manager is not self.manager and host.manager.state != "new":
            own += tuple([f"{plugin.module}." for plugin in host.plugins])
        try:
            if host.manager is not self.manager:
                host.close()
        finally:
            self._put_back(own)

    def _put_back(self, own: tuple[str, ...]) -> None:
        host = self.host
        for name in [name for name in sys.modules if name not in self.modules and f"{name}.".startswith(own)]:
            del sys.modules[name]
        sys.modules.update({name: module for name, module in self.modules.items() if f"{name}.".startswith(own)})
        if self.parent is not None:
            vars(self.parent).pop(self.tail, None)
            if self.attribute is not None:
                vars(self.parent)[self.tail] = self.attribute
        sys.meta_path[:] = self.finders
        host.manager.ledger.generation += 1  # hooks, which look for a change in the ledger that they have used
        vars(host).update(self.host_names)
        if host._hooks is not None:
            host._hooks.declared, host._hooks.monitors = self.hooks or ({}, ())
        for announced, (calls, told) in self.announced.items():
            announced.replace(calls, told)
        host.problems[:] = self.problems
        for registry, names in self.registries.items():
            for name, value in names.items():
                setattr(registry, name, value)
        for name, value in (self.container | self.open).items():
            if value is not None:
                setattr(host.container, name, value)


_CACHES = (
    "_generation",
    "_ledger",
    "_live",
    "_manager",
    "_names",
    "_present",
    "_reported",
    "_winners",
    "of",
    "passing",
    "schema",
)
