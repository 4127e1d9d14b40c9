"""What travels: a small object that says which contribution of which plugin is meant, and contains no code of it.

In: a registry or a container, and a name or key. Out: a reference, which can be pickled, and called in any process.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.address import address_of
from pegboard.errors import UnusableReferenceError
from pegboard.index import VERSION
from pegboard.references.entry import Entry
from pegboard.references.resolution import (
    Target,
    check_policy,
    component_owners,
    entries_of,
    resolve_component,
    resolve_contribution,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, Final, ParamSpec, TypeVar

    from pegboard._typing import TypedCall

    P = ParamSpec("P")
    R_co = TypeVar("R_co", covariant=True)
else:
    P = R_co = None
    TypedCall = {(P, R_co): object}

FORMAT: Final = 1
"""Of a pickled reference; one of another format is refused when it is called."""
_MOST_KEPT: Final = 1000
_COMPONENT: Final = "component"
_restored: dict[
    tuple[Any, ...], Reference[..., Any]
] = {}  # one object for all that mean the same: it has been resolved


class Reference(TypedCall[P, R_co]):
    """A contribution as it travels to another process; `Registry.reference` and `Container.reference` make it.

    Called, it finds the contribution through the application's host in that process, the first time, and calls it with
    the plugin's attribution: what is raised becomes a `PluginCallError`, also from a coroutine or a generator. It is
    resolved again when plugins have changed. References are compared by what they mean.
    """

    __slots__ = ("_problem", "_state", "_target")

    def __init__(self, state: Mapping[str, Any], problem: UnusableReferenceError | None = None) -> None:
        self._state = state
        self._problem = problem
        self._target: Target | None = None

    # -- what it says -------------------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """Where the application's host is, `module:name`."""
        return str(self._state.get("address", ""))

    @property
    def application(self) -> str:
        """The application's name."""
        return str(self._state.get("application", ""))

    @property
    def kind(self) -> str:
        """The registry's name, or `component`."""
        return str(self._state.get("kind", ""))

    @property
    def name(self) -> str:
        """The contribution's name, or the component's key as text."""
        return str(self._state.get("name", ""))

    @property
    def policy(self) -> str:
        """How the plugin in another process has to be: `exact`, `at-least` or `warn`."""
        return str(self._state.get("policy", ""))

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The plugins that it depends on: the contribution's; of a component, those that decorate it, too."""
        return tuple([Entry.of_tuple(fields) for fields in self._state.get("entries", ())])

    @property
    def plugin(self) -> str:
        """The plugin's name; empty for what the application registers itself."""
        return next((entry.name for entry in self.entries), "")

    @property
    def distribution(self) -> str:
        """The name of the plugin's distribution; empty if there is none."""
        return next((entry.distribution for entry in self.entries), "")

    @property
    def version(self) -> str:
        """The version of the plugin's distribution; empty if there is none."""
        return next((entry.version for entry in self.entries), "")

    @property
    def fingerprint(self) -> str:
        """A hash of the plugin's files; empty if these cannot be read, as in a frozen application."""
        return next((entry.digest for entry in self.entries), "")

    @property
    def __name__(self) -> str:  # what engines call a task
        return str(self._state.get("method") or self.name)

    def __repr__(self) -> str:
        return f"<reference to {self.subject}, of {', '.join(entry.who() for entry in self.entries) or 'nobody'}>"

    @property
    def subject(self) -> str:
        """What is meant, as messages have it, e.g. `'html' of 'exporters'`."""
        what = f"component {self.name}" if self.kind == _COMPONENT else f"{self.name!r} of {self.kind!r}"
        return f"method {self._state['method']!r} of {what}" if self._state.get("method") else what

    # -- travelling ---------------------------------------------------------------------------------------------------

    def __reduce__(self) -> tuple[Any, ...]:
        # the package, which imports this module, finds it: a statement would make a circle
        return sys.modules["pegboard.references"].restore, (self._state.get("format", FORMAT), self._state)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        return self._state == other._state

    def __hash__(self) -> int:
        return hash((self.address, self.kind, self.name, self._state.get("method")))

    # -- using --------------------------------------------------------------------------------------------------------

    def method(self, name: str) -> Reference[..., Any]:
        """Return a reference to the method *name* of the object that this one is about."""
        return Reference({**self._state, "method": name}, self._problem)

    def resolve(self) -> Any:
        """Return the contribution, or the component, in this process; importing its plugin if need be.

        Raises:
            PluginMismatchError: If the plugin is not here as the policy demands: missing, disabled, broken, of another
                version, or edited. The hint is the command that mends it.
            UnusableReferenceError: If it is of another application, or of another version of Pegboard.
            HostAddressError: If the application's host is not found.
        """
        return self._resolved().get()

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        result: R_co = self._resolved().call(args, kwargs)
        return result

    def _resolved(self) -> Target:
        target = self._target
        if target is None or not target.is_valid():
            if self._problem is not None:
                raise self._problem.with_traceback(None)
            resolve = resolve_component if self.kind == _COMPONENT else resolve_contribution
            target = self._target = resolve(self, self._state)
        return target


