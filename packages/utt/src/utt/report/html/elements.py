"""What sections of the page share: names as people gave them, and days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.tools.pages.markup import element

if TYPE_CHECKING:
    from datetime import date
    from xml.etree.ElementTree import Element

NO_PROJECT = "no project"  # no project can be called so: their names have no blanks in them
_NO_NAME = "no name"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


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
