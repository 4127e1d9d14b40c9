"""What does a callable need? Its parameters are read when the container first calls it.

In: a class, function or method. Out: its parameters, each with the keys that it may be filled from. Annotations that
are text are evaluated one at a time, in the module where the callable was written, so that one name that exists for
type checkers only spoils one parameter. Neither `inspect` nor `typing` is imported unless a parameter needs it.
"""

from __future__ import annotations

import builtins
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.injection.keys import Form, normal, without_none

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Final

    Namespace = dict[str, Any]

EMPTY: Final = object()
"""Stands where a parameter has no default, or no annotation."""

_FUTURE_ANNOTATIONS = 0x1000000  # co_flags of a function compiled under `from __future__ import annotations`
_MOST_WRAPPERS = 100  # one may say that it wraps itself
_DEEPEST_QUOTES = 3  # a name in quotes, in a generated __init__, under the future import
_Function: Any = type(lambda: None)


class Parameter:
    """One parameter that the container may fill."""

    __slots__ = ("default", "is_keyword", "keys", "name", "problem")

    def __init__(self, name: str, default: object, *, is_keyword: bool) -> None:
        self.name: str = name
        self.default: object = default
        """What it is when nothing is given, or `EMPTY`."""
        self.is_keyword: bool = is_keyword
        """Whether it can be given by name only; all others are given by position."""
        self.keys: tuple[tuple[Any, Any], ...] = ()
        """The keys that it may be filled from, best first, each with its normal form."""
        self.problem: str | None = None
        """Why its annotation names no key, in words; None when it does."""

    @property
    def has_default(self) -> bool:
        """Whether it may be left out."""
        return self.default is not EMPTY


def read(target: Any) -> tuple[Parameter, ...]:
    """Return the parameters of *target*, in order; `*args` and `**kwargs` are not among them.

    Args:
        target: A class, function or bound method. A callable written in C has no parameters that can be known.
    """
    if "__signature__" in getattr(target, "__dict__", ()):
        return _read_declared(target, target)
    skipped = 0
    function = target
    if isinstance(target, type):
        function = _constructor(target)
        skipped = 1
    elif hasattr(target, "__func__"):
        function = target.__func__
        skipped = 1
    for _ in range(_MOST_WRAPPERS):  # functools.wraps: the outer one takes only *args and **kwargs
        if not hasattr(function, "__wrapped__"):
            break
        function = function.__wrapped__
    code = getattr(function, "__code__", None)
    if code is None:
        return ()
    return _read_code(target, function, code, skipped)


def read_object(target: Any) -> tuple[Parameter, ...]:
    """Return the parameters of *target*, which can be called and is neither class, function nor method."""
    if hasattr(target, "func") and hasattr(target, "keywords"):  # functools.partial
        return _read_declared(target, target.func)
    return read(getattr(target, "__call__", None))  # noqa: B004 -- it is read, not asked for


def place_of(target: Any) -> str | None:
    """Return where the parameters of *target* are written, as `file:line`; None if that is not known."""
    function = _constructor(target) if isinstance(target, type) else getattr(target, "__func__", target)
    code = getattr(function, "__code__", None)
    return None if code is None else f"{code.co_filename}:{code.co_firstlineno}"


def _constructor(cls: type) -> Any:
    """Return the function that *cls* is really made by: the nearest `__init__`, or `__new__`."""
    for base in cls.__mro__:
        init = base.__dict__.get("__init__")
        if init is None or getattr(init, "__name__", "") == "_no_init_or_replace_init":  # what protocols have
            continue
        if base is not object and hasattr(init, "__code__"):
            return init
        break
    for base in cls.__mro__:
        new = base.__dict__.get("__new__")
        if new is not None:
            return getattr(new, "__func__", new)
    return None  # pragma: no cover -- object has a __new__


