"""A test suite gets `hermetic_host` by one line, and its tests run in any order and in parallel."""

import os
import subprocess
import sys

import pytest

APP = """
from pegboard import Host
host = Host("app")
things = host.registry("things")
"""

TESTS = """
import pytest
from app.core import host, things

TEXT = "from app.core import things\\nthings.register('loud', 1)\\n"

@pytest.mark.parametrize("number", range(4))
def test_with(hermetic_host, number):
    assert hermetic_host(host, {"loud": TEXT}) is host
    assert things.names() == ("own", "loud")
    things.register("leak", 1)

@pytest.mark.parametrize("number", range(4))
def test_without(hermetic_host, number):
    hermetic_host(host)
    host.leave_out(["own"])
    assert things.names() == ()
"""


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("-n", "2"), ("--reversed",)], ids=str)
def test_tests_run_in_any_order_and_in_parallel(tmp_path, options):
    files = {
        "app/__init__.py": "",
        "app/core.py": APP,
        "app/plugins/own.py": "from app.core import things\nthings.register('own', 1)\n",
        "conftest.py": "pytest_plugins = ['pegboard.testing']\n"
        "def pytest_addoption(parser): parser.addoption('--reversed', action='store_true')\n"
        "def pytest_collection_modifyitems(config, items):\n"
        "    if config.getoption('reversed'): items.reverse()\n",
        "test_things.py": TESTS,
    }
    for path, text in files.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), *options]
    environ = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTEST_ADDOPTS": ""}
    result = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "8 passed" in result.stdout
