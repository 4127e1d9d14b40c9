"""Whatever is wrong around utt: files of the user, the disk, an impatient user."""

from __future__ import annotations

import os
import signal
import stat
import subprocess

import pytest

pytestmark = pytest.mark.slow

LOG = "2026-03-03 09:00 hello\n2026-03-03 10:00 acme: call  # with Zoé\n"
WORKED = "(1h00) 09:00-10:00 acme: call\n"
GREETING = "It is 11:30.\n"


# -- the user's plugin folder -----------------------------------------------------------------------------------------


def test_a_plugin_folder_that_is_a_file_is_named(install, start, user):
    user.config.mkdir(parents=True)
    (user.config / "plugins").write_text("not a folder")
    installed = start(install({}))

    report, greet = installed.utt("report"), installed.utt("greet")

    assert (report.code, greet.code, greet.out) == (0, 0, GREETING)
    assert WORKED in report.out
    for done in (report, greet):
        assert done.err.startswith(f"utt: warning[plugin-folder-unusable]: the plugin folder {user.config}/plugins ")
        assert done.err.count("\n") == 1


@pytest.mark.parametrize("kind", ["no permission", "dangling link", "undecodable", "broken"])
def test_a_file_in_the_plugin_folder_that_cannot_be_used_is_named(install, start, user, ordinary_user, kind):
    file = user.config / "plugins" / "mine.py"
    file.parent.mkdir(parents=True)
    if kind == "dangling link":
        file.symlink_to("nowhere")
    else:
        file.write_bytes({"undecodable": b"x = '\xff'\n", "broken": b"1 / 0\n"}.get(kind, b""))
    if kind == "no permission":
        file.chmod(0)
    installed = start(install({}))

    greet = installed.utt("greet", preexec_fn=ordinary_user)

    assert (greet.code, greet.out) == (0, GREETING)
    assert greet.err.startswith("utt: warning[plugin-")
    assert "'mine'" in greet.err
    assert greet.err.count("\n") == 1


# -- plugins.toml -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("strict = false\n[plugins.greet\nenabled = false\n", "line 2"),
        ("strict = false\nenabled = 'perhaps'\n", "'enabled' must be true or false (line 2)"),
        (
            "[plugins.greet]\nenable = false\n",
            "there is no setting 'plugins.greet.enable'; known are enabled, eager (line 2)",
        ),
        ("order = 3\n", "'order' must be a list of plugin names (line 1)"),
        (b"# caf\xe9\n", "it is not UTF-8 text (line 1)"),
    ],
    ids=["syntax", "value", "unknown setting", "type", "encoding"],
)
def test_an_invalid_plugins_toml_is_named_with_its_line_and_the_defaults_are_used(
    install, start, user, text, complaint
):
    user.config.mkdir(parents=True)
    file = user.config / "plugins.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    installed = start(install({}))

    report, greet = installed.utt("report"), installed.utt("greet")

    assert (report.code, greet.code, greet.out) == (0, 0, GREETING)
    assert WORKED in report.out
    for done in (report, greet):
        assert done.err.startswith(f"utt: warning[configuration-invalid]: {file} ")
        assert complaint in done.err
        assert done.err.count("\n") == 1


def test_a_plugins_toml_that_cannot_be_read_is_named(install, start, user, ordinary_user):
    user.config.mkdir(parents=True)
    file = user.config / "plugins.toml"
    file.write_text("")
    file.chmod(0)
    installed = start(install({}))

    greet = installed.utt("greet", preexec_fn=ordinary_user)

    assert (greet.code, greet.out) == (0, GREETING)
    assert greet.err.startswith(f"utt: warning[configuration-invalid]: {file} ")


# -- the log ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("log", "message"),
    [
        ("2026-03-03 09:00 hello\nwhat is this\n", "error: Invalid entry at line 2: what is this\n"),
        (
            "2026-03-03 09:00 hello\n2026-03-03 08:00 mail\n",
            "error: Line 2 not in chronological order: 2026-03-03 08:00 mail\n",
        ),
        ("\ufeff2026-03-03 09:00 hello\n", "error: Invalid entry at line 1: "),
        ("2026-03-03 09:00 hello\n2026-03-03 10:00 café\n".encode("latin-1"), "line 2"),
        ("2026-03-03 09:00 hello\n".encode("utf-16"), "line 1"),
    ],
    ids=["invalid line", "wrong order", "byte-order mark", "latin-1", "utf-16"],
)
def test_a_log_that_is_not_understood_is_an_error_and_does_not_change(install, start, user, log, message):
    installed = start(install({}))
    before = user.write_log(log)

    for words in (["report"], ["add", "mail"], ["stretch"]):
        done = installed.utt(*words)
        assert (done.code, done.out) == (1, "")
        assert done.err.startswith("error: ")
        assert message in done.err
        assert "Traceback" not in done.err
    assert installed.utt("greet").out == GREETING
    assert user.log.read_bytes() == before


# -- the disk ---------------------------------------------------------------------------------------------------------


