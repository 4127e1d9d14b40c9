"""What went wrong, and who is to blame? Turns the frames of a request into errors.

In: a request and the frame that failed. Out: an error that names the whole chain, with the frames that are to blame.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import location_in
from pegboard.errors import (
    AnnotationError,
    AsyncRequiredError,
    CircularDependencyError,
    MissingDependencyError,
    ProviderError,
    ScopeError,
    describe_exception,
)
from pegboard.foreign_object import add_note, attribute
from pegboard.injection.keys import key_text, show
from pegboard.injection.provider import describe
from pegboard.injection.signature import place_of
from pegboard.ledger import COMPONENT, DORMANT, MIDDLEWARE, SINGLETON, TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pegboard.errors.container import Link
    from pegboard.injection.request import Frame, Request
    from pegboard.injection.signature import Parameter
    from pegboard.ledger import Contribution, Plugin


def owner_text(owner: Plugin | None) -> str:
    """Return *owner* as messages name it."""
    if owner is None or not owner.name:
        return "the application"
    return f"built-in {owner.who()}" if owner.is_built_in else owner.who()


def _owner_of(target: Any, owner_of: Callable[[str], Plugin | None]) -> Plugin | None:
    """Return the plugin whose code *target* is; None if it is the application's."""
    owner = owner_of(attribute(target, "__module__", str) or "")
    return None if owner is None or owner.is_built_in else owner


def link(frame: Frame, owner_of: Callable[[str], Plugin | None]) -> Link:
    """Return what one frame says in a chain: key, parameter that asked for it, what makes it, who provides that."""
    if frame.contribution is None:
        if frame.target is None:
            return (show(frame.key), frame.parameter, "", "")
        made_by = f"called directly, {describe(frame.target.target)}"
        return (show(frame.key), frame.parameter, made_by, owner_text(_owner_of(frame.target.target, owner_of)))
    live = frame.contribution.live
    made_by = "not imported yet" if live is DORMANT else describe(live)
    if frame.decorating is not None:
        by = frame.decorating
        made_by = f"decorated by {describe(by.live[0] if by.kind == MIDDLEWARE else by.live)}"
    return (show(frame.key), frame.parameter, made_by, owner_text(frame.acting.owner if frame.acting else None))


def chain(request: Request) -> tuple[Link, ...]:
    """Return the whole chain, outermost first."""
    return tuple([link(frame, request.core.owner_of) for frame in request.path()])


# -- errors, each with the frames that are to blame for it -------------------------------------------------------------


def missing(request: Request, frame: Frame) -> BaseException:
    """Return the error for a key that nobody provides; who asked for it is to blame."""
    core = request.core
    decorators = core.contributions(frame.key, frame.normal)[1]
    asker = request.path()[-2:-1]
    target = asker[0].target.target if asker and asker[0].contribution is None and asker[0].target is not None else None
    owner = None if target is None else _owner_of(target, core.owner_of)
    error = MissingDependencyError(
        key_text(frame.key),
        chain(request)[:-1],
        frame.parameter,
        core.ledger.texts(COMPONENT),
        tuple(owner_text(contribution.owner) for contribution in decorators),
        owner_text(owner) if owner is not None else "",
        place_of(target) if owner is not None else None,
    )
    return request.blame(error, set(asker))


def unreadable(request: Request, frame: Frame, parameter: Parameter) -> BaseException:
    """Return the error for a parameter whose annotation names no key; whose it is is to blame."""
    target = frame.target.target if frame.target else None
    owner = frame.acting.owner if frame.acting else _owner_of(target, request.core.owner_of)
    error = AnnotationError(
        describe(target),
        parameter.name,
        parameter.problem or "",
        owner_text(owner),
        str((owner and owner.distribution) or ""),
        chain(request),
        place_of(target),
    )
    return request.blame(error, {frame})


def circle(request: Request, frames: Sequence[Frame], closing: Frame, theirs: Sequence[Frame] = ()) -> BaseException:
    """Return the error for frames each of which needs the next, and the last of which needs the first.

    Args:
        request: Where it was found.
        frames: Those of this request, which are to blame.
        closing: What asks for the next one, or for the first.
        theirs: Those of other requests, which go on from there.
    """
    owner_of = request.core.owner_of
    links = [link(frame, owner_of) for frame in frames]
    if theirs:
        first = link(theirs[0], owner_of)
        links += [(first[0], closing.parameter, *first[2:])]
        links += [link(frame, owner_of) for frame in theirs[1:]]
    offer = request.core.offers.get("decorate", "")
    error = CircularDependencyError(tuple(links), "" if theirs else closing.parameter, offer)
    return request.blame(error, set(frames))


