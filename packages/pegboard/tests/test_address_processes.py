"""Where other processes find a host whose module runs as a program."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow


def test_a_module_that_runs_as_a_program_has_its_own_name(tree):
    tree.write("desk/__init__.py")
    text = "from pegboard import Host\nfrom pegboard.address import address_of\nhost = Host('desk')\nprint(address_of(host))"
    tree.write("desk/app.py", text)
    file = tree.write("script.py", text)
    environ = {"PYTHONPATH": str(tree.root)}
    printed = [
        subprocess.run([sys.executable, *run], env=environ, capture_output=True, text=True, check=True).stdout.strip()
        for run in (["-m", "desk.app"], [str(file)])
    ]
    assert printed == ["desk.app:host", "__main__:host"]
