"""Section Details: every activity in order, with its times."""

from __future__ import annotations

from utt.domain.activity import Activity
from utt.domain.duration import decimal_hours, format_duration
from utt.report.layout import section_head, write_csv

TYPE_CHECKING = False

if TYPE_CHECKING:
    from utt.report.layout import Writable


class DetailsModel:
    """Every activity of the report.

    Args:
        activities: All activities in order, breaks and ignored ones included.
    """

    def __init__(self, activities: list[Activity]) -> None:
        self.activities: list[Activity] = activities


class DetailsView:
    """Prints the section Details.

    Args:
        model: The contents of the section.
        show_comments: Whether comments follow the names.
    """

    def __init__(self, model: DetailsModel, show_comments: bool = False) -> None:  # noqa: FBT001, FBT002  # published interface
        self._model = model
        self._show_comments = show_comments

    def render(self, output: Writable) -> None:
        """Print the section to *output*, grouped by date if its first and last activity have different dates."""
        activities = self._model.activities
        lines = [section_head("Details")]
        grouped = bool(activities) and activities[0].start.date() != activities[-1].start.date()
        day = None
        for activity in activities:
            if grouped and activity.start.date() != day:
                gap = "" if day is None else "\n"
                day = activity.start.date()
                lines.append(f"{gap}{day}:\n\n")
            lines.append(self._line(activity))
        lines.append("\n")
        output.write("".join(lines))

    def csv(self, output: Writable) -> None:
        """Print the activities as comma-separated values to *output*."""
        rows = [
            (
                str(activity.start.date()),
                activity.name.project,
                activity.name.task,
                decimal_hours(activity.duration),
                Activity.Type.name(activity.type),
                activity.comment or "",
            )
            for activity in self._model.activities
        ]
        write_csv(output, ("Date", "Projects", "Tasks", "Duration", "Type", "Comment"), rows)

    def _line(self, activity: Activity) -> str:
        line = (
            f"({format_duration(activity.duration)}) {activity.start:%H:%M}-{activity.end:%H:%M} {activity.name.name}"
        )
        return f"{line}  # {activity.comment}\n" if self._show_comments and activity.comment else f"{line}\n"
