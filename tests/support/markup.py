"""Reads a page as a browser does, for tests that need no browser: a tree of elements, with all references resolved."""

from __future__ import annotations

from html.parser import HTMLParser
from xml.etree.ElementTree import Element, SubElement

_VOID = {"meta", "br", "hr", "img", "input", "link"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("root")
        self._open = [self.root]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        made = SubElement(self._open[-1], tag, {name: value or "" for name, value in attributes})
        if tag not in _VOID:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag, f"</{tag}> ends something else"

    def handle_data(self, data: str) -> None:
        last = list(self._open[-1])
        if last:
            last[-1].tail = (last[-1].tail or "") + data
        else:
            self._open[-1].text = (self._open[-1].text or "") + data


def parsed(page: str) -> Element:
    """Return what is in *page*; everything must be closed."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert reader._open == [reader.root]
    return reader.root


def text_of(element: Element | None) -> str:
    """Return all the text in *element*."""
    assert element is not None
    return "".join(element.itertext())


def with_class(element: Element, name: str) -> list[Element]:
    """Return what in *element* has the class *name*."""
    return [found for found in element.iter() if name in found.get("class", "").split()]
