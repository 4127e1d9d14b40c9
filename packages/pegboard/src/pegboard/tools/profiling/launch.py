"""Runs a program and notes each import: when it began and ended, inside which other one, and who asked for it.

A script: `python OPTIONS launch.py WHERE PLUGINS MODE PROGRAM ARGUMENTS...`, where PROGRAM is a
script's path, or `-m` and a module, or `-c` and code. It imports as little as it can, so that what the program imports
is the program's own cost. What it has seen goes as JSON into the file WHERE. PLUGINS is a file: the module of each
plugin, a tab, and its name.

Every import goes through one function of the import system, `_frozen_importlib._find_and_load`, unless its module is
loaded; and each `import` statement calls `__import__`.

MODE `command` runs the program as it is. MODE `start` waits until it calls the `plugins` commands. In their place,
since they import more than an application does, its plugins are made ready as at every start, and then imported one
by one.
"""

import _frozen_importlib
import builtins
import os
import sys
import time
from _thread import get_ident

TYPE_CHECKING = False

if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

COMMANDS = "pegboard.tools.cli.plugin_commands"
WAITS = "waits until it is used"
_EAGER_START = ("pegboard.startup.cold_start", "start")


class Recorder:
    """Notes imports while a program runs."""

    def __init__(self, plugins: "dict[str, str]") -> None:
        self.plugins = plugins
        """Module to plugin name."""
        self.events: list[list[Any]] = []
        """Module, begin and end in nanoseconds, number of the event around it or -1, thread, and cause."""
        self.phases: list[tuple[str, int, int]] = []
        self.uses: dict[str, set[str]] = {}
        """Plugin to the modules that it asked for while it was imported, also where they were loaded already."""
        self.stacks: dict[int, list[int]] = {}
        self.started = time.perf_counter_ns()

    def install(self) -> None:
        """Take notice from now on."""
        load = _frozen_importlib._find_and_load  # type: ignore[attr-defined]
        plain_import = builtins.__import__

        def find_and_load(name: str, import_: "Any") -> "Any":
            if name in sys.modules:
                return load(name, import_)
            stack = self.stacks.setdefault(get_ident(), [])
            number = len(self.events)
            cause = self._cause(sys._getframe(1)) if name in self.plugins else ""
            event: list[Any] = [name, 0, 0, stack[-1] if stack else -1, get_ident(), cause]
            self.events.append(event)
            stack.append(number)
            event[1] = time.perf_counter_ns()
            try:
                return load(name, import_)
            finally:
                event[2] = time.perf_counter_ns()
                stack.pop()

        def noticing_import(
            name: str,
            globals: "Any" = None,  # noqa: A002 -- as the built-in function has it
            locals: "Any" = None,  # noqa: A002
            fromlist: "Any" = (),
            level: int = 0,
        ) -> "Any":
            result = plain_import(name, globals, locals, fromlist, level)
            plugin = self._importing()
            if plugin is not None:
                absolute = name
                if level:
                    package = ((globals or {}).get("__package__") or "").split(".")
                    absolute = ".".join([*package[: len(package) - level + 1], *([name] if name else [])])
                self.uses.setdefault(plugin, set()).update(
                    [
                        absolute,
                        *(f"{absolute}.{part}" for part in fromlist or () if f"{absolute}.{part}" in sys.modules),
                    ]
                )
            return result

        _frozen_importlib._find_and_load = find_and_load  # type: ignore[attr-defined]
        builtins.__import__ = noticing_import

    def _importing(self) -> "str | None":
        for number in reversed(self.stacks.get(get_ident(), ())):
            plugin = self.plugins.get(self.events[number][0])
            if plugin is not None:
                return plugin
        return None

    def _cause(self, frame: "FrameType | None") -> str:
        """Return why a plugin is imported: what was asked for, and by whom."""
        asked = ""
        while frame is not None:
            module = frame.f_globals.get("__name__") or ""
            if module.partition(".")[0] == "pegboard":
                for value in frame.f_locals.values():
                    if type(value).__name__ == "Contribution":
                        asked = f"{value.kind} {value.text!r}"
                if frame.f_code.co_name == "rebuild" and not asked:
                    return "to be recorded"
                starts = frame.f_code.co_name == "_start_warm" or (module, frame.f_code.co_name) == _EAGER_START
                if starts and not asked:
                    return "eager"
            elif frame.f_code.co_filename == __file__:
                if frame.f_code.co_name == "measure":
                    return asked or WAITS
            elif module.partition(".")[0] not in ("importlib", "_frozen_importlib", "_frozen_importlib_external"):
                where = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
                who = self.plugins.get(module)
                by = f"plugin {who!r}" if who else module
                return f"{asked or 'imported'} by {by} ({where})"
            frame = frame.f_back
        return asked or "unknown"

    def phase(self, name: str, began: int) -> None:
        """Note that *name* lasted from *began*, of `time.perf_counter_ns`, until now."""
        self.phases.append((name, began, time.perf_counter_ns()))

    def measure(self, host: "Any", *_: "Any", **__: "Any") -> int:
        """Start *host*, and import each plugin that is not; stands in for `pegboard.cli.manage`."""
        self.phase("application", self.started)
        began = time.perf_counter_ns()
        host.start()
        self.phase("start", began)
        began = time.perf_counter_ns()
        for plugin in host.plugins:
            if plugin.is_usable:
                host.manager.activate(plugin)
        self.phase("plugins", began)
        return 0

    def write(self, path: str, status: "object") -> None:
        """Put all that was seen into the file *path*."""
        ended = time.perf_counter_ns()
        events = [event for event in self.events if event[2]]
        kept = {id(event): number for number, event in enumerate(events)}
        places = [kept.get(id(event), -1) for event in self.events]
        data = {
            "started": self.started,
            "ended": ended,
            "status": status if isinstance(status, int) else 0 if status is None else 1,
            "events": [[*event[:3], places[event[3]] if event[3] >= 0 else -1, *event[4:]] for event in events],
            "phases": self.phases,
            "uses": {name: sorted(modules) for name, modules in self.uses.items()},
        }
        import json

        with open(path, "w", encoding="utf-8") as stream:
            json.dump(data, stream)


