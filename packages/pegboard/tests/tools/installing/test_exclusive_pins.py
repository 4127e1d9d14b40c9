"""When requirements exclude one another, both plugins are named, and isolation is offered where it helps."""

from typing import ClassVar

import pytest

from pegboard.errors import InstallFailedError
from pegboard.index import Settings
from pegboard.tools.installing.exclusive_pins import Isolating
from pegboard.tools.installing.installer import Step


class Installed:
    requires: ClassVar = {
        "notes": ["pydantic<2"],
        "notes-html": ["inklib==1.0", "Jinja_2>=3 ; extra == 'x'"],
        "inklib": [],
    }


class Installer:
    """Resolves to *steps*, or fails."""

    def __init__(self, *steps):
        self.steps, self.asked = steps, []

    def resolve(self, requirements, pins):
        self.asked.append(requirements)
        if not self.steps:
            raise InstallFailedError("uv", "no solution")
        return list(self.steps)


def isolating(*requirements):
    kept = {"notes", "notes-html"}
    return Isolating(Settings("notes", {"HOME": "/home/ada"}), Installed, requirements, kept, "notes")


def step(key, version):
    return Step(key, version, is_direct=False)


def test_both_plugins_are_named_with_the_command():
    installer = Installer(step("notes-pdf", "1.0"), step("inklib", "2.0"))
    refusal = isolating("notes-pdf>=1").refusal(installer)
    assert installer.asked == [["notes-pdf>=1", "notes"]]
    assert refusal.because() == (
        "notes-pdf>=1 and notes-html exclude one another: "
        "notes-html requires inklib==1.0, and notes-pdf>=1 needs inklib 2.0"
    )
    assert refusal.hint().startswith(
        "to have it in an environment of its own: `notes plugins isolate 'notes-pdf>=1'`; or ask for"
    )


def test_what_cannot_be_had_beside_the_application_is_not_offered():
    assert isolating("notes-pdf").refusal(Installer()) is None
    assert isolating("notes-pdf").refusal(Installer(step("inklib", "1.0"))) is None


@pytest.mark.parametrize(
    ("requirements", "steps", "is_offered"),
    [
        (("notes-pdf",), [step("inklib", "2.0")], True),
        (("notes-pdf",), [step("inklib", "1.0")], False),
        (("notes-pdf",), [step("inklib", "2.0"), step("pydantic", "2.1")], False),  # it excludes the application, too
        (("notes-pdf", "notes-svg"), [step("inklib", "2.0")], False),  # which of the two is not known
    ],
)
def test_advice_is_given_where_it_helps(requirements, steps, is_offered):
    assert bool(isolating(*requirements).advice(steps)) is is_offered
