"""Who answered a hook, what, and in how long?

In: calls of hooks in a block with a monitor. Out: an `Answer` for each implementation and each wrapper.
"""

from __future__ import annotations

from time import perf_counter

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.binding import Absent, Binding, is_wrapper

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from typing import Any

    from pegboard.ledger import Contribution, Plugin


class Answer:
    """What one implementation, or one wrapper, did in one call."""

    __slots__ = ("error", "hook", "is_wrapper", "name", "plugin", "result", "seconds")

    def __init__(
        self, hook: Any, contribution: Contribution, result: object, error: BaseException | None, seconds: float
    ) -> None:
        self.is_wrapper: bool = is_wrapper(contribution)
        """Whether it ran around the implementations; `result` is then what it has made of theirs."""
        self.hook: Any = hook
        self.plugin: Plugin = contribution.owner
        """The plugin of the implementation."""
        self.name: str = contribution.text
        """The name of the implementation, as `module:qualified name`."""
        self.result: object = result
        """The result; None if the implementation raised."""
        self.error: BaseException | None = error
        """The exception; None if there was none, or a wrapper has passed on that of the others."""
        self.seconds: float = seconds
        """The elapsed time, including the import of the plugin; of a wrapper, without that of the others."""

    def tell(self) -> None:
        """Tell all monitors."""
        for monitor in self.hook.hooks.monitors:
            monitor(self)

    def __repr__(self) -> str:
        return f"<answer of {self.plugin.who()} to the hook {self.hook.name!r}: {self.seconds * 1000:.3f} ms>"


class Monitor:
    """A block in which a function is told of each answer. Made by `Hooks.monitor`."""

    __slots__ = ("_function", "_hooks")

    def __init__(self, hooks: Any, function: Callable[[Answer], object]) -> None:
        self._hooks = hooks
        self._function = function

    def __enter__(self) -> None:
        self._hooks.monitors = (*self._hooks.monitors, self._function)
        self._hooks.forget_bindings()

    def __exit__(self, *_: object) -> None:
        monitors = list(self._hooks.monitors)
        monitors.remove(self._function)
        self._hooks.monitors = tuple(monitors)
        self._hooks.forget_bindings()


def monitored(binding: Binding, answers: list[Answer]) -> Binding:
    """Return a binding whose functions and wrappers note in *answers* what they have done."""
    calls = zip(binding.contributions, binding.functions, strict=True)
    changed = binding.with_functions(tuple([timed(binding.hook, *each, answers) for each in calls]))
    changed.answers = answers
    return changed


def timed(
    hook: Any, contribution: Contribution, function: Callable[..., Any], answers: list[Answer]
) -> Callable[..., Any]:
    """Return what calls *function*, and notes in *answers* what it has done."""

    def call(*arguments: Any) -> Any:
        started = perf_counter()
        try:
            result = function(*arguments)
        except Absent:
            raise
        except BaseException as error:
            answers.append(Answer(hook, contribution, None, error, perf_counter() - started))
            raise
        answers.append(Answer(hook, contribution, result, None, perf_counter() - started))
        return result

    return call


class TimedWrapper:
    """The generator of a wrapper; notes in the answers of *binding* what it has done, and in how long of its own."""

    __slots__ = ("_answer", "_answers", "_generator")

    def __init__(self, binding: Binding, contribution: Contribution, arguments: Sequence[Any]) -> None:
        self._answers: Any = binding.answers
        self._answer = Answer(binding.hook, contribution, None, None, 0.0)
        self._generator: Generator[None, Any, Any] = self._timed(binding.begun, contribution, arguments)

    def __next__(self) -> None:
        self._timed(next, self._generator)

    def send(self, value: object) -> None:
        """Have it go on with the result of the others."""
        self._timed(self._generator.send, value)

    def throw(self, error: BaseException) -> None:
        """Have it go on with what the others have raised."""
        self._timed(self._generator.throw, error)

    def close(self) -> None:
        """End it, since it has yielded twice."""
        self._answers.append(self._answer)
        self._generator.close()

    def _timed(self, function: Callable[..., Any], *arguments: Any) -> Any:
        answer, started = self._answer, perf_counter()
        try:
            return function(*arguments)
        except BaseException as error:
            if isinstance(error, StopIteration):
                answer.result = error.value
            elif not any(error is each for each in arguments):  # else it is of the others
                answer.error = error
            if not isinstance(error, Absent):
                self._answers.append(answer)
            raise
        finally:
            answer.seconds += perf_counter() - started
