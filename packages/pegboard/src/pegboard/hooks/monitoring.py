"""Who answered a hook, what, and in how long?"""

from __future__ import annotations

from time import perf_counter

from pegboard._typing import TYPE_CHECKING
from pegboard.hooks.binding import Absent, Binding

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard.ledger import Contribution, Plugin


class Answer:
    """What one implementation did in one call."""

    __slots__ = ("error", "hook", "name", "plugin", "result", "seconds")

    def __init__(
        self, hook: Any, contribution: Contribution, result: object, error: BaseException | None, seconds: float
    ) -> None:
        self.hook: Any = hook
        self.plugin: Plugin = contribution.owner
        """The plugin of the implementation."""
        self.name: str = contribution.text
        """The name of the implementation, as `module:qualified name`."""
        self.result: object = result
        """The result; None if the implementation raised."""
        self.error: BaseException | None = error
        """The exception; None if there was none."""
        self.seconds: float = seconds
        """The elapsed time, including the import of the plugin."""

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
    """Return a binding whose functions note in *answers* what they have done."""
    calls = zip(binding.contributions, binding.functions, strict=True)
    return binding.with_functions(tuple([_timed(binding.hook, *each, answers) for each in calls]))


def _timed(
    hook: Any, contribution: Contribution, function: Callable[..., Any], answers: list[Answer]
) -> Callable[..., Any]:
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
