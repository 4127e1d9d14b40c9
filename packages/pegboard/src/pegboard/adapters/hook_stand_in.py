"""What stands for a plugin of a pluggy host: how does a hook know an implementation whose plugin was not imported?

In: what is recorded of a plugin's hook implementations, and a function that imports the plugin. Out: an object like a
module, which pluggy registers as it would the plugin; the first call of one of its functions imports the plugin.

Source: pluggy 1.7, "API reference": `HookimplMarker`, `HookimplOpts`, `HookImpl`.
"""

from __future__ import annotations

import inspect
import sys
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, TypedDict

from pluggy import HookImpl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pluggy import HookimplOpts, PluginManager


class Implementation(TypedDict):
    """What is recorded of a function that implements a hook; plain data."""

    attribute: str
    """The function's name in its plugin."""
    hook: str
    options: dict[str, bool | str | None]
    """pluggy's `HookimplOpts`."""
    parameters: list[str]
    """By name, those with a default last."""
    defaults: int
    """How many of them have a default."""
    is_generator: bool
    is_replayed: bool
    """Whether a record says what it adds, so that it need not be called."""
    file: str
    line: int


def implementations(manager: PluginManager, plugin: object, name: str) -> Iterator[Implementation]:
    """Yield what *plugin* implements, as *manager* finds it when it registers the plugin as *name*."""
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is None:
            continue
        complete: HookimplOpts = {
            "wrapper": bool(options.get("wrapper")),
            "hookwrapper": bool(options.get("hookwrapper")),
            "optionalhook": bool(options.get("optionalhook")),
            "tryfirst": bool(options.get("tryfirst")),
            "trylast": bool(options.get("trylast")),
            "specname": options.get("specname"),
        }
        found = HookImpl(plugin, name, getattr(plugin, attribute), complete)
        code = getattr(inspect.unwrap(found.function), "__code__", None)
        yield {
            "attribute": attribute,
            "hook": complete["specname"] or attribute,
            "options": {option: value for option, value in complete.items() if isinstance(value, (bool, str))},
            "parameters": [*found.argnames, *found.kwargnames],
            "defaults": len(found.kwargnames),
            "is_generator": inspect.isgeneratorfunction(found.function),
            "is_replayed": False,
            "file": getattr(code, "co_filename", ""),
            "line": getattr(code, "co_firstlineno", 1),
        }


def texts_of(plugin: object) -> Mapping[str, str]:
    """Return name and documentation of a plugin, if it has them, and its module's name if it is one, as plain text."""
    said = {name: getattr(plugin, name, None) for name in ("__name__", "__doc__")}
    if isinstance(plugin, ModuleType):
        said["module"] = said["__name__"]
    return {name: text for name, text in said.items() if type(text) is str}


class StandIn(ModuleType):
    """A plugin that is known and not imported. What is not recorded of it is read from the real one."""

    def __init__(
        self,
        name: str,
        texts: Mapping[str, str],
        functions: Mapping[str, Callable[..., Any]],
        wake: Callable[[], object],
    ) -> None:
        """Make what stands for a plugin.

        Args:
            name: The name of its entry point, for one that has no name of its own.
            texts: What `texts_of` says.
            functions: What it implements, by attribute.
            wake: Imports the plugin and returns it.
        """
        super().__init__(texts.get("__name__", name), texts.get("__doc__"))
        for unknown in ("__spec__", "__loader__", "__package__"):
            delattr(self, unknown)  # so that the real one's is read
        self.real: object | None = None
        """The plugin, once it has been imported."""
        self._module = texts.get("module", "")
        self._wake = wake
        self.__dict__.update(functions)

    def stands_for(self, plugin: object) -> bool:
        """Return whether *plugin* is the real one; imports nothing."""
        return plugin is (sys.modules.get(self._module) if self.real is None else self.real)

    def __getattr__(self, name: str) -> Any:
        if name in ("__wrapped__", "__path__"):  # `inspect` and the import system ask every object for these
            raise AttributeError(name)
        return getattr(self._wake(), name)

    def __repr__(self) -> str:
        return f"<stand-in for {self.__name__!r}>"


def functions(plugin: object) -> Mapping[str, Any]:
    """Return the functions by which *plugin* is registered, if it is what stands for one."""
    return vars(plugin) if isinstance(plugin, StandIn) else {}


# -- functions with recorded parameters -------------------------------------------------------------------------------

_LEFT_OUT: Any = object()


def stub(implementation: Implementation, call: Callable[[dict[str, Any]], Any]) -> FunctionType:
    """Return a function with the recorded parameters, since pluggy reads them from a function's code.

    Args:
        implementation: What is recorded.
        call: Called with the arguments by name, without those that are left out and have a default.
    """

    def passed(arguments: Mapping[str, Any]) -> Any:
        return call({name: value for name, value in arguments.items() if value is not _LEFT_OUT})

    parameters = tuple(implementation["parameters"])
    template: CodeType = (_generator if implementation["is_generator"] else _plain).__code__
    code = template.replace(
        co_argcount=len(parameters),
        co_nlocals=len(parameters),
        co_varnames=parameters,
        co_filename=implementation["file"] or __file__,
        co_firstlineno=max(implementation["line"], 1),
        co_name=implementation["attribute"],
    )
    defaults = (_LEFT_OUT,) * implementation["defaults"]
    return FunctionType(code, {"passed": passed, "locals": locals}, implementation["attribute"], defaults)


def _plain() -> Any:
    return passed(locals())  # type: ignore[name-defined]  # noqa: F821 -- a global of the function made from this


def _generator() -> Any:
    return (yield from passed(locals()))  # type: ignore[name-defined]  # noqa: F821 -- as above
