"""Who is to blame, who serves instead, decoration, and what errors say."""

import asyncio
import copy
import pickle

import pytest

from pegboard.container import SINGLETON, TRANSIENT
from pegboard.errors import (
    AnnotationError,
    AsyncRequiredError,
    CircularDependencyError,
    HostError,
    MissingDependencyError,
    PluginImportError,
    PluginWithdrewError,
    ProviderError,
    ScopeError,
)
from pegboard.injection.keys import key_text
from pegboard.injection.request import Frame
from pegboard.injection.resolution import Resolution
from pegboard.ledger import DORMANT


class Clock:
    pass


class View:
    def __init__(self, clock: Clock):
        self.clock = clock


class Page:
    def __init__(self, view: View):
        self.view = view


class Missing:
    pass


def raising(error):
    def make():
        raise error

    return make


# -- overriding -------------------------------------------------------------------------------------------------------


def test_the_last_provider_of_one_owner_serves(container):
    container.provide("it", lambda: 1)
    container.provide("it", lambda: 2)
    assert container.get("it") == 2


def test_the_order_of_owners_decides_and_not_that_of_time(bench):
    bench.provide(bench.plugin("late", rank=5), "it", lambda: "late")
    bench.provide(bench.plugin("early", rank=2), "it", lambda: "early")
    bench.container.provide("it", lambda: "application")
    assert bench.container.get("it") == "late"


def test_a_change_of_ranks_takes_effect(bench):
    a, b = bench.plugin("a", rank=1), bench.plugin("b", rank=2)
    bench.provide(a, "it", lambda: "a")
    bench.provide(b, "it", lambda: "b")
    assert bench.container.get("it") == "b"
    a.rank = 3
    bench.ledger.invalidate()
    assert bench.container.get("it") == "a"


def test_a_revoked_owner_provides_no_longer(bench):
    plugin = bench.plugin("p")
    bench.container.provide("it", lambda: "application")
    bench.provide(plugin, "it", lambda: "plugin")
    assert bench.container.get("it") == "plugin"
    bench.ledger.revoke(plugin)
    assert bench.container.get("it") == "application"


def test_a_change_below_the_one_that_serves_changes_nothing(bench):
    bench.provide(bench.plugin("p"), Clock)
    clock = bench.container.get(Clock)
    bench.container.provide(Clock, lambda: "below")
    assert bench.container.get(Clock) is clock


# -- falling back -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        ValueError("why"),
        SystemExit(3),
        RecursionError("deep"),
        StopIteration(),
        type("Own", (BaseException,), {})("own"),
    ],
)
def test_when_a_plugins_provider_raises_the_one_below_serves_and_the_user_is_told_once(bench, error):
    bench.container.provide("it", lambda: "below", scope=TRANSIENT)
    bench.provide(bench.plugin("p"), "it", raising(error), scope=TRANSIENT)
    assert bench.container.get("it") == "below"
    assert bench.container.get("it") == "below"
    (report,) = bench.reports
    assert isinstance(report, ProviderError)
    assert report.code == "provider-failed"
    assert (report.plugin, report.distribution, report.instead) == ("p", "acme-p 1.0", "the application")
    assert report.__cause__ is error
    assert "plugin 'p' of acme-p 1.0 could not provide 'it'; that of the application is used instead" in str(report)


def test_ctrl_c_in_a_plugins_provider_passes(bench):
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("p"), "it", raising(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        bench.container.get("it")
    assert bench.reports == []


def test_with_nothing_below_the_plugin_is_blamed(bench):
    error = ValueError("why")
    bench.provide(bench.plugin("p"), "it", raising(error))
    with pytest.raises(ProviderError, match="plugin 'p' of acme-p 1.0 could not provide 'it'") as caught:
        bench.container.get("it")
    assert caught.value.__cause__ is error
    assert bench.reports == []


def test_sys_exit_in_a_plugins_provider_does_not_end_the_program(bench):
    bench.provide(bench.plugin("p"), "it", raising(SystemExit(3)))
    with pytest.raises(ProviderError, match="sys.exit"):
        bench.container.get("it")


@pytest.mark.parametrize("source", ["built-in"])
def test_what_a_built_in_plugin_raises_passes_unchanged(bench, source):
    error = ValueError("why")
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("p", source=source), "it", raising(error))
    with pytest.raises(ValueError, match="why") as caught:
        bench.container.get("it")
    assert caught.value is error


