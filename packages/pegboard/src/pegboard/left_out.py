"""What happens when somebody imports the module of a plugin that is left out?

In: a plugin that is disabled, quarantined or broken, and what executes its module. Out: an exception that says why; or
the module, for others to use like one of a library, if it is only the application's configuration that lists no such
plugin. Plugins of the same application share code in that way: what one of them imports need not be enabled itself.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.boundary import refuse
from pegboard.ledger import DISABLED, Plugin
from pegboard.sources import NOT_ENABLED

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from pegboard.ledger import Ledger, Records

    class Attribution(Protocol):
        """Tells whose code is running."""

        @property
        def records(self) -> Records | None: ...
        def stack(self) -> list[Plugin]: ...


def is_library(plugin: Plugin) -> bool:
    """Return whether *plugin* is off only since the application's configuration does not list it."""
    return plugin.state == DISABLED and plugin.reason == NOT_ENABLED


def execute_as_library(plugin: Plugin, execute: Callable[[], object], attribution: Attribution, ledger: Ledger) -> bool:
    """Execute the module of *plugin*, which is not usable, if the application merely does not enable it.

    What it registers or declares is dropped; *plugin* stays disabled. Whatever the module raises passes.

    Returns:
        Whether it was executed; False if only a record says that the plugin fails, so that it is tried again.

    Raises:
        BaseException: Why it is not imported, if it is left out for another reason; see `refuse`.
    """
    if not is_library(plugin):
        refuse(plugin, attribution.records, again=True)
        return False
    registering = Plugin(plugin.name, plugin.module, origin=plugin.origin, source=plugin.source)
    registering.distribution = plugin.distribution
    registering.disable(NOT_ENABLED)
    stack = attribution.stack()
    ledger.begin(registering)
    stack.append(registering)
    try:
        execute()
    finally:
        stack.pop()
        ledger.revoke(registering)
        ledger.discard(registering)
    return True
