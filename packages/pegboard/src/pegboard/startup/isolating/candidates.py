"""Which plugins are isolated? A source of plugins beside those of `discovery`.

In: what the user wants, and the plugins that are installed beside the application. Out: the plugins of the
environments, which take the places of those; an environment that is not there is made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import (
    ConfigurationError,
    DuplicatePluginError,
    IsolationFailedError,
    PluginNotImportableError,
    PluginProcessError,
)
from pegboard.isolation.environments import Question, Recipe, environment_folder, existing, lock_path, make
from pegboard.isolation.policy import TABLE
from pegboard.ledger import ISOLATED, Distribution
from pegboard.regular_file import read_file
from pegboard.sources import Sources
from pegboard.startup.discovery.candidate import BUILT_IN, Candidate
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.isolating.lock import distribution_of, inputs_of, is_current, write_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pegboard.errors import PegboardError
    from pegboard.index import Settings
    from pegboard.isolation.environments import Environment
    from pegboard.isolation.policy import Isolation
    from pegboard.startup.discovery import Discovery


@dataclass(slots=True)
class Isolated:
    """What has become of the plugins that are isolated."""

    candidates: tuple[Candidate, ...]
    """All plugins, isolated ones included: built-in ones first, then by name."""
    problems: list[PegboardError] = field(default_factory=list)
    """What is wrong apart from any one candidate."""
    files: list[str] = field(default_factory=list)
    """Files whose stamps tell whether all of this still holds; they need not exist."""
    environments: dict[str, Environment] = field(default_factory=dict)
    """By the normalised name of the distribution."""


def isolate(settings: Settings, wanted: Sequence[Isolation], found: Discovery, *, makes: bool = True) -> Isolated:
    """Return the plugins with those that the user wants isolated in their environments.

    Args:
        settings: The host's.
        wanted: What the user wants.
        found: What is installed beside the application.
        makes: Whether an environment that is not there is made.
    """
    result = Isolated(found.candidates)
    seen: set[str] = set()
    for each in wanted:
        try:
            distribution = resolved(each, found.candidates, settings)
            if distribution in seen:
                result.problems.append(_unusable(settings, each, f"{distribution} is in the table twice"))
                continue
        except ConfigurationError as problem:
            result.problems.append(problem)
            continue
        seen.add(distribution)
        beside = [item for item in result.candidates if _key(item) == distribution]
        try:
            environment = environment_of(settings, each, found, distribution, files=result.files, makes=makes)
        except IsolationFailedError as error:
            _leave_out(result, beside, error)
            continue
        result.environments[distribution] = environment
        result.files.append(environment.stamp)
        _replace(result, beside, environment, settings.sources)
    return result


def resolved(isolation: Isolation, candidates: Iterable[Candidate], settings: Settings) -> str:
    """Return the normalised name of the distribution that *isolation* is about.

    Raises:
        ConfigurationError: If it is not clear which one that is, or it is the application's own.
    """
    distribution = distribution_of(isolation)
    named = next((item for item in candidates if item.name == isolation.name), None)
    if named is not None and named.source == BUILT_IN:
        raise _unusable(settings, isolation, f"plugin {isolation.name!r} is built in, and is not isolated")
    owner = _key(named) if named is not None else ""
    if isolation.requirement or not owner or owner == distribution:
        return distribution
    if any(_key(item) == distribution for item in candidates):
        raise _unusable(
            settings,
            isolation,
            f"{isolation.name!r} is a plugin of {owner} and a distribution, too: write {owner} or, for the "
            f'distribution, {{ requirement = "{isolation.name}" }}',
        )
    return owner


def environment_of(
    settings: Settings,
    isolation: Isolation,
    found: Discovery,
    distribution: str,
    *,
    files: list[str],
    makes: bool = True,
    options: Sequence[str] = (),
    is_upgrade: bool = False,
    is_checked: bool = False,
) -> Environment:
    """Return the environment of *distribution*; its lock is made if it is not there, or was made from something else.

    Args:
        settings: The host's.
        isolation: What the user wants of it.
        found: What is installed beside the application.
        distribution: Its normalised name.
        files: Gets what it depends on, also if it cannot be made.
        makes: Whether the environment is made if it is not there.
        options: Where distributions come from, as uv knows it.
        is_upgrade: Whether newer versions are wanted.
        is_checked: Whether an environment that is there is tried, and made anew if it is damaged.

    Raises:
        IsolationFailedError: If there is none.
    """
    sources = settings.sources or Sources(settings.application)
    configuration, environ = os.path.dirname(settings.file("plugins.toml") or ""), settings.environ
    lock = lock_path(configuration, distribution)
    files.append(lock)
    command = command_for(settings, distribution)
    advice = f"when that is mended, `{command}` makes it"
    inputs = inputs_of(isolation, application_of(settings, found), configuration)
    if is_upgrade or not is_current(lock, inputs):
        if not makes:
            raise IsolationFailedError(distribution, "its lock is not made yet", lock, f"`{command}` makes it")
        write_lock(
            lock,
            inputs,
            settings.application,
            distribution,
            environ,
            options=options,
            advice=advice,
            is_upgrade=is_upgrade,
        )
    question = Question(settings.application, distribution, sources.namespace, sources.groups, sources.registries)
    folder = environment_folder(read_file(lock), distribution, isolation.python, environ)
    environment = None if is_checked else existing(folder, question)
    if environment is None and makes:
        recipe = Recipe(lock, folder, question, isolation.python, environ, advice)
        environment = make(recipe, is_checked=is_checked)
    if environment is None:
        raise IsolationFailedError(distribution, "it is not made yet", folder, f"`{command}` makes it")
    if not environment.plugins:
        places = [f"a module in {sources.namespace}"] if sources.namespace else []
        groups = dict.fromkeys((*sources.groups, *(name for _, offered in sources.registries for name in offered)))
        places += [f"an entry point in the group {group}" for group in groups]
        cause = f"{' '.join(environment.distribution)} brings no plugin for {settings.application}"
        raise IsolationFailedError(distribution, cause, folder, f"a plugin is {', or '.join(places)}")
    return environment


def application_of(settings: Settings, found: Discovery) -> str:
    """Return the distribution that an isolated plugin gets besides its own; empty if the application has none."""
    return settings.api_distribution or (found.distribution.name if found.distribution else "")


def command_for(settings: Settings, distribution: str) -> str:
    """Return the command that makes the environment of *distribution*."""
    said = settings.commands if isinstance(settings.commands, str) else settings.commands()
    return f"{said or f'{settings.application} plugins'} isolate {distribution}"


def _unusable(settings: Settings, isolation: Isolation, problem: str) -> ConfigurationError:
    return ConfigurationError(settings.file("plugins.toml") or "plugins.toml", f"'{TABLE}.{isolation.name}': {problem}")


def _key(candidate: Candidate) -> str:
    return normalise(candidate.distribution.name) if candidate.distribution else ""


def _leave_out(result: Isolated, beside: Sequence[Candidate], error: IsolationFailedError) -> None:
    """Leave out what is installed beside the application, since it is to run there in no case."""
    if not beside:
        result.problems.append(error)
    for each in beside:
        cause = f"{error.what()}: {error.because()}"
        each.source = ISOLATED
        each.problem = PluginProcessError(each.name, str(each.distribution), cause, error.where(), error.hint())


def _replace(result: Isolated, beside: Sequence[Candidate], environment: Environment, sources: Sources | None) -> None:
    """Put the plugins of *environment* in the places of those that are installed beside the application."""
    others = [item for item in result.candidates if item not in beside]
    built_in = {item.name for item in others if item.source == BUILT_IN}
    for candidate in _candidates(environment):
        if sources and sources.is_plugin and not candidate.contributions and not sources.is_plugin(candidate):
            continue
        rivals = [item for item in others if item.name == candidate.name or item.module == candidate.module]
        if candidate.name in built_in:
            result.problems.append(_hidden(rivals[0], candidate))
            continue
        result.problems += [_hidden(candidate, rival) for rival in rivals]
        others = [item for item in others if item not in rivals]
        others.append(candidate)
    result.candidates = tuple(sorted(others, key=lambda item: (item.source != BUILT_IN, item.name)))


def _candidates(environment: Environment) -> Iterable[Candidate]:
    owner = Distribution(*environment.distribution)
    for plugin in environment.plugins:
        problem = None
        if plugin["problem"]:
            problem = PluginNotImportableError(plugin["name"], str(owner), plugin["problem"], plugin["origin"])
        candidate = Candidate(
            plugin["name"],
            plugin["module"],
            origin=plugin["origin"],
            source=ISOLATED,
            distribution=owner,
            problem=problem,
        )
        candidate.contributions = [tuple(each) for each in (*plugin["entry_points"], *plugin["contributions"])]
        yield candidate


def _hidden(first: Candidate, other: Candidate) -> DuplicatePluginError:
    return DuplicatePluginError(
        first.name,
        str(first.distribution or ""),
        first.origin,
        str(other.distribution or ""),
        other.origin or other.module,
        first.source == BUILT_IN,
    )
