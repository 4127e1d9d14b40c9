"""Adds the command `THE_name` to utt."""

from utt.api import v1


class Command:
    def __init__(self, activities: v1.Activities, output: v1.Output) -> None:
        self.activities, self.output = activities, output

    def __call__(self) -> None:
        for activity in self.activities:
            print(f"{v1.format_duration(activity.duration)}  {activity.name.name}", file=self.output)


v1.register_command(v1.Command("THE_name", "List activities with their time", Command, v1.add_report_arguments))
