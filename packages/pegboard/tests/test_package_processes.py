"""What every start needs is loaded without a search, and is what `import` would have loaded."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import pegboard

LOADED = ("index", "manager", "host")
SEARCHED = """
import importlib.machinery, sys
sought = []
class Noticing:
    @staticmethod
    def find_spec(name, path=None, target=None):
        sought.append(name)
sys.meta_path.insert(0, Noticing)
"""
TOLD = """
import json, pegboard, sys
told = {}
for name in ("index", "manager", "host"):
    __import__(f"pegboard.{name}")
    module = sys.modules[f"pegboard.{name}"]
    assert getattr(pegboard, name) is module
    told[name] = {
        "attributes": sorted(vars(module)), "file": module.__file__, "cached": module.__cached__,
        "package": module.__package__, "name": module.__name__, "doc": module.__doc__, "loader": str(type(module.__loader__)),
        "path": module.__loader__.path, "spec": [str(getattr(module.__spec__, part)) for part in
            ("name", "origin", "cached", "parent", "has_location", "submodule_search_locations")],
    }
print(json.dumps({"told": told, "sought": [name for name in sought if name.startswith("pegboard.")]}))
"""

BROKEN = """
import json, sys
seen = []
for _ in range(2):
    try: from pegboard import Host
    except RuntimeError as error: seen.append(str(error))
print(json.dumps([*seen, "pegboard.manager" in sys.modules]))
"""


@pytest.fixture
def package(tmp_path):
    """A copy of the package that nothing has compiled yet."""
    copy = tmp_path / "lib" / "pegboard"
    shutil.copytree(Path(pegboard.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def run(package, code, *options, **environ):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, *options, "-c", code],
        env={**inherited, "PYTHONPATH": str(package.parent), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def told(package, *options, **environ):
    return run(package, SEARCHED + TOLD, *options, **environ)


@pytest.mark.parametrize("options", [(), ("-O",), ("-OO",)])
def test_it_is_what_import_would_have_loaded(package, options):
    searched = told(package, *options)
    assert [name for name in searched["sought"] if name.rpartition(".")[2] in LOADED]
    at_once = told(package, *options)
    assert at_once["sought"] == []
    assert at_once["told"] == searched["told"]


def test_byte_code_kept_elsewhere_is_found_there(package, tmp_path):
    environ = {"PYTHONPYCACHEPREFIX": str(tmp_path / "elsewhere")}
    searched = told(package, **environ)
    at_once = told(package, **environ)
    assert at_once["sought"] == []
    assert at_once["told"] == searched["told"]
    assert at_once["told"]["host"]["cached"].startswith(str(tmp_path / "elsewhere"))


@pytest.mark.parametrize("name", LOADED)
def test_an_edited_source_counts(package, name):
    told(package)
    source = package / f"{name}.py"
    source.write_text(source.read_text(encoding="utf-8") + "EDITED = 1\n", encoding="utf-8")
    assert "EDITED" in told(package)["told"][name]["attributes"]
    assert told(package)["sought"] == []


def test_byte_code_that_is_checked_by_its_hash_is_left_to_import(package):
    compiling = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode", "checked-hash", str(package)]
    subprocess.run(compiling, check=True)
    assert told(package)["sought"] == ["pegboard.index", "pegboard.manager", "pegboard.host"]


def test_without_byte_code_every_start_searches(package):
    for _ in range(2):
        assert "pegboard.host" in told(package, "-B")["sought"]
    assert not list(package.rglob("__pycache__"))


def test_a_module_that_breaks_is_not_left_half_made(package):
    (package / "manager.py").write_text("raise RuntimeError('broken')\n", encoding="utf-8")
    for _ in range(2):  # by import, which compiles it, and at once
        assert run(package, BROKEN) == ["broken", "broken", False]
