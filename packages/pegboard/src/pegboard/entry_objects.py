"""How is an object that an entry point names loaded, when somebody uses it?

In: contributions that are known from the metadata of distributions. Out: objects, or an error that names distribution,
group and value. What a module of the distribution registers while it is imported for that is the distribution's.

Source:
    "Entry points specification", PyPA specifications.
"""

from __future__ import annotations

import _thread
import os
import sys

from pegboard._typing import TYPE_CHECKING
from pegboard.adaptation import entry_points_of, look_up, parse
from pegboard.boundary import find_culprit, location_in, refuse
from pegboard.concurrent_imports import wait_for_others
from pegboard.errors import describe_exception
from pegboard.foreign_object import attribute, is_a
from pegboard.ledger import ACTIVE, DISTRIBUTION, DORMANT, FOUND, ISOLATED, PRIMED, Contribution, Plugin
from pegboard.regular_file import read_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Protocol

    from pegboard.early_imports import Bracket
    from pegboard.errors import PegboardError
    from pegboard.ledger import Ledger, Records

    class Importer(Bracket, Protocol):
        """What imports modules, inside a bracket where that is needed."""

        ledger: Ledger
        listener: Any
        prefix: str

        def prepare(self) -> None: ...


_LOCK = _thread.allocate_lock()
_BUSY: set[Plugin] = set()
"""The distributions of which a module is being imported in a bracket. It is held for no import: two threads would wait
for one another."""


def is_distribution(plugin: Plugin) -> bool:
    """Return whether *plugin* is a distribution whose entry points are contributions; it has no module of its own."""
    return plugin.module.startswith(DISTRIBUTION)


def rows_of(plugin: Plugin, records: Records | None) -> list[Contribution]:
    """Return the contributions of *plugin*, a distribution, as its metadata has them."""
    rows, points = [], entry_points_of(plugin, records)
    for number, (name, group, value, registry) in enumerate(points, -len(points)):  # before all that code registers
        row = Contribution(plugin, registry, name, DORMANT, metadata={"group": group, "value": value})
        row.sequence = number
        rows.append(row)
    return rows


def offer(plugin: Plugin, ledger: Ledger, records: Records | None) -> None:
    """Put the contributions of *plugin*, a distribution, into the *ledger*; what is loaded and in use stays."""
    in_use = () if plugin.state == FOUND else ledger.contributions_of(plugin)
    known = {(row.kind, row.text, str(row.metadata)): row for row in in_use}
    rows = [known.pop((row.kind, row.text, str(row.metadata)), row) for row in rows_of(plugin, records)]
    by_code = [row for row in known.values() if row.live is not DORMANT and not row.is_ephemeral]
    with _LOCK:
        if plugin not in _BUSY:
            ledger.begin(plugin, [*rows, *by_code])
            ledger.commit(plugin)
    if plugin.state == FOUND:
        plugin.state = PRIMED


def load(contribution: Contribution, importer: Importer) -> Any:
    """Return the object that *contribution*, which is known from metadata, stands for.

    Raises:
        EntryPointError: If there is none; it has been reported, and the contribution is left out from now on.
        PluginError: If its distribution is not to be used.
    """
    plugin, value = contribution.owner, contribution.metadata["value"]
    if not plugin.is_usable:
        refuse(plugin, importer.attribution.records)
    module, tries = parse(value)[0], 0
    importer.prepare()
    importer.ledger.started_by.add(plugin)  # what it sees is what is there when it is used
    sys.audit("pegboard.activate", module, contribution)
    plugin.state = ACTIVE
    while True:
        try:
            if plugin.source == ISOLATED:
                live = importer.listener.isolated(plugin).live(contribution)
            else:
                _import(plugin, module, importer)
                live = look_up(sys.modules[module], value, "it")
            _check(contribution, live, importer.listener.registries)
            break
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            tries += 1
            if not wait_for_others(error, tries, is_certain=False):
                failure = _leave_out(contribution, error, importer)
                importer.listener.early.report(failure)
                raise failure from error
    for row in _same(contribution, importer.ledger):
        row.live = live
    contribution.live = live
    return live


def _check(contribution: Contribution, live: object, registries: Mapping[str, Any]) -> None:
    """Raise an error if *live* is not what its registry is made for.

    Raises:
        ContributionMismatchError: If it is something else.
        HostError: If the registry requires metadata that no entry point has, and said so after its groups.
    """
    registry = registries.get(contribution.kind)
    of = getattr(registry, "of", None)
    if isinstance(schema := getattr(registry, "schema", None), type):
        from pegboard.expectations import check_schema

        check_schema(contribution.kind, schema)
    if of is not None:
        from pegboard.errors import ContributionMismatchError
        from pegboard.expectations import Misfit, check_item

        try:
            check_item(live, of)
        except Misfit as misfit:
            kind, name = contribution.kind, contribution.text
            raise ContributionMismatchError(misfit.problem, misfit.advice, kind, name, None) from None


def load_all(plugin: Plugin, importer: Importer) -> bool:
    """Load everything that *plugin*, a distribution, contributes, and return whether that was possible."""
    from pegboard.errors import PluginError

    offer(plugin, importer.ledger, importer.attribution.records)
    is_fine = True
    for row in importer.ledger.contributions_of(plugin):
        try:
            if row.live is DORMANT:
                load(row, importer)
        except PluginError:  # it has been reported
            is_fine = False
    return is_fine


