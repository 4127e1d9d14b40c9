"""Scopes, clean-up, and overriding for a test."""

import contextlib

import pytest

from pegboard.container import TRANSIENT
from pegboard.errors import InvalidNameError, MissingDependencyError, PluginCleanUpError, ScopeError
from pegboard.injection.scope import Scope


class Clock:
    pass


class Session:
    def __init__(self, clock: Clock):
        self.clock = clock


class Page:
    def __init__(self, session: Session):
        self.session = session


def resource(events, name, needs=None, error=None):
    """Return a provider that writes down when it opens and closes."""

    def make(need=None):
        events.append(f"open {name}")
        yield name
        events.append(f"close {name}")
        if error:
            raise error

    if needs is not None:
        make.__annotations__["need"] = needs
    return make


@pytest.fixture
def web(container):
    container.provide(Clock)
    container.provide(Session, scope="request")
    container.provide(Page, scope="request")
    return container


# -- what lives where -------------------------------------------------------------------------------------------------


def test_a_scoped_component_is_one_for_each_scope(web):
    with web.scope("request") as one, web.scope("request") as other:
        assert one.get(Session) is one.get(Session)
        assert one.get(Page).session is one.get(Session)
        assert one.get(Session) is not other.get(Session)
        assert one.get(Session).clock is other.get(Session).clock is web.get(Clock)


def test_transients_in_a_scope_are_new_and_see_the_scope(web):
    web.provide("new", lambda: object(), scope=TRANSIENT)
    web.provide(Page, scope=TRANSIENT)
    with web.scope("request") as scope:
        assert scope.get("new") is not scope.get("new")
        assert scope.get(Page) is not scope.get(Page)
        assert scope.get(Page).session is scope.get(Session)


def test_scopes_nest_and_each_component_lives_in_its_own(web):
    web.provide("user", lambda: object(), scope="session")
    with web.scope("session") as session, session.scope("request") as one, session.scope("request") as other:
        assert one.get("user") is other.get("user") is session.get("user")
        assert one.get(Session) is not other.get(Session)


def test_the_nearest_scope_of_a_name_counts(web):
    with web.scope("request") as outer:
        first = outer.get(Session)
        with outer.scope("request") as inner:
            assert inner.get(Session) is not first
        assert outer.get(Session) is first


def test_asking_for_a_scoped_component_outside_says_which_scope(web):
    with pytest.raises(ScopeError, match="Session lives in scope 'request', which is not open here") as caught:
        web.get(Session)
    assert caught.value.scope == "request"
    with web.scope("session") as scope, pytest.raises(ScopeError, match="open here: 'session'"):
        scope.get(Session)


def test_a_singleton_that_needs_a_scoped_one_is_an_error_that_names_both(web):
    web.provide(Page)
    with web.scope("request") as scope, pytest.raises(ScopeError) as caught:
        scope.get(Page)
    assert "Page (singleton) needs Session, which lives only as long as scope 'request'" in str(caught.value)


def test_it_is_found_through_a_transient(web):
    web.provide(Session, scope=TRANSIENT)
    web.provide(Clock, scope="request")
    web.provide(Page)
    with web.scope("request") as scope, pytest.raises(ScopeError, match=r"Page \(singleton\) needs Clock"):
        scope.get(Page)


def test_a_longer_scope_cannot_need_a_shorter_one(web):
    web.provide(Page, scope="session")
    with web.scope("session") as session, session.scope("request") as request, pytest.raises(ScopeError) as caught:
        request.get(Page)
    assert "Page (session) needs Session" in str(caught.value)


def test_a_plugin_whose_singleton_needs_a_scoped_component_is_passed_over(bench, web):
    web.provide("it", lambda: "below")
    bench.provide(bench.plugin("p"), "it", Page)
    with web.scope("request") as scope:
        assert scope.get("it") == "below"
    assert bench.reports[0].plugin == "p"


