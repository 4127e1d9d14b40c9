"""Who can do without what failed? Imported when something fails, or when two requests wait for each other.

In: a request, and what was raised by its innermost frame. Out: a frame that goes on with another contribution, or the
error.
"""

from __future__ import annotations

from sys import modules

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import PegboardError
from pegboard.foreign_object import is_a
from pegboard.injection import faults
from pegboard.injection.request import CHOOSE, DECORATE
from pegboard.ledger import DORMANT, LAST, MIDDLEWARE
from pegboard.precedence import decide

if TYPE_CHECKING:
    from typing import Any

    from pegboard.injection.request import Build, Frame, Request
    from pegboard.ledger import Contribution


def recover(request: Request, error: BaseException, first: Frame, *, is_inside: bool) -> bool:
    """Find the innermost frame that is to blame and can do without; return whether there is one.

    A plugin's provider is replaced by the contribution below it, a plugin's decorator is left out. What the application
    itself raises is nobody else's fault and passes, as does what the user or the event loop says. Without such a
    frame, every frame is given up, and the request has the error.

    Args:
        request: Where it was raised, by the innermost frame.
        error: What was raised.
        first: The outermost frame.
        is_inside: Whether *first* belongs to a request around this one, which falls back for it.
    """
    stack = request.stack
    links = faults.chain(request)
    is_ours = stack[-1].contribution is not None  # what was called directly speaks for itself
    guilty: set[Frame] | None = {stack[-1]}
    if request.fault is not None and request.fault[0] is error:
        guilty = request.fault[1]
    while stack:
        frame = stack[-1]
        contribution = frame.acting
        if (
            contribution is not None
            and (guilty is None or frame in guilty)
            and _is_contained(request, contribution, error)
        ):
            if frame.decorating is contribution:
                _leave_out(request, frame, contribution, error)
                return True
            if not (is_inside and frame is first):
                below = _below(request, frame, contribution)
                if below is not None:
                    _fall_back(request, frame, contribution, error, below)
                    return True
                if not contribution.owner.is_built_in:
                    error = problem = faults.failed(request, frame, contribution, error, None)
                    contribution.failure = problem.cause
                    guilty = None  # whoever needs it may do without
        stack.pop()
        if not (is_inside and frame is first):
            request.drop(frame, error)
    if request.parent is None and is_a(error, Exception) and not is_a(error, PegboardError) and is_ours:
        faults.note(error, links)
    request.error = error
    request.fault = (error, guilty)
    return False


def _is_contained(request: Request, contribution: Contribution, error: BaseException) -> bool:
    if contribution.owner.is_built_in:
        return (
            contribution.live is DORMANT and not contribution.owner.is_usable
        )  # its import failed, which has been reported
    # Besides errors, what else a plugin may raise; not the user's Ctrl-C, nor how event loops and drivers cancel.
    if is_a(error, Exception, SystemExit):
        return True
    if is_a(error, KeyboardInterrupt) or request.is_done:
        return False
    return not request.is_async or _is_of_provider(error)


def _is_of_provider(error: BaseException) -> bool:
    """Return whether an asynchronous provider raised *error*, rather than who runs the task: as far as asyncio says."""
    asyncio: Any = modules.get("asyncio")  # other event loops have errors of their own for that
    try:
        task = None if asyncio is None else asyncio.current_task()
    except RuntimeError:  # no loop of asyncio is running
        task = None
    return task is not None and not (is_a(error, asyncio.CancelledError) and task.cancelling())


def _below(request: Request, frame: Frame, contribution: Contribution) -> Contribution | None:
    contributions = request.core.contributions(frame.key, frame.normal)[0]
    if contribution in contributions:  # it is not when its owner has failed and lost its contributions
        contributions = contributions[: contributions.index(contribution)]
    return decide([other for other in contributions if other not in frame.failed], LAST)[0]


