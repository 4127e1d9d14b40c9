"""Another view for `utt report`: one line for each project, with its share of the time.

It takes the place of `ReportView`, a component. Every command that shows a report gets this one from then on.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TextIO

from utt.api import v1

_BAR_WIDTH = 30
_WITHOUT_PROJECT = "(no project)"


class CompactReportView(v1.ReportView):
    """Prints the days, the total, and the share of each project; details and days if the arguments ask for them."""

    def __init__(self, report: v1.ReportModel) -> None:
        self._report = report

    def render(self, output: TextIO) -> None:
        """Print the report to *output*."""
        report = self._report
        output.write(f"{_days(report.args.range)}: {_totals(report.summary_model)}\n")
        work = [a for a in report.details_model.activities if a.type == v1.Activity.Type.WORK]
        output.writelines(_project_lines(work))
        last = report.summary_model.last_activity
        if last is not None and last.is_current_activity:
            output.write(f"  since {last.start:%H:%M}: {last.name.name}, {v1.format_duration(last.duration)}\n")
        if report.args.show_per_day:
            v1.PerDayView(report.per_day_model).render(output)
        if report.args.show_details:
            v1.DetailsView(report.details_model, show_comments=report.args.show_comments).render(output)


def _days(days: v1.DateRange) -> str:
    first, last = _day(days.start), _day(days.end)
    return first if days.start == days.end else f"{first} to {last}"


def _day(day: date) -> str:
    return f"{day:%a %Y-%m-%d}"


def _totals(summary: v1.SummaryModel) -> str:
    return f"{v1.format_duration(summary.working_time)} work, {v1.format_duration(summary.break_time)} break"


def _project_lines(work: list[v1.Activity]) -> list[str]:
    """Return a line for each project, the longest time first."""
    times: dict[str, timedelta] = {}
    for activity in work:
        project = activity.name.project or _WITHOUT_PROJECT
        times[project] = times.get(project, timedelta()) + activity.duration
    total = sum(times.values(), timedelta())
    if not total:
        return []
    width = max(map(len, times))
    lines = []
    for project in sorted(times, key=lambda name: (-times[name], name)):
        share = times[project] / total
        bar = "#" * max(1, round(share * _BAR_WIDTH))
        lines.append(f"  {project:<{width}}  {v1.format_duration(times[project]):>6}  {share:>4.0%}  {bar}\n")
    return lines


v1.register_component(v1.ReportView, CompactReportView)
