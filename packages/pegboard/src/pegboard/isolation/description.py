"""What has a plugin registered, in words that another process understands?

In: contributions with their objects. Out: plain data about each: how it is called, and why it cannot be used from
another process, if that can be seen from here.
"""

from __future__ import annotations

from types import FunctionType, MethodType

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import describe_exception
from pegboard.foreign_object import attribute, class_name, repr_of
from pegboard.ledger import COMPONENT, DECORATOR, HOOK, MIDDLEWARE, SINGLETON, TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any, Final

    from pegboard.ledger import Contribution, Plugin

    Description = dict[str, Any]

_PLAIN: Final = (type(None), bool, int, float, str, bytes)
_KINDS: Final = ("POSITIONAL_ONLY", "POSITIONAL_OR_KEYWORD", "VAR_POSITIONAL", "KEYWORD_ONLY", "VAR_KEYWORD")
"""Of parameters, as `inspect` names them."""
_HAS_REST, _HAS_NAMED_REST, _GENERATOR, _COROUTINE, _ASYNC_GENERATOR = 0x04, 0x08, 0x20, 0x80, 0x200
"""Flags of code, of `inspect.CO_VARARGS`, `CO_VARKEYWORDS`, and so on."""
_WRAPS: Final = "it wraps components of the application, which stay in the process that has made them"


def describe(contributions: Iterable[Contribution], live: Callable[[Contribution], Any]) -> list[Description]:
    """Return what a plugin has registered while it was imported; see `Process.describe`.

    Args:
        contributions: All of the plugin's. They have no object yet if they are entry points.
        live: Returns the object of a contribution.
    """
    described = [_described(each, live) for each in contributions if not each.is_ephemeral]
    last: dict[tuple[str, str], Description] = {}
    for each in described:
        earlier = last.get((each["kind"], each["text"]))
        if earlier is not None:
            earlier["problem"] = "the plugin has registered another one of that name after it"
        last[each["kind"], each["text"]] = each
    return described


def declared(plugin: Plugin) -> Description:
    """Return what the author of *plugin* declares of it, see `Host.declare`; it is of no kind."""
    return {
        "kind": "",
        "text": "",
        "after": list(dict.fromkeys(plugin.after)),
        "before": list(dict.fromkeys(plugin.before)),
        "depends_on": list(dict.fromkeys(plugin.inputs)),
    }


def _described(contribution: Contribution, live_of: Callable[[Contribution], Any]) -> Description:
    kind = contribution.kind
    found: Description = {
        "kind": kind,
        "text": contribution.text,
        "metadata": dict(contribution.metadata),
        "override": contribution.override,
        "problem": "",
    }
    try:
        live = live_of(contribution)
    except Exception as error:  # an entry point whose object is not there
        return found | _about(None) | {"problem": describe_exception(error)}
    if kind in (DECORATOR, MIDDLEWARE):
        return found | _about(None) | {"problem": _WRAPS}
    if kind == COMPONENT:
        return found | _about(None) | _about_component(contribution)
    found |= _about(live)
    if kind.startswith(HOOK) and contribution.metadata.get("role") == "wrapper":
        found["problem"] = "a wrapper of a hook runs around functions of other plugins, in their process"
    elif isinstance(live, type):
        found["problem"] = "it is a class, whose objects stay in the process that has made them"
    elif not callable(live):
        if is_plain(live):
            found["value"] = live
        else:
            found["methods"] = _methods(type(live))
            if not found["methods"]:
                found["problem"] = f"it is of type {class_name(live)}, which is neither a function nor plain data"
    return found


def _about_component(contribution: Contribution) -> Description:
    key: Any = contribution.id
    if not isinstance(key, type):
        return {"problem": "its key is not a class, so that it is not known which methods it has"}
    scope = contribution.metadata.get("scope", SINGLETON)
    if scope not in (SINGLETON, TRANSIENT):
        return {"problem": f"it belongs to the scope {scope!r}, which is opened in the application's process"}
    return {"methods": _methods(key)}


def _methods(owner: Any) -> Description:
    """Return what is called how of the public methods of a class."""
    methods: Description = {}
    for name in dir(owner):
        method = getattr(owner, name, None)
        if not name.startswith("_") and callable(method):
            methods[name] = _about(method)
            if type(method) is FunctionType and not _is_static(owner, name):
                methods[name]["parameters"] = methods[name]["parameters"][1:]  # without `self`
    return methods


