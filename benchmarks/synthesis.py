"""Builds the virtual environments that are measured: each holds one host and N installed plugins.

An environment contains what a user of the application has and nothing else: the host, the library that it needs, and
N distributions with `.dist-info` and compiled modules. All files are an hour old, because pegboard deliberately
distrusts files that are younger than two seconds.
"""

from __future__ import annotations

import base64
import hashlib
import os
import py_compile
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".cache" / "bench"
PEGBOARD = Path(os.environ.get("BENCH_PEGBOARD", ROOT / "packages" / "pegboard"))
"""The package that is measured; the variable names another checkout, to compare two of them."""
UV = ROOT / ".tools" / "bin" / "uv"
AGE_S = 3600
FORMAT = "2"  # raise it when the environments change: those of another format are built anew


class Kind(NamedTuple):
    """What an environment contains beside its plugins."""

    programs: tuple[str, ...]
    """The folders of `programs` that make up its application."""
    has_pegboard: bool = False
    libraries: tuple[str, ...] = ()


KINDS = {
    "ours": Kind(("ours",), has_pegboard=True),
    "plain": Kind(("plain",)),
    "pluggy": Kind(("plain", "pluggy"), libraries=("pluggy==1.7.0",)),
    "stevedore": Kind(("plain", "stevedore"), libraries=("stevedore==5.10.0",)),
    "plux": Kind(("plain", "plux"), libraries=("plux==1.16.0",)),
    "calls": Kind(("calls",), has_pegboard=True, libraries=("svcs==26.2.0", "dishka==1.10.1")),
}

_IMPORTS = {
    "frugal": "",
    "heavy": "from benchhost.plugins.{name} import _work\n",
    "light": "import argparse\nimport dataclasses\nimport json\n",
}
_OPTIONS = {
    "frugal": '''class Options:
    """What the user may ask of the command."""

    __slots__ = ("amount", "name", "verbose")

    def __init__(self, name: str = "", amount: int = {number}, verbose: bool = False) -> None:
        self.name = name
        self.amount = amount
        self.verbose = verbose


def add_arguments(parser) -> None:
    parser.add_argument("--amount", type=int, default={number})
    parser.add_argument("--verbose", action="store_true")


def as_text(options: Options) -> str:
    return "%s %d %s" % (options.name, options.amount, options.verbose)
''',
    "light": '''@dataclasses.dataclass
class Options:
    """What the user may ask of the command."""

    name: str = ""
    amount: int = {number}
    verbose: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--amount", type=int, default={number})
    parser.add_argument("--verbose", action="store_true")


def as_text(options: Options) -> str:
    return json.dumps(dataclasses.asdict(options))
''',
}
_OPTIONS["heavy"] = _OPTIONS["frugal"]

_PLUGIN = '''"""Plugin {number}: one command and one component, as a small plugin has them."""

{imports}
from benchhost.api import register_command, register_component

DEFAULTS = {{"amount": {number}, "name": "{command}", "verbose": False}}


{options}

class Formatter{number}:
    """A component that an application could look up by its type."""

    width = 72

    def format(self, line: str) -> str:
        return line[: self.width]

    def format_all(self, lines) -> list:
        return [self.format(line) for line in lines]

    def heading(self, text: str) -> str:
        return text.upper().ljust(self.width, "-")


class Command{number}:
    """The command."""

    name = "{command}"
    description = "Does the work of plugin {number}"

    def __init__(self, formatter: Formatter{number}) -> None:
        self.formatter = formatter

    def __call__(self, options: Options) -> str:
        return self.formatter.format(as_text(options))


def main() -> None:
    print(Command{number}(Formatter{number}())(Options(**DEFAULTS)))


register_component(Formatter{number})
register_command("{command}", main, summary=Command{number}.description)
'''

