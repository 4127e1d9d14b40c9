"""Ours does what the published utt does, but for what is listed with a reason."""

from __future__ import annotations

import pytest
from support.soak import seed, sized

from .cases import Case, case, plugin_case
from .comparison import EXEMPTIONS

pytestmark = pytest.mark.slow

LOG = b"2026-03-02 09:00 hello\n2026-03-02 10:00 a: b  # c\n"
NOW = ("--now", "2026-03-02 11:00")
EXAMPLES = {
    "entry refused": Case(LOG, None, (("--now", "2026-03-02 09:30", "add", "late"),)),
    "blank comment": Case(LOG, None, ((*NOW, "add", "mail", "-c", " "),)),
    "unreadable log": Case(LOG, None, ((*NOW, "--data", ".", "report"),)),
    "log without folder": Case(LOG, None, ((*NOW, "--data", "other.log", "add", "x"),)),
    "damaged configuration": Case(LOG, "no section\n", ((*NOW, "config", "--default"),)),
    "version": Case(LOG, None, (("--version",),)),
    "help": Case(LOG, None, (("--help",),)),
    "help of a page": Case(LOG, None, (("report", "--help"),)),
    "order of twins": Case(
        b"2026-03-02 09:00 hello\n"
        + b"".join(
            b"2026-03-02 09:%02d p: %s\n" % (n, t) for n, t in enumerate([b"tea", b"Tea", b"TEA", b"teA", b"tEA"])
        ),
        None,
        ((*NOW, "report", "--per-day"),),
    ),
}
"""A case for each exemption."""


def explain(number, made, step):
    return (
        f"case {number} of seed {seed()}: {made}\n\n{step.words}\n"
        f"--- theirs: {step.theirs.code}\n{step.theirs.out}{step.theirs.err}{step.theirs.files}\n"
        f"--- ours: {step.ours.code}\n{step.ours.out}{step.ours.err}{step.ours.files}"
    )


@pytest.mark.soak
def test_what_is_made_up_gets_the_same_answer(comparison, hand):
    for number in hand:
        made = case(seed(), number)
        step = comparison.unexplained(made)
        assert step is None, explain(number, made, step)


@pytest.mark.soak
@pytest.mark.parametrize("start", range(0, sized(4, 96), 4))
def test_commands_that_others_have_published_answer_as_beside_the_published_utt(comparison_with_plugins, start):
    for number in range(start, start + 4):
        made = plugin_case(seed(), number)
        step = comparison_with_plugins.unexplained(made, exemptions=())
        assert step is None, explain(number, made, step)


@pytest.mark.parametrize("exemption", EXEMPTIONS, ids=lambda exemption: exemption.name)
def test_each_exemption_is_needed_and_exempts_its_example_alone(comparison, exemption):
    others = tuple(other for other in EXEMPTIONS if other is not exemption)

    assert comparison.unexplained(EXAMPLES[exemption.name], others) is not None
    assert comparison.unexplained(EXAMPLES[exemption.name], (exemption,)) is None
