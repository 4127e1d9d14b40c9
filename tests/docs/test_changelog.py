"""Each package's changelog can be made from its fragments."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(path.parent.name for path in ROOT.glob("packages/*/pyproject.toml"))


@pytest.mark.parametrize("name", PACKAGES)
def test_every_fragment_is_one_sentence_of_a_known_kind(name):
    fragments = list((ROOT / "packages" / name / "changelog.d").glob("[!.]*"))
    for fragment in fragments:
        assert re.fullmatch(r"\+[a-z0-9-]+\.(added|changed|fixed|removed)\.md", fragment.name), fragment
        text = fragment.read_text(encoding="utf-8")
        assert text.endswith(".\n"), fragment
        assert text.count("\n") == 1, fragment


@pytest.mark.slow
@pytest.mark.parametrize("name", PACKAGES)
def test_a_release_would_tell_of_every_fragment(name):
    where = ["--config", "pyproject.toml", "--dir", f"packages/{name}"]
    done = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", *where, "--name", name, "--version", "9.9"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    told = " ".join(done.stdout.split())
    for fragment in (ROOT / "packages" / name / "changelog.d").glob("+*.md"):
        assert " ".join(fragment.read_text(encoding="utf-8").split()) in told
