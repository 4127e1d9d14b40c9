"""A workshop: real projects, built by the real back ends, installed into real environments, in which a probe runs."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from pdm.backend._vendor import editables

import pegboard

PROBE = Path(__file__).with_name("probe.py")
PEGBOARD = Path(pegboard.__file__).parents[1]
EXTEND = "__path__ = __import__('pkgutil').extend_path(__path__, __name__)\n"
HOSTS = {
    "regular": {"app/__init__.py": "", "app/plugins/__init__.py": "OWN = True\n"},
    "regular-bare": {"app/__init__.py": ""},
    "extend-path": {"app/__init__.py": EXTEND, "app/plugins/__init__.py": EXTEND + "OWN = True\n"},
    "namespace": {},
}
"""The kinds of application, by the `__init__` files that they have."""


def _environment(**extra):
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV", "UV_"))}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **extra}


def _run(*command, cwd=None, **environment):
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env=_environment(**environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


class Workshop:
    """Builds and installs; everything that is built is built once a session."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.hosts = {kind: self.wheel("app-host", self.host_files(kind), name=f"host-{kind}") for kind in HOSTS}
        self._built: dict[tuple[object, ...], Path] = {}
        self._made: dict[tuple[object, ...], Path] = {}
        # hatchling's editables, and pdm-backend's at run time, need that distribution; pdm-backend has a copy of it
        self.editables = root / "editables"
        self.editables.mkdir()
        (self.editables / "editables").symlink_to(Path(editables.__file__).parent)
        bundled = Path(sys.prefix).parent / ".tools" / "bin" / "uv"
        self.uv = shutil.which("uv") or (str(bundled) if bundled.exists() else None)

    @staticmethod
    def host_files(kind):
        own = {"app/api/__init__.py": "", "app/core.py": "", "app/plugins/0_add.py": "WHO = 'host'\n"}
        return {**HOSTS[kind], **own}

    # -- building ------------------------------------------------------------------------------------------------------

    def wheel(self, distribution, files, *, version="1.2.0", entry_points="", name=None, directories=False):
        """Write a wheel by hand: for contents that no back end would make."""
        folder = self.root / "wheels" / (name or distribution)
        folder.mkdir(parents=True, exist_ok=True)
        spelt = distribution.replace("-", "_")
        info = f"{spelt}-{version}.dist-info"
        contents = {
            **files,
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        if entry_points:
            contents[f"{info}/entry_points.txt"] = f"[app.plugins]\n{entry_points}\n"
        rows = []
        path = folder / f"{spelt}-{version}-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            if directories:
                for parent in sorted({str(up) for file in contents for up in Path(file).parents if str(up) != "."}):
                    archive.mkdir(parent) if hasattr(archive, "mkdir") else archive.writestr(f"{parent}/", "")
            for file, text in contents.items():
                data = text if isinstance(text, bytes) else text.encode()
                archive.writestr(file, data)
                digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
                rows.append(f"{file},sha256={digest},{len(data)}")
            archive.writestr(f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,", ""]))
        return path

    def project(self, key, files):
        """Write a project's source tree, once."""
        folder = self.root / "projects" / key
        if not folder.exists():
            write(folder, files)
        return folder

    def build(self, key, files, backend, hook, settings=None):
        """Return the wheel that *hook* of *backend* makes of the project (PEP 517, PEP 660)."""
        if (key, hook) not in self._built:
            folder = self.project(key, files)
            out = self.root / "built" / f"{key}-{hook}"
            out.mkdir(parents=True)
            code = (
                f"import sys, json, {backend} as b;"
                f"open(sys.argv[1], 'w').write(b.{hook}(sys.argv[2], json.loads(sys.argv[3])))"
            )
            bin_folder = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
            _run(
                sys.executable, "-W", "ignore", "-c", code, out / "name", out, json.dumps(settings or {}),
                cwd=folder, PATH=bin_folder, PYTHONPATH=str(self.editables),
            )  # fmt: skip
            self._built[key, hook] = out / (out / "name").read_text()
        return self._built[key, hook]

    # -- installing ----------------------------------------------------------------------------------------------------

    def environment(self, folder, *wheels, python=None, system_site=False):
        """Make an environment at *folder* with *wheels* and a way to pegboard; copied, if there is one like it."""
        alike = (wheels, python, system_site)
        if alike in self._made:
            shutil.copytree(self._made[alike], folder, symlinks=True)
            return Environment(self, Path(folder))
        made = self._new_environment(Path(folder), *wheels, python=python, system_site=system_site)
        if wheels:
            self._made[alike] = self.root / "environments" / str(len(self._made))
            shutil.copytree(folder, self._made[alike], symlinks=True)
        return made

    def _new_environment(self, folder, *wheels, python, system_site):
        if python:
            options = ["--system-site-packages"] if system_site else []
            _run(python, "-m", "venv", "--without-pip", *options, folder)
        else:
            venv.EnvBuilder(system_site_packages=system_site, symlinks=True).create(folder)
        made = Environment(self, folder)
        (made.site / "pegboard.pth").write_text(f"{PEGBOARD}\n")
        if wheels:
            self.install(wheels, python=made.python)
        return made

    def install(self, wheels, *, python=None, target=None):
        """Install *wheels*, with what they require left out."""
        options = ["--no-index", "--no-deps", *(["--target", target] if target else [])]
        interpreter = python or sys.executable
        if self.uv:
            cache = self.root / "uv-cache"
            _run(self.uv, "pip", "install", "--offline", "-q", "--cache-dir", cache, "--python", interpreter, *options, *wheels)  # fmt: skip
        else:
            _run(sys.executable, "-m", "pip", "--python", interpreter, "install", "-q", *options, *wheels)

    def install_editable(self, wheel, project, environment):
        """Install an editable wheel and note where it points to, as installers do (PEP 610)."""
        self.install([wheel], python=environment.python)
        for info in environment.site.glob("acme_*.dist-info"):
            origin = {"url": project.as_uri(), "dir_info": {"editable": True}}
            (info / "direct_url.json").write_text(json.dumps(origin))
            record = info / "RECORD"
            if "direct_url.json" not in record.read_text():
                record.write_text(f"{record.read_text()}{info.name}/direct_url.json,,\n")


class Environment:
    """A virtual environment."""

    def __init__(self, workshop, folder):
        self.workshop = workshop
        self.folder = folder
        self.python = folder / "bin" / "python"
        variables = {"base": str(folder), "platbase": str(folder)}
        self.site = Path(sysconfig.get_path("purelib", "venv", variables))

    def install(self, *wheels):
        self.workshop.install(wheels, python=self.python)

    def probe(self, *, script=PROBE, pythonpath=(), environ=None, **options):
        """Run the probe and return what it found."""
        extra = dict(environ or {})
        if pythonpath:
            extra["PYTHONPATH"] = os.pathsep.join(map(str, pythonpath))
        return json.loads(_run(self.python, script, json.dumps(options), cwd=self.folder, **extra))


def write(folder, files):
    """Write *files*, path to text, below *folder*."""
    for path, text in files.items():
        file = Path(folder) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    """Return the workshop of this session."""
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(params=sorted(HOSTS))
def host(request):
    """Return each kind of application, by name."""
    return request.param


@pytest.fixture
def environment(workshop, host, tmp_path):
    """Return an environment with the application in it."""
    return workshop.environment(tmp_path / "venv", workshop.hosts[host])


@pytest.fixture
def put():
    """Return what writes files below a folder."""
    return write
