"""How do log records and warnings of a plugin's process get into the application's logging?

In: there, records and warnings. Out: here, records of the same loggers, whose attribute `plugin` is the plugin's name;
warnings are records of the logger `py.warnings`, as `logging.captureWarnings` makes them.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import LogRecord
    from typing import Any, Final

    Notify = Callable[[str, object], None]

LOG: Final = "log"
WARNING: Final = "warning"
_FIELDS: Final = ("name", "levelno", "levelname", "pathname", "lineno", "funcName", "created", "threadName")
_WARNING_LEVEL: Final = 30  # `logging.WARNING`


# -- in the application's process -------------------------------------------------------------------------------------


def levels() -> str:
    """Return a line for each logger that has a level of its own: its name, `=`, the level. The root has no name."""
    logging = sys.modules.get("logging")
    if logging is None:
        return f"={_WARNING_LEVEL}"
    loggers = [("", logging.root), *tuple(logging.root.manager.loggerDict.items())]
    return "\n".join([f"{name}={logger.level}" for name, logger in loggers if _level(logger) and name.isprintable()])


def _level(logger: object) -> int:
    level = getattr(logger, "level", 0)  # a placeholder has none
    return level if type(level) is int else 0


def receive(topic: str, data: Any, plugin: str, pid: int | None) -> None:
    """Hand a message of the process of *plugin* to the logging of this process."""
    import logging

    if topic == WARNING:
        text = f"{data['filename']}:{data['lineno']}: {data['category']}: {data['message']}"
        data = {"name": "py.warnings", "levelno": _WARNING_LEVEL, "levelname": "WARNING", "msg": text}
    record = logging.makeLogRecord({**data, "plugin": plugin, "process": pid, "processName": f"plugin {plugin}"})
    logger = logging.getLogger(record.name)
    if logger.isEnabledFor(record.levelno):
        logger.handle(record)


# -- in the plugin's process ------------------------------------------------------------------------------------------


def forward(notify: Notify, its_levels: str) -> None:
    """Send all log records and warnings of this process from now on.

    Args:
        notify: Sends a message.
        its_levels: What `levels` has returned in the application's process: what nobody wants there is not sent.
    """
    import logging
    import warnings

    class Handler(logging.Handler):
        def emit(self, record: LogRecord) -> None:
            try:
                data = {name: getattr(record, name) for name in _FIELDS} | {"msg": record.getMessage()}
                if record.exc_info and record.exc_info[0] is not None:
                    data["exc_text"] = logging.Formatter().formatException(record.exc_info)
                if record.stack_info:
                    data["stack_info"] = record.stack_info
                notify(LOG, data)
            except Exception:
                self.handleError(record)

    def show(  # noqa: PLR0917 -- as `warnings.showwarning`
        message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        if file is not None:
            file.write(warnings.formatwarning(message, category, filename, lineno, line))
        else:
            about = {"message": str(message), "category": category.__name__, "filename": filename, "lineno": lineno}
            notify(WARNING, about)

    for line in its_levels.splitlines():
        name, _, level = line.rpartition("=")
        logging.getLogger(name or None).setLevel(int(level))
    logging.root.addHandler(Handler())
    warnings.showwarning = show
