"""What has a plugin registered, in words that another process understands?

In: contributions with their objects. Out: plain data about each: how it is called, and why it cannot be used from
another process, if that can be seen from here.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import describe_exception
from pegboard.foreign_object import attribute, class_name
from pegboard.ledger import COMPONENT, DECORATOR, HOOK, MIDDLEWARE, SINGLETON, TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Final

    from pegboard.ledger import Contribution, Plugin

    Description = dict[str, Any]

_PLAIN: Final = (type(None), bool, int, float, str, bytes)
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
    import inspect

    methods: Description = {}
    for name in dir(owner):
        method = getattr(owner, name, None)
        if not name.startswith("_") and callable(method):
            methods[name] = _about(method)
            if type(inspect.getattr_static(owner, name)) not in (staticmethod, classmethod):
                methods[name]["parameters"] = methods[name]["parameters"][1:]  # without `self`
    return methods


def _about(live: Any) -> Description:
    import inspect

    function = live
    if callable(live) and not isinstance(live, type) and not inspect.isroutine(live):
        function = getattr(live, "func", type(live).__call__)  # `functools.partial`, or an object of a class
    return {
        "name": attribute(live, "__name__", str) or "",
        "qualname": attribute(live, "__qualname__", str) or "",
        "is_callable": callable(live),
        "is_async": inspect.iscoroutinefunction(function),
        "is_generator": inspect.isgeneratorfunction(function),
        "is_async_generator": inspect.isasyncgenfunction(function),
        "parameters": _parameters(live) if callable(live) else [],
        "doc": inspect.getdoc(live) if callable(live) else None,
    }


def _parameters(function: Any) -> list[Description]:
    import inspect

    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):  # of a function in C that does not say it
        return [{"name": name, "kind": kind, "has_default": False, "annotation": ""} for name, kind in _ANY]
    found = []
    for each in parameters:
        about: Description = {"name": each.name, "kind": each.kind.name, "has_default": each.default is not each.empty}
        if about["has_default"] and is_plain(each.default):
            about["default"] = each.default
        about["annotation"] = "" if each.annotation is each.empty else inspect.formatannotation(each.annotation)
        found.append(about)
    return found


_ANY: Final = (("args", "VAR_POSITIONAL"), ("kwargs", "VAR_KEYWORD"))


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
