"""Many notes in every format, on two workers as in a loop: installed from wheels, and run."""

from __future__ import annotations

import re

import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def batch(environments, user):
    projects = ("packages/pegboard", "examples/notes", "examples/notes-html", "examples/batch")
    environment = environments.shared_environment(*projects, linked=("distributed",))
    user.environ["DASK_LOGGING__DISTRIBUTED"] = "error"  # else it warns when the machine is busy
    return lambda *words: user.run(environment.python, "-m", "batch", *words)


def without_seconds(text):
    return re.sub(r" +[\d.]+$", "", text, flags=re.MULTILINE)


def test_workers_do_what_a_loop_does_and_the_plugin_that_fails_on_some_notes_is_named(batch):
    here, on_workers = batch("--notes", "100"), batch("--notes", "100", "--dask")

    assert (here.code, on_workers.code) == (0, 0), here.err + on_workers.err
    table, _, failures = without_seconds(on_workers.out).partition("\n\n")
    assert [(words[0], words[1], words[3]) for words in map(str.split, table.splitlines()[1:])] == [
        ("markdown", "100", "0"),
        ("plain", "100", "0"),
        ("html", "100", "0"),
        ("receipt", "99", "1"),
    ]
    assert failures.startswith(
        "receipt: 1 notes failed; the first, 'Shopping 100':\nplugin 'receipt' of batch-example 0.1.0 failed while "
    )
    assert "\n  cause: ValueError: could not convert string to float: 'Bread'\n" in failures
    assert without_seconds(here.out) == without_seconds(on_workers.out)
    assert on_workers.err == ""
