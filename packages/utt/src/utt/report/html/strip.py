"""The chart of a single day: its activities by the clock, in the colours of the projects."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from pegboard.html.element import element
from utt.domain.activity import Activity
from utt.domain.duration import format_duration
from utt.report.html.elements import plain_activity_name
from utt.report.html.legend import legend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from xml.etree.ElementTree import Element

    from utt.report.html.hours import Hours, Share

_HOUR = timedelta(hours=1)
_HEIGHT, _BOTTOM = 48, 22  # pixels: of the strip; below it, for the clock
_TICKS_AT_MOST = 12
_ROOM_FOR_LETTER = 3  # percent of the width, which is 300 pixels or more


def strip(hours: Hours, activities: Sequence[Activity]) -> Element:
    """Return the strip of the only day in *hours*.

    Args:
        hours: The day with its projects and their colours.
        activities: The activities of the report, breaks and ignored ones included; other days are left out.
    """
    day = hours.intervals[0].first
    activities = [activity for activity in activities if activity.start.date() == day]
    midnight = datetime.combine(day, time(), activities[0].start.tzinfo)
    first = min(activity.start - midnight for activity in activities) // _HOUR
    last = max(first + 1, -(-max(activity.end - midnight for activity in activities) // _HOUR))
    shares = {project: share for share in hours.shares for project in share.projects}

    def position(moment: timedelta) -> float:
        return 100 * (moment / _HOUR - first) / (last - first)

    drawn = list(_clock(first, last, position))
    rests = False
    for activity in activities:
        share = shares[activity.name.project] if activity.type == Activity.Type.WORK else None
        rests |= share is None
        drawn += _part(activity, share, position(activity.start - midnight), position(activity.end - midnight))
    return element(
        "figure",
        legend(hours.shares, *([_rest_item()] if rests else [])),
        element(
            "svg",
            *drawn,
            width="100%",
            height=str(_HEIGHT + _BOTTOM),
            role="img",
            aria_label=f"What was done from {_time(first)} to {_time(last)}. The list of the day below says the same.",
        ),
        class_="strip",
    )


def _clock(first: int, last: int, position: Callable[[timedelta], float]) -> Iterator[Element]:
    step = next(step for step in (1, 2, 3, 4, 6, 12, 24, last - first) if (last - first) / step <= _TICKS_AT_MOST)
    for number, hour in enumerate(range(first, last + 1, step)):
        x = f"{position(timedelta(hours=hour)):.3f}%"
        yield element("line", x1=x, x2=x, y1="0", y2=str(_HEIGHT + 4), class_="line")
        anchor = {first: "from-here", last: "to-here"}.get(hour, "around")
        every_second = " second" if number % 2 else ""  # hidden in a narrow window
        yield element("text", _time(hour), x=x, y=str(_HEIGHT + 18), class_=f"{anchor}{every_second}")


def _part(activity: Activity, share: Share | None, start: float, end: float) -> Iterator[Element]:
    name = plain_activity_name(activity.name.name)
    label = f"{activity.start:%H:%M}-{activity.end:%H:%M} {name} ({format_duration(activity.duration)})"
    yield element(
        "rect",
        element("title", label),
        x=f"{start:.3f}%",
        y="4" if share else "16",
        width=f"{end - start:.3f}%",
        height=str(_HEIGHT - (8 if share else 32)),
        class_=f"hue-{share.hue}" if share else "rest",
    )
    if share and end - start >= _ROOM_FOR_LETTER:
        middle = f"{(start + end) / 2:.3f}%"
        yield element("text", share.key, x=middle, y=str(_HEIGHT // 2 + 4), class_=f"key key-{share.hue}")


def _rest_item() -> Element:
    drawn = element(
        "svg",
        element("rect", x="1", y="5", width="16", height="8", class_="rest"),
        width="18",
        height="18",
        class_="swatch",
        aria_hidden="true",
    )
    return element("li", drawn, element("span", "break, or not counted", class_="muted"))


def _time(hour: int) -> str:
    return f"{hour if hour == 24 else hour % 24:02d}:00"  # noqa: PLR2004  # 24:00 is the end of a day
