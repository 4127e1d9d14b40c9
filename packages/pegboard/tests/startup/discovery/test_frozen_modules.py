"""Discovery where modules are in an executable: an import finder knows them, and their folders need not exist."""

from __future__ import annotations

import importlib
import os
import sys
from importlib.machinery import ModuleSpec

import pytest

from pegboard import frozen
from pegboard.importer import extend_namespace
from pegboard.startup.discovery import discover

APP = "pinboard"
OWN = {
    f"{APP}.__init__": "",
    f"{APP}.api.__init__": "",
    f"{APP}.plugins.__init__": "OWN = True",
    f"{APP}.plugins.own": "",
}


class Executable:
    """Finds modules in a dictionary, by the places in which they would be below a folder, as PyInstaller's does."""

    def __init__(self, root, sources, path):
        self.root, self.sources = root, sources
        self.prefix = "".join(f"{part}." for part in os.path.relpath(path, root).split(os.sep) if part != ".")

    def iter_modules(self, prefix=""):
        for name in sorted({name[len(self.prefix) :].partition(".")[0] for name in self._below()} - {"__init__"}):
            yield prefix + name, self.prefix + name not in self.sources

    def _below(self):
        return [name for name in self.sources if name.startswith(self.prefix)]

    def find_spec(self, fullname, target=None):
        name = self.prefix + fullname.rpartition(".")[2]
        place = f"{self.root}/{name.replace('.', '/')}"
        if name in self.sources:
            spec = ModuleSpec(fullname, Loader(self.sources[name]), origin=f"{place}.py")
        elif f"{name}.__init__" in self.sources:
            origin = f"{place}/__init__.py"
            spec = ModuleSpec(fullname, Loader(self.sources[f"{name}.__init__"]), origin=origin, is_package=True)
            spec.submodule_search_locations = [place]
        elif any(other.startswith(f"{name}.") for other in self.sources):
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [place]
            return spec
        else:
            return None
        spec.has_location = True
        return spec


class Loader:
    def __init__(self, source):
        self.source = source

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.source, vars(module))


@pytest.fixture
def executable(tree, monkeypatch):
    """Return what puts modules into an executable, whose folder has nothing but files of metadata."""
    root = str(tree.root)
    hooks = list(sys.path_hooks)

    def put(sources):
        def hook(path):
            if path != root and not path.startswith(root + os.sep):
                raise ImportError
            return Executable(root, sources, path)

        sys.path_hooks.insert(0, hook)
        sys.path_importer_cache.clear()
        monkeypatch.setattr(frozen, "EXECUTABLE", f"{root}/program")
        monkeypatch.setattr(frozen, "FOLDER", root)

    yield put
    sys.path_hooks[:] = hooks
    sys.path_importer_cache.clear()


def found_by_name():
    found = discover(APP)
    extend_namespace(APP, found.portions, found.init)
    return {candidate.name: candidate for candidate in found.candidates}, found


def test_modules_without_files_are_found_and_imported(executable, tree):
    executable({**OWN, f"{APP}.plugins.pack.__init__": "from .part import X", f"{APP}.plugins.pack.part": "X = 1"})
    candidates, found = found_by_name()
    assert sorted(candidates) == ["own", "pack"]
    assert {candidate.problem for candidate in candidates.values()} == {None}
    assert candidates["pack"].origin == f"{tree.root}/{APP}/plugins/pack/__init__.py"
    assert candidates["pack"].is_package
    assert found.portions == (f"{tree.root}/{APP}/plugins",)
    assert importlib.import_module(f"{APP}.plugins.pack").X == 1
    assert sys.modules[f"{APP}.plugins"].OWN  # its own __init__ has run


def test_metadata_says_whose_they_are(executable, tree):
    executable({**OWN, f"{APP}.plugins.px": "", "acme_named": ""})
    for name, record, entry_points in (
        ("pinboard", f"{APP}/api/__init__.py,,\n{APP}/plugins/own.py,,\n", ""),
        ("acme-px", f"{APP}/plugins/px.py,,\n", f"[{APP}.plugins]\nnamed = acme_named\ngone = acme_gone\n"),
    ):
        info = f"{name.replace('-', '_')}-1.0.dist-info"
        tree.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        tree.write(f"{info}/RECORD", record)
        tree.write(f"{info}/entry_points.txt", entry_points)
    candidates, found = found_by_name()
    assert {name: (item.source, str(item.distribution)) for name, item in candidates.items()} == {
        "own": ("built-in", "pinboard 1.0"),
        "px": ("namespace", "acme-px 1.0"),
        "named": ("entry point", "acme-px 1.0"),
        "gone": ("entry point", "acme-px 1.0"),
    }
    assert str(found.distribution) == "pinboard 1.0"
    assert [name for name, item in candidates.items() if item.problem] == ["gone"]
    assert "names 'acme_gone', which cannot be found" in str(candidates["gone"].problem)


def test_application_without_a_package_for_plugins(executable, tree):
    executable({f"{APP}.__init__": "", f"{APP}.api.__init__": "", f"{APP}.plugins.px": "X = 2"})
    candidates, found = found_by_name()
    assert (sorted(candidates), found.init) == (["px"], None)
    assert importlib.import_module(f"{APP}.plugins.px").X == 2


def test_folder_that_has_only_the_data_of_a_package(executable, tree):
    tree.write(f"{APP}/plugins/pack/data.txt")
    executable({**OWN, f"{APP}.plugins.pack.__init__": "X = 3"})
    candidates, _ = found_by_name()
    assert sorted(candidates) == ["own", "pack"]
    assert importlib.import_module(f"{APP}.plugins.pack").X == 3


def test_finder_that_fails_hides_nothing(executable, tree, monkeypatch):
    tree.write(f"{APP}/__init__.py")
    tree.write(f"{APP}/api.py")
    tree.write(f"{APP}/plugins/own.py")

    class Broken:
        def find_spec(self, name, target=None):
            return None

        def iter_modules(self, prefix=""):
            raise RuntimeError

    def hook(path):
        if path.endswith("elsewhere"):
            return Broken()
        raise ImportError

    sys.path_hooks.insert(0, hook)
    try:
        sys.path.append("elsewhere")
        assert sorted(found_by_name()[0]) == ["own"]
    finally:
        sys.path_hooks.remove(hook)