def main() -> None:
    """Do what the arguments say, as Python itself would."""
    where, plugins, mode, *program = sys.argv[1:]
    with open(plugins, encoding="utf-8") as stream:
        lines = stream.read().split("\n")
    recorder = Recorder(dict(line.split("\t") for line in lines if line))
    if not sys.flags.safe_path and sys.path:
        del sys.path[0]
    if mode == "start":
        stand_in = type(sys)(COMMANDS)
        stand_in.manage = recorder.measure  # type: ignore[attr-defined]
        sys.modules[COMMANDS] = stand_in
    status: object = 0
    try:
        if program[0] == "-m":
            import runpy

            sys.argv = program[1:]
            if not sys.flags.safe_path:
                sys.path.insert(0, os.getcwd())
            recorder.install()
            runpy.run_module(program[1], run_name="__main__", alter_sys=True)
        else:
            is_code = program[0] == "-c"
            sys.argv = ["-c", *program[2:]] if is_code else program
            if not sys.flags.safe_path:
                sys.path.insert(0, "" if is_code else os.path.dirname(os.path.realpath(program[0])))
            if is_code:
                code = compile(program[1], "<string>", "exec")
            else:
                from importlib.util import decode_source

                with open(program[0], "rb") as script:
                    code = compile(decode_source(script.read()), program[0], "exec")
            main_module = type(sys)("__main__")
            main_module.__dict__.update(__builtins__=builtins, __file__=None if is_code else program[0])
            sys.modules["__main__"] = main_module
            recorder.install()
            exec(code, main_module.__dict__)  # noqa: S102 -- the program that is measured
    except SystemExit as end:
        status = end.code
        raise
    except BaseException:
        status = 1
        raise
    finally:
        recorder.write(where, status)


if __name__ == "__main__":
    main()
