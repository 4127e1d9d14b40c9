"""Why can the container not build a component?"""

from __future__ import annotations

import re

from pegboard._typing import TYPE_CHECKING
from pegboard.errors.base import PegboardError, plugin_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    Link = tuple[str, str, str, str]
    """One step of a chain of requests: the key, the parameter it was for, what makes it, and who provides that."""

_APPLICATION = "the application"
_NO_LINKS: tuple[Link, ...] = ()
_NEXT = "\n         "  # lines after the first of a chain stand below it


class ContainerError(PegboardError):
    """A component cannot be built."""

    code = "container-error"
    chain = _NO_LINKS
    """What led to it, the first request first."""

    def where(self) -> str | None:
        return _NEXT.join(chain_lines(self.chain)) or None


def chain_lines(chain: Sequence[Link]) -> list[str]:
    """Return one line for each link, the innermost first: what needs it, and who provides that."""
    lines = []
    parameters = [*(link[1] for link in chain[1:]), ""]  # a link's parameter says what the one before it asked for
    for (key, _, made_by, owner), parameter in zip(chain, parameters, strict=False):
        made = f" ({made_by})" if made_by else ""
        by = f" from {owner}" if owner and (owner != _APPLICATION or not made_by.startswith("called")) else ""
        lines.append(f"needed {f'as {parameter!r} ' if parameter else ''}by {key}{made}{by}")
    return lines[::-1]


class MissingDependencyError(ContainerError, LookupError):
    """Nothing provides a key that was asked for, or that something asked for needs."""

    code = "dependency-missing"
    key: str  #: With its module, e.g. `notes.app:Clock`.
    chain: tuple[Link, ...] = ()
    parameter: str = ""  #: What it was asked for by; empty when it was asked for directly.
    known: tuple[str, ...] = ()  #: All keys that somebody provides.
    decorated_by: tuple[str, ...] = ()  #: Who decorates it, although there is nothing to be decorated.
    owner: str = ""  #: The plugin whose code was called directly and asks for it; empty if it is none's.
    place: str | None = None  #: Where that code asks for it, as `file:line`.

    def what(self) -> str:
        return f"nothing provides {self.key}" + (f", which {self.owner} asks for" if self.owner else "")

    def because(self) -> str | None:
        return f"it is only decorated, by {', '.join(self.decorated_by)}" if self.decorated_by else None

    def where(self) -> str | None:
        lines = chain_lines((*self.chain, (self.key, self.parameter, "", "")))[1:]
        return _NEXT.join([self.place, *lines] if self.place else lines) or None

    def hint(self) -> str | None:
        from difflib import get_close_matches  # 21 modules, only paid on failure

        names = {known.rpartition(":")[2]: known for known in self.known if known != self.key}
        near = get_close_matches(self.key.rpartition(":")[2], names, n=1)
        if near:
            return f"did you mean {names[near[0]]}?"
        if not self.owner:
            return None
        by_parameter = {name.lower(): known for name, known in names.items()}
        near = get_close_matches(self.parameter.replace("_", "").lower(), by_parameter, n=1)
        if near:
            return f"did you mean {by_parameter[near[0]]}?"
        shown = sorted({_MODULES.sub("", known) for known in self.known})
        return f"give the parameter a default, or annotate it with what is provided: {_some(shown)}"


_MOST_NAMES = 20
_MODULES = re.compile(r"[\w.]+:")


def _some(names: list[str]) -> str:
    more = f", and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more


class CircularDependencyError(ContainerError):
    """Components need one another in a circle, so that none can be built first."""

    code = "dependency-circular"
    cycle: tuple[Link, ...]  #: Each needs the next one, and the last needs the first.
    closing: str = ""  #: The parameter by which the last needs the first.
    offer: str = ""  #: How a component is wrapped, as the application says.

    def what(self) -> str:
        keys = [link[0] for link in self.cycle]
        return f"circular dependency: {' -> '.join([*keys, *keys[:1]])}"

    def where(self) -> str:
        lines: list[str] = []
        parameters = [*(link[1] for link in self.cycle[1:]), self.closing]
        for (key, _, made_by, owner), parameter in zip(self.cycle, parameters, strict=True):
            needs = f" needs, as {parameter!r}:" if parameter else " asks for:"
            lines.append(f"{'|   ' if lines else '.-> '}{key} ({made_by}) from {owner}{needs}")
        return _NEXT.join([*lines, f"'-- {self.cycle[0][0]}"])

    def hint(self) -> str:
        if len(self.cycle) == 1:
            return self.wrapping()
        return f"let one of them ask for Container and get the other when it is used; {self.wrapping()}"

    def wrapping(self) -> str:
        """Return what the author does who wants what was there before."""
        return f"to wrap a component, decorate it{f' with {self.offer}' if self.offer else ''}"


