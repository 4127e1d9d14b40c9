import argparse
import io
from contextlib import redirect_stderr, redirect_stdout

import pytest

from pegboard.cli import add_commands, take_no_plugins
from pegboard.errors import HostError
from pegboard.host import Host
from pegboard.registry import Registry


class Command:
    def __init__(self, log, name, option=None):
        self.log, self.name, self.option = log, name, option

    def add_args(self, parser):
        self.log.append(self.name)
        if self.option:
            parser.add_argument(self.option)


@pytest.fixture
def log():
    return []


@pytest.fixture
def commands(desk):
    return Registry("commands", desk, report=desk.reports.append, ready=lambda: None)


@pytest.fixture
def parser(log, commands):
    commands.register("add", Command(log, "add", "--comment"), description="Add 100% of it")
    commands.register("report", Command(log, "report", "--week"), description="Show what was done")
    commands.register("bare", Command(log, "bare"))
    parser = argparse.ArgumentParser(prog="app")
    add_commands(parser, commands)
    return parser


def outcome(parser, *arguments):
    out, err = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(out), redirect_stderr(err):
            parser.parse_args(arguments)
    except SystemExit as stop:
        return stop.code, out.getvalue(), err.getvalue()
    raise AssertionError("the parser did not exit")


def test_parsing_one_command_touches_only_that_ones_arguments(parser, log):
    result = parser.parse_args(["add", "--comment", "c"])
    assert (result.command, result.comment) == ("add", "c")
    assert log == ["add"]


def test_no_command_touches_none(parser, log):
    assert parser.parse_args([]).command is None
    assert log == []


def test_top_level_help_lists_each_command_with_its_description_and_touches_none(parser, log):
    code, out, _ = outcome(parser, "--help")
    assert code == 0
    assert out.startswith("usage: app [-h] {add,report,bare} ...\n")
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    assert ["add", "Add 100% of it"] in lines
    assert ["report", "Show what was done"] in lines
    assert ["bare"] in lines
    assert log == []


def test_help_of_a_command_shows_its_description_and_usage(parser, log):
    code, out, _ = outcome(parser, "add", "--help")
    assert code == 0
    assert out.startswith("usage: app add [-h] [--comment COMMENT]\n\nAdd 100% of it\n")
    assert log == ["add"]


def test_an_unknown_command_is_a_usage_error_that_lists_the_known(parser, log):
    code, _, err = outcome(parser, "addd")
    assert code == 2
    assert "invalid choice: 'addd' (choose from" in err
    assert "report" in err
    assert log == []


def test_an_unknown_option_of_a_command_is_reported_by_the_top_level_parser(parser):
    code, _, err = outcome(parser, "add", "--nonsense")
    assert code == 2
    assert "app: error: unrecognized arguments: --nonsense" in err


def test_on_error_is_told_which_command_could_not_be_built(commands):
    commands.register("bad", object(), description="x")
    parser = argparse.ArgumentParser(prog="app")
    seen = []

    def on_error(name, error):
        seen.append((name, type(error)))
        raise LookupError(name)

    add_commands(parser, commands, on_error=on_error)
    with pytest.raises(LookupError):
        parser.parse_args(["bad"])
    assert seen == [("bad", AttributeError)]


class TestNoPlugins:
    def test_is_taken_out_wherever_it_stands(self):
        host = Host("app")
        assert take_no_plugins(["--no-plugins", "report", "--no-plugins=a,b", "--week"], host) == ["report", "--week"]

    def test_is_left_alone_after_two_dashes(self):
        assert take_no_plugins(["add", "--", "--no-plugins"], Host("app")) == ["add", "--", "--no-plugins"]

    def test_other_options_are_left_alone(self):
        assert take_no_plugins(["--no-plugins-x", "--no"], Host("app")) == ["--no-plugins-x", "--no"]

    def test_comes_too_late_once_the_plugins_have_been_found(self, tree):
        tree.write("app/__init__.py")
        host = Host("app")
        assert host.plugins == ()
        with pytest.raises(HostError, match="found already"):
            take_no_plugins(["--no-plugins"], host)


@pytest.mark.parametrize(
    "description", [5, ["a"], {"a": 1}, True, 1.5, "\x1b[2J\x9b\u202e%(prog)s", "", "x" * 9_000_000]
)
def test_a_description_of_any_kind_is_shown_and_controls_no_terminal(parser, commands, log, description):
    commands.register("odd", Command(log, "odd"), description=description)
    for words in (["--help"], ["odd", "--help"]):
        code, out, _ = outcome(parser, *words)
        assert code == 0
        assert {character for character in out if not character.isprintable()} == {"\n"}
        assert len(out) < 20_000