def _read_code(target: Any, function: Any, code: Any, skipped: int) -> tuple[Parameter, ...]:
    names = code.co_varnames
    positional = names[skipped : code.co_argcount]
    by_name = names[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    defaults: tuple[object, ...] = function.__defaults__ or ()
    bare = len(positional) - len(defaults)
    parameters = []
    for position, name in enumerate(positional):
        parameters.append(Parameter(name, EMPTY if position < bare else defaults[position - bare], is_keyword=False))
    keyword_defaults = function.__kwdefaults__ or {}
    parameters += [Parameter(name, keyword_defaults.get(name, EMPTY), is_keyword=True) for name in by_name]
    if parameters:
        annotations = _annotations(function)
        quoted = not code.co_flags & _FUTURE_ANNOTATIONS
        for parameter in parameters:
            annotation = annotations.get(parameter.name, EMPTY)
            _annotate(
                parameter, annotation, list(_namespaces(target, function, parameter.name, annotation)), quoted=quoted
            )
    return tuple(parameters)


def _read_declared(target: Any, written: Any) -> tuple[Parameter, ...]:
    import inspect  # only for who sets __signature__: validation libraries do

    parameters = []
    for declared in inspect.signature(target).parameters.values():
        if declared.kind in (declared.VAR_POSITIONAL, declared.VAR_KEYWORD):
            continue
        default = EMPTY if declared.default is declared.empty else declared.default
        parameter = Parameter(declared.name, default, is_keyword=declared.kind == declared.KEYWORD_ONLY)
        annotation = EMPTY if declared.annotation is declared.empty else declared.annotation
        _annotate(parameter, annotation, [_module_of(written)], quoted=True)
        parameters.append(parameter)
    return tuple(parameters)


def _annotations(function: Any) -> Mapping[str, Any]:
    annotations: Mapping[str, Any]
    if sys.version_info < (3, 14):
        annotations = function.__annotations__
    else:
        try:
            annotations = function.__annotations__
        except Exception:
            from annotationlib import Format, get_annotations  # PEP 649: one unknown name spoils them all

            annotations = get_annotations(function, format=Format.FORWARDREF)
    return annotations


def _namespaces(target: Any, function: Any, name: str, annotation: Any) -> Iterator[Namespace]:
    """Yield where the words of an annotation may be looked up: where it was written comes first."""
    if isinstance(target, type):
        # A generated __init__ repeats the annotations of fields that base classes in other modules declare.
        for base in target.__mro__:
            declared = vars(base).get("__annotations__", {})
            if declared.get(name, EMPTY) is annotation:
                yield _module_of(base)
    if "__name__" in function.__globals__ and "__builtins__" in function.__globals__:
        yield function.__globals__
    yield _module_of(target)


def _module_of(target: Any) -> Namespace:
    namespace: Namespace = getattr(sys.modules.get(target.__module__), "__dict__", {})
    return namespace


# -- from annotations to keys -----------------------------------------------------------------------------------------


def _annotate(parameter: Parameter, annotation: Any, namespaces: list[Namespace], *, quoted: bool) -> None:
    if annotation is EMPTY:
        parameter.problem = "it has no annotation"
        return
    keys: list[Any] = []
    try:
        if isinstance(annotation, str) and not quoted:
            annotation = _evaluate(annotation, namespaces)
        while isinstance(annotation, str) and len(keys) < _DEEPEST_QUOTES:
            keys.append(annotation)  # text in quotes: a key that is text, or a name that is known later
            annotation = _evaluate(annotation, namespaces)
        if not isinstance(annotation, type):
            annotation = _settle(annotation, namespaces)
        keys.append(annotation)
        if (inner := without_none(annotation)) is not None:
            keys.append(inner)
        parameter.keys = tuple((key, normal(key)) for key in keys)
    except Exception as error:
        from pegboard.errors import describe_exception

        parameter.keys = tuple((key, key) for key in keys if isinstance(key, str))
        parameter.problem = f"its annotation cannot be evaluated: {describe_exception(error)}"


def _evaluate(text: str, namespaces: list[Namespace]) -> Any:
    failure: Exception | None = None
    for namespace in namespaces:
        try:
            return _evaluate_in(text, namespace)
        except Exception as error:
            failure = failure or error
    raise failure or NameError(f"name {text!r} is not defined")


def _evaluate_in(text: str, namespace: Namespace) -> Any:
    head, *rest = text.split(".")
    if head.isidentifier() and (head in namespace or hasattr(builtins, head)):
        value = namespace[head] if head in namespace else getattr(builtins, head)
        if all(part.isidentifier() for part in rest):
            for part in rest:
                value = getattr(value, part)
            return value
    return eval(text, namespace if "__builtins__" in namespace else dict(namespace))  # noqa: S307 -- what the annotation's author wrote, as Python would


def _settle(annotation: Any, namespaces: list[Namespace]) -> Any:
    """Return *annotation* with the names in quotes inside it evaluated: `Optional["Clock"]`, `list["Entry"]`."""
    if not _is_unsettled(annotation):
        return annotation
    if (text := getattr(annotation, "__forward_arg__", None)) is not None:
        return _evaluate(text, namespaces)
    from typing import get_type_hints  # whoever wrote this annotation has imported it

    failure: Exception | None = None
    for namespace in namespaces:
        carrier = _Function((lambda: None).__code__, {})
        carrier.__annotations__ = {"it": annotation}
        try:
            return get_type_hints(carrier, namespace, include_extras=True)["it"]
        except Exception as error:
            failure = failure or error
    raise failure or NameError(f"{annotation!r} is not defined")


def _is_unsettled(annotation: Any) -> bool:
    if isinstance(annotation, str) or hasattr(annotation, "__forward_arg__"):
        return True
    if isinstance(annotation, type) or type(normal_or_self(annotation)) is not Form:
        return False
    arguments = getattr(annotation, "__args__", ())
    return any(_is_unsettled(argument) for argument in arguments)


def normal_or_self(annotation: Any) -> Any:
    """Return the normal form of *annotation*, or itself when it cannot be a key."""
    try:
        return normal(annotation)
    except Exception:
        return annotation
