"""What came of many exports: the pages, and which plugin failed how often."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from notes.app import Exporter, Note

from pegboard.errors import PluginCallError

Outcome = str | PluginCallError
"""A page, or the error that names the plugin."""


def export_notes(export: Exporter, notes: Iterable[Note]) -> list[Outcome]:
    """Return what comes of each note; an error that is none of a plugin's ends it all."""
    return [_outcome(export, note) for note in notes]


def _outcome(export: Exporter, note: Note) -> Outcome:
    try:
        return export(note)
    except PluginCallError as error:
        return error


@dataclass
class Tally:
    """What came of all exports; it is told after those of each format."""

    pages: dict[tuple[str, str], str] = field(default_factory=dict)
    """By format, and title of the note."""
    errors: dict[tuple[str, str], PluginCallError] = field(default_factory=dict)
    """Likewise."""
    lines: list[str] = field(default_factory=list)
    """A line about each format."""
    began: float = field(default_factory=time.perf_counter)
    """When the exports of the next format began."""

    def add(self, name: str, parts: Iterable[Iterable[Note]], outcomes: Iterable[Iterable[Outcome]]) -> None:
        """Take the *outcomes* of exporting notes to the format *name*: what `export_notes` returns for each part."""
        pages = characters = failed = 0
        for part, made in zip(parts, outcomes, strict=True):
            for note, outcome in zip(part, made, strict=True):
                if isinstance(outcome, str):
                    self.pages[name, note.title] = outcome
                    pages += 1
                    characters += len(outcome)
                else:
                    self.errors[name, note.title] = outcome
                    failed += 1
        now = time.perf_counter()
        self.lines.append(f"{name:<10} {pages:>8,} {characters:>12,} {failed:>8,} {now - self.began:>8.1f}")
        self.began = now

    def summary(self) -> Iterable[str]:
        """Yield the lines of a table, and for each format in which exports failed, how many, and the first one."""
        yield f"{'format':<10} {'pages':>8} {'characters':>12} {'failed':>8} {'seconds':>8}"
        yield from self.lines
        for name in dict.fromkeys(name for name, _ in self.errors):
            titles = [title for other, title in self.errors if other == name]
            yield f"\n{name}: {len(titles):,} notes failed; the first, {titles[0]!r}:\n{self.errors[name, titles[0]]}"
