"""The search for the plugins that make a failure happen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pegboard.tools.bisection.failing_set import FOUND, NEVER, NO_PLUGIN, UNSURE, Search, usual_trials


def closed(names, needs):
    return all(needs.get(name, set()) & set(needs) <= names for name in names)


@st.composite
def plugins(draw, largest=12):
    """Draw plugins and what each needs, circles included."""
    names = [f"p{number}" for number in range(draw(st.integers(1, largest)))]
    needs = {name: draw(st.sets(st.sampled_from(names), max_size=2)) - {name} for name in names}
    return names, draw(st.sampled_from([needs, {name: set() for name in names}]))


class Runs:
    """Answers by a rule and counts, and sees that nothing lacks what it needs."""

    def __init__(self, needs, rule):
        self.needs, self.rule, self.asked = needs, rule, []

    def __call__(self, chosen):
        assert closed(chosen, self.needs)
        assert chosen not in self.asked
        self.asked.append(chosen)
        return self.rule(chosen)


class TestMinimal:
    """What is found fails by itself, and does not without any one culprit; what is proposed has been seen to help."""

    @given(plugins(), st.data())
    def test_whatever_the_rule_is(self, given_plugins, data):
        names, needs = given_plugins
        answers = {}

        def rule(chosen):
            if not chosen:
                return False
            if len(chosen) == len(names):
                return True
            if chosen not in answers:
                answers[chosen] = data.draw(st.booleans())
            return answers[chosen]

        runs = Runs(needs, rule)
        verdict = Search(names, needs, runs).run()
        assert verdict.kind == FOUND
        for failing in verdict.failing:
            assert rule(failing.members)
            assert failing.is_confirmed
            for culprit in failing.culprits:
                assert any(not rule(asked) for asked in runs.asked if asked < failing.members and culprit not in asked)
        if verdict.is_mended:
            assert any(not rule(asked) and not {*verdict.remedy} & asked for asked in runs.asked)

    @given(plugins(40), st.data())
    def test_one_culprit_is_found_in_as_few_runs_as_said(self, given_plugins, data):
        names, needs = given_plugins
        culprit = data.draw(st.sampled_from(names))
        runs = Runs(needs, lambda chosen: culprit in chosen)
        verdict = Search(names, needs, runs).run()
        (failing,) = verdict.failing
        assert verdict.is_mended
        assert culprit in failing.members
        if not needs[culprit]:
            assert failing.members == {culprit}
        assert len(runs.asked) <= usual_trials(len(names)) + 1

    @given(st.integers(2, 60), st.data())
    def test_several_that_fail_only_together_are_found_together(self, number, data):
        names = [f"p{at}" for at in range(number)]
        together = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=5))
        runs = Runs({}, lambda chosen: together <= chosen)
        verdict = Search(names, {}, runs).run()
        (failing,) = verdict.failing
        assert set(failing.culprits) == together
        assert len(verdict.remedy) == 1
        assert len(runs.asked) <= 3 + len(together) * (2 + usual_trials(number))

    @given(st.integers(2, 60), st.data())
    def test_several_that_fail_each_by_itself_are_all_found(self, number, data):
        names = [f"p{at}" for at in range(number)]
        guilty = data.draw(st.sets(st.sampled_from(names), min_size=1, max_size=5))
        verdict = Search(names, {}, Runs({}, lambda chosen: bool(guilty & chosen))).run()
        assert {failing.culprits for failing in verdict.failing} == {(name,) for name in guilty}
        assert set(verdict.remedy) == guilty
        assert verdict.is_mended

    @given(plugins(), st.data())
    def test_runs_that_cannot_be_judged_never_make_the_innocent_guilty(self, given_plugins, data):
        names, needs = given_plugins
        culprit = data.draw(st.sampled_from(names))
        clear = {}

        def rule(chosen):
            if chosen not in clear:
                clear[chosen] = data.draw(st.booleans())
            return culprit in chosen if clear[chosen] else None

        verdict = Search(names, needs, Runs(needs, rule)).run()
        assert verdict.kind in (FOUND, UNSURE, NEVER, NO_PLUGIN)
        if verdict.kind == FOUND:
            assert all(culprit in failing.members for failing in verdict.failing)
        else:
            assert verdict.kind == UNSURE
            assert culprit in verdict.suspects


def test_a_failure_of_the_application_itself_is_no_plugins():
    runs = Runs({}, lambda _: True)
    assert Search(["a", "b"], {}, runs).run().kind == NO_PLUGIN
    assert runs.asked == [frozenset()]


def test_what_does_not_fail_is_said_not_to():
    assert Search(["a", "b"], {}, lambda _: False).run().kind == NEVER


def test_a_broken_plugin_that_others_need_is_told_from_those():
    needs = {"user": {"library"}, "library": set()}
    verdict = Search(["user", "library"], needs, lambda chosen: "library" in chosen).run()
    assert verdict.failing[0].culprits == ("library",)
    verdict = Search(["user", "library"], needs, lambda chosen: "user" in chosen).run()
    assert (verdict.failing[0].culprits, verdict.failing[0].needed) == (("user",), ("library",))


def test_no_plugins_at_all():
    assert Search([], {}, lambda _: False).run().kind == NEVER