def test_several_broken_plugins_are_passed_over_one_after_another(bench):
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("a", rank=1), "it", raising(ValueError("a")))
    bench.provide(bench.plugin("b", rank=2), "it", raising(ValueError("b")))
    assert bench.container.get("it") == "below"
    assert [report.plugin for report in bench.reports] == ["b", "a"]
    assert [report.instead for report in bench.reports] == ["plugin 'a' of acme-a 1.0", "the application"]


@pytest.mark.parametrize("need", [Missing, "Unknown"], ids=["missing", "annotation"])
def test_when_a_plugins_needs_cannot_be_met_the_one_below_serves(bench, need):
    class Own(Clock):
        def __init__(self, need):
            pass

    Own.__init__.__annotations__["need"] = need
    bench.container.provide(Clock)
    bench.provide(bench.plugin("p"), Clock, Own)
    assert type(bench.container.get(Clock)) is Clock
    assert bench.reports[0].plugin == "p"


@pytest.mark.parametrize("first", [Clock, View])
def test_a_circle_through_a_plugins_override_is_broken_there_from_wherever_it_is_entered(bench, first):
    class Own(Clock):
        def __init__(self, view: View):
            pass

    bench.container.provide(Clock)
    bench.container.provide(View)
    bench.provide(bench.plugin("p"), Clock, Own)
    bench.container.get(first)
    assert type(bench.container.get(Clock)) is Clock
    assert bench.container.get(View).clock is bench.container.get(Clock)
    assert "circular dependency" in bench.reports[0].cause


def test_a_plugin_that_asks_for_what_it_overrides_is_passed_over_with_advice(bench):
    class Own(Clock):
        def __init__(self, clock: Clock):
            pass

    bench.container.provide(Clock)
    bench.provide(bench.plugin("p"), Clock, Own)
    assert type(bench.container.get(Clock)) is Clock
    assert "decorate it" in str(bench.reports[0].__cause__)


def test_what_a_dependency_of_the_application_raises_is_not_the_plugins_fault(bench):
    error = ValueError("application")
    bench.container.provide("it", lambda: "below")
    bench.container.provide(Clock, raising(error))
    bench.provide(bench.plugin("p"), "it", View)
    with pytest.raises(ValueError, match="application") as caught:
        bench.container.get("it")
    assert caught.value is error
    assert bench.reports == []


def test_it_is_not_when_the_plugin_asks_for_that_dependency_itself(bench):
    error = ValueError("application")
    bench.container.provide("it", lambda: "below")
    bench.container.provide(Clock, raising(error))
    bench.provide(bench.plugin("p"), "it", lambda: bench.container.get(Clock))
    with pytest.raises(ValueError, match="application") as caught:
        bench.container.get("it")
    assert caught.value is error


def test_it_is_not_with_middlewares_between(bench):
    error = ValueError("application")
    bench.container.use(lambda key, proceed: proceed(key))
    bench.container.use(lambda key, proceed: proceed(key))
    bench.container.provide("it", lambda: "below")
    bench.container.provide(Clock, raising(error))
    bench.provide(bench.plugin("p"), "it", View)
    with pytest.raises(ValueError, match="application"):
        bench.container.get("it")


def test_falling_back_works_with_middlewares(bench):
    bench.container.use(lambda key, proceed: proceed(key))
    bench.container.provide(Clock)
    bench.container.provide(View)
    bench.container.provide(Page)
    bench.provide(bench.plugin("p"), View, raising(ValueError("plugin")))
    assert type(bench.container.get(Page).view) is View
    assert [report.plugin for report in bench.reports] == ["p"]


def test_a_plugin_whose_plugin_fails_is_passed_over_as_well(bench):
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("q"), Clock, raising(ValueError("q")))
    bench.provide(bench.plugin("p"), "it", View)
    assert bench.container.get("it") == "below"
    (report,) = bench.reports
    assert report.plugin == "p"
    assert isinstance(report.__cause__, ProviderError)
    assert report.__cause__.plugin == "q"


def test_the_application_gets_the_plugins_error_when_it_cannot_do_without(bench):
    bench.provide(bench.plugin("q"), Clock, raising(ValueError("q")))
    bench.container.provide(View)
    with pytest.raises(ProviderError, match="plugin 'q'") as caught:
        bench.container.get(View)
    assert "needed as 'clock' by View" in str(caught.value)


def test_a_failed_plugin_gets_a_new_chance_when_it_is_replaced(bench):
    plugin = bench.plugin("p")
    bench.container.provide("it", lambda: "below")
    bench.provide(plugin, "it", raising(ValueError("old")))
    assert bench.container.get("it") == "below"
    bench.ledger.revoke(plugin)
    bench.provide(plugin, "it", lambda: "mended")
    assert bench.container.get("it") == "mended"


