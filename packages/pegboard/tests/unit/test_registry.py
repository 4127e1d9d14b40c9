import pytest

from pegboard.contributions.ledger import PRIMED, Contribution, Ledger
from pegboard.contributions.registry import Registry
from pegboard.discovery.candidate import Distribution
from pegboard.errors import ContributionNotFoundError, InvalidNameError, MetadataError, NameClashError
from pegboard.plugins.plugin import Plugin, application


class Desk:
    def __init__(self, **options):
        self.owner = application("app")
        self.reports = []
        self.ready = 0
        self.ledger = Ledger(lambda: (self.owner, False), self.wake)
        self.registry = Registry("exporters", self.ledger, ready=self._ready, report=self.reports.append, **options)

    def _ready(self):
        self.ready += 1

    def wake(self, plugin):
        raise AssertionError(f"{plugin} was woken")

    def by(self, name, rank, source="namespace"):
        self.owner = Plugin(name, f"app.plugins.{name}", source=source, distribution=Distribution(f"acme-{name}", "1"))
        self.owner.rank = rank
        return self.owner


@pytest.fixture
def desk():
    return Desk()


def test_register_returns_the_item_and_getitem_finds_it(desk):
    item = object()
    assert desk.registry.register("csv", item) is item
    assert desk.registry["csv"] is item


def test_register_without_item_is_a_decorator(desk):
    @desk.registry.register("csv", summary="Comma separated")
    def export():
        return "a,b"

    assert desk.registry["csv"] is export
    assert desk.registry.describe("csv") == {"summary": "Comma separated"}


def test_none_may_be_registered(desk):
    desk.registry.register("nothing", None)
    assert desk.registry["nothing"] is None
    assert desk.registry.get("nothing", "default") is None


def test_names_come_in_order_of_rank(desk):
    desk.by("late", 5)
    desk.registry.register("l", 1)
    desk.by("early", 1)
    desk.registry.register("e", 1)
    assert desk.registry.names() == ("e", "l")
    assert list(desk.registry) == ["e", "l"]
    assert len(desk.registry) == 2


def test_a_missing_name_suggests_the_near_one(desk):
    desk.registry.register("markdown", 1)
    with pytest.raises(ContributionNotFoundError, match="did you mean 'markdown'"):
        desk.registry["markdwon"]
    with pytest.raises(KeyError):
        desk.registry.describe("x")
    assert desk.registry.get("x") is None
    assert "x" not in desk.registry


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", 3, None])
def test_a_name_that_cannot_be_listed_is_refused(desk, name):
    with pytest.raises(InvalidNameError):
        desk.registry.register(name, 1)


@pytest.mark.parametrize("value", [object(), print, {1: "x"}, [object()], {"a": {2, 3}}])
def test_metadata_that_is_not_plain_is_refused(desk, value):
    with pytest.raises(MetadataError, match="metadata 'extra' of 'csv' in registry 'exporters'"):
        desk.registry.register("csv", 1, extra=value)
    assert desk.registry.names() == ()


def test_describe_gives_a_copy(desk):
    desk.registry.register("csv", 1, summary="s")
    desk.registry.describe("csv")["summary"] = "changed"
    assert desk.registry.describe("csv") == {"summary": "s"}


def test_reading_makes_the_host_ready_and_registering_does_not(desk):
    desk.registry.register("csv", 1)
    assert desk.ready == 0
    desk.registry.names()
    assert desk.ready == 1


def test_names_and_descriptions_wake_nobody_and_getitem_does(desk):
    owner = desk.by("a", 1)
    row = Contribution(owner, "exporters", "csv", PRIMED, metadata={"summary": "s"})
    desk.ledger._insert((row,))
    assert desk.registry.names() == ("csv",)
    assert desk.registry.describe("csv") == {"summary": "s"}
    assert desk.registry.owner("csv") is owner
    assert "csv" in desk.registry
    with pytest.raises(AssertionError, match="was woken"):
        desk.registry["csv"]


class TestClashes:
    def test_between_strangers_the_first_in_order_keeps_the_name_and_both_are_named(self, desk):
        desk.by("zeta", 2)
        desk.registry.register("csv", "zeta's")
        desk.by("alpha", 1)
        desk.registry.register("csv", "alpha's")
        assert desk.registry["csv"] == "alpha's"
        assert desk.registry.names() == ("csv",)
        (problem,) = desk.reports
        assert isinstance(problem, NameClashError)
        assert "plugin 'zeta' of acme-zeta 1 registers 'csv'" in str(problem)
        assert "plugin 'alpha' of acme-alpha 1 already has" in str(problem)

    def test_a_built_in_keeps_its_name_from_a_plugin_that_does_not_say_override(self, desk):
        desk.by("builtin", 0, "built-in")
        desk.registry.register("csv", "built-in")
        desk.by("other", 1)
        desk.registry.register("csv", "other's")
        assert desk.registry["csv"] == "built-in"
        assert len(desk.reports) == 1

    def test_override_replaces_and_is_no_clash(self, desk):
        desk.by("builtin", 0, "built-in")
        desk.registry.register("csv", "built-in")
        desk.by("other", 1)
        desk.registry.register("csv", "other's", override=True)
        assert desk.registry["csv"] == "other's"
        assert desk.reports == []

    def test_a_registry_that_allows_override_lets_the_last_win(self):
        desk = Desk(allow_override=True)
        for rank, name in enumerate(["a", "b", "c"]):
            desk.by(name, rank)
            desk.registry.register("csv", name)
        assert desk.registry["csv"] == "c"
        assert desk.reports == []

    def test_within_one_plugin_the_last_registration_counts(self, desk):
        desk.by("a", 1)
        desk.registry.register("csv", 1)
        desk.registry.register("csv", 2)
        assert desk.registry["csv"] == 2
        assert desk.reports == []

    def test_is_reported_once_however_often_the_registry_is_read(self, desk):
        for rank, name in enumerate(["a", "b"]):
            desk.by(name, rank)
            desk.registry.register("csv", name)
        for number in range(3):
            desk.registry.settle()
            desk.registry.register(f"more-{number}", 1)
        assert len(desk.reports) == 1

    def test_after_the_winner_is_revoked_the_other_has_the_name(self, desk):
        first = desk.by("a", 1)
        desk.registry.register("csv", "a")
        desk.by("b", 2)
        desk.registry.register("csv", "b")
        assert desk.registry["csv"] == "a"
        desk.ledger.revoke(first)
        assert desk.registry["csv"] == "b"
