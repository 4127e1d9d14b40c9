"""What do the sources of a plugin say: what it imports, when it registers, and what else it does at import?

In: the syntax trees of its modules; nothing is imported. Out: findings.
"""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING

from pegboard.errors.base import nearest
from pegboard.tools.checking.subject import imports_in, module_of, required_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.tools.checking.subject import Subject
    from pegboard.tools.projects.application import Application

_ACTS = frozenset(
    (
        *("open", "input", "exit", "quit", "exec", "eval", "breakpoint", "sys.exit", "time.sleep", "atexit.register"),
        *("signal.signal", "logging.basicConfig", "locale.setlocale", "warnings.filterwarnings", "socket.socket"),
        *("warnings.simplefilter", "threading.Thread", "multiprocessing.Process", "asyncio.run", "random.seed"),
        *("sys.path.insert", "sys.path.append", "shutil.rmtree", "shutil.copy", "shutil.move", "os.system"),
        *(
            "os.chdir",
            "os.mkdir",
            "os.makedirs",
            "os.remove",
            "os.rename",
            "os.putenv",
            "os.unlink",
            "os.environ.update",
        ),
        *(
            "os.environ.setdefault",
            "urllib.request.urlopen",
            "requests.get",
            "requests.post",
            "httpx.get",
            "httpx.post",
        ),
    )
)
"""What is more than registering, by its whole name."""
_ACTING_MODULES = ("subprocess.",)


def check_sources(subject: Subject, application: Application, own: set[str]) -> None:
    """Note what is wrong in the modules *own* of *subject*, a plugin of *application*."""
    tops, unknown = required_modules(subject)
    for path, tree in subject.trees.items():
        if module_of(path) in own:
            module = _Module(subject, application, path, tree)
            module.check_imports(tops, unknown)
            module.check_names()
            module.check_statements()


