"""What went wrong, and whose fault it is: from the frames of a resolution to errors. Loaded when something fails."""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.contributions.keys import key_text, show
from pegboard.contributions.ledger import PRIMED
from pegboard.contributions.provider import COMPONENT, DECORATOR, describe
from pegboard.errors import (
    AnnotationError,
    AsyncRequiredError,
    CircularDependencyError,
    MissingDependencyError,
    PegboardError,
    ProviderError,
    ScopeError,
    describe_exception,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pegboard.contributions.ledger import Contribution
    from pegboard.contributions.resolution import Frame, Resolution
    from pegboard.contributions.signature import Parameter
    from pegboard.contributions.store import Store
    from pegboard.errors import Link
    from pegboard.plugins.plugin import Plugin


def owner_text(owner: Plugin | None) -> str:
    """Return *owner* as messages name it."""
    if owner is None or not owner.name:
        return "the application"
    return f"built-in {owner.who()}" if owner.is_built_in else owner.who()


def link(frame: Frame) -> Link:
    """Return what one frame says in a chain: key, parameter that asked for it, what makes it, who provides that."""
    if frame.row is None:
        made_by = "" if frame.target is None else f"called directly, {describe(frame.target.target)}"
        return (show(frame.key), frame.parameter, made_by, "" if frame.target is None else owner_text(None))
    live = frame.row.live
    made_by = "not imported yet" if live is PRIMED else describe(live)
    if frame.decorating is not None:
        made_by = f"decorated by {describe(frame.decorating.live)}"
    return (show(frame.key), frame.parameter, made_by, owner_text(frame.acting.owner if frame.acting else None))


def chain(resolution: Resolution) -> tuple[Link, ...]:
    """Return the whole chain, outermost first."""
    return tuple(map(link, resolution.path()))


# -- errors -----------------------------------------------------------------------------------------------------------


def missing(resolution: Resolution, frame: Frame) -> MissingDependencyError:
    """Return the error for a key that nobody provides."""
    core = resolution.core
    text = key_text(frame.key)
    decorators = core.rows(frame.key, frame.normal)[1]
    known = core.ledger.texts(COMPONENT)
    return MissingDependencyError(
        text, chain(resolution)[:-1], frame.parameter, known, tuple(owner_text(row.owner) for row in decorators)
    )


def unreadable(resolution: Resolution, frame: Frame, parameter: Parameter) -> AnnotationError:
    """Return the error for a parameter whose annotation names no key."""
    acting = frame.acting
    target = frame.target.target if frame.target else None
    distribution = str(acting.owner.distribution or "") if acting else ""
    return AnnotationError(
        describe(target),
        parameter.name,
        parameter.problem or "",
        owner_text(acting.owner if acting else None),
        distribution,
        chain(resolution),
    )


def circle(frames: Sequence[Frame], closing: Frame) -> CircularDependencyError:
    """Return the error for *frames*, each of which needs the next and the last of which needs the first."""
    return CircularDependencyError(tuple(map(link, frames)), closing.parameter)


def out_of_scope(resolution: Resolution, frame: Frame, scope: str, setter: Frame | None) -> ScopeError:
    """Return the error for a key of a scope that is not open here.

    Args:
        resolution: Where it happened.
        frame: What was asked for.
        scope: The scope it belongs to.
        setter: What lives longer than that scope and needs it; None when it was asked for directly.
    """
    user = "" if setter is None else show(setter.key)
    lives = "" if setter is None or setter.store is None else setter.store.name or "singleton"
    return ScopeError(show(frame.key), scope, user, lives, frame.asked_from.names(), chain(resolution))


def closed(store: Store) -> ScopeError:
    """Return the error for a scope that is used after its end, or before its beginning."""
    return ScopeError("", store.name, "", "", (), ())


def must_await(resolution: Resolution, frame: Frame, reason: str) -> AsyncRequiredError:
    """Return the error for a key that can be awaited only."""
    return AsyncRequiredError(show(frame.key), reason, chain(resolution))


def failed(
    resolution: Resolution, frame: Frame, row: Contribution, error: BaseException, instead: Contribution | None
) -> ProviderError:
    """Return the error that blames the owner of *row* for *error*.

    Args:
        resolution: Where it happened.
        frame: What was being built.
        row: What failed, a provider or a decorator.
        error: What it raised, or what kept it from being called.
        instead: What serves in its place, if anything does.
    """
    owner = row.owner
    found = ProviderError(
        owner.name,
        str(owner.distribution or ""),
        "decorate" if row.kind == DECORATOR else "provide",
        show(frame.key),
        describe_exception(error),
        "" if instead is None else owner_text(instead.owner),
        chain(resolution),
    )
    found.__cause__ = error
    return found


def note(error: BaseException, links: Sequence[Link]) -> None:
    """Add to an error of the application's own what the container was doing."""
    from pegboard.errors import chain_lines

    error.add_note("while the container was building\n" + "\n".join("  " + line for line in chain_lines(links)))


def withdrawn(row: Contribution) -> Any:
    """Return the error for a row that is primed still after its owner was imported."""
    from pegboard.errors import PluginWithdrewError

    return PluginWithdrewError(row.owner.name, str(row.owner.distribution or ""), row.kind, row.text)
