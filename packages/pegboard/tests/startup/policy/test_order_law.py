from hypothesis import given
from hypothesis import strategies as st

from pegboard.ledger import Plugin
from pegboard.startup.policy.ordering import order

NAMES = [f"p{number}" for number in range(8)]


@st.composite
def plugin_sets(draw):
    plugins = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        plugin = Plugin(name, name, source=draw(st.sampled_from(["built-in", "namespace"])))
        plugin.after = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2)))
        plugin.before = tuple(draw(st.lists(st.sampled_from(NAMES), max_size=2)))
        plugins.append(plugin)
    return plugins, draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=4))


class TestOrder:
    """DESIGN 6: "Total, stable, independent of the file system. Unknown names and cycles are diagnostics"."""

    @given(plugin_sets(), st.randoms())
    def test_is_total_and_independent_of_the_order_given(self, drawn, random):
        plugins, user_order = drawn
        ordered, problems = order(plugins, user_order)
        assert sorted(item.name for item in ordered) == sorted(item.name for item in plugins)
        shuffled = list(plugins)
        random.shuffle(shuffled)
        again, problems_again = order(shuffled, user_order)
        assert [item.name for item in again] == [item.name for item in ordered]
        assert [str(problem) for problem in problems_again] == [str(problem) for problem in problems]

    @given(plugin_sets())
    def test_the_users_order_always_holds(self, drawn):
        plugins, user_order = drawn
        found = [item.name for item in order(plugins, user_order)[0]]
        listed = [name for name in user_order if name in found]
        assert [name for name in found if name in listed] == listed

    @given(plugin_sets())
    def test_every_wish_is_met_or_is_a_problem(self, drawn):
        plugins, user_order = drawn
        ordered, problems = order(plugins, user_order)
        place = {item.name: index for index, item in enumerate(ordered)}
        text = "\n".join(map(str, problems))
        for item in plugins:
            for other in item.after:
                assert place.get(other, 99) < place[item.name] or f"plugin {item.name!r}" in text
            for other in item.before:
                assert place.get(other, -1) > place[item.name] or f"plugin {item.name!r}" in text