def _is_static(owner: Any, name: str) -> bool:
    """Return whether the attribute *name* of a class is a static method: of the first class that has it."""
    return next((type(vars(each)[name]) is staticmethod for each in owner.__mro__ if name in vars(each)), False)


def _about(live: Any) -> Description:
    flags = _flags(live)
    return {
        "name": attribute(live, "__name__", str) or "",
        "qualname": attribute(live, "__qualname__", str) or "",
        "is_callable": callable(live),
        "is_async": bool(flags & _COROUTINE) or hasattr(live, "_is_coroutine_mark"),
        "is_generator": bool(flags & _GENERATOR),
        "is_async_generator": bool(flags & _ASYNC_GENERATOR),
        "parameters": _parameters(live) if callable(live) else [],
        "doc": attribute(live, "__doc__", str) if callable(live) else None,
    }


def _flags(live: Any) -> int:
    """Return the flags of the code that a call of *live* runs; 0 if that is not known."""
    if not callable(live) or isinstance(live, type):
        return 0
    while type(live) is MethodType or (type(live) is not FunctionType and hasattr(live, "func")):
        live = live.__func__ if type(live) is MethodType else live.func  # `functools.partial`
    if type(live) is not FunctionType:
        live = type(live).__call__
    return live.__code__.co_flags if type(live) is FunctionType else 0


def _parameters(function: Any) -> list[Description]:
    """Return the parameters of *function*; `inspect`, which is slow to import, is asked about what is no function."""
    if type(function) is not FunctionType or not {"__wrapped__", "__signature__"}.isdisjoint(vars(function)):
        return _inspected(function)
    code, annotations = function.__code__, function.__annotations__
    count, named = code.co_argcount, code.co_kwonlyargcount
    names, positional = code.co_varnames, code.co_posonlyargcount
    kinds = [_KINDS[0]] * positional + [_KINDS[1]] * (count - positional) + [_KINDS[3]] * named
    defaults = dict(zip(names[:count][::-1], (function.__defaults__ or ())[::-1], strict=False))
    defaults |= function.__kwdefaults__ or {}
    found = [_parameter(name, kind, defaults, annotations) for name, kind in zip(names, kinds, strict=False)]
    rest = list(names[count + named :])
    if code.co_flags & _HAS_REST:
        found.insert(count, _parameter(rest.pop(0), _KINDS[2], {}, annotations))
    if code.co_flags & _HAS_NAMED_REST:
        found.append(_parameter(rest.pop(0), _KINDS[4], {}, annotations))
    return found


def _inspected(function: Any) -> list[Description]:
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):  # of a function in C that does not say it
        return [_parameter("args", _KINDS[2], {}, {}), _parameter("kwargs", _KINDS[4], {}, {})]
    defaults = {each.name: each.default for each in parameters if each.default is not each.empty}
    annotations = {each.name: each.annotation for each in parameters if each.annotation is not each.empty}
    return [_parameter(each.name, each.kind.name, defaults, annotations) for each in parameters]


def _parameter(name: str, kind: str, defaults: Mapping[str, Any], annotations: Mapping[str, Any]) -> Description:
    about: Description = {"name": name, "kind": kind, "has_default": name in defaults, "annotation": ""}
    if name in defaults and is_plain(defaults[name]):
        about["default"] = defaults[name]
    if name in annotations:
        annotation = annotations[name]
        if isinstance(annotation, type) and not hasattr(annotation, "__args__"):
            is_built_in = annotation.__module__ == "builtins"
            about["annotation"] = ("" if is_built_in else f"{annotation.__module__}.") + annotation.__qualname__
        else:
            about["annotation"] = annotation if type(annotation) is str else repr_of(annotation)
    return about


def is_plain(value: object, depth: int = 20) -> bool:
    """Return whether *value* is plain data, as it is written into a record or sent to another process."""
    if type(value) in _PLAIN:
        return True
    if depth and type(value) in (list, tuple, set, frozenset):
        items: Any = value
        return all(is_plain(each, depth - 1) for each in items)
    if depth and type(value) is dict:
        pairs: Any = value
        return all(is_plain(key, depth - 1) and is_plain(each, depth - 1) for key, each in pairs.items())
    return False
