"""What does a call of a hook call now?

In: the contributions that implement the hook. Out: functions in order, those of plugins that are not imported yet
included; and what became of one that raised.
"""

from __future__ import annotations

import os
import sys
from types import FrameType

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.order import in_order
from pegboard.hooks.signatures import Misfit, adapted
from pegboard.ledger import Ledger, application
from pegboard.manager import READY

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from typing import Any, NoReturn

    from pegboard.ledger import Contribution, Plugin


class Absent(Exception):  # noqa: N818 -- it is never seen outside
    """A plugin cannot be imported, or has nothing to answer with any more: it is left out of the call."""


class Binding:
    """What a call calls, as long as nothing changes; it never changes itself, so that any thread may go on with it."""

    __slots__ = (
        "answers",
        "caller",
        "contributions",
        "functions",
        "generation",
        "hook",
        "is_plain",
        "ledger",
        "wrappers",
    )

    def __init__(
        self,
        hook: Any,
        ledger: Ledger,
        generation: int,
        contributions: Sequence[Contribution],
    ) -> None:
        self.hook: Any = hook
        self.ledger: Ledger = ledger
        self.generation: int = generation
        """The ledger's, when the contributions were read; they hold while it has not changed."""
        self.contributions: Sequence[Contribution] = [each for each in contributions if not is_wrapper(each)]
        """One for each function, in order."""
        self.functions: Sequence[Callable[..., Any]] = tuple([self.callable_of(each) for each in self.contributions])
        """Each is called with all arguments, in the declaration's order."""
        self.wrappers: Sequence[Contribution] = [each for each in contributions if is_wrapper(each)]
        """The outermost first."""
        self.caller: Any = None
        """What calls the functions, and nothing else; made at the first call that is not the usual one."""
        self.answers: list[Any] | None = None
        """Where it is noted who has answered what; None if no monitor asks."""
        self.is_plain: bool = not self.wrappers and not hook.hooks.monitors
        """Whether the functions are called, and nothing else."""

    def callable_of(self, contribution: Contribution) -> Callable[..., Any]:
        """Return what calls *contribution* with all arguments; that imports its plugin, if need be."""
        if not contribution.is_primed:
            return fitted(self.hook, contribution.live)

        def imported(*arguments: Any) -> Any:
            return fitted(self.hook, self.wake(contribution))(*arguments)

        return imported

    def wake(self, contribution: Contribution) -> Callable[..., Any]:
        """Return the function of a *contribution* that is known from a record, having imported its plugin.

        Raises:
            Absent: If it cannot be imported, which has been reported, or does not implement the hook any more.
        """
        manager, owner = self.hook.hooks.manager, contribution.owner
        owner.is_used = True
        self.hook.hooks.woken.setdefault(owner.name, self.hook.name)
        try:
            manager.importer.activate(owner, contribution)
        except Exception as error:
            if manager.is_strict:
                raise
            raise Absent from error
        live = [each for each in manager.ledger.contributions_of(owner) if each.kind == contribution.kind]
        named = _of_one_name(contribution, live)
        place = _of_one_name(contribution, [*self.wrappers, *self.contributions]).index(contribution)
        if place >= len(named):
            raise Absent
        function: Callable[..., Any] = named[place].live
        return function

    def begun(self, contribution: Contribution, arguments: Sequence[Any]) -> Generator[None, Any, Any]:
        """Return the generator of a wrapper; none of its code has run yet."""
        function = self.wake(contribution) if contribution.is_primed else contribution.live
        generator: Generator[None, Any, Any] = fitted(self.hook, function)(*arguments)
        return generator

    def fixed(self) -> Binding:
        """Return one that holds for one call, whatever changes meanwhile."""
        fixed = self.with_functions(self.functions)
        fixed.ledger, fixed.generation = _FIXED, _FIXED.generation
        return fixed

    def with_functions(self, functions: Sequence[Callable[..., Any]]) -> Binding:
        """Return one that calls *functions*, one for each contribution, in the place of its own."""
        from copy import copy

        changed = copy(self)
        changed.functions, changed.caller = functions, None
        return changed

    def without(self, names: frozenset[str]) -> Binding:
        """Return one that leaves out the plugins of some *names*."""
        kept = [each for each in (*self.wrappers, *self.contributions) if each.owner.name not in names]
        return Binding(self.hook, self.ledger, -1, kept)

    def failed(
        self, functions: Iterator[Callable[..., Any]], error: BaseException, errors: list[BaseException] | None
    ) -> list[BaseException] | None:
        """Do what the hook says when an implementation has raised; called where it was caught.

        Args:
            functions: The rest of the functions: what has raised is the one before.
            error: What was raised.
            errors: What was raised before, if the hook collects it.

        Returns:
            *errors*, with the new one if the hook collects them.
        """
        place = len(self.functions) - functions.__length_hint__() - 1  # type: ignore[attr-defined]
        return fault(self.hook, self.contributions[place], error, errors)

    def raise_all(self, errors: list[BaseException]) -> NoReturn:
        """Raise what was collected.

        Raises:
            ExceptionGroup: Always.
        """
        raise BaseExceptionGroup(f"{len(errors)} implementations of the hook {self.hook.name!r} failed", errors)

    @staticmethod
    def refuse_nothing() -> NoReturn:
        """Raise what says that an implementation has returned None where it has to return something.

        Raises:
            TypeError: Always.
        """
        raise TypeError("it has returned None, where it has to return the value, changed or not")


