"""Running an application's command in the process of its test."""

from __future__ import annotations

import os
import sys

import pytest

from pegboard.testing import CommandResult, run_command


def echo():
    sys.stdout.write(" ".join([*sys.argv, sys.stdin.read(), os.environ["WHERE"]]) + "\n")
    sys.stderr.write("trouble\n")


def test_words_and_streams_are_those_of_the_test():
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr, dict(os.environ)
    done = run_command(echo, "a", "b", prog="notes", stdin="given", environ={"WHERE": "here", "HOME": None})
    assert done == CommandResult(0, "notes a b given here\n", "trouble\n")
    assert before == (sys.argv, sys.stdin, sys.stdout, sys.stderr, dict(os.environ))


@pytest.mark.parametrize(
    ("answer", "status", "err"), [(None, 0, ""), (0, 0, ""), (3, 3, ""), (True, 1, ""), ("so", 1, "so\n")]
)
def test_what_is_returned_or_exited_with_is_the_status(answer, status, err):
    assert run_command(lambda: answer) == CommandResult(status, "", err)
    assert run_command(lambda: sys.exit(answer)) == CommandResult(status, "", err)


def test_any_other_error_is_the_test_s():
    with pytest.raises(ZeroDivisionError):
        run_command(lambda: 1 / 0)