def test_call_and_build_see_the_scope(web):
    def handle(session: Session, size: int):
        return session, size

    with web.scope("request") as scope:
        assert scope.call(handle, size=3) == (scope.get(Session), 3)
        assert scope.build(Page).session is scope.get(Session)


def test_a_provider_may_ask_for_its_scope(web):
    web.provide("late", lambda scope: lambda: scope.get(Session), scope="request")
    web._ledger.contributions("component")[-1].live.__annotations__["scope"] = Scope
    web.scope("any")
    with web.scope("request") as scope:
        assert scope.get(Scope) is scope
        assert scope.get("late")() is scope.get(Session)
    with pytest.raises(ScopeError):
        web.get(Scope)


@pytest.mark.parametrize("name", ["", " ", "singleton", "transient", 3])
def test_a_scope_needs_a_name_of_its_own(container, name):
    with pytest.raises(InvalidNameError):
        container.scope(name)


def test_a_scope_is_open_in_its_block_only(web):
    scope = web.scope("request")
    with pytest.raises(ScopeError, match="scope 'request' is not open"):
        scope.get(Session)
    with scope:
        scope.get(Session)
        scope.get(Clock)
        assert "closed" not in repr(scope)
    for use in (lambda: scope.get(Session), lambda: scope.get(Clock), lambda: scope.call(int)):
        with pytest.raises(ScopeError):
            use()
    assert "closed" in repr(scope)
    with pytest.raises(ScopeError), scope.scope("inner"):
        pass


def test_a_scope_can_be_entered_again_and_begins_anew(web):
    scope = web.scope("request")
    with scope:
        first = scope.get(Session)
    with scope:
        assert scope.get(Session) is not first


def test_a_scope_that_is_closed_while_it_is_used_keeps_nothing(web):
    events = []
    scope = web.scope("request")

    def make():
        events.append("open")
        scope.close()
        yield "it"
        events.append("close")

    web.provide("it", make, scope="request")
    with scope, pytest.raises(ScopeError):
        scope.get("it")
    assert events == ["open", "close"]


def test_a_change_is_seen_in_open_scopes(web):
    with web.scope("request") as scope:
        page = scope.get(Page)
        web.provide_value("unrelated", 1)
        assert scope.get(Page) is page
        web.provide(Clock, lambda: "new")
        assert scope.get(Page).session.clock == "new"


# -- clean-up ---------------------------------------------------------------------------------------------------------


def test_scoped_resources_are_cleaned_up_in_reverse_order_of_building(container):
    events = []
    container.provide("a", resource(events, "a"), scope="request")
    container.provide(Clock, resource(events, "b"), scope="request")
    container.provide(Session, resource(events, "c", needs=Clock), scope="request")
    with container.scope("request") as scope:
        scope.get(Session)
        scope.get("a")
    assert events == ["open b", "open c", "open a", "close a", "close c", "close b"]


def test_singletons_are_cleaned_up_when_the_container_closes(container):
    events = []
    container.provide("a", resource(events, "a"))
    container.provide("b", resource(events, "b"))
    with container.scope("request") as scope:
        scope.get("a")
        scope.get("b")
    assert events == ["open a", "open b"]
    container.close()
    assert events == ["open a", "open b", "close b", "close a"]
    container.close()
    assert len(events) == 4
    assert container.get("a") == "a"


def test_closing_the_container_ends_open_scopes_first(container):
    events = []
    container.provide("outer", resource(events, "outer"))
    container.provide("inner", resource(events, "inner"), scope="request")
    with container.scope("request") as scope:
        scope.get("inner")
        scope.get("outer")
        container.close()
        with pytest.raises(ScopeError):
            scope.get("inner")
    assert events[2:] == ["close inner", "close outer"]


def test_transient_resources_end_with_who_asked(container):
    events = []
    container.provide("it", resource(events, "it"), scope=TRANSIENT)
    with container.scope("request") as scope:
        scope.get("it")
        scope.get("it")
    assert events == ["open it", "open it", "close it", "close it"]


