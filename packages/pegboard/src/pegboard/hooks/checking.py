"""Does a function fit a hook? Checked when a plugin implements it, at starts that record.

In: a function, and a hook's declaration. Out: nothing, or what does not fit. What annotations cannot tell is for type
checkers: here only what is plainly wrong is refused.
"""

from __future__ import annotations

import dis
import linecache
from inspect import Signature, isasyncgenfunction, iscoroutinefunction, isgeneratorfunction, signature, unwrap
from types import FunctionType, GeneratorType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import name_of, repr_of
from pegboard.hooks.signatures import Misfit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_NUMBERS = {float: (int,), complex: (int, float)}  # PEP 484, "The numeric tower"


def shown(hook: Any) -> str:
    """Return the hook's declaration as messages show it, e.g. `suggestions(document: Document) -> Suggestion`."""
    declared = signature(hook.declaration)
    parameters = [each.replace(annotation=_short(each.annotation)) for each in declared.parameters.values()]
    text = str(declared.replace(parameters=parameters, return_annotation=_short(declared.return_annotation)))
    return f"{'async ' if hook.is_async else ''}{hook.name}{text}".replace("'", "")


def _short(annotation: Any) -> Any:
    if annotation is Signature.empty or isinstance(annotation, str):
        return annotation
    return name_of(annotation) if isinstance(annotation, type) and get_origin(annotation) is None else annotation


def check(hook: Any, function: Any, taken: Sequence[str], *, is_wrapper: bool) -> None:
    """Raise `Misfit` if *function* plainly does not fit *hook*.

    Args:
        hook: The hook.
        function: What is to implement it.
        taken: The parameters of the hook that it takes.
        is_wrapper: Whether it is to run around the other implementations.
    """
    called = _called(function)
    is_async, is_generator = iscoroutinefunction(called), isgeneratorfunction(called)
    if is_wrapper and hook.is_async and not is_async:
        raise Misfit(
            "it is no coroutine function, as a wrapper of an asynchronous hook is", "declare it with async def"
        )
    if is_wrapper and not hook.is_async and not is_generator:
        raise Misfit("it does not yield, as a wrapper does once", "write 'result = yield' where the others are called")
    if isasyncgenfunction(called):
        raise Misfit("it is an asynchronous generator, which nobody iterates over", "return what it yields")
    if is_async and not hook.is_async:
        raise Misfit("it is asynchronous, and the hook is not, so that nobody awaits it", "declare it without async")
    own, declared = _hints(called), _hints(hook.declaration)
    _check_parameters(own, declared, taken)
    if is_wrapper:
        return
    if is_generator and hook.mode == "notify":
        raise Misfit("it is a generator, over which nobody iterates", "leave out yield")
    if hook.mode == "chain" and hook.parameters[0] not in taken:
        raise Misfit(f"it does not take {hook.parameters[0]!r}, which it has to return")
    if hook.mode != "notify" and not is_generator and _never_returns_anything(called):
        raise Misfit("it never returns anything", "return the result")
    if hook.mode != "notify":
        _check_result(hook, _returned(called, own, is_generator=is_generator), declared)


def _called(function: Any) -> Any:
    """Return the function whose code runs when *function* is called, as far as that can be seen."""
    try:
        return _innermost(function)
    except Exception:  # of an object that answers in its own way
        return object()


def _innermost(function: Any) -> Any:
    from functools import partial

    while isinstance(function, partial):
        function = function.func
    function = unwrap(function)
    inner = next((vars(kind)["__call__"] for kind in type(function).__mro__ if "__call__" in vars(kind)), None)
    if not isinstance(function, (FunctionType, type)) and isinstance(inner, FunctionType):
        return inner
    return getattr(function, "__func__", function)


def _never_returns_anything(function: Any) -> bool:
    """Return whether each way out of *function* returns None, and neither its code nor its annotation says None."""
    if not isinstance(function, FunctionType) or _may_be_none(function.__annotations__.get("return", "")):
        return False
    is_lambda = function.__name__ == "<lambda>"  # it says what it returns; not every Python knows where
    returns = 0
    earlier = before = None
    for each in dis.get_instructions(function):
        if each.opname == "RETURN_CONST":  # Python 3.12 and 3.13
            if each.argval is not None or _is_written(function, each, before):
                return False
            returns += 1
        elif each.opname == "RETURN_VALUE":
            if each.is_jump_target:  # of `x if y else None`, whose other value is on top already
                return False
            if before is None or before.opname != "LOAD_CONST" or before.argval is not None:
                return False
            if _is_written(function, before, earlier):
                return False
            returns += 1
        earlier, before = before, each
    return returns > 0 and not is_lambda


