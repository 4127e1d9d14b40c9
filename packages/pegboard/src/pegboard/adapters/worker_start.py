"""What does a worker of an engine do before its first task? It starts its host, and compares its plugins.

In: what another process knows of its host and plugins. Out: nothing, or an error that says what differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.host import Host
    from pegboard.references.fingerprint import Fingerprint


def worker_start(host: Host, policy: str) -> Callable[[], None]:
    """Return a function to be pickled, and called in another process: see `start_worker`.

    Args:
        host: The application's, in this process; it is started.
        policy: `exact`, `at-least` or `warn`, as for `Registry.reference`.

    Raises:
        HostAddressError: If another process could not find the host.
        HostError: If there is no such policy.
    """
    from functools import partial

    from pegboard.address import address_of
    from pegboard.references.resolution import check_policy

    check_policy(policy)
    return partial(start_worker, address_of(host), host.fingerprint(), policy)


def start_worker(address: str, fingerprint: Fingerprint, policy: str) -> None:
    """Start this process's host at *address*, and raise an error if its plugins are not those of *fingerprint*.

    Raises:
        HostAddressError: If there is no such host.
        PluginMismatchError: If a plugin differs, and *policy* does not allow it; an ExceptionGroup if several do.
    """
    from pegboard.address import host_at

    host = host_at(address)
    host.start()
    fingerprint.check(host, policy)
