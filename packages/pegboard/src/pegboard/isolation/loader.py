"""How does what an isolated plugin registers get into the application?

In: a plugin of an environment of its own, when the importer imports it. Out: a module without code, and a stand-in for
each contribution, registered under the plugin's name, inside the bracket, with the same metadata. What the application
does not say to be isolable is refused, and the plugin is left out.
"""

from __future__ import annotations

from importlib.machinery import ModuleSpec

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import NotIsolableError
from pegboard.isolation.stand_in import stand_in_for
from pegboard.ledger import COMPONENT, DECORATOR, HOOK, MIDDLEWARE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any, Protocol

    from pegboard.isolation.stand_in import Caller
    from pegboard.ledger import Contribution, Ledger, Plugin

    class Serving(Caller, Protocol):
        """The process of one plugin, for as long as the plugin is there."""

        def describe(self) -> list[dict[str, Any]]: ...
        def close(self) -> None: ...

    class Importer(Protocol):
        """What brackets the registration."""

        ledger: Ledger

        def run(self, plugin: Plugin, execute: Callable[[], object]) -> None: ...


class StandInLoader:
    """Loads a plugin by registering what stands for it."""

    def __init__(self, plugin: Plugin, importer: Importer, host: Any, serve: Callable[[], Serving]) -> None:
        """Load nothing yet.

        Args:
            plugin: The plugin.
            importer: What imports it.
            host: The application's host: it says what is isolable, and when the plugin ends.
            serve: Returns the process of the plugin.
        """
        self._plugin = plugin
        self._importer = importer
        self._host = host
        self._serve = serve

    def spec(self) -> ModuleSpec:
        """Return the spec with which the import system makes the module."""
        return ModuleSpec(self._plugin.module, self, origin=self._plugin.origin)  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Let the import system make a module."""

    def exec_module(self, module: ModuleType) -> None:
        """Register what the plugin's process says that it has registered."""
        who, name = self._plugin.who(), module.__name__
        module.__doc__ = f"{who} runs in a process of its own; its code is not here."

        def missing(attribute: str) -> Any:
            raise AttributeError(f"{name!r} has no {attribute!r} here: {who} is isolated, and its code runs elsewhere")

        vars(module)["__getattr__"] = missing
        self._importer.run(self._plugin, self._register)

    def _register(self) -> None:
        serving = self._serve()
        self._host.on_unload(serving.close)
        for row in serving.describe():
            if not row["kind"]:
                self._plugin.declare(row["after"], row["before"], eager=None, depends_on=row["depends_on"])
                continue
            self._check(row)
            live = stand_in_for(row, serving, self._plugin.module)
            registry = self._host.registries.get(row["kind"])
            if registry is None or type(registry).isolable:  # of a hook, and of plain data, there is nothing to check
                self._importer.ledger.add(
                    row["kind"], row["text"], live, metadata=row["metadata"], override=row["override"]
                )
            else:
                registry.register(row["text"], live, override=row["override"], **row["metadata"])

    def _check(self, row: Mapping[str, Any]) -> None:
        """Raise an error if a contribution cannot be used from here.

        Raises:
            NotIsolableError: If so.
        """
        kind, advice = row["kind"], f"ask the application's author, or install {self._distribution} beside it"
        cause = row.get("problem") or ""
        if kind in (COMPONENT, DECORATOR, MIDDLEWARE):
            cause = f"a {kind} is called with objects of the application, and not with data"
        elif kind.startswith(HOOK):
            name = kind.removeprefix(HOOK)
            if row["metadata"].get("role") == "wrapper":
                cause = "it is a wrapper, which runs around the others"
            elif name not in self._host.hooks.isolable:
                cause = f"the application does not declare the hook {name!r} isolable"
        elif (registry := self._host.registries.get(kind)) is None:
            cause = f"the application has no registry {kind!r}"
        elif not registry.isolable:
            cause = f"the application does not declare the registry {kind!r} isolable"
        if cause:
            what = f"{kind} {row['text']!r}"
            raise NotIsolableError(self._plugin.name, str(self._plugin.distribution or ""), what, cause, advice)

    def live(self, contribution: Contribution) -> Any:
        """Return what stands for *contribution*, an entry point of a distribution.

        Raises:
            NotIsolableError: If it cannot be used from here.
            LookupError: If the plugin's process knows nothing of it.
        """
        serving = self._serve()
        for row in serving.describe():
            if (row["kind"], row["text"]) == (contribution.kind, contribution.text):
                self._check(row)
                return stand_in_for(row, serving, self._plugin.module)
        raise LookupError(f"its process has no {contribution.text!r} for {contribution.kind!r}")

    @property
    def _distribution(self) -> str:
        return self._plugin.distribution.name if self._plugin.distribution else self._plugin.name
