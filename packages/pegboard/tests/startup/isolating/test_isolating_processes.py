"""Plugins whose pins of one library exclude one another, in one application: real wheels, environments and processes."""

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from support import isolation as support

from pegboard.errors import IsolationRefusedError
from pegboard.startup.isolating.lock import Inputs, is_current, write_lock

BOTH = "[isolated]\nmemo-old = true\nmemo-new = true\n"


@pytest.fixture
def isolation(environments, tmp_path):
    return support.make(environments, tmp_path / "home")


def settle(isolation):
    """Let it look as if nothing had changed lately, so that the next start need not make its index again."""
    made = [
        path for folder in isolation.made for path in (*folder.glob("*.json"), *folder.glob("lib/*/*/memo/plugins/*"))
    ]
    for file in (*isolation.config.iterdir(), isolation.config, isolation.user.home, *made):
        os.utime(file, (0, 0))
    isolation.json("names")


def test_two_plugins_whose_pins_exclude_one_another_run_in_one_application(isolation):
    isolation.policy(BOTH)
    first = isolation.run("old,new,plain,old", "hey")
    old, new, plain, again = json.loads(first.out)
    assert (old[:2], new[:2], plain) == (["1.0", "hey"], ["2.0", "hey"], ["hey"])
    assert old[2] == again[2] != new[2]
    settle(isolation)
    # a warm start starts no process for names, metadata and plain data, and loads nothing for isolation
    assert isolation.program(
        "import json, sys; from memo.app import exporters, host, themes\n"
        "print(json.dumps([exporters.names(), exporters.describe('new'), dict(themes['old']), "
        "str(exporters.owner('old').distribution), 'pegboard.isolation' in sys.modules]))"
    ) == [["plain", "new", "old"], {"summary": "with ink 2.0"}, {"tint": "1.0"}, "memo-old 1.0", False]
    # what its author declares counts
    about = isolation.json("plugins", "info", "old", "--json")
    assert (about["source"], about["state"], about["version"], about["after"]) == (
        "isolated",
        "primed",
        "1.0",
        ["plain"],
    )
    # functions, objects, hooks and streams are what they are beside the application
    assert isolation.program(
        "import inspect, json; from memo.app import colours, exporters, inks\n"
        "print(json.dumps([str(inspect.signature(exporters['old'])), exporters['old'].__doc__, inks['new'].mix('a', 'b'), "
        "list(inks['new'].drops(3)), sorted(colours('x'))]))"
    ) == [
        "(text: 'str', times: 'int' = 1) -> 'list'".partition(" ->")[0],
        "Say which ink it is written with.",
        "a+b",
        [0, 1, 2],
        ["new x", "old x"],
    ]
    # a fault is that of any plugin
    failed = isolation.run("old", "hey", "x")
    assert failed.code == 1
    assert "plugin 'old' of memo-old 1.0 failed while calling 'old'" in failed.err
    assert "TypeError" in failed.err


def test_an_entry_point_that_is_a_contribution_and_the_end_of_a_plugin(isolation):
    isolation.policy("[isolated]\nmemo-shades = true\nmemo-old = true\n")
    isolation.json("names")
    found = isolation.program(
        "import json, os; from memo.app import exporters, host, shades; from pegboard.errors import CannotTravelError\n"
        "found = [list(shades), shades.describe('dark'), shades['dark']('x'), str(shades.owner('dark').distribution)]\n"
        "try: exporters.call('old', object())\n"
        "except CannotTravelError as error: found.append([error.value, error.type_name])\n"
        "import memo.plugins.old as module\n"
        "try: module.export\n"
        "except AttributeError as error: found.append(str(error))\n"
        "pid = exporters['old']('a')[2]\n"
        "host.disable('old'); found.append([os.path.exists(f'/proc/{pid}'), exporters.names()])\n"
        "print(json.dumps(found))"
    )
    assert found[:4] == [["dark"], {"group": "memo.shades", "value": "shader:dark"}, "dark x", "memo-shades 1.0"]
    assert found[4] == ["argument 1", "object"]
    assert found[5] == (
        "'memo.plugins.old' has no 'export' here: plugin 'old' of memo-old 1.0 is isolated, and its code runs elsewhere"
    )
    assert found[6] == [False, ["plain"]]


def test_what_excludes_the_application_is_refused_by_name(isolation, tmp_path):
    # the application `strict` requires inklib 1.0, and the plugin inklib 2.0
    pegboard = f"pegboard @ {isolation.environments.wheel('packages/pegboard').as_uri()}"
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    inputs = Inputs("memo-new", ("strict==1.0", pegboard), python, {})
    environ = {**isolation.user.variables}
    with pytest.raises(IsolationRefusedError) as raised:
        write_lock(str(tmp_path / "pylock.x.toml"), inputs, "strict", "memo-new", environ, advice="")
    assert raised.value.what().startswith("memo-new and strict==1.0 exclude one another")
    assert "inklib" in raised.value.because()
    assert "share its API alone" in raised.value.hint()
    # with its API alone, which needs less, it is had
    inputs = Inputs("memo-new", ("memo==1.0", pegboard), inputs.python, {})
    write_lock(str(tmp_path / "pylock.x.toml"), inputs, "strict", "memo-new", environ, advice="")
    assert is_current(str(tmp_path / "pylock.x.toml"), inputs)


