"""`published.py` finds plugins in an environment as it is, and tells lazy ones from those whose import has an effect."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import published

pytestmark = pytest.mark.slow

PLUGINS = {"quiet": "TABLE = {}\n", "loud": "import os\nos.environ['ACME'] = '1'\n"}


@pytest.fixture
def environment(tmp_path):
    packages = tmp_path / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    (packages / "acme").mkdir(parents=True)
    for name, source in PLUGINS.items():
        (packages / "acme" / f"{name}.py").write_text(source)
        metadata = packages / f"acme_{name}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{name}\nVersion: 1.0\n")
        (metadata / "RECORD").write_text(f"acme/{name}.py,,\nacme_{name}-1.0.dist-info/METADATA,,\n")
        (metadata / "entry_points.txt").write_text(f"[acme.group]\n{name} = acme.{name}:thing\n")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    return tmp_path


@pytest.mark.parametrize("options", [["--group", "acme.group"], ["--namespace", "acme"]])
def test_says_what_became_of_each_and_changes_nothing(environment, options, capsys):
    before = {file: file.read_text() for file in environment.rglob("*.txt")}
    result = environment / "result.json"
    published.main([str(environment), *options, "--json", str(result)])
    loud, quiet, *_ = capsys.readouterr().out.splitlines()
    assert loud.startswith("eager")
    assert "acme.loud (acme-loud): " in loud
    assert "ACME" in loud
    assert "loud.py:2" in loud
    assert quiet.startswith("lazy")
    assert {p["module"] for p in json.loads(result.read_text())["later"]["plugins"]} == {"acme.loud", "acme.quiet"}
    assert {file: file.read_text() for file in environment.rglob("*.txt")} == before
