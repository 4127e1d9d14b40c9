"""What does a worker of an engine do before its first task? It starts its host, and compares its plugins.

In: what another process knows of its host and plugins. Out: nothing, or an error that says what differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.host import Host
    from pegboard.references.fingerprint import Fingerprint


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


def start_worker_anyway(address: str, fingerprint: Fingerprint, policy: str) -> None:
    """Do what `start_worker` does; print the error instead of raising it, for engines that name none at a start."""
    import sys

    try:
        start_worker(address, fingerprint, policy)
    except Exception as error:
        for each in getattr(error, "exceptions", (error,)):
            print(f"{type(each).__name__}: {each}", file=sys.stderr)  # noqa: T201 -- the worker has nobody to tell


def worker_start(
    host: Host, policy: str, start: Callable[[str, Fingerprint, str], None] = start_worker
) -> Callable[[], None]:
    """Return a function to be pickled, and called in another process: *start* with what is known here.

    Args:
        host: The application's, in this process; it is started.
        policy: `exact`, `at-least` or `warn`, as for `Registry.reference`.
        start: One of the functions above.

    Raises:
        HostAddressError: If another process could not find the host.
        HostError: If there is no such policy.
    """
    from functools import partial

    from pegboard.address import address_of
    from pegboard.references.resolution import check_policy

    check_policy(policy)
    host.start()  # so that there is an index before many workers start at once
    return partial(start, address_of(host), host.fingerprint(), policy)
