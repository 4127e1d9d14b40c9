"""The demo shows what it promises, and says what is wrong when it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parents[2] / "demo" / "run.py"
SHOWN_IN_ORDER = [
    "Installing pegboard and utt",
    "Writing a log of 4 weeks: 121 entries.",
    "$ utt --now '2026-11-20 08:45' hello\n\n$ utt --now '2026-11-20 09:10' add mail\n\n",
    "----- Projects -----",
    "(0h25) 08:45-09:10 mail\n",
    "$ uv pip install utt-balance==0.1.1 utt-project-summary==0.1.0\n",
    "balance\n",
    "│ Today        │   2h45 │      5h15 │",
    "project-summary --week\n\nProject Summary\n",
    "museum: 23h08\n",
    "$ uv pip install examples/utt-compact-report\n",
    "Fri 2026-11-20: 3h15 work, 0h00 break\n  museum          2h20   72%  ######################\n",
    "--no-plugins report\n",
    "----- Projects -----",
    "$ uv pip install examples/utt-broken\n",
    "add 'lunch **'\nutt: warning[plugin-import-failed]: plugin 'broken_import' of utt-broken 0.1.0 could not be",
    "$ echo $?\n0\n",
    "report\nutt: warning[plugin-import-failed]",
    "Fri 2026-11-20: 3h05 work, 1h10 break\n",
    "$ echo $?\n0\n",
    "error: plugin 'broken_command' of utt-broken 0.1.0 failed while running command 'broken'\n",
    "$ echo $?\n1\n",
    "{add,config,edit,hello,report,stretch,balance,broken,project-summary}\n",
    "Try it yourself:\n",
]


def run(*words, **environ):
    return subprocess.run(
        [sys.executable, DEMO, *words],
        env={**os.environ, "TERM": "dumb", **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        timeout=300,
        check=False,
    )


def test_the_demo_shows_everything_that_it_promises(tmp_path):
    demo = run(str(tmp_path / "demo"))

    assert demo.returncode == 0, demo.stdout
    assert "Traceback" not in demo.stdout
    rest = demo.stdout
    for text in SHOWN_IN_ORDER:
        before, found, rest = rest.partition(text)
        assert found, f"not shown: {text!r}, but:\n{before}"
    assert "half-registered" not in demo.stdout


def test_without_a_package_index_the_demo_says_so(tmp_path):
    demo = run(str(tmp_path / "demo"), UV_OFFLINE="1", UV_CACHE_DIR=str(tmp_path / "cache"))

    assert demo.returncode == 1
    assert "The demo has failed: `uv pip install" in demo.stdout
    assert "Installing needs a package index." in demo.stdout
    assert "Traceback" not in demo.stdout
