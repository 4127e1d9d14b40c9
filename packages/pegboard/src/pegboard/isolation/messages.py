"""How do log records and warnings of a plugin's process get into the application's logging?

In: there, records and warnings. Out: here, records of the same loggers, whose attribute `plugin` is the plugin's name;
warnings are records of the logger `py.warnings`, as `logging.captureWarnings` makes them.
"""

from __future__ import annotations

import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from logging import LogRecord
    from types import ModuleType
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

    `logging` is prepared when it is imported: a process that logs nothing is spared that.

    Args:
        notify: Sends a message.
        its_levels: What `levels` has returned in the application's process: what nobody wants there is not sent.
    """
    import warnings

    def show(  # noqa: PLR0917 -- as `warnings.showwarning`
        message: Any, category: Any, filename: str, lineno: int, file: Any = None, line: Any = None
    ) -> None:
        if file is not None:
            file.write(warnings.formatwarning(message, category, filename, lineno, line))
        else:
            about = {"message": str(message), "category": category.__name__, "filename": filename, "lineno": lineno}
            notify(WARNING, about)

    warnings.showwarning = show
    if "logging" in sys.modules:
        _forward_records(notify, its_levels)
    else:
        sys.meta_path.insert(0, _Finder(lambda: _forward_records(notify, its_levels)))


class _Finder:
    """Calls a function when `logging` has been imported."""

    def __init__(self, prepare: Callable[[], None]) -> None:
        self._prepare = prepare

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        specs = [finder.find_spec(name, path, target) for finder in sys.meta_path]
        spec = next((each for each in specs if each is not None), None)
        if spec is None or spec.loader is None:
            return spec
        loader: Any = spec.loader

        def execute(module: ModuleType) -> None:
            del loader.exec_module  # from here on it is the class's again
            loader.exec_module(module)
            self._prepare()

        loader.exec_module = execute
        return spec


def _forward_records(notify: Notify, its_levels: str) -> None:
    import logging

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

    for line in its_levels.splitlines():
        name, _, level = line.rpartition("=")
        logging.getLogger(name or None).setLevel(int(level))
    logging.root.addHandler(Handler())
