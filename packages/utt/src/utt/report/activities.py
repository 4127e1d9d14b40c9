"""Section Activities: each activity by name, work first, then breaks."""

from __future__ import annotations

from utt.domain.activity import Activity
from utt.report.layout import name_lines, section_head, total_duration

TYPE_CHECKING = False

if TYPE_CHECKING:
    from utt.report.layout import NameRow, Writable


class ActivitiesModel:
    """How long each activity took, by its full name.

    Args:
        activities: The activities of the report; ignored ones do not count.
    """

    def __init__(self, activities: list[Activity]) -> None:
        self.names_work: list[NameRow] = _rows(activities, Activity.Type.WORK)
        """A dict for each name: `duration` as `XhYY`, `project`, and `name`: the task."""
        self.names_break: list[NameRow] = _rows(activities, Activity.Type.BREAK)
        """The same for breaks."""


class ActivitiesView:
    """Prints the section Activities.

    Args:
        model: The contents of the section.
    """

    def __init__(self, model: ActivitiesModel) -> None:
        self._model = model

    def render(self, output: Writable) -> None:
        work, breaks = name_lines(self._model.names_work), name_lines(self._model.names_break)
        output.write(f"{section_head('Activities')}{work}\n{breaks}")


def _rows(activities: list[Activity], activity_type: int) -> list[NameRow]:
    groups: dict[str, list[Activity]] = {}
    for activity in activities:
        if activity.type == activity_type:
            groups.setdefault(activity.name.name, []).append(activity)

    def order(full_name: str) -> tuple[str, str, str]:
        name = groups[full_name][0].name
        return name.project.lower(), name.task.lower(), full_name

    return [
        {
            "duration": total_duration(groups[full_name]),
            "project": groups[full_name][0].name.project,
            "name": groups[full_name][0].name.task,
        }
        for full_name in sorted(groups, key=order)
    ]
