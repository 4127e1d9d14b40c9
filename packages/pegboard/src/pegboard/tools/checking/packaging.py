"""Is a plugin where its application looks for it, and is everything packaged that belongs to it, and nothing else?

In: the files and the metadata of a project or wheel. Out: findings; nothing is imported.
"""

from __future__ import annotations

import ast
import os
from typing import TYPE_CHECKING

from pegboard.adaptation import parse
from pegboard.errors.base import nearest
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools.checking.subject import imports_in, module_of
from pegboard.tools.projects.back_ends import BACK_ENDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.tools.checking.subject import Subject
    from pegboard.tools.projects.application import Application

_STRAY = frozenset(("tests", "test", "docs", "doc", "examples", "build", "dist", "src", "setup", "conftest", "noxfile"))


def plugins_of(subject: Subject, application: Application) -> dict[str, str]:
    """Return the module of each plugin that the application finds in *subject*, by name."""
    found = {name: parse(value)[0] for group, name, value in subject.entry_points if group in application.groups}
    prefix = f"{application.namespace}." if application.namespace else "\0"
    for module in subject.modules:
        name, _, inside = module.removeprefix(prefix).partition(".")
        if module.startswith(prefix) and not inside and not name.startswith("_"):
            found[name] = module
    return found


def own_modules(subject: Subject, application: Application, plugins: dict[str, str]) -> set[str]:
    """Return the modules that the plugins are made of: all that are below the same topmost package or namespace."""
    roots = {
        module if f"{module}.".startswith(f"{application.namespace}.") else module.partition(".")[0]
        for module in plugins.values()
    }
    return {module for module in subject.modules if any(f"{module}.".startswith(f"{root}.") for root in roots)}


def check_packaging(subject: Subject, application: Application, plugins: dict[str, str]) -> None:
    """Note what is not where it has to be, is missing, or does not belong there."""
    _check_places(subject, application, plugins)
    _check_entry_points(subject, application)
    _check_init_files(subject, application)
    if subject.pyproject or subject.is_wheel:
        _check_requirement(subject, application)
    if subject.is_wheel:
        _check_stray_files(subject, own_modules(subject, application, plugins))
    else:
        _check_back_end(subject, application, plugins)
        _check_build_folder(subject)


def _where(application: Application) -> str:
    places = [f"an entry point in the group {application.groups[0]}"] if application.groups else []
    places += [f"a module in {application.namespace}"] if application.namespace else []
    return f"{application.name} finds {' or '.join(places)}"


def _check_places(subject: Subject, application: Application, plugins: dict[str, str]) -> None:
    own = own_modules(subject, application, plugins)
    astray = {
        path: module_of(path)
        for path, tree in subject.trees.items()
        if module_of(path) not in own and _uses(tree, application) and not _is_test(path)
    }
    for path, module in astray.items():
        group = next(iter(application.groups), "")
        remedy = f'{_where(application)}; add [project.entry-points."{group}"] with {_tail(module)} = "{module}"'
        if f"{module}.".startswith(f"{application.name}."):
            remedy = f"{_where(application)}; move it to {application.namespace.replace('.', '/')}/{_tail(module)}.py"
        what = f"it uses {application.api}, and is not where {application.name} looks for plugins"
        subject.find("wrong-place", what, remedy, path)
    if not plugins and not astray:
        subject.find("no-plugin", f"it brings no plugin for {application.name}", _where(application))


def _tail(module: str) -> str:
    return module.rpartition(".")[2]


def _uses(tree: ast.Module, application: Application) -> bool:
    used = (f"{name}.{taken}" if taken else name for name, _, taken in imports_in(tree))
    return any(f"{name}.".startswith(f"{application.api}.") for name in used)


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith("test_") or name == "conftest.py" or "tests" in path.split("/")


def _check_entry_points(subject: Subject, application: Application) -> None:
    modules = subject.modules
    for group, name, value in subject.entry_points:
        module, attributes = parse(value)
        line = subject.line_of(f"{name} =")
        if module not in modules:
            is_own = module.partition(".")[0] in {each.partition(".")[0] for each in modules}
            if group in application.groups or is_own:
                near = nearest(module, tuple(modules), "modules")
                subject.find("entry-module-missing", f"{name} = {value} names no module that is there", near, line=line)
        elif attributes and (known := _names_in(subject.trees[modules[module]])) is not None:
            first = attributes.partition(".")[0]
            if first not in known:
                near = nearest(first, tuple(known), "names")
                subject.find("entry-object-missing", f"{module} has no {first}", near, modules[module])


