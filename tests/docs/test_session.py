"""The session that the front page shows: a terminal shows the text of its page, and the picture is drawn from it."""

import importlib.util
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
PAGE = "docs/session.md"
PICTURE = ROOT / "docs/images/session.svg"


@pytest.fixture(scope="module")
def drawing():
    """The script that draws; it lies beside the page, where no package is."""
    spec = importlib.util.spec_from_file_location("draw_session", ROOT / "docs/draw_session.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_terminal_shows_what_the_page_says(owner, page):
    owner.check(page(PAGE))


def test_the_picture_shows_the_text_of_the_page(drawing, page):
    drawn = drawing.draw(page(PAGE).path.read_text(encoding="utf-8"))
    assert PICTURE.read_text(encoding="utf-8") == drawn, "the page has changed: 'make picture' draws it anew"


def test_the_picture_has_every_word_of_the_session(page):
    lines = [
        "".join(span.text for span in line).split()
        for line in ET.parse(PICTURE).getroot().iter("{http://www.w3.org/2000/svg}text")
    ]
    assert [word for line in lines for word in line] == page(PAGE).transcript.split()


def test_the_picture_loads_nothing_and_fits_a_page():
    text = PICTURE.read_text(encoding="utf-8")
    assert re.findall(r"https?://[^\"\s]+|@import|@font-face|<image|<script|href", text) == [
        "http://www.w3.org/2000/svg"
    ]
    assert int(ET.parse(PICTURE).getroot().get("width")) <= 900
