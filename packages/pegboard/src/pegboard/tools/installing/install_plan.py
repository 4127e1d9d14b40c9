"""Plans an install before anything is changed: what would change, and is there anything against it?

In: what the user asks for. Out: an `InstallPlan`, or an `InstallRefusedError` with the reason.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pegboard.errors import InstallFailedError, InstallRefusedError
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.discovery.origins import is_installed_from
from pegboard.startup.search import sources_of
from pegboard.tools.installing.dependencies import closure, needs
from pegboard.tools.installing.exclusive_pins import Isolating
from pegboard.tools.installing.held_versions import Held
from pegboard.tools.installing.installed import Snapshot, application_of, plugins_by_distribution
from pegboard.tools.installing.installer import Step, is_of_the_network
from pegboard.tools.installing.placement import Trespasses, clashes_between, environment_of
from pegboard.tools.installing.references import file_name, is_direct, key_of, of_file, pairs, path_of
from pegboard.tools.installing.unpacked import own_modules, unpacked_in
from pegboard.tools.installing.wheels import is_older, is_same_version

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from pegboard.host import Host
    from pegboard.sources import Sources
    from pegboard.tools.installing.installer import Installer
from pegboard.tools.installing.placement import Environment
from pegboard.tools.installing.unpacked import Unpacked


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asks for."""

    requirements: Sequence[str]
    """As a user types them, paths absolute; `-e` before a folder is an item of its own."""
    may_move: bool = False
    """Whether what is installed, and not named, may get another version."""
    is_upgrade: bool = False
    """Whether newer versions of what is named are wanted."""
    needs_plugin: bool = True
    """Whether each distribution that is named must bring a plugin."""
    hashes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The hashes that files may have, by name; any will do if there are none."""
    surplus: Collection[str] = ()
    """Distributions of plugins to remove, unless the requirements need them; they pin no version."""


class InstallPlan:
    """What an install would change."""

    def __init__(self, steps: list[Step], before: dict[str, str], named: set[str]) -> None:
        self.steps = steps
        self.before = before
        """The versions that are installed."""
        self.named = named
        """The normalised names of the distributions that were asked for."""
        self.hashes: dict[str, tuple[str, ...]] = {}
        """The hashes that the file of each step may have; none if nothing is checked."""
        self.plugins: dict[str, list[str]] = {}
        """The plugins that each distribution brings."""
        self.files: list[str] = []
        """The files of these distributions, as paths below site-packages."""
        self.needs: set[str] = set()
        """All that the steps and the requirements need, directly or not."""

    @property
    def moved(self) -> list[str]:
        """The pins of distributions that get another version, and were not asked for."""
        return [step.pin for step in self.steps if step.key in self.before and step.key not in self.named]

    @property
    def after(self) -> dict[str, str]:
        """The versions that will be installed."""
        return {**self.before, **{step.key: step.version for step in self.steps}}

    @property
    def lines(self) -> list[str]:
        """The changes, a line each."""
        lines = []
        for step in self.steps:
            old = self.before.get(step.key)
            change = f"{step.key} {old} -> {step.version}" if old else f"{step.key} {step.version}"
            if old == step.version:
                change = f"{step.key} {step.version}"
            names = self.plugins.get(step.key)
            brings = f" (plugins: {', '.join(names)})" if names else ""
            lines.append(f"{_verb(old, step.version)} {change}{brings}")
        return lines


def _verb(old: str | None, new: str) -> str:
    if old is None:
        return "install"
    if is_same_version(old, new):
        return "reinstall"
    return "downgrade" if is_older(new, old) else "upgrade"


def make_plan(host: Host, installer: Installer, request: Request) -> InstallPlan:
    """Return what an install would change.

    Raises:
        InstallRefusedError: If it would move the application, another plugin or what they need; if a distribution
            brings no plugin of this application, or files that are not its own.
        InstallFailedError: If it cannot be resolved.
    """
    snapshot, application, requirements = Snapshot(), application_of(host), request.requirements
    owner = application.owner
    host_key = normalise(owner.distribution.name) if owner else ""
    before = snapshot.versions
    named = _named(installer, requirements)
    # An installer considers only the distributions that it is told: so the application and every plugin are named, too.
    others = ({host_key} | set(plugins_by_distribution(host))) & before.keys() - named
    kept = others - set(request.surplus)
    held = Held(snapshot, named | set(request.surplus), kept, host_key)
    isolating = Isolating(host.settings, snapshot, requirements, kept, host_key)
    pins = {} if request.may_move else held.pins
    steps = _resolved(installer, [*requirements, *sorted(kept)], pins, held, isolating, is_upgrade=request.is_upgrade)
    named |= {step.key for step in steps if step.is_direct}
    steps = [step for step in steps if step.key in named or before.get(step.key) != step.version]
    steps += _rebuilt(requirements, steps, snapshot)
    if not request.may_move and any(step.key == host_key and host_key in before for step in steps):
        raise InstallRefusedError(
            f"{host_key} is the application itself, and no plugin of it",
            "",
            "upgrade the application as it was installed, or say --allow-changes",
        )
    plan = InstallPlan(steps, before, named)
    plan.hashes = dict(request.hashes)
    sources = sources_of(host.settings)
    unpacked = _unpacked(installer, plan, requirements, sources)
    versions = {each.key: each.version for each in unpacked}
    for step in steps:
        step.version = step.version or versions.get(step.key, "")
    plan.files = [path for each in unpacked for path in each.files]
    wanted = dict.fromkeys(named | {each.key for each in unpacked}, ()) | needs(requirements)
    plan.needs = set(closure(wanted, snapshot.requires | {each.key: each.requires for each in unpacked}))
    plan.plugins = {each.key: each.plugins for each in unpacked if each.plugins}
    if request.needs_plugin:
        _check_plugins(plan, unpacked, host.name, sources)
    packages = {application.name: application.home, application.package: application.own_part()}
    packages = {name.replace(".", "/"): folder for name, folder in packages.items() if name}
    own = own_modules(packages, host_key, snapshot.owners())
    _check_files(plan, [each for each in unpacked if each.key != host_key], environment_of(snapshot), packages, own)
    return plan


def _named(installer: Installer, requirements: Sequence[str]) -> set[str]:
    """Return the normalised names of the distributions that *requirements* ask for, references included."""
    found, unknown = set(), []
    for option, text in pairs(requirements):
        key = key_of(text)
        if key:
            found.add(key)
        elif is_direct(text):
            unknown += [*option, text]
    return found | (installer.keys_of(unknown) if unknown else set())


def _resolved(
    installer: Installer,
    wanted: Sequence[str],
    pins: dict[str, str],
    held: Held,
    isolating: Isolating,
    *,
    is_upgrade: bool,
) -> list[Step]:
    try:
        return installer.resolve(wanted, pins, is_upgrade=is_upgrade)
    except InstallFailedError as error:
        if is_of_the_network(error) and "--no-index" not in installer.options and _are_here(wanted, held):
            installer.options = (*installer.options, "--no-index")  # uv asks the index for what is installed, too
            return _resolved(installer, wanted, pins, held, isolating, is_upgrade=is_upgrade)
        if not pins:
            raise
        try:
            free = installer.resolve(wanted, {}, is_upgrade=is_upgrade)
        except InstallFailedError as error:  # without pins, the message is about the user's requirements
            raise isolating.refusal(installer) or error from None
        moved = held.moved(free)
        if not moved:
            raise
        raise InstallRefusedError(
            f"it would change what the application or another plugin uses: {', '.join(moved)}",
            "",
            f"{isolating.advice(free)}ask for another version of the plugin, or say --allow-changes",
        ) from None


def _are_here(wanted: Sequence[str], held: Held) -> bool:
    """Return whether all that is *wanted* is a file or folder of this machine, or installed."""
    return all(path_of(text) is not None if is_direct(text) else text in held.pins for _, text in pairs(wanted))


def _rebuilt(requirements: Sequence[str], steps: Sequence[Step], snapshot: Snapshot) -> list[Step]:
    """Return a step for each wheel among *requirements* that differs from what is installed under its version.

    pip takes the version for the whole truth, and installs nothing.
    """
    found = []
    for text in requirements:
        path = path_of(text) if is_direct(text) else None
        key, version = of_file(file_name(path)) if path and path.endswith(".whl") else ("", "")
        distribution = snapshot.distributions.get(key)
        if path is None or distribution is None or key in {step.key for step in steps}:
            continue
        if is_same_version(distribution.version, version) and not is_installed_from(path, distribution):
            found.append(Step(key, distribution.version, is_direct=True, is_again=True))
    return found


def _unpacked(installer: Installer, plan: InstallPlan, requirements: Sequence[str], sources: Sources) -> list[Unpacked]:
    given = [text for _, text in pairs(requirements) if is_direct(text)]
    with tempfile.TemporaryDirectory() as folder:
        installer.unpack(plan.steps, given, folder, plan.hashes)
        return unpacked_in(folder, sources)


def _check_plugins(plan: InstallPlan, unpacked: Sequence[Unpacked], application: str, sources: Sources) -> None:
    places = [f"a module in {sources.namespace}"] if sources.namespace else []
    groups = dict.fromkeys((*sources.groups, *[group for _, offered in sources.registries for group in offered]))
    places += [f"an entry point in the group {group}" for group in groups]
    for each in unpacked:
        if each.key in plan.named and not each.plugins:
            raise InstallRefusedError(
                f"{each.key} {each.version} brings no plugin for {application}",
                f"{each.key} {each.version}",
                f"a plugin is {', or '.join(places)}",
            )


def _check_files(
    plan: InstallPlan,
    unpacked: Sequence[Unpacked],
    environment: Environment,
    packages: Collection[str],
    own: Collection[str],
) -> None:
    replaced = {step.key for step in plan.steps}
    clashes = list(clashes_between(unpacked))
    for each in unpacked:
        found = Trespasses(each, environment, packages=packages, own=own, replaced=replaced).found()
        found += [text for culprit, text in clashes if culprit is each]
        if found:
            raise InstallRefusedError(
                f"{each.key} {each.version} brings {'; '.join(found[:3])}",
                f"{each.key} {each.version}",
                "this is a fault of that distribution: report it to its author",
            )