class _Module:
    """One module of the plugin."""

    def __init__(self, subject: Subject, application: Application, path: str, tree: ast.Module) -> None:
        self.subject, self.application, self.path, self.tree = subject, application, path, tree
        self.names = _imported_names(tree)
        self.api = {name for name, whole in self.names.items() if whole == application.api}
        self.registering = {
            f"{application.api}.{member}"
            for member in (*application.members, *[each["member"] for each in application.contributions])
            if member.startswith("register") or any(each["member"] == member for each in application.contributions)
        }
        self.direct = {f"{application.api}.{each['member']}" for each in application.contributions if each["registry"]}

    def find(self, code: str, what: str, remedy: str, node: ast.AST) -> None:
        self.subject.find(code, what, remedy, self.path, getattr(node, "lineno", 1))

    def whole(self, node: ast.expr) -> str:
        """Return the whole name of what *node* names, e.g. `utt.api.v1.register_command`; empty if it is no name."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self.names.get(node.id, node.id), *reversed(parts)])

    # -- imports ------------------------------------------------------------------------------------------------------

    def check_imports(self, tops: set[str], unknown: set[str]) -> None:
        """Note imports that are neither of the API, nor of Python, nor of the plugin itself, nor required."""
        lenient = {id(each) for node in ast.walk(self.tree) if _is_lenient(node) for each in ast.walk(node)}
        host, api = self.application.name, self.application.api
        interface = f"{host}.api" if f"{api}.".startswith(f"{host}.api.") else api
        own = self.subject.modules
        for name, node, taken in imports_in(self.tree):
            top, module = name.partition(".")[0], f"{name}.{taken}" if taken else name
            if name in own or module in own or any(f"{each}.".startswith(f"{name}.") for each in own if name != host):
                continue
            if f"{name}.".startswith(f"{host}."):
                if not f"{name}.".startswith(f"{interface}.") and module != interface and id(node) not in lenient:
                    self.find(
                        "import-not-api",
                        f"it imports {module}, which is no part of {interface}",
                        f"use {api} alone: the rest of {host} changes without notice",
                        node,
                    )
            elif top not in sys.stdlib_module_names and top not in tops and id(node) not in lenient:
                if self.subject.requires is None:
                    continue
                maybe = f", unless {', '.join(sorted(unknown))} brings it" if unknown else ""
                remedy = f"add what brings {top} to the dependencies{maybe}"
                self.find("import-undeclared", f"it imports {top}, which it does not require", remedy, node)

    # -- the API ------------------------------------------------------------------------------------------------------

    def check_names(self) -> None:
        """Note names that the API does not have."""
        members = self.application.members
        if not members:
            return
        imported = [(name, node) for module, node, name in imports_in(self.tree) if module == self.application.api]
        attributes = [node for node in ast.walk(self.tree) if isinstance(node, ast.Attribute)]
        used: list[tuple[str, ast.AST]] = [*imported]
        used += [(node.attr, node) for node in attributes if _is_one_of(node.value, self.api)]
        for name, where in used:
            if name and name != "*" and name not in members and not name.startswith("__"):
                near = nearest(name, tuple(each for each in members if not each.startswith("_")), "names")
                self.find("api-name-unknown", f"{self.application.api} has no {name}", near, where)

    # -- what is done at import ---------------------------------------------------------------------------------------

    def check_statements(self) -> None:
        """Note what the module does at import besides registering, and what it registers later."""
        called = {self.whole(call.func) for call in _calls(self.tree, inside=False)}
        for call in _calls(self.tree, inside=False):
            name = self.whole(call.func)
            if name == "print":
                self.find("prints-at-import", "it prints while it is imported", "print when it is used", call)
            elif name in _ACTS or name.startswith(_ACTING_MODULES):
                remedy = "do that when a contribution is used: an import that only registers is done once and recorded"
                self.find("acts-at-import", f"it calls {name} while it is imported", remedy, call)
            if name in self.direct:
                self._check_metadata(call)
        for function in ast.walk(self.tree):
            if isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)) and function.name not in called:
                for call in _calls(function, inside=True):
                    if self.whole(call.func) in self.registering:
                        what = f"{function.name} calls {self.whole(call.func)} when it is called itself"
                        self.find("registers-late", what, "register at the top level of the module", call)

    def _check_metadata(self, call: ast.Call) -> None:
        for keyword in call.keywords:
            if keyword.arg not in (None, "override") and _is_not_plain(keyword.value, self.tree):
                what = f"{keyword.arg}= is no plain data: it cannot be recorded"
                remedy = "give texts, numbers, true or false, None, and lists and dictionaries of them"
                self.find("metadata-not-plain", what, remedy, keyword.value)


def _imported_names(tree: ast.Module) -> dict[str, str]:
    """Return what each imported name stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name.partition(".")[0]: each.name for each in node.names if each.asname}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def _is_one_of(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_lenient(node: ast.AST) -> bool:
    """Return whether *node* imports for type checkers alone, or only what is there."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.dump(node.test)
    if isinstance(node, ast.Try):
        return any(each.type is None or "Import" in ast.dump(each.type) or "Module" in ast.dump(each.type)
                   or "Exception" in ast.dump(each.type) for each in node.handlers)  # fmt: skip
    return False


def _calls(tree: ast.AST, *, inside: bool) -> Iterator[ast.Call]:
    """Yield calls that happen when *tree* is executed; with *inside*, those in the body of the function that it is."""
    pending: list[ast.AST] = []
    if isinstance(tree, (ast.FunctionDef, ast.AsyncFunctionDef)) and inside:
        pending += tree.body
    else:
        pending += list(ast.iter_child_nodes(tree))
    while pending:
        node = pending.pop(0)
        if isinstance(node, ast.Call):
            yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            pending += [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
        elif isinstance(node, ast.If) and _is_main(node):
            pending += node.orelse
        elif not isinstance(node, ast.Lambda):
            pending += ast.iter_child_nodes(node)


def _is_main(node: ast.If) -> bool:
    return "__name__" in ast.dump(node.test) and "__main__" in ast.dump(node.test)


def _is_not_plain(value: ast.expr, tree: ast.Module) -> bool:
    """Return whether *value* is known not to be plain data."""
    if isinstance(value, (ast.Lambda, ast.Set, ast.SetComp, ast.GeneratorExp)):
        return True
    if isinstance(value, ast.Constant):
        return isinstance(value.value, (bytes, complex)) or value.value is Ellipsis
    if isinstance(value, (ast.List, ast.Tuple)):
        return any(_is_not_plain(each, tree) for each in value.elts)
    if isinstance(value, ast.Dict):
        return any(_is_not_plain(each, tree) for each in value.values)
    if isinstance(value, ast.Name):
        made = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return any(isinstance(node, made) and node.name == value.id for node in tree.body)
    return False
