"""What pages are made of: elements, written as they are nested, and names as people gave them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

if TYPE_CHECKING:
    from datetime import date

NO_PROJECT = "no project"  # no project can be called so: their names have no blanks in them
_NO_NAME = "no name"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def element(tag: str, *content: Element | str | None, **attributes: str) -> Element:
    """Return an element with *content* in it, texts and elements in that order.

    Args:
        tag: What it is.
        *content: What is in it; None is nothing.
        **attributes: Underscores stand for dashes, and one at the end for nothing: `class_`.
    """
    made = Element(tag, {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()})
    last: Element | None = None
    for part in content:
        if isinstance(part, Element):
            made.append(part)
            last = part
        elif part and last is None:
            made.text = (made.text or "") + part
        elif part and last is not None:
            last.tail = (last.tail or "") + part
    return made


def name(text: str, *, without: str = _NO_NAME) -> Element:
    """Return *text* so that its direction of writing does not disturb what is around; *without* if it is blank."""
    return element("bdi", text) if text.strip() else element("span", without, class_="muted")


def project_name(project: str) -> Element:
    """Return the name of a project; the empty one is none."""
    return name(project, without=NO_PROJECT)


def scrolled(label: str, *content: Element, class_: str = "scroll") -> Element:
    """Return *content* in a part of the page that scrolls by itself, also with the keyboard."""
    return element("div", *content, class_=class_, role="group", aria_label=label, tabindex="0")


def weekday(day: date) -> str:
    """Return the short name of the weekday, in English whatever the locale, as all of the report."""
    return _WEEKDAYS[day.weekday()]


def month(day: date) -> str:
    """Return the short name of the month, in English."""
    return _MONTHS[day.month - 1]


def day_name(day: date) -> str:
    """Return a day as the title of the report has it, without what is clear from around it.

    Examples:
        >>> from datetime import date
        >>> day_name(date(2021, 3, 1))
        'Mon, Mar 01, 2021'
    """
    return f"{weekday(day)}, {month(day)} {day.day:02d}, {day.year}"
