"""THE_host sees this plugin and no others of those that are installed."""

import pytest
from THE_host.__main__ import main
from THE_host.app import host
from pegboard.testing import hermetic


def test_the_command_says_hello(capsys: pytest.CaptureFixture[str]) -> None:
    with hermetic(host, installed=["THE_name"], strict=True):
        assert main(["THE_name"]) == 0
    assert capsys.readouterr().out == "Hello from THE_name!\n"