def test_an_environment_that_is_deleted_is_made_anew(isolation):
    isolation.policy("[isolated]\nmemo-old = true\n")
    isolation.json("names")
    settle(isolation)
    folder = Path(isolation.json("plugins", "isolate", "--json")["isolated"][0]["environment"])
    shutil.rmtree(folder)
    done = isolation.run("old", "hey")
    assert json.loads(done.out)[0][:2] == ["1.0", "hey"]
    assert "memo: making the environment of memo-old" in done.err
    # also under a process that runs: the next one needs it
    code = (
        "import json, os, shutil, signal, time; from memo.app import exporters, host\n"
        f"pid = exporters['old']('a')[2]; shutil.rmtree({str(folder)!r}); os.kill(pid, signal.SIGKILL)\n"
        "answers = []\n"
        "for _ in range(3):\n"
        "    try: answers.append(exporters['old']('a')[0])\n"
        "    except Exception as error: answers.append(type(error).__name__)\n"
        "print(json.dumps(answers))"
    )
    done = isolation.run("run", code)
    answers = json.loads(done.out)
    assert answers[-1] == "1.0", done
    assert set(answers) <= {"1.0", "PluginProcessDiedError"}
    assert folder.is_dir()


def test_two_hosts_that_make_one_environment_at_once_make_one(isolation, tmp_path):
    isolation.user.environ["XDG_CACHE_HOME"] = str(tmp_path / "cache")
    isolation.cache = tmp_path / "cache"
    isolation.policy("[isolated]\nmemo-old = true\n")
    started = [isolation.user.start(isolation.python, "-m", "memo", "old", "hey") for _ in range(2)]
    ended = [process.communicate(timeout=60) for process in started]
    assert [json.loads(out)[0][:2] for out, _ in ended] == [["1.0", "hey"]] * 2
    assert sum(err.count(b"making the environment") for _, err in ended) == 1
    assert len(isolation.made) == 1
    assert not list((tmp_path / "cache/pegboard/environments").glob(".unfinished*"))


def test_a_lock_whose_index_cannot_be_reached_is_named_with_the_command(isolation, tmp_path):
    isolation.user.environ |= {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_HTTP_RETRIES": "0",
    }
    isolation.config.mkdir(parents=True)
    isolation.policy("[isolated]\nmemo-old = true\n")
    isolation.json("names")
    lock = isolation.config / "pylock.memo-old.toml"
    text = lock.read_text()
    lock.write_text(text.replace(f"file://{isolation.wheels}/inklib", "http://index.invalid/inklib"))
    done = isolation.run("names")
    assert json.loads(done.out)["names"] == ["plain"]
    assert "warning[isolation-failed]: there is no environment for the plugins of memo-old" in done.err
    assert "the package index cannot be reached: http://index.invalid/inklib" in done.err
    assert "`memo plugins isolate memo-old` makes it" in done.err
    lock.write_text(text)
    assert isolation.json("old", "hey")[0][0] == "1.0"
    # and files that are not those of the lock are refused
    lock.write_text(text.replace('sha256 = "', 'sha256 = "0000', 1).replace("0000", "", 1).replace("a", "b"))
    assert "isolation-failed" in isolation.run("names").err


def test_the_command_isolates_and_takes_it_back(isolation):
    planned = isolation.json("plugins", "isolate", "memo-new", "--dry-run", "--json")
    assert {"name": "inklib", "version": "2.0"} in planned["isolated"][0]["packages"]
    assert not isolation.config.exists() or not list(isolation.config.iterdir())
    answer = isolation.json("plugins", "isolate", "memo-new>=1", "--json")
    assert (answer["done"], answer["isolated"][0]["plugins"]) == (True, ["new"])
    assert answer["added"][0]["adds"]["exporters"] == ["new"]
    assert (isolation.config / "plugins.toml").read_text() == '[isolated]\nmemo-new = ">=1"\n'
    assert isolation.json("plugins", "freeze", "--json")["isolated"] == [{"distribution": "memo-new", "version": "1.0"}]
    refused = isolation.run("plugins", "uninstall", "--yes", "new")
    assert "`memo plugins isolate --off memo-new` ends that" in refused.err
    assert isolation.json("plugins", "isolate", "--off", "new", "--json")["released"] == ["memo-new"]
    assert not (isolation.config / "pylock.memo-new.toml").exists()


def test_what_cannot_be_isolated_is_named(isolation):
    nothing = isolation.run("plugins", "isolate", "inklib")
    assert nothing.code == 1
    assert "cause: inklib 2.0 brings no plugin for memo" in nothing.err
    built_in = isolation.run("plugins", "isolate", "plain")
    assert "plugin 'plain' is built in" in built_in.err
    isolation.policy("[isolated]\nmemo-closed = true\nmemo-chain = true\n")
    done = isolation.run("chain", "hey")
    # one that needs another plugin has it in its own environment, as a library
    assert json.loads(done.out) == [["1.0"]]
    assert "warning[not-isolable]: plugin 'shut' of memo-closed 1.0" in done.err
    assert "the application does not declare the registry 'closed' isolable" in done.err


def test_an_interrupt_leaves_nothing_half_made(isolation, tmp_path):
    program = tmp_path / "bin" / "uv"
    program.parent.mkdir()
    os.mkfifo(tmp_path / "begun")
    real = isolation.environments.root / ".tools/bin/uv"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *pip\\ install*) echo > {tmp_path}/begun; sleep 60;; esac\nexec {real} "$@"\n'
    )
    program.chmod(0o755)
    isolation.user.environ |= {"XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": f"{program.parent}:/usr/bin:/bin"}
    process = isolation.user.start(
        isolation.python, "-m", "memo", "plugins", "isolate", "memo-new", start_new_session=True
    )
    (tmp_path / "begun").read_bytes()  # which waits until it is written
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert [path.name for path in (tmp_path / "cache/pegboard/environments").iterdir() if path.is_dir()] == []
    assert not (isolation.config / "plugins.toml").exists()
