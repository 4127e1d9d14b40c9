"""HTML elements, made in one line each; text is escaped when the document is written."""

from __future__ import annotations

from xml.etree.ElementTree import Element


def element(tag: str, *content: Element | str | None, **attributes: str | None) -> Element:
    """Return an element.

    Args:
        tag: The element's name.
        *content: Its elements and text, in order; None is skipped.
        **attributes: Its attributes: `class_` and `for_` lose the underscore, in others `_` becomes `-`; None is
            skipped.
    """
    given = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    made = Element(tag, given)
    for each in content:
        if isinstance(each, Element):
            made.append(each)
        elif each is not None and len(made):
            made[-1].tail = (made[-1].tail or "") + each
        elif each is not None:
            made.text = (made.text or "") + each
    return made