class AnnotationError(ContainerError, TypeError):
    """It cannot be seen from its annotation what a parameter needs."""

    code = "annotation-unusable"
    _what = "parameter {parameter!r} of {function} from {owner} cannot be injected"
    _because = "{problem}"
    function: str  #: What has the parameter, e.g. `acme.views:View`.
    parameter: str
    problem: str
    owner: str  #: Who brings it, e.g. `plugin 'csv' of acme-csv 1.2.0`.
    distribution: str = ""
    chain: tuple[Link, ...] = ()
    place: str | None = None  #: Where the function is, as `file:line`.

    def where(self) -> str | None:
        return _NEXT.join(text for text in (self.place, super().where()) if text) or None

    def hint(self) -> str:
        if "Did you mean" in self.problem:
            return "correct the name"
        if self.problem.startswith("it has no"):
            return "annotate it with the type that it needs, or give it a default"
        return "a name that only type checkers import, or a local one, cannot be looked up: import it at module level"


class ComponentMismatchError(ContainerError, TypeError):
    """What was made for a key, a class, is neither an instance of it nor anything that could stand for one."""

    code = "component-mismatch"
    _what = "{made} cannot be {key}"
    _because = "{owner} provides it, and it has nothing of what that class has: {members}"
    _hint = "provide an instance of the class, or a function that returns one"
    key: str  #: With its module, e.g. `notes.app:Clock`.
    made: str  #: The object and its type, e.g. `3, of type int,`.
    members: str  #: The public names that the class has.
    owner: str  #: Who provides or decorates it, e.g. `plugin 'csv' of acme-csv 1.2.0`.
    chain: tuple[Link, ...] = ()


class ProviderError(ContainerError):
    """A plugin's provider or decorator failed; plugin and distribution are named."""

    code = "provider-failed"
    phase = "resolution"
    plugin: str
    distribution: str  #: Name and version, e.g. `acme-csv 1.2.0`; empty when no distribution owns the plugin.
    role: str  #: `provide` or `decorate`.
    key: str
    cause: str
    instead: str = ""  #: Whose provider serves in its place; empty when there is none.
    chain: tuple[Link, ...] = ()
    place: str | None = None  #: Where in the plugin it failed, as `file:line`; its file where that is not known.
    advice: str = ""  #: For its author, if there is any.

    def hint(self) -> str:
        if self.advice:
            return f"this is a fault of the plugin: update or disable it; for its author: {self.advice}"
        return "this is a fault of the plugin: update or disable it, or report the cause to its author"

    def what(self) -> str:
        failed = f"{plugin_of(self.plugin, self.distribution)} could not {self.role} {self.key}"
        if self.role == "decorate":
            return f"{failed} and is left out"
        return f"{failed}; that of {self.instead} is used instead" if self.instead else failed

    def where(self) -> str | None:
        return _NEXT.join(text for text in (self.place, super().where()) if text) or None


class ScopeError(ContainerError):
    """A component was asked for outside of the scope that it lives in, or in a scope that has ended."""

    code = "scope-wrong"
    key: str  #: What was asked for; empty when the scope itself cannot be used.
    scope: str
    user: str = ""  #: What needs it although it lives longer; empty when it was asked for directly.
    lives: str = ""  #: How long `user` lives: `singleton`, or the name of its scope.
    open_scopes: tuple[str, ...] = ()
    chain: tuple[Link, ...] = ()

    def what(self) -> str:
        if not self.key:
            return f"scope {self.scope!r} is not open"
        scope = f"scope {self.scope!r}" if self.scope else "a scope"
        if self.user:
            return f"{self.user} ({self.lives}) needs {self.key}, which lives only as long as {scope}"
        return f"{self.key} lives in {scope}, which is not open here"

    def because(self) -> str | None:
        if not self.key or self.user:
            return None
        return f"open here: {', '.join(map(repr, self.open_scopes)) or 'none'}"

    def hint(self) -> str:
        if not self.key:
            return "a scope is open inside its `with` block"
        if self.user:
            return f"let {self.user} live no longer than that, or get {self.key} when it is used"
        return f"ask for it by `with container.scope({self.scope or '...'!r}) as scope: scope.get(...)`"


class AsyncRequiredError(ContainerError):
    """Something that has to be awaited was asked for by a call that cannot wait for it."""

    code = "async-required"
    _what = "{key} has to be awaited"
    _because = "{reason}"
    _hint = "use `await container.aget(...)`, and `async with` or `await ...aclose()` to end it"
    key: str
    reason: str
    chain: tuple[Link, ...] = ()