@pytest.mark.parametrize("make_manager", [contextlib.contextmanager, lambda function: function])
def test_context_manager_functions_and_methods_are_entered(container, make_manager):
    events = []

    class Tools:
        @make_manager
        def open(self, clock: Clock):
            events.append("open")
            yield clock
            events.append("close")

    container.provide(Clock)
    container.provide("it", Tools().open)
    assert container.get("it") is container.get(Clock)
    container.close()
    assert events == ["open", "close"]


def test_all_clean_ups_run_and_what_they_raise_is_a_group(bench):
    events = []
    container = bench.container
    container.provide("a", resource(events, "a", error=ValueError("a")), scope="request")
    container.provide("b", resource(events, "b"), scope="request")
    bench.provide(bench.plugin("p"), "c", resource(events, "c", error=KeyError("c")), scope="request")
    scope = container.scope("request").__enter__()
    for key in "abc":
        scope.get(key)
    with pytest.raises(ExceptionGroup, match="clean-up of scope 'request' failed") as caught:
        scope.__exit__()
    assert events[3:] == ["close c", "close b", "close a"]
    c, a = caught.value.exceptions
    assert (type(c), type(c.__cause__), type(a)) == (PluginCleanUpError, KeyError, ValueError)
    assert (c.plugin, c.distribution, c.phase, c.cause) == ("p", "acme-p 1.0", "clean-up", "KeyError: 'c'")
    assert str(c).startswith("plugin 'p' of acme-p 1.0 failed while 'c' was cleaned up\n  cause: KeyError: 'c'\n")
    assert a.__notes__ == ["raised while cleaning up 'a', provided by the application"]


def test_ctrl_c_in_a_clean_up_runs_the_others_and_passes(container):
    events = []
    container.provide("a", resource(events, "a"))
    container.provide("b", resource(events, "b", error=KeyboardInterrupt()))
    container.get("a")
    container.get("b")
    with pytest.raises(KeyboardInterrupt):
        container.close()
    assert events[2:] == ["close b", "close a"]


def test_a_resource_that_yields_nothing_or_twice_is_an_error(container):
    def nothing():
        return
        yield

    def twice():
        yield 1
        yield 2

    container.provide("nothing", nothing)
    container.provide("twice", twice)
    with pytest.raises(TypeError, match="yields nothing"):
        container.get("nothing")
    container.get("twice")
    with pytest.raises(ExceptionGroup) as caught:
        container.close()
    assert "yields twice" in str(caught.value.exceptions[0])


def test_an_error_in_the_block_is_not_hidden_by_clean_ups(container):
    events = []
    container.provide("a", resource(events, "a"), scope="request")

    def use():
        with container.scope("request") as scope:
            scope.get("a")
            raise ValueError("block")

    with pytest.raises(ValueError, match="block"):
        use()
    assert events == ["open a", "close a"]


def test_a_failing_clean_up_of_a_failed_build_is_told_with_it(container):
    def open_it():
        yield 1
        raise OSError("cannot close")

    def refuse(inner):
        raise ValueError("refused")

    container.provide("it", open_it)
    container.decorate("it", refuse)
    with pytest.raises(ValueError, match="refused") as caught:
        container.get("it")
    assert any("cannot close" in note for note in caught.value.__notes__)


# -- override ---------------------------------------------------------------------------------------------------------


def test_an_override_serves_in_its_block_and_leaves_nothing_behind(web):
    web.provide(Page, lambda clock: [clock])
    web._ledger.contributions("component")[-1].live.__annotations__["clock"] = Clock
    before = web.get(Clock), web.get(Page)
    with web.override(Clock, "fake"):
        assert web.get(Clock) == "fake"
        assert web.get(Page) == ["fake"]
    assert (web.get(Clock), web.get(Page)) == before
    assert web.get(Page) is before[1]


