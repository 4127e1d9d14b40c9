"""The command line: `python -m batch` exports in a loop, `python -m batch --dask` on the workers of a cluster."""

from __future__ import annotations

import argparse
from functools import partial

from distributed import Client, LocalCluster
from notes.app import Note, exporters, host

from batch.documents import shopping_lists
from batch.tally import Tally, export_notes
from pegboard.adapters.dask import start_host

PART = 50
"""How many notes one task exports: a task costs Dask a millisecond or more, which is longer than an export."""


def export_here(parts: list[list[Note]], tally: Tally) -> None:
    """Export all notes in this process, one after the other."""
    for name in exporters.names():
        export = partial(export_notes, exporters.reference(name))
        outcomes = map(export, parts)
        tally.add(name, parts, outcomes)


def export_on_workers(client: Client, parts: list[list[Note]], tally: Tally) -> None:
    """Export all notes on the workers of *client*: one line differs."""
    for name in exporters.names():
        export = partial(export_notes, exporters.reference(name))
        outcomes = client.gather(client.map(export, parts))
        tally.add(name, parts, outcomes)


def main() -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="batch", description="Export many notes in every format.")
    parser.add_argument("--notes", type=int, default=1_000, metavar="N", help="how many (default: 1000)")
    parser.add_argument("--dask", action="store_true", help="export on the workers of a Dask cluster")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="processes of the cluster (default: 2)")
    options = parser.parse_args()
    notes = shopping_lists(options.notes)
    parts = [notes[begin : begin + PART] for begin in range(0, len(notes), PART)]
    if options.dask:
        with (
            LocalCluster(n_workers=options.workers, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            client.register_plugin(start_host(host))
            tally = Tally()
            export_on_workers(client, parts, tally)
    else:
        tally = Tally()
        export_here(parts, tally)
    print(*tally.summary(), sep="\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
