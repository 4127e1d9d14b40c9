"""The table `[isolated]` of `plugins.toml`."""

import tomllib

import pytest

from pegboard.isolation.policy import Isolation, read_isolated
from pegboard.startup.policy.policy import load_policy


def read(line):
    return list(read_isolated(tomllib.loads(line)))


@pytest.mark.parametrize(
    ("line", "isolation"),
    [
        ("notes-csv = true", Isolation("notes-csv")),
        ('notes-csv = ">=2,<3"', Isolation("notes-csv", specifier=">=2,<3")),
        ('notes-csv = " ==1.0+local "', Isolation("notes-csv", specifier="==1.0+local")),
        ('csv = { requirement = "notes-csv[fast]>=2" }', Isolation("csv", requirement="notes-csv[fast]>=2")),
        ('csv = { requirement = "-e ./csv" }', Isolation("csv", requirement="-e ./csv")),
        (
            'a.b = { python = "3.11", confined = true, environ = ["PDF_*"] }',
            None,  # a dotted key is a table in a table
        ),
        (
            '"a.b" = { python = "3.11", confined = true, environ = ["PDF_*"] }',
            Isolation("a.b", python="3.11", confined=True, environ=("PDF_*",)),
        ),
    ],
)
def test_a_line_says_what_is_wanted(line, isolation):
    found = read(line)
    if isolation is None:
        assert not any(isinstance(each, Isolation) and each.python for each in found)
    else:
        assert found == [isolation]


def test_false_isolates_nothing():
    assert read("notes-csv = false") == []


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        ("csv = 3", "csv", "must be true, a version"),
        ('csv = "newest"', "csv", "must be true, a version"),
        ('csv = ">=2, --pre"', "csv", "must be true, a version"),
        ("csv = []", "csv", "must be true, a version"),
        ('"../csv" = true', "../csv", "cannot be the name"),
        ('"" = true', "", "cannot be the name"),
        ('"csv --pre" = true', "csv --pre", "cannot be the name"),
        ("csv = { pyton = '3.11' }", "csv.pyton", "known are requirement, python, confined, environ"),
        ("csv = { python = 3.11 }", "csv.python", "must be a version of Python"),
        ("csv = { python = '--system' }", "csv.python", "must be a version of Python"),
        ("csv = { requirement = '--index-url=http://evil' }", "csv.requirement", "must be a requirement"),
        ('csv = { requirement = "a\\n--pre" }', "csv.requirement", "must be a requirement"),
        ("csv = { environ = 'HOME' }", "csv.environ", "must be a list"),
        ("csv = { environ = ['A=1'] }", "csv.environ", "must be a list"),
    ],
)
def test_nonsense_is_named_with_its_place(line, place, said):
    problems = [each for each in read(line) if not isinstance(each, Isolation)]
    assert [".".join(path) for path, _ in problems] == [f"isolated.{place}"]
    assert said in problems[0][1]


def test_what_is_not_understood_of_a_confinement_confines():
    _, isolation = read("csv = { confined = 'yes' }")
    assert isolation.confined


def test_the_policy_has_it_and_names_the_line_of_a_mistake(tmp_path):
    file = tmp_path / "plugins.toml"
    file.write_text("[isolated]\nnotes-csv = true\nnotes-pdf = 7\n")
    policy = load_policy("NOTES", str(file), {})
    assert policy.isolated == [Isolation("notes-csv")]
    (problem,) = policy.problems
    assert (problem.line, "isolated.notes-pdf" in problem.problem) == (3, True)
    file.write_text("isolated = true\n")
    (problem,) = load_policy("NOTES", str(file), {}).problems
    assert problem.problem == "'isolated' must be a table, [isolated]"


@pytest.mark.parametrize(
    "isolation",
    [
        Isolation("a"),
        Isolation("a", specifier=">=2"),
        Isolation("a", requirement="-e /x"),
        Isolation("a", confined=True),
        Isolation("a", requirement="a>=2", python="3.12", confined=True, environ=("B",)),
    ],
)
def test_what_is_written_is_read_again(isolation):
    assert list(read_isolated({isolation.name: isolation.as_setting()})) == [isolation]
