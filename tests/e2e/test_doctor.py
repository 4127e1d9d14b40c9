"""`utt plugins doctor` in real environments, where installers have been at work."""

from __future__ import annotations

import json

import pytest
from support.wheel import write_wheel

pytestmark = pytest.mark.slow


PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "acme-mine"
version = "1.2.0"
dependencies = ["utt"]

[tool.hatch.build]
dev-mode-dirs = ["src"]

[tool.hatch.build.targets.wheel]
packages = ["src/utt"]
"""


def findings(installed, *words):
    return json.loads(installed.utt("plugins", "doctor", "--json", *words).out)["findings"]


def test_a_healthy_environment_is_told_so_in_one_line(install):
    done = install({}).utt("plugins", "doctor")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith(": nothing is wrong\n")
    assert done.out.count("\n") == 1


def test_what_one_plugin_does_to_an_environment_is_found_while_it_is_there_and_afterwards(
    install, environments, tmp_path
):
    installed = install({}, own=tmp_path / "environment")
    site = installed.environment.site
    contents = {"acme.pth": "import sys\n", "utt/plugins/startup.py": "", "utt/plugins/__init__.py": "# mine\n"}
    wheel = write_wheel(tmp_path / "wheel", "acme-startup", "1.2.0", contents)
    environments.install(installed.environment, wheel)
    stray, startup = findings(installed)
    assert (startup["code"], startup["severity"], startup["plugin"]) == ("startup-file-runs-code", "note", "startup")
    assert startup["where"] == str(site / "acme.pth")
    assert (stray["code"], stray["where"]) == ("stray-package-file", str(site / "utt/plugins/__init__.py"))
    assert {stray["distribution"], startup["distribution"]} == {"acme-startup 1.2.0"}

    environments.uninstall(installed.environment, "acme-startup")
    (found,) = findings(installed)
    assert (found["code"], found["where"]) == ("file-missing", str(site / "utt/plugins/__init__.py"))
    assert found["remedy"] == "reinstall utt"


def test_an_editable_install_is_well_until_its_source_is_gone(install, environments, tmp_path):
    installed = install({}, own=tmp_path / "environment")
    source = tmp_path / "source"
    (source / "src/utt/plugins").mkdir(parents=True)
    (source / "src/utt/plugins/mine.py").write_text("")
    (source / "pyproject.toml").write_text(PROJECT)
    environments.install_editable(installed.environment, source)
    assert findings(installed) == []
    source.rename(tmp_path / "moved")
    (found,) = findings(installed)
    assert (found["code"], found["distribution"]) == ("editable-source-gone", "acme-mine 1.2.0")
    assert found["cause"] == f"{source} does not exist"