def _may_be_none(annotation: Any) -> bool:
    text = annotation if type(annotation) is str else repr_of(annotation)
    return "None" in text or "Optional" in text


def _is_written(function: FunctionType, constant: dis.Instruction, before: dis.Instruction | None) -> bool:
    """Return whether the source of *function* has the None that *constant* loads.

    One that is implied has the place of something else, of `pass`, say, which is as long as None is.
    """
    at = constant.positions
    if at is None or at.lineno is None or at.col_offset is None or at.end_col_offset is None:  # Python runs without
        return True
    if (before is not None and before.positions == at) or at.lineno != at.end_lineno:
        return False
    line = linecache.getline(function.__code__.co_filename, at.lineno, function.__globals__)
    written = line.encode()[at.col_offset : at.end_col_offset] if line else b"None"
    return written == b"None" and at.end_col_offset - at.col_offset == len("None")


def _hints(function: Any) -> Mapping[str, Any]:
    try:
        return get_type_hints(function) if isinstance(function, FunctionType) else {}
    except Exception:  # names for type checkers only, say: then they are for type checkers only
        return {}


def _check_parameters(own: Mapping[str, Any], declared: Mapping[str, Any], taken: Sequence[str]) -> None:
    for name in taken:
        given, accepted = _classes(declared.get(name, Any)), _classes(own.get(name, Any))
        wrong = next((each for each in given if accepted and not _is_one(each, accepted)), None)
        if wrong is not None:
            raise Misfit(f"its parameter {name!r} does not take {name_of(wrong)}")


def _returned(function: Any, own: Mapping[str, Any], *, is_generator: bool) -> Sequence[type]:
    """Return the classes of what *function* returns, as far as that can be seen."""
    if isinstance(function, type):
        return (function,)
    return (GeneratorType,) if is_generator else _classes(own.get("return", Any))


def _check_result(hook: Any, returned: Sequence[type], declared: Mapping[str, Any]) -> None:
    wanted = _classes(declared.get("return", Any))
    nothing = () if hook.mode == "chain" else (NoneType,)
    wrong = next((each for each in returned if wanted and not _is_one(each, (*wanted, *nothing))), None)
    if wrong is not None:
        raise Misfit(f"it may return {name_of(wrong)}")


def unlike_in_chain(declaration: FunctionType) -> tuple[str, str] | None:
    """Return what the first parameter and the result of a chain are, in words, if no object can plainly be both."""
    declared = _hints(declaration)
    first = _classes(declared.get(declaration.__code__.co_varnames[0], Any))
    result = _classes(declared.get("return", Any))
    if not first or not result or any(_is_one(each, result) for each in first):
        return None
    if any(_is_one(each, first) for each in result):
        return None
    return _in_words(first), _in_words(result)


def _in_words(kinds: Sequence[type]) -> str:
    return " | ".join(["None" if each is NoneType else name_of(each) for each in kinds])


def _classes(annotation: Any) -> tuple[type, ...]:
    """Return the classes of which *annotation* is one; none at all if it is not that simple."""
    try:
        return _simple_classes(annotation)
    except Exception:  # of a class whose metaclass answers in its own way
        return ()


def _simple_classes(annotation: Any) -> tuple[type, ...]:
    if get_origin(annotation) in (Union, UnionType):
        parts = [_simple_classes(each) for each in get_args(annotation)]
        return tuple(each for part in parts for each in part) if all(parts) else ()
    if isinstance(annotation, type) and get_origin(annotation) is None and annotation not in (object, Any):
        is_protocol = getattr(annotation, "_is_protocol", False)
        is_structural = is_protocol or hasattr(annotation, "__supertype__") or hasattr(annotation, "__total__")
        return () if is_structural else (annotation,)
    return ()


def _is_one(kind: type, of: Sequence[type]) -> bool:
    try:
        return any(issubclass(kind, (each, *_NUMBERS.get(each, ()))) for each in of)
    except Exception:  # of a class whose metaclass answers in its own way
        return True
