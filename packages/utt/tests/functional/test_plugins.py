"""What a plugin can do, with plugins on the import path that belong to no distribution."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

LOG = "2021-03-03 08:00 hello\n2021-03-03 09:00 a: b  # c\n"


@pytest.fixture
def install(home):
    """Put a plugin on the import path; gives the environment to run utt in."""

    def put(**modules: str) -> dict[str, str]:
        folder = home.root / "site" / "utt" / "plugins"
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in modules.items():
            (folder / f"{name}.py").write_text(text)
        path = os.pathsep.join([home.environment()["PYTHONPATH"], str(home.root / "site")])
        return {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    home.write_log(LOG)
    return put


GREET = """
from utt.api import v1

class Greet:
    def __init__(self, now: v1.Now, output: v1.Output):
        self._now, self._output = now, output

    def __call__(self) -> None:
        print(f"It is {self._now:%H:%M}", file=self._output)

v1.register_command(v1.Command("greet", "Say what time it is", Greet, lambda parser: None))
"""


@pytest.mark.parametrize("options", [[], ["--data", "other.log"], ["--now=2021-03-03 10:00", "--data=other.log"]])
def test_the_plugins_commands_work_after_other_options(home, install, options):
    done = home.utt(*options, "plugins", "list", "--others", env=install(greet=GREET))

    assert done.code == 0
    assert [line.split()[0] for line in done.out.splitlines()] == ["name", "greet"]


def test_an_option_that_looks_like_the_word_plugins_is_not_it(home, install):
    assert home.utt("add", "plugins", env=install(greet=GREET)).code == 0
    assert home.utt("--data", "plugins", "report", env=install(greet=GREET)).code == 0


@pytest.mark.parametrize("api", ["v1", "_v1"])
def test_a_plugin_adds_a_command_under_either_name_of_the_interface(home, install, api):
    env = install(greet=GREET.replace("v1", api))

    assert home.utt("greet", env=env).out == "It is 10:00\n"
    assert "greet             Say what time it is" in home.utt("-h", env=env).out
    assert home.utt("greet", "--no", env=env).code == 2


def test_a_plugin_gives_the_report_other_looks_and_csv_stays(home, install):
    env = install(
        view="from utt.api import v1\n"
        "class View(v1.ReportView):\n"
        "    def __init__(self, model: v1.ReportModel): self.model = model\n"
        "    def render(self, output): print(self.model.summary_model.working_time, file=output)\n"
        "v1.register_component(v1.ReportView, View)\n"
    )

    assert home.utt("report", env=env).out == "2:00:00\n"
    assert home.utt("report", "--csv-section", "per-day", env=env).out.startswith("Date,Hours")


def test_overriding_now_moves_the_whole_report(home, install):
    env = install(
        clock="from utt.api import v1\nv1.register_component(v1.Now, lambda: v1.Now(2021, 3, 3, 9, 30))\n",
    )

    assert "Total: 1h30 (1h00 + 0h30)" in home.utt("report", env=env).out


def test_overriding_the_entries_leaves_the_log_out(home, install):
    env = install(
        fake="from datetime import datetime\nfrom utt.api import v1\n"
        "def fake() -> v1.Entries:\n"
        "    at = lambda hour: datetime(2021, 3, 3, hour)\n"
        "    return [v1.Entry(at(8), 'hello', False, None), v1.Entry(at(9), 'made: up', False, None)]\n"
        "v1.register_component(v1.Entries, fake)\n"
    )
    home.write_log("garbage\n")

    assert "(1h00) 08:00-09:00 made: up" in home.utt("report", env=env).out
    assert home.utt("add", "x", env=env).code == 0
    assert home.log.read_text() == "garbage\n2021-03-03 10:00 x\n"


def test_a_replaced_way_of_adding_serves_every_command(home, install):
    env = install(
        printer="from utt.api import v1\n"
        "def adder(output: v1.Output):\n"
        "    return lambda entry: print('would add', entry, file=output)\n"
        "v1.register_component(v1.AddEntry, adder)\n"
    )

    assert home.utt("hello", env=env).out == "would add 2021-03-03 10:00 hello\n"
    assert home.utt("stretch", env=env).out.startswith("would add 2021-03-03 10:00 a: b  # c\nstretched ")
    assert home.log.read_text() == LOG


BAD_HANDLER = """
from utt.api import v1

def handler():
    def run():
        {body}
    return run

