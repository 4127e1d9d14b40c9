"""Makes elements of a page.

In: a tag, text and other elements. Out: an element, in which text stays text.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element


def element(tag: str, *content: Element | str | None, **attributes: str | None) -> Element:
    """Return an element.

    Args:
        tag: What it is.
        *content: Elements and text that are in it, one after the other; None is left out.
        **attributes: As in HTML; `class_` and `for_` without their line, others with `-` for `_`. None is left out.
    """
    given = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    made = Element(tag, given)
    last: Element | None = None
    for each in content:
        if isinstance(each, Element):
            made.append(each)
            last = each
        elif each is not None and last is None:
            made.text = (made.text or "") + each
        elif each is not None and last is not None:
            last.tail = (last.tail or "") + each
    return made
