"""Searches for the smallest sets of plugins that fail together, in as few trials as possible.

It calls a function for each trial. The same results lead to the same trials, so a search is resumed by returning the
results that are known already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    Ask = Callable[[frozenset[str]], "bool | None"]
    """Returns whether it fails with these plugins on; None when that is not known."""

NEVER = "does-not-fail"
"""It does not fail with all plugins on."""
NO_PLUGIN = "not-a-plugin"
"""It fails with all plugins off, too."""
FOUND = "found"
UNSURE = "cannot-tell"
"""The results of too many trials are not known."""


@dataclass(frozen=True)
class FailingSet:
    """Plugins that fail together: without any one of `culprits` (and what needs it), the others do not fail."""

    culprits: tuple[str, ...]
    needed: tuple[str, ...] = ()
    """Plugins that are on only because a culprit needs them."""
    is_confirmed: bool = True
    """Whether trials have shown that the others do not fail without each culprit."""

    @property
    def members(self) -> frozenset[str]:
        """All plugins that are on when it fails."""
        return frozenset(self.culprits + self.needed)


@dataclass(frozen=True)
class Verdict:
    """The result of a search."""

    kind: str
    failing: tuple[FailingSet, ...] = ()
    """Each of them fails by itself; there are several if faults are independent."""
    remedy: tuple[str, ...] = ()
    """The plugins to turn off, so that it does not fail any more; trials have shown that if `is_mended`."""
    is_mended: bool = False
    suspects: tuple[str, ...] = ()
    """The plugins that may be at fault, when the results do not tell more."""


class Search:
    """One search among plugins, some of which need others."""

    def __init__(self, names: Sequence[str], needs: Mapping[str, AbstractSet[str]], ask: Ask) -> None:
        """Prepare a search.

        Args:
            names: The plugins, in their order; each once.
            needs: For each plugin the others that must be on with it; unknown names are ignored.
            ask: Makes a trial. It is called once for each set of plugins, and each set is complete: it contains what
                its plugins need.
        """
        reached = {name: with_needs([name], needs).intersection(names) for name in names}
        self._circles: dict[str, list[str]] = {}
        """Plugins that need one another are on together: the first of each such circle, to all of them."""
        chosen: dict[str, str] = {}
        for name in names:
            same = (other for other in self._circles if name in reached[other] and other in reached[name])
            chosen[name] = next(same, name)
            self._circles.setdefault(chosen[name], []).append(name)
        self._needs = {name: {chosen[other] for other in reached[name]} - {name} for name in self._circles}
        self._order = sorted(self._circles, key=lambda name: len(self._needs[name]))  # what is needed comes first
        self._ask = ask
        self._answers: dict[frozenset[str], bool | None] = {}

    def run(self) -> Verdict:
        """Search, and return the verdict."""
        everything = frozenset(self._order)
        nothing: frozenset[str] = frozenset()
        first = self._fails(nothing)
        if first is not False:
            return Verdict(NO_PLUGIN if first else UNSURE, suspects=self._all(self._order))
        first = self._fails(everything)
        if first is not True:
            return Verdict(UNSURE if first is None else NEVER, suspects=self._all(self._order))
        found: list[FailingSet] = []
        rest = everything
        while self._fails(rest):
            failing, suspects = self._smallest(rest)
            if failing is None:
                return Verdict(UNSURE, tuple(found), suspects=suspects)
            found.append(failing)
            rest = self._without(rest, failing.culprits)
        return self._with_remedy(found, everything)

    def _smallest(self, universe: frozenset[str]) -> tuple[FailingSet | None, tuple[str, ...]]:
        """Return a smallest failing set within *universe*, which fails; or None and the suspects.

        Turned on one after the other, in an order in which each plugin comes after those that it needs, one plugin is
        the first that makes it fail; halving finds it. That plugin is kept on, and the plugins before it are searched
        for another one that must be on, until the plugins that are kept fail by themselves.

        Source:
            Keeping what was found and halving the rest: Junker, "QuickXplain" (AAAI 2004).
        """
        kept: frozenset[str] = frozenset()
        while True:
            candidates = [name for name in self._order if name in universe and name not in kept]
            count, suspects = self._first_failing(kept, candidates)
            if suspects:
                return None, suspects
            culprit = candidates[count - 1]
            universe = kept | frozenset(candidates[:count])
            kept |= {culprit} | self._needs[culprit]
            outcome = self._fails(kept)
            if outcome is None:
                return None, self._all(universe)
            if not outcome:
                continue
            smaller, is_confirmed = self._smaller(kept)
            if smaller is None:
                culprits = self._top(kept)
                needed = tuple(name for name in self._all(kept) if name not in culprits)
                return FailingSet(culprits, needed, is_confirmed), ()
            universe, kept = smaller, frozenset()

    def _smaller(self, failing: frozenset[str]) -> tuple[frozenset[str] | None, bool]:
        """Return a smaller set that fails, without one of the culprits, if any; and whether all results are known.

        There is one if plugins hide the faults of others. Otherwise the trials confirm the failing set.
        """
        is_confirmed = True
        for name in self._top(failing):
            less = self._without(failing, (name,))
            outcome = self._fails(less)
            if outcome:
                return less, True
            is_confirmed = is_confirmed and outcome is not None
        return None, is_confirmed

    def _first_failing(self, kept: frozenset[str], candidates: list[str]) -> tuple[int, tuple[str, ...]]:
        """Return the number of candidates with which it fails, and with one less not; or the suspects."""
        low, high = 0, len(candidates)
        unclear: set[int] = set()
        while high - low > 1:
            middle = (low + high) // 2
            untried = [count for count in range(low + 1, high) if count not in unclear]
            if not untried:
                return high, self._all(candidates[low:high])
            count = min(untried, key=lambda count: abs(count - middle))
            outcome = self._fails(kept | frozenset(candidates[:count]))
            if outcome is None:
                unclear.add(count)
            elif outcome:
                high = count
            else:
                low = count
        return high, ()

    def _with_remedy(self, found: list[FailingSet], everything: frozenset[str]) -> Verdict:
        last = tuple(name for failing in found for name in failing.culprits)
        firsts = tuple(failing.culprits[0] for failing in found)
        choices = [(name,) for name in found[0].culprits] if len(found) == 1 else [firsts]
        for remedy in (*choices, last):
            outcome = self._fails(self._without(everything, remedy))
            if outcome is False:
                return Verdict(FOUND, tuple(found), remedy, is_mended=True)
        return Verdict(FOUND, tuple(found), last)

    def _fails(self, chosen: frozenset[str]) -> bool | None:
        if chosen not in self._answers:
            self._answers[chosen] = self._ask(frozenset(self._all(chosen)))
        return self._answers[chosen]

    def _all(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return *names* in their order, each with the others of its circle."""
        chosen = set(names)
        return tuple(each for name in self._order if name in chosen for each in self._circles[name])

    def _without(self, names: frozenset[str], gone: Sequence[str]) -> frozenset[str]:
        """Return *names* without *gone* and without what needs one of these."""
        return frozenset(name for name in names if name not in gone and not self._needs[name].intersection(gone))

    def _top(self, names: frozenset[str]) -> tuple[str, ...]:
        """Return those of *names* that none of the others needs."""
        return tuple(
            name for name in self._order if name in names and not any(name in self._needs[user] for user in names)
        )


def usual_trials(number: int) -> int:
    """Return the usual number of trials to find and confirm one culprit among *number* plugins."""
    return 4 + max(0, number - 1).bit_length()


def with_needs(names: Iterable[str], needs: Mapping[str, AbstractSet[str]]) -> set[str]:
    """Return *names* with everything that they need, directly or indirectly."""
    reached = set(names)
    pending = list(reached)
    while pending:
        new = set(needs.get(pending.pop(), ())) - reached
        reached |= new
        pending += new
    return reached
