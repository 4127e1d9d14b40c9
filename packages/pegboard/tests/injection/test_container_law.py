"""Laws of the container, tried on made-up graphs of components.

A graph has numbered keys; each key is built from keys with smaller numbers, so that there is no circle, and its value
tells everything that went into it. What a fresh container builds from the same rows is the truth.
"""

import inspect
from contextlib import suppress
from typing import Annotated

from hypothesis import given
from hypothesis import strategies as st

from pegboard.container import TRANSIENT, Container
from pegboard.errors import MissingDependencyError, ProviderError
from pegboard.ledger import Distribution, Ledger, Plugin, application

SIZE = 7
RANKS = 3

needs = st.lists(st.integers(0, SIZE - 2), max_size=3, unique=True)
rows = st.tuples(st.integers(0, RANKS), st.integers(0, SIZE - 1), needs, st.booleans(), st.booleans())
"""Owner's rank (0 is the application), key, what it needs, whether it is optional, whether it is transient."""
absents = st.sets(st.integers(0, SIZE - 1), max_size=3)
"""Keys that nobody provides at first."""
wraps = st.tuples(st.integers(0, RANKS), st.integers(0, SIZE - 1))


def name(key):
    return Annotated[int, key]


class Bench:
    def __init__(self):
        self.owners = [application("app")]
        for rank in range(1, RANKS + 1):
            plugin = Plugin(f"p{rank}", f"app.plugins.p{rank}", distribution=Distribution(f"acme-{rank}", "1.0"))
            plugin.rank = rank
            self.owners.append(plugin)
        self.current = self.owners[0]
        self.ledger = Ledger(lambda: (self.current, False))
        self.reports = []
        self.container = Container(
            self.ledger, live=lambda row: row.live, ready=lambda: None, report=self.reports.append
        )

    def provide(self, change, mark):
        rank, key, needs, is_optional, is_transient = change
        self.current = self.owners[rank]
        provider = made_of(key, [need for need in needs if need < key], is_optional, mark)
        self.container.provide(name(key), provider, scope=TRANSIENT if is_transient else "singleton")

    def wrap(self, change, mark):
        rank, key = change
        self.current = self.owners[rank]
        self.container.decorate(name(key), lambda inner: Made(f"wrap{mark}", inner.parts | {f"w{mark}": inner}))


class Made:
    """A value that tells what it was made of, all the way down."""

    def __init__(self, label, parts):
        self.label, self.parts = label, parts

    def tree(self):
        return (self.label, tuple((parameter, part and part.tree()) for parameter, part in self.parts.items()))

    def all_parts(self):
        yield self
        for part in self.parts.values():
            yield from part.all_parts() if part else ()


def appending(mark):
    return lambda inner: (*inner, mark)


def made_of(key, needs, is_optional, mark):
    def make(**parts):
        return Made(f"{mark}:k{key}", parts)

    default = None if is_optional else inspect.Parameter.empty
    make.__signature__ = inspect.Signature(
        [
            inspect.Parameter(f"n{need}", inspect.Parameter.KEYWORD_ONLY, annotation=name(need), default=default)
            for need in needs
        ]
    )
    return make


def base(bench, absent):
    for key in range(SIZE):
        if key not in absent:
            bench.provide((0, key, list(range(max(0, key - 2), key)), True, False), "base")


def built(bench):
    """Return all that can be built, by key."""
    found = {}
    for key in range(SIZE):
        with suppress(MissingDependencyError, ProviderError):
            found[key] = bench.container.get(name(key))
    return found


def trees(values):
    return {key: value.tree() for key, value in values.items()}


class TestOverridingFollowsTheLedgersOrder:
    """The latest row of a key serves: by the rank of its owner, then by when it was registered."""

    @given(st.lists(st.tuples(st.integers(0, RANKS), st.integers(0, 2)), min_size=1), st.randoms())
    def test_whatever_the_time_of_registration(self, given_rows, random):
        bench = Bench()
        expected = {}
        for mark, (rank, key) in enumerate(given_rows):
            bench.current = bench.owners[rank]
            bench.container.provide_value(name(key), mark)
            if random.random() < 0.5:
                bench.container.get(name(key))
            if rank >= expected.get(key, (0, 0))[0]:
                expected[key] = rank, mark
        for key, (_, mark) in expected.items():
            assert bench.container.get(name(key)) == mark


