"""An application whose plugins run on workers of an engine: those of its own environment, and one of another."""

from __future__ import annotations

import json
import subprocess
import sys
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from support.processes import Application

if TYPE_CHECKING:
    from pathlib import Path

PLUGINS = {
    "picky": """
        @api.register("picky")
        def picky(text):
            if text == "three":
                raise ValueError(f"not {text}")
            return text.upper()
    """,
    "patient": """
        @api.register("patient")
        def patient(path):
            with open(path) as pipe:  # of a pipe: waits until somebody writes
                return pipe.read()
    """,
    "deadly": """
        import os
        if os.path.exists(os.path.join(os.environ["HOME"], "kill")):
            os._exit(7)
        api.register("deadly", str.lower)
    """,
}
"""The plugins of acme-tools 1.0; 2.0 has `picky` alone."""


class EngineApplication(Application):
    """`app` with acme-tools 1.0, which other workers have in version 2.0."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.other = root / "other"
        for site, version, names in ((self.site, "1.0", PLUGINS), (self.other, "2.0", ("picky",))):
            for name in names:
                self._install(site, version, name)
        self.hide_objects()
        self.settle()
        self.path_of_others: str = self.environ["PYTHONPATH"].replace(str(self.site), str(self.other))

    def _install(self, site: Path, version: str, name: str) -> None:
        info = site / f"acme_tools-{version}.dist-info"
        self._put(info / "METADATA", f"Metadata-Version: 2.1\nName: acme-tools\nVersion: {version}\n")
        self._put(site / "app" / "plugins" / f"{name}.py", "from app import api\n" + dedent(PLUGINS[name]))
        with (info / "RECORD").open("a") as record:
            record.write(f"app/plugins/{name}.py,,\n")

    @staticmethod
    def _put(path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def drive(self, program: str, **environ: str) -> dict[str, Any]:
        """Run *program*, which puts into `result` what it sees, and return that."""
        driver = self.write("driver.py", f"{program}\n    print(json.dumps(result))\n")
        done = subprocess.run(
            [sys.executable, driver],
            env=self.environ | environ,
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return result | {"stderr": done.stderr, "stdout": done.stdout}
