"""How are the loggers configured?

In: nothing. Out: the configuration of each logger as data, and what differs between two such tables. A new logger is no
effect as long as it is configured as every new one is, or is the plugin's own.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from pegboard.ledger import Plugin

_DEFAULT = (0, True, False, (), ())


def logger_states() -> dict[str, Any]:
    """Return level, propagation, whether it is disabled, handlers and filters of each logger, by name."""
    logging = sys.modules.get("logging")
    if logging is None:
        return {}
    states = {"": _state(logging.root)}
    placeholder = logging.PlaceHolder
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        if type(logger) is not placeholder and type(name) is str:
            states[name] = _state(logger)
    states[" manager"] = (logging.Logger.manager.disable, logging.Logger.manager.loggerClass, logging._loggerClass)
    return states


def _state(logger: Any) -> Any:
    try:
        return (logger.level, logger.propagate, logger.disabled, tuple(logger.handlers), tuple(logger.filters))
    except Exception as error:
        return type(error).__name__


def logger_differences(
    before: Mapping[str, Any], after: Mapping[str, Any], is_own: Callable[[str], bool], plugin: Plugin
) -> Iterator[str]:
    """Yield what has changed between two results of `logger_states`, as predicates.

    Args:
        before: The states before.
        after: The states after.
        is_own: Returns whether a module is the plugin's own code; a logger is called after its module.
        plugin: What was imported; a logger may be called after it, too.
    """
    names = {plugin.name, plugin.distribution.name if plugin.distribution else plugin.name}
    for name, state in after.items():
        known = before.get(name, _DEFAULT)
        if _is_same(known, state) or (name and not name.startswith(" ") and (is_own(name) or name in names)):
            continue
        yield "configures logging" if name == " manager" else f"configures the logger {name or 'root'!r}"


def _is_same(one: Any, other: Any) -> bool:
    if type(one) is not tuple or type(other) is not tuple:
        return bool(one is other or one == other)
    return len(one) == len(other) and all(
        _is_same(a, b) if type(a) is tuple else a is b or (type(a) is int and a == b)
        for a, b in zip(one, other, strict=True)
    )
