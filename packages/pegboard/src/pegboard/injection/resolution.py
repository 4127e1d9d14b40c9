"""How is a component built, with all that it needs? In one loop over a stack of its own: depth costs no frames.

In: a key, or a function to call. Out: its value. The loop is a generator that does no waiting. It yields whenever it
has to wait: for an instance that another request is building, or for an awaitable. A thread drives it by sleeping, a
task by awaiting, so that synchronous and asynchronous resolution are one piece of code.

Singletons and scoped instances are claimed before they are built, so that they are built once. Whoever finds a claim
waits for it, after a check that the wait can end: claims on one stack need each other, so that a ring of waits is a
true circle of dependencies, in whichever threads and tasks it is being walked.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.core import ASKER
from pegboard.injection.keys import normal
from pegboard.injection.provider import ASYNC_GENERATOR, COROUTINE, GENERATOR, VALUE, Provider, mro_of
from pegboard.injection.request import ACT, CHOOSE, DECORATE, DONE, FINISH, GATHER, PIPE, PRODUCE, Build, Frame, Request
from pegboard.injection.store import Resource
from pegboard.ledger import DORMANT, SINGLETON, TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from typing import Any

    from pegboard.injection.core import Core
    from pegboard.injection.store import Store
    from pegboard.ledger import Contribution


class Resolution(Request):
    """A request driven by a thread: how each step from a key to its value is made."""

    __slots__ = ()

    # -- the loop -----------------------------------------------------------------------------------------------------

    def run(self, first: Frame) -> Generator[Any, Any, None]:  # noqa: C901, PLR0912, PLR0915 -- one branch a stage
        """Build the value of *first*; yields what has to be waited for.

        When *first* has been chosen a contribution for already, only its value is made: that is what middlewares wrap.
        """
        stack = self.stack
        stack.append(first)
        last_stage = DONE if first.stage == CHOOSE else FINISH
        try:
            while True:
                frame = stack[-1]
                try:
                    stage = frame.stage
                    if frame is first and stage == last_stage:
                        stack.clear()
                        return
                    if stage == GATHER:
                        self._gather(frame)
                    elif stage == CHOOSE:
                        build = self._choose(frame)
                        if build is not None:
                            yield build
                    elif stage == PIPE:
                        outermost, function, proceed = self._pipeline(frame)
                        try:
                            value = function(frame.key, proceed)
                            if self.is_async:
                                value = yield from self.awaited(frame, value)
                            elif hasattr(value, "cr_await"):
                                self._refuse(frame, value, outermost)
                        except BaseException as error:
                            self.blame_middleware(frame, outermost, error)
                            raise
                        frame.value = value
                        frame.acting, frame.decorating = frame.contribution, None
                        frame.stage = FINISH
                    elif stage == ACT:
                        made = self._act(frame)
                        if frame.awaits:
                            frame.awaits = False
                            made = yield made
                        self._check_made(frame, made)
                        frame.value = made
                        frame.stage = DECORATE
                    elif stage == DECORATE:
                        self._decorate(frame)
                    elif stage == PRODUCE:
                        self._produce(frame)
                    elif stage == FINISH:
                        self._finish(frame)
                    else:
                        stack.pop()
                        self._deliver(frame, stack[-1])
                except BaseException as error:
                    from pegboard.injection.recovery import recover

                    if not recover(self, error, first, is_inside=last_stage == FINISH):
                        return
        finally:
            while stack:  # something else than a provider failed: a report that raises, or the driver gave up
                frame = stack.pop()
                if frame is not first or last_stage == DONE:
                    self.drop(frame)

    def _deliver(self, frame: Frame, user: Frame) -> None:
        user.depend(frame.key, frame.normal, frame.instance)
        user.direct[frame.normal] = None
        user.take(frame.value)

    # -- who provides it ----------------------------------------------------------------------------------------------

    def _choose(self, frame: Frame) -> Any:
        """Settle who serves and claim the key; return what has to be waited for, if anything."""
        core = self.core
        contributions, decorators = core.contributions(frame.key, frame.normal)
        contribution = self._first_usable(frame, contributions, decorators)
        if contribution is DORMANT:
            return self.importing()  # then look again
        if contribution is None:
            if self._stage_after_choice(frame) == PIPE:
                self._check_path(frame, None)
                frame.stage = PIPE
                return None
            from pegboard.injection.faults import missing

            raise missing(self, frame)
        frame.contribution = frame.acting = contribution
        frame.decorators = decorators
        provider = core.provider(contribution)
        frame.target = provider
        scope = provider.scope
        if scope == TRANSIENT:
            frame.store = frame.asked_from
            self._check_path(frame, contribution)
            self._check_kind(frame, provider)
            frame.stage = self._stage_after_choice(frame)
            return None
        store = core.root if scope == SINGLETON else frame.asked_from.find(scope)
        if store is None:
            from pegboard.injection.faults import out_of_scope

            raise out_of_scope(self, frame, scope)
        frame.store = store
        with core.lock:
            if core.contributions(frame.key, frame.normal) != (contributions, decorators):
                return None  # changed meanwhile: look again
            return self._claim(frame, provider)

    def _claim(self, frame: Frame, provider: Provider) -> Build | None:
        """Take the instance that is there, claim the key, or wait for who has. Call it with the lock held."""
        store = frame.store
        instance = store.instances.get(frame.normal)
        if instance is not None:
            if frame.key not in store.cache:
                store.remember(instance, frame.key)
            frame.instance = instance
            frame.value = instance.value
            frame.stage = DONE
            return None
        build: Build | None = store.builds.get(frame.normal)
        if build is None:
            self._check_kind(frame, provider)
            store.builds[frame.normal] = frame.build = Build(self, frame)
            frame.stage = self._stage_after_choice(frame)
            return None
        from pegboard.injection.recovery import check_wait  # only when two ask at once

        check_wait(self, frame, build)
        self.subscribe(build)
        return build

    def _first_usable(
        self, frame: Frame, contributions: tuple[Contribution, ...], decorators: tuple[Contribution, ...]
    ) -> Any:
        """Return the contribution that serves; None if there is none, `DORMANT` if a plugin is imported first."""
        for contribution in decorators:
            if contribution.live is DORMANT and contribution not in frame.failed:
                frame.contribution = frame.acting = frame.decorating = contribution
                return self._wake(frame, contribution)
        if len(contributions) == 1 and not frame.failed:
            contribution = contributions[0]
        else:
            from pegboard.ledger import LAST
            from pegboard.precedence import decide

            winner = decide([contribution for contribution in contributions if contribution not in frame.failed], LAST)[
                0
            ]
            if winner is None:
                return None
            contribution = winner
        if contribution.live is DORMANT:
            frame.contribution = frame.acting = contribution
            return self._wake(frame, contribution)
        return contribution

    def _wake(self, frame: Frame, contribution: Contribution) -> object:
        self.core.live(contribution)
        self.check_woken(frame, contribution)
        return DORMANT

    def importing(self) -> Any:
        """Return what has to be awaited for the import of a plugin; a thread has imported it already."""

    def check_woken(self, frame: Frame, contribution: Contribution) -> None:
        """Start *frame* over, since the plugin of *contribution* has been imported; raise if it no longer has that."""
        contributions, decorators = self.core.contributions(frame.key, frame.normal)
        if contribution in contributions or contribution in decorators:
            from pegboard.injection.faults import withdrawn

            raise withdrawn(contribution)
        frame.forget_progress()

    def _stage_after_choice(self, frame: Frame) -> int:
        middlewares = self.core.middlewares
        return PIPE if middlewares and not frame.failed.issuperset(middlewares) else PRODUCE

    def _refuse(self, frame: Frame, value: Any, middleware: Contribution) -> None:
        value.close()
        from pegboard.injection.faults import must_await

        self._let_act(frame, middleware)
        raise must_await(self, frame, "a middleware is asynchronous")

    def _check_kind(self, frame: Frame, provider: Provider) -> None:
        if provider.is_async and not self.is_async:
            from pegboard.injection.faults import must_await

            raise must_await(self, frame, "its provider is asynchronous")

    # -- what it needs ------------------------------------------------------------------------------------------------

    def _produce(self, frame: Frame) -> None:
        if frame.contribution is None:
            from pegboard.injection.faults import missing

            raise missing(self, frame)
        provider = self.core.provider(frame.contribution)
        frame.step = 0
        frame.decorating = None
        if provider.kind == VALUE:
            frame.value = provider.target
            if frame.value is ASKER:
                if frame.asked_from is self.core.root:
                    from pegboard.injection.faults import out_of_scope

                    raise out_of_scope(self, frame, "")
                frame.value = frame.asked_from.facade
            self._check_made(frame, frame.value)
            frame.stage = DECORATE
        else:
            frame.begin(frame.contribution, provider, [])

    def _gather(self, frame: Frame) -> None:
        """Fill parameters until one has to be built first, or all are filled."""
        core = self.core
        target = frame.target
        assert target is not None  # noqa: S101 -- begin() was called
        parameters = target.parameters()
        given = frame.given
        while frame.position < len(parameters):
            parameter = parameters[frame.position]
            if given is not None and parameter.name in given:
                frame.take(given.pop(parameter.name))
                continue
            for key, form in parameter.keys:
                if core.provides(key, form):
                    break
                frame.depend(key, form, None)
            else:
                if parameter.has_default:
                    if parameter.is_keyword:
                        frame.position += 1
                    else:
                        frame.take(parameter.default)
                    continue
                if parameter.problem is not None:
                    from pegboard.injection.faults import unreadable

                    raise unreadable(self, frame, parameter)
                key, form = parameter.keys[-1]
            built = core.root.instances.get(form)
            if built is not None and not built.failed and core.seen == core.ledger.generation:  # most are there already
                frame.depend(key, form, built)
                frame.direct[form] = None
                frame.take(built.value)
                continue
            self.stack.append(Frame(key, form, frame.store, parameter.name))
            return
        if given:
            frame.keywords.update(given)
        frame.stage = ACT

    def _act(self, frame: Frame) -> Any:
        """Call what is to be called, and return the value, or what has to be awaited for it."""
        assert frame.target is not None  # noqa: S101 -- begin() was called
        kind = frame.target.kind
        made = frame.target.target(*frame.arguments, **frame.keywords)
        if kind == GENERATOR:
            return self._enter(frame, made)
        if kind == COROUTINE:
            frame.awaits = True
        elif kind == ASYNC_GENERATOR:
            frame.awaits = True
            return self.enter_later(frame, made)
        return made

    def _check_made(self, frame: Frame, made: Any) -> None:
        key = frame.key
        if isinstance(key, type) and frame.contribution is not None and key not in mro_of(type(made)):
            from pegboard.injection.mismatch import check

            check(self, frame, made)

    def enter_later(self, frame: Frame, generator: Any) -> Any:
        """Return what has to be awaited for the value of an asynchronous generator."""
        raise NotImplementedError  # pragma: no cover -- only asynchronous requests ask

    def _enter(self, frame: Frame, generator: Any) -> Any:
        try:
            value = next(generator)
        except StopIteration:
            raise TypeError("a provider that is a generator has to yield its value, this one yields nothing") from None
        frame.resources.append(Resource(generator, frame.key, frame.acting, is_async=False))
        return value

    def _decorate(self, frame: Frame) -> None:
        while frame.step < len(frame.decorators):
            contribution = frame.decorators[frame.step]
            frame.step += 1
            if contribution in frame.failed:
                continue
            frame.decorating = contribution
            frame.acting = contribution
            provider = self.core.decorator(contribution)
            if provider.is_async and not self.is_async:
                from pegboard.injection.faults import must_await

                raise must_await(self, frame, "it is decorated asynchronously")
            frame.begin(contribution, provider, [frame.value])
            return
        frame.decorating = None
        frame.acting = frame.contribution
        frame.stage = FINISH

    # -- the value ----------------------------------------------------------------------------------------------------

    def _finish(self, frame: Frame) -> None:
        frame.stage = DONE
        if frame.contribution is None:  # called directly, or answered by a middleware
            return
        core = self.core
        for contribution in (frame.contribution, *frame.decorators, *core.middlewares):
            if contribution.failure is not None and contribution not in frame.failed:
                contribution.failure = None  # this time it did not fail
        instance = frame.instance = frame.instance_of(frame.contribution)
        store = frame.store
        with core.lock:
            if not store.is_open:
                from pegboard.injection.faults import closed_under

                raise closed_under(self, frame)
            store.resources += frame.resources
            frame.resources = []
            if frame.build is not None:
                core.refresh()
                if core.is_current(instance):
                    store.keep(instance)
                # Else somebody changed what it is made of while it was built: it serves, but is not kept.
                self.release(frame)

    # -- middlewares --------------------------------------------------------------------------------------------------

    def _pipeline(self, frame: Frame) -> tuple[Contribution, Callable[[Any, Any], Any], Callable[..., Any]]:
        """Return the outermost middleware, its function, and what that calls to go on.

        The making of the value is inside them all; those that have failed for it are left out.
        """
        outermost, *others = [each for each in self.core.middlewares if each not in frame.failed]
        proceed = self.innermost(frame)
        for middleware in reversed(others):
            proceed = self.step(middleware, frame, proceed)
        return outermost, self.function_of(outermost), proceed

    def function_of(self, middleware: Contribution) -> Callable[[Any, Any], Any]:
        """Return what *middleware* is called by here: it may have a form for `aget`."""
        plain, awaiting = middleware.live
        function: Callable[[Any, Any], Any] = awaiting if self.is_async and awaiting is not None else plain
        return function

    def step(self, middleware: Contribution, frame: Frame, proceed: Callable[..., Any]) -> Callable[..., Any]:
        """Return what the middleware outside of *middleware* calls to go on."""
        function = self.function_of(middleware)

        def go_on(key: Any = frame.key) -> Any:
            try:
                value = function(key, proceed)
                if hasattr(value, "cr_await"):
                    self._refuse(frame, value, middleware)
            except BaseException as error:
                self.blame_middleware(frame, middleware, error)
                raise
            return value

        return go_on

    def blame_middleware(self, frame: Frame, middleware: Contribution, error: BaseException) -> None:
        """Blame *middleware* for *error*, which it has raised, unless what it is around is to blame already."""
        if self.fault is None or self.fault[0] is not error:
            self._let_act(frame, middleware)
            self.blame(error, {frame})

    @staticmethod
    def _let_act(frame: Frame, middleware: Contribution) -> None:
        if not middleware.owner.is_built_in:  # what the application's own raises is nobody's fault, and passes
            frame.acting = frame.decorating = middleware

    def innermost(self, frame: Frame) -> Callable[..., Any]:
        """Return what the last middleware calls to go on: with its key, or with another one that is to serve."""

        def proceed(key: Any = frame.key) -> Any:
            inner = type(self)(self.core, self)
            first = inner.first_for(frame, key)
            with inner.drive(first) as steps:  # not a call of `_drive`: each frame less is a deeper chain
                for build in steps:
                    inner.wait(build)
            return first.value

        return proceed

    def first_for(self, frame: Frame, key: Any) -> Frame:
        """Return the frame that a middleware around *frame* goes on with when it asks for *key*."""
        form = normal(key)
        if form != frame.normal:
            return Frame(key, form, frame.store)
        frame.stage = PRODUCE
        return frame

    def awaited(self, frame: Frame, value: Any) -> Generator[Any, Any, Any]:
        """Return what *value*, the result of a middleware, stands for, after waiting for it."""
        raise NotImplementedError  # pragma: no cover -- only asynchronous requests ask

    def _check_path(self, frame: Frame, contribution: Contribution | None) -> None:
        """Raise when *frame*, which nothing claims, is being built on the way to itself."""
        frames = self.path()[:-1]
        for position, other in enumerate(frames):
            if other.contribution is contribution and other.store is frame.store and other.normal == frame.normal:
                from pegboard.injection.faults import circle

                raise circle(self, frames[position:], frame)


def resolve(core: Core, key: Any, store: Store) -> Any:
    """Return the component for *key*, asked from *store*, sleeping where something has to be waited for."""
    return _drive(Resolution(core, core.running.get()), Frame(key, normal(key), store))


def call(core: Core, function: Any, given: dict[str, Any], store: Store) -> Any:
    """Return what *function* returns when it is called with *given* and with what its annotations ask for."""
    return _drive(Resolution(core, core.running.get()), frame_for(function, given, store))


def frame_for(function: Any, given: dict[str, Any], store: Store, *, awaiting: bool = False) -> Frame:
    """Return the frame of a call of *function*.

    Args:
        function: What is called, whatever it is as a provider.
        given: Arguments that are not to be injected.
        store: Where what it needs is asked from.
        awaiting: Whether the result of an `async def` is awaited.
    """
    target = Provider(function)
    if target.kind != COROUTINE or not awaiting:
        target.call_plainly(function)
    frame = Frame(function, None, store)
    frame.given = given
    frame.begin(None, target, [])
    return frame


def _drive(resolution: Resolution, first: Frame) -> Any:
    with resolution.drive(first) as steps:
        for build in steps:
            resolution.wait(build)
    return first.value