def test_a_failed_plugin_gets_a_new_chance_when_what_it_needs_changes(bench):
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("p"), "it", View)
    assert bench.container.get("it") == "below"
    bench.container.provide(Clock)
    assert type(bench.container.get("it")) is View


def test_what_a_failed_plugin_has_opened_is_closed_at_once(bench):
    events = []

    def resource():
        events.append("open")
        yield "own"
        events.append("close")

    def refuse(inner):
        raise ValueError("refused")

    bench.provide(bench.plugin("p"), "it", resource)
    bench.container.decorate("it", refuse)
    with pytest.raises(ValueError, match="refused"):
        bench.container.get("it")
    assert events == ["open", "close"]


def test_a_report_that_raises_leaves_the_container_usable(bench):
    def strict(problem):
        raise problem

    bench.container._open()._core.report = strict
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("p"), "it", raising(ValueError("why")))
    with pytest.raises(ProviderError):
        bench.container.get("it")
    assert bench.container.get("it") == "below"


# -- plugins that are not imported ------------------------------------------------------------------------------------


def test_a_primed_row_is_found_by_its_text_and_its_plugin_imported(bench):
    plugin = bench.plugin("p")
    bench.container.provide(Clock)
    bench.prime(plugin, "component", key_text(Clock), lambda: bench.container.provide(Clock, lambda: "plugin"))
    assert bench.woken == []
    assert bench.container.get(Clock) == "plugin"
    assert bench.container.get(Clock) == "plugin"
    assert bench.woken == ["p"]


def test_a_primed_row_below_the_one_that_serves_is_not_imported(bench):
    bench.prime(bench.plugin("a", rank=1), "component", key_text(Clock), None)
    bench.provide(bench.plugin("b", rank=2), Clock)
    clock = bench.container.get(Clock)
    assert bench.container.get(Clock) is clock
    assert bench.woken == []


def test_waking_a_plugin_below_forgets_nothing(bench):
    a = bench.plugin("a", rank=1)
    bench.prime(a, "component", key_text(Clock), lambda: bench.container.provide(Clock, lambda: "a"))
    bench.provide(bench.plugin("b", rank=2), Clock)
    clock = bench.container.get(Clock)
    bench.wake(a)
    assert bench.container.get(Clock) is clock


def test_when_a_plugin_cannot_be_imported_the_one_below_serves(bench):
    def fail():
        raise PluginImportError("p", "acme-p 1.0", "ModuleNotFoundError: pandas")

    bench.container.provide(Clock)
    bench.prime(bench.plugin("p"), "component", key_text(Clock), fail)
    assert type(bench.container.get(Clock)) is Clock
    (report,) = bench.reports
    assert report.plugin == "p"
    assert "pandas" in report.cause


def test_with_nothing_below_the_cause_is_chained(bench):
    def fail():
        raise PluginImportError("p", "acme-p 1.0", "ModuleNotFoundError: pandas")

    bench.prime(bench.plugin("p"), "component", key_text(Clock), fail)
    with pytest.raises(ProviderError) as caught:
        bench.container.get(Clock)
    assert isinstance(caught.value.__cause__, PluginImportError)


def test_a_plugin_that_no_longer_provides_it_is_passed_over(bench):
    bench.container.provide(Clock)
    bench.prime(bench.plugin("p"), "component", key_text(Clock), lambda: None)
    assert type(bench.container.get(Clock)) is Clock
    assert isinstance(bench.reports[0].__cause__, PluginWithdrewError)


def test_a_plugin_that_is_imported_and_leaves_its_row_primed_is_passed_over(bench):
    bench.container.provide(Clock)
    plugin = bench.plugin("p")
    bench.prime(plugin, "component", key_text(Clock), None)
    bench.wake = lambda plugin: bench.provide(plugin, Clock, lambda: "late")
    (row,) = [row for row in bench.ledger.contributions("component") if row.live is DORMANT]
    plugin.rank = 1
    with bench.owner(plugin):
        pass
    bench.ledger._sequence = row.sequence - 1  # so that the row in question stays the last one
    assert bench.container.get(Clock) == "late"
    assert isinstance(bench.reports[0].__cause__, PluginWithdrewError)


