"""Reads comma-separated values."""

from __future__ import annotations

import csv

from rows.api import v1


@v1.register_reader("csv", extensions=[".csv"])
def read(text: str) -> list[v1.Row]:
    """Return a row for each line below the first, which has the names."""
    return list(csv.DictReader(text.splitlines()))
