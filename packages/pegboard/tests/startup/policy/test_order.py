from pegboard.errors import ConfigurationError, OrderError
from pegboard.ledger import Plugin
from pegboard.startup.policy.ordering import order


def plugin(name, *, after=(), before=(), built_in=False):
    made = Plugin(name, f"app.plugins.{name}", source="built-in" if built_in else "namespace")
    made.after, made.before = tuple(after), tuple(before)
    return made


def names(plugins, user_order=()):
    ordered, problems = order(plugins, user_order)
    return [item.name for item in ordered], problems


def test_built_ins_come_first_and_the_others_by_name():
    assert names([plugin("b"), plugin("z", built_in=True), plugin("a")]) == (["z", "a", "b"], [])


def test_after_and_before_move_a_plugin():
    assert names([plugin("a", after=["c"]), plugin("b"), plugin("c")])[0] == ["b", "c", "a"]
    assert names([plugin("a"), plugin("b"), plugin("c", before=["a"])])[0] == ["b", "c", "a"]


def test_a_wish_may_move_a_plugin_before_a_built_in():
    assert names([plugin("x", built_in=True), plugin("a", before=["x"])])[0] == ["a", "x"]


def test_an_unknown_name_is_a_problem_and_changes_nothing():
    found, problems = names([plugin("a", after=["ghost"]), plugin("b")])
    assert found == ["a", "b"]
    assert isinstance(problems[0], OrderError)
    assert "it wishes to come after 'ghost', which is not installed" in str(problems[0])


def test_a_circle_is_a_problem_that_draws_it_and_the_later_wish_is_left_out():
    found, problems = names([plugin("a", after=["b"]), plugin("b", after=["c"]), plugin("c", after=["a"])])
    assert found == ["c", "b", "a"]
    assert "it wishes to come after 'a', but 'c' before 'b' before 'a' is settled" in str(problems[0])


def test_a_wish_to_come_after_oneself_is_a_circle():
    found, problems = names([plugin("a", after=["a"])])
    assert found == ["a"]
    assert len(problems) == 1


def test_the_user_beats_the_author():
    found, problems = names([plugin("a", before=["b"]), plugin("b")], ["b", "a"])
    assert found == ["b", "a"]
    assert isinstance(problems[0], OrderError)


def test_an_unknown_name_in_the_users_order_is_a_problem():
    found, problems = names([plugin("a")], ["ghost", "a"])
    assert found == ["a"]
    assert isinstance(problems[0], ConfigurationError)
    assert "'ghost'" in str(problems[0])


def test_of_many_wishes_that_cannot_be_met_a_few_are_told_and_how_many_more():
    found, problems = names([plugin("a", after=[f"x{number}" for number in range(3000)] * 2), plugin("b")])
    assert found == ["a", "b"]
    assert len(problems) == 5
    assert "after 'x3', which is not installed" in str(problems[3])
    assert "2,996 more of its wishes cannot be met either" in str(problems[4])


def test_of_many_unknown_names_in_the_users_order_a_few_are_told_and_how_many_more():
    found, problems = names([plugin("a")], [f"x{number}" for number in range(10_000)])
    assert found == ["a"]
    assert len(problems) == 5
    assert "9,996 more names in it are of no plugin" in str(problems[4])


def test_a_large_circle_is_told_in_a_few_words():
    ring = [plugin(f"p{number:03}", after=[f"p{(number + 1) % 500:03}"]) for number in range(500)]
    found, problems = names(ring)
    assert len(found) == 500
    (problem,) = problems
    assert "'p495' before 490 others before 'p004'" in str(problem) or "490 others" in str(problem)
    assert len(str(problem)) < 500
