"""Runs a program and records each import: when it began and ended, inside which other one, and why.

It is a script: `python OPTIONS launch.py RECORDING PLUGINS MODE PROGRAM ARGUMENTS...`, where PROGRAM is a script's
path, or `-m` and a module, or `-c` and code. RECORDING is the JSON file that it writes. PLUGINS is a file with a line
for each plugin: its module, a tab, and its name. It imports as little as possible, so that what the program imports is
counted as the program's own.

MODE `command` runs the program as it is. MODE `start` replaces the `plugins` commands, which import more than an
application does: the plugins are made ready as at every start, and then imported one by one.

Every import of a module that is not loaded goes through `_frozen_importlib._find_and_load`; every `import` statement
calls `__import__`.
"""

import _frozen_importlib
import builtins
import os
import sys
import time
from _thread import get_ident

TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import CodeType, FrameType
    from typing import Any

COMMAND, START = "command", "start"
_PLUGIN_COMMANDS = "pegboard.tools.cli.plugin_commands"
_WAITS = "waits until it is used"
_HOOKS = "pegboard.hooks"
_MACHINERY = ("pegboard", "importlib", "_frozen_importlib", "_frozen_importlib_external")


class ImportRecorder:
    """Records imports while a program runs.

    What imports change here is pegboard's own, and no effect of a plugin: so the class says where it is defined, its
    collections hold nothing that changes, and what it notes while plugins are imported it notes in these.
    """

    __module__ = "pegboard.tools.profiling.launch"

    def __init__(self, plugins: "dict[str, str]") -> None:
        self.plugins = plugins
        """Module to plugin name."""
        self.events: list[tuple[Any, ...]] = []
        """Module, begin and end in nanoseconds, number of the event around it or -1, thread, and cause; the end is 0
        while it goes on."""
        self.phases: list[tuple[str, int, int]] = []
        self.uses: set[tuple[str, str]] = set()
        """Plugins, and the modules that their imports asked for, including loaded ones."""
        self.stacks: dict[int, list[int]] = {}
        """Thread to the numbers of the events that have not ended."""
        self.reasons: dict[int, tuple[str, Any]] = {}
        """Thread to the module that it was last asked to import as a plugin, and the reason."""
        self.answers: dict[tuple[str, str], list[int]] = {}
        """Plugin and hook, to the number of calls, and the nanoseconds in them without imports of plugins."""
        self.started = time.perf_counter_ns()
        self._load = _frozen_importlib._find_and_load  # type: ignore[attr-defined]
        self._import = builtins.__import__
        self._watches_hooks = False

    def install(self) -> None:
        """Record imports from now on."""
        _frozen_importlib._find_and_load = self.find_and_load  # type: ignore[attr-defined]
        builtins.__import__ = self.import_module
        sys.addaudithook(self.note_reason)

    def find_and_load(self, name: str, import_: "Any") -> "Any":
        """Import a module, and record it if it is not loaded."""
        if name in sys.modules:
            return self._load(name, import_)
        stack = self.stacks.setdefault(get_ident(), [])
        cause = self._cause(name, sys._getframe(1)) if name in self.plugins else ""
        number, around = len(self.events), stack[-1] if stack else -1
        stack.append(number)
        began = time.perf_counter_ns()
        self.events.append((name, began, 0, around, get_ident(), cause))
        try:
            return self._load(name, import_)
        finally:
            self.events[number] = (name, began, time.perf_counter_ns(), around, get_ident(), cause)
            stack.pop()

    def watch_hooks(self, hooks: "Any") -> None:
        """Have each object of the class *hooks* tell of the answers of implementations."""
        begin = hooks.__init__

        def begin_watched(this: "Any", host: "Any") -> None:
            begin(this, host)
            this.monitors = (self.note_answer,)

        hooks.__init__ = begin_watched

    def note_answer(self, answer: "Any") -> None:
        """Record that a plugin has answered a hook, and in how long, less the import of the plugin itself."""
        took = int(answer.seconds * 1e9)
        noted = self.answers.get((answer.plugin.name, answer.hook.name))
        if noted is None:
            took -= self._import_ns(answer, took)
            self.answers[answer.plugin.name, answer.hook.name] = [1, max(took, 0)]
        else:
            noted[0] += 1
            noted[1] += took

    def _import_ns(self, answer: "Any", took: int) -> int:
        """Return how long the import of the plugin took, if that was a part of the answer."""
        for module, began, ended, *_ in self.events:
            if module == answer.plugin.module and ended and time.perf_counter_ns() - took <= began:
                return int(ended - began)
        return 0

    def import_module(
        self,
        name: str,
        globals: "Any" = None,  # noqa: A002 -- as the built-in function has it
        locals: "Any" = None,  # noqa: A002
        fromlist: "Any" = (),
        level: int = 0,
    ) -> "Any":
        """Do what an `import` statement does, and record which plugin uses the module."""
        result = self._import(name, globals, locals, fromlist, level)
        hooks = None if self._watches_hooks else getattr(sys.modules.get(_HOOKS), "Hooks", None)
        if hooks is not None:  # it was not necessarily imported by a statement
            self._watches_hooks = True
            self.watch_hooks(hooks)
        stack = self.stacks.get(get_ident(), ())
        plugin = next(filter(None, (self.plugins.get(self.events[number][0]) for number in reversed(stack))), None)
        if plugin is not None:
            absolute = name
            if level:
                package = ((globals or {}).get("__package__") or "").split(".")
                absolute = ".".join([*package[: len(package) - level + 1], *([name] if name else [])])
            parts = [f"{absolute}.{part}" for part in fromlist or ()]
            for module in (absolute, *(part for part in parts if part in sys.modules)):
                self.uses.add((plugin, module))
        return result

    def note_reason(self, event: str, arguments: "tuple[Any, ...]") -> None:
        """Record why pegboard is about to import a plugin."""
        if event == "pegboard.activate":
            self.reasons[get_ident()] = arguments[0], arguments[1]

    def _cause(self, module: str, frame: "FrameType | None") -> str:
        """Return why a plugin is imported: in words, or what is used and by whom."""
        asked, reason = self.reasons.pop(get_ident(), ("", ""))
        if asked != module:
            reason = ""
        if reason and isinstance(reason, str):
            return reason
        what = f"{reason.kind} {reason.text!r}" if reason else "imported"
        while frame is not None:
            name = frame.f_globals.get("__name__") or ""
            if name.partition(".")[0] not in _MACHINERY and frame.f_code.co_filename != __file__:
                where = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
                who = self.plugins.get(name)
                by = f"plugin {who!r}" if who else name
                return f"{what} by {by} ({where})"
            frame = frame.f_back
        return what

    def phase(self, name: str, began: int) -> None:
        """Record that a phase lasted from *began*, of `time.perf_counter_ns`, until now."""
        self.phases.append((name, began, time.perf_counter_ns()))

    def start_plugins(self, host: "Any", *_: "Any", **__: "Any") -> int:
        """Start *host* and then import every plugin; it replaces `pegboard.cli.manage`."""
        self.phase("application", self.started)
        began = time.perf_counter_ns()
        host.start()
        self.phase("start", began)
        began = time.perf_counter_ns()
        for plugin in host.plugins:
            if plugin.is_usable:
                host.manager.activate(plugin, _WAITS)
        self.phase("plugins", began)
        return 0

    def write(self, path: str, status: object) -> None:
        """Write the recording to the file *path*."""
        ended = time.perf_counter_ns()
        events = [event for event in self.events if event[2]]
        numbers = {id(event): number for number, event in enumerate(events)}
        kept = [numbers.get(id(event), -1) for event in self.events]
        uses: dict[str, list[str]] = {}
        for plugin, module in sorted(self.uses):
            uses.setdefault(plugin, []).append(module)
        data = {
            "started": self.started,
            "ended": ended,
            "status": status if isinstance(status, int) else 0 if status is None else 1,
            "events": [[*event[:3], kept[event[3]] if event[3] >= 0 else -1, *event[4:]] for event in events],
            "phases": self.phases,
            "uses": uses,
            "answers": [[*key, *noted] for key, noted in self.answers.items()],
        }
        import json

        with open(path, "w", encoding="utf-8") as stream:
            json.dump(data, stream)


