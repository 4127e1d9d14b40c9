"""The cold half of a start: looking for plugins, putting them in order, recording them.

A warm start imports nothing of this.
"""

from __future__ import annotations

import _thread
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import HostError, RequiredPluginError, UnusableIndexError
from pegboard.importer import begin_entry, end_entry, extend_namespace
from pegboard.index import YOUNG, read
from pegboard.ledger import ACTIVE, BROKEN, FOUND, PRIMED, Plugin, Records
from pegboard.revision import diverge, reorder
from pegboard.startup.discovery import discover
from pegboard.startup.journal import quarantine
from pegboard.startup.policy.order import order
from pegboard.startup.policy.policy import load_policy
from pegboard.startup.recording.encoding import content_of, from_bytes
from pegboard.startup.recording.files import prune, remove, write
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.rebuild import Rebuild, to_bytes
from pegboard.startup.recording.record import Record, has_changed, plain_rows, read_files

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pegboard.errors import PegboardError
    from pegboard.host import Roster
    from pegboard.index import Index
    from pegboard.ledger import Contribution
    from pegboard.startup.discovery.candidate import Candidate


def start(roster: Roster) -> None:
    """Make the plugins ready without a valid index; the journal knows of it until that is done."""
    entry = begin_entry(roster, None, 0)
    try:
        _start(roster)
    finally:
        if entry is not None:
            end_entry(*entry)
    quarantine.succeeded(roster)


def _start(roster: Roster) -> None:
    if roster.is_lazy:
        with roster.lock:
            is_mine, roster.has_rebuilder = not roster.has_rebuilder, True
        if is_mine:
            rebuild(roster)
            return
        roster.was_disturbed = True
    for plugin in roster.plugins:
        if plugin.is_usable:
            roster.activate(plugin)
    arrange(roster)
    roster.settle()


def leave_out(roster: Roster, names: tuple[str, ...], reason: str) -> None:
    """Start without *names*, or without any plugin that is not built in when it is empty.

    Raises:
        HostError: If the plugins have been found already.
    """
    if roster.index is not None or roster.listed is not None:
        raise HostError("the plugins have been found already", "call leave_out() before the host is first used")
    roster.left_out.append((names, reason))


def search(roster: Roster) -> None:
    """Search for the plugins, unless that has been done."""
    roster.look_back()
    with roster.lock:
        problems = _find(roster) if roster.found is None or roster.known else []
        roster.known = {}
    for problem in problems:
        roster.report(problem)


def _find(roster: Roster) -> list[PegboardError]:
    """Search for the plugins, apply the user's wishes, and put them in order; return what is to be reported."""
    roster.found_ns = time.time_ns()
    policy = load_policy(roster.prefix, roster.file("plugins.toml"), roster.environ)
    for names, reason in roster.left_out:
        policy.leave_out(names, reason)
    roster.is_strict_by_user = bool(policy.strict)
    if roster.strict is None:
        roster.strict = roster.is_strict_by_user
    folder = roster.file("plugins")
    found = discover(roster.application, folder=folder)
    if len(extend_namespace(roster.application, found.portions, found.init)) > len(found.portions):
        found = discover(roster.application, folder=folder)  # the application's own __init__ has added places
        extend_namespace(roster.application, found.portions, found.init)
    plugins = [roster.known.get(candidate.module) or _plugin(candidate) for candidate in found.candidates]
    for plugin in plugins:
        plugin.required = plugin.name in roster.required
        if objection := policy.objection(plugin):
            plugin.disable(objection)
        elif plugin.name in policy.eager:
            plugin.eager = plugin.is_eager_by_user = True
            plugin.reason = policy.eager[plugin.name]
    quarantined = quarantine.apply(roster, plugins)
    roster.activator.watch(plugins)
    roster.found = found
    roster.user_order = policy.order
    roster.listed = tuple(plugins)
    problems: list[PegboardError] = [*policy.problems, *found.problems, *quarantined, *_arranged(roster)]
    return problems + [plugin.error for plugin in plugins if plugin.error is not None and plugin.state == BROKEN]


def _plugin(candidate: Candidate) -> Plugin:
    plugin = Plugin(
        candidate.name,
        candidate.module,
        origin=candidate.origin,
        source=candidate.source,
        distribution=candidate.distribution,
    )
    if candidate.problem is not None:
        plugin.fail(candidate.problem)
    return plugin


def arrange(roster: Roster) -> None:
    """Put the plugins in order again, since their authors' wishes are known by now, and report what cannot be met."""
    for problem in _arranged(roster):
        roster.report(problem)


def _arranged(roster: Roster) -> list[PegboardError]:
    plugins, problems = order(roster.plugins, roster.user_order, built_in_first=roster.built_in_first)
    for rank, plugin in enumerate(plugins):
        plugin.rank = rank
    roster.listed = tuple(plugins)
    reorder(roster.ledger)
    return problems


