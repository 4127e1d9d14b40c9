#!/usr/bin/env python3
"""Do two published plugins whose pins of one library exclude one another run in one application?

Makes an environment with the application, shows that uv cannot install both plugins into it, isolates them by one
command each, and formats a text with both. Ends with 1 if anything is not as it should be.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
UV = ROOT / ".tools/bin/uv"
PLUGINS = ("mdformat-tables==1.0.0", "mdformat-wiki==0.5.0")
"""The first requires mdformat>=0.7.5,<0.8.0, and the second mdformat>=1,<2."""
TEXT = "| a | b |\n|-|-|\n| [[x]] | 2 |\n"


def run(*command: str | Path, environ: dict[str, str], text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command, show it, and return what it printed."""
    print("$", *(str(word).replace(f"{ROOT}/", "") for word in command))
    done = subprocess.run([*map(str, command)], input=text, capture_output=True, text=True, env=environ, check=False)
    print((done.stdout + done.stderr).rstrip())
    return done


def main() -> int:
    """Run all of it, and return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        environ = {**os.environ, "HOME": folder, "XDG_CONFIG_HOME": f"{folder}/config"}
        environ |= {"XDG_CACHE_HOME": f"{folder}/cache", "PATH": f"{UV.parent}:{os.environ['PATH']}"}
        environ["UV_CACHE_DIR"] = subprocess.check_output([UV, "cache", "dir"], text=True).strip()
        python, tidy = home / "venv/bin/python", home / "venv/bin/tidy"
        run(UV, "venv", "--quiet", "--python", sys.executable, home / "venv", environ=environ)
        projects = ("--editable", ROOT / "packages/pegboard", HERE / "tidy", "msgpack", "rich", "tomlkit", "packaging")
        run(UV, "pip", "install", "--quiet", "--python", python, *projects, environ=environ)
        both = run(UV, "pip", "install", "--dry-run", "--python", python, *PLUGINS, environ=environ)
        isolated = [run(tidy, "plugins", "isolate", plugin, environ=environ) for plugin in PLUGINS]
        names = run(tidy, environ=environ)
        formatted = run(tidy, *names.stdout.split(), environ=environ, text=TEXT)
        checks = {
            "uv refuses to install both": both.returncode != 0 and "mdformat" in both.stderr,
            "each is isolated by one command": all(done.returncode == 0 for done in isolated),
            "both are there": set(names.stdout.split()) == {"tables", "wiki"},
            "one has mdformat 0.7": "<!-- mdformat 0.7." in formatted.stdout,
            "the other has mdformat 1": "<!-- mdformat 1." in formatted.stdout,
            "one has padded the table": "| a       | b   |\n" in formatted.stdout,
            "the other has kept the link": "| [[x]] | 2 |\n" in formatted.stdout,
        }
    for what, is_so in checks.items():
        print(f"{'ok' if is_so else 'WRONG':<6} {what}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
