"""The chart of hours, with a bar for each day and a colour for each project, and a table of its numbers.

The chart is SVG and as wide as the page. Horizontal positions are in percent, so that text keeps its size.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from pegboard.html.element import element
from utt.domain.duration import format_duration
from utt.report.html.elements import scrolled
from utt.report.html.hours import NAMED_DAYS
from utt.report.html.legend import legend, share_name, swatch

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from utt.report.html.hours import Hours, Interval

_HOUR = timedelta(hours=1)
_HEIGHT, _TOP = 200, 22  # pixels: of the bars; above them, for their hours
_TICKS, _GROUPS = 24, 18  # pixels below the bars: for their names, and for the names of groups
_ROOM_FOR_LETTER = 14  # pixels of height
_MANY_ON_PAPER = 40  # more bars than these need smaller letters in print
_TICKS_AT_MOST = 5
_STEPS = (0.25, 0.5, 1, 2, 4, 5, 10, 20, 25, 50)  # hours between two lines; beyond these, their tenfold


def chart(hours: Hours) -> Element:
    """Return the chart with its legend and, below, its table."""
    return element(
        "figure",
        legend(hours.shares),
        element(
            "div",
            _axis(hours),
            scrolled("Chart of hours", _bars(hours), class_="scroll plot"),
            class_="chart",
        ),
        element(
            "details",
            element("summary", f"Hours by {hours.unit} and project as a table"),
            scrolled("Table of hours", _table(hours)),
            **({"open": ""} if len(hours.intervals) <= NAMED_DAYS else {}),
        ),
    )


def chart_style(hours: Hours) -> str:
    """Return the minimum width of the chart: in a narrower window it scrolls, in print it shrinks."""
    count = len(hours.intervals)
    width = count * (42 if count <= NAMED_DAYS else 20)
    small = ".plot svg { font-size: 7px; }" if count > _MANY_ON_PAPER else ""
    return f"@media screen {{ .plot svg {{ min-width: {width}px; }} }}\n@media print {{ {small} }}"


def _bars(hours: Hours) -> Element:
    slot = 100 / len(hours.intervals)
    few = len(hours.intervals) <= NAMED_DAYS
    top = max(lines(hours))
    drawn = [_line(line / top) for line in lines(hours)]
    for number, interval in enumerate(hours.intervals):
        middle = (number + 0.5) * slot
        drawn += _bar(hours, interval, middle, slot * (0.56 if few else 0.76), top)
        drawn.append(element("text", interval.tick, x=_percent(middle), y=str(_TOP + _HEIGHT + 17)))
        if interval.group:
            drawn.append(
                element("text", interval.group, x=_percent(number * slot), y=str(_TOP + _HEIGHT + 35), class_="group")
            )
        if few and hours.total(interval):
            y = _y(hours.total(interval) / _HOUR / top)
            drawn.append(
                element("text", format_duration(hours.total(interval)), x=_percent(middle), y=_px(y - 6), class_="sum")
            )
    first, last = hours.intervals[0], hours.intervals[-1]
    return element(
        "svg",
        *drawn,
        width="100%",
        height=_height(hours),
        role="img",
        aria_label=f"Stacked bars: hours by {hours.unit} and project, "
        + (first.name if first == last else f"{first.name} to {last.name}")
        + ". The table below has the same numbers.",
    )


def _bar(hours: Hours, interval: Interval, middle: float, width: float, top: float) -> list[Element]:
    drawn = []
    below = timedelta()
    for share in hours.shares:
        time = hours.times.get((interval.first, share.hue))
        if not time:
            continue
        y, end = _y((below + time) / _HOUR / top), _y(below / _HOUR / top)
        below += time
        label = f"{interval.name}: {''.join(share_name(share).itertext())} {format_duration(time)}"
        drawn.append(
            element(
                "rect",
                element("title", label),
                x=_percent(middle - width / 2),
                y=_px(y),
                width=_percent(width),
                height=_px(end - y),
                class_=f"hue-{share.hue}",
            )
        )
        if end - y >= _ROOM_FOR_LETTER:
            drawn.append(
                element("text", share.key, x=_percent(middle), y=_px((y + end) / 2 + 4), class_=f"key key-{share.hue}")
            )
    return drawn


def _height(hours: Hours) -> str:
    groups = _GROUPS if any(interval.group for interval in hours.intervals) else 0
    return str(_TOP + _HEIGHT + _TICKS + groups)


def _line(height: float) -> Element:
    return element("line", x1="0", x2="100%", y1=_px(_y(height)), y2=_px(_y(height)), class_="line")


def _axis(hours: Hours) -> Element:
    top = max(lines(hours))
    texts = (
        element("text", f"{line:g} h", x="34", y=_px(_y(line / top) + 4), class_="axis-text") for line in lines(hours)
    )
    return element("svg", *texts, width="40", height=_height(hours), class_="axis", aria_hidden="true")


def lines(hours: Hours) -> list[float]:
    """Return the hours of the lines across the chart, from 0 to at least the height of the highest bar."""
    highest = max(hours.total(interval) for interval in hours.intervals) / _HOUR
    factor = 1
    while True:
        for step in _STEPS:
            count = max(1, -(-highest // (step * factor)))
            if count <= _TICKS_AT_MOST:
                return [number * step * factor for number in range(int(count) + 1)]
        factor *= 10


def _table(hours: Hours) -> Element:
    heads = (
        element("th", swatch(share), share_name(share), scope="col", class_="number name") for share in hours.shares
    )
    rows = (
        element(
            "tr",
            element("th", interval.name, scope="row"),
            *(_cell(hours.times.get((interval.first, share.hue))) for share in hours.shares),
            _cell(hours.total(interval)),
        )
        for interval in hours.intervals
    )
    total = sum((share.time for share in hours.shares), timedelta())
    return element(
        "table",
        element("caption", f"Hours of work by {hours.unit} and project", class_="visually-hidden"),
        element(
            "thead",
            element(
                "tr",
                element("th", hours.unit.capitalize(), scope="col"),
                *heads,
                element("th", "All", scope="col", class_="number"),
            ),
        ),
        element("tbody", *rows),
        element(
            "tfoot",
            element(
                "tr",
                element("th", "All", scope="row"),
                *(_cell(share.time) for share in hours.shares),
                _cell(total),
            ),
        ),
        class_="hours",
    )


def _cell(time: timedelta | None) -> Element:
    return (
        element("td", format_duration(time), class_="number") if time else element("td", "0h00", class_="number zero")
    )


def _y(height: float) -> float:
    """Return the distance from the top for a *height* between 0 and 1, the height of the whole chart."""
    return _TOP + _HEIGHT * (1 - height)


def _px(length: float) -> str:
    return f"{length:.1f}"


def _percent(part: float) -> str:
    return f"{part:.3f}%"
