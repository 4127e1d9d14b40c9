"""The name of an activity: `PROJECT: TASK`, or just a task."""

from __future__ import annotations


class Name:
    """The full name of an activity, and the project and task in it.

    A project is one or more characters, neither white space nor colons, from the very start, followed by
    a colon and exactly one white-space character. Without one, the project is empty and the task is the
    full name.

    Examples:
        >>> Name("acme: review").project, Name("acme: review").task
        ('acme', 'review')
        >>> Name("foo:bar").project, Name("foo:bar").task
        ('', 'foo:bar')
    """

    def __init__(self, name: str) -> None:
        self.name: str = name
        self.project: str = ""
        self.task: str = name
        project, colon, rest = name.partition(":")
        # `split` and the log's grammar agree on white space: one part means that *project* has none.
        if colon and rest[:1].isspace() and project and project.split() == [project]:
            self.project = project
            self.task = rest[1:]

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"Name({self.name!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Name):
            return NotImplemented
        return self.name == other.name

    def __lt__(self, other: Name) -> bool:
        if not isinstance(other, Name):
            return NotImplemented
        return self.name < other.name

    __hash__ = None  # type: ignore[assignment]  # mutable
