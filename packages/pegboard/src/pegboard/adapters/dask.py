"""Dask: how does each worker of a cluster get the plugins of the client, or an error that says what differs?

In: a host. Out: a plugin of Dask's, for `Client.register_plugin`. References to contributions need no more: Dask takes
them as functions, e.g. `client.map(exporters.reference("html"), documents)`.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

from distributed import WorkerPlugin

from pegboard.adapters.worker_start import worker_start

if TYPE_CHECKING:
    from distributed import Worker

    from pegboard.host import Host


def start_host(host: Host, *, policy: str = "exact") -> WorkerPlugin:
    """Return what starts the application's host on each worker, and compares its plugins with those of *host*.

    It runs on workers that are there, on those that come later, and on those that a nanny starts again, before their
    first task. If the plugins of a worker differ, `Client.register_plugin` raises the error that says how. A worker
    that comes later writes the error to its log, and each call of a reference to such a plugin raises it.

    Args:
        host: The application's.
        policy: `exact`, `at-least` or `warn`, as for `Registry.reference`.

    Raises:
        HostAddressError: If a worker could not find the host.
        HostError: If there is no such policy.

    Examples:
        `client.register_plugin(start_host(host))`
    """
    start = pickle.dumps(worker_start(host, policy))

    class StartHost(WorkerPlugin):
        """Pickled by value, since it is local: a worker that cannot unpickle a plugin when it joins hangs.

        Source: https://github.com/dask/distributed/issues/8694
        """

        name = f"pegboard: plugins of {host.name}"

        async def setup(self, worker: Worker) -> None:
            import asyncio
            import pickle

            where = f"the worker {worker.address}"
            try:
                function = pickle.loads(start)  # noqa: S301 -- as all that a client sends
            except (ImportError, AttributeError) as error:
                raise RuntimeError(f"install Pegboard on {where}, in the client's version: {error}") from error
            try:
                await asyncio.to_thread(function)  # the worker answers while plugins are imported
            except Exception as error:
                error.add_note(f"on {where}")
                raise

    return StartHost()
