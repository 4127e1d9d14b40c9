"""The README's program is complete, small, and prints what the README says."""

import re

import pytest


@pytest.mark.slow
def test_the_program_prints_what_the_readme_says(user, page):
    readme = page("README.md")
    assert readme.transcript
    assert user.follow(readme) == readme.transcript


def test_the_program_has_at_most_25_lines(page):
    text = page("README.md").path.read_text(encoding="utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(program.splitlines()) <= 25


def test_every_link_leads_to_a_file(page):
    path = page("README.md").path
    links = re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8"))
    assert links
    assert [link for link in links if not (path.parent / link).is_file()] == []


def test_every_make_command_exists(page):
    readme = page("README.md").path
    makefile = (readme.parent / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"`make (\w+)`", readme.read_text(encoding="utf-8")))
    assert {"demo", "test"} <= named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
