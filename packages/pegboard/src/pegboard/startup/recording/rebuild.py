"""The rebuild: what a start does when there is no valid index.

Cold. Every plugin whose record still holds stays unimported; only the others are imported, recorded, and the new
index is put in the place of the old one in a single step. A disk that cannot be written costs speed, nothing else.
"""

from __future__ import annotations

import os
import sys
import time

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import UnusableIndexError
from pegboard.index import Index, path_stamp
from pegboard.ledger import ACTIVE, FOUND, PRIMED, part
from pegboard.revision import rows_of
from pegboard.startup.journal.quarantine import stamps
from pegboard.startup.recording.conditions import conditions
from pegboard.startup.recording.early import adopt, is_early
from pegboard.startup.recording.encoding import Blocks, below, content_of, encode, encode_lines, encode_metadata
from pegboard.startup.recording.notes import Notes
from pegboard.startup.recording.ownership import OwnCode
from pegboard.startup.recording.record import UNSURE, Record, Sources
from pegboard.startup.recording.recorder import Recorder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from pegboard.errors import PegboardError
    from pegboard.host import Roster
    from pegboard.ledger import Plugin
    from pegboard.startup.discovery import Discovery

EARLY = "it had been imported before the plugins were looked for, so that it could not be recorded"
FEW_FILES = 128
"""So many files of an installer's are watched one by one; more would cost a start too much."""
_ROWS_A_PART = 64
"""So many rows are read to find one; more would be slower to read, fewer make the head longer."""
_SLOW_S = 0.5
_LASTING_FACTS = ("S python", "S prefix", "S application", "S pegboard")
"""Without these no record is of use; when another fact has changed, plugins are looked for anew, and records hold."""


