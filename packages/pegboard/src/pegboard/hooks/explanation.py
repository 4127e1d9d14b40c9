"""Who implements a hook, in which order, and why; and who is left out?

In: a host, and the kind of a hook's contributions. Out: plain data that prints as text. No plugin is imported for it.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.binding import is_wrapper
from pegboard.hooks.checking import shown
from pegboard.hooks.order import in_order, unmet
from pegboard.ledger import HOOK
from pegboard.precedence import IN_USE, can_serve, owner_text, why_unusable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pegboard.ledger import Contribution

UNDECLARED = "not called: the application declares no such hook"
ORDER = "early ones first, late ones last; then wishes; then the order of plugins"


@dataclass(frozen=True, slots=True)
class Implementation:
    """One function that implements a hook."""

    plugin: str
    """The name of the plugin; empty for the application itself."""
    owner: str
    """The owner, as text for people: `plugin 'csv' of acme-csv 1.2.0`, or `the application`."""
    state: str
    """The owner's state, e.g. `primed`."""
    name: str
    """The name of the function, as `module:qualified name`."""
    role: str
    """`implementation`, or `wrapper`, which runs around all implementations."""
    metadata: dict[str, Any]
    """Its parameters, and its position in the order: `parameters`, `order`, `after`, `before`."""
    status: str
    """`in use`, with its position and the reason for it; or why it is not called."""
    is_in_use: bool
    is_primed: bool
    """Whether its plugin has not been imported yet."""

    def __str__(self) -> str:
        return f"{self.owner} ({self.state}), {self.name}: {self.status}"


@dataclass(frozen=True, slots=True)
class HookExplanation:
    """A hook and its implementations, as plain data; `str()` returns text for people."""

    name: str
    is_declared: bool
    """False if plugins implement it, as their records say, and the application does not declare it."""
    mode: str
    """`notify`, `collect`, `first` or `chain`; empty if it is not declared."""
    signature: str
    """The declaration, e.g. `suggestions(document: Document) -> Suggestion`."""
    description: str
    """The docstring of the declaration."""
    where: str
    """The file and line of the declaration."""
    faults: str
    """What happens when an implementation raises: `contain`, `raise` or `collect`."""
    is_async: bool
    is_announced: bool
    is_concurrent: bool
    implementations: tuple[Implementation, ...]
    """In the order of calls: wrappers, the outermost first; implementations; and then those that are left out."""
    unmet: tuple[str, ...]
    """Wishes for an order that are not met, as text for people."""

    @property
    def traits(self) -> str:
        """The kind of the hook, as text for people."""
        if not self.is_declared:
            return "not declared by the application"
        words = [self.mode, f"faults: {self.faults}"]
        words += [word for word in ("async", "announced", "concurrent") if getattr(self, f"is_{word}")]
        return ", ".join(words)

    def __str__(self) -> str:
        lines = [f"hook {self.name!r} ({self.traits})"]
        if self.signature:
            lines.append(f"  {self.signature}")
        lines += [f"  {each}" for each in self.implementations] or ["  implemented by nobody"]
        return "\n".join([*lines, *(f"  not met: {each}" for each in self.unmet)])


def explain_all(host: Any) -> tuple[HookExplanation, ...]:
    """Return all hooks of *host*: those that it declares, and then those that plugins implement besides."""
    host.start()
    declared = {hook.kind: hook for hook in host._hooks or ()}  # noqa: SLF001 -- it makes none
    kinds = [kind for kind in host.manager.ledger.kinds() if kind.startswith(HOOK)]
    found = [explain(host, kind, declared.get(kind)) for kind in dict.fromkeys([*declared, *kinds])]
    return tuple(each for each in found if each.is_declared or each.implementations)


def explain(host: Any, kind: str, hook: Any) -> HookExplanation:
    """Return the hook of that *kind* of contributions; *hook* is None if it is not declared."""
    host.start()
    rows = list(host.manager.ledger.contributions(kind))
    substitutes = [each for each in rows if each.metadata.get("role") == "substitute"]
    usable = [each for each in rows if each.owner.is_usable and (not substitutes or each is substitutes[-1])]
    serving = in_order([each for each in usable if can_serve(each)]) if hook is not None else []
    wrappers = [each for each in serving if is_wrapper(each)]
    inner = [each for each in serving if each not in wrappers]
    found = [_view(each, _place(each, wrappers, "wrapper ", " from the outside")) for each in wrappers]
    found += [_view(each, _place(each, inner, "", "")) for each in inner]
    for each in rows:
        if each not in serving:
            found.append(_view(each, _why_not(each, hook, substitutes), is_in_use=False))
    code = None if hook is None else hook.declaration.__code__
    return HookExplanation(
        name=kind.removeprefix(HOOK),
        is_declared=hook is not None,
        mode="" if hook is None else hook.mode,
        signature="" if hook is None else shown(hook),
        description="" if hook is None else inspect.getdoc(hook.declaration) or "",
        where="" if code is None else f"{code.co_filename}:{code.co_firstlineno}",
        faults="" if hook is None else hook.faults,
        is_async=hook is not None and hook.is_async,
        is_announced=hook is not None and hook.announced is not None,
        is_concurrent=hook is not None and hook.is_concurrent,
        implementations=tuple(found),
        unmet=tuple([f"{owner_text(each.owner)} wishes to come {wish}" for each, wish in unmet(serving)]),
    )


def _view(contribution: Contribution, status: str, *, is_in_use: bool = True) -> Implementation:
    metadata = {key: value for key, value in contribution.metadata.items() if key != "role"}
    return Implementation(
        plugin=contribution.owner.name,
        owner=owner_text(contribution.owner),
        state=contribution.owner.state,
        name=contribution.text,
        role="wrapper" if is_wrapper(contribution) else "implementation",
        metadata=metadata,
        status=status,
        is_in_use=is_in_use,
        is_primed=contribution.is_primed,
    )


def _place(contribution: Contribution, among: Sequence[Contribution], role: str, side: str) -> str:
    """Return its place in the order of calls, and what it has said about it."""
    place = f"{among.index(contribution) + 1} of {len(among)}{side}"
    said = [word] if (word := contribution.metadata.get("order", "normal")) != "normal" else []
    wished = {wish: contribution.metadata.get(wish) or () for wish in ("after", "before")}
    said += [f"{wish} {', '.join(map(repr, names))}" for wish, names in wished.items() if names]
    wishes = f", since it says {' and '.join(said)}" if said else ""
    return f"{IN_USE}, {role}{place}{wishes}"


def _why_not(contribution: Contribution, hook: Any, substitutes: Sequence[Contribution]) -> str:
    if not can_serve(contribution):
        return why_unusable(contribution, "left out")
    return UNDECLARED if hook is None else f"left out: {owner_text(substitutes[-1].owner)} overrides the hook"
