"""What an installer says when it fails, and which versions must stay."""

from __future__ import annotations

import sys

import pytest

from pegboard.errors import InstallFailedError
from pegboard.tools.installing.held_versions import Held
from pegboard.tools.installing.installer import Step, is_of_the_network, run
from pegboard.tools.installing.wheels import is_older

CONFLICT = """\
Using Python 3.11.7 environment at: venv
error: No solution found when resolving dependencies
  cause: Because a needs b>=2 and c needs b<2, they are incompatible.
         And because you require both, they are unsatisfiable.
"""
CLASH = """\
WARNING: old
Processing ./a.whl
ERROR: Cannot install a==1 and c==1 because of conflicts.

The conflict is caused by:
    a 1 depends on b>=2

ERROR: ResolutionImpossible: for help visit https://pip
"""


def failing(text):
    with pytest.raises(InstallFailedError) as caught:
        run([sys.executable, "-c", f"import sys; sys.stdout.write({text!r}); sys.exit(1)"])
    return caught.value


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (CONFLICT, "Because a needs b>=2 and c needs b<2, they are incompatible."),
        (CLASH, "Cannot install a==1 and c==1 because of conflicts."),
        ("error: Failed to read `x`\n  cause: no zip\n", "Failed to read `x`"),
        ("gone\nfor good\n", "for good"),
        ("", "it printed nothing"),
    ],
)
def test_the_decisive_sentence_comes_first_and_all_follows_as_it_was_printed(text, cause):
    error = failing(text)
    lines = error.render().splitlines()
    assert lines[1] == f"  cause: {cause}"
    if text.count("\n") > 1:
        at = next(number for number, line in enumerate(lines) if line.endswith(" printed:"))
        assert lines[at + 1 :] == [f"  {line}" for line in text.splitlines()]
    assert not is_of_the_network(error)


def test_much_output_is_shown_from_its_end():
    text = "".join(f"line {number}\n" for number in range(1000))
    lines = InstallFailedError("uv", "why", "", text).render().splitlines()
    assert lines[:4] == ["error[install-failed]: uv failed", "  cause: why", "uv printed:", "  ... 800 lines ..."]
    assert lines[-1] == "  line 999"


class Snapshot:
    """utt needs lib; acme-a needs only-a and shared, acme-b needs shared; stray is nobody's."""

    def __init__(self):
        self.requires = {
            "utt": ["lib"],
            "acme-a": ["utt", "only-a", "shared"],
            "acme-b": ["utt", "shared"],
            "lib": [],
            "only-a": [],
            "shared": [],
            "stray": [],
        }
        self.distributions = dict.fromkeys(self.requires)
        self.versions = dict.fromkeys(self.requires, "1.0")

    def extras(self, _):
        return []


def test_what_is_named_and_what_only_that_needs_may_change():
    held = Held(Snapshot(), {"acme-a"}, {"utt", "acme-b"}, "utt")
    assert sorted(held.pins) == ["acme-b", "lib", "shared", "stray", "utt"]
    steps = [
        Step(key, "2.0", is_direct=False) for key in ("acme-a", "only-a", "shared", "lib", "utt", "acme-b", "stray")
    ]
    assert held.moved(steps) == [
        "shared 1.0 -> 2.0 (used by acme-b)",
        "lib 1.0 -> 2.0 (used by utt, acme-b)",
        "utt 1.0 -> 2.0 (the application itself)",
        "acme-b 1.0 -> 2.0 (another plugin)",
        "stray 1.0 -> 2.0 (installed besides)",
    ]


@pytest.mark.parametrize(("one", "other", "is_so"), [("1.9", "1.10", True), ("1.0", "1.0.0", False), ("x", "1", False)])
def test_versions_are_compared_as_numbers(one, other, is_so):
    assert is_older(one, other) is is_so