def _same(contribution: Contribution, ledger: Ledger) -> list[Contribution]:
    """Return the rows that stand for the same entry point: one on record, and one in the ledger."""
    rows = [row for row in ledger.find(contribution.kind, contribution.text) if row.owner is contribution.owner]
    return [row for row in rows if row.live is DORMANT and row.metadata == contribution.metadata]


def _import(plugin: Plugin, module: str, importer: Importer) -> None:
    """Import *module*; in the bracket of *plugin* if it is of that distribution, and no plugin itself."""
    if not module or not all(map(str.isidentifier, module.split("."))):
        raise ValueError("its value is not of the form module:object")
    attribution, ledger = importer.attribution, importer.ledger
    is_own = attribution.plugin(module) is None and _is_own(plugin, module)
    if is_own:
        attribution.parts[module] = plugin
    with _LOCK:
        is_first = is_own and module not in sys.modules and plugin not in _BUSY
        if is_first:
            _BUSY.add(plugin)
    if not is_first:
        __import__(module)
        return
    try:
        kept = [row for row in ledger.contributions_of(plugin) if not row.is_ephemeral]
        importer.run(plugin, lambda: _execute(module), kept or rows_of(plugin, attribution.records))
    finally:
        with _LOCK:
            _BUSY.discard(plugin)


def _execute(module: str) -> None:
    __import__(module)


def _is_own(plugin: Plugin, module: str) -> bool:
    """Return whether the distribution *plugin* has installed *module*, by its record, or by its name without one."""
    top = module.partition(".")[0]
    if top in sys.stdlib_module_names or top == "pegboard":
        return False
    lines, path = _metadata(plugin, "RECORD"), module.replace(".", "/")
    if any(line.startswith((f"{path}.", f"{path}/")) for line in lines):
        return True
    if any(line.partition(",")[0].endswith(".py") for line in lines):
        return False
    # an editable installation lists no modules
    named = _metadata(plugin, "top_level.txt")
    return top in named or top == plugin.module.removeprefix(DISTRIBUTION).replace("-", "_")


def _metadata(plugin: Plugin, name: str) -> list[str]:
    try:
        return read_file(os.path.join(plugin.origin or "", name)).decode("utf-8", "replace").splitlines()
    except (OSError, ValueError):
        return []


# -- what is wrong with it? -------------------------------------------------------------------------------------------


def _text(contribution: Contribution) -> str:
    """Return the entry point of *contribution* as messages have it, but for its distribution."""
    return f"{contribution.text} = {contribution.metadata['value']} in group {contribution.metadata['group']}"


def _leave_out(contribution: Contribution, error: BaseException, importer: Importer) -> PegboardError:
    """Leave *contribution* out, and return why: from now on a stand-in owns it that is broken."""
    from pegboard.errors import EntryPointError

    plugin, ledger = contribution.owner, importer.ledger
    value, group = contribution.metadata["value"], contribution.metadata["group"]
    stand_in = Plugin(plugin.name, parse(value)[0], origin=plugin.origin, source=plugin.source)
    stand_in.distribution, stand_in.rank = plugin.distribution, plugin.rank
    cause = describe_exception(error)
    culprit, place = find_culprit(error, importer.attribution.owner) or (plugin, location_in(stand_in, error))
    if culprit is not plugin:
        cause += f", in {culprit.who()}, which it imports"
    advice = _advice(plugin, value, error, importer.prefix)
    failure = EntryPointError(plugin.name, str(plugin.distribution or ""), _text(contribution), cause, place, advice)
    stand_in.fail(failure)
    failure.__cause__ = error
    plugin.entry_points = tuple(
        point
        for point in entry_points_of(plugin, importer.attribution.records)
        if point != (contribution.text, group, value, contribution.kind)
    )
    for row in (*_same(contribution, ledger), contribution):
        row.owner = stand_in
    ledger.mark_diverged()
    return failure


def _advice(plugin: Plugin, value: str, error: BaseException, prefix: str) -> str:
    from pegboard.errors import ContributionMismatchError

    name = plugin.distribution.name if plugin.distribution is not None else plugin.name
    leave_out = f"leave the distribution out with {prefix}_NO_PLUGINS={plugin.name}"
    extras = [extra.strip() for extra in value.partition("[")[2].partition("]")[0].split(",") if extra.strip()]
    if extras and (missing := _missing(_metadata(plugin, "METADATA"), extras)):
        return f"it needs {', '.join(missing)}: install '{name}[{','.join(extras)}]', or {leave_out}"
    if is_a(error, ContributionMismatchError):
        return f"report the cause to its author, or {leave_out}"
    lacks = attribute(error, "name", str) if is_a(error, ModuleNotFoundError) else None
    module = parse(value)[0]
    if lacks and f"{module}.".startswith(f"{lacks}."):
        return f"reinstall {name}, or {leave_out}"
    if lacks and "." not in lacks:
        return f"install {lacks!r}, or {leave_out}"
    return f"update it, report the cause to its author, or {leave_out}"


def _missing(metadata: Sequence[str], extras: Sequence[str]) -> list[str]:
    """Return the requirements of *extras* that are not installed, by core *metadata*."""
    from importlib.metadata import PackageNotFoundError, distribution
    from re import match, search

    found = []
    for line in metadata:
        name = match(r"Requires-Dist:\s*([\w.-]+)", line)
        extra = search(r"extra\s*==\s*[\"']([^\"']+)[\"']", line)
        if name is None or extra is None or extra[1] not in extras:
            continue
        try:
            distribution(name[1])
        except (PackageNotFoundError, ValueError):
            found.append(name[1])
    return found
