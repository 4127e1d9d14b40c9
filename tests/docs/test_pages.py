"""Every page of the documentation that shows a program or a terminal is followed, step by step."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_READERS = {
    "docs/how-to/freeze-your-application.md": "packager",
    "docs/how-to/run-plugins-on-many-machines.md": "user_of_dask",
}
PAGES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*/*.md"))


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_a_reader_sees_what_the_page_says(path, page, request):
    content = page(path)
    reader = request.getfixturevalue(_READERS.get(path, "newcomer" if path.startswith("docs/tutorial/") else "user"))
    reader.check(content)


def test_the_finished_plugin_of_the_tutorial_is_the_example(page):
    example = ROOT / "examples/utt-focus"
    files = {path.relative_to(example).as_posix(): path for path in example.rglob("*") if path.is_file()}
    shown = page("docs/tutorial/first-plugin.md").files
    assert {name: path.read_text(encoding="utf-8") for name, path in files.items() if name in shown} == shown
