"""All that a report says, section by section."""

from __future__ import annotations

from utt.domain.activity import Activities
from utt.domain.report_args import ReportArgs

TYPE_CHECKING = False

if TYPE_CHECKING:
    from utt.report.activities import ActivitiesModel
    from utt.report.details import DetailsModel
    from utt.report.per_day import PerDayModel
    from utt.report.projects import ProjectsModel
    from utt.report.summary import SummaryModel


class ReportModel:
    """What a report says; views only decide how it looks.

    Args:
        activities: What the report is about.
        args: What it is asked to show.
    """

    def __init__(self, activities: Activities, args: ReportArgs) -> None:
        # This class is a key of the container, known at every start; its parts are only for reports.
        from utt.report.activities import ActivitiesModel
        from utt.report.details import DetailsModel
        from utt.report.per_day import PerDayModel
        from utt.report.projects import ProjectsModel
        from utt.report.summary import SummaryModel

        self.args: ReportArgs = args
        self.summary_model: SummaryModel = SummaryModel(activities, args.range)
        self.projects_model: ProjectsModel = ProjectsModel(activities)
        self.per_day_model: PerDayModel = PerDayModel(activities)
        self.activities_model: ActivitiesModel = ActivitiesModel(activities)
        self.details_model: DetailsModel = DetailsModel(activities)
