"""What a finished process has done: the modules it imported, the most memory it had."""

from __future__ import annotations

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
_TIMES = 5


class Probe:
    """One program, run to its end and looked at from inside."""

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
        """The most resident memory, as the kernel keeps it for the program alone: `ru_maxrss` includes its parent's."""
        self.modules = modules

    @property
    def plugins(self) -> list[str]:
        """The plugins that were imported."""
        return [name for name in self.modules if name.startswith("benchhost.plugins.") and name.count(".") == 2]


def settle(environment: Environment, code: str) -> None:
    """Start the host until its index is in use.

    Raises:
        RuntimeError: If it still imports plugins at the third start.
    """
    for _ in range(3):
        probe = Probe(environment, code)
        if not probe.plugins:
            return
    raise RuntimeError(f"{environment}: the index is not used; {len(probe.plugins)} plugins are imported each time")


def beyond_bare(environment: Environment, code: str) -> dict[str, object]:
    """Return what *code* costs above a bare interpreter in the same environment, apart from time."""
    bare = [Probe(environment, "pass") for _ in range(_TIMES)]
    probes = [Probe(environment, code) for _ in range(_TIMES)]
    modules = [name for name in probes[-1].modules if name not in bare[-1].modules]
    return {
        "mib": round((_peak(probes) - _peak(bare)) / 1024, 2),
        "modules": [name for name in modules if not _is_applications(name)],
        "own": [name for name in modules if _is_applications(name)],
        "plugins": probes[-1].plugins,
    }


def _peak(probes: list[Probe]) -> float:
    return statistics.median(probe.peak_kib for probe in probes)


def _is_applications(name: str) -> bool:
    return name == "benchhost" or name.startswith("benchhost.")
