"""An application, two plugins whose pins of one library exclude one another, and a machine without a package index."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from support.environments import Environment, Environments, User
from support.wheel import write_wheel

WIRE = ("msgpack>=1",)

_APP = """
from collections.abc import Callable

from pegboard import Host

host = Host("memo", commands="memo plugins")
exporters = host.registry("exporters", Callable[..., object], isolable=True)
inks = host.registry("inks", isolable=True)
shades = host.registry("shades", isolable=True, entry_points="memo.shades")
themes = host.data_registry("themes")
closed = host.registry("closed")


@host.hooks.collect(isolable=True)
def colours(text: str) -> str | None:
    ...
"""
_API = """
from memo.app import closed, colours, exporters, host, inks, themes

register = exporters.register
register_ink = inks.register
register_theme = themes.register
register_closed = closed.register
colour = colours.implement
declare = host.declare
"""
_MAIN = """
import json
import subprocess
import sys

from memo.app import exporters, host
from pegboard import PegboardError
from pegboard.cli import manage


def main():
    if sys.argv[1:2] == ["plugins"]:
        return manage(host, sys.argv[2:], prog="memo plugins")
    if sys.argv[1:2] == ["run"]:
        exec(sys.argv[2], {})
        return 0
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
_PLUGIN = """
import os

import inklib
from memo.api import v1

v1.declare(after=["plain"], depends_on=["env:INK"])


@v1.register("{name}", summary="with ink {version}")
def export(text: str, times: int = 1) -> list:
    'Say which ink it is written with.'
    return [inklib.VERSION, text * times, os.getpid()]


class Ink:
    def mix(self, *colours):
        return "+".join(colours)

    def drops(self, count):
        yield from range(count)


v1.register_ink("{name}", Ink())
v1.register_theme("{name}", tint="{version}")


@v1.colour
def colour(text):
    return "{name} " + text
"""
_CHAIN = """
from memo.api import v1
from memo.plugins import old

v1.register("chain", lambda text: old.export(text)[:1])
"""
_CLOSED = """
from memo.api import v1

v1.register_closed("closed", print)
"""


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

    def program(self, code: str):
        """Run *code* in the application's environment, and return what it prints as JSON; nothing may go wrong."""
        done = self.run("run", code)
        assert (done.code, done.err) == (0, ""), done
        return json.loads(done.out)

    def json(self, *words: str):
        """Run the application, and return what it prints; nothing may go wrong."""
        done = self.run(*words)
        assert done.code == 0, done
        return json.loads(done.out)

    @property
    def made(self) -> list[Path]:
        """The environments in the user's cache."""
        return [path for path in sorted(self.cache.glob("pegboard/environments/memo-*")) if path.is_dir()]


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
    chain = {"memo/plugins/chain.py": _CHAIN}
    write_wheel(wheels, "memo-chain", "1.0", chain, requires=("memo", "memo-old"))
    points = {
        "shader.py": "def dark(text):\n    return 'dark ' + text\n",
        "memo_shades-1.0.dist-info/entry_points.txt": "[memo.shades]\ndark = shader:dark\n",
    }
    write_wheel(wheels, "memo-shades", "1.0", points, requires=("memo",))
    write_wheel(wheels, "memo-closed", "1.0", {"memo/plugins/shut.py": _CLOSED}, requires=("memo",))
    write_wheel(wheels, "strict", "1.0", application("strict"), requires=("pegboard", "inklib==1.0"))
    host = environments.make(folder / "host", "packages/pegboard", "rich", "tomlkit", "packaging")
    environments.install(host, app, next(environments.published(WIRE).glob("msgpack*.whl")))
    subprocess.run([host.python, "-m", "compileall", "-q", host.site / "memo"], check=True)
    host.age()