def out_of_scope(request: Request, frame: Frame, scope: str) -> BaseException:
    """Return the error for a key of a scope that is not open where it was asked for.

    To blame is a plugin that provides it in that scope, if there is something below that can serve here. Otherwise it
    is what lives longer than that scope and needs it, with what is between; or, if nothing does, those who need it and
    can be done without. Nobody is, if it was asked for directly.
    """
    own = {frame} if _can_be_replaced(request, frame, lambda other: _is_open(other, frame)) else set()
    frames = request.path()[:-1]
    links = chain(request)
    for position in range(len(frames) - 1, -1, -1):
        user = frames[position]
        if user.build is not None:  # it lives in a store of its own choice, and that is too long
            lives = user.store.name or SINGLETON
            error = ScopeError(show(frame.key), scope, show(user.key), lives, frame.asked_from.names(), links)
            return request.blame(error, own or set(frames[position:]))
    error = ScopeError(show(frame.key), scope, "", "", frame.asked_from.names(), links)
    return request.blame(error, own or _dispensable(request, frames))


def _is_open(contribution: Contribution, frame: Frame) -> bool:
    scope = contribution.metadata.get("scope", SINGLETON)
    return scope in (SINGLETON, TRANSIENT) or frame.asked_from.find(scope) is not None


def _dispensable(request: Request, frames: Sequence[Frame]) -> set[Frame]:
    """Return those of *frames* in which a plugin decorates, or overrides what something below provides, too."""
    return {
        frame
        for frame in frames
        if (frame.decorating is not None and not frame.decorating.owner.is_built_in)
        or _can_be_replaced(request, frame, lambda _: True)
    }


def _can_be_replaced(request: Request, frame: Frame, can_serve: Callable[[Contribution], bool]) -> bool:
    """Return whether a plugin provides *frame*, and one of the contributions below *can_serve* instead."""
    serving = frame.contribution
    if serving is None or serving.owner.is_built_in:
        return False
    contributions = request.core.contributions(frame.key, frame.normal)[0]
    below = contributions[: contributions.index(serving)] if serving in contributions else contributions
    return any(map(can_serve, below))


def closed_under(request: Request, frame: Frame) -> BaseException:
    """Return the error for a scope that was closed while *frame* was being built for it."""
    return request.blame(ScopeError("", frame.store.name), set())


def must_await(request: Request, frame: Frame, reason: str) -> BaseException:
    """Return the error for a key that can be awaited only.

    To blame is a plugin that decorates it so, or provides it so where something below need not be awaited; or those who
    need it and can be done without. Otherwise it is who did not await it, and that is no frame.
    """

    def need_not_be_awaited(other: Contribution) -> bool:
        return other.live is DORMANT or not request.core.provider(other).is_async

    own = frame.decorating is not None or _can_be_replaced(request, frame, need_not_be_awaited)
    guilty = {frame} if own else _dispensable(request, request.path()[:-1])
    return request.blame(AsyncRequiredError(show(frame.key), reason, chain(request)), guilty)


def failed(
    request: Request, frame: Frame, contribution: Contribution, error: BaseException, instead: Contribution | None
) -> ProviderError:
    """Return the error that blames the owner of *contribution* for *error*.

    Args:
        request: Where it happened.
        frame: What was being built.
        contribution: What failed, a provider or a decorator.
        error: What it raised, or what kept it from being called.
        instead: What serves in its place, if anything does.
    """
    owner = contribution.owner
    found = ProviderError(
        owner.name,
        str(owner.distribution or ""),
        "provide" if contribution.kind == COMPONENT else "decorate",
        show(frame.key),
        describe_exception(error),
        "" if instead is None else owner_text(instead.owner),
        chain(request),
        location_in(owner, error),
        error.wrapping() if isinstance(error, CircularDependencyError) and len(error.cycle) == 1 else "",
    )
    found.__cause__ = error
    return found


def note(error: BaseException, links: Sequence[Link]) -> None:
    """Add to an error of the application's own what the container was doing."""
    from pegboard.errors import chain_lines

    add_note(error, "while the container was building\n" + "\n".join("  " + line for line in chain_lines(links)))


def withdrawn(contribution: Contribution) -> Any:
    """Return the error for a contribution that is primed still after its owner was imported."""
    from pegboard.errors import PluginWithdrewError

    owner = contribution.owner
    return PluginWithdrewError(
        owner.name, str(owner.distribution or ""), contribution.kind, contribution.text, owner.origin
    )