def test_what_was_built_under_an_override_only_is_forgotten(container):
    container.provide(Clock)
    container.provide(Session)
    with container.override(Clock, "fake"):
        assert container.get(Session).clock == "fake"
    assert type(container.get(Session).clock) is Clock


def test_what_has_nothing_to_do_with_an_override_stays(container):
    container.provide(Clock)
    container.provide("other", lambda: object())
    with container.override(Clock, "fake"):
        other = container.get("other")
    assert container.get("other") is other


def test_overrides_nest(container):
    container.provide(Clock, lambda: "real")
    container.provide(Session)
    real = container.get(Session)
    with container.override(Clock, "one"):
        one = container.get(Session)
        with container.override(Clock, "two"), container.override("other", 2):
            assert container.get(Session).clock == "two"
            assert container.get("other") == 2
        assert container.get(Session) is one
    assert container.get(Session) is real


def test_an_override_stands_for_decorators_as_well(container):
    container.provide(Clock)
    container.decorate(Clock, lambda inner: ("loud", inner))
    fake = object()
    with container.override(Clock, fake):
        assert container.get(Clock) is fake
    assert container.get(Clock)[0] == "loud"


def test_an_override_of_what_nobody_provides_is_possible(container):
    with container.override(Clock, "fake"):
        assert container.get(Clock) == "fake"
    with pytest.raises(MissingDependencyError):
        container.get(Clock)


def test_an_override_has_the_scope_of_what_it_overrides(web):
    with web.override(Session, lambda: object()), web.scope("request") as one, web.scope("request") as other:
        assert one.get(Session) is one.get(Session)
        assert one.get(Session) is not other.get(Session)
    with web.override(Session, lambda: object(), scope="singleton"):
        assert web.get(Session) is web.get(Session)


def test_an_override_reaches_into_open_scopes(web):
    with web.scope("request") as scope:
        page = scope.get(Page)
        with web.override(Clock, "fake"):
            assert scope.get(Page).session.clock == "fake"
        assert scope.get(Page) is page


def test_resources_of_an_override_are_cleaned_up_at_its_end(container):
    events = []
    container.provide("base", resource(events, "base"))
    container.provide(Session, resource(events, "user", needs=Clock))
    container.get("base")
    with container.override(Clock, resource(events, "fake")):
        container.get(Session)
    assert events == ["open base", "open fake", "open user", "close user", "close fake"]
    container.close()
    assert events[5:] == ["close base"]


def test_a_change_under_an_override_is_seen_after_it(container):
    container.provide_value(int, 1)
    container.provide(Clock)

    def make(clock: Clock, size: int):
        return clock, size

    container.provide("it", make)
    container.get("it")
    with container.override(Clock, "fake"):
        container.provide_value(int, 2)
        assert container.get("it") == ("fake", 2)
    assert container.get("it") == (container.get(Clock), 2)


def test_what_came_back_is_also_what_others_are_given(container):
    wanted = [True]

    def make():
        return [container.get(Clock)] if wanted else ["without"]

    def use(it: "it"):  # noqa: F821
        return it

    container.provide(Clock)
    container.provide("it", make)
    container.provide("user", use)
    before = container.get("it")
    with container.override(Clock, "fake"):
        wanted.clear()
        assert container.get("user") == ["without"]
    assert container.get("it") is before
    assert container.get("user") is before


def test_an_override_ends_when_its_block_raises(container):
    container.provide(Clock)
    with pytest.raises(ValueError, match="block"), container.override(Clock, "fake"):
        raise ValueError("block")
    assert type(container.get(Clock)) is Clock


def test_a_plugins_override_that_is_overridden_is_not_even_tried(bench):
    bench.provide(bench.plugin("p"), Clock, lambda: 1 / 0)
    with bench.container.override(Clock, "fake"):
        assert bench.container.get(Clock) == "fake"
    assert bench.reports == []
