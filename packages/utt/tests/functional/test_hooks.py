"""What utt tells plugins that implement its hooks, and that nothing else changes by it."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

LOG = "2021-03-03 08:00 hello\n2021-03-03 09:00 a: b  # c\n"
LISTEN = """
import sys
from utt.api import v1

def told(*what): print(*what, file=sys.stderr)

@v1.arguments_parsed
def parsed(args): told("parsed", args.command)

@v1.entry_added
def added(entry: v1.Entry, filename: v1.DataFilename): told("added", entry, filename)

@v1.log_changed
def changed(filename): told("changed", filename)

@v1.report_rendering
def rendering(report, output_format, output): told("rendering", output_format, report.summary_model.working_time)
"""
FAULT = """
from utt.api import v1

class Odd(BaseException): pass

@v1.{hook}
def fail(): raise {error}
"""


@pytest.fixture
def install(home):
    """Put plugins into the folder of the user."""

    def put(**modules: str) -> None:
        folder = home.root / ".config/utt/plugins"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(text)

    home.write_log(LOG)
    return put


@pytest.mark.parametrize("lazy", ["1", "0"])
def test_the_command_line_and_each_entry_are_told_at_the_first_start_and_later(home, install, lazy):
    install(listen=LISTEN)

    commands = [(("add", "x", "-c", "y"), "x  # y"), (("add", "z"), "z"), (("hello",), "hello")]
    for minute, (words, entry) in enumerate(commands):
        done = home.utt(*words, now=f"2021-03-03 10:0{minute}", env={"UTT_PLUGINS_LAZY": lazy})

        assert (done.code, done.out) == (0, "")
        assert done.err.splitlines() == [
            f"parsed {words[0]}",
            f"added 2021-03-03 10:0{minute} {entry} {home.log}",
            f"changed {home.log}",
        ]


def test_stretch_tells_its_entry_too_and_a_refused_entry_is_none(home, install):
    install(listen=LISTEN)

    assert "added 2021-03-03 10:00 a: b" in home.utt("stretch").err
    refused = home.utt("add", "x", now="2021-03-03 09:30")
    assert refused.code == 1
    assert refused.err.startswith("parsed add\nerror: ")
    assert refused.err.count("\n") == 3  # with a hint about the clock


def test_an_entry_of_another_plugins_command_is_told(home, install):
    install(
        listen=LISTEN,
        tea="from utt.api import v1\n"
        "class Tea:\n"
        "    def __init__(self, now: v1.Now, add: v1.AddEntry): self.now, self.add = now, add\n"
        "    def __call__(self): self.add(v1.Entry(self.now, 'tea **', False, None))\n"
        "v1.register_command(v1.Command('tea', 'Log tea', Tea, lambda parser: None))\n",
    )

    assert f"added 2021-03-03 10:00 tea ** {home.log}" in home.utt("tea").err


@pytest.mark.parametrize(("editor", "tells"), [("echo >>", True), ("cat <", False), ("rm -f", True)])
def test_an_editor_that_changes_the_log_is_told(home, install, editor, tells):
    install(listen=LISTEN)

    done = home.utt("edit", env={"EDITOR": editor})

    assert done.err == "parsed edit\n" + f"changed {home.log}\n" * tells


@pytest.mark.parametrize(
    ("words", "form"), [((), "text"), (("--html",), "html"), (("--csv-section", "per-day"), "csv")]
)
def test_a_report_is_told_before_it_is_rendered_and_stays_as_it_is(home, install, words, form):
    without = home.utt("report", *words).out
    install(listen=LISTEN)

    done = home.utt("report", *words)

    assert (done.out, done.err) == (without, f"parsed report\nrendering {form} 2:00:00\n")


def test_a_plugin_writes_above_a_report(home, install):
    install(head="from utt.api import v1\n@v1.report_rendering\ndef head(output): print('Ann', file=output)\n")

    assert home.utt("report").out.startswith("Ann\n")


def test_a_plugin_changes_an_argument_before_the_command_sees_it(home, install):
    install(
        prefix="from utt.api import v1\n"
        "@v1.arguments_parsed\n"
        "def prefix(args):\n    if args.command == 'add': args.name = f'acme: {args.name}'\n"
    )

    assert home.utt("add", "mail").code == 0
    assert home.log.read_text() == f"{LOG}2021-03-03 10:00 acme: mail\n"


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("nonsense",), ("plugins", "list"), ()])
def test_what_is_no_command_tells_nothing(home, install, words):
    install(listen=LISTEN)

    assert "parsed" not in home.utt(*words).err


@pytest.mark.parametrize("hook", ["arguments_parsed", "entry_added", "log_changed"])
@pytest.mark.parametrize("error", ["ValueError('no')", "SystemExit(3)", "BrokenPipeError", "Odd", "MemoryError"])
def test_a_fault_costs_one_line_and_no_entry(home, install, hook, error):
    install(fault=FAULT.format(hook=hook, error=error), listen=LISTEN)

    for minute in range(2):
        done = home.utt("add", "x", now=f"2021-03-03 10:0{minute}")

        assert (done.code, done.out) == (0, "")
        named = [line for line in done.err.splitlines() if line.startswith("utt: ")]
        assert len(named) == 1
        assert f"'fault' failed while answering the hook '{hook}'" in named[0]
        assert f"added 2021-03-03 10:0{minute} x {home.log}" in done.err.splitlines()
    assert home.log.read_text() == f"{LOG}2021-03-03 10:00 x\n2021-03-03 10:01 x\n"


def test_what_a_plugin_refuses_before_anything_is_done_is_an_error_of_utt(home, install):
    install(fault=FAULT.format(hook="arguments_parsed", error="v1.UttError('say a project')"))

    done = home.utt("add", "x")

    assert (done.code, done.err) == (1, "error: say a project\n")
    assert home.log.read_text() == LOG


def test_after_the_entry_is_written_nobody_can_refuse_it(home, install):
    install(fault=FAULT.format(hook="entry_added", error="v1.UttError('no')"))

    assert home.utt("add", "x").code == 0
    assert home.log.read_text() == f"{LOG}2021-03-03 10:00 x\n"


def test_a_plugin_that_cannot_be_imported_any_more_costs_no_entry(home, install):
    install(listen=LISTEN)
    assert home.utt("config").code == 0
    install(listen="import missing_library\n" + LISTEN)

    done = home.utt("add", "x")

    assert done.code == 0
    assert home.log.read_text() == f"{LOG}2021-03-03 10:00 x\n"


def test_no_module_of_hooks_is_imported_unless_the_hook_that_is_called_is_implemented(home, install):
    program = (
        "import sys; sys.argv[0] = 'utt'; from utt.__main__ import main; main()\n"
        "print([each for each in sys.modules if 'hooks' in each.split('.')], file=sys.stderr)"
    )

    def hooks_of(*words):
        command = [sys.executable, "-c", program, *words]
        options = {"cwd": home.root, "env": home.environment(), "capture_output": True, "text": True}
        done = subprocess.run(command, check=True, **options)
        return ast.literal_eval(done.stderr.splitlines()[-1])

    assert hooks_of("add", "x") == []
    install(head="from utt.api import v1\n@v1.report_rendering\ndef head(output): pass\n")
    assert home.utt("config").code == 0
    assert hooks_of("add", "x") == []
    assert {"utt.hooks", "pegboard.hooks"} <= set(hooks_of("report"))