_CALLS_PLUGIN = '''"""Plugin {number}: five commands, twelve or thirteen topics and one component."""

from benchhost.api import register_command, register_component, register_topic


class Component{number}:
    """A component that the application looks up by its type."""


class Command:
    """A command."""

    def __init__(self, name: str) -> None:
        self.name = name


for _number in range(5):
    _name = f"{command}-{{_number}}"
    register_command(_name, Command(_name), summary="Does one thing of plugin {number}", hidden=False)
for _number in range({topics}):
    register_topic(f"topic-{number:05}-{{_number}}", "A page of help", title="One topic of plugin {number}")
register_component(Component{number})
'''

_WORK = '''"""About 20 ms of work that makes this plugin slow to import, and that no other plugin shares."""

import dataclasses
import enum
import re


'''


def plugin_name(number: int) -> str:
    return f"plugin_{number:05}"


def command_name(number: int) -> str:
    return f"command-{number:05}"


class Environment:
    """A virtual environment that `make` builds when it is first needed, and that is kept."""

    def __init__(self, kind: str, variant: str, count: int, base: Path = CACHE) -> None:
        """Name an environment.

        Args:
            kind: A key of `KINDS`: which host it contains.
            variant: `frugal`, `light`, `heavy` or `calls`: which plugins it contains.
            count: The number of plugins.
            base: The folder that it is built in.
        """
        self.kind = kind
        self.variant = variant
        self.count = count
        self.path = base / f"{variant}-{count}-{kind}"
        self.home = self.path / "home"
        self.venv = self.path / "venv"
        self.python = self.venv / "bin" / "python"
        self.site = self.venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
        self.plugins = self.site / "benchhost" / "plugins"
        self.caches = (self.home / ".cache", self.venv / "var")
        """The folders that can contain an index."""

    def __repr__(self) -> str:
        return f"{self.variant} N={self.count} {self.kind}"

    @property
    def environ(self) -> dict[str, str]:
        """The environment variables of every measured process: no more than it needs."""
        return {"HOME": str(self.home), "PATH": os.defpath, "LANG": "C.UTF-8"}

    @property
    def middle(self) -> int:
        """The number of the plugin whose command is run: neither the first nor the last."""
        return self.count // 2

    def argv(self, code: str, *flags: str) -> list[str]:
        return [str(self.python), "-I", *flags, "-c", code]

    def plugin_file(self, number: int) -> Path:
        if self.variant == "heavy":
            return self.plugins / plugin_name(number) / "__init__.py"
        return self.plugins / f"{plugin_name(number)}.py"

    def forget(self) -> None:
        """Remove every index."""
        for folder in self.caches:
            shutil.rmtree(folder, ignore_errors=True)

    # -- building -----------------------------------------------------------------------------------------------------

    def make(self) -> Environment:
        """Build the environment, or install pegboard in it again, unless it is up to date."""
        kind = KINDS[self.kind]
        programs = [HERE / "programs" / folder for folder in kind.programs]
        parts = {"made": f"{FORMAT} {sys.version} {_content_hash(*programs, Path(__file__))}"}
        if kind.has_pegboard:
            parts["pegboard"] = f"{PEGBOARD} {_content_hash(PEGBOARD / 'src')}"
        changed = [name for name, stamp in parts.items() if _read(self.path / name) != stamp]
        if not changed:
            return self
        if "made" in changed:
            self._build(kind, programs)
        for name in changed:
            (self.path / name).unlink(missing_ok=True)
        if kind.has_pegboard:
            # alone when only pegboard has changed: a thousand plugins take longer to install than to measure
            shutil.rmtree(self.site / "pegboard", ignore_errors=True)  # with what was compiled from modules that moved
            install(self.python, "--no-deps", "--reinstall", str(PEGBOARD))
            self.forget()
        past = an_hour_ago()
        age(self.venv, past)  # before compiling: a compiled module contains the time of its source
        compile_all(self.site if "made" in changed else self.site / "pegboard")
        age(self.venv, past)
        for name, stamp in parts.items():
            (self.path / name).write_text(stamp)
        return self

    def _build(self, kind: Kind, programs: list[Path]) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        self.home.mkdir(parents=True)
        make_venv(self.venv)
        if kind.libraries:
            install(self.python, *kind.libraries)
        self.plugins.mkdir(parents=True)
        (self.site / "benchhost" / "__init__.py").write_text('"""The application."""\n')
        for folder in programs:
            shutil.copytree(folder, self.site / "benchhost", dirs_exist_ok=True)
        for number in range(self.count):
            self._write_distribution(number)

    def _write_distribution(self, number: int) -> None:
        name, file = plugin_name(number), self.plugin_file(number)
        file.parent.mkdir(exist_ok=True)
        files = {file: plugin_source(self.variant, number)}
        if self.variant == "heavy":
            files[file.parent / "_work.py"] = work_source(number)
        info = self.site / f"benchhost_{name}-1.0.dist-info"
        info.mkdir()
        files[info / "METADATA"] = (
            f"Metadata-Version: 2.1\nName: benchhost-{name.replace('_', '-')}\nVersion: 1.0\n"
            f"Summary: Plugin {number} of benchhost\nRequires-Python: >=3.11\n\n"
            f"{'A description, as long as they are. ' * 20}\n"
        )
        files[info / "WHEEL"] = "Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        files[info / "entry_points.txt"] = f"[benchhost.plugins]\n{name} = benchhost.plugins.{name}\n"
        files[info / "INSTALLER"] = "bench\n"
        record = "".join(_record_line(path.relative_to(self.site), text.encode()) for path, text in files.items())
        files[info / "RECORD"] = f"{record}{info.name}/RECORD,,\n"
        for path, text in files.items():
            path.write_text(text)


