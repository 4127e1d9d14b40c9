"""`plugins install` and its like: real wheels in real environments, by uv and by pip."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest
from support.environments import Done, Environment, User
from support.soak import sized
from support.wheel import write_wheel

pytestmark = pytest.mark.slow

UV = Path(__file__).parents[2] / ".tools" / "bin" / "uv"
HELLO = "from utt.api import v1\nv1.register_component(str, lambda: 'hi')\n"

PROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
[project]
name = "acme-edited"
version = "1.0"
"""
BACK_END = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from support.wheel import write_wheel

def build_wheel(folder, config_settings=None, metadata_directory=None):
    files = {{"utt/plugins/edited.py": Path("src/utt/plugins/edited.py").read_text()}}
    return write_wheel(Path(folder), "acme-edited", "1.0", files).name

def build_editable(folder, config_settings=None, metadata_directory=None):
    return write_wheel(Path(folder), "acme-edited", "1.0", {{"acme_edited.pth": os.path.abspath("src")}}).name
"""


def to_the_end(run: Callable[..., Done]) -> Done:
    """Run a command, and wait for all that it has started, even if it was killed."""
    ended, held = os.pipe()  # what is inherited: it closes when the last of them has ended
    try:
        done = run(pass_fds=(held,))
    finally:
        os.close(held)
    assert os.read(ended, 1) == b""
    os.close(ended)
    return done


def run_to_the_end(user: User, *words: str | Path) -> Done:
    return to_the_end(lambda **options: user.run(*words, **options))


class Installation:
    """utt in an environment of its own, and a folder of wheels to install from."""

    def __init__(self, environment: Environment, user: User, wheels: Path) -> None:
        self.environment, self.user, self.wheels = environment, user, wheels

    def plugins(self, word: str, *words: str, **options) -> Done:
        finds_nothing = word in ("uninstall", "freeze") or "--restore" in words  # that knows where all came from
        places = () if finds_nothing else self.places
        return self.user.run(self.environment.program("utt"), "plugins", word, *words, *places, **options)

    @property
    def places(self) -> tuple[str, ...]:
        return "--no-index", "--find-links", str(self.wheels)

    def freeze(self) -> str:
        return self.plugins("freeze").out


@pytest.fixture
def wheels(environments, tmp_path):
    folder = tmp_path / "wheels"
    folder.mkdir()
    published = [
        path for path in environments.published().iterdir() if not path.name.startswith(("utt-1", "utt_project"))
    ]
    for path in published:
        (folder / path.name).symlink_to(path)
    for project in ("packages/pegboard", "packages/utt"):
        shutil.copy(environments.wheel(project), folder)
    write_wheel(folder, "acme-hi", "1.0", {"utt/plugins/hi.py": HELLO})
    write_wheel(folder, "acme-lib", "1.0", {"acme_lib.py": ""})
    write_wheel(folder, "acme-lib", "2.0", {"acme_lib.py": ""})
    write_wheel(folder, "acme-old", "1.0", {"utt/plugins/old.py": ""}, requires=("acme-lib==1.0",))
    write_wheel(folder, "acme-new", "1.0", {"utt/plugins/new.py": ""}, requires=("acme-lib==2.0",))
    write_wheel(folder, "acme-past", "1.0", {"utt/plugins/past.py": ""}, requires=("utt<2",))
    write_wheel(folder, "acme-none", "1.0", {"acme_none.py": ""})
    write_wheel(folder, "acme-shadow", "1.0", {"utt/plugins/shadow.py": "", "utt/api/v1.py": ""})
    points = "[console_scripts]\nutt = evil:main\n"
    written = {"utt/plugins/program.py": "", "acme_program-1.0.dist-info/entry_points.txt": points}
    write_wheel(folder, "acme-program", "1.0", written)
    write_wheel(
        folder, "acme-data", "1.0", {"utt/plugins/data.py": "", "acme_data-1.0.data/data/bin/utt": "#!python\n"}
    )
    compiled = f"utt/__pycache__/app.{sys.implementation.cache_tag}.pyc"
    write_wheel(folder, "acme-code", "1.0", {"utt/plugins/code.py": "", compiled: "no code"})
    write_wheel(folder, "acme-init", "1.0", {"utt/plugins/init.py": "", "utt/__init__.py": ""})
    write_wheel(folder, "acme-broken", "1.0", {"utt/plugins/broken.py": "1/0\n"})
    return folder


def pytest_generate_tests(metafunc):
    """Give each test uv, and pip where its answer is another or it is asked to do something else; `make soak`: always.

    Pip takes three times as long: without `--soak` it is drawn for a third of these tests.
    """
    if "installation" in metafunc.fixturenames:
        is_asked = metafunc.definition.get_closest_marker("by_pip") is not None
        pip = pytest.param("pip", marks=(pytest.mark.soak, pytest.mark.sampled))
        installers = ["uv", pip] if sized(is_asked, True) else ["uv"]
        metafunc.parametrize("installation", installers, indirect=True)


@pytest.fixture
def installation(request, environments, user, wheels, tmp_path):
    made = environments.make(tmp_path / "venv", "packages/utt")
    cache = str(tmp_path / "uv-cache")
    user.environ |= {"UV_CACHE_DIR": cache, "UV_LINK_MODE": "copy", "PIP_CONFIG_FILE": os.devnull}
    if request.param == "uv":
        user.environ["PATH"] = f"{UV.parent}:/usr/bin:/bin"
    else:
        environments.add_pip(made)
    return Installation(made, user, wheels)


@pytest.mark.by_pip
def test_install_adds_the_plugin_records_it_and_shows_what_it_adds(installation):
    done = installation.plugins("install", "utt-balance")
    assert (done.code, done.err) == (0, "")
    assert "install utt-balance 0.1.1 (plugins: balance)\n" in done.out
    assert done.out.endswith("plugin balance (utt-balance 0.1.1) primed\n    commands: balance\n")
    assert installation.plugins("install", "utt-balance").out == "nothing to do: that is installed already\n"


@pytest.mark.by_pip
def test_a_dry_run_changes_nothing_and_answers_in_json(installation):
    done = installation.plugins("install", "acme-hi", "--dry-run", "--json")
    answer = json.loads(done.out)
    assert answer["changes"] == [{"distribution": "acme-hi", "from": None, "to": "1.0", "plugins": ["hi"]}]
    assert answer["done"] is False
    assert installation.freeze() == ""


@pytest.mark.by_pip
def test_what_is_frozen_comes_back_by_sync(installation, tmp_path):
    installation.plugins("install", "acme-hi", "acme-old")
    file = tmp_path / "plugins.txt"
    file.write_text(installation.freeze())
    assert file.read_text() == "acme-hi==1.0  # plugins: hi\nacme-lib==1.0\nacme-old==1.0  # plugins: old\n"
    assert installation.plugins("uninstall", "old", "acme-hi", "--yes").code == 0
    assert installation.freeze() == ""
    assert installation.plugins("sync", str(file)).code == 0
    assert installation.freeze() == file.read_text()
    installation.plugins("install", "utt-balance")
    assert installation.plugins("sync", str(file), "--exact", "--yes").code == 0
    assert installation.freeze() == file.read_text()


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        ("acme-none", "acme-none 1.0 brings no plugin for utt"),
        ("acme-shadow", "acme-shadow 1.0 brings utt/api/v1.py, which utt brings"),
        ("acme-init", "acme-init 1.0 brings utt/__init__.py, which is the application's own package file"),
        ("acme-program", "acme-program 1.0 brings the program 'utt', which utt brings"),
        ("acme-data", "acme-data 1.0 brings the program 'utt', which utt brings"),
        ("acme-code", "acme-code 1.0 brings utt/__pycache__/app."),
    ],
)
def test_what_would_do_harm_is_refused_and_named(installation, name, cause):
    installation.plugins("install", "acme-old")
    before = installation.freeze()
    done = installation.plugins("install", name)
    assert done.code == 1
    assert cause in done.err
    assert installation.freeze() == before


@pytest.mark.by_pip
def test_what_would_change_what_is_installed_is_refused_and_named(installation):
    installation.plugins("install", "acme-old")
    before = installation.freeze()
    done = installation.plugins("install", "acme-new")
    assert done.code == 1
    assert "acme-new and acme-old exclude one another: acme-old requires acme-lib" in done.err
    assert "and acme-new needs acme-lib 2.0" in done.err
    assert "`utt plugins isolate acme-new`" in done.err
    assert installation.freeze() == before


@pytest.mark.by_pip
def test_a_plugin_for_another_version_of_the_application_is_not_installed(installation):
    done = installation.plugins("install", "acme-past")
    assert done.code == 1
    assert "utt" in done.err
    assert installation.freeze() == ""


@pytest.mark.by_pip
def test_a_name_that_does_not_exist_gets_the_nearest_one(installation):
    done = installation.plugins("install", "acme-ho")
    assert done.code == 1
    assert "hint: did you mean 'acme-hi'?" in done.err


def test_it_works_when_a_plugin_is_broken(installation):
    done = installation.plugins("install", "acme-broken")
    assert done.code == 1
    assert "plugin broken (acme-broken 1.0) broken" in done.out
    assert "ZeroDivisionError" in done.err
    assert installation.plugins("uninstall", "broken", "--yes").code == 0
    assert installation.freeze() == ""


def test_ctrl_c_says_what_state_the_environment_is_in(installation, tmp_path):
    (tmp_path / "bin").mkdir()
    slow = (
        tmp_path / "bin" / "uv"
    )  # it stops where the real one would begin to change things, and Ctrl-C finds it there
    slow.write_text(
        f'#!/bin/sh\ncase "$*" in *--dry-run*|*--target*) exec {UV} "$@";; esac\nkill -INT $PPID\nexec sleep 60\n'
    )
    slow.chmod(0o755)
    installation.user.environ["PATH"] = f"{slow.parent}:/usr/bin:/bin"
    done = installation.plugins("install", "acme-hi")
    assert done.code == 130
    assert done.err == "the environment is as it was before\n"
    assert installation.freeze() == ""


@pytest.mark.by_pip
def test_a_folder_is_installed_so_that_edits_count(installation, tmp_path):
    project = tmp_path / "project"
    (project / "src/utt/plugins").mkdir(parents=True)
    (project / "src/utt/plugins/edited.py").write_text("from utt.api import v1\n")
    (project / "pyproject.toml").write_text(PROJECT)
    (project / "backend.py").write_text(BACK_END)
    done = installation.plugins("install", "-e", str(project))
    assert (done.code, done.err) == (0, "")
    assert "install acme-edited 1.0 (plugins: edited)\n" in done.out
    assert "plugin edited (acme-edited 1.0) primed\n" in done.out
    assert f"-e {project}  # acme-edited 1.0; plugins: edited\n" in installation.freeze()
    done = installation.plugins("freeze", "--hashes")
    assert done.code == 0
    assert done.out.startswith(f"# acme-edited 1.0 has no hash, since it comes from {project}\n# add it by: ")
    assert "acme-edited 1.0 has no hash" in done.err


def test_an_environment_that_may_not_be_written_is_refused(installation, ordinary_user):
    installation.environment.site.chmod(0o555)
    done = installation.plugins("install", "acme-hi", preexec_fn=ordinary_user)
    installation.environment.site.chmod(0o755)
    assert done.code == 1
    assert "you may not write to this environment" in done.err


def test_a_tool_of_uv_remembers_its_plugins(user, wheels, tmp_path):
    folders = {"UV_TOOL_DIR": str(tmp_path / "tools"), "UV_TOOL_BIN_DIR": str(tmp_path / "bin")}
    user.environ |= {
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "UV_LINK_MODE": "copy",
        "PATH": f"{UV.parent}:/usr/bin:/bin",
    }
    places = ["--no-index", "--find-links", str(wheels)]
    tool = User(user.home, user.environ | folders)
    assert tool.run(UV, "tool", "install", *places, "utt").code == 0
    utt = tmp_path / "bin" / "utt"
    done = user.run(utt, "plugins", "install", "acme-hi", *places)
    assert (done.code, done.err) == (0, "")
    assert '{ name = "acme-hi" }' in (tmp_path / "tools/utt/uv-receipt.toml").read_text()
    assert tool.run(UV, "tool", "upgrade", "--reinstall", "utt").code == 0
    assert user.run(utt, "plugins", "freeze").out == "acme-hi==1.0  # plugins: hi\n"
    assert user.run(utt, "plugins", "uninstall", "hi", "--yes").code == 0
    assert "acme-hi" not in (tmp_path / "tools/utt/uv-receipt.toml").read_text()

    for version in ("1.0", "1.1"):
        wheel = write_wheel(tmp_path / "alone", "acme-hi", version, {"utt/plugins/hi.py": HELLO})
        assert user.run(utt, "plugins", "install", str(wheel), *places).code == 0
        assert f'path = "{wheel}"' in (tmp_path / "tools/utt/uv-receipt.toml").read_text()
    assert user.run(utt, "plugins", "uninstall", "hi", "--yes").code == 0

    shim = tmp_path / "killing" / "uv"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\n{UV} "$@" || exit\ncase "$*" in "tool install"*) kill -KILL $PPID;; esac\n')
    shim.chmod(0o755)
    killed = User(user.home, {**user.environ, "PATH": f"{shim.parent}:/usr/bin:/bin"})
    assert run_to_the_end(killed, utt, "plugins", "install", "acme-hi", *places).code == -9
    assert '{ name = "acme-hi" }' in (tmp_path / "tools/utt/uv-receipt.toml").read_text()
    done = user.run(utt, "plugins", "sync", "--restore", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "acme-hi" not in (tmp_path / "tools/utt/uv-receipt.toml").read_text()
    assert user.run(utt, "plugins", "freeze").out == ""


# -- hashes ------------------------------------------------------------------------------------------------------------


def hash_of(wheel: Path) -> str:
    return f"sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}"


@pytest.mark.by_pip
def test_what_is_frozen_with_hashes_comes_back_by_sync(installation, tmp_path):
    installation.plugins("install", "acme-hi", "acme-old")
    places = ["--no-index", "--find-links", str(installation.wheels)]
    done = installation.plugins("freeze", "--hashes", *places)
    wheels = installation.wheels
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "# plugins: hi\n"
        f"acme-hi==1.0 \\\n    --hash={hash_of(wheels / 'acme_hi-1.0-py3-none-any.whl')}\n"
        f"acme-lib==1.0 \\\n    --hash={hash_of(wheels / 'acme_lib-1.0-py3-none-any.whl')}\n"
        "# plugins: old\n"
        f"acme-old==1.0 \\\n    --hash={hash_of(wheels / 'acme_old-1.0-py3-none-any.whl')}\n"
    )
    file = tmp_path / "plugins.txt"
    file.write_text(done.out)
    before = installation.freeze()
    assert installation.plugins("uninstall", "old", "hi", "--yes").code == 0
    done = installation.plugins("sync", str(file))
    assert (done.code, done.err) == (0, "")
    assert installation.freeze() == before
    assert installation.plugins("sync", str(file)).out == "nothing to do: that is installed already\n"


@pytest.mark.by_pip
def test_a_file_that_is_another_than_its_hash_says_is_refused(installation, tmp_path):
    file = tmp_path / "plugins.txt"
    file.write_text(f"acme-hi==1.0 --hash={hash_of(installation.wheels / 'acme_hi-1.0-py3-none-any.whl')}\n")
    write_wheel(installation.wheels, "acme-hi", "1.0", {"utt/plugins/hi.py": HELLO + "import os\n"})
    done = installation.plugins("sync", str(file))
    assert done.code == 1
    assert "error[install-failed]" in done.err
    assert "acme-hi" in done.err
    assert "hint: the file is not the one that was frozen" in done.err
    assert installation.freeze() == ""
    assert not list(installation.environment.site.glob("acme_hi*"))


@pytest.mark.by_pip
def test_what_is_needed_besides_must_have_a_hash_too(installation, tmp_path):
    file = tmp_path / "plugins.txt"
    file.write_text(f"acme-old==1.0 --hash={hash_of(installation.wheels / 'acme_old-1.0-py3-none-any.whl')}\n")
    done = installation.plugins("sync", str(file))
    assert done.code == 1
    assert "acme-lib 1.0 is needed, too, and has no hash" in done.err
    assert installation.freeze() == ""


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (
            "acme-hi==1.0 --hash=sha256:00\nacme-old==1.0\n",
            "'acme-old==1.0' has no hash, and others have\n  where: {}:2",
        ),
        ("#\nacme-hi>=1 \\\n --hash=sha256:00\n", "a hash is of one version, and 'acme-hi>=1' has many\n  where: {}:2"),
        ("acme-hi==1.0 --hash=sha256:nonsense\n", "is no requirement\n  where: {}:1"),
        ("\nacme-hi==1.0 --no-binary :all:\n", "is no requirement\n  where: {}:2"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_line(environments, user, tmp_path, text, cause):
    utt = environments.shared_environment("packages/utt").program("utt")
    file = tmp_path / "plugins.txt"
    file.write_text(text)
    done = user.run(utt, "plugins", "sync", str(file))
    assert done.code == 1
    assert cause.format(file) in done.err


@pytest.mark.by_pip
def test_without_an_index_hashes_are_not_to_be_had_and_it_says_so(installation):
    installation.plugins("install", "acme-hi")
    for wheel in installation.wheels.glob("acme_hi*"):
        wheel.unlink()
    done = installation.plugins("freeze", "--hashes", "--no-index", "--find-links", str(installation.wheels))
    assert done.code == 1
    assert done.out == ""
    assert "error[install-failed]" in done.err
    assert "acme-hi" in done.err


# -- more that goes wrong ----------------------------------------------------------------------------------------------


@pytest.mark.by_pip
def test_a_newer_version_is_installed_by_upgrade(installation):
    installation.plugins("install", "acme-hi")
    write_wheel(installation.wheels, "acme-hi", "1.1", {"utt/plugins/hi.py": HELLO, "utt/plugins/ho.py": HELLO})
    done = installation.plugins("upgrade", "hi")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("upgrade acme-hi 1.0 -> 1.1 (plugins: hi, ho)\n")
    assert installation.freeze() == "acme-hi==1.1  # plugins: hi, ho\n"
    assert installation.plugins("upgrade").out == "nothing to do: that is installed already\n"


@pytest.mark.by_pip
def test_what_is_named_may_become_newer_or_older_and_is_had_again(installation, tmp_path):
    """From a file, by its path or its address, by a version; what is not named stays, and is named if it cannot."""
    site, made = installation.environment.site, {}
    for version in ("1.0", "1.1"):
        made[version] = write_wheel(tmp_path, "acme-hi", version, {"utt/plugins/hi.py": f"{HELLO}# {version}\n"})
    for command, wanted, told in (
        ("install", str(made["1.1"]), "install acme-hi 1.1 "),
        ("install", "acme-hi==1.0", "downgrade acme-hi 1.1 -> 1.0 "),
        ("install", made["1.1"].as_uri(), "upgrade acme-hi 1.0 -> 1.1 "),
        ("upgrade", str(made["1.0"]), "downgrade acme-hi 1.1 -> 1.0 "),
        ("upgrade", f"acme-hi @ {made['1.1'].as_uri()}", "upgrade acme-hi 1.0 -> 1.1 "),
    ):
        done = installation.plugins(command, wanted)
        assert (done.code, done.err) == (0, ""), wanted
        assert done.out.startswith(told)
    write_wheel(tmp_path, "acme-hi", "1.1", {"utt/plugins/hi.py": f"{HELLO}# once more\n"})
    assert installation.plugins("install", str(made["1.1"])).out.startswith("reinstall acme-hi 1.1 ")
    assert (site / "utt/plugins/hi.py").read_text() == f"{HELLO}# once more\n"

    value = hash_of(made["1.1"])
    assert installation.freeze() == f"acme-hi @ {made['1.1'].as_uri()}#{value.replace(':', '=')}  # plugins: hi\n"
    hashed = installation.plugins("freeze", "--hashes").out
    assert hashed == f"# plugins: hi\nacme-hi @ {made['1.1'].as_uri()} \\\n    --hash={value}\n"
    file = tmp_path / "plugins.txt"
    file.write_text(hashed)
    moved = tmp_path / "elsewhere" / made["1.1"].name
    moved.parent.mkdir()
    made["1.1"].rename(moved)
    installation.plugins("uninstall", "hi", "--yes")
    done = installation.plugins("sync", str(file), "--find-links", str(moved.parent), "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out)["changes"][0]["to"] == "1.1"
    assert (site / "utt/plugins/hi.py").read_text() == f"{HELLO}# once more\n"

    installation.plugins("install", "acme-old")
    newer = write_wheel(tmp_path, "acme-old", "1.1", {"utt/plugins/old.py": ""}, requires=("acme-lib==2.0",))
    assert "upgrade acme-lib 1.0 -> 2.0\n" in installation.plugins("install", str(newer)).out  # nobody else needs it
    other = write_wheel(tmp_path, "acme-other", "1.0", {"utt/plugins/other.py": ""}, requires=("acme-old==1.0",))
    done = installation.plugins("install", str(other))
    assert "acme-old 1.1 -> 1.0 (another plugin)" in done.err
    done = installation.plugins("install", "utt==1.0")
    assert done.code == 1
    assert installation.plugins("freeze").out.count("==") == 1  # acme-lib


def test_what_keeps_recording_from_ending_is_named_and_the_rest_is_recorded(installation):
    write_wheel(installation.wheels, "acme-hangs", "1.0", {"utt/plugins/hangs.py": "import time\ntime.sleep(600)\n"})
    write_wheel(installation.wheels, "acme-dies", "1.0", {"utt/plugins/dies.py": "import os\nos._exit(7)\n"})
    done = installation.plugins("install", "acme-hi", "acme-hangs", "acme-dies", "--deadline", "3")
    assert done.code == 1
    assert done.out.endswith("plugin hi (acme-hi 1.0) primed\n    component: builtins:str\n")
    assert done.err == (
        "error: plugin 'dies' of acme-dies 1.0 cannot be recorded: its import ended the process (exit status 7)\n"
        "error: plugin 'hangs' of acme-hangs 1.0 cannot be recorded: its import did not end within 3 s\n"
        "error: the plugins are installed, and the others are recorded. "
        "To finish: 'utt plugins disable dies hangs', or uninstall it; then 'utt plugins index build'\n"
    )


@pytest.mark.parametrize(
    ("words", "cause"),
    [
        (("install", "./acme.whl"), "there is no such file or folder\n  where: {}/acme.whl"),
        (("upgrade", "./acme_hi-1.0-py3-none-any.whl", "--json"), "there is no such file or folder"),
        (("install", "-e", "nowhere"), "there is no such file or folder\n  where: {}/nowhere"),
        (("install", "./.config"), "the folder is no project\n  where: {}/.config"),
        (("sync", "list.txt"), "it is encoded as UTF-16\n  where: list.txt"),
    ],
)
def test_a_path_that_will_not_do_is_refused_before_anything_runs(environments, user, words, cause):
    utt = environments.shared_environment("packages/utt").program("utt")
    user.config.mkdir(parents=True)
    (user.home / "list.txt").write_bytes("acme-hi==1.0\n".encode("utf-16"))
    done = user.run(utt, "plugins", *words)
    assert done.code == 1
    assert cause.format(user.home) in done.err
    if "--json" in words:
        assert json.loads(done.out)["error"]["code"] == "install-refused"


@pytest.mark.by_pip
def test_without_a_network_it_says_so_and_nothing_changes(installation):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = "http://{}:{}/simple".format(*closed.getsockname())  # listens there
        installation.user.environ |= {"PIP_RETRIES": "1", "UV_HTTP_RETRIES": "0"}
        utt = installation.environment.program("utt")
        done = installation.user.run(utt, "plugins", "install", "acme-hi", "--index-url", nobody)
    assert done.code == 1
    assert "hint: the package index cannot be reached: check the network" in done.err
    assert " printed:\n" in done.err
    assert installation.freeze() == ""
    wheel = installation.wheels / "acme_hi-1.0-py3-none-any.whl"  # all that it needs is here
    done = installation.user.run(utt, "plugins", "install", str(wheel), "--index-url", nobody)
    assert (done.code, done.err) == (0, "")


def test_an_environment_of_pipx_remembers_its_plugins(environments, user, wheels, tmp_path):
    pipx = environments.make(tmp_path / "pipx", "pipx").program("pipx")
    # pipx makes an environment for pip itself, and brings that up to date: from the same folder as all else
    user.environ |= {
        "PATH": f"{pipx.parent}:/usr/bin:/bin",
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheels),
        "PIP_CONFIG_FILE": os.devnull,
        "PIPX_DEFAULT_PYTHON": sys._base_executable,
    }
    folders = {"PIPX_HOME": str(tmp_path / "home-of-pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    by_pipx = User(user.home, user.environ | folders)
    made = by_pipx.run(pipx, "install", "utt")
    assert made.code == 0, made.err
    utt, places = tmp_path / "bin" / "utt", ["--no-index", "--find-links", str(wheels)]

    done = user.run(utt, "plugins", "install", "acme-hi", *places)
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("plugin hi (acme-hi 1.0) primed\n    component: builtins:str\n")
    assert "acme-hi 1.0" in by_pipx.run(pipx, "list", "--include-injected").out

    assert by_pipx.run(pipx, "reinstall", "utt").code == 0
    assert user.run(utt, "plugins", "freeze").out == "acme-hi==1.0  # plugins: hi\n"

    write_wheel(wheels, "acme-hi", "0.9", {"utt/plugins/hi.py": HELLO})
    done = user.run(utt, "plugins", "install", "acme-hi==0.9", *places)
    assert (done.code, done.err) == (0, "")
    assert "acme-hi 0.9" in by_pipx.run(pipx, "list", "--include-injected").out
    write_wheel(wheels, "acme-hi", "1.1", {"utt/plugins/hi.py": HELLO})
    assert by_pipx.run(pipx, "upgrade", "--include-injected", "utt").code == 0
    assert user.run(utt, "plugins", "freeze").out == "acme-hi==1.1  # plugins: hi\n"

    shim = tmp_path / "killing" / "pipx"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\n{pipx} "$@" || exit\nkill -KILL $PPID\n')
    shim.chmod(0o755)
    killed = User(user.home, {**user.environ, "PATH": f"{shim.parent}:{user.environ['PATH']}"})
    assert run_to_the_end(killed, utt, "plugins", "uninstall", "hi", "--yes").code == -9
    assert "acme-hi" not in by_pipx.run(pipx, "list", "--include-injected").out
    done = user.run(utt, "plugins", "sync", "--restore", "--yes", *places)
    assert (done.code, done.err) == (0, "")
    assert "acme-hi 1.1" in by_pipx.run(pipx, "list", "--include-injected").out

    assert user.run(utt, "plugins", "uninstall", "hi", "--yes").code == 0
    assert "acme-hi" not in by_pipx.run(pipx, "list", "--include-injected").out

    assert run_to_the_end(killed, utt, "plugins", "install", "acme-hi", *places).code == -9
    assert "acme-hi 1.1" in by_pipx.run(pipx, "list", "--include-injected").out
    done = user.run(utt, "plugins", "sync", "--restore", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "acme-hi" not in by_pipx.run(pipx, "list", "--include-injected").out
    assert user.run(utt, "plugins", "freeze").out == ""


def test_an_environment_of_pipx_without_pip_is_changed_by_the_uv_that_pipx_brings(environments, user, wheels, tmp_path):
    """The application is on no index, and neither uv nor pip is on the search path or in its environment."""
    made = environments.make(tmp_path / "pipx", "pipx")
    (package,) = UV.parent.parent.glob("lib/python*/site-packages/uv")
    shutil.copytree(package, made.site / "uv")
    os.link(UV, made.program("uv"))
    (tmp_path / "path").mkdir()
    pipx = tmp_path / "path" / "pipx"
    pipx.symlink_to(made.program("pipx"))
    user.environ |= {
        "PATH": f"{pipx.parent}:/usr/bin:/bin",
        "PIPX_DEFAULT_PYTHON": sys._base_executable,
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
    }
    by_pipx = User(
        user.home, user.environ | {"PIPX_HOME": str(tmp_path / "home-of-pipx"), "PIPX_BIN_DIR": str(tmp_path / "bin")}
    )
    places = f"--pip-args=--no-index --find-links {wheels}"
    assert by_pipx.run(pipx, "install", "--backend", "uv", places, "utt").code == 0
    alone = tmp_path / "alone"
    for version in ("1.0", "1.1"):
        wheel = write_wheel(alone, "acme-hi", version, {"utt/plugins/hi.py": HELLO})
        done = user.run(tmp_path / "bin" / "utt", "plugins", "install", str(wheel), "--no-index")
        assert (done.code, done.err) == (0, "")
        assert f"acme-hi {version}" in by_pipx.run(pipx, "list", "--include-injected").out


def test_a_python_of_the_system_is_left_to_the_system(environments, user, wheels, tmp_path):
    """PEP 668: a base interpreter that says so is not changed; a copy of the running one is made to say so."""
    base = tmp_path / "system"
    subprocess.run([sys._base_executable, "-m", "venv", "--copies", "--without-pip", base], check=True)
    environment = Environment(base)
    environments.install(environment, "packages/utt")
    (base / "pyvenv.cfg").unlink()  # it is no virtual environment any more
    library = Path(sysconfig.get_path("stdlib"))
    own = base / "lib" / library.name
    for part in library.iterdir():
        if part.name not in ("site-packages", "__pycache__"):
            (own / part.name).symlink_to(part)
    (own / "EXTERNALLY-MANAGED").write_text("[externally-managed]\nError=ask the system\n")
    user.environ |= {"PYTHONHOME": str(base)}
    done = user.run(
        environment.program("utt"), "plugins", "install", "acme-hi", "--no-index", "--find-links", str(wheels)
    )
    assert done.code == 1
    assert "the Python in use belongs to the operating system" in done.err
    assert "EXTERNALLY-MANAGED" in done.err
    assert "pipx or `uv tool`" in done.err
    assert not list(environment.site.glob("acme_hi*"))


def test_nothing_is_removed_when_what_shall_come_is_refused(installation, tmp_path):
    installation.plugins("install", "acme-old")
    before = installation.freeze()
    file = tmp_path / "plugins.txt"
    file.write_text(f"acme-hi==1.0 --hash=sha256:{'0' * 64}\n")
    done = installation.plugins("sync", str(file), "--exact", "--yes")
    assert done.code == 1
    assert "acme-hi" in done.err
    assert installation.freeze() == before


@pytest.mark.by_pip
def test_what_is_surplus_does_not_stand_in_the_way(installation, tmp_path):
    installation.plugins("install", "acme-old", "acme-hi")
    file = tmp_path / "plugins.txt"
    file.write_text("acme-lib==2.0\nacme-new==1.0\n")
    done = installation.plugins("sync", str(file), "--exact", "--yes")
    assert (done.code, done.err) == (0, "")
    assert installation.freeze() == "acme-lib==2.0\nacme-new==1.0  # plugins: new\n"


def test_a_plugin_that_another_needs_is_not_surplus(installation, tmp_path):
    write_wheel(installation.wheels, "acme-top", "1.0", {"utt/plugins/top.py": ""}, requires=("acme-hi",))
    installation.plugins("install", "acme-hi", "acme-old")
    file = tmp_path / "plugins.txt"
    file.write_text("acme-top==1.0\n")
    done = installation.plugins("sync", str(file), "--exact", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "remove acme-old" in done.out
    assert "remove acme-hi" not in done.out
    assert installation.freeze() == ("acme-hi==1.0  # plugins: hi\nacme-top==1.0  # plugins: top\n")


def test_what_a_requirement_needs_elsewhere_or_for_an_extra_is_not_needed_here(installation, tmp_path):
    elsewhere = ("acme-lib; python_version < '3'", "acme-hi; extra == 'more'", "acme-old; sys_platform == 'none'")
    write_wheel(installation.wheels, "acme-top", "1.0", {"utt/plugins/top.py": ""}, requires=elsewhere)
    installation.plugins("install", "acme-top", "acme-hi", "acme-old")
    done = installation.plugins("uninstall", "acme-hi", "acme-old", "--yes")
    assert (done.code, done.err) == (0, "")
    assert installation.freeze() == "acme-top==1.0  # plugins: top\n"  # acme-lib is there, and not needed


# -- changes that do not end -------------------------------------------------------------------------------------------


class Interrupted:
    """An installer that does a part of its work, and ends the command that runs it.

    Looking, before anything is changed, is left to the real one.
    """

    def __init__(self, installation: Installation, folder: Path) -> None:
        folder.mkdir()
        self._installation, self._program = installation, folder / "uv"
        places = f"--no-index --find-links {installation.wheels}"
        self.pip = f"{UV} pip %s --quiet --python {installation.environment.python}"
        self.install = f"{self.pip % 'install'} {places} --link-mode copy"

    def plugins(self, script: str, *words: str) -> Done:
        """Run a command, with *script* as what changes the environment, and wait for all that it has started."""
        self._program.write_text(f'#!/bin/sh\ncase "$*" in *--dry-run*|*--target*) exec {UV} "$@";; esac\n{script}\n')
        self._program.chmod(0o755)
        environ = self._installation.user.environ
        path = environ.get("PATH", "/usr/bin:/bin")
        environ["PATH"] = f"{self._program.parent}:/usr/bin:/bin"
        try:
            return to_the_end(lambda **options: self._installation.plugins(*words, **options))
        finally:
            environ["PATH"] = path


@pytest.fixture
def interrupted(installation, tmp_path):
    return Interrupted(installation, tmp_path / "interrupted")


KILL = "kill -KILL $PPID"


def test_a_change_that_was_killed_before_it_did_anything_left_all_as_it_was(installation, interrupted):
    assert interrupted.plugins(KILL, "install", "acme-old").code == -9
    done = installation.plugins("install", "acme-old", "--dry-run")
    assert done.err == "warning: an earlier change was interrupted: the environment is as it was before\n"
    assert installation.plugins("sync", "--restore").out == "nothing to do: no change is to be undone\n"
    assert installation.plugins("install", "acme-old", "--dry-run").err == ""


def test_a_change_that_was_killed_at_its_end_can_be_undone(installation, interrupted):
    assert interrupted.plugins(f"{interrupted.install} acme-old\n{KILL}", "install", "acme-old").code == -9
    done = installation.plugins("install", "acme-hi", "--dry-run")
    assert "warning: an earlier change was interrupted: the environment is changed as planned\n" in done.err
    done = installation.plugins("sync", "--restore", "--yes")
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        "the environment is changed as planned\nremove acme-lib\nremove acme-old\nthe environment is as it was before\n"
    )
    assert installation.freeze() == ""


def test_a_change_that_was_killed_half_way_is_told_and_undone(installation, interrupted):
    site = installation.environment.site
    written = f"{interrupted.install} acme-lib==1.0\ntouch {site}/utt/plugins/old.py"  # and nobody's yet
    assert interrupted.plugins(f"{written}\n{KILL}", "install", "acme-old").code == -9
    done = installation.plugins("install", "acme-hi", "--dry-run")
    assert done.err == (
        "warning: an earlier change was interrupted: the environment is changed in part\n"
        "  new, and not needed before: acme-lib\n"
        "  left over, and nobody's: utt/plugins/old.py\n"
        "  to have it as it was: utt plugins sync --restore\n"
    )
    done = installation.plugins("sync", "--restore", "--dry-run")
    assert done.out.endswith("would remove acme-lib\nwould remove what is left over\n")
    assert (site / "utt/plugins/old.py").exists()
    done = installation.plugins("sync", "--restore", "--yes")
    assert (done.code, done.err) == (0, "")
    assert not (site / "utt/plugins/old.py").exists()
    assert not list(site.glob("acme*"))
    assert installation.plugins("install", "acme-hi", "--dry-run").err == ""


@pytest.mark.by_pip
def test_an_upgrade_that_was_killed_half_way_is_undone(installation, interrupted):
    installation.plugins("install", "acme-hi")
    files = {"utt/plugins/hi.py": HELLO + "# new\n", "acme_hi_more/__init__.py": ""}
    write_wheel(installation.wheels, "acme-hi", "1.1", files)
    site = installation.environment.site
    half = f"{interrupted.pip % 'uninstall'} acme-hi\nmkdir {site}/acme_hi_more\ntouch {site}/acme_hi_more/__init__.py"
    assert interrupted.plugins(f"{half}\n{KILL}", "upgrade", "hi").code == -9
    done = installation.plugins("sync", "--restore", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "  gone: acme-hi 1.0\n" in done.out
    assert done.out.endswith("plugin hi (acme-hi 1.0) primed\n    component: builtins:str\n")
    assert (site / "utt/plugins/hi.py").read_text() == HELLO
    assert not (site / "acme_hi_more").exists()
    assert installation.freeze() == "acme-hi==1.0  # plugins: hi\n"


def test_what_an_installer_would_have_removed_itself_goes_too(installation, interrupted):
    installation.plugins("install", "acme-hi")
    site = installation.environment.site
    (site / "~there before").mkdir()
    half = f"mkdir {site}/.tmpAb12 {site}/~cme_hi\ntouch {site}/.tmpAb12/new.py {site}/~cme_hi/old.py {site}/~a.pth"
    assert interrupted.plugins(f"{half}\n{KILL}", "uninstall", "hi", "--yes").code == -9
    done = installation.plugins("uninstall", "hi", "--dry-run")
    assert "  left over, and nobody's: .tmpAb12, ~a.pth, ~cme_hi\n" in done.err
    done = installation.plugins("sync", "--restore", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "remove what is left over\nthe environment is as it was before\n" in done.out
    assert [name for name in os.listdir(site) if name.startswith((".tmp", "~"))] == ["~there before"]
    assert installation.freeze() == "acme-hi==1.0  # plugins: hi\n"


def test_a_plugin_whose_removal_was_killed_half_way_is_whole_again(installation, interrupted):
    installation.plugins("install", "acme-hi")
    file = installation.environment.site / "utt/plugins/hi.py"
    assert interrupted.plugins(f"rm {file}\n{KILL}", "uninstall", "hi", "--yes").code == -9
    done = installation.plugins("uninstall", "hi", "--dry-run")
    assert "  files are missing of: acme-hi\n  to have it as it was: utt plugins sync --restore\n" in done.err
    done = installation.plugins("sync", "--restore", "--yes", "--no-index")  # a removal is not told where all came from
    assert done.code == 1
    assert "where FOLDER has the wheel of acme-hi 1.0\n" in done.err
    assert not file.exists()
    done = installation.plugins("sync", "--restore", "--yes", *installation.places)
    assert (done.code, done.err) == (0, "")
    assert file.read_text() == HELLO


def test_ctrl_c_half_way_says_how_to_undo_it(installation, interrupted):
    script = f"{interrupted.install} acme-lib==1.0\nkill -INT $PPID\nexec sleep 60"
    done = interrupted.plugins(script, "install", "acme-old")
    assert done.code == 130
    assert done.err == (
        "the environment is changed in part\n  new, and not needed before: acme-lib\n"
        "  to have it as it was: utt plugins sync --restore\n"
    )
    assert installation.plugins("sync", "--restore", "--yes").code == 0
    assert not list(installation.environment.site.glob("acme*"))


def test_nothing_is_undone_unless_somebody_agrees(installation, interrupted):
    interrupted.plugins(f"{interrupted.install} acme-lib==1.0\n{KILL}", "install", "acme-old")
    done = installation.plugins("sync", "--restore")
    assert (done.code, done.err) == (1, "error: nobody can be asked; say --yes\n")
    keyboard, terminal = os.openpty()
    for answer, is_there in ((b"n\n", True), (b"y\n", False)):
        os.write(keyboard, answer)
        done = installation.plugins("sync", "--restore", stdin=terminal)
        assert "go on? [y/N] " in done.out
        assert bool(list(installation.environment.site.glob("acme_lib*"))) is is_there
    os.close(keyboard)
    os.close(terminal)


def test_what_cannot_be_undone_is_told_and_can_be_tried_again(installation, interrupted):
    installation.plugins("install", "acme-hi")
    write_wheel(installation.wheels, "acme-hi", "1.1", {"utt/plugins/hi.py": HELLO})
    half = f"{interrupted.pip % 'uninstall'} acme-hi\ntouch {installation.environment.site}/utt/plugins/hi.py"
    interrupted.plugins(f"{half}\n{KILL}", "upgrade", "hi")
    (old,) = installation.wheels.glob("acme_hi-1.0*")
    kept = old.read_bytes()
    old.unlink()
    # where they had come from is asked for in another place: what was installed once may be remembered
    shutil.rmtree(installation.user.environ["UV_CACHE_DIR"], ignore_errors=True)
    done = installation.plugins("sync", "--restore", "--yes")
    assert done.code == 1
    assert (
        "  gone: acme-hi 1.0\n  left over, and nobody's: utt/plugins/hi.py\n" in done.err
    )  # as long as nothing is known
    assert "error[install-failed]" in done.err
    old.write_bytes(kept)
    assert installation.plugins("sync", "--restore", "--yes").code == 0
    assert installation.freeze() == "acme-hi==1.0  # plugins: hi\n"


def test_a_change_that_still_goes_on_is_not_taken_for_one_that_was_interrupted(installation, tmp_path):
    """The command is killed, and its installer works on: at two fifos the test and it wait for one another."""
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    os.mkfifo(begun)
    os.mkfifo(go_on)
    shim = tmp_path / "bin" / "uv"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\ncase "$*" in *--dry-run*|*--target*) exec {UV} "$@";; esac\n'
        f'echo >{begun}\nread _ <{go_on}\nexec {UV} "$@"\n'
    )
    shim.chmod(0o755)
    places = ["--no-index", "--find-links", str(installation.wheels)]
    utt, user = installation.environment.program("utt"), installation.user
    slow = User(user.home, {**user.environ, "PATH": f"{shim.parent}:/usr/bin:/bin"})
    ended, held = os.pipe()
    process = slow.start(utt, "plugins", "install", "acme-hi", *places, pass_fds=(held,))
    os.close(held)
    begun.read_text()
    process.kill()
    process.communicate()
    for words in (("install", "acme-old"), ("sync", "--restore", "--yes")):
        done = installation.plugins(*words)
        assert done.code == 1
        assert "cause: another change of this environment is under way" in done.err
    go_on.write_text("\n")
    assert os.read(ended, 1) == b""
    os.close(ended)
    done = installation.plugins("install", "acme-old", "--dry-run")
    assert "an earlier change was interrupted: the environment is changed as planned" in done.err


def test_a_note_that_is_damaged_is_told_and_does_no_harm(installation):
    note = installation.environment.folder / ".plugins-change.json"
    note.write_text('{"before": ')
    done = installation.plugins("sync", "--restore")
    assert done.code == 1
    assert f"cause: an earlier change was interrupted, and its note is damaged\n  where: {note}" in done.err
    done = installation.plugins("install", "acme-hi")
    assert done.code == 0
    assert done.err == "warning: an earlier change was interrupted, and its note is damaged\n"
    assert not note.exists()


@pytest.mark.parametrize("words", [(), ("file", "--restore"), ("--restore", "--exact")])
def test_sync_wants_a_file_or_to_restore(environments, user, words):
    utt = environments.shared_environment("packages/utt").program("utt")
    done = user.run(utt, "plugins", "sync", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
