"""One HTML document that contains its style, its script and its data, and loads nothing.

Sources: the HTML Living Standard, section 4.12.1.3 ("Restrictions for contents of script elements"); Content Security
Policy Level 3, section 2.3.1 (hashes of inline style and script).
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def document(
    title: str,
    body: Sequence[Element],
    *,
    style: str = "",
    script: str = "",
    data: Any = None,
    language: str = "en",
    generator: str = "",
) -> str:
    """Return a whole page as text; to be written as UTF-8.

    Text and attributes are escaped, so that a name that contains HTML is shown as it is. The content security policy
    allows only this script and this style, by their hashes, and blocks everything that would be loaded.

    Args:
        title: The browser's title, as plain text.
        body: The elements of the page. The caller adds a first heading and landmarks.
        style: CSS, in addition to the common style of all pages (`page.css`).
        script: JavaScript that runs when the page is complete; the page should be usable without it.
        data: JSON-compatible data that the script reads from `document.getElementById("data")`.
        language: The language of the text (BCP 47).
        generator: The program that made the page, by which `saving.save` recognises its own pages; omitted when empty.
    """
    sheet = f"{asset('page.css')}\n{style}".strip()
    page = Element("html", lang=language)
    head = SubElement(page, "head")
    SubElement(head, "meta", charset="utf-8")
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    SubElement(head, "meta", name="color-scheme", content="light dark")
    if generator:
        SubElement(head, "meta", name="generator", content=generator)
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": _policy(sheet, script)})
    SubElement(head, "title").text = title
    SubElement(head, "style").text = sheet
    SubElement(page, "body").extend(body)
    if data is not None:
        SubElement(page[1], "script", type="application/json", id="data").text = _as_json(data)
    if script:
        SubElement(page[1], "script").text = script
    return f"<!doctype html>\n{tostring(page, encoding='unicode', method='html')}\n"


def asset(name: str, package: str = "pegboard.html") -> str:
    """Return the text of a data file of *package*, which may be in a zip archive."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _policy(sheet: str, script: str) -> str:
    allowed = ["default-src 'none'", f"style-src '{_hash(sheet)}'", "img-src data:"]
    if script:
        allowed.append(f"script-src '{_hash(script)}'")
    return "; ".join([*allowed, "base-uri 'none'", "form-action 'none'"])


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _as_json(data: Any) -> str:
    """Return *data* as JSON that cannot contain the end tag of its script element."""
    import json

    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