def _names_in(tree: ast.Module) -> set[str] | None:
    """Return the names that a module defines; None if they cannot be told."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(node.name)
            if node.name == "__getattr__":
                return None
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            if node.name == "*":
                return None
            found.add(node.asname or node.name.partition(".")[0])
    return found


def _check_init_files(subject: Subject, application: Application) -> None:
    for package in {application.name, application.namespace} - {""}:
        path = f"{package.replace('.', '/')}/__init__.py"
        is_its_own = f"{package}.".startswith(f"{application.name}.")
        if path in subject.files and is_its_own and normalise(subject.name) != normalise(application.distribution):
            what = f"it brings the package file of {package}, which belongs to {application.name}"
            subject.find("stray-init", what, "remove it: Python finds the module without it", path)


def _check_requirement(subject: Subject, application: Application) -> None:
    name = application.distribution or application.name
    is_likely = not application.distribution and any(text.startswith(name) for text in subject.requires or ())
    if not subject.requires_distribution(name) and not is_likely:
        what = f"it does not require {name}"
        remedy = f'add "{application.requirement}" to the dependencies'
        subject.find("requires-missing", what, remedy, line=subject.line_of("dependencies"))


def _check_stray_files(subject: Subject, own: set[str]) -> None:
    seen = set()
    for path in subject.files:
        top, is_inside, _ = path.partition("/")
        name = top.removesuffix(".py")
        if top.endswith((".dist-info", ".data")) or top in seen:
            continue
        is_test = name.startswith("test_") and not is_inside
        if (name in _STRAY or is_test) and name not in {module.partition(".")[0] for module in own}:
            seen.add(top)
            what = f"the wheel brings {top} at the top level, for everybody who installs it"
            subject.find("stray-file", what, "exclude it from the wheel; a src folder keeps it apart", path)


def _check_back_end(subject: Subject, application: Application, plugins: dict[str, str]) -> None:
    """Note settings by which a back end leaves the plugin out; as far as they can be told without a build."""
    back_end = str(subject.pyproject.get("build-system", {}).get("build-backend", "")).partition(".")[0]
    tool, modules = subject.pyproject.get("tool", {}), [each for each in plugins.values() if each in subject.modules]
    for module in modules:
        root, expected = module.partition(".")[0], normalise(subject.name).replace("-", "_")
        is_shared = f"{module}.".startswith(f"{application.namespace}.")
        if back_end == "hatchling":
            target = tool.get("hatch", {}).get("build", {})
            told = target.get("targets", {}).get("wheel", {}) | target
            is_told = bool({"packages", "include", "only-include", "force-include", "sources"} & told.keys())
            is_packaged = is_told or (not is_shared and root == expected)
        elif back_end == "uv_build":
            told = tool.get("uv", {}).get("build-backend", {})
            named = told.get("module-name", expected)
            names = [named] if isinstance(named, str) else named
            fits = any(f"{module}.".startswith(f"{name}.") for name in names)
            is_packaged = fits and (not is_shared or bool(told.get("namespace")) or module in names)
        else:
            continue
        if not is_packaged:
            known = BACK_ENDS[back_end]
            settings = (known.namespace if is_shared else known.package).replace("THE_root", root)
            remedy = " and ".join(" ".join(table.splitlines()) for table in settings.split("\n\n"))
            what = f"{back_end} does not put {module} into the wheel"
            subject.find("not-packaged", what, f"add {remedy}", line=subject.line_of("[build-system]"))


def _check_build_folder(subject: Subject) -> None:
    """Note modules that an earlier build has left, which setuptools puts into the next wheel."""
    library = os.path.join(subject.shown, "build", "lib")
    for above, _, names in os.walk(library):
        for name in names:
            path = os.path.relpath(os.path.join(above, name), library).replace(os.sep, "/")
            if name.endswith(".py") and path not in subject.files:
                _find_stale(subject, path, "build/lib has", "remove the folder build")


def _find_stale(subject: Subject, path: str, has: str, remedy: str) -> None:
    subject.find("stale-module", f"{has} {path}, which is no longer in the sources", remedy)


def compare(wheels: Sequence[Subject], projects: Sequence[Subject]) -> None:
    """Note what a wheel of a project has and the project has not, and what is in two wheels."""
    from pegboard.tools.installing.placement import plain

    first: dict[str, Subject] = {}
    for wheel in wheels:
        for project in projects:
            if normalise(project.name) == normalise(wheel.name):
                for path in sorted(wheel.trees.keys() - set(project.files)):
                    _find_stale(wheel, path, "the wheel has", "remove the folder build, and build it again")
        for path in wheel.files:
            other = first.setdefault(plain(path), wheel)
            if other is not wheel and ".dist-info/" not in path:
                remedy = "give each a package with a name of its own, and an entry point"
                wheel.find("shared-file", f"{other.shown} brings {path}, too", remedy, path)
