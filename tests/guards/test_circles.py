"""No file imports itself through others, including imports below `if TYPE_CHECKING:` and inside functions."""

from __future__ import annotations

import ast
import graphlib
import itertools
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PACKAGES = ("pegboard", "utt")


def imports(source: Path, module: str, modules: dict[str, Path]) -> set[str]:
    """Return those of *modules* that *module* imports, wherever in its file."""
    package = module if source.stem == "__init__" else module.rpartition(".")[0]
    found = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            ancestors = package.split(".")[: package.count(".") + 2 - node.level] if node.level else []
            base = ".".join([*ancestors, *filter(None, [node.module])])
            found |= {name if (name := f"{base}.{alias.name}") in modules else base for alias in node.names}
    return found & set(modules) - {module}


def import_graph(folder: Path) -> dict[str, set[str]]:
    """Return what each module of the package in *folder* imports of that package."""
    modules = {}
    for source in folder.rglob("*.py"):
        parts = source.relative_to(folder.parent).with_suffix("").parts
        modules[".".join(parts[:-1] if source.stem == "__init__" else parts)] = source
    return {module: imports(source, module, modules) for module, source in modules.items()}


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return a circle of *graph* in the order of its imports, or an empty list."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1][::-1]
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_itself_through_others(package):
    graph = import_graph(ROOT / "packages" / package / "src" / package)

    assert len(graph) > 10  # so that a moved folder is noticed
    assert " -> ".join(circle(graph)) == ""


def test_an_import_is_seen_wherever_it_stands(tmp_path):
    package = tmp_path / "app"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "above.py").write_text("if TYPE_CHECKING:\n    from app import middle\n")
    (package / "middle.py").write_text("def work():\n    from .below import thing\n")
    (package / "below.py").write_text("import app.above\nimport os\n")
    graph = import_graph(package)

    assert graph == {
        "app": set(), "app.above": {"app.middle"}, "app.middle": {"app.below"}, "app.below": {"app.above"},
    }  # fmt: skip
    found = circle(graph)
    assert len(found) == 4
    assert all(imported in graph[module] for module, imported in itertools.pairwise(found))
