"""What plugins can do by the API, and what their authors read when something is wrong; all in this process."""

from __future__ import annotations

import pytest

from utt.testing import utt, utt_plugins  # noqa: F401 -- fixtures

HEAD = """
from utt.api import v1

def command(name, handler, **options):
    v1.register_command(v1.Command(name, "what it does", handler, lambda parser: None), **options)

"""


@pytest.fixture(name="run")
def run_with_plugins(tmp_path):
    """Run a command with plugins that are given as source text."""
    from utt.testing import utt_with

    number = iter(range(100))

    def run(plugins, *arguments, log="2026-03-02 09:00 hello\n2026-03-02 11:00 a: b\n"):
        texts = {name: HEAD + text for name, text in plugins.items()}
        with utt_with(texts, log=log, directory=tmp_path / str(next(number))) as run_command:
            return run_command(*arguments)

    return run


def test_two_plugins_add_to_the_report_in_their_order(run):
    add = """
class More:
    def __init__(self, inner, now: v1.Now):
        self.inner, self.now = inner, now
    def render(self, output):
        self.inner.render(output)
        print(__name__.rpartition(".")[2], f"{self.now:%H:%M}", file=output)

v1.decorate_component(v1.ReportView, More)
"""
    done = run({"one": add, "two": add}, "report")

    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("\n---")
    assert done.out.endswith("\none 12:00\ntwo 12:00\n")


@pytest.mark.parametrize("override", [True, False])
def test_a_command_is_replaced_on_purpose_only(run, override):
    text = f"def hi(output: v1.Output):\n    return lambda: print('hi', file=output)\n\ncommand('hello', hi, override={override})\n"

    done = run({"polite": text}, "hello")

    assert done.out == ("hi\n" if override else "")
    assert ("the first in order keeps the name" in done.err) is not override
    assert "override" not in done.err  # the user is told what users can do


ASYNC = {
    "a method": "class Handler:\n    async def __call__(self): print(await loop())\n\ncommand('go', Handler)\n",
    "a function that is returned": "def make():\n    async def go(): print(await loop())\n    return go\n\ncommand('go', make)\n",
    "an object that is awaited": "command('go', lambda: lambda: show())\n",
    "a factory": "async def make():\n    return lambda: print(same())\n\ncommand('go', make)\n",
    "a component": "class Handler:\n    def __init__(self, it: Thing): pass\n    def __call__(self): print(same())\n\ncommand('go', Handler)\n",
    "both": "class Handler:\n    def __init__(self, it: Thing): pass\n    async def __call__(self): print(await loop())\n\ncommand('go', Handler)\n",
}
LOOP = """
import asyncio

class Thing:
    loop = None

async def thing():
    Thing.loop = asyncio.get_running_loop()
    yield Thing()
    print("closed in the same loop:", Thing.loop is asyncio.get_running_loop())

v1.register_component(Thing, thing)

def same():
    return "one loop:", Thing.loop in (None, asyncio.get_running_loop())

async def loop():
    await asyncio.sleep(0)
    return same()

async def show():
    print(await loop())

"""


@pytest.mark.parametrize("how", ASYNC)
def test_what_is_asynchronous_is_awaited_in_one_event_loop(run, how):
    done = run({"async": LOOP + ASYNC[how]}, "go")

    closed = "closed in the same loop: True\n" if how in ("a component", "both") else ""
    assert (done.status, done.err, done.out) == (0, "", f"('one loop:', True)\n{closed}")


def test_what_an_asynchronous_handler_raises_is_as_of_any_other(run):
    fails = "class Handler:\n    async def __call__(self): raise {}\n\ncommand('go', Handler)\n"
    friendly = run({"plugin": fails.format("v1.UttError('not today')")}, "go")
    assert (friendly.status, friendly.err) == (1, "error: not today\n")
    fault = run({"plugin": fails.format("ValueError('x')")}, "go")
    assert fault.err.startswith("error: plugin 'plugin' failed while running command 'go'\n  cause: ValueError: x\n")


def test_a_component_that_is_a_generator_is_cleaned_up_when_the_command_has_ended(run):
    text = """
class Thing: ...

def thing():
    yield Thing()
    print("cleaned up")

v1.register_component(Thing, thing)

class Handler:
    def __init__(self, thing: Thing): pass
    def __call__(self): print("done")

command("go", Handler)
"""
    assert run({"plugin": text}, "go").out == "done\ncleaned up\n"


HANDLER = "class Handler:\n    def __init__(self, {}) -> None: ...\n    def __call__(self) -> None: ...\n\ncommand('go', Handler)\n"