def check_required(roster: Roster) -> None:
    """Raise if a plugin that the application cannot do without is unusable.

    Raises:
        RequiredPluginError: For the first such plugin.
    """
    for name in roster.required:
        plugin = roster.named(name)
        if plugin is None:
            raise RequiredPluginError(name, "", "it is not installed")
        if not plugin.is_usable:
            owner, reason = str(plugin.distribution or ""), plugin.reason or "it is not usable"
            raise RequiredPluginError(name, owner, reason, plugin.origin) from plugin.error


def _forget(roster: Roster, damaged: Index) -> None:
    """Drop the *damaged* index that *roster* was using, but for the plugins that have been imported already."""
    roster.reason = "the index is damaged"
    roster.known = {} if damaged.records is None else damaged.records.plugins_so_far
    for plugin in roster.known.values():
        if plugin.state == PRIMED:
            plugin.state = FOUND
        elif plugin.state == ACTIVE:
            roster.was_disturbed = True  # how it was imported has not been observed
    roster.index = None
    remove(damaged.path)


def rescue(roster: Roster) -> Index:
    """Return a new index in the place of the one of *roster*, which turned out to be damaged while it was in use."""
    damaged = roster.index
    if damaged is not None:
        _forget(roster, damaged)
    rebuild(roster, is_from_scratch=True)
    index, roster.index = roster.index, damaged  # which becomes the new one, wherever it is held
    assert index is not None  # noqa: S101 -- a rebuild always makes one
    if damaged is not None and index.records is not None:
        index.records.index = damaged
        if damaged.records is not None:
            damaged.records.become(index.records)
    return index


def rebuild(roster: Roster, *, is_from_scratch: bool = False) -> None:
    """Import the plugins whose record does not hold, prime the others, and put a new index in place.

    Args:
        roster: Where it is to be in use.
        is_from_scratch: Whether no record holds.
    """
    search(roster)
    plugins, found = roster.plugins, roster.found
    assert found is not None  # noqa: S101 -- there has just been a search, if there had been none
    path = roster.index_path
    old = None
    if path is not None and not is_from_scratch:
        try:
            old = read(path)
        except UnusableIndexError:
            old = None
    work = Rebuild(roster, old)
    work.run(plugins)
    arrange(roster)
    content = work.content(roster.plugins, found)
    index = from_bytes(to_bytes(content), path or "")
    index.records = Records(index)
    index.records.plugins_so_far = {plugin.module: plugin for plugin in roster.plugins}
    roster.ledger.prime(index.records)
    roster.index = index
    roster.settle()
    content["problems"] = [
        [problem.code, problem.summary(), problem.hint() or ""]
        for problem in roster.problems
        if not problem.is_quiet and not problem.is_of_one_start and not work.is_tried_again(problem)
    ]
    if path is not None and not roster.was_disturbed:
        roster.complaint = write(path, to_bytes(content))
        work.notes.write(path)
        prune(path, roster.application)


def wake(roster: Roster, kind: str) -> None:
    """Import every plugin that has added something of *kind*."""
    for row in roster.ledger.rows(kind):
        if row.is_primed and row.owner.is_usable:
            roster.activate(row.owner)


def record_anew(roster: Roster) -> None:
    """Import and record every plugin, whatever is on record, and put a new index in place.

    Raises:
        HostError: If the host has been started already.
    """
    if roster.is_started:
        raise HostError("the plugins are in use already", "record them before the host is first used")
    roster.starting.add(_thread.get_ident())
    try:
        rebuild(roster, is_from_scratch=True)
    finally:
        roster.starting.discard(_thread.get_ident())
    roster.is_started = True


def refresh(roster: Roster, plugin: Plugin, batch: Sequence[Contribution]) -> None:
    """Put what *plugin* registered just now into its record: it drifted from what it registered before."""
    diverge(roster.ledger)
    index = roster.index
    if index is None or not index.path:
        return
    try:
        content = content_of(read(index.path))
    except UnusableIndexError:  # another process is at it, or the disk is; the next start will see to it
        return
    entry = content["plugins"].get(plugin.module)
    if entry is None:
        return
    if entry["record"] is None:  # it was broken, and is not any more: have it recorded at the next start
        content["validity"].append(YOUNG)
        roster.complaint = write(index.path, to_bytes(content))
        return
    record = Record.from_dict(entry["record"])
    now = time.time_ns()
    if any(has_changed(record.files, path, now) for path in record.files):
        return  # edited while the program runs, and reloaded: the next start records it anew
    record.rows = plain_rows(batch)
    record.files = read_files(record.files, now)
    entry["record"] = record.as_dict()
    roster.complaint = write(index.path, to_bytes(content))
    notes = Notes.beside(index.path)
    notes.reasons[plugin.name] = "it registered something else than its record said when it was used"
    notes.drifts[plugin.name] = notes.drifts.get(plugin.name, 0) + 1
    notes.write(index.path)
