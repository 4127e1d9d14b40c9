"""The contents of a report, section by section."""

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
    """The contents of a report; a view prints them.

    Args:
        activities: The activities of the report.
        args: The settings of the report.
    """

    def __init__(self, activities: Activities, args: ReportArgs) -> None:
        # Every start imports this class, since it is a key of the container; only reports need its sections.
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
