"""The library as its users have it: installed from a wheel, and imported."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

PAIRS = """
from rows.api import v1

@v1.register_reader("pairs", extensions=[".pairs", ".kv"])
def read(text):
    return [dict(part.split("=") for part in line.split()) for line in text.splitlines()]
"""


@pytest.fixture
def run(environments, user):
    user.environ["ROWS_PLUGINS_CACHE"] = str(user.home / ".cache/rows")
    folder = user.home / ".config" / "rows" / "plugins"
    folder.mkdir(parents=True)
    (folder / "pairs.py").write_text(PAIRS)
    environment = environments.shared_environment("packages/pegboard", "examples/rows")
    return lambda code: user.run(environment.python, "-c", code)


def test_a_file_is_read_by_the_reader_for_its_extension_and_no_other_is_imported(run, user):
    (user.home / "a.csv").write_text("name,age\nAda,36\n")
    (user.home / "b.kv").write_text("name=Ada age=36\n")
    look = "import sys, rows; print(rows.read({!r})); print('rows.plugins.{}' in sys.modules)"
    assert run(look.format("b.kv", "pairs")).out == "[{'name': 'Ada', 'age': '36'}]\nTrue\n"
    assert run(look.format("a.csv", "pairs")).out.startswith("[{'name': 'Ada', 'age': '36'}]\n")


def test_a_file_that_no_reader_knows_and_one_that_a_reader_cannot_read(run, user):
    (user.home / "c.xls").write_text("")
    assert "ValueError: no reader knows '.xls'; known: .csv, .kv, .pairs" in run("import rows; rows.read('c.xls')").err
    (user.home / "bad.kv").write_text("nothing")
    assert "plugin 'pairs' failed while" in run("import rows; rows.read('bad.kv')").err
