"""Does anybody look for the subclasses of a class?

In: classes that a plugin has derived from others'. Out: those of their bases whose package asks for the base's
subclasses, which is how older plugin systems find their plugins. Source files are searched for `__subclasses__`.
"""

from __future__ import annotations

import ast
import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.heap import type_module

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_WORD = b"__subclasses__"
_MAX_FILES = 5_000


class Subclasses:
    """Knows who asks for subclasses, for one start."""

    def __init__(self, application: str) -> None:
        self._application = application
        self._asked: dict[str, frozenset[str]] = {}

    def found(self, new_objects: Iterable[Any], is_own: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
        """Yield, for each new class of the plugin whose base is asked for its subclasses, both names.

        Args:
            new_objects: What the import has made.
            is_own: Returns whether a module is the plugin's own code.
        """
        for each in new_objects:
            if not issubclass(type(each), type) or not is_own(type_module(each)):
                continue
            for base in type.__dict__["__mro__"].__get__(each)[1:]:
                module = type_module(base)
                package = module.partition(".")[0]
                if package in sys.stdlib_module_names or package == "pegboard" or is_own(module):
                    continue
                asked = self._of_package(package)
                is_direct = any(base is each_base for each_base in type.__dict__["__bases__"].__get__(each))
                if base.__name__ in asked or "*" in asked or (is_direct and f"={base.__name__}" in asked):
                    yield type.__dict__["__qualname__"].__get__(each), f"{module}.{base.__name__}"
                    break

    def _of_package(self, package: str) -> frozenset[str]:
        """Return the names of classes of which *package* asks for the subclasses.

        A name has `=` before it when it asks for direct ones only; `*` stands for all classes, where it is not clear.
        """
        known = self._asked.get(package)
        if known is None:
            known = self._asked[package] = frozenset(self._search(package))
        return known

    def _search(self, package: str) -> Iterator[str]:
        paths = {
            getattr(module, "__file__", None)
            for name, module in list(sys.modules.items())
            if type(name) is str and name.partition(".")[0] == package
        }
        if package == self._application:
            paths.add(getattr(sys.modules.get("__main__"), "__file__", None))
            for path in list(getattr(sys.modules.get(package), "__path__", ())):
                paths.update(_sources(path))
        for path in paths:
            if isinstance(path, str) and path.endswith(".py"):
                try:
                    with open(path, "rb") as stream:
                        text = stream.read()
                    if _WORD in text:
                        yield from _asked_in(ast.parse(text), is_application=package == self._application)
                except (OSError, SyntaxError, ValueError, RecursionError):
                    continue


def _sources(folder: str) -> Iterator[str]:
    count = 0
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("__pycache__", "plugins")]
        for name in names:
            if name.endswith(".py"):
                count += 1
                if count > _MAX_FILES:
                    return
                yield os.path.join(directory, name)


def _asked_in(tree: ast.AST, *, is_application: bool) -> Iterator[str]:
    """Yield the names of the classes whose subclasses the code asks for."""
    found = _Asked()
    found.visit(tree)
    yield from found.names
    for function in found.functions:
        arguments = found.arguments.get(function, set()) | found.named_in(function)
        yield from arguments
        if not arguments and is_application:
            yield "*"


class _Asked(ast.NodeVisitor):
    def __init__(self) -> None:
        self.names: set[str] = set()
        self.functions: set[str] = set()
        self.arguments: dict[str, set[str]] = {}
        self._named: list[tuple[str, str]] = []
        self._classes: list[str] = []
        self._functions: list[tuple[str, set[str]]] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._classes.append(node.name)
        self.generic_visit(node)
        self._classes.pop()

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        self._functions.append((node.name, {argument.arg for argument in every}))
        self.generic_visit(node)
        self._functions.pop()

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815

    def visit_Call(self, node: ast.Call) -> None:
        called = _name(node.func)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            name = _name(argument)
            if called and name:
                self.arguments.setdefault(called, set()).add(name)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if node.attr == "__subclasses__":
            self._asked(node.value)
        self.generic_visit(node)

    def named_in(self, function: str) -> set[str]:
        """Return the classes that *function*, which goes down from class to class, begins with."""
        return {name for where, name in self._named if where == function}

    def _asked(self, of: ast.expr) -> None:
        name = _name(of)
        parameters = self._functions[-1][1] if self._functions else set()
        if self._classes and (name in ("cls", "self", "type", "__class__", "klass") or not name):
            self.names.add(self._classes[-1])
        elif self._functions and (not name or name in parameters or name.islower()):
            self.functions.add(self._functions[-1][0])
        elif name:
            self.names.add(f"={name}")
            self._named.append((self._functions[-1][0] if self._functions else "", name))


def _name(node: ast.expr) -> str:
    """Return the last part of a dotted name."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
