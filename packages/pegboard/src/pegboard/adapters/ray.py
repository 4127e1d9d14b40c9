"""Ray: how does each worker of a cluster get the plugins of the driver, or a message that says what differs?

In: a host. Out: a set-up hook, for `ray.init`. In: a reference to a contribution. Out: a remote function.
"""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

from pegboard.adapters.worker_start import start_worker_anyway, worker_start

if TYPE_CHECKING:
    from collections.abc import Callable

    from pegboard.host import Host


def start_host(host: Host, *, policy: str = "exact") -> Callable[[], None]:
    """Return what starts the application's host in each worker, and compares its plugins with those of *host*.

    If they differ, the worker says so on standard error, which Ray prints where the driver runs. It raises nothing:
    Ray would start the worker again and again. Each call of a reference to such a plugin raises the error.

    Args:
        host: The application's.
        policy: `exact`, `at-least` or `warn`, as for `Registry.reference`.

    Raises:
        HostAddressError: If a worker could not find the host.
        HostError: If there is no such policy.

    Examples:
        `ray.init(runtime_env={"worker_process_setup_hook": start_host(host)})`
    """
    start = pickle.dumps(worker_start(host, policy, start_worker_anyway))

    def start_host() -> None:  # pickled by value, since it is local: a worker that cannot unpickle it is started again
        import pickle
        import sys

        try:
            function = pickle.loads(start)  # noqa: S301 -- as all that a driver sends
        except (ImportError, AttributeError) as error:
            where = "on the worker, in the driver's version"
            print(f"install Pegboard {where}: {error}", file=sys.stderr)  # noqa: T201 -- Ray shows it to the user
        else:
            function()

    return start_host


def remote(reference: Callable[..., Any], **options: Any) -> Any:
    """Return a remote function that calls *reference*; `ray.remote` takes functions only.

    Args:
        reference: To a contribution.
        **options: As for `ray.remote`.

    Examples:
        `ray.get([html.remote(note) for note in notes])`, after `html = remote(exporters.reference("html"))`
    """
    import ray  # here, since the hook needs none of it

    def call(*arguments: Any, **named: Any) -> Any:
        return reference(*arguments, **named)

    call.__name__ = call.__qualname__ = getattr(reference, "__name__", "call")
    return ray.remote(**options)(call) if options else ray.remote(call)
