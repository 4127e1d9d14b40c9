"""What several sections of the page share: names and dates."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pegboard.html.element import element
from utt.domain.dates import MONTHS, WEEKDAYS

if TYPE_CHECKING:
    from datetime import date
    from xml.etree.ElementTree import Element

NO_PROJECT = "no project"  # no name of a project has a blank in it
_NO_NAME = "no name"
_MARKED = re.compile(r"(-- )(.*\S)( --)|()(.*?\S)(\s*\*{2,})", re.DOTALL)


def name(text: str, *, without: str = _NO_NAME) -> Element:
    """Return *text* isolated from the writing direction around it; *without* if *text* is blank."""
    return element("bdi", text) if text.strip() else element("span", without, class_="muted")


def activity_name(text: str) -> Element:
    """Return the name of an activity: the asterisks and dashes that mark its type are there, and are not seen."""
    before, shown, after = _parts(text)
    if not after:
        return name(text)
    return element(
        "bdi", element("span", before, class_="mark") if before else None, shown, element("span", after, class_="mark")
    )


def plain_activity_name(text: str) -> str:
    """Return the name of an activity as it is seen."""
    return _parts(text)[1]


def _parts(text: str) -> tuple[str, str, str]:
    """Return what marks the type before the name, the name, and what marks the type after it."""
    match = _MARKED.fullmatch(text)
    if match is None:
        return "", text, ""
    before, shown, after = (part for part in match.groups() if part is not None)
    return before, shown, after


def project_name(project: str) -> Element:
    """Return the name of a project; an empty name means no project."""
    return name(project, without=NO_PROJECT)


def scrolled(label: str, *content: Element, class_: str = "scroll") -> Element:
    """Return *content* in a part of the page that scrolls separately, also with the keyboard."""
    return element("div", *content, class_=class_, role="group", aria_label=label, tabindex="0")


def weekday(day: date) -> str:
    """Return the short English name of the weekday."""
    return WEEKDAYS[day.weekday()][:3].capitalize()


def month(day: date) -> str:
    """Return the short English name of the month."""
    return MONTHS[day.month - 1][:3].capitalize()


def day_name(day: date) -> str:
    """Return *day* as in the title of the report, but shorter.

    Examples:
        >>> from datetime import date
        >>> day_name(date(2021, 3, 1))
        'Mon, Mar 01, 2021'
    """
    return f"{weekday(day)}, {month(day)} {day.day:02d}, {day.year}"
