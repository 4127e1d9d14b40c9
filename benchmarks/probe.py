"""Looks into a finished process: which modules it imported, and how much memory it had at most.

In: an environment and the code to run in it. Out: a `Probe`, or the difference from a bare interpreter.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys

from synthesis import Environment

_CODE = """
import sys
sys.stdout.flush()
modules = "\\n".join(sys.modules)
try:
    with open("/proc/self/status", "rb") as status:
        peak = [line.split()[1].decode() for line in status if line.startswith(b"VmHWM")][0]
except OSError:
    peak = "0"
sys.stderr.write("\\nPROBE\\n" + peak + "\\n" + modules)
"""
_PROCESSES = 5
_MOST_STARTS = 200


class Probe:
    """A program that ran to its end, and what it reports about itself."""

    def __init__(self, environment: Environment, code: str) -> None:
        process = subprocess.run(
            environment.argv(code + _CODE),
            env=environment.environ,
            capture_output=True,
            text=True,
            check=True,
            cwd=environment.path,
        )
        complaints, _, facts = process.stderr.partition("\nPROBE\n")
        if complaints.strip():
            sys.exit(f"{environment}: {complaints}")
        peak, *modules = facts.split("\n")
        self.output = process.stdout
        self.peak_kib = int(peak)
        """The most resident memory, as the kernel counts it for this program; `ru_maxrss` includes the parent's."""
        self.modules = modules

    @property
    def plugins(self) -> list[str]:
        """The plugins that were imported."""
        return [name for name in self.modules if name.startswith("benchhost.plugins.") and name.count(".") == 2]


def settle(environment: Environment, code: str) -> None:
    """Have every plugin judged, and start the host until it uses its index.

    Raises:
        RuntimeError: If it still imports plugins at the third start.
    """
    Probe(environment, "from benchhost.api import host; host.manager.start(afresh=True)")
    for _ in range(3):
        probe = Probe(environment, code)
        if not probe.plugins:
            return
    raise RuntimeError(f"{environment}: the index is not used; {len(probe.plugins)} plugins are imported each time")


def starts_until_judged(environment: Environment, code: str) -> int:
    """Return how many starts import a plugin that waits to be judged, from the first one on.

    Raises:
        RuntimeError: If they do not end.
    """
    environment.forget()
    for starts in range(_MOST_STARTS):
        if not Probe(environment, code).plugins:
            return starts
    raise RuntimeError(f"{environment}: after {_MOST_STARTS} starts plugins still wait to be judged")


def judging_ms(environment: Environment) -> list[float]:
    """Return how many milliseconds of CPU it took, beyond its import, to judge each plugin."""
    (notes,) = (path for folder in environment.caches for path in folder.rglob("*.notes"))
    return list(json.loads(notes.read_text())["judging_ms"].values())


def beyond_bare(environment: Environment, code: str) -> dict[str, object]:
    """Return what *code* needs beyond a bare interpreter in the same environment, except time."""
    bare = [Probe(environment, "pass") for _ in range(_PROCESSES)]
    probes = [Probe(environment, code) for _ in range(_PROCESSES)]
    modules = [name for name in probes[-1].modules if name not in bare[-1].modules]
    own = [name for name in modules if name.partition(".")[0] == "benchhost"]
    return {
        "mib": round((_peak(probes) - _peak(bare)) / 1024, 2),
        "modules": [name for name in modules if name not in own],
        "own": own,
        "plugins": probes[-1].plugins,
    }


def _peak(probes: list[Probe]) -> float:
    return statistics.median(probe.peak_kib for probe in probes)