class Rebuild:
    """One rebuild: which plugins were imported for it and why, and the index that came of it."""

    def __init__(self, roster: Roster, old: Index | None) -> None:
        """Prepare a rebuild for *roster*; the records of *old*, the index so far, are used as far as they hold."""
        self._roster = roster
        self._application = roster.application
        self._environ = os.environ
        self._facts = roster.facts()
        self._scan_started_ns = roster.found_ns
        self._old = self._old_content(old)
        self.notes: Notes = Notes.beside(roster.index_path or "")
        """What is good to know of this rebuild, and of earlier ones where this one had nothing to do."""
        self._failed: list[Plugin] = []
        self._unseen: list[Plugin] = []
        self._early: list[str] = []
        self._records: dict[str, Record] = {}
        self._sources = Sources({top: _files(files) for top, files in self._old.get("tops", {}).items()})
        self._valid_tops: dict[str, str | None] = {}
        self._is_all_stale = True

    def _old_content(self, old: Index | None) -> dict[str, Any]:
        try:
            content: dict[str, Any] = content_of(old) if old is not None else {}
        except UnusableIndexError:
            return {}
        return content

    # -- records ------------------------------------------------------------------------------------------------------

    def run(self, plugins: Sequence[Plugin]) -> None:
        """Import and record each usable plugin of *plugins* whose record does not hold; prime the others."""
        usable = [plugin for plugin in plugins if plugin.is_usable]
        modules = {plugin.module for plugin in plugins}
        everything = self._objection_to_all()
        self._is_all_stale = everything is not None
        stale: list[Plugin] = []
        records: dict[str, Record | None] = {}
        reasons: dict[str, str | None] = {}
        for plugin in usable:
            record, reason = self._old_record(plugin, modules)
            if plugin.state == ACTIVE and reason is None:
                reason = "it had been imported before the plugins were looked at"
            records[plugin.module], reasons[plugin.module] = record, everything or reason
        _spread(records, reasons)
        for plugin in usable:
            record, reason = records[plugin.module], reasons[plugin.module]
            if reason is not None:
                self.notes.reasons[plugin.name] = reason
            if reason is not None or record is None or record.eager or plugin.eager:
                stale.append(plugin)
            elif self._is_early(plugin):
                self._records[plugin.module] = record  # for other starts
                self._early.append(plugin.module)
                adopt(self._roster, plugin)
            else:
                self._adopt(plugin, record)
                plugin.state = PRIMED
        self._import(stale)
        self._take_sources(plugins)

    def _objection_to_all(self) -> str | None:
        if not self._old:
            return "there is no record of it yet"
        if [line for line in self._old["validity"] if line.startswith(_LASTING_FACTS)] != [
            line for line in self._facts if line.startswith(_LASTING_FACTS)
        ]:
            return "the interpreter, its environment or the application is another one"
        reason = self._sources.objection(self._application.partition(".")[0], self._scan_started_ns)
        return reason and "the application itself has changed"

    def _old_record(self, plugin: Plugin, modules: set[str]) -> tuple[Record | None, str | None]:
        entry = self._old.get("plugins", {}).get(plugin.module)
        if entry is None or entry["record"] is None:
            return None, "there is no record of it yet"
        if entry["identity"] != _identity(plugin):
            return None, "it was installed anew, or comes from another place"
        record = Record.from_dict(entry["record"])
        reason = record.objection(self._environ, modules, self._scan_started_ns)
        for top in record.tops:
            if reason is None:
                if top not in self._valid_tops:
                    self._valid_tops[top] = self._sources.objection(top, self._scan_started_ns)
                reason = self._valid_tops[top]
        return record, reason

    def _adopt(self, plugin: Plugin, record: Record) -> None:
        self._records[plugin.module] = record
        plugin.after, plugin.before = record.after, record.before
        if record.eager:
            plugin.eager, plugin.reason = True, record.eager

    def _import(self, plugins: Sequence[Plugin]) -> None:
        activator = self._roster.activator
        progress = _Progress(self._application, len(plugins))

        def importing() -> Plugin | None:
            stack = activator.stack()
            return stack[-1] if stack else None

        with Recorder(importing, OwnCode(activator.owner), activator.owner, self._application) as recorder:
            for plugin in reversed(plugins) if self._roster.is_backwards else plugins:
                progress.step()
                if self._is_early(plugin):
                    self._unseen.append(plugin)  # what it registered was taken for the application's
                    self._early.append(plugin.module)
                    self.notes.reasons[plugin.name] = EARLY
                    self._roster.activate(plugin)
                    continue
                before = recorder.before()
                if not self._roster.activate(plugin):
                    self._failed.append(plugin)
                    continue
                seen = recorder.after(plugin, before)
                rows = rows_of(self._roster.ledger, plugin)
                record = Record.taken(
                    plugin,
                    rows,
                    seen,
                    application=self._application,
                    environ=self._environ,
                    eager_kinds=self._roster.eager_kinds,
                    scan_started_ns=self._scan_started_ns,
                )
                self._adopt(plugin, record)
                self.notes.cost_ms[plugin.name] = round(plugin.cost_ms or 0.0, 3)
        progress.finish()

    def _is_early(self, plugin: Plugin) -> bool:
        """Return whether *plugin* was imported before the start; not, while others import, which may have been them."""
        return is_early(plugin) and not self._roster.was_disturbed

    def _take_sources(self, plugins: Sequence[Plugin]) -> None:
        application = self._application.partition(".")[0]
        if self._is_all_stale:
            self._sources.forget(application)
        self._sources.take(application, self._scan_started_ns, tuple(plugin.module for plugin in plugins))
        for top in sorted(self._used_tops() - {application}):
            if self._valid_tops.get(top, "not looked at") is not None:
                self._sources.forget(top)
            self._sources.take(top, self._scan_started_ns)

    # -- the new index ------------------------------------------------------------------------------------------------

    def is_tried_again(self, problem: PegboardError) -> bool:
        """Return whether *problem* is a failed import: without a record it is tried, and reported, at every start."""
        return any(plugin.error is problem for plugin in self._failed)

    def content(self, plugins: Sequence[Plugin], found: Discovery) -> dict[str, Any]:
        """Return everything the new index holds, as plain data; equal states give equal content.

        Args:
            plugins: All plugins in their final order.
            found: The discovery they come from.
        """
        variables: dict[str, str] = {}
        for record in self._records.values():
            variables.update(record.variables)
        configuration = self._roster.file("plugins.toml")
        files = {configuration: path_stamp(configuration, of_file=True)} if configuration else {}
        files.update(self._watched_files())
        files.update(stamps(self._roster, plugins))
        places = {path for record in self._records.values() for path in record.places if not _is_installers(path)}
        directories = {path: path_stamp(path, of_file=False) for path in (*found.directories, *sorted(places))}
        return {
            "validity": conditions(
                self._facts, directories, files, dict(sorted(variables.items())), self._scan_started_ns
            ),
            "namespace": [found.init or "", *found.portions],
            "early": sorted(self._early),
            "strict": self._roster.is_strict_by_user,
            "order": [plugin.module for plugin in plugins],
            "plugins": {plugin.module: self._entry(plugin) for plugin in plugins},
            "problems": [],
            "suspects": [list(item) for item in self._roster.suspects],
            "tops": {
                top: {path: list(item) for path, item in self._sources.files[top].items()}
                for top in sorted(self._used_tops())
            },
        }

    def _used_tops(self) -> set[str]:
        used = {self._application.partition(".")[0]}
        for record in self._records.values():
            used.update(record.tops)
        return used

    def _watched_files(self) -> dict[str, str]:
        everything: dict[str, str] = {}
        for files in (
            *(record.files for record in self._records.values()),
            *(self._sources.files[top] for top in sorted(self._used_tops())),
        ):
            everything.update({path: stamp.removeprefix(UNSURE) for path, (stamp, _) in files.items()})
        declared = {path for record in self._records.values() for path in record.inputs}
        everything = {
            path: stamp for path, stamp in everything.items() if not stamp.startswith("-") or path in declared
        }
        everything.update(
            {plugin.origin: path_stamp(plugin.origin, of_file=True) for plugin in self._failed if plugin.origin}
        )
        in_place = {path: stamp for path, stamp in everything.items() if not _is_installers(path)}
        installers = {path: stamp for path, stamp in everything.items() if path not in in_place}
        return dict(sorted((in_place | installers if len(installers) <= FEW_FILES else in_place).items()))

    def _entry(self, plugin: Plugin) -> dict[str, Any]:
        record = self._records.get(plugin.module)
        state = plugin.state if record is None else PRIMED
        is_tried_again = plugin in self._failed or plugin in self._unseen
        return {
            "identity": _identity(plugin),
            "state": FOUND if is_tried_again else state,
            "reason": "" if is_tried_again else plugin.reason or "",
            "is_eager": plugin.eager,
            "record": record and record.as_dict(),
        }


