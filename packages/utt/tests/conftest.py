"""Fixtures: a home folder for each test, and utt as a real process in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCES = [Path(__file__).parents[1] / "src", Path(__file__).parents[2] / "pegboard" / "src"]
# Named `utt` in its messages, as the installed script is.
PROGRAM = "import sys; sys.argv[0] = 'utt'; from utt.__main__ import main; sys.exit(main())"
NOW = "2021-03-03 10:00"


@dataclass
class Done:
    code: int
    out: str
    err: str


@dataclass
class Home:
    """A user's home, and utt run in it."""

    root: Path

    @property
    def log(self) -> Path:
        return self.root / ".local" / "share" / "utt" / "utt.log"

    def environment(self, **more: str) -> dict[str, str]:
        return {
            "HOME": str(self.root),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "80",
            "PYTHONPATH": os.pathsep.join(map(str, SOURCES)),
            **more,
        }

    def write_log(self, data: str | bytes) -> bytes:
        raw = data if isinstance(data, bytes) else data.encode()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_bytes(raw)
        return raw

    def start(
        self, *args: str, now: str | None = NOW, env: dict[str, str] | None = None, **options
    ) -> subprocess.Popen:
        words = [*(["--now", now] if now else []), *args]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, **options}
        environment = self.environment(**(env or {}))
        return subprocess.Popen([sys.executable, "-c", PROGRAM, *words], cwd=self.root, env=environment, **options)

    def utt(self, *args: str, now: str | None = NOW, env: dict[str, str] | None = None, **options) -> Done:
        process = self.start(*args, now=now, env=env, **options)
        out, err = process.communicate(timeout=60)
        return Done(process.returncode, (out or b"").decode(), (err or b"").decode())


@pytest.fixture
def home(tmp_path: Path) -> Home:
    root = tmp_path / "home"
    root.mkdir()
    return Home(root)
