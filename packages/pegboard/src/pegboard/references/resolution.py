"""What does a reference mean in this process, and is the plugin the same here?

In: a reference. Out: what it calls, or an error that says how the plugin differs here, and what mends that.

The plugin is compared before it is imported, and once more afterwards: what runs is what was compared.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.address import host_at
from pegboard.boundary import call_plugin
from pegboard.errors import HostError, PluginError, PluginMismatchError, UnusableReferenceError, describe_exception
from pegboard.errors.base import nearest
from pegboard.errors.readers import read_metadata
from pegboard.ledger import LAST, MIDDLEWARE
from pegboard.precedence import decide_without, judge, rule_for
from pegboard.references.entry import (
    BROKEN,
    MISSING,
    NEWER,
    OLDER,
    OTHER_VERSION,
    POLICIES,
    WARN,
    Difference,
    Entry,
    difference,
    is_accepted,
)
from pegboard.references.identity import application_entry, entry_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from pegboard.ledger import Contribution, Plugin


class Target:
    """What a reference means in this process."""

    __slots__ = ("_doing", "_generation", "_host", "_method", "_owner", "_passing", "get")

    def __init__(
        self,
        host: Any,
        generation: int,
        owner: Plugin,
        get: Callable[[], Any],
        doing: str,
        *,
        method: str = "",
        passing: tuple[type[BaseException], ...] = (),
    ) -> None:
        self._host = host
        self._generation = generation
        self._owner = owner
        self.get: Callable[[], Any] = get
        """Returns the contribution or component."""
        self._doing = doing
        self._method = method
        self._passing = passing

    def is_valid(self) -> bool:
        """Return whether no plugin has changed since it was found."""
        manager = self._host.manager
        return not manager.is_closed and manager.ledger.generation == self._generation

    def call(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """Call it in the boundary of its plugin."""
        found, method = self.get(), self._method

        def run() -> Any:
            return (getattr(found, method) if method else found)(*args, **kwargs)

        return call_plugin(self._owner, self._doing, run, self._passing, self._host.manager.attribution.owner)


def check_policy(policy: str) -> None:
    """Raise an error if there is no such policy.

    Raises:
        HostError: If *policy* is none of `exact`, `at-least` and `warn`.
    """
    if policy not in POLICIES:
        raise HostError(f"there is no policy {policy!r}", nearest(str(policy), POLICIES, "policies"))


def entries_of(manager: Any, owners: Iterable[Plugin], live: object) -> tuple[Entry, ...]:
    """Return the entries of *owners*; *live* is what the application has registered if it is one of them."""
    return tuple([_entry(manager, owner, live) for owner in owners])


def _entry(manager: Any, owner: Plugin, live: object) -> Entry:
    return entry_of(manager, owner, has_code=True) if owner.name else application_entry(manager, live)


# -- contributions of registries --------------------------------------------------------------------------------------


def resolve_contribution(reference: Any, state: Mapping[str, Any]) -> Target:
    """Return what *reference*, to a contribution of a registry, means in this process."""
    host = _host(reference)
    manager, kind, name = host.manager, reference.kind, reference.name
    host.start()
    (expected,) = reference.entries
    winner = _winner(host, kind, name)
    _compare(host, reference, expected, winner)
    if winner is None:
        raise _withdrawn(host, reference, expected)
    generation = manager.ledger.generation
    try:
        if reference.policy == WARN and kind in host.registries:
            live, owner = host.registries[kind][name], host.registries[kind].owner(name)
        else:
            if winner.owner.name:
                manager.importer.activate(winner.owner)
            generation = manager.ledger.generation
            winner = _winner(host, kind, name)
            _compare(host, reference, expected, winner)
            if winner is None:
                raise _withdrawn(host, reference, expected)
            live, owner = manager.importer.live(winner), winner.owner
    except PluginMismatchError:
        raise
    except PluginError as error:
        raise _broken(host, reference, expected, error) from error
    registry = host.registries.get(kind)
    passing = () if registry is None else registry.passing
    return Target(
        host, generation, owner, lambda: live, f"calling {reference.subject}", method=state["method"], passing=passing
    )


def _host(reference: Any) -> Any:
    host = host_at(reference.address)
    if host.name != reference.application:
        raise UnusableReferenceError(
            f"a reference to {reference.subject} cannot be used in this process",
            "use it in a process of the application that has made it",
            f"it is of the application {reference.application!r}, and {reference.address} is the host of {host.name!r}",
        )
    return host


def _winner(host: Any, kind: str, name: str) -> Contribution | None:
    """Return what is in use for *name*, also where the module that makes the registry is not imported yet."""
    registry = host.registries.get(kind)
    if registry is not None:
        winner: Contribution | None = registry.decide(name)[0]
        return winner
    found = [each for each in host.manager.ledger.find(kind, name) if each.owner.is_usable]
    return decide_without(found, (), rule_for(kind))[0] if found else None


def _compare(host: Any, reference: Any, expected: Entry, winner: Contribution | None) -> None:
    """Raise an error, or report it, if the plugin is not as *expected*, or *winner* is of another one.

    Raises:
        PluginMismatchError: If the policy does not allow it.
    """
    manager, here = host.manager, None
    if winner is not None and winner.owner.name == expected.name:
        here = winner.owner
    elif expected.name:
        here = manager.named(expected.name)
    live = None if winner is None else winner.live
    entry = None if here is None else _entry(manager, here, live)
    found = difference(expected, entry)
    policy = reference.policy
    problem = None if found is None else mismatch(manager, found, reference.subject, expected, here)
    if winner is not None and winner.owner is not here:
        if problem is None or policy == WARN:
            problem = _other(host, reference, expected, winner.owner)
        found = None
    if problem is None or (found is not None and policy != WARN and is_accepted(policy, found)):
        return
    if policy == WARN and winner is not None:
        host.report(problem)
        return
    raise problem


# -- components -------------------------------------------------------------------------------------------------------


def component_owners(host: Any, key: Any) -> list[Plugin]:
    """Return who provides the component for *key*, then who decorates it, and whose middlewares see it, each once."""
    return list(dict.fromkeys([_provider(host, key), *_around(host, key)]))


def _provider(host: Any, key: Any) -> Plugin:
    """Return the owner of the provider in use; the application if there is none."""
    verdicts = judge(_contributions(host, key)[0], LAST)
    serving = [verdict.contribution.owner for verdict in verdicts if verdict.is_in_use]
    return serving[0] if serving else host.manager.attribution.application


def _around(host: Any, key: Any) -> list[Plugin]:
    middlewares = host.manager.ledger.contributions(MIDDLEWARE)
    return [each.owner for each in (*_contributions(host, key)[1], *middlewares) if each.owner.is_usable]


def _contributions(host: Any, key: Any) -> tuple[Sequence[Contribution], Sequence[Contribution]]:
    from pegboard.injection.keys import normal

    host.start()
    host.container._open()  # noqa: SLF001 -- a part of it
    found: tuple[Sequence[Contribution], Sequence[Contribution]] = host.container.core.contributions(key, normal(key))
    return found


def resolve_component(reference: Any, state: Mapping[str, Any]) -> Target:
    """Return what *reference*, to a component, means in this process."""
    host = _host(reference)
    manager, key = host.manager, _key(reference, state["key"])
    owners = _same_owners(host, reference, key)
    for owner in owners:
        if owner.name:
            try:
                manager.importer.activate(owner)
            except PluginError as error:
                expected = next((each for each in reference.entries if each.name == owner.name), reference.entries[0])
                raise _broken(host, reference, expected, error) from error
    owners = _same_owners(host, reference, key)

    def get() -> Any:
        component = host.container.get(key)
        if reference.policy != WARN and (other := _provider(host, key)) is not owners[0]:  # its provider has failed
            raise _other(host, reference, reference.entries[0], other)
        return component

    return Target(
        host, manager.ledger.generation, owners[0], get, f"calling {reference.subject}", method=state["method"]
    )


def _same_owners(host: Any, reference: Any, key: Any) -> list[Plugin]:
    """Return whom the component is of here, after they have been compared with those that are expected."""
    owners = component_owners(host, key)
    here = {entry.name: entry for entry in entries_of(host.manager, owners, None)}
    for entry in reference.entries:
        if entry.name not in here and (plugin := host.manager.named(entry.name)) is not None:
            here[entry.name] = _entry(host.manager, plugin, None)
    problems = []
    for expected in reference.entries:
        found = difference(expected, here.pop(expected.name, None)) if expected.name else None
        here.pop(expected.name, None)
        if found is not None and (reference.policy == WARN or not is_accepted(reference.policy, found)):
            problems.append(mismatch(host.manager, found, reference.subject, expected))
    expected = reference.entries[0]
    others = [owner for owner in owners if owner.name in here]
    if not problems and (others or owners[0].name != expected.name):
        problems.append(_other(host, reference, expected, (others or owners)[0]))
    tell_or_raise(host, reference.policy, problems)
    return owners


def _key(reference: Any, key: Any) -> Any:
    """Return the key of a component: *key*, or the class that the reference names."""
    if key is not None:
        return key
    module, _, path = reference.name.partition(":")
    try:
        __import__(module)
        found: Any = sys.modules[module]
        for part in path.split("."):
            found = getattr(found, part)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise UnusableReferenceError(
            f"a reference to {reference.subject} cannot be used in this process",
            "install what defines it in this process's environment, too",
            describe_exception(error),
        ) from error
    return found


# -- errors -----------------------------------------------------------------------------------------------------------


def mismatch(
    manager: Any, found: Difference, subject: str, expected: Entry | None = None, here: Plugin | None = None
) -> PluginMismatchError:
    """Return the error that tells of a difference.

    Args:
        manager: The plugin manager of this process.
        found: The difference.
        subject: What cannot be used because of it.
        expected: The plugin as the other process knows it; taken from the difference if it is left out.
        here: The plugin in this process, if it is there.
    """
    settings, entry = manager.settings, expected or found.expected or found.found
    commands = settings.commands if isinstance(settings.commands, str) else settings.commands()
    name, installed = ("", "") if entry is None else (entry.name, entry.installed)
    if here is None and name:
        here = manager.named(name)
    advice = found.advice(settings.application, commands, settings.prefix)
    if found.kind == BROKEN and here is not None and here.error is not None and found.is_same_version():
        advice = here.error.hint() or advice
    elif found.kind in (MISSING, OLDER, NEWER, OTHER_VERSION) and read_metadata(installed, "METADATA"):
        advice = f"start this process anew: {installed} is installed by now, and it began with what was there before"
    return PluginMismatchError(
        name,
        installed,
        subject,
        found.cause(),
        None if here is None else here.origin,
        advice,
        found.kind,
    )


def _other(host: Any, reference: Any, expected: Entry, owner: Plugin) -> PluginMismatchError:
    advice = "install the same plugins in both environments"
    if owner.name:
        advice += f", or leave that one out with {host.manager.settings.prefix}_NO_PLUGINS={owner.name}"
    who = owner.who() if owner.name else "the application"
    return PluginMismatchError(
        expected.name,
        expected.installed,
        reference.subject,
        f"{who} provides it here",
        owner.origin,
        advice,
        "overridden",
    )


def _withdrawn(host: Any, reference: Any, expected: Entry) -> PluginMismatchError:
    plugin = host.manager.named(expected.name) if expected.name else None
    return PluginMismatchError(
        expected.name,
        expected.installed,
        reference.subject,
        "it is here, and does not register that",
        None if plugin is None else plugin.origin,
        "compare the environment variables and the settings of both processes",
        "withdrawn",
    )


def _broken(host: Any, reference: Any, expected: Entry, error: PluginError) -> PluginMismatchError:
    found = Entry(expected.name, expected.distribution, expected.version, state=BROKEN)
    found.why = error.because() or error.summary()
    problem = mismatch(host.manager, Difference(BROKEN, expected, found), reference.subject, expected)
    plugin, distribution, subject, cause, place, advice, kind = problem.args
    advice, place = error.hint() or advice, error.where() or place
    return PluginMismatchError(plugin, distribution, subject, cause, place, advice, kind)


def tell_or_raise(host: Any, policy: str, problems: Sequence[PluginMismatchError]) -> None:
    """Report *problems* if the policy is to warn, else raise them.

    Raises:
        PluginMismatchError: The one that there is; an ExceptionGroup of several.
    """
    if policy == WARN:
        for problem in problems:
            host.report(problem)
    elif len(problems) == 1:
        raise problems[0]
    elif problems:
        raise ExceptionGroup("plugins are not the same in this process", problems)