def main() -> None:
    """Run the program in the arguments, as Python itself does."""
    recording, plugins, mode, *program = sys.argv[1:]
    with open(plugins, encoding="utf-8") as stream:
        lines = stream.read().split("\n")
    recorder = ImportRecorder(dict(line.split("\t") for line in lines if line))
    if not sys.flags.safe_path and sys.path:
        del sys.path[0]
    if mode == START:
        stand_in = type(sys)(_PLUGIN_COMMANDS)
        stand_in.manage = recorder.start_plugins  # type: ignore[attr-defined]
        sys.modules[_PLUGIN_COMMANDS] = stand_in
    status: object = 0
    try:
        if program[0] == "-m":
            _run_module(program[1:], recorder)
        else:
            _run_code(program, recorder)
    except SystemExit as end:
        status = end.code
        raise
    except BaseException:
        status = 1
        raise
    finally:
        recorder.write(recording, status)


def _run_module(program: "Sequence[str]", recorder: ImportRecorder) -> None:
    import runpy

    sys.argv = list(program)
    if not sys.flags.safe_path:
        sys.path.insert(0, os.getcwd())
    recorder.install()
    runpy.run_module(program[0], run_name="__main__", alter_sys=True)


def _run_code(program: "Sequence[str]", recorder: ImportRecorder) -> None:
    """Run a script, or `-c` and code."""
    is_code = program[0] == "-c"
    sys.argv = ["-c", *program[2:]] if is_code else list(program)
    if not sys.flags.safe_path:
        sys.path.insert(0, "" if is_code else os.path.dirname(os.path.realpath(program[0])))
    code: CodeType
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


if __name__ == "__main__":
    main()