v1.register_command(v1.Command("bad", "Go wrong", handler, lambda parser: None))
"""


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ("raise v1.UttError('the moon is in the wrong house')", 1, "error: the moon is in the wrong house\n"),
        ("raise SystemExit(5)", 5, ""),
        ("return 3", 0, ""),
        ("raise KeyboardInterrupt", 130, ""),
    ],
)
def test_a_command_of_a_plugin_ends_as_it_wants(home, install, body, code, message):
    done = home.utt("bad", env=install(bad=BAD_HANDLER.format(body=body)))

    assert (done.code, done.out, done.err) == (code, "", message)


def test_a_fault_in_a_command_of_a_plugin_names_the_plugin(home, install):
    done = home.utt("bad", env=install(bad=BAD_HANDLER.format(body="return 1 / 0")))

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert "plugin 'bad'" in done.err
    assert "ZeroDivisionError" in done.err
    assert "Traceback" not in done.err


def test_a_fault_of_a_plugin_that_our_own_report_calls_names_the_plugin(home, install):
    env = install(
        view="from utt.api import v1\n"
        "class View(v1.ReportView):\n"
        "    def render(self, output): {}['x']\n"
        "v1.register_component(v1.ReportView, View)\n"
    )

    done = home.utt("report", env=env)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: plugin 'view'")
    assert "cause: KeyError: 'x'" in done.err
    assert "utt --no-plugins=view" in done.err
    assert home.utt("--no-plugins=view", "report", env=env).code == 0


def test_a_traceback_is_there_for_who_asks(home, install):
    env = install(bad=BAD_HANDLER.format(body="return 1 / 0"))

    done = home.utt("bad", env={**env, "UTT_TRACEBACK": "1"})

    assert done.code == 1
    assert "Traceback (most recent call last)" in done.err


def test_a_broken_plugin_does_no_harm_and_is_named(home, install):
    done = home.utt("report", env=install(broken="import module_that_does_not_exist\n", greet=GREET))

    assert done.code == 0
    assert "Total: 2h00" in done.out
    assert "broken" in done.err
    assert "module_that_does_not_exist" in done.err


def test_a_built_in_command_stays_when_a_plugin_claims_its_name(home, install):
    done = home.utt("report", env=install(greedy=GREET.replace('"greet"', '"report"')))

    assert done.code == 0
    assert "Total: 2h00" in done.out
    assert "greedy" in done.err


def test_without_plugins_there_are_only_our_own(home, install):
    env = install(greet=GREET, broken="raise RuntimeError\n")

    assert home.utt("--no-plugins", "report", env=env).err == ""
    assert home.utt("--no-plugins", "greet", env=env).code == 2
    assert home.utt("--no-plugins=broken", "greet", env=env).out == "It is 10:00\n"


def test_a_dependency_that_nobody_provides_is_an_error(home, install):
    env = install(
        needy="from utt.api import v1\n"
        "class Needy:\n"
        "    def __init__(self, number: int): pass\n"
        "    def __call__(self): print('never')\n"
        "v1.register_command(v1.Command('needy', 'Need', Needy, lambda parser: None))\n"
    )

    done = home.utt("needy", env=env)

    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: ")
    assert "int" in done.err


def test_both_names_of_the_interface_hold_the_same_objects(home, install):
    env = install(
        same="from utt.api import _v1, v1\n"
        "import utt.exceptions\n"
        "P = _v1._private\n"
        "def same(output: v1.Output):\n"
        "    def run():\n"
        "        public = [n for n in _v1.__all__ if n != '_private']\n"
        "        assert all(getattr(_v1, n) is getattr(v1, n) for n in public)\n"
        "        assert set(public) <= set(v1.__all__)\n"
        "        assert all(hasattr(v1, n) for n in v1.__all__) and dir(v1) == sorted(v1.__all__)\n"
        "        assert all(hasattr(P, n) for n in P.__all__)\n"
        "        assert utt.exceptions.UttError is v1.UttError\n"
        "        assert list(P.commands) == [c.name for c in P.container[P.Commands]]\n"
        "        assert P.commands['add'].name == 'add' and len(P.commands) == 7\n"
        "        P.container[int] = 42\n"
        "        assert v1.get_component(int) == 42 and P.create_container() is P.container\n"
        "        assert list(P.csv_section_name_to_csv_section) == ['per-day', 'per_day', 'per_task', 'per-task']\n"
        "        assert P.config(P.container[P.ConfigFilename], P.container[P.DefaultConfig]) == P.ConfigParser()\n"
        "        for module in (v1, _v1, P):\n"
        "            try: module.nonsense\n"
        "            except AttributeError as exc: assert 'nonsense' in str(exc)\n"
        "            else: raise AssertionError(module)\n"
        "        print('same', file=output)\n"
        "    return run\n"
        "v1.register_command(v1.Command('same', 'Compare', same, lambda parser: None))\n"
    )

    done = home.utt("same", env=env)

    assert (done.out, done.err) == ("same\n", "")


def test_adding_imports_nothing_of_the_report(home):
    probe = (
        "import sys; sys.argv[0] = 'utt'\n"
        "from utt.__main__ import main\n"
        "code = main()\n"
        "heavy = {'utt.report.summary', 'utt.report.layout', 'utt.report.arguments', 'utt.domain.selection',\n"
        "         'argcomplete', '_strptime'}\n"
        "print(code, sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe, "--now", "2021-03-03 10:00", "add", "x"],
        env=home.environment(),
        cwd=home.root,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "0 []\n"
