"""Which contribution does a new plugin begin with, if its application has no template of its own?

In: the registries and hooks whose functions an API has. Out: of each, its parameters and types as plain data; and the
text of a module that contributes a function which fits.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, get_args, get_origin

if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from pegboard.host import Host

_VALUES = {
    "None": "",
    "str": '"{name}"',
    "int": "0",
    "float": "0.0",
    "bool": "False",
    "bytes": 'b"{name}"',
    "Any": "None",
    "object": "None",
}
"""What a function returns that is to return this."""
_EMPTY = {
    "list": "[]",
    "tuple": "()",
    "dict": "{}",
    "set": "set()",
    "Sequence": "[]",
    "Iterable": "[]",
    "Mapping": "{}",
}


def contributions_of(host: Host, api: ModuleType) -> list[dict[str, Any]]:
    """Return the functions of *api* that add to a registry, or implement a hook, with what they take."""
    found: list[dict[str, Any]] = []
    for member in getattr(api, "__all__", None) or [name for name in dir(api) if not name.startswith("_")]:
        value: Any = getattr(api, member, None)
        registry = getattr(value, "__self__", None)
        if registry is not None and getattr(value, "__name__", "") == "register":
            if host.registries.get(getattr(registry, "name", "")) is registry:
                found.append({"member": member, **_of_registry(registry, api)})
        elif type(value).__name__ == "Implementer":
            found.append({"member": member, **_of_hook(value.hook.declaration, api)})
    return found


def _of_registry(registry: Any, api: ModuleType) -> dict[str, Any]:
    arguments, first = get_args(registry.of), next(iter(registry.names()), None)
    metadata = {} if first is None else dict(registry.describe(first))
    texts = {name: value for name, value in metadata.items() if isinstance(value, str)}
    known = {"registry": registry.name, "metadata": sorted(texts)}
    if get_origin(registry.of) is Callable and isinstance(arguments[0], list):
        parameters = [[_name_for(kind, number), _shown(kind, api)] for number, kind in enumerate(arguments[0])]
        return {**known, "fits": True, "parameters": parameters, "returns": _shown(arguments[1], api)}
    example = None if first is None else registry[first]  # the types of a registry are for type checkers alone
    if registry.of in (None, Callable) and inspect.isfunction(example):
        return known | _of_function(example, api)
    return {**known, "fits": registry.of in (None, Callable), "parameters": [], "returns": "None"}


def _of_hook(declaration: Any, api: ModuleType) -> dict[str, Any]:
    return {"registry": "", "metadata": []} | _of_function(declaration, api)


def _of_function(function: Any, api: ModuleType) -> dict[str, Any]:
    try:
        signature = inspect.signature(function, eval_str=True)
    except (NameError, TypeError, AttributeError, ValueError):
        return {"fits": False, "parameters": [], "returns": "None"}
    needed = [each for each in signature.parameters.values() if each.default is each.empty]
    fits = all(each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD) for each in needed)
    parameters = [[each.name, _shown(each.annotation, api)] for each in needed]
    return {"fits": fits, "parameters": parameters, "returns": _shown(signature.return_annotation, api)}


def _name_for(kind: Any, number: int) -> str:
    name = getattr(kind, "__name__", "")
    return name.lower() if name.isidentifier() and kind.__module__ != "builtins" else f"argument_{number + 1}"


def _shown(kind: Any, api: ModuleType) -> str:
    """Return the annotation *kind* as a plugin writes it, which has the names of the API; `object` if it has none."""
    if kind is None or kind is type(None):
        return "None"
    if get_origin(kind) is None and getattr(kind, "__module__", "") == "builtins":
        return str(kind.__name__)
    for name in dir(api):
        if not name.startswith("_") and vars(api).get(name) is kind:
            return f"{api.__name__.rpartition('.')[2]}.{name}"
    arguments, origin = get_args(kind), get_origin(kind)
    if origin is not None and origin.__module__ == "builtins" and arguments:
        return f"{origin.__name__}[{', '.join(_shown(each, api) for each in arguments)}]"
    return "object"


def module_for(api: str, name: str, host: str, offered: list[dict[str, Any]]) -> str:
    """Return the text of a module that makes the first of the contributions that a function can make."""
    package, _, last = api.rpartition(".")
    imported = f"from {package} import {last}" if package else f"import {last}"
    chosen = next((each for each in offered if each["fits"]), None)
    if chosen is None:
        members = ", ".join(f"{last}.{each['member']}" for each in offered) or f"the functions of {api}"
        return (
            f'"""A plugin for {host}."""\n\n{imported}  # noqa: F401 -- remove this comment with the next\n\n'
            f"# Register what the plugin adds; see {members}.\n"
        )
    parameters = ", ".join(f"{parameter}: {kind}" for parameter, kind in chosen["parameters"])
    metadata = "".join(f', {field}="{name}"' for field in chosen["metadata"])
    arguments = f'("{name}"{metadata})' if chosen["registry"] else ""
    kind = chosen["registry"] or f"the hook {chosen['member']}"
    return (
        f'"""Adds {name!r} to {kind} of {host}."""\n\n{imported}\n\n\n'.replace("'", "`")
        + f"@{last}.{chosen['member']}{arguments}\ndef {name}({parameters}) -> {chosen['returns']}:\n"
        + f"    {_body(chosen['returns'], name)}\n"
    )


def _body(returns: str, name: str) -> str:
    kind = returns.partition("[")[0]
    if returns == "None":
        return '"""Do something."""'
    if kind in _VALUES:
        return f"return {_VALUES[kind].format(name=name)}"
    if kind in _EMPTY:
        return f"return {_EMPTY[kind]}"
    return f'raise NotImplementedError("return a {returns}")'