def contribution_reference(registry: Any, manager: Any, name: str, policy: str) -> Reference[..., Any]:
    """Return a reference to the contribution *name* of *registry*; see `Registry.reference`."""
    check_policy(policy)
    data_registry = getattr(sys.modules.get("pegboard.registry"), "DataRegistry", ())
    if isinstance(registry, data_registry):
        raise UnusableReferenceError(
            f"there are no references to {registry.name!r}, since plain data cannot be called",
            f"send what `describe({name!r})` returns: it can be pickled",
        )
    contribution = registry.winner(name)
    entries = entries_of(manager, [contribution.owner], contribution.live)
    return _made(_host_of(manager), entries, kind=registry.name, name=name, policy=policy)


def component_reference(container: Any, key: Any, policy: str) -> Reference[..., Any]:
    """Return a reference to the component for *key*; see `Container.reference`."""
    from pegboard.injection.keys import key_text

    check_policy(policy)
    hosts = [host for made in sys.modules["pegboard.host"].HOSTS if (host := made()) is not None]
    host = next((host for host in hosts if host._container is container), None)  # noqa: SLF001 -- it knows no host
    if host is None:
        raise UnusableReferenceError("a container without a host has no references", "use `host.container`")
    text = key_text(key)
    if "<locals>" in text:
        raise UnusableReferenceError(
            f"there are no references to {text}, which no other process can import", "define the key at module level"
        )
    owners = component_owners(host, key)
    entries = entries_of(host.manager, owners, None)
    kept = (
        None if isinstance(key, type) else key
    )  # a class is found by its name, so that a missing one is an error here
    return _made(host, entries, kind=_COMPONENT, name=text, policy=policy, key=kept)


def _host_of(manager: Any) -> Any:
    hosts = [host for made in sys.modules["pegboard.host"].HOSTS if (host := made()) is not None]
    return next(host for host in hosts if host.manager is manager)


def _made(host: Any, entries: tuple[Entry, ...], **about: Any) -> Reference[..., Any]:
    """Return a reference of *host* to what *about* says: `kind`, `name`, `policy`, and `key` of a component."""
    state = {
        "format": FORMAT,
        "pegboard": VERSION,
        "address": address_of(host),
        "application": host.name,
        "method": "",
        "entries": tuple(entry.as_tuple() for entry in entries),
        "key": None,
    }
    return Reference(state | about)


def restored(version: object, state: Any) -> Reference[..., Any]:
    """Return the reference of a pickled *state*; see `restore`."""
    if version != FORMAT or not isinstance(state, dict):
        writer = state.get("pegboard", "") if isinstance(state, dict) else ""
        said = f"Pegboard {writer}" if writer else "another Pegboard"
        advice = f"run `python -m pip install 'pegboard=={writer}'`" if writer else "use one version of Pegboard"
        cause = f"{said} has made it, in format {version}, and Pegboard {VERSION} knows format {FORMAT}"
        problem = UnusableReferenceError("a reference cannot be used in this process", advice, cause)
        return Reference(dict(state, format=version) if isinstance(state, dict) else {"format": version}, problem)
    if state.get("key") is not None:
        return Reference(state)
    meant = tuple(state.values())
    found = _restored.get(meant)
    if found is None:
        if len(_restored) >= _MOST_KEPT:
            _restored.clear()
        found = _restored[meant] = Reference(state)
    return found