def to_bytes(content: Mapping[str, Any]) -> bytes:
    """Return the index file with that *content*."""
    portions = content["namespace"][1:]
    head: list[list[str]] = [["A", *content["namespace"]], ["Q", "1" if content["strict"] else ""]]
    if content["early"]:
        head.append(["B", *content["early"]])
    blocks = Blocks()
    names: list[list[str]] = []
    rows: dict[str, list[list[str]]] = {}
    texts: dict[str, dict[str, None]] = {}
    for rank, module in enumerate(content["order"]):
        entry = content["plugins"][module]
        name, origin, source, distribution, version = entry["identity"]
        record = entry["record"]
        recorded = [
            [kind, text, "1" if override else "", encode_metadata(metadata)]
            for kind, text, override, metadata in (record["rows"] if record else ())
        ]
        eager = "1" if entry["is_eager"] else ""
        plain = "1" if record and record["is_plain"] else ""
        state, reason = entry["state"], entry["reason"]
        about = [module, name, below(origin, portions), source, distribution, version, state, reason, eager, plain]
        place = blocks.add([[*about, str(rank), "1" if record else ""], *recorded])
        names.append([name, module, place])
        if eager or state == FOUND:
            head.append(["G", module])
        for sequence, (kind, text, override, metadata) in enumerate(recorded):
            rows.setdefault(kind, []).append([text, module, place, override, str(sequence), metadata])
            texts.setdefault(kind, {})[text] = None
    packages = {module.rpartition(".")[0] or module: None for module in content["order"]}
    head.append(["P", *packages])
    head += [["K", *suspect] for suspect in content["suspects"]]
    head += [["W", *problem] for problem in content["problems"]]
    sections = {f"texts {kind}": encode_lines([list(texts[kind])]) for kind in sorted(texts)}
    for kind, lines in sorted(rows.items()):
        parts: list[list[list[str]]] = [[] for _ in range(len(lines) // _ROWS_A_PART + 1)]
        for line in lines:
            parts[part(line[0], len(parts))].append(line)
        kept = Blocks()
        sections[f"parts {kind}"] = encode_lines([[kept.add(lines)] for lines in parts])
        sections[f"rows {kind}"] = kept.data()
    sections |= {"plugins": blocks.data(), "names": encode_lines(names)}
    return encode(content["validity"], head, sections, content)


def _spread(records: Mapping[str, Record | None], reasons: dict[str, str | None]) -> None:
    """Let the record of a plugin fall with that of another which it imports."""
    has_spread = True
    while has_spread:
        has_spread = False
        for module, record in records.items():
            if record is None or reasons[module] is not None:
                continue
            for used in record.uses:
                if used not in reasons or reasons[used] is not None:
                    reasons[module] = f"{used}, which it imports, is not what it was"
                    has_spread = True


def _files(data: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {path: (stamp, content) for path, (stamp, content) in data.items()}


def _identity(plugin: Plugin) -> list[str]:
    distribution = plugin.distribution
    return [
        plugin.name,
        plugin.origin or "",
        plugin.source,
        distribution.name if distribution else "",
        distribution.version if distribution else "",
    ]


def _is_installers(path: str) -> bool:
    """Return whether an installer put *path* there, so that a directory's stamp shows a change."""
    return f"{os.sep}site-packages{os.sep}" in path or f"{os.sep}dist-packages{os.sep}" in path


class _Progress:
    """One line on a terminal while many plugins are imported for the first time; nothing elsewhere."""

    def __init__(self, application: str, total: int) -> None:
        self._application = application
        self._total = total
        self._done = 0
        self._started = time.monotonic()
        self._shown = False

    def step(self) -> None:
        self._done += 1
        stream = sys.stderr
        if stream is None or time.monotonic() - self._started < _SLOW_S or not stream.isatty():
            return
        self._shown = True
        stream.write(f"\r{self._application}: getting to know plugin {self._done} of {self._total}")
        stream.flush()

    def finish(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
