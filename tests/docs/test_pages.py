"""Every page of the documentation that shows a program or a terminal is followed, step by step."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*/*.md"))


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_a_reader_sees_what_the_page_says(path, page, request):
    content = page(path)
    reader = request.getfixturevalue("newcomer" if path.startswith("docs/tutorial/") else "user")
    assert reader.follow(content) == content.transcript