def test_on_a_full_disk_what_only_reads_works_and_nothing_is_lost(install, start, user, full_disk):
    installed = start(install({}))
    user.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # EOL 3.11: it would keep a .pyc that a full disk cut short

    report = installed.utt("report", preexec_fn=full_disk)
    greet = installed.utt("greet", preexec_fn=full_disk)
    add = installed.utt("add", "mail", preexec_fn=full_disk)

    def errors(done):  # every start says that it has no place for its journal
        return "".join(line for line in done.err.splitlines(True) if "[journal-unwritable]" not in line)

    assert (report.code, errors(report)) == (0, "")
    assert WORKED in report.out
    assert (greet.code, greet.out, errors(greet)) == (0, GREETING, "")
    assert (add.code, add.out) == (1, "")
    assert errors(add).startswith(f"error: cannot write the log {user.log}: ")
    assert user.log.read_text() == LOG
    assert installed.utt("add", "mail").code == 0


def test_output_that_finds_no_room_is_an_error(install):
    installed = install({})

    with open("/dev/full", "w") as full:
        done = installed.utt("report", stdout=full)

    assert done.code == 1
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert done.err.count("\n") == 1


def test_in_a_home_that_cannot_be_written_to_what_only_reads_works(install, start, user, ordinary_user):
    installed = start(install({}))
    writable = stat.S_IMODE(user.home.stat().st_mode)
    folders = [folder for folder, _, _ in os.walk(user.home)]
    user.log.chmod(0o444)
    for folder in folders:
        os.chmod(folder, 0o555)
    try:
        report = installed.utt("report", preexec_fn=ordinary_user)
        greet = installed.utt("greet", preexec_fn=ordinary_user)
        add = installed.utt("add", "mail", preexec_fn=ordinary_user)
    finally:
        for folder in folders:
            os.chmod(folder, writable)

    assert (report.code, report.err) == (0, "")
    assert WORKED in report.out
    assert (greet.code, greet.out, greet.err) == (0, GREETING, "")
    assert (add.code, add.out) == (1, "")
    assert add.err == f"error: cannot write the log {user.log}: Permission denied; nothing was added\n"
    assert user.log.read_text() == LOG


def test_in_a_home_that_is_no_folder_what_needs_no_log_works(install, start, user):
    installed = install({})
    file = user.home / "file"
    file.write_text("")
    user.environ["HOME"] = str(file / "home")
    start(installed)

    greet, report, elsewhere = (
        installed.utt("greet"),
        installed.utt("report"),
        installed.utt("--data", str(user.log), "report"),
    )

    assert (greet.code, greet.out, greet.err) == (0, GREETING, "")
    assert (report.code, report.out) == (1, "")
    assert report.err.startswith(f"error: cannot read the log {file}/home/")
    assert "Traceback" not in report.err
    assert (elsewhere.code, elsewhere.err) == (0, "")
    assert WORKED in elsewhere.out


@pytest.mark.parametrize("damage", ["torn", "garbage", "empty", "folder"])
def test_an_index_that_is_damaged_is_made_anew_without_a_word(install, user, damage):
    installed = install({})
    assert installed.utt("greet").out == GREETING
    (index,) = (user.home / ".cache" / "utt").glob("*.index")
    whole = index.read_bytes()
    if damage == "folder":
        index.unlink()
        index.mkdir()
    else:
        index.write_bytes({"torn": whole[: len(whole) // 2], "garbage": b"\xff" * 64, "empty": b""}[damage])

    greet = installed.utt("greet")

    assert (greet.code, greet.out, greet.err) == (0, GREETING, "")


def test_in_an_environment_that_only_others_may_write_to_all_works(install, user, tmp_path, ordinary_user):
    installed = install({}, own=tmp_path / "venv")
    user.environ["UTT_PLUGINS_CACHE"] = ""
    folder = installed.environment.folder
    folder.chmod(0o555)
    try:
        outcomes = [installed.utt("greet", preexec_fn=ordinary_user) for _ in range(2)]
    finally:
        folder.chmod(0o755)

    assert [(done.code, done.out, done.err) for done in outcomes] == [(0, GREETING, "")] * 2
    assert len(list((user.home / ".cache" / "utt").glob("*.index"))) == 1


# -- an impatient user ------------------------------------------------------------------------------------------------

WAIT = "import os, sys; os.write(2, b'waiting'); sys.stdin.read()"
WAITING = {
    "while a plugin is imported": WAIT,
    "while a component is built": f"""
from utt.api import v1

def clock() -> v1.Now:
    {WAIT}

v1.register_component(v1.Now, clock)
""",
    "while a command runs": f"""
from utt.api import v1

class Greet:
    def __call__(self):
        {WAIT}

v1.register_component(v1.Now, v1.Now(2026, 3, 3, 11, 30))
v1.register_command(v1.Command("wait", "Wait", Greet, lambda parser: None))
""",
}


@pytest.mark.parametrize("lazy", ["1", "0"])
@pytest.mark.parametrize("when", WAITING)
def test_ctrl_c_ends_utt_at_once_and_quietly(install, user, when, lazy):
    user.environ["UTT_PLUGINS_LAZY"] = lazy
    installed = install({"acme-slow": {"slow.py": WAITING[when]}})
    process = installed.start("wait" if when == "while a command runs" else "greet", stdin=subprocess.PIPE)
    assert process.stderr.read(len(b"waiting")) == b"waiting"

    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (130, b"", b"")
    assert installed.utt("--no-plugins=slow", "greet").out == GREETING
