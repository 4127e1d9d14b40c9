"""Which plugins of an application are installed where it is frozen?

In: the application's modules that use pegboard, which are imported. Out: plain data, since a process of its own finds
this out. No plugin is imported.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

from pegboard.adaptation import parse
from pegboard.errors import describe_exception
from pegboard.host import HOSTS
from pegboard.startup.discovery import discover
from pegboard.startup.discovery.candidate import BUILT_IN
from pegboard.startup.discovery.finders import locate
from pegboard.startup.search import sources_of
from pegboard.tools.freezing.package_files import data_files, submodules

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from pegboard.host import Host


def installed_plugins(modules: Iterable[str]) -> dict[str, Any]:
    """Return what there is for the hosts that *modules* make.

    Returns:
        `directories`, those of each namespace by its name; `distributions`, the names of those that brought the
        applications; `plugins`, see `_about`; `problems`, why a module could not be imported, in words.
    """
    found: dict[str, Any] = {"directories": {}, "distributions": [], "plugins": [], "problems": []}
    for name in modules:
        try:
            importlib.import_module(name)
        except BaseException as error:  # it may even want to end the process
            found["problems"].append(f"{name} could not be imported: {describe_exception(error)}")
    for host in {host.manager: host for made in HOSTS if (host := made()) is not None}.values():
        _add(host, found)
    return found


def _add(host: Host, found: dict[str, Any]) -> None:
    sources = sources_of(host.settings)
    discovery = discover(host.name, sources=sources)
    if sources.namespace:
        found["directories"][sources.namespace] = list(discovery.portions)
    if discovery.distribution is not None:
        found["distributions"].append(discovery.distribution.name)
    for candidate in discovery.candidates:
        if candidate.problem is not None:
            continue
        is_built_in = candidate.source == BUILT_IN
        names = {point.installed.distribution.name for point in candidate.entry_points}
        if candidate.distribution is not None:
            names.add(candidate.distribution.name)
        if candidate.contributions:  # a distribution, whose entry points are contributions: it may have several modules
            for module in dict.fromkeys(parse(value)[0] for _, _, value, _ in candidate.contributions):
                spec = locate(module, {})[0] if module else None
                if spec is not None:
                    origin = spec.origin if spec.has_location else None
                    found["plugins"].append(_about(module, origin, names, sources.namespace, is_built_in=is_built_in))
        else:
            found["plugins"].append(
                _about(candidate.module, candidate.origin, names, sources.namespace, is_built_in=is_built_in)
            )


def _about(
    module: str, origin: str | None, distributions: set[str], namespace: str, *, is_built_in: bool
) -> dict[str, Any]:
    """Return what has to be known of the plugin in *module* to collect it, as plain data.

    Returns:
        `module`; `is_built_in`; `distributions`, the names of those that brought it or point to it; `modules`, those of
        the whole package that it is in, since a plugin may import by name; `data`, the files beside these, each with
        the folder that it belongs into.
    """
    file = origin or ""
    name = os.path.basename(file)
    is_package = name.startswith("__init__.") or (bool(name) and "." not in name)
    folder = os.path.dirname(file) if os.path.isfile(file) else file
    package, top = module if is_package else module.rpartition(".")[0], folder
    while _is_regular(os.path.dirname(top)) and "." in package and package.rpartition(".")[0] != namespace:
        package, top = package.rpartition(".")[0], os.path.dirname(top)
    has_package = package not in ("", namespace) and (is_package or _is_regular(top))
    return {
        "module": module,
        "is_built_in": is_built_in,
        "distributions": sorted(distributions),
        "modules": [module, *(sorted(submodules(top, package)) if has_package else ())],
        "data": sorted(data_files(top, package)) if has_package else [],
    }


def _is_regular(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, "__init__.py"))
