"""An application, two plugins whose pins of one library exclude one another, and a machine without a package index."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from support.environments import Environment, Environments, User
from support.wheel import write_wheel

WIRE = ("msgpack>=1",)

_APP = """
from collections.abc import Callable

from pegboard import Host

host = Host("memo", commands="memo plugins")
exporters = host.registry("exporters", Callable[..., object], isolable=True)
closed = host.registry("closed")
"""
_API = """
from memo.app import closed, exporters, host

register = exporters.register
register_closed = closed.register
declare = host.declare
"""
_MAIN = """
import json
import sys

from memo.app import exporters, host
from pegboard import PegboardError
from pegboard.cli import manage


def main():
    if sys.argv[1:2] == ["plugins"]:
        return manage(host, sys.argv[2:], prog="memo plugins")
    if sys.argv[1:2] == ["names"]:
        loaded = "pegboard.isolation" in sys.modules
        print(json.dumps({"names": exporters.names(), "loaded": loaded}))
        return 0
    try:
        answers = [exporters.call(name, *sys.argv[2:]) for name in sys.argv[1].split(",")]
    except PegboardError as error:
        print(error.render(), file=sys.stderr)
        return 1
    print(json.dumps(answers))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
"""
_PLUGIN = '''
import os

import inklib
from memo.api import v1


@v1.register("{name}", summary="with ink {version}")
def export(text: str, times: int = 1) -> list:
    """Say which ink it is written with."""
    return [inklib.VERSION, text * times, os.getpid()]
'''


def application(name: str = "memo", app: str = _APP, **more: str) -> dict[str, str]:
    """Return the files of the application."""
    return {
        f"{name}/__init__.py": "",
        f"{name}/app.py": app,
        f"{name}/api/__init__.py": "",
        f"{name}/api/v1.py": _API,
        f"{name}/__main__.py": _MAIN,
        f"{name}/plugins/plain.py": "from memo.api import v1\n\nv1.register('plain', lambda text: [text])\n",
        **more,
    }


@dataclass
class Isolation:
    """What the tests of isolated plugins share."""

    environments: Environments
    wheels: Path
    python: Path
    cache: Path
    user: User
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.user.home / ".config" / "memo"

    def policy(self, text: str) -> None:
        """Write `plugins.toml`."""
        self.config.mkdir(parents=True, exist_ok=True)
        (self.config / "plugins.toml").write_text(text, encoding="utf-8")

    def run(self, *words: str, **options):
        """Run the application."""
        return self.user.run(self.python, "-m", "memo", *words, **options)

    def start(self, *words: str, **options):
        """Start the application."""
        return self.user.start(self.python, "-m", "memo", *words, **options)

    def json(self, *words: str):
        """Run the application, and return what it prints; nothing may go wrong."""
        done = self.run(*words)
        assert done.code == 0, done
        return json.loads(done.out)

    @property
    def made(self) -> list[Path]:
        """The environments in the user's cache."""
        return sorted(self.cache.glob("pegboard/environments/memo-*[!k]"))


def make(environments: Environments, home: Path) -> Isolation:
    """Return what the tests share, with a home of one's own, and a cache that all have in common."""
    shared = environments.shared / "isolation"
    with environments.once(shared, movable=False) as unfinished:
        if unfinished:
            _fill(unfinished, environments)
    cache = shared / "cache"
    user = User(home)
    user.environ.update(
        {
            "XDG_CACHE_HOME": str(cache),
            "UV_CACHE_DIR": str(shared / "uv"),
            "UV_CONFIG_FILE": str(shared / "uv.toml"),
            "MEMO_PLUGINS_CACHE": str(home / ".cache" / "memo"),
            "PATH": f"{environments.root / '.tools' / 'bin'}:/usr/bin:/bin",
        }
    )
    return Isolation(environments, shared / "wheels", Environment(shared / "host").python, cache, user)


def _fill(folder: Path, environments: Environments) -> None:
    folder.mkdir(exist_ok=True)
    wheels = folder / "wheels"
    for version in ("1.0", "2.0"):
        write_wheel(wheels, "inklib", version, {"inklib.py": f"VERSION = {version!r}\n"})
    app = write_wheel(wheels, "memo", "1.0", application(), requires=("pegboard",))
    for name, version in (("old", "1.0"), ("new", "2.0")):
        plugin = {f"memo/plugins/{name}.py": _PLUGIN.format(name=name, version=version)}
        write_wheel(wheels, f"memo-{name}", "1.0", plugin, requires=("memo", f"inklib=={version}"))
    places = json.dumps([str(wheels), str(environments.published(WIRE))])
    (folder / "uv.toml").write_text(f"no-index = true\nfind-links = {places}\n", encoding="utf-8")
    host = environments.make(folder / "host", "packages/pegboard", "rich", "tomlkit", "packaging")
    del host
    environments.install(Environment(folder / "host"), app, next(environments.published(WIRE).glob("msgpack*.whl")))


def remove(folder: Path) -> None:
    """Delete an environment."""
    shutil.rmtree(folder)


def uv(environments: Environments, *words: str | Path) -> None:
    """Run uv."""
    subprocess.run([environments.root / ".tools" / "bin" / "uv", *map(str, words)], check=True)
