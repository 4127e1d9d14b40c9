"""What a plugin may leave behind it, what may be on its way to a terminal, and what a user's settings may hold."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

GOES_ON = "result['names'] = list(things)\nresult['used'] = [things[name] for name in things]"
CLOSES = "import os\nos.closerange(3, 256)\n"


def starts(application):
    """Run an eager start, a first lazy one, and two later ones."""
    application.settle()
    return [application.run(GOES_ON, APP_PLUGINS_LAZY="0"), *(application.run(GOES_ON) for _ in range(3))]


@pytest.mark.parametrize("opens", ["", "files = [os.open(__file__, os.O_RDONLY) for _ in range(9)]\n"])
@pytest.mark.parametrize("when", ["imported", "used"])
def test_a_plugin_that_closes_all_files_changes_nothing_for_the_rest(application, when, opens):
    close = CLOSES + opens
    application.plugin("a", close if when == "imported" else "")
    application.plugin("b", "" if when == "imported" else close)
    check = "\nimport os, sys\n[os.fstat(number) for number in getattr(sys.modules['app.plugins.a'], 'files', [])]"  # still open
    for run in [*starts(application), application.run(GOES_ON + check)]:
        assert run.result == {"names": ["t-a", "t-b"], "used": ["a", "b"]}
        assert run.stderr == ""
    assert not any((application.home / ".cache/app/plugins-app.journal").iterdir())


def test_an_index_is_read_on_after_a_plugin_has_closed_it(primed):
    run = primed.run(
        "import os\nresult['first'] = things['t-a']\nos.closerange(3, 256)\n"
        "result['names'] = list(things)\nresult['used'] = things['t-b']\nresult['why'] = host.manager.why_not_used"
    )
    assert run.result == {"first": "a", "names": ["t-a", "t-b", "t-c"], "used": "b", "why": None}


BROKEN = {
    "write raises": "class Odd:\n    def write(self, text): raise RuntimeError\nsys.stderr = Odd()\n",
    "write exits": "class Odd:\n    def write(self, text): raise SystemExit(3)\nsys.stderr = Odd()\n",
    "no stream": "sys.stderr = 5\n",
    "none": "sys.stderr = None\n",
    "deleted": "del sys.stderr\n",
    "closed": "sys.stderr.close()\n",
    "closed below": "import os\nos.close(2)\n",
    "closed with all": "import os\nos.closerange(2, 256)\n",
    "both gone": "del sys.stderr, sys.__stderr__\n",
    "narrow": "import io\nsys.stderr = io.TextIOWrapper(io.BytesIO(), encoding='ascii', line_buffering=True)\n",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_warning_ends_no_application_whatever_has_become_of_standard_error(application, what):
    application.plugin("a", "import sys\n" + BROKEN[what])
    application.plugin("b")
    application.plugin("c", "register('t-b', 'näme', summary='a clash')\n")
    for run in starts(application):
        assert run.result == {"names": ["t-a", "t-b", "t-c"], "used": ["a", "b", "c"]}


@pytest.mark.parametrize("stream", ["closed", "a pipe that nobody reads", "a full device"])
def test_nor_does_it_change_the_exit_status_where_nothing_can_be_written(application, stream):
    application.plugin("a", "1/0")
    application.settle()
    reader, writer = os.pipe()
    os.close(reader)
    target = os.open("/dev/full", os.O_WRONLY) if stream == "a full device" else writer
    command = [sys.executable, "-B", "-c", "from app import api; api.host.start(); print('end')"]
    if stream == "closed":
        command = ["sh", "-c", 'exec "$@" 2>&-', "sh", *command]
    done = subprocess.run(command, env=application.environ, stdout=subprocess.PIPE, stderr=target, check=False)
    os.close(target)
    assert (done.returncode, done.stdout) == (0, b"end\n")


def test_what_a_start_says_controls_no_terminal(application):
    odd = "\\x1b[2J\\x1b]0;owned\\x07\\x9b31m\\u202e"
    application.plugin("a", f"raise type('E{odd}', (Exception,), {{}})('{odd}')")
    application.plugin("b", f"declare(after=['{odd}'])")
    application.write("app/plugins/other.py", "1/0")
    info = application.site / "acme-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: ac\x1b[31mme\nVersion: 1\x1b[2J\n")
    (info / "RECORD").write_text("app/plugins/other.py,,\n")
    config = application.home / ".config/app"
    config.mkdir(parents=True)
    (config / "plugins.toml").write_text('"str\\u001b[2Jikt" = 1\norder = ["\\u009b31m"]\n')
    application.settle()
    for run in starts(application):
        assert {character for character in run.stderr if not character.isprintable()} == {"\n"}
        assert "ac\\x1b[31mme 1\\x1b[2J" in run.stderr
        assert "str\\x1b[2Jikt" in run.stderr
    data = application.run("result['plugin'] = dict(host.plugin('other').as_dict())")["plugin"]
    assert data["distribution"] == "ac\x1b[31mme"  # data has the true values


SETTINGS = {
    "nested lists": "x = " + "[" * 1000 + "]" * 1000,
    "unknown settings": "\n".join(f"k{number} = 1" for number in range(1500)),
    "a huge number": "x = " + "1" * 5000,
    "an unknown order": f"order = {[f'x{number}' for number in range(5000)]}",
    "a long name": f"[{'.'.join('a' * 20_000)}]\n" + "k = 1\n",
    "too large": "#" * 2_000_000,
    "not text": "\x00" * 100,
}


@pytest.mark.parametrize("what", SETTINGS)
def test_whatever_the_settings_hold_the_application_goes_on_and_says_so_in_few_words(application, what):
    application.plugin("a")
    config = application.home / ".config/app"
    config.mkdir(parents=True)
    (config / "plugins.toml").write_text(SETTINGS[what])
    runs = [*starts(application), application.run(GOES_ON, APP_NO_PLUGINS="1")]
    for run in runs[:-1]:
        assert run.result == {"names": ["t-a"], "used": ["a"]}
        assert "warning[configuration-invalid]" in run.stderr
        assert len(run.stderr) < 20_000
    assert runs[-1].result == {"names": [], "used": []}
    if what == "unknown settings":
        assert "it has 1,496 more mistakes; `app plugins config --check` lists them all" in runs[0].stderr


def test_of_many_wishes_a_few_are_told(application):
    application.plugin("a", "declare(after=[f'x{number}' for number in range(3000)])")
    for run in starts(application):
        assert run.result == {"names": ["t-a"], "used": ["a"]}
        assert run.stderr.count("order-impossible") == 5
        assert len(run.stderr) < 3_000


@pytest.mark.parametrize("what", ["index", "notes", "incidents", "RECORD", "plugins.toml", "entry_points.txt"])
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(application, what):
    application.plugin("a")
    starts(application)
    cache, info, config = application.index.parent, application.site / "x-1.dist-info", application.home / ".config/app"
    info.mkdir()
    config.mkdir(parents=True, exist_ok=True)
    places = {"index": application.index, "notes": application.index.with_suffix(".notes")}
    places |= {"incidents": cache / "plugins-app.incidents", "plugins.toml": config / "plugins.toml"}
    place = places.get(what, info / what)
    place.unlink(missing_ok=True)
    os.mkfifo(place, 0o600)
    for run in starts(application):
        assert run.result == {"names": ["t-a"], "used": ["a"]}


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/full", "/dev/stdin", "/proc/self/mem", "/dev/tty", "pipe", "."])
def test_a_plugin_may_depend_on_what_is_no_file_or_has_no_end(application, path):
    os.mkfifo(application.root / "pipe")
    application.plugin("a", f"declare(depends_on=[{path!r}])")
    for run in starts(application):
        assert run.result == {"names": ["t-a"], "used": ["a"]}
