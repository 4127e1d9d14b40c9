"""Synthetic but real environments: a virtual environment with N plugins installed, each a distribution of its own.

An environment holds what a user of the application would have in it and nothing else: the host of the kind
compared, the library it needs, and N distributions with `.dist-info` and compiled modules. Every file and folder is an
hour old, as on every day but the first: what is younger than two seconds is deliberately not trusted by pegboard.
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

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).resolve().parent
CACHE = ROOT / ".cache" / "bench"
PEGBOARD = Path(os.environ.get("BENCH_PEGBOARD", ROOT / "packages" / "pegboard"))
"""What is measured; another checkout can be named, to compare two of them."""
UV = ROOT / ".tools" / "bin" / "uv"
AGE_S = 3600
FORMAT = "1"  # to be raised when what is made here changes: environments of another one are made anew

VARIANTS = ("frugal", "light", "heavy")
LIBRARIES = {"pluggy": "pluggy==1.7.0", "stevedore": "stevedore==5.10.0", "plux": "plux==1.16.0"}
KINDS = ("ours", "plain", *LIBRARIES)

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

_WORK = '''"""What makes this plugin slow to import: about 20 ms of work that no other plugin shares."""

import dataclasses
import enum
import re


'''


def plugin_name(number: int) -> str:
    return f"plugin_{number:05}"


def command_name(number: int) -> str:
    return f"command-{number:05}"


class Environment:
    """One virtual environment, made when it is first needed and kept."""

    def __init__(self, kind: str, variant: str, count: int, base: Path = CACHE) -> None:
        """Name an environment; `make` makes it.

        Args:
            kind: One of `KINDS`: which host it holds.
            variant: One of `VARIANTS`: what the plugins import.
            count: How many plugins.
            base: Where it is to be.
        """
        self.kind = kind
        self.variant = variant
        self.count = count
        self.path = base / f"{variant}-{count}-{kind}"
        self.home = self.path / "home"
        self.python = self.path / "venv" / "bin" / "python"

    def __repr__(self) -> str:
        return f"{self.variant} N={self.count} {self.kind}"

    @property
    def site(self) -> Path:
        return self.path / "venv" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"

    @property
    def plugins(self) -> Path:
        return self.site / "benchhost" / "plugins"

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

    # -- making it ----------------------------------------------------------------------------------------------------

    def make(self) -> Environment:
        """Make the environment unless it is there and up to date."""
        stamp = f"{FORMAT} {sys.version} {_content_hash(HERE / 'programs', Path(__file__))}"
        if self.kind == "ours":
            stamp += _content_hash(PEGBOARD / "src")
        marker = self.path / "made"
        if marker.exists() and marker.read_text() == stamp:
            return self
        shutil.rmtree(self.path, ignore_errors=True)
        self.home.mkdir(parents=True)
        make_venv(self.path / "venv")
        if self.kind == "ours":
            install(self.python, "--no-deps", str(PEGBOARD))
        elif self.kind in LIBRARIES:
            install(self.python, LIBRARIES[self.kind])
        self._write_host()
        for number in range(self.count):
            self._write_distribution(number)
        past = an_hour_ago()
        age(self.path / "venv", past)  # before compiling: a compiled module remembers the time of its source
        compile_all(self.site)
        age(self.path / "venv", past)
        marker.write_text(stamp)
        return self

    def _write_host(self) -> None:
        self.plugins.mkdir(parents=True)
        (self.site / "benchhost" / "__init__.py").write_text('"""The application."""\n')
        for folder in ("ours",) if self.kind == "ours" else ("plain", self.kind):
            for program in (HERE / "programs" / folder).glob("*.py"):
                shutil.copyfile(program, self.site / "benchhost" / program.name)

    def _write_distribution(self, number: int) -> None:
        name, file = plugin_name(number), self.plugin_file(number)
        file.parent.mkdir(exist_ok=True)
        files = [file]
        file.write_text(plugin_source(self.variant, number))
        if self.variant == "heavy":
            files.append(file.parent / "_work.py")
            files[-1].write_text(work_source(number))
        info = self.site / f"benchhost_{name}-1.0.dist-info"
        info.mkdir()
        distribution = f"benchhost-{name.replace('_', '-')}"
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\nSummary: Plugin {number} of benchhost\n"
            f"Requires-Python: >=3.11\n\n{'A description, as long as they are. ' * 20}\n"
        )
        (info / "WHEEL").write_text("Wheel-Version: 1.0\nGenerator: bench\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        (info / "entry_points.txt").write_text(f"[benchhost.plugins]\n{name} = benchhost.plugins.{name}\n")
        (info / "INSTALLER").write_text("bench\n")
        files += [info / "METADATA", info / "WHEEL", info / "entry_points.txt", info / "INSTALLER"]
        record = "".join(_record_line(path, self.site) for path in files)
        (info / "RECORD").write_text(f"{record}{info.name}/RECORD,,\n")


def plugin_source(variant: str, number: int) -> str:
    """Return the source of a plugin: about 60 lines."""
    return _PLUGIN.format(
        number=number,
        command=command_name(number),
        imports=_IMPORTS[variant].format(name=plugin_name(number)),
        options=_OPTIONS[variant].format(number=number),
    )


def work_source(number: int) -> str:
    """Return the source of a module that takes about 20 ms to import, whatever was imported before."""
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


def _record_line(path: Path, site: Path) -> str:
    data = path.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    return f"{path.relative_to(site)},sha256={digest},{len(data)}\n"


def _content_hash(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def make_venv(path: Path) -> None:
    """Make a virtual environment with nothing in it: neither pip nor the hook that uv puts into those it makes."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(path)], check=True)


def install(python: Path, *what: str) -> None:
    """Install from the package index, or from a folder; as copies, since `age` must not touch uv's own cache."""
    subprocess.run(
        [str(UV), "pip", "install", "--quiet", "--link-mode", "copy", "--python", str(python), *what], check=True
    )


def compile_all(folder: Path) -> None:
    for file in folder.rglob("*.py"):
        py_compile.compile(str(file), doraise=True)


def age(folder: Path, past_ns: int) -> None:
    """Give everything below *folder* that one time."""
    for path, _, files in os.walk(folder, topdown=False):
        for name in files:
            file = os.path.join(path, name)
            if not os.path.islink(file):
                os.utime(file, ns=(past_ns, past_ns))
        os.utime(path, ns=(past_ns, past_ns))


def an_hour_ago() -> int:
    """Return the time an hour ago, in nanoseconds, on a full second: what most installers write."""
    return (int(time.time()) - AGE_S) * 1_000_000_000
