"""Make a Python application and its separately published plugins behave as one virtual package.

The public names are loaded when they are first used (PEP 562): an application that only starts pays only for that.
"""

TYPE_CHECKING = False  # as type checkers know it; importing `typing` costs about as much as a bare start

if TYPE_CHECKING:
    from pegboard.container import Container
    from pegboard.data_registry import DataRegistry
    from pegboard.errors import PegboardError, PluginError
    from pegboard.host import Host
    from pegboard.ledger import Plugin
    from pegboard.registry import Registry

__all__ = ["Container", "DataRegistry", "Host", "PegboardError", "Plugin", "PluginError", "Registry"]

_HOMES = {
    "Container": "pegboard.injection.opened",
    "DataRegistry": "pegboard.data_registry",
    "Host": "pegboard.host",
    "PegboardError": "pegboard.errors",
    "Plugin": "pegboard.ledger",
    "PluginError": "pegboard.errors",
    "Registry": "pegboard.registry",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from sys import modules

    __import__(_HOMES[name])
    value: object = getattr(modules[_HOMES[name]], name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