def test_primed_decorators_are_imported_too_and_skipped_when_that_fails(bench):
    def fail():
        raise PluginImportError("b", "acme-b 1.0", "why")

    bench.container.provide("it", lambda: ["base"])
    bench.prime(
        bench.plugin("a", rank=1),
        "decorator",
        key_text("it"),
        lambda: [bench.container.decorate("it", lambda inner, n=n: [*inner, n]) for n in (1, 2)],
    )
    bench.prime(bench.plugin("b", rank=2), "decorator", key_text("it"), fail)
    assert bench.container.get("it") == ["base", 1, 2]
    (report,) = bench.reports
    assert (report.plugin, report.role) == ("b", "decorate")


# -- decoration -------------------------------------------------------------------------------------------------------


def test_decorators_compose_in_the_order_of_the_ledger(bench):
    bench.decorate(bench.plugin("b", rank=2), "it", lambda inner: f"b({inner})")
    bench.decorate(bench.plugin("a", rank=1), "it", lambda inner: f"a({inner})")
    bench.container.provide("it", lambda: "base")
    assert bench.container.get("it") == "b(a(base))"


def test_a_decorator_gets_other_things_injected(container):
    class Loud(View):
        def __init__(self, inner, clock: Clock, *, size: int = 3):
            self.inner, self.clock, self.size = inner, clock, size

    container.provide(Clock)
    container.provide(View)
    container.decorate(View, Loud)
    loud = container.get(View)
    assert type(loud.inner) is View
    assert loud.clock is loud.inner.clock
    assert loud.size == 3


def test_a_late_decorator_takes_effect(container):
    container.provide(Clock)
    container.provide(View)
    container.get(View)
    container.decorate(Clock, lambda inner: ("wrapped", inner))
    assert container.get(View).clock[0] == "wrapped"


def test_objects_and_star_args_can_decorate(container):
    class Wrap:
        def __call__(self, inner):
            return [inner]

    container.provide_value("it", 1)
    container.decorate("it", Wrap())
    container.decorate("it", lambda *inner: inner)
    assert container.get("it") == ([1],)


def test_what_cannot_be_called_cannot_decorate(container):
    with pytest.raises(HostError, match="cannot decorate 'it'"):
        container.decorate("it", 3)


def test_a_decorator_without_a_base_is_an_explained_error(bench):
    bench.decorate(bench.plugin("p"), Clock, lambda inner: inner)
    with pytest.raises(MissingDependencyError) as caught:
        bench.container.get(Clock)
    assert "only decorated, by plugin 'p' of acme-p 1.0" in str(caught.value)


def test_a_plugins_failing_decorator_is_left_out_and_reported(bench):
    bench.container.provide("it", lambda: "base")
    bench.decorate(bench.plugin("a", rank=1), "it", lambda inner: 1 / 0)
    bench.decorate(bench.plugin("b", rank=2), "it", lambda inner: f"b({inner})")
    assert bench.container.get("it") == "b(base)"
    assert bench.container.get("it") == "b(base)"
    (report,) = bench.reports
    assert (report.plugin, report.role) == ("a", "decorate")
    assert "and is left out" in str(report)


def test_a_plugins_decorator_whose_needs_are_missing_is_left_out(bench):
    def wrap(inner, missing: Missing):
        raise AssertionError

    bench.container.provide("it", lambda: "base")
    bench.decorate(bench.plugin("a"), "it", wrap)
    assert bench.container.get("it") == "base"
    assert "Missing" in bench.reports[0].cause


def test_a_failing_decorator_is_left_out_with_middlewares_too(bench):
    bench.container.use(lambda key, proceed: proceed(key))
    bench.container.provide("it", lambda: "base")
    bench.decorate(bench.plugin("a"), "it", lambda inner: 1 / 0)
    assert bench.container.get("it") == "base"


def test_the_applications_failing_decorator_is_its_own_error(container):
    container.provide("it", lambda: "base")
    container.decorate("it", lambda inner: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        container.get("it")


def test_a_fallback_is_decorated_as_well(bench):
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("p"), "it", raising(ValueError()))
    bench.container.decorate("it", lambda inner: [inner])
    assert bench.container.get("it") == ["below"]


def test_a_circle_through_a_decorator_is_found(container):
    def wrap(inner, view: View):
        return inner

    container.provide(Clock)
    container.provide(View)
    container.decorate(Clock, wrap)
    with pytest.raises(CircularDependencyError, match="Clock -> View -> Clock"):
        container.get(Clock)


# -- what errors say --------------------------------------------------------------------------------------------------


