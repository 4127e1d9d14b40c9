"""The search: which plugins, on together, make a failure happen, asked in as few runs as can be.

It knows nothing of processes or people: it asks a function. The same answers lead to the same questions, so that a
search is resumed by giving it the answers that are known already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    Ask = Callable[[frozenset[str]], "bool | None"]
    """Given the plugins that are on, whether it fails; None when that cannot be told."""

NEVER = "does-not-fail"
"""It does not fail with all plugins on."""
NO_PLUGIN = "not-a-plugin"
"""It fails also with all of them off."""
FOUND = "found"
UNSURE = "cannot-tell"
"""Too many runs could not be judged."""


@dataclass(frozen=True)
class FailingSet:
    """Plugins that fail together: without any one of `culprits` (and what needs it), the others do not."""

    culprits: tuple[str, ...]
    needed: tuple[str, ...] = ()
    """Plugins that are on only because a culprit needs them; they do not fail by themselves."""
    is_confirmed: bool = True
    """Whether it was seen that the others do not fail without each culprit."""

    @property
    def members(self) -> frozenset[str]:
        """All that is on when it fails."""
        return frozenset(self.culprits + self.needed)


@dataclass(frozen=True)
class Verdict:
    """How a search ended."""

    kind: str
    failing: tuple[FailingSet, ...] = ()
    """Each fails by itself; several when there are independent faults."""
    remedy: tuple[str, ...] = ()
    """The plugins to turn off, so that it does not fail any more; seen to help if `is_mended`."""
    is_mended: bool = False
    suspects: tuple[str, ...] = ()
    """One of these it is, when that is as far as answers go."""


class Search:
    """One search among plugins, some of which need others."""

    def __init__(self, names: Sequence[str], needs: Mapping[str, AbstractSet[str]], ask: Ask) -> None:
        """Make one.

        Args:
            names: The plugins, in their order; each once.
            needs: For a plugin the others without which it is never run; unknown names are passed over.
            ask: Runs it with some plugins on, always a set in which nothing lacks what it needs; never asked the
                same twice.
        """
        reached = {name: _reached(name, needs).intersection(names) for name in names}
        self._mates: dict[str, list[str]] = {}
        """One plugin for each circle of plugins that need one another, to all that are in it: they run together."""
        chosen: dict[str, str] = {}
        for name in names:
            chosen[name] = next((mate for mate in self._mates if name in reached[mate] and mate in reached[name]), name)
            self._mates.setdefault(chosen[name], []).append(name)
        self._needs = {name: {chosen[other] for other in reached[name]} - {name} for name in self._mates}
        self._order = sorted(self._mates, key=lambda name: len(self._needs[name]))  # what is needed comes first
        self._ask = ask
        self._answers: dict[frozenset[str], bool | None] = {}

    def run(self) -> Verdict:
        """Search, and return what was found out."""
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
        """Return a smallest failing set within *universe*, which fails; or, when that cannot be told, the suspects.

        The plugins are turned on one after the other, in an order in which each stretch from the start can run. So
        there is a first that makes it fail; halving finds it. It is kept, and what comes before it is searched again
        for what else must be on, until what is kept fails by itself.

        Source:
            The idea of keeping what was found and halving the rest: Junker, "QuickXplain" (AAAI 2004).
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
        """Return what still fails when one of the culprits is left out, if any; and whether all answers were clear.

        With plugins that hide each other's faults this can be; else it is the confirmation.
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
        """Return with how many candidates on it fails, while it does not with one less; or who is suspected."""
        low, high = 0, len(candidates)
        unclear: set[int] = set()
        while high - low > 1:
            middle = (low + high) // 2
            untried = [at for at in range(low + 1, high) if at not in unclear]
            if not untried:
                return high, self._all(candidates[low:high])
            at = min(untried, key=lambda place: abs(place - middle))
            outcome = self._fails(kept | frozenset(candidates[:at]))
            if outcome is None:
                unclear.add(at)
            elif outcome:
                high = at
            else:
                low = at
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
        """Return *names* in their order, each with those that it makes a circle with."""
        chosen = set(names)
        return tuple(mate for name in self._order if name in chosen for mate in self._mates[name])

    def _without(self, names: frozenset[str], gone: Sequence[str]) -> frozenset[str]:
        """Return *names* without *gone* and all that needs one of these."""
        return frozenset(name for name in names if name not in gone and not self._needs[name].intersection(gone))

    def _top(self, names: frozenset[str]) -> tuple[str, ...]:
        """Return those of *names* that no other one of them needs."""
        return tuple(
            name for name in self._order if name in names and not any(name in self._needs[user] for user in names)
        )


def usual_rounds(number: int) -> int:
    """Return in about how many runs one culprit among *number* plugins is found and confirmed."""
    return 4 + max(0, number - 1).bit_length()


def _reached(name: str, needs: Mapping[str, AbstractSet[str]]) -> set[str]:
    reached: set[str] = set()
    pending = [name]
    while pending:
        for other in needs.get(pending.pop(), ()):
            if other not in reached and other != name:
                reached.add(other)
                pending.append(other)
    return reached
