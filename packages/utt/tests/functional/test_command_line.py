# The log is in naive local time, and digits are of any script.
# ruff: noqa: DTZ007
"""The command line: help, version, completion, errors, exit statuses."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

WEEK = "2021-03-01 09:00 hello\n2021-03-01 10:00 a: b\n\n2021-03-03 09:00 hello\n2021-03-03 09:30 c\n"


def test_help_lists_every_command_with_its_description(home):
    done = home.utt("--help", now=None)

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(
        "usage: utt [-h] [--data DATA_FILENAME] [--now NOW] [--version]\n"
        "           {add,config,edit,hello,report,stretch} ...\n"
    )
    lines = done.out.splitlines()
    for command in ("add", "config", "edit", "hello", "report", "stretch"):
        [line] = [line for line in lines if line.split()[:1] == [command]]
        assert len(line.split()) > 2, f"{command} has a description"


def test_no_word_at_all_is_a_cry_for_help_and_options_alone_are_not(home):
    assert home.utt(now=None) == home.utt("--help", now=None)
    quiet = home.utt()
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_the_version_is_ours_and_that_of_python(home):
    assert home.utt("--version", now=None).out == f"utt 2.0.0\nPython {sys.version}\n"


def test_as_a_module_the_program_is_called_as_python_calls_it(home):
    done = subprocess.run(
        [sys.executable, "-m", "utt", "bogus"],
        env=home.environment(),
        cwd=home.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("__main__.py: error: argument command: invalid choice: 'bogus'")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["report", "--now", "2021-03-03 10:00"], "utt: error: unrecognized arguments: --now"),
        (["report", "a", "b"], "utt: error: unrecognized arguments: b"),
        (["report", "--html", "--csv-section", "per-day"], "utt report: error: argument --csv-section: not allowed"),
        (["report", "--csv-section=per-day", "--html"], "utt report: error: argument --html: not allowed"),
        (["report", "--html=x"], "utt report: error: argument --html: ignored explicit argument 'x'"),
        (["report", "--c", "x"], "utt report: error: ambiguous option: --c could match"),
        (["--now", "", "hello"], "utt: error: argument --now: invalid parse_datetime value: ''"),
        (["add"], "utt add: error: the following arguments are required: name"),
    ],
)
def test_wrong_usage_is_argparse_s_to_tell(home, words, message):
    done = home.utt(*words, now=None)

    assert (done.code, done.out) == (2, "")
    usage, _, hint = done.err.partition("\n  hint: ")
    assert usage.splitlines()[-1].startswith(message)
    assert hint == ("write it as YYYY-MM-DD HH:MM\n" if "--now" in words and "--now:" in message else "")


def test_the_usage_of_report_is_as_it_always_was_but_for_the_page(home):
    assert home.utt("report", "-h").out.startswith(
        "usage: utt report [-h] [--current-activity CURRENT_ACTIVITY]\n"
        "                  [--no-current-activity] [--from FROM_DATE] [--to TO_DATE]\n"
        "                  [--project PROJECT] [--per-day]\n"
        "                  [--csv-section {per-day,per_day,per_task,per-task}]\n"
        "                  [--month [MONTH]] [--week [WEEK]] [--details] [--comments]\n"
        "                  [--html]\n"
        "                  [date]\n"
    )


@pytest.mark.parametrize("option", ["-h", "--h", "--he", "--hel"])
def test_what_was_short_for_help_still_is(home, option):
    assert home.utt("report", option) == home.utt("report", "--help")


def test_a_date_is_looked_at_before_the_log(home):
    home.write_log("garbage\n")
    assert home.utt("report", "nope").err == "error: Invalid date: nope (expected YYYY-MM-DD)\n"
    assert home.utt("report").err == (
        f"error: Invalid entry at line 1: garbage\n  hint: correct that line of {home.log}: utt edit\n"
    )
    (home.root / "my log").write_text("2021-03-03 09:00 a\n2021-03-02 09:00 b\n")
    assert home.utt("--data", "my log", "add", "x").err.endswith(
        "\n  hint: correct that line of my log: utt --data 'my log' edit\n"
    )


def test_a_moment_that_the_clock_cannot_show_is_a_friendly_error(home):
    done = home.utt("hello", now="0001-01-01 00:00")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: Invalid time: ")
    assert not home.log.exists()


def test_summer_time_moves_a_time_that_no_clock_showed(home):
    home.utt("hello", now="2024-03-10 02:30", env={"TZ": "America/New_York"})
    assert home.log.read_text() == "2024-03-10 03:30 hello\n"


def test_the_real_clock_is_used_without_now(home):
    from datetime import UTC, datetime, timedelta

    assert home.utt("hello", now=None, env={"TZ": "UTC"}).code == 0
    logged = datetime.strptime(home.log.read_text()[:16], "%Y-%m-%d %H:%M")
    assert abs(datetime.now(UTC).replace(tzinfo=None) - logged) < timedelta(minutes=2)


def test_the_editor_gets_the_log_as_one_word_and_its_status_does_not_matter(home):
    path = home.root / 'a $HOME `b" c.log'
    assert home.utt("--data", str(path), "edit", env={"EDITOR": "echo"}).out == f"{path}\n"
    assert home.utt("edit", env={"EDITOR": "false"}).code == 0


def test_an_editor_that_cannot_be_started_is_an_error(home):
    done = home.utt("edit", env={"EDITOR": "no-such-editor"})
    assert (done.code, done.err.splitlines()[-1]) == (
        1,
        "error: cannot start the editor 'no-such-editor'; set VISUAL or EDITOR to one that is installed",
    )


def test_a_log_whose_name_looks_like_an_option_is_edited(home):
    done = home.utt("--data=-n.log", "edit", env={"EDITOR": "echo"})
    assert (done.code, done.out) == (0, "./-n.log\n")


def test_ctrl_c_in_the_editor_is_the_editor_s(home):
    # This editor sends Ctrl-C to utt, which started it, goes on editing, and is waited for.
    script = "kill -INT $PPID; kill -INT $PPID; echo edited #"
    done = home.utt("edit", env={"EDITOR": script})
    assert (done.code, done.out, done.err) == (0, "edited\n", "")


def test_an_empty_editor_is_none(home):
    folder = home.root / "bin"
    folder.mkdir()
    (folder / "vi").write_text("#!/bin/sh\necho vi $*\n")
    (folder / "vi").chmod(0o755)
    done = home.utt("edit", env={"EDITOR": "", "VISUAL": " ", "PATH": f"{folder}:/usr/bin:/bin"})
    assert done.out == f"vi {home.log}\n"


def test_the_configuration_is_shown_and_its_place(home):
    path = home.root / ".config" / "utt" / "utt.cfg"
    assert home.utt("config").out == ""
    assert home.utt("config", "--filename", "--default").out == f"{path}\n"
    path.parent.mkdir(parents=True)
    path.write_text("[b]\nKey: value\nx=%(y)s\n\n[A]\nmulti = 1\n  2\n[DEFAULT]\nq=1\n")
    assert home.utt("config").out == "[DEFAULT]\nq = 1\n\n[b]\nkey = value\nx = %(y)s\n\n[A]\nmulti = 1\n\t2\n\n"
    assert home.utt("config", "--default").out == ""
    path.write_text("junk\n")
    broken = home.utt("config")
    assert (broken.code, broken.out) == (1, "")
    assert broken.err.startswith(f"error: cannot understand the configuration file {path}: ")
    assert home.utt("config", "--filename").out == f"{path}\n"
    assert home.utt("report").code == 0


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("utt ", "--data --help --now --version -h add config edit hello plugins report stretch"),
        ("utt r", "report"),
        ("utt report --c", "--comments --csv-section --current-activity"),
        ("utt report --h", "--help --html"),
        ("utt report --csv-section ", "per-day per-task per_day per_task"),
        ("utt hello ", "--help -h"),
        ("utt pl", "plugins"),
        ("utt plugins ind", "index"),
        ("utt plugins info 0_r", "0_report"),
        ("utt plugins list --state pr", "primed"),
    ],
)
def test_completion_knows_commands_and_options_and_needs_no_log(home, line, words):
    home.write_log("garbage\n")
    target = home.root / "completed"
    target.touch()
    env = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\013",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(target),
    }

    done = home.utt(now=None, env=env)

    assert done.code == 0
    assert " ".join(sorted(target.read_text().split("\013"))) == words


def test_names_of_commands_are_completed_without_building_their_parsers(home):
    """For which their plugins would be imported."""
    folder = home.root / "site" / "utt" / "plugins"
    folder.mkdir(parents=True)
    note = home.root / "built"
    note.touch()
    (folder / "greet.py").write_text(
        "from utt.api import v1\n"
        "def add(parser):\n"
        f"    open({str(note)!r}, 'a').write('built')\n"
        "    parser.add_argument('--loud')\n"
        "v1.register_command(v1.Command('greet', 'Greet', object, add))\n"
    )
    path = os.pathsep.join([home.environment()["PYTHONPATH"], str(home.root / "site")])
    env = {"PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def completed(line):
        return home.utt("plugins", "completion", "bash", "--line", line, env=env).out.split()

    assert completed("utt gr") == ["greet"]
    assert completed("utt --da") == ["--data"]
    assert completed("utt plugins info gr") == ["greet"]
    assert note.read_text() == ""
    assert "--loud" in completed("utt greet --")  # only the plugin knows
    assert note.read_text() == "built"


@pytest.mark.parametrize("words", [[], ["--html"]], ids=["text", "page"])
def test_a_reader_who_has_seen_enough_is_no_error_to_talk_about(home, words):
    home.write_log(WEEK)
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = home.utt("report", "--week", *words, stdout=writer)
    finally:
        os.close(writer)
    assert (done.code, done.err) == (1, "")


@pytest.mark.parametrize("words", [[], ["--html"]], ids=["text", "page"])
def test_an_output_that_is_full_is_one_sentence(home, words):
    home.write_log(WEEK)
    with open("/dev/full", "w") as full:
        done = home.utt("report", *words, stdout=full)
    assert done.code == 1
    assert done.err == "error: [Errno 28] No space left on device\n"


def test_a_character_that_the_output_lacks_is_one_sentence(home):
    home.write_log("2021-03-03 09:00 hello\n2021-03-03 09:30 日本\n")
    done = home.utt("report", env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 1
    assert done.err.startswith("error: cannot print '\\u65e5' in the encoding ascii; set PYTHONIOENCODING=utf-8")
    plugins = home.root / ".config" / "utt" / "plugins"
    plugins.mkdir(parents=True)
    (plugins / "talk.py").write_text(
        "from utt.api import v1\n"
        "v1.register_command(v1.Command('talk', 'd', lambda: lambda: print('\\u65e5'), lambda parser: None))\n"
    )
    assert home.utt("talk", env={"PYTHONIOENCODING": "ascii"}).err == done.err


def test_what_was_added_is_said_where_it_cannot_be_shown(home):
    home.write_log("2021-03-03 09:00 hello\n2021-03-03 09:30 c\n")
    with open("/dev/full", "w") as full:
        done = home.utt("stretch", stdout=full)
    assert (done.code, done.err) == (1, "error: the entry was added, and cannot be shown: No space left on device\n")
    assert home.log.read_text().endswith("2021-03-03 10:00 c\n")


def test_a_log_is_never_to_be_converted_to_ascii(home):
    home.write_log("2021-03-03 09:00 hello\n2021-03-03 09:30 caf\u00e9\n")
    ascii_only = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = home.utt("report", env=ascii_only)
    assert done.code == 1
    assert done.err.endswith("it is UTF-8: run utt in a UTF-8 locale, or set PYTHONUTF8=1\n")
    home.log.write_bytes(b"2021-03-03 09:00 hello\n2021-03-03 09:30 caf\xe9\n")
    assert home.utt("report", env=ascii_only).err.endswith("run utt in the locale it was written in\n")


def test_stretching_is_told_even_where_the_arrow_cannot_be_printed(home):
    home.write_log(WEEK)
    done = home.utt("stretch", env={"PYTHONIOENCODING": "ascii"})
    assert (done.code, done.out) == (0, "stretched 2021-03-03 09:30 c\n        ? 2021-03-03 10:00 c\n")


@pytest.mark.parametrize("words", [["report"], ["report", "--csv-section", "per_day"], ["hello"], ["stretch"]])
def test_an_output_that_is_closed_gets_nothing_and_nobody_is_blamed(home, words):
    home.write_log(WEEK)
    done = home.utt(*words, preexec_fn=lambda: os.close(1))
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"2026-03-02 08:00 hello\nx\x1b[2J\x1b]0;owned\x07y\n", "x\\x1b[2J\\x1b]0;owned\\x07y"),
        (b"2026-03-02 08:00 hello\n2026-03-02 09:00 a\n\0\0\0\0", "\\x00\\x00\\x00\\x00"),
        (b"\xef\xbb\xbf2026-03-02 08:00 hello\n", "\\ufeff2026-03-02 08:00 hello"),
        ("2026-03-02 08:00 hello\n\u202eevil\n".encode(), "\\u202eevil"),
    ],
)
def test_what_cannot_be_seen_in_a_bad_line_is_shown(home, data, shown):
    home.write_log(data)
    done = home.utt("report")
    assert done.code == 1
    assert shown in done.err
    assert {character for character in done.err if not character.isprintable()} <= {"\n"}
