"""Follows a page of the documentation as a reader would: makes each file it shows, runs each command it prints.

On a page, every `code-block` is a file, its caption the name; every `console` block is a terminal: what follows `$ `
is typed, the rest must be the output, character by character. In a README, where there are no captions, a comment
`# folder/file.py` begins a file.

Nothing is downloaded: pip is given a folder with wheels of what the development environment has installed.
"""

import base64
import difflib
import hashlib
import importlib.metadata
import os
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.environments import BUNDLERS

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<options>(?::[\w-]+:[^\n]*\n)*\n?)(?P<body>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_FILE_COMMENT = re.compile(r"^# (?P<path>[\w./-]+\.\w+)(?:[: ].*)?$", re.MULTILINE)
_MARK = "\x1e"  # "record separator": in nobody's output


class Page:
    """One page: its steps in order, each `("file", path, text)` or `("command", text, output)`."""

    def __init__(self, path):
        self.path = path
        self.steps = []
        for fence in _FENCE.finditer(path.read_text(encoding="utf-8")):
            self._take(fence["info"].strip(), fence["options"], fence["body"])

    def _take(self, info, options, body):
        if info == "console":
            for part in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                while command.endswith("\\"):
                    more, _, output = output.partition("\n")
                    command += "\n" + more
                self.steps.append(("command", command, output))
        elif info.startswith("{code-block}"):
            caption = re.search(r"^:caption: *`(\S+)`$", options, re.MULTILINE)
            assert caption, f"{self.path}: a block names no file, so that nothing shows it to be true:\n{body}"
            self.steps.append(("file", caption[1], body))
        elif info == "python":
            starts = list(_FILE_COMMENT.finditer(body))
            assert starts, f"{self.path}: a Python block names no file, so that nothing shows it to be true:\n{body}"
            ends = [start.start() for start in starts[1:]] + [len(body)]
            for start, end in zip(starts, ends, strict=True):
                self.steps.append(("file", start["path"], body[start.start() : end]))

    @property
    def files(self):
        """The last text of each file."""
        return {path: text for kind, path, text in self.steps if kind == "file"}

    @property
    def transcript(self):
        """What the page says that a terminal shows."""
        return "".join(f"$ {command}\n{output}" for kind, command, output in self.steps if kind == "command")


class Reader:
    """Somebody with an empty home folder who follows pages."""

    def __init__(self, home, programs, wheels, *, activated=None):
        self.home = home
        self.folder = home / "work"
        self.folder.mkdir(parents=True)
        (home / "pegboard").symlink_to(ROOT)
        search = [activated / "bin"] if activated else []
        self.environ = {
            "PATH": os.pathsep.join(map(str, [*search, programs, "/usr/local/bin", "/usr/bin", "/bin"])),
            "HOME": str(home),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "80",
            "NO_COLOR": "1",
            "PEX_EMIT_WARNINGS": "0",  # pex warns of long folders, and those of tests are longer than a reader's
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(wheels),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def check(self, page):
        """Do what *page* says, and fail, with the differences, if the terminal shows anything else."""
        shown = self.follow(page)
        if shown != page.transcript:
            texts = [text.splitlines(keepends=True) for text in (page.transcript, shown)]
            pytest.fail("".join(difflib.unified_diff(*texts, "the page says", "it shows")), pytrace=False)

    def follow(self, page):
        """Do what *page* says, and return what the terminal showed."""
        script = [
            f"__shown() {{ local status=$?; printf '{_MARK}'; return $status; }}",
            '__put() { local status=$?; mkdir -p "$(dirname "$2")" && cp "$1" "$2" && touch -t $3 "$2" "$(dirname "$2")"; return $status; }',
        ]
        commands = []
        for number, (kind, what, text) in enumerate(page.steps):
            if kind == "file":
                staged = self.home / ".staged" / str(number)
                staged.parent.mkdir(exist_ok=True)
                staged.write_text(text, encoding="utf-8")
                target = f'"$HOME"/{shlex.quote(what[2:])}' if what.startswith("~/") else shlex.quote(what)
                # what changed a moment ago is not trusted, and a reader takes longer than the next command
                written = f"200101{1 + number // 24:02}{number % 24:02}00"
                script.append(f"__put {shlex.quote(str(staged))} {target} {written}")
            else:
                commands.append(what)
                script.append(f"{what}\n__shown")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-c", "\n".join(script)],
            cwd=self.folder,
            env=self.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=600,
            check=False,
        )
        shown = done.stdout.replace(str(self.home), "/home/ada").split(_MARK)
        assert len(shown) == len(commands) + 1, done.stdout
        return "".join(f"$ {command}\n{output}" for command, output in zip(commands, shown, strict=False))


def _repacked(name, folder):
    """Make a wheel of the installed distribution *name* in *folder*, and of all that it needs; return nothing."""
    distribution = importlib.metadata.distribution(name)
    stem = f"{re.sub(r'[-_.]+', '_', distribution.name)}-{distribution.version}"
    if list(folder.glob(f"{stem}-*.whl")):
        return
    own = next(
        file.parent.as_posix()
        for file in distribution.files
        if re.fullmatch(r"[^/]+\.dist-info/METADATA", file.as_posix())
    )
    left_out = {f"{own}/{name}" for name in _INSTALLERS_OWN}
    tag = re.findall(r"^Tag: (\S+)", distribution.read_text("WHEEL"), re.MULTILINE)[-1]  # that of Python 2 comes first
    record = []
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as wheel:
        for file in distribution.files:
            path = file.as_posix()
            if path.startswith("..") or "__pycache__" in path or path in left_out:
                continue
            data = file.locate().read_bytes()
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{path},sha256={digest},{len(data)}")
            wheel.writestr(path, data)
        wheel.writestr(f"{own}/RECORD", "\n".join([*record, f"{own}/RECORD,,", ""]))
    for requirement in distribution.requires or ():
        name, marker = re.match(r"([\w.-]+)[^;]*(.*)", requirement).groups()
        if not marker:
            _repacked(name, folder)


_INSTALLERS_OWN = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"}


@pytest.fixture(scope="session")
def wheels(environments):
    """A folder with wheels of pegboard, utt, and what installing them and a plugin needs."""
    folder = environments.shared / "docs" / "wheels"
    with environments.once(folder) as unfinished:
        if unfinished:
            _fill(unfinished)
    return folder


def _fill(folder):
    for name in (
        "hatchling",
        "setuptools",
        "pytest",
        "argcomplete",
        "rich",
        "tomlkit",
        "packaging",
        "watchfiles",
        "typing_extensions",
        "click",
        "typer",
        "starlette",
        "truststore",
        "httpx2",
        "httpcore2",
    ):
        _repacked(name, folder)
    for package in ("pegboard", "utt"):
        subprocess.run(
            [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
            cwd=ROOT / "packages" / package,
            check=True,
            capture_output=True,
        )


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A folder for the search path in which `python3` is the Python that runs the tests, without its packages."""
    folder = tmp_path_factory.mktemp("programs")
    python = folder / "python3"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys._base_executable)} "$@"\n')
    python.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def environment(environments, programs, wheels):
    """An environment in which pegboard and utt are installed from their wheels."""
    folder = environments.shared / "docs" / "environment"
    with environments.once(folder, movable=False) as unfinished:
        if unfinished:
            _install(unfinished, programs, wheels)
    return folder


def _install(folder, programs, wheels):
    subprocess.run([programs / "python3", "-m", "venv", folder], check=True)
    subprocess.run(
        [
            folder / "bin/pip",
            "install",
            "--quiet",
            "--no-compile",
            "--no-index",
            "--find-links",
            wheels,
            "utt",
            "pegboard[watch]",
            "click",
            "typer",
            "starlette",
            "httpx2",
            "pytest",
        ],
        check=True,
    )
    # What changed a moment ago is not trusted, and pages tell of later starts: everything there is made older.
    _age(path for path in folder.rglob("*") if path.is_file())
    subprocess.run(
        [folder / "bin/python", "-m", "compileall", "-q", "-f", *folder.glob("lib/*/site-packages")], check=True
    )
    _age([folder, *(path for path in folder.rglob("*") if path.is_dir())])


def _age(paths):
    for path in paths:
        if not path.is_symlink():
            os.utime(path, (1e9, 1e9))


@pytest.fixture
def newcomer(tmp_path, programs, wheels):
    """A reader who has Python and a clone of the repository in `~/pegboard`."""
    return Reader(tmp_path / "home", programs, wheels)


@pytest.fixture
def user(tmp_path, programs, wheels, environment):
    """A reader who has pegboard and utt installed, too."""
    return Reader(tmp_path / "home", programs, wheels, activated=environment)


@pytest.fixture
def user_of_dask(tmp_path, programs, wheels, environments):
    """A reader who has Dask and the example that needs it."""
    projects = ("packages/pegboard", "examples/notes", "examples/notes-html", "examples/batch")
    environment = environments.shared_environment(*projects, linked=("distributed",))
    return Reader(tmp_path / "home", programs, wheels, activated=environment.folder)


@pytest.fixture
def owner(tmp_path, programs, environments):
    """A reader who has utt in an environment that is theirs to change, and the wheel of a plugin to install."""
    environment = environments.make(tmp_path / "environment", "packages/pegboard", "packages/utt", "pip")
    wheel = environments.wheel("examples/utt-compact-report")
    reader = Reader(tmp_path / "home", programs, wheel.parent, activated=environment.folder)
    reader.environ["UTT_PLUGINS_JUDGING_S"] = "inf"  # on a busy machine some plugins would be judged only later
    return reader


@pytest.fixture
def packager_with(tmp_path, programs, wheels, environments):
    """Return what makes a reader who has the application notes and its plugin installed, and tools."""

    def make(*tools):
        projects = ("examples/notes", "examples/notes-html")
        environment = environments.make(tmp_path / "environment", *tools, "pip", *projects)
        folders = (wheels, *(environments.wheel(project).parent for project in projects))
        return Reader(tmp_path / "home", programs, " ".join(map(str, folders)), activated=environment.folder)

    return make


@pytest.fixture
def packager(packager_with):
    """A reader who has what bundles applications."""
    return packager_with(*BUNDLERS)


@pytest.fixture
def page():
    """Return a page by its path from the root."""
    return lambda path: Page(ROOT / path)
