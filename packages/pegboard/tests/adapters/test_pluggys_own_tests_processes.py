"""pluggy's own tests, where what stands for a plugin is registered in place of each plugin."""

import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

OTHERS = {
    "test_details.py::test_repr": "shows the plugin, and so what stands for it",
    "test_pluginmanager.py::test_pm": "compares the plugin in `list_name_plugin`",
    "test_pluginmanager.py::test_register_mismatch_method[spec-is-class]": "compares the plugin of an error",
    "test_pluginmanager.py::test_register_mismatch_method[spec-is-instance]": "as above",
    "test_pluginmanager.py::test_get_hookimpls": "compares `HookImpl.plugin`",
}
"""The tests that fail, each for the identity of a plugin; the documentation lists them."""


@pytest.mark.parametrize("wake", ["", "1"], ids=["asleep", "awake"])
def test_pluggys_own_tests_pass(environments, wake, tmp_path):
    source = environments.source(f"pluggy=={version('pluggy')}")
    plugin = Path(__file__).with_name("stand_ins_everywhere")
    plugins = ["-p", "pluggy_by_stand_ins", "-p", "no:randomly", "-p", "no:cacheprovider"]
    options = ["-q", "-rf", f"--basetemp={tmp_path / 'own'}", f"--rootdir={source}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *options, str(source / "testing")],
        env=os.environ | {"PYTHONPATH": str(plugin), "WAKE": wake, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
        cwd=source,
    )
    failed = re.findall(r"^FAILED testing/(\S+)", done.stdout, re.MULTILINE)
    assert sorted(failed) == sorted(OTHERS), done.stdout + done.stderr
    assert int(re.findall(r"(\d+) passed", done.stdout)[-1]) >= 207