def test_a_missing_dependency_prints_the_whole_chain_with_owners(bench):
    bench.provide(bench.plugin("p"), View)
    bench.container.provide(Page)
    with pytest.raises(ProviderError) as caught:
        bench.container.get(Page)
    assert str(caught.value.__cause__) == (
        f"nothing provides {__name__}:Clock\n"
        f"  where: needed as 'clock' by View ({__name__}:View) from plugin 'p' of acme-p 1.0\n"
        f"         needed as 'view' by Page ({__name__}:Page) from the application"
    )


def test_a_missing_key_brings_the_near_one_to_mind(container):
    container.provide_value("database-url", 1)
    container.provide(Clock)
    with pytest.raises(MissingDependencyError, match=r"did you mean 'database-url'\?"):
        container.get("databse-url")
    with pytest.raises(MissingDependencyError, match=rf"did you mean {__name__}:Clock\?"):
        container.get(type("Clock", (), {"__module__": "other"}))


def test_a_missing_key_is_a_lookup_error(container):
    with pytest.raises(LookupError):
        container.get(Clock)


def test_a_circle_is_drawn_with_owners(bench):
    class Own(Clock):
        def __init__(self, page: Page):
            pass

    bench.container.provide(View)
    bench.container.provide(Page)
    bench.provide(bench.plugin("p"), Clock, Own)
    with pytest.raises(ProviderError) as caught:
        bench.container.get(Page)
    circle = caught.value.__cause__
    assert isinstance(circle, CircularDependencyError)
    assert str(circle).startswith("circular dependency: Page -> View -> Clock -> Page\n")
    assert "plugin 'p' of acme-p 1.0 needs, as 'page':" in str(circle)


def test_the_way_into_a_circle_is_no_part_of_it(container):
    def a(b: "b"):
        pass

    def b(a: "a"):
        pass

    container.provide("a", a)
    container.provide("b", b)
    container.provide("entry", lambda: container.get("a"))
    with pytest.raises(CircularDependencyError, match=r"circular dependency: 'a' -> 'b' -> 'a'"):
        container.get("entry")
    with pytest.raises(CircularDependencyError, match=r"circular dependency: 'a' -> 'b' -> 'a'"):
        container.get("a")


def test_a_circle_of_transients_is_found(container):
    def a(b: "b"):
        pass

    def b(a: "a"):
        pass

    container.provide("a", a, scope=TRANSIENT)
    container.provide("b", b, scope=TRANSIENT)
    with pytest.raises(CircularDependencyError):
        container.get("a")


def test_a_circle_through_a_provider_that_asks_itself_is_found(container):
    container.provide("a", lambda: container.get("b"))
    container.provide("b", lambda: container.get("a"))
    with pytest.raises(CircularDependencyError, match="'a' -> 'b' -> 'a'"):
        container.get("a")


def test_a_circle_is_found_with_middlewares(container):
    container.use(lambda key, proceed: proceed(key))
    container.provide(Clock, lambda page: page)
    container._open()._core.ledger.contributions("component")[0].live.__annotations__["page"] = Page
    container.provide(View)
    container.provide(Page)
    with pytest.raises(CircularDependencyError, match="Page -> View -> Clock -> Page"):
        container.get(Page)


def test_the_container_works_on_after_a_circle(container):
    container.provide("a", lambda: container.get("a"))
    with pytest.raises(CircularDependencyError):
        container.get("a")
    container.provide("a", lambda: "mended")
    assert container.get("a") == "mended"


LINK = ("Page", "", "notes:Page", "the application")


@pytest.mark.parametrize(
    "error",
    [
        MissingDependencyError("notes:Clock", (LINK,), "clock", ("notes:Clocks",), ("plugin 'p'",)),
        CircularDependencyError((LINK, ("View", "view", "notes:View", "plugin 'p'")), "page"),
        AnnotationError("notes:Page", "clock", "why", "plugin 'p'", "acme 1", (LINK,)),
        ProviderError("p", "acme 1", "provide", "Page", "ValueError: why", "the application", (LINK,)),
        ScopeError("Page", "request", "View", "singleton", ("session",), (LINK,)),
        AsyncRequiredError("Page", "its provider is asynchronous", (LINK,)),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_survive_pickling_and_copying(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert again.args == error.args
        assert vars(again) == vars(error)
        assert str(again) == str(error)


def test_real_errors_survive_pickling_with_their_chain(bench):
    bench.provide(bench.plugin("p"), View)
    bench.container.provide(Page)
    with pytest.raises(ProviderError) as caught:
        bench.container.get(Page)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value.__cause__))) == str(caught.value.__cause__)


# -- explain ----------------------------------------------------------------------------------------------------------


