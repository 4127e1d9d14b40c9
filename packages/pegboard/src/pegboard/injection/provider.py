"""How does one contribution make its value? A class or function is called, a generator entered, all else is the value.

In: a live contribution. Out: what to call, how, and the parameters that it needs.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.signature import read, read_object
from pegboard.ledger import SINGLETON

if TYPE_CHECKING:
    from typing import Any, Final

    from pegboard.injection.signature import Parameter
    from pegboard.ledger import Contribution

# What calling a provider's target gives.
VALUE: Final = 0
CALL: Final = 1
GENERATOR: Final = 2
COROUTINE: Final = 3
ASYNC_GENERATOR: Final = 4

_CO_GENERATOR = 0x20
_CO_COROUTINE = 0x80
_CO_ASYNC_GENERATOR = 0x200
_IS_VALUE = {"is_value": True}


class _Example:
    def method(self) -> None: ...


mro_of: Any = vars(type)["__mro__"].__get__
"""Returns the bases of a class without asking the class, whose own code could raise anything."""

_Function: Any = type(_Example.method)
_Method: Any = type(_Example().method)


class Provider:
    """What a contribution's object is, found out by looking at it alone; parameters are read when asked for."""

    __slots__ = ("_parameters", "is_async", "kind", "scope", "target")

    def __init__(self, target: Any, scope: str = SINGLETON, *, is_value: bool = False) -> None:
        self.scope: str = scope
        self.kind: int = VALUE
        self.target: Any = target
        """What is called; for a value, the value."""
        if not is_value:
            self._classify(target)
        self.is_async: bool = self.kind >= COROUTINE
        """Whether it can be waited for only."""
        self._parameters: tuple[Parameter, ...] | None = None

    def _classify(self, target: Any) -> None:
        if isinstance(target, type):
            self.kind = CALL
            return
        if isinstance(target, staticmethod):
            target = target.__func__
        function = target.__func__ if type(target) is _Method else target
        if type(function) is not _Function:
            return
        if function.__globals__.get("__name__") == "contextlib" and hasattr(function, "__wrapped__"):
            # Made by @contextmanager: the generator inside is what has the clean-up.
            function = function.__wrapped__
            target = _Method(function, target.__self__) if type(target) is _Method else function
        self.target = target
        flags = getattr(function, "__code__", _Example.method.__code__).co_flags
        if flags & _CO_GENERATOR:
            self.kind = GENERATOR
        elif flags & _CO_COROUTINE:
            self.kind = COROUTINE
        elif flags & _CO_ASYNC_GENERATOR:
            self.kind = ASYNC_GENERATOR
        else:
            self.kind = CALL

    def parameters(self) -> tuple[Parameter, ...]:
        """Return what it needs; evaluates annotations at the first call."""
        if self._parameters is None:
            self._parameters = () if self.kind == VALUE else read(self.target)
        return self._parameters

    def wrap(self) -> None:
        """Be a decorator: what was there comes first, so that the first parameter is not injected."""
        if self.kind == VALUE:
            self.kind = CALL  # a callable object: it gets what was there and nothing else
            self._parameters = ()
        elif (parameters := self.parameters()) and not parameters[0].is_keyword:
            self._parameters = parameters[1:]

    def call_plainly(self, function: Any) -> None:
        """Be *function*, called for what the call returns, whatever that is; an object is called by `__call__`."""
        self._parameters = self.parameters() if self.kind != VALUE else read_object(function)
        self.target = function
        self.kind = CALL
        self.is_async = False


def provider_of(contribution: Contribution) -> Provider:
    """Return how *contribution*, which is live, provides."""
    metadata = contribution.metadata
    return Provider(contribution.live, metadata.get("scope", SINGLETON), is_value=bool(metadata.get("is_value")))


def decorator_of(contribution: Contribution) -> Provider:
    """Return how *contribution*, which is live, decorates: called whatever it is, with what was there first."""
    provider = Provider(contribution.live)
    provider.wrap()
    return provider


def describe(target: Any) -> str:
    """Return *target* as messages have it: `module:name` for what has a name, else its type."""
    from pegboard.foreign_object import attribute, class_name

    name, module = attribute(target, "__qualname__", str), attribute(target, "__module__", str)
    return f"{module}:{name}" if name and module else f"a value of type {class_name(target)}"
