"""What was announced before a plugin came, and who has been told?

In: calls of announced hooks, and plugins as they are imported. Out: each implementation is told of everything once, in
order; one whose plugin is not imported yet is told when it is.
"""

from __future__ import annotations

import _thread

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.binding import fitted, name

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pegboard.ledger import Contribution, Plugin


class Announced:
    """What was announced by one hook."""

    __slots__ = ("calls", "lock", "told")

    def __init__(self) -> None:
        self.calls: list[Sequence[Any]] = []
        """The arguments of each call."""
        self.told: dict[Contribution, int] = {}
        """How many of them each implementation has been told."""
        self.lock = _thread.RLock()


def watch(hooks: Any) -> Announced:
    """Have plugins told when they are imported, and return where a hook keeps what it announces."""
    hooks.manager.after_import = lambda plugin: catch_up(hooks, plugin)
    return Announced()


def announce(hook: Any, arguments: Sequence[Any]) -> None:
    """Tell all implementations that are there; those of plugins that are not imported yet are told later."""
    announced: Any = hook.announced
    announced.calls.append(tuple(arguments))
    for contribution in hook.bind().contributions:
        if not contribution.is_primed:
            _tell(hook, contribution)


def catch_up(hooks: Any, plugin: Plugin) -> None:
    """Tell *plugin*, which has just been imported, what was announced before."""
    for hook in hooks:
        if hook.announced is not None and hook.announced.calls:
            for contribution in hooks.manager.ledger.contributions_of(plugin):
                if contribution.kind == hook.kind:
                    _tell(hook, contribution)


def _tell(hook: Any, contribution: Contribution) -> None:
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
        try:
            function(*arguments)
        except BaseException as error:
            named = None if contribution.owner.is_built_in else name(hook, contribution.owner, error)
            if named is None:
                raise
            named.__cause__ = error
            hook.hooks.host.report(named)