def _leave_out(request: Request, frame: Frame, contribution: Contribution, error: BaseException) -> None:
    _tell(request, frame, contribution, error, None)
    frame.failed.add(contribution)
    if contribution.kind == MIDDLEWARE:  # it may have failed when the value was made already: that is made anew
        request.drop(frame, error)
        frame.forget_progress()
        return
    frame.decorating = None
    frame.acting = frame.contribution
    if frame.stage != CHOOSE:
        frame.stage = DECORATE


def _fall_back(
    request: Request, frame: Frame, contribution: Contribution, error: BaseException, below: Contribution
) -> None:
    _tell(request, frame, contribution, error, below)
    request.drop(frame, error)
    frame.failed.add(contribution)
    frame.forget_progress()


def _tell(
    request: Request, frame: Frame, contribution: Contribution, error: BaseException, instead: Contribution | None
) -> None:
    request.fault = None  # the same error may be raised once more, for something else
    problem = faults.failed(request, frame, contribution, error, instead)
    contribution.failure = problem.cause
    if contribution not in request.core.reported:
        request.core.reported.add(contribution)
        if contribution.owner.is_usable:  # else its import has failed, which has been reported
            request.core.report(problem)


class _Stretch:
    """One request's part of a ring of waits: its frames in the ring, and the one that asks for the next part."""

    __slots__ = ("asking", "frames", "request")

    def __init__(self, request: Request, begin: Frame) -> None:
        path = request.path()
        self.request: Request = request
        self.frames: list[Frame] = path[path.index(begin) : -1]
        self.asking: Frame = path[-1]

    def has_plugin(self) -> bool:
        """Whether a plugin's code is in it, which can be done without."""
        return any(frame.acting is not None and not frame.acting.owner.is_built_in for frame in self.frames)


def check_wait(request: Request, frame: Frame, build: Build) -> None:
    """Raise when *request* would wait for *build* for ever. Call it with the lock held.

    When the fault is that of a plugin whose code another thread or task is running, that one is woken to find it, and
    waiting makes sense again.

    Raises:
        CircularDependencyError: If *build* waits, perhaps through others, for what this request is building.
        AsyncRequiredError: If *build* needs an event loop that waits for this request.
    """
    lineage = request.lineage()
    blocked = request.core.blocked
    seen: set[Build] = set()
    trails: list[tuple[tuple[Build, ...], bool]] = [((build,), False)]
    while trails:
        trail, has_blocked_loop = trails.pop()
        last = trail[-1]
        owner = last.request
        if owner in lineage:
            if has_blocked_loop:
                raise faults.must_await(request, frame, "the event loop that builds it is waiting for this thread")
            _break_ring(request, trail)
            return
        if last in seen:
            continue
        seen.add(last)
        if owner.is_async:
            if owner.thread == request.thread and not request.is_async:
                raise faults.must_await(request, frame, "a task of this event loop is building it")
            if owner.thread in blocked and blocked[owner.thread] not in owner.waits:
                trails.append(((*trail, blocked[owner.thread]), True))
        trails += [((*trail, other), has_blocked_loop) for other in owner.waits]


def _break_ring(request: Request, trail: tuple[Build, ...]) -> None:
    from itertools import pairwise

    ring = [_Stretch(request, trail[-1].frame)]
    for build, next_build in pairwise(trail):
        waiting = next(one for _, one in next_build.waiters if build.request in one.lineage())
        ring.append(_Stretch(waiting, build.frame))
    position = next((position for position, stretch in enumerate(ring) if stretch.has_plugin()), 0)
    if position == 0:
        theirs = [frame for stretch in ring[1:] for frame in stretch.frames]
        raise faults.circle(request, ring[0].frames, ring[0].asking, theirs)
    # Wake the one that can do without: it looks again, finds the same ring, and is the first in it then.
    awaited = trail[position]
    chosen = ring[position].request
    wake = next(wake for wake, one in awaited.waiters if one is chosen)
    awaited.waiters = [waiter for waiter in awaited.waiters if waiter[1] is not chosen]
    wake()
