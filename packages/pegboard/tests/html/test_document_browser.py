"""Every page: nothing is loaded, nothing but its own script runs, and whatever people call things is only text."""

from __future__ import annotations

from xml.etree.ElementTree import Element

import pytest
from support.browser import opened

from pegboard.html.document import document

_NASTY = "</title><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">&amp;\ud800\x00"


def _written(tmp_path, text):
    path = tmp_path / "page.html"
    path.write_text(text, encoding="utf-8", errors="xmlcharrefreplace")
    return path


def _paragraph(text, **attributes):
    element = Element("p", attributes)
    element.text = text
    return element


def test_names_with_html_in_them_are_shown_as_they_are(browser, tmp_path):
    page = document(
        "nasty & co",
        [_paragraph(_NASTY, id="said", title=_NASTY)],
        script="document.getElementById('said').dataset.read = JSON.parse(document.getElementById('data').textContent)",
        data=_NASTY,
    )

    shown = opened(browser, _written(tmp_path, page))

    assert shown.title() == "nasty & co"
    assert "<script>document.title='taken'</script>" in shown.locator("#said").inner_text()
    assert "&amp;" in shown.locator("#said").inner_text()
    assert shown.locator("#said").get_attribute("data-read") == _NASTY
    assert shown.locator("img").count() == 0


def test_a_script_that_is_not_the_pages_own_does_not_run(browser, tmp_path):
    page = document("mine", [_paragraph("hello")], script="document.title = 'ran'")

    with pytest.raises(AssertionError, match="Content Security Policy"):
        opened(browser, _written(tmp_path, page.replace("</body>", "<script>document.title='other'</script></body>")))


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(247, 247, 245)"), ("dark", "rgb(21, 23, 26)")])
def test_the_page_is_light_or_dark_as_the_user_wants(browser, tmp_path, scheme, ground):
    shown = opened(browser, _written(tmp_path, document("t", [_paragraph("hello")])), scheme=scheme)

    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == ground


def test_a_page_is_the_same_bytes_each_time():
    assert document("t", [_paragraph("a")], data={"b": 1}) == document("t", [_paragraph("a")], data={"b": 1})
