"""Which classes and functions of plugins can the container not build, since nothing provides what they ask for?

In: a host whose plugins are imported. Out: findings, with the file and line of each. Nothing is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.container import Container
from pegboard.errors import AnnotationError, MissingDependencyError
from pegboard.injection.keys import key_text
from pegboard.injection.provider import Provider, describe
from pegboard.injection.signature import place_of
from pegboard.ledger import COMPONENT, DECORATOR, DORMANT
from pegboard.tools.doctor.finding import Finding, finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pegboard.errors import PegboardError
    from pegboard.host import Host
    from pegboard.injection.core import Core
    from pegboard.injection.signature import Parameter
    from pegboard.ledger import Contribution


def uninjectable(host: Host) -> Iterator[Finding]:
    """Yield each parameter of a plugin's provider, decorator or handler that cannot be injected."""
    container = host.container
    container.get(Container)  # the first use opens it
    core = container.core
    assert core is not None  # noqa: S101 -- it is open
    for contribution, what, provider in _built(host, core):
        owner = contribution.owner
        for parameter in provider.parameters():
            error = None if _can_be_filled(core, parameter) else _why_not(core, contribution, provider, parameter)
            if error is not None:
                yield finding(
                    "component-uninjectable",
                    f"{owner.who()} has {what}, which cannot be injected: parameter {parameter.name!r}",
                    about=owner,
                    cause=error.because() or f"nothing provides {key_text(parameter.keys[-1][0])}",
                    where=place_of(provider.target) or owner.origin or "",
                    remedy=f"for its author: {error.hint()}",
                )


def _built(host: Host, core: Core) -> Iterator[tuple[Contribution, str, Provider]]:
    """Yield what the container builds of plugins that are imported, each in words and with its parameters."""
    ledger = host.manager.ledger
    for contribution in (*ledger.contributions(COMPONENT), *ledger.contributions(DECORATOR)):
        if _is_a_plugin_s(contribution):
            is_provider = contribution.kind == COMPONENT
            provider = core.provider(contribution) if is_provider else core.decorator(contribution)
            role = "a provider" if is_provider else "a decorator"
            yield contribution, f"{role} of {contribution.text}", provider
    for registry in host.registries.values():
        for contribution in ledger.contributions(registry.name) if registry.builds is not None else ():
            if _is_a_plugin_s(contribution):
                target = registry.builds(contribution.live)
                provider = Provider(target)
                provider.call_plainly(target)
                yield contribution, f"{contribution.text!r} in {registry.name!r}", provider


def _is_a_plugin_s(contribution: Contribution) -> bool:
    owner = contribution.owner
    return bool(owner.name) and not owner.is_built_in and owner.is_usable and contribution.live is not DORMANT


def _can_be_filled(core: Core, parameter: Parameter) -> bool:
    return parameter.has_default or any(core.provides(key, form) for key, form in parameter.keys)


def _why_not(core: Core, contribution: Contribution, provider: Provider, parameter: Parameter) -> PegboardError:
    owner = contribution.owner.who()
    if parameter.problem is not None:
        return AnnotationError(describe(provider.target), parameter.name, parameter.problem, owner)
    known = core.ledger.texts(COMPONENT)
    return MissingDependencyError(key_text(parameter.keys[-1][0]), (), parameter.name, known, (), owner)
