"""The text report, unless another plugin provides `ReportView`."""

from __future__ import annotations

from utt.api import v1


class DefaultReportView(v1.ReportView):
    """Prints Summary, Projects or Per Day, Activities, and Details for a single day or with `--details`."""

    def __init__(self, report: v1.ReportModel) -> None:
        self._report = report

    def render(self, output: v1.Output) -> None:
        report, args = self._report, self._report.args
        v1.SummaryView(report.summary_model).render(output)
        if args.show_per_day:
            v1.PerDayView(report.per_day_model).render(output)
        else:
            v1.ProjectsView(report.projects_model).render(output)
        v1.ActivitiesView(report.activities_model).render(output)
        if args.show_details or args.range.start == args.range.end:
            v1.DetailsView(report.details_model, show_comments=args.show_comments).render(output)


v1.register_component(v1.ReportView, DefaultReportView)
