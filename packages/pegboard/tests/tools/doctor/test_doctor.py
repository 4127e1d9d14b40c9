"""What the doctor's parts promise, without a process."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pegboard import errors
from pegboard.ledger import Plugin
from pegboard.tools.doctor.codes import CODES, ERROR, NOTE, WARNING
from pegboard.tools.doctor.finding import finding, from_error
from pegboard.tools.doctor.health_check import has_health_check

SOURCE = Path(errors.__file__).parents[1]
PAGE = Path(__file__).parents[5] / "docs" / "reference" / "doctor.md"


def test_the_page_of_findings_has_each_code_as_it_is():
    rows = re.findall(r"^\| `([\w-]+)` \| (\w+) \| (.+) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {code: (severity, meaning, remedy) for code, severity, meaning, remedy in rows} == CODES


def test_each_code_is_used():
    checks = [path for path in (SOURCE / "tools/doctor").rglob("*.py") if path.name != "codes.py"]
    text = "".join(path.read_text(encoding="utf-8") for path in checks)
    of_errors = {value.code for value in vars(errors).values() if hasattr(value, "code")}
    assert [code for code in CODES if f'"{code}"' not in text and code not in of_errors] == []


def test_findings_are_sorted_by_severity_then_by_code_and_culprit():
    note, warning = finding("index-stale", "c"), finding("plugin-slow", "b", plugin="z")
    first, second = finding("file-missing", "a", plugin="a"), finding("file-missing", "a", plugin="b")
    given = [note, second, warning, first]
    assert sorted(given, key=lambda found: found.sort_key) == [first, second, warning, note]
    assert [found.severity for found in (first, warning, note)] == [ERROR, WARNING, NOTE]


def test_an_error_of_the_host_keeps_all_that_it_says():
    error = errors.PluginImportError("csv", "acme-csv 1.2.0", "OSError: no", "csv.py:3", "update it")
    found = from_error(error)
    assert found.lines() == [
        "error[plugin-import-failed]: plugin 'csv' of acme-csv 1.2.0 could not be imported and is left out",
        "  cause: OSError: no",
        "  where: csv.py:3",
        "  remedy: update it",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def health(): pass", True),
        ("async def health(): pass", True),
        ("from x import check as health", True),
        ("import health", True),
        ("health = print", True),
        ("health: object = print", True),
        ("try:\n    from x import health\nexcept ImportError:\n    pass", True),
        ("if 1:\n    pass\nelse:\n    def health(): pass", True),
        ("class A:\n    def health(self): pass", False),
        ("def f():\n    def health(): pass", False),
        ("from x import health as other", False),
        ("def (", False),
        ("\0", False),
    ],
)
def test_a_health_check_is_seen_without_importing(tmp_path, text, expected):
    file = tmp_path / "plugin.py"
    file.write_text(text)
    assert has_health_check(Plugin("plugin", "app.plugins.plugin", origin=str(file))) is expected


@pytest.mark.parametrize("origin", [None, "gone.py", "plugin.so"])
def test_what_has_no_source_has_no_health_check_that_could_be_seen(origin):
    assert not has_health_check(Plugin("plugin", "app.plugins.plugin", origin=origin))
