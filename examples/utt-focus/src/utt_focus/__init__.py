from datetime import timedelta
from typing import Any

from utt.api import v1


class Focus:
    def __init__(self, activities: v1.Activities, output: v1.Output) -> None:
        self.activities, self.output = activities, output

    def __call__(self) -> None:
        for duration, name in longest(self.activities):
            print(f"{v1.format_duration(duration)}  {name}", file=self.output)


class FocusReportView(v1.ReportView):
    """The summary, what took most of the time, and the projects."""

    def __init__(self, report: v1.ReportModel, activities: v1.Activities) -> None:
        self.report, self.activities = report, activities

    def render(self, output: Any) -> None:
        v1.SummaryView(self.report.summary_model).render(output)
        print("\n------------------------------------ Focus -------------------------------------\n", file=output)
        for duration, name in longest(self.activities):
            print(f"({v1.format_duration(duration)}) {name}", file=output)
        v1.ProjectsView(self.report.projects_model).render(output)


def longest(activities: v1.Activities, count: int = 3) -> list[tuple[timedelta, str]]:
    """Return the *count* names that most work went into, each with its time, the longest first."""
    total: dict[str, timedelta] = {}
    for activity in activities:
        if activity.type == v1.Activity.Type.WORK:
            name = activity.name.name
            total[name] = total.get(name, timedelta()) + activity.duration
    return sorted(((duration, name) for name, duration in total.items()), reverse=True)[:count]


v1.register_command(v1.Command("focus", "Say what took most of your time", Focus, v1.add_selection_arguments))
v1.register_component(v1.ReportView, FocusReportView)
