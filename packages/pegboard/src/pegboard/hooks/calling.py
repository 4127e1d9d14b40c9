"""How is a hook called where more happens than calling its implementations: wrappers, monitors, a part of the plugins?

In: a hook, what is to be called, and all arguments in the declaration's order. Out: the result of the call.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.binding import Binding, checked, fault

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from pegboard.hooks.monitoring import Answer
    from pegboard.ledger import Contribution


def call(hook: Any, binding: Binding, arguments: Sequence[Any]) -> Any:
    """Return what a call of *hook* returns."""
    if not hook.hooks.monitors:
        return _answer(hook, binding, arguments)
    from pegboard.hooks.monitoring import monitored

    answers: list[Answer] = []
    try:
        return _answer(hook, monitored(binding, answers), arguments)
    finally:
        for answer in answers:
            answer.tell()


def _answer(hook: Any, binding: Binding, arguments: Sequence[Any]) -> Any:
    if hook.announced is not None:
        return _Announcing(hook, binding, arguments).call()
    return _Wrapped(hook, binding, arguments).call() if binding.wrappers else hook.run(binding, arguments)


class Subset:
    """Calls the implementations of all plugins but some. Made by `Hook.without`."""

    __slots__ = ("_hook", "_names")

    def __init__(self, hook: Any, names: frozenset[str]) -> None:
        self._hook = hook
        self._names = names

    def __repr__(self) -> str:
        return f"<{self._hook!r} without {', '.join(sorted(self._names))}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        hook = self._hook
        arguments = hook.arguments(args, kwargs)
        if hook.is_async:
            from pegboard.hooks.asynchronous import call as call_async

            return call_async(hook, arguments, self._names)
        return call(hook, hook.bind().without(self._names), arguments)


class _Wrapped:
    """One call, with wrappers around it."""

    def __init__(self, hook: Any, binding: Binding, arguments: Sequence[Any]) -> None:
        self.hook = hook
        self.binding = binding
        self.arguments = arguments
        self.errors: list[BaseException] | None = None
        self.result: Any = None
        self.error: BaseException | None = None

    def call(self) -> Any:
        under_way: list[tuple[Contribution, Any]] = []
        try:
            for contribution in self.binding.wrappers:
                generator = self._started(contribution)
                if generator is not None:
                    under_way.append((contribution, generator))
            self.result = self.run()
        except BaseException as error:
            self.error = error
        for contribution, generator in reversed(under_way):
            self._finish(contribution, generator)
        if self.errors is not None and (self.error is None or isinstance(self.error, Exception)):
            inner = self.error.exceptions if isinstance(self.error, BaseExceptionGroup) else ()
            self.binding.raise_all([*inner, *self.errors])
        if self.error is not None:
            try:
                raise self.error
            finally:
                self.error = None  # else the error, its traceback and this frame hold one another
        return self.result

    def run(self) -> Any:
        """Return what the implementations answer, without any wrapper."""
        return self.hook.run(self.binding, self.arguments)

    def _started(self, contribution: Contribution) -> Any:
        """Return the generator of a wrapper that has yielded; None if it has failed."""
        try:
            generator: Any
            if self.binding.answers is None:
                generator = self.binding.begun(contribution, self.arguments)
            else:
                from pegboard.hooks.monitoring import TimedWrapper

                generator = TimedWrapper(self.binding, contribution, self.arguments)
            try:
                next(generator)
            except StopIteration:
                raise TypeError("it has not yielded, so that it has called nobody") from None
        except BaseException as error:
            self.errors = fault(self.hook, contribution, error, self.errors)
            return None
        return generator

    def _finish(self, contribution: Contribution, generator: Any) -> None:
        """Have a wrapper go on with what the call has returned or raised so far, and return or raise something else."""
        error = self.error
        try:
            try:
                if error is None:
                    generator.send(self.result)
                else:
                    generator.throw(error)
            except StopIteration as stop:
                self.result, self.error = checked(self.hook, stop.value), None
            else:
                generator.close()
                raise TypeError("it has yielded twice, and a wrapper yields once")
        except BaseException as raised:
            if raised is error:
                return
            try:
                self.errors = fault(self.hook, contribution, raised, self.errors)
            except BaseException as named:
                if error is None or isinstance(error, Exception):  # Ctrl-C passes, whatever a wrapper makes of it
                    self.error = named


class _Announcing(_Wrapped):
    """One call of a hook that is announced."""

    def run(self) -> None:
        """Tell the implementations that are there; the others are told when they come."""
        from pegboard.hooks.announcements import announce

        announce(self.hook, self.arguments, self.binding.answers)
