"""Ctrl-C at the end of a process that waits for a plugin's thread names the plugin."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

TICKER = """
import os, threading
def tick():
    threading.main_thread().join()  # ends when the process waits for its other threads
    os.write(2, b"ready\\n")
    threading.Event().wait()
threading.Thread(target=tick, name="ticker").start()
"""


def interrupted(process):
    """Send Ctrl-C until the process ends, and return what it says: what comes right before a wait does not end it."""
    while True:
        process.send_signal(signal.SIGINT)
        try:
            return process.communicate(timeout=1)[1]
        except subprocess.TimeoutExpired:
            pass


def test_the_plugin_and_its_thread_are_named_at_a_cold_and_a_warm_start(application):
    application.hide_objects()
    application.plugin("endless", TICKER)
    application.settle()
    command = [sys.executable, "-B", str(application.code / "program.py"), json.dumps(["things['t-endless']"])]
    for _ in ("cold", "warm"):
        process = subprocess.Popen(
            command, env=application.environ, cwd=application.root, text=True, stdout=-1, stderr=-1
        )
        while process.stderr.readline() != "ready\n":
            pass
        said = interrupted(process)
        assert "app: interrupted while waiting for plugin 'endless': its thread 'ticker' does not end, at " in said
        assert "Traceback" not in said