@pytest.mark.parametrize(
    ("parameters", "what", "hint"),
    [
        (
            "output: v1.Output, n: int",
            "nothing provides builtins:int, which plugin 'mine' asks for",
            "annotate it with",
        ),
        (
            "now: __import__('datetime').datetime",
            "nothing provides datetime:datetime",
            "did you mean utt.components:Now?",
        ),
        (
            "output: 'v1.Outptu'",
            "parameter 'output' of utt.plugins.mine:Handler from plugin 'mine'",
            "correct the name",
        ),
        ("output", "parameter 'output' of utt.plugins.mine:Handler from plugin 'mine'", "annotate it with the type"),
    ],
)
def test_a_handler_that_cannot_be_made_is_its_author_s_fault_with_file_and_line(run, parameters, what, hint):
    done = run({"mine": HANDLER.format(parameters)}, "go")

    assert done.status == 1
    assert done.err.startswith(f"error: {what}")
    line = (HEAD + HANDLER).splitlines().index("    def __init__(self, {}) -> None: ...") + 1
    assert f"mine.py:{line}\n" in done.err
    assert hint in done.err.splitlines()[-1]


def test_python_s_own_suggestion_is_kept(run):
    mistyped = run({"mine": HANDLER.format("output: 'v1.Outptu'")}, "go")
    assert "has no attribute 'Outptu'. Did you mean: 'Output'?" in mistyped.err
    imported = run({"mine": "from utt.api.v1 import Entrie\n"}, "report")
    assert "cannot import name 'Entrie'" in imported.err
    assert "Did you mean: 'Entries'?" in imported.err


def test_a_component_that_asks_for_itself_is_told_of_decorating(run):
    text = """
class View(v1.ReportView):
    def __init__(self, view: v1.ReportView) -> None: ...
    def render(self, output): ...

v1.register_component(v1.ReportView, View)
"""
    done = run({"mine": text}, "report")

    assert done.status == 0  # utt's own view serves
    assert done.out.startswith("\n---")
    assert "decorate it with v1.decorate_component" in done.err


def test_a_stream_that_can_only_be_written_to_will_do(run):
    text = """
class Loud:
    def write(self, text): print(text.upper(), end="")

v1.register_component(v1.Output, Loud())
"""
    done = run({"mine": text}, "stretch")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("STRETCHED 2026-03-02 11:00 A: B\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--week", "--month"], "--week is not used, since --month is given\n"),
        (
            ["--from", "2026-03-02", "--to", "2026-03-01"],
            "the first one, 2026-03-02, is after the last one, 2026-03-01 (--to counts from the first day)\n",
        ),
        (["--to", "yesterday"], "2026-03-01 (--to counts from the first day)\n"),
        (["--from", "2026-03-03"], "the first one, 2026-03-03, is after the last one, 2026-03-02\n"),
        (["--week"], ""),
        (["--month=", "--week"], ""),
    ],
)
def test_what_a_report_does_not_show_is_told(run, words, said):
    done = run({}, "report", *words)

    assert done.status == 0
    assert done.err.startswith("utt: ") if said else not done.err
    assert done.err.endswith(said)


def test_a_clock_that_went_back_is_thought_of(run):
    log = "2026-03-02 12:30 a\n"
    assert "\n  hint: if the clock went back" in run({}, "add", "b", log=log).err
    assert "utt --now '2026-03-02 12:30' ..." in run({}, "add", "b", log=log).err
    assert "clock" not in run({}, "add", "b", log="2026-03-04 12:30 a\n").err


def test_a_command_that_prints_no_report_has_no_options_for_its_format(run):
    text = """
class Count:
    def __init__(self, activities: v1.Activities): self.activities = activities
    def __call__(self): print(len(self.activities))

v1.register_command(v1.Command("count", "count them", Count, v1.add_selection_arguments))
"""
    assert run({"mine": text}, "count", "--no-current-activity", "--project", "a").out == "1\n"
    assert run({"mine": text}, "count", "--week", "--from", "2026-03-03").out == "0\n"
    for option in ("--per-day", "--details", "--comments", "--csv-section=per-day"):
        assert run({"mine": text}, "count", option).status == 2


def test_a_fault_of_a_plugin_says_how_to_see_its_traceback(run):
    done = run({"mine": "def make(): raise ValueError('x')\n\ncommand('go', make)\n"}, "go")
    assert done.err.endswith("report the cause to its author; UTT_TRACEBACK=1 shows the traceback\n")
    assert done.err.count("hint:") == 1
