"""`concurrent.futures`: how does each worker of a process pool get the plugins of the parent?

In: a host. Out: an initializer. References to contributions need no more: a pool takes them as functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pegboard.adapters.worker_start import start_worker_anyway, worker_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.host import Host


def start_host(host: Host, *, policy: str = "exact") -> Callable[[], None]:
    """Return what starts the application's host in each worker, and compares its plugins with those of *host*.

    If they differ, the worker says so on standard error. It raises nothing: a pool is broken for good when an
    initializer raises, and does not say why. Each call of a reference to such a plugin raises the error.

    Args:
        host: The application's.
        policy: `exact`, `at-least` or `warn`, as for `Registry.reference`.

    Raises:
        HostAddressError: If a worker could not find the host.
        HostError: If there is no such policy.

    Examples:
        `ProcessPoolExecutor(initializer=start_host(host))`, with any start method
    """
    return worker_start(host, policy, start_worker_anyway)
