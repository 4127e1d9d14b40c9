"""`plugins doctor` on an application: each kind of finding where it is due, with the right culprit and remedy."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import packaging
import pytest
import tomlkit

import pegboard
from pegboard.tools.doctor.codes import CODES

MAIN = """
import sys
from app.api import host
from pegboard.cli import manage, take_no_plugins
arguments = take_no_plugins(sys.argv[1:], host)
if arguments == ["start"]:
    sys.exit(host.start())
sys.exit(manage(host, arguments[1:], prog="app plugins"))
"""


class Clinic:
    """The application, and what people install."""

    def __init__(self, application) -> None:
        self.application = application
        application.write("app/__main__.py", MAIN)
        application.plugin("good")
        tools = application.root / "tools"
        tools.mkdir()
        for package in (pegboard, packaging):  # and nothing else that the environment of the tests has
            place = Path(package.__file__).parent
            (tools / place.name).symlink_to(place)
        application.environ["PYTHONPATH"] += os.pathsep + str(tools)

    def install(self, distribution, files, *, metadata="", entry_points="", version="1.2.0", record=None):
        """Leave behind what an installer does: the files, and a dist-info directory that has them all."""
        site = self.application.site
        info = f"{distribution.replace('-', '_')}-{version}.dist-info"
        contents = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{metadata}",
        }
        if entry_points:
            contents[f"{info}/entry_points.txt"] = f"[app.plugins]\n{entry_points}\n"
        rows = []
        for name, text in contents.items():
            path = site / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
            rows.append(f"{name},sha256={digest},{len(text)}")
        (site / info / "RECORD").write_text("\n".join([*rows, f"{info}/RECORD,,", ""]))

    def run(self, *words, **environ):
        return subprocess.run(
            [sys.executable, "-S", "-B", "-m", "app", *words],
            env=self.application.environ | environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.application.root,
        )

    def start(self):
        self.application.settle()
        return self.run("start")

    def doctor(self, *words, **environ):
        """Return the findings, having seen that the exit status fits them."""
        done = self.run("plugins", "doctor", "--json", *words, **environ)
        assert not done.stderr or "--fix" in words, done.stderr
        findings = json.loads(done.stdout)["findings"]
        assert done.returncode == any(found["severity"] != "note" for found in findings)
        assert all(found["code"] in CODES for found in findings)
        return findings

    def only(self, *words, **environ):
        (found,) = self.doctor(*words, **environ)
        assert found["remedy"]
        return found


@pytest.fixture
def clinic(application):
    return Clinic(application)


# -- nothing is wrong -------------------------------------------------------------------------------------------------


def test_of_healthy_plugins_it_says_one_line(clinic):
    clinic.install("acme-well", {"app/plugins/well.py": "def health(): return []\n"})
    clinic.start()
    done = clinic.run("plugins", "doctor")
    assert (done.stdout, done.stderr, done.returncode) == ("2 plugins, 21 checks: nothing is wrong\n", "", 0)


def test_a_plugin_with_a_valid_record_is_not_imported(clinic):
    # what the body of a library does is no effect of the plugin
    clinic.application.write("marks.py", "import os\nopen(os.environ['HOME'] + '/ran', 'a').write('x')\n")
    clinic.application.plugin("shy", "import marks\n")
    clinic.application.settle()
    clinic.start()
    ran = clinic.application.home / "ran"
    ran.unlink()
    assert clinic.doctor() == []
    assert not ran.exists()
    assert clinic.doctor("--all") == []
    assert ran.read_text() == "xx"  # alone, and with the others


def test_who_prints_at_import_is_named_and_who_writes_past_python(clinic):
    clinic.install("acme-loud", {"app/plugins/loud.py": "print('hello')\n"})
    clinic.install("acme-child", {"app/plugins/child.py": "import os\nos.system('echo child')\n"})
    clinic.install("acme-raw", {"app/plugins/raw.py": "import os\nos.write(1, b'raw')\n"})
    expected = {
        ("plugin-prints", "loud", "acme-loud 1.2.0", "it prints 'hello'"),
        *(
            ("plugin-bypasses-output", name, f"acme-{name} 1.2.0", f"writes to descriptor 1: '{name}'")
            for name in ("raw", "child")
        ),
    }
    clinic.application.settle()
    for _ in ("without records", "with records"):
        found = clinic.doctor()
        assert expected == {
            (item["code"], item["plugin"], item["distribution"], text)
            for item in found
            for text in [text for *_, text in expected if item["cause"].endswith(text)]
        }
        clinic.application.process("host.start()")


def test_what_it_was_silent_about_is_found_and_safe_remedies_are_applied(clinic):
    clinic.install("acme-mist", {"mist.py": ""}, metadata="Requires-Dist: app>=1\n")
    clinic.install("acme-fog", {"app/plugin/fog.py": ""}, metadata="Requires-Dist: App ; python_version > '3'\n")
    points = {
        "acme_dew-1.2.0.dist-info/entry_points.txt": "[console_scripts]\ndew = dew:run\n[app.plugin]\ndew = dew\n"
    }
    clinic.install("acme-dew", {"dew.py": "", **points}, metadata="Requires-Dist: app\n")
    clinic.install("acme-tool", {"tool.py": ""}, metadata="Requires-Dist: app-lib\n")
    endless = "import threading\nthreading.Thread(target=threading.Event().wait, name='ticker').start()\n"
    clinic.install("acme-endless", {"app/plugins/endless.py": endless})
    clinic.install("acme-bad", {"app/plugins/bad.py": "raise ValueError('no')\n"})
    file = clinic.application.home / ".config/app/plugins.toml"
    file.parent.mkdir(parents=True)
    file.write_text("[plugins.gone]\nenabled = false\n")
    found = {item["code"]: item for item in clinic.doctor("--fix")}
    assert "'ticker'" in found["plugin-thread-endless"]["cause"]
    assert found["plugin-thread-endless"]["distribution"] == "acme-endless 1.2.0"
    assert (
        "remove the setting: app plugins config --unset plugins.gone.enabled"
        in (found["configuration-unknown-name"]["remedy"])
    )
    assert file.read_text() == "[plugins.gone]\nenabled = false\n"  # nobody could be asked
    (clinic.application.root / "tools" / "tomlkit").symlink_to(Path(tomlkit.__file__).parent)
    done = clinic.run("plugins", "doctor", "--fix", "--yes", "--no-import")
    assert f"done: remove the settings of 'gone' from {file}" in done.stdout
    assert "gone" not in file.read_text()
    misplaced = {
        item["distribution"]: (item["where"], f"{item['cause']}; {item['remedy']}")
        for item in clinic.doctor("--no-import")
        if item["code"] == "plugin-misplaced"
    }
    site = clinic.application.site
    assert {name: where for name, (where, _) in misplaced.items()} == {
        "acme-dew 1.2.0": f"{site}/dew.py",
        "acme-fog 1.2.0": f"{site}/app/plugin/fog.py",
        "acme-mist 1.2.0": f"{site}/mist.py",
    }
    assert "put it at app/plugins/mist.py, or name it in the group 'app.plugins'" in misplaced["acme-mist 1.2.0"][1]
    text = "in the group 'app.plugin', which nothing reads; tell its author: the group is named 'app.plugins'"
    assert text in misplaced["acme-dew 1.2.0"][1]


def test_no_import_imports_nothing_and_says_whom_it_knows_nothing_of(clinic):
    clinic.install("acme-new", {"app/plugins/new.py": "import os\nopen(os.environ['HOME'] + '/ran', 'w')\n"})
    found = {item["plugin"]: item for item in clinic.doctor("--no-import")}
    assert {item["code"] for item in found.values()} == {"plugin-unexamined"}
    assert found["new"]["distribution"] == "acme-new 1.2.0"
    assert not (clinic.application.home / "ran").exists()


def test_it_leaves_index_and_strikes_as_they_are(clinic):
    clinic.install("acme-deadly", {"app/plugins/deadly.py": "import os\nos._exit(3)\n"})
    clinic.doctor()
    clinic.doctor()
    assert not (clinic.application.home / ".cache").exists()


# -- imports ----------------------------------------------------------------------------------------------------------

BROKEN = {
    "a syntax error": ("x = 1\ndef (:\n", "plugin-import-failed", "SyntaxError", 2),
    "a missing dependency": ("import nobody_has_it\n", "plugin-import-failed", "No module named 'nobody_has_it'", 1),
    "an exit": ("import sys\nsys.exit(3)\n", "plugin-import-failed", "it called sys.exit(3)", 2),
    "a segmentation fault": (
        "import ctypes\nctypes.string_at(0)\n",
        "plugin-kills-process",
        "it killed the process by signal SIGSEGV during its import",
        2,
    ),
    "a hard exit": (
        "import os\nos._exit(7)\n",
        "plugin-kills-process",
        "it ended the process with status 7 during its import",
        2,
    ),
    "a loop without end": (
        "while True:\n    pass\n",
        "plugin-import-hangs",
        "its import did not end within 0.5 s",
        1,
    ),
    "a recursion": ("def again(): again()\nagain()\n", "plugin-import-failed", "RecursionError", 1),
    "an exception of its own": (
        "class Own(BaseException): pass\nraise Own('no luck')\n",
        "plugin-import-failed",
        "Own: no luck",
        2,
    ),
    "nonsense metadata": (
        "from app import api\napi.register('x', 1, what=object())\n",
        "plugin-import-failed",
        "metadata 'what' of 'x' in registry 'things' is of type object",
        2,
    ),
    "a flood of output": (
        "import sys\nfor _ in range(300):\n    sys.stdout.write('x' * 9999)\nraise OSError('full')\n",
        "plugin-import-failed",
        "OSError: full",
        4,
    ),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_plugin_that_breaks_is_named_with_its_cause_and_place(clinic, how):
    code, kind, cause, line = BROKEN[how]
    clinic.install("acme-bad", {"app/plugins/bad.py": code})
    found = clinic.only("--deadline", "0.5")
    assert (found["code"], found["severity"], found["plugin"]) == (kind, "error", "bad")
    assert found["distribution"] == "acme-bad 1.2.0"
    assert cause in found["cause"]
    place, _, number = found["where"].rpartition(":")
    assert place == str(clinic.application.site / "app/plugins/bad.py")
    assert int(number) in (line, line + 1)  # a loop is at its head, or in its body


def test_the_plugin_that_another_one_imports_is_named_as_the_culprit(clinic):
    clinic.install("acme-deadly", {"app/plugins/deadly.py": "import os\nos._exit(3)\n"})
    clinic.install("acme-user", {"app/plugins/user.py": "import app.plugins.deadly\n"})
    found = {item["plugin"]: item["cause"] for item in clinic.doctor()}
    assert "which it imports" not in found["deadly"]
    assert found["user"].endswith("that was in plugin 'deadly' of acme-deadly 1.2.0, which it imports")


def test_a_name_clash_is_found_without_any_start_before(clinic):
    clinic.install("acme-one", {"app/plugins/one.py": "from app import api\napi.register('t-good', 1)\n"})
    found = clinic.only()
    assert (found["code"], found["plugin"], found["distribution"]) == ("name-clash", "one", "acme-one 1.2.0")
    assert "plugin 'good'" in found["cause"]


def test_a_recorded_name_clash_is_looked_at_again_and_repeated_without_imports(clinic):
    clinic.install("acme-one", {"app/plugins/one.py": "from app import api\napi.register('t-good', 1)\n"})
    assert "warning[name-clash]" in clinic.start().stderr
    for words in ((), ("--no-import",)):
        found = clinic.only(*words)
        assert (found["code"], found["plugin"], found["distribution"]) == ("name-clash", "one", "acme-one 1.2.0")


def test_plugins_that_break_only_together_are_found(clinic):
    clinic.application.plugin("first", "import sys\nsys.modules['json'] = None\n")
    clinic.application.plugin("second", "import json\n")
    found = clinic.only()
    assert (found["code"], found["plugin"]) == ("plugin-import-failed", "second")


def test_a_wish_for_an_order_that_cannot_be_met_is_found(clinic):
    clinic.application.plugin("wishful", "declare(after='nobody')\n")
    for _ in range(2):
        found = clinic.only()
        assert (found["code"], found["plugin"]) == ("order-impossible", "wishful")
        assert "'nobody', which is not installed" in found["cause"]
        clinic.start()


def test_a_required_plugin_that_is_missing_is_found(clinic):
    api = clinic.application.code / "app/api.py"
    api.write_text(api.read_text().replace('Host("app")', 'Host("app", required=["core"])'))
    found = clinic.only()
    assert (found["code"], found["severity"], found["plugin"]) == ("required-plugin-unusable", "error", "core")


def test_a_quarantined_plugin_is_found_with_what_it_does(clinic):
    clinic.install("acme-deadly", {"app/plugins/deadly.py": "import os\nos._exit(3)\n"})
    clinic.start()
    clinic.run("start")
    assert "plugin-quarantined" in clinic.run("start").stderr
    codes = {found["code"]: found for found in clinic.doctor()}
    assert set(codes) == {"plugin-quarantined", "plugin-kills-process"}
    assert "app plugins release deadly" in codes["plugin-quarantined"]["remedy"]


def test_safe_mode_after_failed_starts_does_not_keep_it_from_looking(clinic):
    clinic.install("acme-deadly", {"app/plugins/deadly.py": "import os\nos._exit(3)\n"})
    clinic.install("acme-odd", {"app/plugins/odd.py": "raise ValueError\n"})
    clinic.start()
    assert {"plugin-kills-process", "plugin-import-failed"} <= {found["code"] for found in clinic.doctor()}


def test_an_extension_for_another_python_is_found(clinic):
    clinic.install("acme-old", {"app/plugins/old.cpython-35m-x86_64-linux-gnu.so": ""})
    found = clinic.only()
    assert (found["code"], found["plugin"]) == ("plugin-not-importable", "old")
    assert "built for another Python" in found["cause"]


# -- health -----------------------------------------------------------------------------------------------------------

SICK = {
    "it says so in a text": ("def health(): return 'no token'\n", "plugin-unhealthy", "no token", 1),
    "it yields it": ("def health():\n    yield 'no token'\n", "plugin-unhealthy", "no token", 1),
    "it says so when awaited": ("async def health(): return ['no token']\n", "plugin-unhealthy", "no token", 1),
    "it is another's function": (
        "from app.api import ill as health\n",
        "plugin-unhealthy",
        "no token",
        None,
    ),
    "its check raises": ("def health():\n    1 / 0\n", "plugin-health-failed", "ZeroDivisionError", 2),
    "its check exits": ("import sys\ndef health():\n    sys.exit(1)\n", "plugin-health-failed", "sys.exit(1)", 3),
    "its check hangs": (
        "from threading import Event\ndef health():\n    Event().wait()\n",
        "plugin-health-hangs",
        "its health check did not end within 0.5 s",
        3,
    ),
    "its check never stops to complain": (
        "def health():\n    while True: yield 'again'\n",
        "plugin-unhealthy",
        "again",
        1,
    ),
    "its check kills": (
        "import os\ndef health():\n    os._exit(0)\n",
        "plugin-health-kills-process",
        "it ended the process with status 0 during its health check",
        3,
    ),
}


@pytest.mark.parametrize("how", SICK)
def test_a_plugin_tells_that_it_is_not_well_also_when_it_is_recorded(clinic, how):
    code, kind, cause, line = SICK[how]
    clinic.application.write(
        "app/api.py", (clinic.application.code / "app/api.py").read_text() + "def ill(): return 'no token'\n"
    )
    clinic.install("acme-sick", {"app/plugins/sick.py": code})
    clinic.start()
    found = clinic.only("--deadline", "0.5")
    assert (found["code"], found["plugin"], found["distribution"]) == (kind, "sick", "acme-sick 1.2.0")
    assert cause in found["cause"]
    if line is not None:
        assert found["where"] == f"{clinic.application.site}/app/plugins/sick.py:{line}"


# -- installations ----------------------------------------------------------------------------------------------------


def test_a_stray_init_file_is_found_with_who_brought_it(clinic):
    clinic.install("acme-stray", {"app/plugins/stray.py": "", "app/plugins/__init__.py": "print('mine')\n"})
    found = clinic.only()
    assert (found["code"], found["distribution"]) == ("stray-package-file", "acme-stray 1.2.0")
    assert found["where"] == str(clinic.application.site / "app/plugins/__init__.py")
    assert "update or uninstall acme-stray 1.2.0" in found["remedy"]


def test_two_distributions_with_one_plugin_are_found(clinic):
    clinic.install("acme-one", {"app/plugins/same.py": ""})
    clinic.install("acme-two", {"app/plugins/same.py": "x = 1\n"})
    found = clinic.only()
    assert (found["code"], found["plugin"]) == ("file-owned-twice", "same")
    assert (found["distribution"], found["remedy"]) == (
        "acme-two 1.2.0",
        "uninstall acme-two, then reinstall acme-one 1.2.0",
    )


def own(clinic, **files):
    """Let the application be installed, as a distribution with these files."""
    site = clinic.application.site
    for path in clinic.application.code.rglob("app/**/*.py"):
        files.setdefault(str(path.relative_to(clinic.application.code)), path.read_text())
    shutil.rmtree(clinic.application.code / "app")
    clinic.install("app", files, version="2.0")
    return site


@pytest.mark.parametrize("path", ["app/plugins/csv.py", "app/words.py", "app/deep/er/file.py"])
@pytest.mark.parametrize("is_first", [False, True], ids=["installed last", "installed first"])
def test_who_brings_a_file_of_the_application_is_at_fault_and_not_the_application(clinic, path, is_first):
    files = {path: "x = 'theirs'\n", "app/plugins/zeta.py": ""}
    if is_first:
        clinic.install("zeta-tables", files)
    own(clinic, **{path: "x = 'ours'\n"})
    if not is_first:
        clinic.install("zeta-tables", files)
    found = clinic.only()
    assert (found["code"], found["distribution"], found["where"]) == (
        "file-owned-twice",
        "zeta-tables 1.2.0",
        str(clinic.application.site / path),
    )
    assert found["remedy"] == "uninstall zeta-tables, then reinstall app 2.0"

    clinic.application.settle()
    started = clinic.run("start")
    (line,) = started.stderr.splitlines()
    assert line.startswith("app: warning[file-owned-twice]: plugin ")
    assert "of zeta-tables 1.2.0 brings a file that app 2.0 brings, too" in line

    for leftover in ("app/plugins/zeta.py", path):  # as an uninstaller does
        (clinic.application.site / leftover).unlink()
    shutil.rmtree(clinic.application.site / "zeta_tables-1.2.0.dist-info")
    (found,) = [found for found in clinic.doctor() if found["severity"] != "note"]  # the index is stale
    assert (found["code"], found["distribution"], found["where"]) == (
        "file-missing",
        "app 2.0",
        str(clinic.application.site / path),
    )


def test_of_two_whose_file_has_been_edited_since_the_one_installed_last_is_at_fault(clinic):
    clinic.install("acme-two", {"app/plugins/same.py": "x = 2\n"})
    clinic.install("acme-one", {"app/plugins/same.py": "x = 1\n"})
    info = clinic.application.site / "acme_two-1.2.0.dist-info/RECORD"
    os.utime(info, (1e9, 1e9))
    (clinic.application.site / "app/plugins/same.py").write_text("x = 3\n")
    found = clinic.only()
    assert (found["code"], found["distribution"]) == ("file-owned-twice", "acme-one 1.2.0")


def test_a_name_of_the_applications_own_plugin_is_no_reason_to_uninstall_the_application(clinic):
    own(clinic, **{"app/plugins/csv.py": ""})
    other = clinic.application.root / "other"
    (other / "app/plugins").mkdir(parents=True)
    (other / "app/plugins/csv.py").write_text("")
    clinic.application.environ["PYTHONPATH"] += os.pathsep + str(other)
    found = clinic.only()
    assert (found["code"], found["remedy"]) == ("plugin-duplicate", f"remove {other}/app/plugins/csv.py")


@pytest.mark.parametrize(("other", "severity"), [("x = 2\n", "warning"), ("x = 1\n", "note")])
def test_a_helper_that_two_distributions_bring_is_found(clinic, other, severity):
    clinic.install("acme-one", {"app/plugins/one.py": "", "acme_common.py": "x = 1\n"})
    clinic.install("acme-two", {"app/plugins/two.py": "", "acme_common.py": other})
    found = clinic.only()
    assert (found["code"], found["severity"]) == ("file-owned-twice", severity)
    assert set(found["distribution"].split(", ")) == {"acme-one 1.2.0", "acme-two 1.2.0"}
    assert found["where"] == str(clinic.application.site / "acme_common.py")


def test_a_program_that_two_distributions_bring_is_found(clinic):
    for number, name in enumerate(("acme-one", "acme-two")):
        clinic.install(name, {f"app/plugins/{name[5:]}.py": "", "../bin/report": f"#!{number}"})
    found = clinic.only()
    assert (found["code"], found["where"]) == ("file-owned-twice", str(clinic.application.root / "bin/report"))
    assert found["remedy"] == "uninstall acme-two, then reinstall acme-one"


def test_stale_metadata_is_found(clinic):
    clinic.install("acme-csv", {"app/plugins/csv.py": ""})
    stale = clinic.application.site / "acme_csv.egg-info"
    stale.mkdir()
    (stale / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: acme-csv\nVersion: 0.9\n")
    found = clinic.only()
    assert (found["code"], found["where"]) == ("stale-metadata", str(stale))
    assert "acme-csv 0.9" in found["what"]


def test_a_directory_that_an_uninstalled_plugin_left_is_noted(clinic):
    left = clinic.application.site / "app/plugins/gone"
    left.mkdir()
    (left / "user.cfg").write_text("")
    found = clinic.only()
    assert (found["code"], found["severity"], found["where"]) == ("leftover-directory", "note", str(left))
    assert "user.cfg" in found["cause"]


def test_changed_and_removed_files_are_found(clinic):
    clinic.install("acme-mod", {"app/plugins/mod/__init__.py": "", "app/plugins/mod/a.py": "", "acme_data.txt": "x"})
    (clinic.application.site / "app/plugins/mod/__init__.py").write_text("# debugging\n")
    (clinic.application.site / "acme_data.txt").unlink()
    gone, changed = clinic.doctor()
    assert (gone["code"], gone["distribution"], gone["plugin"]) == ("file-missing", "acme-mod 1.2.0", "mod")
    assert gone["where"] == str(clinic.application.site / "acme_data.txt")
    assert (changed["code"], changed["plugin"]) == ("modified-since-install", "mod")
    assert changed["where"] == str(clinic.application.site / "app/plugins/mod/__init__.py")
    assert changed["remedy"] == "reinstall acme-mod, unless you edited it on purpose"


def test_an_editable_install_whose_source_is_gone_is_found(clinic):
    clinic.install(
        "acme-dev",
        {
            "acme_dev-1.2.0.dist-info/direct_url.json": json.dumps(
                {"url": f"file://{clinic.application.root}/moved", "dir_info": {"editable": True}}
            )
        },
        metadata="Requires-Dist: app\n",
    )
    found = clinic.only()
    assert (found["code"], found["distribution"]) == ("editable-source-gone", "acme-dev 1.2.0")
    assert found["cause"] == f"{clinic.application.root}/moved does not exist"


def test_a_plugin_that_an_editable_install_does_not_reach_is_found(clinic):
    source = clinic.application.root / "project/src/app/plugins/unseen.py"
    source.parent.mkdir(parents=True)
    source.write_text("")
    clinic.install(
        "acme-dev",
        {
            "acme_dev-1.2.0.dist-info/direct_url.json": json.dumps(
                {"url": f"file://{clinic.application.root}/project", "dir_info": {"editable": True}}
            )
        },
    )
    found = clinic.only()
    assert (found["code"], found["plugin"]) == ("editable-invisible", "unseen")
    assert (found["distribution"], found["where"]) == ("acme-dev 1.2.0", str(source))


def test_a_helper_in_the_source_of_an_editable_install_is_no_plugin(clinic):
    source = clinic.application.root / "project/src/app/plugins/_helper.py"
    source.parent.mkdir(parents=True)
    source.write_text("")
    origin = json.dumps({"url": f"file://{clinic.application.root}/project", "dir_info": {"editable": True}})
    clinic.install("acme-dev", {"acme_dev-1.2.0.dist-info/direct_url.json": origin})
    api = clinic.application.code / "app/api.py"
    condition = 'Host("app", is_plugin=lambda candidate: not candidate.name.startswith("_"))'
    api.write_text(api.read_text().replace('Host("app")', condition))
    clinic.application.settle()
    assert [finding for finding in clinic.doctor() if finding["code"] == "editable-invisible"] == []


def test_what_a_plugin_requires_and_does_not_get_is_found_with_the_way_there(clinic):
    clinic.install("acme-csv", {"app/plugins/csv.py": ""}, metadata="Requires-Dist: acme-base>=2\n")
    clinic.install(
        "acme-base",
        {},
        version="1.9",
        metadata=(
            "Requires-Dist: nobody-has-it>=1\nRequires-Dist: only-on-mars; sys_platform == 'mars'\n"
            "Requires-Dist: extra-thing; extra == 'more'\nRequires-Python: >=99\n"
        ),
    )
    missing, *conflicts = clinic.doctor()
    assert (missing["code"], missing["plugin"]) == ("requirement-missing", "csv")
    assert missing["what"] == "acme-base 1.9 requires nobody-has-it>=1, which is not installed"
    assert missing["cause"] == "plugin 'csv' of acme-csv 1.2.0 needs it, by way of acme-base 1.9"
    assert missing["remedy"] == "pip install 'nobody-has-it>=1'"
    assert [found["code"] for found in conflicts] == ["requirement-conflict"] * 2
    python, version = conflicts
    assert python["what"].startswith("acme-base 1.9 requires Python >=99")
    assert version["what"] == "acme-csv 1.2.0 requires acme-base>=2, and acme-base 1.9 is installed"


def test_without_packaging_it_says_what_it_does_not_know(clinic):
    clinic.install("acme-csv", {"app/plugins/csv.py": ""}, metadata="Requires-Dist: acme-base>=2\n")
    clinic.application.write("packaging.py", "raise ImportError('as if it were not installed')\n")
    found = clinic.only()
    assert (found["code"], found["severity"]) == ("requirements-unchecked", "note")


def test_a_directory_that_everybody_may_write_is_found(clinic):
    clinic.install("acme-open", {"app/plugins/open/__init__.py": ""})
    place = clinic.application.site / "app/plugins/open"
    place.chmod(0o777)
    found = clinic.only()
    assert (found["code"], found["plugin"], found["distribution"]) == ("writable-by-others", "open", "acme-open 1.2.0")
    assert found["remedy"] == f"chmod o-w '{place}'"


# -- records and settings ---------------------------------------------------------------------------------------------


def test_an_eager_plugin_is_noted_with_the_reason(clinic):
    clinic.install("acme-busy", {"app/plugins/busy.py": "import threading\nthreading.Thread(target=int).start()\n"})
    clinic.start()
    found = clinic.only()
    assert (found["code"], found["severity"], found["plugin"]) == ("plugin-eager", "note", "busy")
    assert "thread" in found["cause"]
    assert found["distribution"] == "acme-busy 1.2.0"


def test_an_index_that_does_not_hold_is_noted(clinic):
    clinic.start()
    clinic.application.plugin("another")
    found = clinic.only()
    assert (found["code"], found["severity"]) == ("index-stale", "note")
    assert "app/plugins has changed" in found["cause"]


def test_an_index_that_lies_is_noted(clinic):
    clinic.start()
    clinic.application.index.write_bytes(b"nonsense")
    assert clinic.only()["code"] == "index-stale"


def test_a_place_for_the_index_that_cannot_be_written_is_found(clinic):
    (clinic.application.home / ".cache").write_text("")
    found = clinic.only()
    assert (found["code"], found["cause"]) == (
        "index-unwritable",
        f"{clinic.application.home}/.cache is not a folder",
    )


def test_unknown_names_in_the_settings_are_found_with_the_nearest(clinic):
    config = clinic.application.home / ".config/app"
    config.mkdir(parents=True)
    (config / "plugins.toml").write_text(
        "order = ['nobody']\n[plugins.godo]\nenabled = false\n[plugins.good]\neagr = 1\n"
    )
    order, setting, unknown = clinic.doctor()
    assert {order["code"], setting["code"]} == {"configuration-invalid"}
    assert "no plugin is named 'nobody'" in order["cause"]
    assert "'plugins.good.eagr'" in setting["cause"]
    assert unknown["code"] == "configuration-unknown-name"
    assert unknown["remedy"] == (
        "remove the setting: app plugins config --unset plugins.godo.enabled; if it is misspelt: did you mean 'good'?"
    )
    assert unknown["where"] == str(config / "plugins.toml")


def test_unknown_names_in_the_environment_are_found(clinic):
    found = clinic.only(APP_NO_PLUGINS="goood")
    assert (found["code"], found["where"]) == ("configuration-unknown-name", "the environment")


def test_a_plugin_folder_that_is_a_file_is_found(clinic):
    config = clinic.application.home / ".config/app"
    config.mkdir(parents=True)
    (config / "plugins").write_text("")
    assert clinic.only()["code"] == "plugin-folder-unusable"


# -- the command ------------------------------------------------------------------------------------------------------


def test_a_check_that_fails_is_a_finding_and_the_others_go_on(clinic):
    clinic.install("acme-bad", {"app/plugins/bad.py": "raise ValueError\n"})
    breaking = "import pegboard.tools.doctor.diagnosis as diagnosis\ndiagnosis.leftovers = lambda evidence: 1 / 0\n"
    clinic.application.write("app/__main__.py", breaking + MAIN)
    found = {item["code"]: item for item in clinic.doctor()}
    assert set(found) == {"check-failed", "plugin-import-failed"}
    assert found["check-failed"]["cause"].startswith("ZeroDivisionError")


def test_findings_are_told_in_words_the_worst_first(clinic):
    clinic.install("acme-bad", {"app/plugins/bad.py": "raise ValueError('no luck')\n"})
    (clinic.application.site / "app/plugins/left").mkdir()
    done = clinic.run("plugins", "doctor")
    site = clinic.application.site
    assert done.stdout == (
        "error[plugin-import-failed]: plugin 'bad' of acme-bad 1.2.0 could not be imported and is left out\n"
        "  cause: ValueError: no luck\n"
        f"  where: {site}/app/plugins/bad.py:1\n"
        "  remedy: update it, report the cause to its author, or leave it out with APP_NO_PLUGINS=bad\n"
        "\n"
        "note[leftover-directory]: the directory 'left' among the plugins is not a plugin\n"
        "  cause: it has no __init__.py, and no distribution owns it; it contains: nothing\n"
        f"  where: {site}/app/plugins/left\n"
        "  remedy: remove it, unless you need its content\n"
        "\n"
        "2 plugins, 21 checks: 1 error, 1 note\n"
    )
    assert done.returncode == 1


def test_it_works_where_letters_are_ascii(clinic):
    clinic.install("acme-bad", {"app/plugins/bad.py": "raise ValueError('Zoë')\n"})
    done = clinic.run("plugins", "doctor", PYTHONIOENCODING="ascii")
    assert "ValueError: Zo\\xeb" in done.stdout
    assert done.returncode == 1


def test_options_that_contradict_each_other_are_refused(clinic):
    done = clinic.run("plugins", "doctor", "--all", "--no-import")
    assert done.returncode == 2
    assert "contradict" in done.stderr
    assert clinic.run("plugins", "doctor", "--deadline", "0").returncode == 2


def test_disabled_plugins_are_not_imported(clinic):
    clinic.install("acme-bad", {"app/plugins/bad.py": "raise ValueError\n"})
    assert clinic.doctor(APP_NO_PLUGINS="bad") == []
    said = clinic.run("plugins", "doctor", APP_NO_PLUGINS="bad").stdout
    assert said == "2 plugins, 21 checks: nothing is wrong; 1 plugin left out, and not imported\n"


def test_ctrl_c_ends_it_and_the_processes_it_has_started(clinic):
    fifo = clinic.application.root / "fifo"
    os.mkfifo(fifo)
    code = f"import os\nwith open({str(fifo)!r}, 'w') as stream: stream.write(str(os.getpid()))\nwhile True: pass\n"
    clinic.install("acme-hangs", {"app/plugins/hangs.py": code})
    command = [sys.executable, "-S", "-B", "-m", "app", "plugins", "doctor", "--deadline", "100"]
    environ = clinic.application.environ
    process = subprocess.Popen(
        command, env=environ, cwd=clinic.application.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    child = int(fifo.read_text())
    process.send_signal(signal.SIGINT)
    assert process.communicate() == (b"", b"")
    assert process.returncode == 130
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_program_that_cannot_be_run_once_more_is_no_reason_to_say_nothing(clinic):
    clinic.install("acme-bad", {"app/plugins/bad.py": "raise ValueError\n"})
    clinic.application.write(
        "app/__main__.py", MAIN.replace("arguments[1:]", "['doctor', '--json']").replace("arguments ==", "None ==")
    )
    done = clinic.run("unusual")
    (found,) = json.loads(done.stdout)["findings"]
    assert (found["code"], done.returncode) == ("imports-unchecked", 0)


# -- who is at fault? -------------------------------------------------------------------------------------------------

BREAKS = {
    "import raises": "import builtins\ndef broken(*a, **k): raise ImportError('no more')\nbuiltins.__import__ = broken\n",
    "import is gone": "import builtins\nbuiltins.__import__ = None\n",
    "open raises": "import builtins\ndef broken(*a, **k): raise OSError('no more')\nbuiltins.open = broken\n",
    "import exits": "import builtins\ndef broken(*a, **k): raise SystemExit(3)\nbuiltins.__import__ = broken\n",
    "no finder is left": "import sys\ndel sys.meta_path[:]\n",
    "a finder raises": "import sys\nclass F:\n def find_spec(*a): raise KeyError('mine')\nsys.meta_path.insert(0, F())\n",
    "it lies about its name": "import builtins\ndef broken(*a, **k): raise ImportError('no more')\n"
    "broken.__globals__['__name__'] = 'app.plugins.zgood'\nbuiltins.__import__ = broken\n",
}


@pytest.mark.parametrize("how", BREAKS)
def test_who_keeps_others_from_working_is_at_fault_and_nobody_else(clinic, how):
    clinic.install("acme-breaks", {"app/plugins/breaks.py": BREAKS[how]})
    clinic.application.plugin("zgood")
    errors = [found for found in clinic.doctor() if found["severity"] == "error"]
    assert {found["plugin"] for found in errors} == {"breaks"}
    assert {found["distribution"] for found in errors} == {"acme-breaks 1.2.0"}


def test_a_plugin_that_breaks_another_only_later_is_at_fault(clinic):
    clinic.install(
        "acme-late",
        {
            "app/plugins/late.py": "import json\nreal = json.loads\n"
            "def loads(text): return real(text) if text != '7' else 1 / 0\njson.loads = loads\n"
        },
    )
    clinic.application.plugin("user", "import json\njson.loads('7')\n")
    (found,) = [found for found in clinic.doctor() if found["severity"] == "error"]
    assert (found["code"], found["plugin"]) == ("plugin-breaks-others", "late")
    assert "ZeroDivisionError" in found["cause"]
    assert "when plugin 'user' is imported" in found["cause"]


def test_an_application_that_does_not_start_is_said_once_and_no_plugin_is_blamed(clinic):
    for name in ("one", "two", "three"):
        clinic.application.plugin(name)
    main = clinic.application.code / "app/__main__.py"
    text = main.read_text()
    main.write_text("import os, sys\nif '--into' in sys.argv: os._exit(5)\n" + text)
    (found,) = [found for found in clinic.doctor() if found["severity"] != "note"]
    assert (found["code"], found["cause"]) == ("check-failed", "its process ended with status 5")


def test_a_process_that_is_killed_once_is_no_fault_of_the_plugin(clinic):
    once = clinic.application.home / "once"
    once.write_text("")
    api = clinic.application.code / "app/api.py"
    kill = f"import os, sys\ndef kill():\n  if os.path.exists({str(once)!r}): os.unlink({str(once)!r}); os.kill(os.getpid(), 9)\n"
    api.write_text(kill + api.read_text())  # as a system that is short of memory does
    clinic.application.plugin("heavy", "import sys\nif '--module' in sys.argv: sys.modules['app.api'].kill()\n")
    (found,) = [found for found in clinic.doctor() if found["code"] != "index-stale"]
    assert (found["code"], found["severity"], found["plugin"]) == ("import-not-repeated", "note", "heavy")
    assert "SIGKILL" in found["cause"]


def test_a_slow_plugin_is_named_once(clinic):
    api = clinic.application.code / "app/api.py"
    api.write_text(api.read_text().replace('Host("app")', 'Host("app", slow_after=0.05)'))
    clinic.application.plugin("slow", "import time\ntime.sleep(0.3)\n")
    assert [found["plugin"] for found in clinic.doctor() if found["code"] == "plugin-slow"] == ["slow"]


def test_remedies_name_the_commands_as_the_user_calls_them(clinic):
    main = clinic.application.code / "app/__main__.py"
    main.write_text(main.read_text().replace('prog="app plugins"', 'prog="app admin ext"'))
    clinic.install("acme-deadly", {"app/plugins/deadly.py": "import os\nos._exit(3)\n"})
    clinic.application.plugin("early", "declare(eager=True)\n")
    assert {found["remedy"].partition("'")[2] for found in clinic.doctor() if found["plugin"] == "deadly"} == {
        "app admin ext disable deadly'"
    }
    clinic.start()
    for _ in range(2):
        clinic.run("start")
    text = json.dumps(clinic.doctor())
    assert "app admin ext release deadly" in text
    assert "app plugins" not in text