def test_explain_tells_who_provides_whom_it_overrides_and_what_is_connected(bench):
    bench.container.provide(Clock)
    bench.container.provide(View)
    bench.container.provide(Page)
    bench.provide(bench.plugin("p"), View, lambda clock=None: View(clock))
    bench.decorate(bench.plugin("q", rank=2), View, lambda inner: inner)
    explanation = bench.container.explain(View)
    assert [part.owner for part in explanation.providers] == ["plugin 'p' of acme-p 1.0", "the application"]
    assert explanation.providers[0].status == "in use, since its owner comes last in the order"
    assert explanation.providers[1].status == "overridden by plugin 'p' of acme-p 1.0"
    assert [part.owner for part in explanation.decorators] == ["plugin 'q' of acme-q 1.0"]
    assert explanation.dependants == ("Page",)
    assert not explanation.is_built
    bench.container.get(Page)
    assert bench.container.explain(View).is_built
    assert bench.container.explain(Page).dependencies == ("View",)


def test_explain_reads_well(bench):
    bench.container.provide(Clock)
    bench.provide(bench.plugin("p"), View)
    assert str(bench.container.explain(View)) == (
        f"{__name__}:View\n"
        f"  provided by {__name__}:View from plugin 'p' of acme-p 1.0, singleton: in use, the only one\n"
        "  needs Clock\n"
        "  not built yet"
    )


def test_explain_says_what_failed(bench):
    bench.container.provide("it", lambda: "below")
    bench.container.provide("it", lambda: "above")
    bench.provide(bench.plugin("p"), "it", raising(ValueError("why")))
    bench.container.get("it")
    first, second, third = bench.container.explain("it").providers
    assert first.status == "in use, since what comes after it failed"
    assert second.status == "failed: ValueError: why"
    assert third.status == "overridden by the application"


def test_explain_imports_no_plugin(bench):
    bench.prime(bench.plugin("p"), "component", key_text(Clock), None, scope="request")
    explanation = bench.container.explain(Clock)
    assert bench.woken == []
    assert explanation.providers[0].made_by == "something not imported yet"
    assert explanation.providers[0].scope == "request"


def test_explain_of_what_nobody_provides_says_so(container):
    assert "provided by nobody" in str(container.explain(Clock))


def test_an_explanation_cannot_be_changed(container):
    with pytest.raises(AttributeError):
        container.explain(Clock).key = "other"


# -- what else keeps a plugin's component from being made -------------------------------------------------------------


@pytest.mark.parametrize("error", [GeneratorExit(), asyncio.CancelledError()])
@pytest.mark.parametrize("what", ["provider", "generator", "class", "decorator"])
def test_what_event_loops_and_generators_end_by_does_not_end_the_program(bench, error, what):
    class Odd(Clock):
        def __init__(self):
            raise error

    def generator():
        raise error
        yield

    bench.container.provide(Clock)
    if what == "decorator":
        bench.decorate(bench.plugin("p"), Clock, lambda _: raising(error)())
    else:
        bench.provide(
            bench.plugin("p"), Clock, {"provider": raising(error), "generator": generator, "class": Odd}[what]
        )
    assert type(bench.container.get(Clock)) is Clock
    (report,) = bench.reports
    assert report.__cause__ is error


def test_who_gives_up_a_request_is_not_taken_for_a_plugin_that_fails(bench):
    """A thread that waits for another one's build and is interrupted closes its steps, by `GeneratorExit`."""
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("p"), "it", lambda: "above")
    core = bench.container._open()._core
    resolution = Resolution(core, None)
    with pytest.raises(KeyboardInterrupt), resolution.drive(Frame("it", "it", core.root)):
        raise KeyboardInterrupt
    assert bench.reports == []
    assert bench.container.get("it") == "above"


@pytest.mark.parametrize("by", ["get", "need", "given to somebody that lives long"])
def test_an_override_in_a_scope_that_is_not_open_gives_way_to_what_can_serve(bench, by):
    class Needs:
        def __init__(self, clock: Clock):
            self.clock = clock

    bench.container.provide(Clock)
    bench.container.provide(Needs, scope=SINGLETON if "long" in by else TRANSIENT)
    plugin = bench.plugin("p")
    bench.provide(plugin, Clock, lambda: "the plugin's", scope="request")

    def ask(scope):
        return scope.get(Clock) if by == "get" else scope.get(Needs).clock

    assert type(ask(bench.container)) is Clock
    assert ask(bench.container) is ask(bench.container)
    (report,) = bench.reports
    assert "acme-p 1.0 could not provide Clock; that of the application is used instead" in report.summary()
    assert "Clock lives" in report.cause or "lives only as long" in report.cause
    with bench.container.scope("request") as request:
        assert (ask(request) == "the plugin's") is (by != "given to somebody that lives long")
        assert request.get(Clock) == "the plugin's"
    assert len(bench.reports) == 1