_FIXED = Ledger(lambda: (application(""), False))
"""A ledger in which nothing ever changes."""


def is_wrapper(contribution: Contribution) -> bool:
    """Return whether *contribution* runs around the other implementations."""
    return contribution.metadata.get("role") in ("wrapper", "recorder")


def bind(hook: Any) -> Binding:
    """Return what a call of *hook* calls now, having made the plugins ready."""
    hooks = hook.hooks
    hooks.ready()
    manager = hooks.manager
    ledger = manager.ledger
    generation, monitors = ledger.generation, hooks.monitors
    found = [each for each in ledger.contributions(hook.kind) if each.owner.is_usable]
    substitutes = [each for each in found if each.metadata.get("role") == "substitute"]  # of a test
    if substitutes:
        found = [each for each in found if each is substitutes[-1] or each.metadata.get("role") == "recorder"]
    binding = Binding(hook, ledger, generation, in_order(found))
    is_usual = binding.is_plain and hook.announced is None
    if is_usual and manager.state == READY and not ledger.batches and monitors is hooks.monitors:
        hook.use(binding)
    return binding


def fitted(hook: Any, function: Callable[..., Any], skipped: int = 0) -> Callable[..., Any]:
    """Return what calls *function* with all arguments of *hook*, of which *skipped* others come first.

    What does not fit was recorded when the hook had other parameters: calling it raises why.
    """
    try:
        return adapted(function, hook.parameters, skipped)
    except Misfit as misfit:
        cause = misfit.problem

    def refuse(*_: object) -> NoReturn:
        raise TypeError(cause)

    return refuse


def _of_one_name(contribution: Contribution, others: Sequence[Contribution]) -> list[Contribution]:
    """Return those of *others* that only their place tells from *contribution*, as they were registered."""
    named = [
        each
        for each in others
        if each.owner is contribution.owner and each.text == contribution.text and not each.is_ephemeral
    ]
    return sorted(named, key=lambda each: each.sequence)


def fault(
    hook: Any, contribution: Contribution, error: BaseException, errors: list[BaseException] | None
) -> list[BaseException] | None:
    """Do what *hook* says when what *contribution* is has raised; called where it was caught.

    Args:
        hook: The hook.
        contribution: What was called.
        error: What it raised.
        errors: What was raised before, if the hook collects it.

    Returns:
        *errors*, with the new one if the hook collects them.
    """
    if isinstance(error, Absent):
        return errors
    owner = contribution.owner
    if isinstance(error, RecursionError) and _is_called_by_itself(hook):
        raise error  # else each level would go on with the next implementation, and so for ever
    named = None if owner.is_built_in else name(hook, owner, error)
    if named is not None:
        named.__cause__ = error
    if hook.faults == "collect" and isinstance(named or error, Exception):
        return [*(errors or ()), named or error]
    if named is None or hook.faults == "raise":
        raise named or error
    hook.hooks.host.report(named)
    return errors


def checked(hook: Any, result: Any) -> Any:
    """Return what a wrapper has returned, if a call of *hook* may return that.

    Raises:
        TypeError: If it may not.
    """
    if hook.mode == "notify":
        return None
    if hook.mode == "collect" and not isinstance(result, list):
        raise TypeError("it has returned no list, where it has to return all results, changed or not")
    if hook.mode == "chain" and result is None:
        Binding.refuse_nothing()
    return result


def name(hook: Any, owner: Plugin, error: BaseException) -> BaseException | None:
    """Return what names the plugin that has raised *error*; None if it passes unchanged."""
    from pegboard.boundary import namer

    naming = namer(owner, f"answering the hook {hook.name!r}", hook.passing, hook.hooks.manager.attribution.owner)
    return naming(error, -1 if _is_of_forked_call() else os.getpid())


_FORKED: list[FrameType] = []
"""What was running when this process was forked off: when it comes back there, it ends; see `forks.end_child`."""


def _note_fork() -> None:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- frames have no public door
    while frame is not None:
        _FORKED.append(frame)
        frame = frame.f_back


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)


def _is_of_forked_call() -> bool:
    """Return whether the hook whose implementation has just raised was called before this process was forked off."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 -- frames have no public door
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return any(frame is each for each in _FORKED)


def _is_called_by_itself(hook: Any) -> bool:
    """Return whether two calls of *hook* are under way in this thread."""
    frame = sys._getframe(1)  # noqa: SLF001 -- frames have no public door
    calls: set[object] = set()
    while frame is not None and len(calls) < 2:  # noqa: PLR2004
        name, caller = frame.f_code.co_name, frame.f_locals.get("self")
        if getattr(getattr(caller, "hook", caller), "declaration", None) is hook.declaration:
            if name in ("ask", "around"):  # of one asynchronous call there may be several
                calls.add(caller)
            elif name in ("_started", "_finish") or (
                name in ("__call__", "_collect") and "functions" in frame.f_locals
            ):  # it is calling an implementation, or a wrapper
                calls.add(frame)
        frame = frame.f_back  # type: ignore[assignment]
    return len(calls) > 1
