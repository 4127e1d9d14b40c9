"""How is a function called so that it gets those arguments of a hook that it takes?

In: a function, and the names of a hook's parameters. Out: the function itself, or one that calls it by name.
Plain functions say it in their code; `inspect` is imported for all others only.
"""

from __future__ import annotations

from types import FunctionType

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any, Final

    Parameter = tuple[str, int, bool]
    """Name, kind as `inspect` numbers them, and whether it has a default."""

POSITIONAL_ONLY, POSITIONAL, REST, NAMED, NAMED_REST = range(5)
_CALLS_OTHERS: Final = "let its first parameter be the function that calls the others"


class Misfit(Exception):  # noqa: N818 -- it is never seen outside
    """What does not fit, and what would; both in words."""

    def __init__(self, problem: str, advice: str | None = None) -> None:
        super().__init__(problem, advice)
        self.problem: str = problem
        self.advice: str | None = advice


def parameters_of(function: Any) -> Sequence[Parameter] | None:
    """Return the parameters of *function*, without those that are bound already; None if it does not say them."""
    if type(function) is not FunctionType or "__wrapped__" in function.__dict__ or "__signature__" in function.__dict__:
        return _inspected(function)
    code = function.__code__
    count, named = code.co_argcount, code.co_kwonlyargcount
    names = code.co_varnames
    first_default = count - len(function.__defaults__ or ())
    found = [
        (names[at], POSITIONAL_ONLY if at < code.co_posonlyargcount else POSITIONAL, at >= first_default)
        for at in range(count)
    ]
    defaults = function.__kwdefaults__ or ()
    found += [(name, NAMED, name in defaults) for name in names[count : count + named]]
    at = count + named
    if code.co_flags & 0x04:
        found.append((names[at], REST, True))
        at += 1
    if code.co_flags & 0x08:
        found.append((names[at], NAMED_REST, True))
    return found


def _inspected(function: Any) -> Sequence[Parameter] | None:
    from inspect import signature

    try:
        parameters = signature(function).parameters.values()
    except Exception:  # of a function in C that does not say it, or of an object that answers in its own way
        return None
    return [(each.name, int(each.kind), each.default is not each.empty) for each in parameters]


class Call:
    """Which of a hook's arguments are passed to a function, and how."""

    __slots__ = ("named", "places")

    def __init__(self, places: Sequence[int], named: Sequence[tuple[str, int]]) -> None:
        self.places: Sequence[int] = places
        """The places of the arguments that are passed by position, in the function's order."""
        self.named: Sequence[tuple[str, int]] = named
        """The names under which others are passed, and their places."""

    def names(self, parameters: Sequence[str]) -> list[str]:
        """Return the names of those of a hook's *parameters* that are passed."""
        return [parameters[place] for place in (*self.places, *[place for _, place in self.named])]


def call_for(  # noqa: C901, PLR0912 -- one branch a kind of parameter
    function: Any, names: Sequence[str], skipped: int = 0
) -> Call:
    """Return how *function* is called with arguments for the parameters *names*.

    Args:
        function: The implementation.
        names: The hook's parameters.
        skipped: How many of the function's own first parameters are passed in another way.

    Raises:
        Misfit: If it needs what the hook does not pass.
    """
    parameters = parameters_of(function)
    if parameters is None:
        return Call(range(len(names)), ())
    places: list[int] = []
    named: list[tuple[str, int]] = []
    by_position = True
    kinds = {kind for _, kind, _ in parameters}
    at = 0
    for name, kind, has_default in parameters:
        if kind in (REST, NAMED_REST):
            continue
        if skipped and kind in (POSITIONAL_ONLY, POSITIONAL):
            if name in names:
                raise Misfit(f"its first parameter is {name!r}", _CALLS_OTHERS)
            skipped -= 1
            continue
        if name in names:
            place = names.index(name)
        elif kind == POSITIONAL_ONLY and at < len(names):
            place = at
        elif has_default:
            by_position = False
            continue
        else:
            raise Misfit(f"it needs {name!r}, which the hook does not pass", _advice(name, names, parameters))
        at += 1
        if kind != NAMED and by_position:
            places.append(place)
        elif kind == POSITIONAL_ONLY:
            raise Misfit(f"it takes {name!r} by position only, after one that the hook does not pass")
        else:
            named.append((name, place))
    if skipped and REST not in kinds:
        raise Misfit("it takes nothing to call the others with", _CALLS_OTHERS)
    left = [place for place in range(len(names)) if place not in places and place not in dict(named).values()]
    if REST in kinds and by_position:
        places += left
    elif NAMED_REST in kinds:
        named += [(names[place], place) for place in left]
    return Call(places, named)


def _advice(name: str, names: Sequence[str], parameters: Sequence[Parameter]) -> str:
    if name == parameters[0][0] in ("self", "cls"):
        return "decorate a function of the module, or pass the method of an instance to the decorator"
    from pegboard.errors.base import nearest

    taken = {each for each, _, _ in parameters}
    return nearest(name, tuple([each for each in names if each not in taken] or names), "parameters of the hook")


def adapted(function: Callable[..., Any], names: Sequence[str], skipped: int = 0) -> Callable[..., Any]:
    """Return what calls *function* when it is called with one argument for each of *names*, in that order.

    Args:
        function: The implementation.
        names: The hook's parameters.
        skipped: How many arguments come before those, and are passed on.

    Raises:
        Misfit: If it needs what the hook does not pass.
    """
    call = call_for(function, names, skipped)
    places = [*range(skipped), *[place + skipped for place in call.places]]
    if not call.named:
        if places == list(range(len(names) + skipped)):
            return function
        if places == list(range(count := len(places))):
            return lambda *arguments: function(*arguments[:count])
        return lambda *arguments: function(*[arguments[place] for place in places])
    named = [(name, place + skipped) for name, place in call.named]
    return lambda *arguments: function(
        *[arguments[place] for place in places], **{name: arguments[place] for name, place in named}
    )