def plugin_source(variant: str, number: int) -> str:
    if variant == "calls":
        return _CALLS_PLUGIN.format(number=number, command=command_name(number), topics=12 + number % 2)
    return _PLUGIN.format(
        number=number,
        command=command_name(number),
        imports=_IMPORTS[variant].format(name=plugin_name(number)),
        options=_OPTIONS[variant].format(number=number),
    )


def work_source(number: int) -> str:
    """Return the source of a module that takes about 20 ms to import, whatever has been imported before."""
    parts = [_WORK]
    for item in range(9):
        fields = "".join(f"    field_{field}: int = {field}\n" for field in range(8))
        parts.append(f"@dataclasses.dataclass(order=True)\nclass Data{number}x{item}:\n{fields}\n\n")
    for item in range(3):
        members = "".join(f"    M{member} = {member}\n" for member in range(12))
        parts.append(f"class Kind{number}x{item}(enum.Enum):\n{members}\n\n")
    parts += [
        f'PATTERN_{item} = re.compile(r"(?P<n{number}>{number}|[a-z]+)(\\s*[-+]\\s*(\\d+|0x[0-9a-f]+)){{1,{item + 2}}}$")\n'
        for item in range(2)
    ]
    return "".join(parts)


def _record_line(path: Path, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path},sha256={digest},{len(data)}\n"


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def _content_hash(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def make_venv(path: Path) -> None:
    """Make an empty virtual environment, without pip and without the hook that uv adds to its own."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(path)], check=True)


def install(python: Path, *what: str) -> None:
    """Install from the package index or from a folder, as copies, because `age` must not change uv's own cache."""
    subprocess.run(
        [str(UV), "pip", "install", "--quiet", "--link-mode", "copy", "--python", str(python), *what], check=True
    )


def compile_all(folder: Path) -> None:
    for file in folder.rglob("*.py"):
        py_compile.compile(str(file), doraise=True)


def age(folder: Path, past_ns: int) -> None:
    """Set the time of everything below *folder*, and of links themselves instead of their targets."""
    for path, _, files in os.walk(folder, topdown=False):
        for name in files:
            os.utime(os.path.join(path, name), ns=(past_ns, past_ns), follow_symlinks=False)
        os.utime(path, ns=(past_ns, past_ns))


def an_hour_ago() -> int:
    """Return the time an hour ago in nanoseconds, on a full second, as most installers write it."""
    return (int(time.time()) - AGE_S) * 1_000_000_000
