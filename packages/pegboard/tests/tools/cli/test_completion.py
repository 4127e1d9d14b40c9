"""What may follow on a command line."""

from __future__ import annotations

import argparse

import pytest

from pegboard.tools.cli.completion import completions, for_bash, split


def parser_of(_):
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", action="store_true")
    commands = parser.add_subparsers()
    listing = commands.add_parser("list")
    listing.add_argument("--state", choices=("primed", "broken"))
    listing.add_argument("--hidden", help=argparse.SUPPRESS)
    info = commands.add_parser("info")
    info.add_argument("--json", action="store_true")
    info.add_argument("name").completer = lambda prefix, **_: ["alpha", "beta"]
    many = commands.add_parser("many")
    many.add_argument("names", nargs="*", choices=("a", "b"))
    return parser


def offered(line, commands=("plugins",)):
    return completions(
        line, commands, parser_of, lambda words, _: ["add", "--data"] if not words else [f"of {words[-1]}"]
    )


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("app ", ["add", "--data", "plugins"]),
        ("app p", ["plugins"]),
        ("app --no", ["--no-plugins", "--no-plugins="]),
        ("app add ", ["of add"]),
        ("app add pl", []),
        ("app plugins ", ["list", "info", "many"]),
        ("app --data x plugins l", ["list"]),
        ("app --data=x --now y plugins l", ["list"]),
        ("app x plugins l", []),
        ("app plugins -", ["-h", "--help", "--version"]),
        ("app plugins list --s", ["--state"]),
        ("app plugins list --h", ["--help"]),
        ("app plugins list --state ", ["primed", "broken"]),
        ("app plugins list --state=p", ["--state=primed"]),
        ("app plugins list --state primed ", []),
        ("app plugins info ", ["alpha", "beta"]),
        ("app plugins info --json b", ["beta"]),
        ("app plugins info alpha ", []),
        ("app plugins info -- ", ["alpha", "beta"]),
        ("app plugins many a ", ["a", "b"]),
        ("app plugins odd ", []),
        ("app plugins 'in", ["info"]),
    ],
)
def test_what_is_offered(line, words):
    assert offered(line) == words


def test_the_commands_may_be_called_by_several_words():
    assert offered("app admin ext li", ("admin", "ext")) == ["list"]
    assert offered("app adm", ("admin", "ext")) == ["admin"]


@pytest.mark.parametrize(
    ("line", "words", "prefix"),
    [
        ("app a b", ["app", "a"], "b"),
        ("app 'a b", ["app"], "a b"),
        ('app "a b" ', ["app", "a b"], ""),
        ("app a\\", ["app"], "a"),
    ],
)
def test_a_line_is_split_as_a_shell_does_it(line, words, prefix):
    assert split(line) == (words, prefix)


def test_bash_has_cut_off_what_precedes_a_colon_or_an_equals_sign():
    assert for_bash(["--state=primed"], "--state=p") == ["primed"]
    assert for_bash(["commands:add"], "comm") == ["commands:add"]
    assert for_bash(["commands:add"], "commands:") == ["add"]
