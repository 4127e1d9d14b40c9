"""New projects pass their own tests: what each back end packages, installed, run and type-checked."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pegboard.tools.projects.application import describe
from pegboard.tools.projects.back_ends import BACK_ENDS
from pegboard.tools.projects.command import main
from pegboard.tools.projects.project import Wish, new_host, new_plugin

pytestmark = pytest.mark.xdist_group("projects")  # they share what the back ends have built

ROOT = Path(__file__).parents[5]
_BUILD = """
import importlib, os, sys
_, dist, *arguments = sys.argv  # setuptools replaces them
for back_end, folder in zip(arguments[::2], arguments[1::2]):
    os.chdir(folder)
    importlib.import_module(back_end).build_wheel(dist)
"""


def run(*command, folder, **environ):
    # what builds a wheel for uv is a program beside the interpreter
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
    environ = {"PATH": path, "HOME": str(folder), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", **environ}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Return a folder with projects of each back end, and with what their wheels bring, below `site`."""
    root = tmp_path_factory.mktemp("projects")
    utt = describe("utt")
    arguments, dist = [], root / "dist"
    dist.mkdir()
    for back_end in BACK_ENDS:
        kind = back_end.partition("_")[0][:3]
        for is_private in (False, True):
            name = f"{kind}_private" if is_private else f"{kind}_public"
            project = root / name
            new_plugin(Wish(name, back_end, is_private, str(project)), utt)
            arguments += [BACK_ENDS[back_end].module, project]
        new_host(Wish(f"memo_{kind}", back_end, folder=str(root / f"memo_{kind}")))
        arguments += [BACK_ENDS[back_end].module, root / f"memo_{kind}"]
    run(sys.executable, "-c", _BUILD, dist, *arguments, folder=root)
    for wheel in dist.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:  # as an installer does
            archive.extractall(root / "site")
    return root


def test_each_back_end_packages_the_plugin_and_nothing_else(world):
    found = {}
    for wheel in sorted((world / "dist").glob("*.whl")):
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if ".dist-info/" not in name and not name.endswith("/")]
            found[wheel.name.partition("-")[0]] = sorted(names)
    for kind in ("hat", "set", "uv"):
        name = f"{kind}_public".replace("__", "_")
        assert found[f"utt_{kind}_public".replace("__", "_")] == [f"utt_{name}/__init__.py", f"utt_{name}/py.typed"]
    assert found.keys() >= {"memo_hat", "memo_set"}
    assert (
        len({tuple(name.replace(package, "memo") for name in found[package]) for package in ("memo_hat", "memo_set")})
        == 1
    )


def test_the_projects_pass_their_own_tests(world):
    tests = sorted(world.glob("*_*/tests/test_*.py"))
    assert len(tests) == 9
    out = run(
        sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", *tests,
        folder=world, PYTHONPATH=str(world / "site"),
    )  # fmt: skip
    assert "15 passed" in out


def test_utt_lists_them_and_runs_them(world):
    environ = {"PYTHONPATH": str(world / "site"), "UTT_PLUGINS_CACHE": str(world / "cache")}
    listed = json.loads(run(sys.executable, "-m", "utt", "plugins", "list", "--json", folder=world, **environ))
    assert "hat_public" in json.dumps(listed)
    run(sys.executable, "-m", "utt", "hat_private", folder=world, **environ)


def test_they_are_typed_and_formatted(world):
    projects = [world / name for name in ("hat_public", "set_private", "memo_hat")]
    sources = [path for project in projects for path in (project / "src", project / "tests")]
    run(
        sys.executable, "-m", "mypy", "--strict", "--namespace-packages", "--explicit-package-bases",
        "--config-file", os.devnull, "--cache-dir", ROOT / ".cache/tests/mypy", "--exclude", "plugin_template", *sources,
        folder=ROOT, MYPYPATH=os.pathsep.join(str(project / "src") for project in projects),
    )  # fmt: skip
    run(
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--select",
        "E,F,W,B,UP",
        "--line-length",
        "120",
        *sources,
        folder=ROOT,
    )
    run(sys.executable, "-m", "ruff", "format", "--isolated", "--check", "--line-length", "120", *sources, folder=ROOT)


def test_a_plugin_for_a_new_application_begins_with_its_template(world, monkeypatch, capsys):
    monkeypatch.setenv("PYTHONPATH", str(world / "site"))
    monkeypatch.chdir(world)
    assert main(["new", "plugin", "cheer", "--host", "memo_set"]) == 0
    assert 'v1.register_command("cheer"' in (world / "memo-set-cheer/src/memo_set_cheer/__init__.py").read_text()
    capsys.readouterr()
    assert main(["check", "memo-set-cheer"]) == 0
    assert capsys.readouterr().out == "no findings\n"
