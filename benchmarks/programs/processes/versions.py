"""What a process of the section `processes` does that is about versions: `reference`, `serve` or `fingerprint`."""

from __future__ import annotations

import json
import pickle
import sys
from collections import Counter
from time import perf_counter

from desk.app import exporters, host

ROUNDS = 101


def serve(calls: int, reference: bytes) -> None:
    """Call *reference*, pickled, so often, and print how often each answer came."""
    answers: Counter[str] = Counter()
    for _ in range(calls):
        try:
            answers[f"ran {pickle.loads(reference)()}"] += 1
        except Exception as error:
            answers[getattr(error, "kind", type(error).__name__)] += 1
    print(json.dumps(answers))


def fingerprint() -> None:
    """Print the seconds of each fingerprint, by version and with every file."""
    host.start()
    times: dict[str, list[float]] = {"version": [], "files": []}
    for _ in range(ROUNDS):
        for name, seconds in times.items():
            began = perf_counter()
            host.fingerprint(files=name == "files")
            seconds.append(perf_counter() - began)
    print(json.dumps(times))


if sys.argv[1] == "reference":
    print(pickle.dumps(exporters.reference("csv")).hex())
elif sys.argv[1] == "serve":
    serve(int(sys.argv[2]), bytes.fromhex(sys.argv[3]))
else:
    fingerprint()
