"""The repository as a whole."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOMEBODYS_MACHINE = re.compile(
    r"/(?:home|Users)/(?!ada/|me/)[a-z]\w*/"  # of the documentation's reader, of the tests' user
    r"|(?<![\w.])/root/"
    r"|(?<![\w.])/work/"
    r"|file:///(?:opt|home|root|work)"
    r"|https?://(?:[\w-]+@|localhost|\d+\.\d+\.\d+\.\d+|[\w.-]*\.(?:local|internal|lan|corp)\b)"
)


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    names = [name for name in done.stdout.decode().split("\0") if name]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.slow
def test_no_tracked_file_names_somebodys_machine():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tracked()
        if path != Path(__file__) and path.suffix != ".png"
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SOMEBODYS_MACHINE.search(line)
    ]

    assert found == []


def test_the_pattern_knows_somebodys_machine():
    for text in ("/home/" + "zoe/src", "see /root/" + ".cache", "https://10.1.2." + "3/simple", "/work/" + "main/x"):
        assert SOMEBODYS_MACHINE.search(text)
    for text in ("/home/ada/notes", "packages/utt", "https://docs.python.org/3", "framework/x"):
        assert not SOMEBODYS_MACHINE.search(text)


@pytest.mark.slow
def test_every_folder_of_tests_is_collected():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]
    roots = [ROOT / path for path in settings["testpaths"]]
    elsewhere = {ROOT / "examples/utt-focus/tests"}  # run by its reader's means, in tests/docs/test_pages.py
    files = [path for path in tracked() if path.name.startswith("test_") and path.suffix == ".py"]

    assert len(files) > 40
    stray = {path for path in files if not any(root in path.parents for root in roots)}
    assert {
        path for path in stray if not {"templates", "plugin_template"} & {*path.parts}
    } == set()  # tests of projects to be
    assert all((ROOT / folder).is_dir() for folder in [*roots, *elsewhere])


@pytest.mark.slow
def test_no_test_is_left_out_and_none_waits():
    forbidden = re.compile(
        r"\bpytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b|\btime\.sleep\(|\bunittest\.skip"
    )
    # where there is no browser or no Ray, what needs one is skipped, and the summary says so loudly
    elsewhere = (Path(__file__), ROOT / "tests/support/browser.py", ROOT / "tests/support/ray_packages.py")
    tests = [path for path in tracked() if path.suffix == ".py" and "tests" in path.parts and path not in elsewhere]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in tests
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if forbidden.search(line)
    ]

    assert found == []


@pytest.mark.parametrize("package", ["pegboard", "utt"])
def test_the_licence_is_the_one_of_the_repository(package):
    assert (ROOT / "packages" / package / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_pinned_requirements_name_no_host():
    pins = (ROOT / "requirements" / "dev.txt").read_text(encoding="utf-8")

    assert "://" not in pins
    assert "--" not in pins
    assert all(re.match(r"[\w.-]+==|\s*(?:#.*)?$", line) for line in pins.splitlines())


def test_every_example_is_an_installable_distribution_with_a_readme_and_tests():
    for folder in sorted((ROOT / "examples").iterdir()):
        if (folder / "pyproject.toml").exists():
            project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
            assert project["dependencies"], folder
            assert list(folder.glob("tests/test_*.py")), folder
            assert not list(folder.glob("src/utt/**/__init__.py")), folder