def test_a_plugins_override_in_a_scope_as_narrow_as_what_it_overrides_is_not_to_blame(bench):
    bench.container.provide(Clock, scope="request")
    bench.provide(bench.plugin("p"), Clock, lambda: "the plugin's", scope="request")
    with pytest.raises(ScopeError):
        bench.container.get(Clock)
    assert bench.reports == []


def test_several_overrides_in_scopes_that_are_not_open_give_way_one_after_another(bench):
    bench.container.provide(Clock)
    bench.provide(bench.plugin("p", 1), Clock, lambda: 1, scope="one")
    bench.provide(bench.plugin("q", 2), Clock, lambda: 2, scope="two")
    with bench.container.scope("one") as one:
        assert one.get(Clock) == 1
    assert type(bench.container.get(Clock)) is Clock
    assert [report.plugin for report in bench.reports] == ["q", "p"]


@pytest.mark.parametrize("raised", [SystemExit, GeneratorExit, ValueError])
def test_an_object_that_cannot_be_shown_can_provide_and_fail(bench, raised):
    class Meta(type):
        def __getattribute__(cls, name):
            if name in ("__qualname__", "__module__", "__name__"):
                raise raised
            return super().__getattribute__(name)

    class Odd(metaclass=Meta):
        def __init__(self, absent: Missing):
            raise AssertionError

        def __repr__(self):
            raise raised

    bench.container.provide(Clock)
    bench.provide(bench.plugin("p"), Clock, Odd)
    assert type(bench.container.get(Clock)) is Clock
    (report,) = bench.reports
    assert report.plugin == "p"


def test_a_function_that_says_it_wraps_itself_can_provide(bench):
    def odd():
        return 1

    odd.__wrapped__ = odd
    bench.container.provide("it", odd)
    assert bench.container.get("it") == 1


# -- middlewares of plugins -------------------------------------------------------------------------------------------


def use(bench, plugin, *middleware, **options):
    with bench.owner(plugin):
        bench.container.use(*middleware, **options)


@pytest.mark.parametrize("error", [ValueError("why"), SystemExit(3), GeneratorExit(), asyncio.CancelledError()])
@pytest.mark.parametrize("when", ["before", "after", "instead of what was raised"])
def test_a_plugins_middleware_that_raises_is_left_out_and_reported_once(bench, error, when):
    made, cleaned = [], []

    def clock():
        made.append(1)
        yield Clock()
        cleaned.append(1)

    def odd(key, proceed):
        if when == "after":
            proceed(key)
        raise error

    bench.container.provide(Clock, clock)
    bench.container.provide(View)
    use(bench, bench.plugin("p"), odd)
    assert type(bench.container.get(View).clock) is Clock
    (report,) = bench.reports
    assert report.__cause__ is error
    assert "plugin 'p' of acme-p 1.0 could not decorate" in report.summary()
    assert "is left out" in report.summary()
    assert len(made) - len(cleaned) == 1  # what was made in vain has been cleaned up
    assert bench.container.get(Clock) is bench.container.get(View).clock


@pytest.mark.parametrize("asks", ["get", "aget"])
def test_of_several_middlewares_the_one_that_raises_is_left_out(bench, asks):
    calls = []

    def good(name):
        def around(key, proceed):
            calls.append(name)
            return proceed(key)

        return around

    bench.container.provide(Clock)
    use(bench, bench.plugin("a", 1), good("a"))
    use(bench, bench.plugin("b", 2), lambda key, proceed: raising(ValueError("why"))())
    use(bench, bench.plugin("c", 3), good("c"))
    get = bench.container.get if asks == "get" else lambda key: asyncio.run(bench.container.aget(key))
    assert type(get(Clock)) is Clock
    assert [report.plugin for report in bench.reports] == ["b"]
    assert calls == ["a", "a", "c"]


def test_a_middleware_is_not_blamed_for_what_it_is_around(bench):
    bench.container.provide("it", lambda: "below")
    bench.provide(bench.plugin("p", 1), "it", raising(ValueError("why")))
    use(bench, bench.plugin("q", 2), lambda key, proceed: proceed(key))
    assert bench.container.get("it") == "below"
    assert [report.plugin for report in bench.reports] == ["p"]


