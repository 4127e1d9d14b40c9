"""The application and its own commands, without the plugins of others."""

import pytest
from THE_name.__main__ import main
from THE_name.app import host
from pegboard.testing import hermetic

LOUD = """
from THE_name.api import v1

v1.register_command("loud", lambda arguments: print("HELLO"), description="Shout")
v1.register_command("broken", lambda arguments: print(1 / 0), description="Fail")
"""


def test_the_applications_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    with hermetic(host):
        assert main(["hello", "Ada"]) == 0
    assert capsys.readouterr().out == "Hello, Ada!\n"


def test_a_plugin_adds_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with hermetic(host, {"loud": LOUD}):
        assert main(["loud"]) == 0
    assert capsys.readouterr().out == "HELLO\n"


def test_a_plugin_that_fails_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with hermetic(host, {"loud": LOUD}):
        assert main(["broken"]) == 1
    assert "plugin 'loud' failed" in capsys.readouterr().err
