import pickle
import threading

import pytest

from pegboard.errors import PluginWithdrewError
from pegboard.ledger import DORMANT, Contribution, Distribution, Ledger, Plugin, application


class Desk:
    """A ledger whose registering plugin is set by hand."""

    def __init__(self) -> None:
        self.current = (application("app"), False)
        self.ledger = Ledger(lambda: self.current)

    def importing(self, plugin, *ids, kind="things"):
        self.ledger.begin(plugin)
        self.current = (plugin, True)
        for id in ids:
            self.ledger.add(kind, id, f"{plugin.name}:{id}")
        self.current = (application("app"), False)


@pytest.fixture
def desk():
    return Desk()


def plugin(name, rank=0):
    made = Plugin(name, f"app.plugins.{name}", distribution=Distribution(f"acme-{name}", "1.0"))
    made.rank = rank
    return made


def ids(ledger, kind="things"):
    return [row.id for row in ledger.contributions(kind)]


def test_rows_of_an_import_count_only_after_commit(desk):
    desk.importing(plugin("a"), "x", "y")
    assert ids(desk.ledger) == []
    desk.ledger.commit(next(iter(desk.ledger.batches)))
    assert ids(desk.ledger) == ["x", "y"]


def test_rows_of_a_failed_import_never_count(desk):
    a = plugin("a")
    desk.importing(a, "x")
    desk.ledger.discard(a)
    assert ids(desk.ledger) == []


def test_rows_are_ordered_by_their_owners_rank_and_not_by_time(desk):
    late, early = plugin("late", rank=2), plugin("early", rank=1)
    for owner in (late, early):
        desk.importing(owner, f"{owner.name}-1", f"{owner.name}-2")
        desk.ledger.commit(owner)
    assert ids(desk.ledger) == ["early-1", "early-2", "late-1", "late-2"]


def test_new_ranks_count_after_reorder(desk):
    a, b = plugin("a", 1), plugin("b", 2)
    for owner in (a, b):
        desk.importing(owner, owner.name)
        desk.ledger.commit(owner)
    assert ids(desk.ledger) == ["a", "b"]
    a.rank = 3
    desk.ledger.invalidate()
    assert ids(desk.ledger) == ["b", "a"]


def test_a_second_commit_replaces_what_the_owner_had(desk):
    a = plugin("a")
    desk.importing(a, "old", "both")
    desk.ledger.commit(a)
    desk.importing(a, "both", "new")
    desk.ledger.commit(a)
    assert ids(desk.ledger) == ["both", "new"]


def test_a_discarded_second_import_keeps_what_the_owner_had(desk):
    a = plugin("a")
    desk.importing(a, "old")
    desk.ledger.commit(a)
    desk.importing(a, "new")
    desk.ledger.discard(a)
    assert ids(desk.ledger) == ["old"]


def test_late_rows_of_a_plugin_are_ephemeral_and_survive_its_next_commit(desk):
    a = plugin("a")
    desk.current = (a, False)
    row = desk.ledger.add("things", "late", 1)
    assert row.is_ephemeral
    desk.importing(a, "x")
    desk.ledger.commit(a)
    assert ids(desk.ledger) == ["late", "x"]


def test_rows_of_the_application_are_not_ephemeral(desk):
    assert not desk.ledger.add("things", "x", 1).is_ephemeral


def test_revoke_takes_all_rows_of_one_owner_and_no_others(desk):
    a, b = plugin("a", 1), plugin("b", 2)
    for owner in (a, b):
        desk.importing(owner, owner.name)
        desk.ledger.commit(owner)
    desk.current = (a, False)
    desk.ledger.add("others", "late", 1)
    desk.ledger.revoke(a)
    assert ids(desk.ledger) == ["b"]
    assert ids(desk.ledger, "others") == []
    assert desk.ledger.contributions_of(a) == ()


def test_every_change_is_a_new_generation(desk):
    seen = [desk.ledger.generation]
    row = desk.ledger.add("things", "x", 1)
    seen.append(desk.ledger.generation)
    desk.ledger.remove(row)
    seen.append(desk.ledger.generation)
    desk.ledger.remove(row)
    assert len(set(seen)) == 3
    assert desk.ledger.generation == seen[-1]


def test_the_successor_of_a_primed_row_is_what_its_owner_has_registered_since(desk):
    a = plugin("a")
    desk.importing(a, "x")
    desk.ledger.commit(a)
    assert desk.ledger.successor(Contribution(a, "things", "x", DORMANT)).live == "a:x"


def test_the_successor_of_a_row_that_its_owner_no_longer_registers_says_so(desk):
    a = plugin("a")
    desk.importing(a, "other")
    desk.ledger.commit(a)
    with pytest.raises(PluginWithdrewError, match="plugin 'a' of acme-a 1.0 no longer contributes 'x' to 'things'"):
        desk.ledger.successor(Contribution(a, "things", "x", DORMANT))


def test_many_threads_may_add_at_once(desk):
    start = threading.Barrier(8)

    def add(number):
        start.wait()
        for index in range(200):
            desk.ledger.add("things", f"{number}-{index}", index)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    rows = desk.ledger.contributions("things")
    assert len({row.id for row in rows}) == 1600
    assert len({row.sequence for row in rows}) == 1600


def test_withdrawal_error_can_be_pickled():
    error = PluginWithdrewError("a", "acme-a 1.0", "things", "x")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
