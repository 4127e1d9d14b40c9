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


# -- commands that are not there --------------------------------------------------------------------------------------


def test_a_mistyped_command_gets_the_nearest_name(parser):
    code, _, err = outcome(parser, "reprot")
    assert code == 2
    assert err.rstrip().endswith("did you mean 'report'?")


def test_of_many_commands_an_error_and_a_usage_line_name_few(desk, commands, parser):
    desk.by("big", 3)
    for number in range(1000):
        commands.register(f"command-{number:03}", Command([], ""), description=f"Do {number}")
    code, _, err = outcome(parser, "comand-007")
    assert (code, "'command-007'?" in err, len(err) < 200) == (2, True, True)
    _, _, err = outcome(parser, "xyz")
    assert len(err) < 1500


@pytest.fixture
def told(live_application):
    """Return a function that says what a command line is answered, with plugins of several states."""
    application = live_application
    command = "class C:\n  def add_args(self, parser): pass\napi.register({name!r}, C(), description='Do it')\n"
    application.plugin("off", command.format(name="plan"))
    application.plugin("bad", command.format(name="chart") + "raise ValueError('no chart')\n")
    application.plugin("good", command.format(name="show"))
    (application.directory / "config" / "plugins.toml").write_text("[plugins.off]\nenabled = false\n")

    def ask(*arguments, **options):
        host = application.start(commands="app plugins", **options)
        parser = argparse.ArgumentParser(prog="app")
        add_commands(parser, application.things)
        if "no" in arguments:
            host.leave_out(reason="left out by --no-plugins")
        return outcome(parser, *[argument for argument in arguments if argument != "no"])[2]

    return ask


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plan"], "'plan' may be a command of plugin 'off', which is disabled: disabled in "),
        (["plan"], "plugins.toml; try: app plugins enable off"),
        (["chart"], "which is broken: ValueError: no chart; try: app plugins doctor"),
        (["no", "show"], "left out by --no-plugins; do without --no-plugins to use it"),
        (["sow"], "did you mean 'show'?"),
        (["plugin"], "did you mean 'plugins'?"),
    ],
)
def test_a_command_that_cannot_be_used_says_whose_it_is_and_what_to_do(told, arguments, expected):
    assert expected in told(*arguments)


# -- help -------------------------------------------------------------------------------------------------------------


def test_help_groups_commands_of_plugins_under_their_distribution(desk, commands, parser):
    for name, rank in (("zeta", 1), ("alpha", 2)):
        desk.by(name, rank)
        for number in (1, 2):
            commands.register(f"{name}-{number}", Command([], ""), description=f"Do {number} of 100%")
    _, out, _ = outcome(parser, "--help")
    listed = out[out.index("    add ") : out.index("options:")].rstrip().splitlines()
    assert listed[3:] == [
        "    acme-zeta 1:",
        "      zeta-1            Do 1 of 100%",
        "      zeta-2            Do 2 of 100%",
        "    acme-alpha 1:",
        "      alpha-1           Do 1 of 100%",
        "      alpha-2           Do 2 of 100%",
    ]


@pytest.mark.parametrize("columns", ["30", "40", "80"])
def test_a_long_help_looks_as_argparse_formats_it(desk, commands, parser, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    texts = ["Do it", "", "Do so much that it takes more than a line on a terminal to say what that is, or two", "50%"]
    for number in range(40):
        desk.by(f"p{number // 8}", number // 8 + 1)
        name = "n" * (number % 20 + 5) + str(number)
        commands.register(name, Command([], ""), description=texts[number % 4])
    monkeypatch.setattr("pegboard.terminal.columns", lambda stream: int(columns))
    _, long_help, _ = outcome(parser, "--help")
    monkeypatch.setattr("pegboard.adapters.argparse._MOST_IN_USAGE", 10_000)
    _, usual, _ = outcome(parser, "--help")

    def listed(text):
        return text[text.index("    bare") : text.index("options:")]

    assert listed(long_help) == listed(usual)
