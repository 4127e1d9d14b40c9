"""Section Projects: the work of each project."""

from __future__ import annotations

from utt.domain.activity import Activity
from utt.report.layout import name_lines, section_head, sorted_by_letters, total_duration

TYPE_CHECKING = False

if TYPE_CHECKING:
    from utt.report.layout import NameRow, Writable


class ProjectsModel:
    """How long each project was worked on, and its tasks.

    Args:
        activities: The activities of the report; only work counts.
    """

    def __init__(self, activities: list[Activity]) -> None:
        self.projects: list[NameRow] = _rows(activities)
        """A dict for each project: `duration` as `XhYY`, `project`, and `name`: its tasks, joined."""


class ProjectsView:
    """Prints the section Projects.

    Args:
        model: The contents of the section.
    """

    def __init__(self, model: ProjectsModel) -> None:
        self._model = model

    def render(self, output: Writable) -> None:
        output.write(section_head("Projects") + name_lines(self._model.projects))


def _rows(activities: list[Activity]) -> list[NameRow]:
    groups: dict[str, list[Activity]] = {}
    for activity in activities:
        if activity.type == Activity.Type.WORK:
            groups.setdefault(activity.name.project, []).append(activity)
    return [
        {
            "duration": total_duration(groups[project]),
            "project": project,
            "name": ", ".join(sorted_by_letters(activity.name.task for activity in groups[project])),
        }
        for project in sorted_by_letters(groups)
    ]