def test_what_the_applications_middleware_raises_passes_unchanged(bench):
    error = ValueError("why")
    bench.container.provide(Clock)
    bench.container.use(lambda key, proceed: raising(error)())
    with pytest.raises(ValueError, match="why") as caught:
        bench.container.get(Clock)
    assert caught.value is error
    assert bench.reports == []


def test_a_plugins_middleware_that_has_to_be_awaited_is_done_without_by_who_does_not(bench):
    async def around(key, proceed):
        return await proceed(key)

    bench.container.provide(Clock)
    use(bench, bench.plugin("a", 1), lambda key, proceed: proceed(key))
    use(bench, bench.plugin("p", 2), around)
    assert type(bench.container.get(Clock)) is Clock
    assert [report.plugin for report in bench.reports] == ["p"]


def test_a_middleware_that_fails_for_a_key_that_nobody_provides_leaves_it_missing(bench):
    use(bench, bench.plugin("p"), lambda key, proceed: raising(ValueError("why"))())
    with pytest.raises(MissingDependencyError):
        bench.container.get(Clock)
    assert [report.plugin for report in bench.reports] == ["p"]


def test_a_middleware_that_catches_what_another_one_raises_answers(bench):
    def forgiving(key, proceed):
        try:
            return proceed(key)
        except ValueError:
            return "forgiven"

    bench.container.provide("it", lambda: "made")
    use(bench, bench.plugin("a", 1), forgiving)
    use(bench, bench.plugin("b", 2), lambda key, proceed: raising(ValueError("why"))())
    assert bench.container.get("it") == "forgiven"
    assert bench.reports == []


def test_asynchronous_middlewares_of_plugins_are_contained_and_cancelling_a_task_is_not(bench):
    async def odd(key, proceed):
        await proceed(key)
        raise asyncio.CancelledError

    async def main():
        assert type(await bench.container.aget(Clock)) is Clock
        assert [report.plugin for report in bench.reports] == ["p"]
        started = asyncio.Event()

        async def slow():
            started.set()
            await asyncio.sleep(60)

        bench.provide(bench.plugin("q", 5), "slow", slow)
        bench.container.provide("slow", lambda: "below")
        task = asyncio.ensure_future(bench.container.aget("slow"))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [report.plugin for report in bench.reports] == ["p"]

    bench.container.provide(Clock)
    use(bench, bench.plugin("p"), odd)
    asyncio.run(main())


@pytest.mark.parametrize("error", [asyncio.CancelledError(), GeneratorExit(), type("Own", (BaseException,), {})()])
def test_an_asynchronous_provider_that_raises_what_ends_tasks_gives_way(bench, error):
    async def odd():
        await asyncio.sleep(0)
        raise error

    bench.container.provide(Clock)
    bench.provide(bench.plugin("p"), Clock, odd)
    assert type(asyncio.run(bench.container.aget(Clock))) is Clock
    assert [report.plugin for report in bench.reports] == ["p"]


# -- an override that needs what cannot be had here -------------------------------------------------------------------


@pytest.mark.parametrize("what", ["asynchronous", "of a scope that is not open"])
@pytest.mark.parametrize("by", ["a parameter", "asking", "a dependency of its own", "a decorator"])
@pytest.mark.parametrize("scope", [SINGLETON, TRANSIENT])
@pytest.mark.parametrize("owner", ["plugin", "application"])
def test_an_override_that_needs_what_cannot_be_had_gives_way(bench, what, by, scope, owner):
    class Need:
        pass

    class Between:
        def __init__(self, need: Need):
            self.need = need

    async def need():
        return Need()

    plugin = bench.plugin("p")
    bench.container.provide(Clock)
    bench.container.provide(View)
    provide = (
        bench.container.provide if owner == "application" else lambda *of, **how: bench.provide(plugin, *of, **how)
    )
    provide(Need, *([need] if what == "asynchronous" else []), **({} if what == "asynchronous" else {"scope": "r"}))
    bench.provide(plugin, Between, scope=scope)

    def of_parameter(need: Need):
        raise AssertionError

    def of_dependency(between: Between):
        raise AssertionError

    def decorating(clock, need: Need):
        raise AssertionError

    if by == "a decorator":
        bench.decorate(plugin, Clock, decorating)
    else:
        asking = {"a parameter": of_parameter, "asking": lambda: bench.container.get(Need)}.get(by, of_dependency)
        bench.provide(plugin, Clock, asking, scope=scope)
    assert type(bench.container.get(View).clock) is Clock
    assert {report.plugin for report in bench.reports} == {"p"}
    assert len(bench.reports) == 1
