"""What was announced before a plugin came, and who has been told?

In: calls of announced hooks, and plugins as they are imported. Out: each implementation is told of everything once, in
order; one whose plugin is not imported yet is told when it is.
"""

from __future__ import annotations

import _thread

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.binding import fitted, is_wrapper, name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pegboard.hooks.monitoring import Answer
    from pegboard.ledger import Contribution, Ledger, Plugin


class Announced:
    """What was announced by one hook."""

    __slots__ = ("calls", "lock", "told")

    def __init__(self) -> None:
        self.calls: list[Sequence[Any]] = []
        """The arguments of each call."""
        self.told: dict[Contribution, int] = {}
        """How many of them each implementation has been told."""
        self.lock = _thread.RLock()

    def forget_revoked(self, ledger: Ledger) -> None:
        """Forget the implementations that are not in *ledger* any more: they are told of nothing, and hold modules."""
        with self.lock:
            self.told = {
                each: count for each, count in self.told.items() if each in ledger.contributions_of(each.owner)
            }

    def replace(self, calls: Sequence[Sequence[Any]], told: Mapping[Contribution, int]) -> None:
        """Go on as if these *calls* had been announced, and *told* so often."""
        with self.lock:
            self.calls, self.told = list(calls), dict(told)

    def begin_block(self, substitute: Contribution) -> int:
        """Let *substitute*, of a test, be told of nothing that was announced before; return how much that is."""
        with self.lock:
            self.told[substitute] = len(self.calls)
            return len(self.calls)

    def end_block(self, substitute: Contribution, before: int) -> None:
        """Forget *substitute*, and what was announced to it since *before* in the place of the implementations."""
        with self.lock:
            del self.told[substitute]
            if substitute.metadata.get("role") == "substitute":
                del self.calls[before:]


def watch(hooks: Any) -> Announced:
    """Have plugins told when they are imported, and return where a hook keeps what it announces."""
    hooks.manager.after_import = lambda plugin: catch_up(hooks, plugin)
    return Announced()


def announce(hook: Any, arguments: Sequence[Any], answers: list[Answer] | None) -> None:
    """Tell all implementations that are there; those of plugins that are not imported yet are told later.

    Args:
        hook: What is called.
        arguments: What all are told.
        answers: Where it is noted who was told, if monitors ask.
    """
    announced: Any = hook.announced
    announced.calls.append(tuple(arguments))
    for contribution in hook.bind().contributions:
        if not contribution.is_primed:
            _tell(hook, contribution, answers)


def catch_up(hooks: Any, plugin: Plugin) -> None:
    """Tell *plugin*, which has just been imported, what was announced before."""
    answers: list[Answer] | None = [] if hooks.monitors else None
    for hook in hooks:
        if hook.announced is not None and hook.announced.calls:
            for contribution in hooks.manager.ledger.contributions_of(plugin):
                if contribution.kind == hook.kind and not is_wrapper(contribution):
                    _tell(hook, contribution, answers)
    for answer in answers or ():
        answer.tell()


def _tell(hook: Any, contribution: Contribution, answers: list[Answer] | None) -> None:
    announced: Any = hook.announced
    function = None
    while True:
        with announced.lock:
            at = announced.told.get(contribution, 0)
            if at >= len(announced.calls):
                return
            announced.told[contribution] = at + 1
            arguments = announced.calls[at]
        if function is None:
            function = fitted(hook, contribution.live)
            if answers is not None:
                from pegboard.hooks.monitoring import timed

                function = timed(hook, contribution, function, answers)
        try:
            function(*arguments)
        except BaseException as error:
            named = None if contribution.owner.is_built_in else name(hook, contribution.owner, error)
            if named is None:
                raise
            named.__cause__ = error
            hook.hooks.host.report(named)
