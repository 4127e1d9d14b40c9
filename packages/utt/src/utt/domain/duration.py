"""Durations as text."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    from datetime import timedelta


def whole_minutes(duration: timedelta) -> int:
    """Return the number of whole minutes, rounded down, also below zero."""
    return (duration.days * 86400 + duration.seconds) // 60


def format_duration(duration: timedelta) -> str:
    """Return *duration* as `XhYY`, rounded down to the minute; hours never become days.

    Examples:
        >>> from datetime import timedelta
        >>> format_duration(timedelta(hours=345, minutes=3, seconds=59))
        '345h03'
        >>> format_duration(timedelta(minutes=-30))
        '-1h30'
    """
    hours, minutes = divmod(whole_minutes(duration), 60)
    return f"{hours}h{minutes:02d}"


def decimal_hours(duration: timedelta) -> str:
    """Return *duration* in hours with one decimal, halves rounded up.

    A tiny addition rounds an exact half up; `round` alone rounds it to the even neighbour.

    Examples:
        >>> from datetime import timedelta
        >>> decimal_hours(timedelta(minutes=3)), decimal_hours(timedelta(minutes=2, seconds=59))
        ('0.1', '0.0')
    """
    hours = duration.total_seconds() / 3600
    return f"{round(10 * (hours + 0.000001)) / 10:.1f}"
