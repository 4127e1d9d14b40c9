"""Standard output is whole on any start, whatever plugins print while they are imported."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

LOUD = "print('hello'); import sys; sys.stdout.buffer.write(b'bytes\\n')\n"
SAID = "app: plugin 'loud' prints: hello\napp: plugin 'loud' prints: bytes\n"
USES = "result['loud'] = things['t-loud']"


@pytest.fixture
def loud(application):
    application.plugin("loud", LOUD)
    application.plugin("other")
    application.settle()
    return application


def test_at_each_kind_of_start_it_goes_to_standard_error(loud):
    lines = [loud.process(USES, **environ) for environ in ({}, {}, {"APP_PLUGINS_LAZY": "0"})]
    assert [done.stdout.count("\n") for done in lines] == [1, 1, 1]
    assert [done.stderr for done in lines] == [SAID, SAID, SAID]
    warm = loud.names()
    assert (warm["names"], warm.imported, warm.stderr) == (["t-loud", "t-other"], [], "")  # to print is no effect


def test_where_nothing_can_be_kept_it_goes_there_each_time(loud):
    loud.environ |= {"HOME": "/proc/nowhere", "APP_PLUGINS_CACHE": "/proc/nowhere"}
    for _ in range(2):
        done = loud.process(USES)
        assert done.stdout.count("\n") == 1
        assert done.stderr.endswith(SAID)


def test_what_configures_or_replaces_standard_output_is_an_effect(application):
    application.plugin("keeps", "import sys\nkept = sys.stdout\nprint('a')\n")
    application.plugin(
        "replaces",
        "import sys\nclass Same:\n  def __init__(self, s): self.s = s\n"
        "  def __getattr__(self, name): return getattr(self.s, name)\nsys.stdout = Same(sys.stdout)\n",
    )
    application.plugin("configures", "import sys\nprint('b')\nsys.stdout.reconfigure(errors='replace')\n")
    application.settle()
    application.names()
    assert sorted(application.names().imported) == ["configures", "replaces"]


@pytest.mark.parametrize("gone", ["out", "err", "both"])
def test_streams_that_are_closed_keep_no_plugin_from_being_imported(application, gone):
    application.plugin("loud", "print('hello')\n")
    closed = {"out": ">&-", "err": "2>&-", "both": ">&- 2>&-"}[gone]
    wanted = f"open('{application.home}/ran', 'w').write(things['t-loud'])"
    command = [sys.executable, "-B", str(application.code / "program.py"), json.dumps([wanted])]
    shell = ["sh", "-c", f'exec "$@" {closed}', "sh", *command]
    subprocess.run(shell, env=application.environ, check=False, cwd=application.root)
    assert (application.home / "ran").read_text() == "loud"


def test_recording_everything_afresh_takes_the_diversion_for_no_effect(loud):
    assert loud.process("host.manager.start(afresh=True)").returncode == 0
    warm = loud.names()
    assert (warm["names"], warm.imported) == (["t-loud", "t-other"], [])