class TestDecorationDoesNotDependOnWhenItIsRegistered:
    """Decorators compose by the ledger's order, before or after their base, read in between or not."""

    @given(st.lists(st.integers(0, RANKS), max_size=6), st.integers(0, 6), st.randoms())
    def test_providers_may_come_at_any_time(self, ranks, place, random):
        bench = Bench()
        for mark, rank in enumerate(ranks):
            if mark == place:
                bench.current = bench.owners[0]
                bench.container.provide("it", lambda: ())
            bench.current = bench.owners[rank]
            bench.container.decorate("it", appending(mark))
            if mark >= place and random.random() < 0.5:
                bench.container.get("it")
        if place >= len(ranks):
            bench.current = bench.owners[0]
            bench.container.provide("it", lambda: ())
        expected = sorted(range(len(ranks)), key=lambda mark: (ranks[mark], mark))
        assert bench.container.get("it") == tuple(expected)


class TestAChangeForgetsWhatItConcernsAndNothingElse:
    """After any change, everything is as if built from scratch; what would be built the same was not built again."""

    @given(absents, st.lists(st.one_of(rows, wraps), max_size=6))
    def test_against_a_container_made_afresh(self, absent, changes):
        bench = Bench()
        base(bench, absent)
        before = built(bench)
        for count, change in enumerate(changes):
            trees_before = trees(before)
            apply(bench, change, count)
            after = built(bench)
            fresh = Bench()
            base(fresh, absent)
            for mark, earlier in enumerate(changes[: count + 1]):
                apply(fresh, earlier, mark)
            assert trees(after) == trees(built(fresh))
            for key, value in () if bench.reports else after.items():  # what failed may be worth another try
                if trees_before.get(key) == value.tree() and is_kept(bench, key):
                    assert value is before[key] or is_tried(changes, count, value)
            before = after

    @given(absents, st.lists(rows, max_size=6), st.integers(1, RANKS))
    def test_also_when_an_owner_is_revoked(self, absent, changes, revoked):
        bench, fresh = Bench(), Bench()
        base(bench, absent)
        base(fresh, absent)
        for mark, change in enumerate(changes):
            apply(bench, change, mark)
            if change[0] != revoked:
                apply(fresh, change, mark)
        built(bench)
        bench.ledger.revoke(bench.owners[revoked])
        assert trees(built(bench)) == trees(built(fresh))

    @given(absents, st.lists(rows, max_size=4), st.lists(st.integers(0, SIZE - 1), min_size=1, max_size=3))
    def test_also_when_overrides_end(self, absent, changes, overridden):
        bench = Bench()
        base(bench, absent)
        for mark, change in enumerate(changes):
            apply(bench, change, mark)
        before = built(bench)
        overrides = [bench.container.override(name(key), Made(f"fake{key}", {})) for key in overridden]
        for override in overrides:
            override.__enter__()
            assert set(overridden[: overrides.index(override) + 1]) <= set(built(bench))
        for override in reversed(overrides):
            override.__exit__()
        after = built(bench)
        assert trees(after) == trees(before)
        for key, value in after.items():
            if is_kept(bench, key):
                assert value is before[key]


def apply(bench, change, mark):
    (bench.wrap if len(change) == 2 else bench.provide)(change, mark)


def is_kept(bench, key):
    """Whether *key* is kept once it is built; what is kept keeps the transients it was given."""
    explanation = bench.container.explain(name(key))
    return explanation.is_built


def is_tried(changes, count, value):
    """Whether the last change is a provider that is tried for *value* or its parts, and may have failed."""
    change = changes[count]
    if len(change) == 2:
        return False
    serving = [part.label.partition(":")[0] for part in value.all_parts() if part.label.endswith(f":k{change[1]}")]
    ranks = [0 if mark == "base" else changes[int(mark)][0] for mark in serving]
    return any(change[0] >= rank for rank in ranks)


class TestCleanUpsRunInReverse:
    """What was built last is cleaned up first, whatever is raised."""

    @given(
        st.lists(needs, min_size=SIZE, max_size=SIZE), st.permutations(range(SIZE)), st.sets(st.integers(0, SIZE - 1))
    )
    def test_in_any_graph(self, graph, order, failing):
        bench = Bench()
        opened, closed = [], []

        def provide(key, key_needs):
            make = made_of(key, [need for need in key_needs if need < key], False, "")

            def resource(**parts):
                opened.append(key)
                yield make(**parts)
                closed.append(key)
                if key in failing:
                    raise ValueError(key)

            resource.__signature__ = make.__signature__
            bench.container.provide(name(key), resource, scope="request")

        for key, key_needs in enumerate(graph):
            provide(key, key_needs)
        scope = bench.container.scope("request").__enter__()
        for key in order:
            scope.get(name(key))
        errors = []
        try:
            scope.close()
        except ExceptionGroup as group:
            errors = [error.args[0] for error in group.exceptions]
        assert sorted(opened) == list(range(SIZE))
        assert closed == opened[::-1]
        assert errors == [key for key in closed if key in failing]
