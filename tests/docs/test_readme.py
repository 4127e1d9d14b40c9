"""The README's program is complete, small, and prints what the README says."""

import re

import pytest


@pytest.mark.slow
def test_the_program_prints_what_the_readme_says(user, page):
    readme = page("README.md")
    assert readme.transcript
    user.check(readme)


def test_the_program_has_at_most_25_lines(page):
    text = page("README.md").path.read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(program.splitlines()) <= 25


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "DESIGN.md"])
def test_every_link_leads_to_a_file(name, page):
    path = page("README.md").path.parent / name
    links = re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).is_file()] == []


@pytest.mark.parametrize(
    ("name", "commands"),
    [
        ("README.md", {"demo", "test", "docs"}),
        ("CONTRIBUTING.md", {"demo", "quick", "test", "soak", "check", "docs", "format"}),
    ],
)
def test_every_make_command_exists(name, commands, page):
    root = page("README.md").path.parent
    named = set(re.findall(r"`make ([\w-]+)`", (root / name).read_text(encoding="utf-8")))
    targets = set(re.findall(r"^([a-z-]+):", (root / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert commands <= named <= targets


def test_every_file_that_a_change_touches_exists(page):
    root = page("CONTRIBUTING.md").path.parent
    section = page("CONTRIBUTING.md").path.read_text(encoding="utf-8").partition("## Where does a change go?")[2]
    paths = re.findall(r"`((?!test_)[\w/]+\.(?:py|md))`", section.partition("\n## ")[0])
    source = root / "packages/pegboard/src/pegboard"
    written = [path for path in paths if "NAME" not in path]
    assert len(written) > 10
    assert [path for path in written if not (root / path).is_file() and not (source / path).is_file()] == []


def test_the_table_of_modules_has_the_storeys_of_the_contract(page):
    root = page("README.md").path.parent
    contract = (root / ".importlinter").read_text(encoding="utf-8")
    layers = re.search(r"^layers =\n((?:    .+\n)+)", contract, re.MULTILINE)[1]
    table = re.findall(r"^\| ((?:`\w+` )+)\| .*\? \|$", (root / "DESIGN.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert re.findall(r"`(\w+)`", " ".join(table)) == [room for room in re.findall(r"\w+", layers) if room != "_typing"]
