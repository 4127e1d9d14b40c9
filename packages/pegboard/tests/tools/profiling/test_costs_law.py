"""Costs of imports add up, whatever imports what."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pegboard.tools.profiling.costs import Run


class TestSums:
    """No time is counted twice or not at all: own and shared are the total, plugins and the application are all."""

    @given(st.data())
    def test_for_any_tree_of_imports(self, data):
        modules = [f"m{number}" for number in range(data.draw(st.integers(1, 15)))]
        plugins = {module: f"plugin {module}" for module in data.draw(st.sets(st.sampled_from(modules)))}
        parents = [data.draw(st.integers(-1, number - 1)) for number in range(len(modules))]
        durations = [data.draw(st.integers(0, 100)) for _ in modules]
        for number in range(len(modules) - 1, -1, -1):
            if parents[number] >= 0:
                durations[parents[number]] += durations[number]
        events = [[name, 0, durations[at], parents[at], 1, ""] for at, name in enumerate(modules)]
        uses = {name: data.draw(st.lists(st.sampled_from(modules))) for name in plugins.values()}
        run = Run({"events": events, "phases": [], "started": 0, "ended": 0, "status": 0, "uses": uses}, plugins)
        for number, each in enumerate(run.imports):
            inside = sum(other.total_ns for other in run.imports if other.parent == number)
            assert run.self_ns[number] + inside == each.total_ns
        for cost in run.costs.values():
            assert cost.own_ns + cost.shared_ns == cost.total_ns
            assert sum(cost.heaviest.values()) <= cost.total_ns
        assert sum(cost.total_ns for cost in run.costs.values()) + run.application_ns == run.imports_ns
