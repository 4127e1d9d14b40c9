import pytest

from pegboard.errors import ContributionNotFoundError, HostError, InvalidNameError, MetadataError, NameClashError
from pegboard.ledger import DORMANT, RULES, Contribution
from pegboard.registry import Registry


@pytest.fixture
def registry(desk):
    desk.ready = 0

    def ready():
        desk.ready += 1

    return Registry("exporters", desk, report=desk.reports.append, ready=ready)


def test_register_returns_the_item_and_getitem_finds_it(desk, registry):
    item = object()
    assert registry.register("csv", item) is item
    assert registry["csv"] is item


def test_register_without_item_is_a_decorator(desk, registry):
    @registry.register("csv", summary="Comma separated")
    def export():
        return "a,b"

    assert registry["csv"] is export
    assert registry.describe("csv") == {"summary": "Comma separated"}


def test_none_may_be_registered(desk, registry):
    registry.register("nothing", None)
    assert registry["nothing"] is None
    assert registry.get("nothing", "default") is None


def test_names_come_in_order_of_rank(desk, registry):
    desk.by("late", 5)
    registry.register("l", 1)
    desk.by("early", 1)
    registry.register("e", 1)
    assert registry.names() == ("e", "l")
    assert list(registry) == ["e", "l"]
    assert len(registry) == 2


def test_a_missing_name_suggests_the_near_one(desk, registry):
    registry.register("markdown", 1)
    with pytest.raises(ContributionNotFoundError, match="did you mean 'markdown'"):
        registry["markdwon"]
    with pytest.raises(KeyError):
        registry.describe("x")
    assert registry.get("x") is None
    assert "x" not in registry


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", 3, None])
def test_a_name_that_cannot_be_listed_is_refused(registry, name):
    with pytest.raises(InvalidNameError):
        registry.register(name, 1)


@pytest.mark.parametrize("value", [object(), print, {1: "x"}, [object()], {"a": {2, 3}}])
def test_metadata_that_is_not_plain_is_refused(registry, value):
    with pytest.raises(MetadataError, match="metadata 'extra' of 'csv' in registry 'exporters'"):
        registry.register("csv", 1, extra=value)
    assert registry.names() == ()


def test_describe_gives_a_copy(desk, registry):
    registry.register("csv", 1, summary="s")
    registry.describe("csv")["summary"] = "changed"
    assert registry.describe("csv") == {"summary": "s"}


def test_reading_makes_the_host_ready_and_registering_does_not(desk, registry):
    registry.register("csv", 1)
    assert desk.ready == 0
    registry.names()
    assert desk.ready == 1


def test_names_and_descriptions_wake_nobody_and_getitem_does(desk, registry):
    owner = desk.by("a", 1)
    row = Contribution(owner, "exporters", "csv", DORMANT, metadata={"summary": "s"})
    desk.ledger._insert((row,))
    assert registry.names() == ("csv",)
    assert registry.describe("csv") == {"summary": "s"}
    assert registry.owner("csv") is owner
    assert "csv" in registry
    with pytest.raises(AssertionError, match="was woken"):
        registry["csv"]


class TestClashes:
    def test_between_strangers_the_first_in_order_keeps_the_name_and_both_are_named(self, desk, registry):
        desk.by("zeta", 2)
        registry.register("csv", "zeta's")
        desk.by("alpha", 1)
        registry.register("csv", "alpha's")
        assert registry["csv"] == "alpha's"
        assert registry.names() == ("csv",)
        (problem,) = desk.reports
        assert isinstance(problem, NameClashError)
        assert "plugin 'zeta' of acme-zeta 1 registers 'csv'" in str(problem)
        assert "plugin 'alpha' of acme-alpha 1 already has" in str(problem)

    def test_a_built_in_keeps_its_name_from_a_plugin_that_does_not_say_override(self, desk, registry):
        desk.by("builtin", 0, "built-in")
        registry.register("csv", "built-in")
        desk.by("other", 1)
        registry.register("csv", "other's")
        assert registry["csv"] == "built-in"
        assert len(desk.reports) == 1

    def test_override_replaces_and_is_no_clash(self, desk, registry):
        desk.by("builtin", 0, "built-in")
        registry.register("csv", "built-in")
        desk.by("other", 1)
        registry.register("csv", "other's", override=True)
        assert registry["csv"] == "other's"
        assert desk.reports == []

    def test_a_registry_that_allows_override_lets_the_last_win(self, desk):
        registry = Registry("exporters", desk, report=desk.reports.append, ready=lambda: None, allow_override=True)
        for rank, name in enumerate(["a", "b", "c"]):
            desk.by(name, rank)
            registry.register("csv", name)
        assert registry["csv"] == "c"
        assert desk.reports == []

    def test_within_one_plugin_the_last_registration_counts(self, desk, registry):
        desk.by("a", 1)
        registry.register("csv", 1)
        registry.register("csv", 2)
        assert registry["csv"] == 2
        assert desk.reports == []

    def test_is_reported_once_however_often_the_registry_is_read(self, desk, registry):
        for rank, name in enumerate(["a", "b"]):
            desk.by(name, rank)
            registry.register("csv", name)
        for number in range(3):
            [registry.winner(name) for name in registry.names()]
            registry.register(f"more-{number}", 1)
        assert len(desk.reports) == 1

    def test_after_the_winner_is_revoked_the_other_has_the_name(self, desk, registry):
        first = desk.by("a", 1)
        registry.register("csv", "a")
        desk.by("b", 2)
        registry.register("csv", "b")
        assert registry["csv"] == "a"
        desk.ledger.revoke(first)
        assert registry["csv"] == "b"


class TestExplain:
    def lines(self, registry, name):
        return str(registry.explain(name)).splitlines()

    def test_of_a_name_that_nobody_has(self, registry):
        assert self.lines(registry, "csv") == ["'csv' in 'exporters'", "  registered by nobody"]

    def test_of_a_name_that_one_has(self, desk, registry):
        desk.by("a", 1)
        registry.register("csv", 1)
        assert self.lines(registry, "csv")[1:] == ["  plugin 'a' of acme-a 1 (found): in use"]

    def test_tells_the_loser_of_a_clash_why(self, desk, registry):
        for rank, name in enumerate(["a", "b"]):
            desk.by(name, rank)
            registry.register("csv", 1)
        assert self.lines(registry, "csv")[1:] == [
            "  plugin 'a' of acme-a 1 (found): in use, since it comes first",
            "  plugin 'b' of acme-b 1 (found): not used: the name is taken, and it does not say override=True",
        ]
        assert desk.reports == []

    def test_tells_who_overrides_whom(self, desk, registry):
        desk.by("builtin", 0, "built-in")
        registry.register("csv", 1)
        desk.by("b", 1)
        registry.register("csv", 2, override=True)
        assert self.lines(registry, "csv")[1:] == [
            "  plugin 'b' of acme-b 1 (found): in use, since it says override=True",
            "  plugin 'builtin' of acme-builtin 1 (found): overridden",
        ]

    def test_imports_no_primed_plugin(self, desk, registry):
        owner = desk.by("a", 1)
        desk.ledger._insert((Contribution(owner, "exporters", "csv", DORMANT),))
        registry.explain("csv")
        assert desk.woken == []


@pytest.mark.parametrize("name", sorted(RULES))
def test_a_registry_is_not_called_what_the_container_calls_its_own(desk, name):
    with pytest.raises(HostError, match=f"a registry cannot be called '{name}'"):
        Registry(name, desk, report=desk.reports.append, ready=lambda: None)
