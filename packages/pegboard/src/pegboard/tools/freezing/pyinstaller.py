"""Says what PyInstaller collects for an application that uses pegboard.

In: the graph of the modules that are collected, the user's `--hidden-import` among them. Out: more modules, the data of
plugins, and the metadata by which a frozen application knows entry points and versions.

- Of pegboard: all that is imported by name only.
- The application's own plugins: all.
- Others' plugins: those whose module is collected, because the user names it; with what they consist of.

Source:
    "Understanding PyInstaller Hooks" and "Hook Utility Functions", PyInstaller manual.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

import pegboard
from pegboard.tools.freezing.package_files import data_files, submodules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

_ON_DEMAND = ("tools", "adapters", "cli", "testing", "watching")
"""Parts of pegboard that only some applications use: they are collected if the application imports them."""


def hook(hook_api: Any) -> None:
    """Collect what belongs to the plugins; PyInstaller calls this when it knows what the application imports."""
    analysis = hook_api.analysis
    graph = analysis.graph
    folder = os.path.dirname(os.path.abspath(pegboard.__file__))
    hook_api.add_imports(*_own_modules(folder, graph))
    hook_api.add_datas(
        [(path, target) for path, target in data_files(folder, "pegboard") if not path.endswith(".typed")]
    )
    # names of modules: a script, which is run and not imported, has a path
    users = sorted(name for name in graph.get_code_using("pegboard") if not os.path.isabs(name))
    found = _in_other_process(users)
    for problem in found["problems"]:
        import_module("PyInstaller.log").logger.warning("hook-pegboard: plugins may be missing, since %s", problem)
    for namespace, directories in found["directories"].items():
        _extend(graph, namespace, directories)
    distributions = set(found["distributions"])
    others = {plugin["module"] for plugin in found["plugins"]}
    for plugin in found["plugins"]:
        module = plugin["module"]
        if plugin["is_built_in"] or module in analysis.hiddenimports or _is_collected(graph, module):
            hook_api.add_imports(module, *(name for name in plugin["modules"] if name not in others))
            hook_api.add_datas(plugin["data"])
            distributions.update(plugin["distributions"])
    for name in sorted(distributions):
        hook_api.add_datas(import_module("PyInstaller.utils.hooks").copy_metadata(name))


def _own_modules(folder: str, graph: Any) -> Iterator[str]:
    """Yield the modules of pegboard that the application may use."""
    for name in submodules(folder, "pegboard"):
        part = ".".join(name.split(".")[:2])
        is_wanted = part.partition(".")[2] not in _ON_DEMAND or _is_collected(graph, part)
        if is_wanted and not name.startswith(__package__ or ""):
            yield name


def _in_other_process(modules: Iterable[str]) -> dict[str, Any]:
    """Return what `installed_plugins` returns; the application is imported, which is to leave no trace in the build."""

    def call(modules: list[str]) -> dict[str, Any]:  # runs in the other process, where it has no globals
        from pegboard.tools.freezing.plugins import installed_plugins

        return installed_plugins(modules)

    found: dict[str, Any] = import_module("PyInstaller.isolated").call(call, list(modules))
    return found


def _extend(graph: Any, namespace: str, directories: Iterable[str]) -> None:
    """Let modules be collected from all *directories* of *namespace*: Python by itself may see the first one only."""
    parts = namespace.split(".")
    for depth in range(len(parts), 0, -1):
        node = graph.find_node(".".join(parts[:depth]))
        if node is not None and node.packagepath is not None:
            node.packagepath += [path for path in directories if path not in node.packagepath]
        directories = [os.path.dirname(path) for path in directories]


def _is_collected(graph: Any, module: str) -> bool:
    node = graph.find_node(module)
    return node is not None and type(node).__name__ not in ("MissingModule", "ExcludedModule")
