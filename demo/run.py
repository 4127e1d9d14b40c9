"""The demo: utt with plugins that other people have published, with an example of ours, and with a broken one.

    demo/run.py [FOLDER]

All files are below FOLDER (by default `.cache/demo`), which gets a new environment and a new home. The demo needs
Python and `.tools/bin/uv`; `make demo` installs uv.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT / ".cache" / "demo"
HOME = FOLDER / "home"
BIN = FOLDER / "venv" / "bin"
UV = ROOT / ".tools" / "bin" / "uv"

PUBLISHED = ("utt-balance==0.1.1", "utt-project-summary==0.1.0")
TODAY = date(2026, 11, 20)  # a Friday
WEEKS = 4
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")


class DemoError(Exception):
    """The demo failed; the text says why, and what to do."""


def main() -> int:
    """Run the demo and return the exit status."""
    try:
        print(f"Setting up the demo in {os.path.relpath(FOLDER)}; nothing outside of it is changed.")
        set_up()
        print(f"Writing a log of {WEEKS} weeks: {write_log()} entries.")
        show()
    except DemoError as error:
        print(f"\nThe demo has failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


# -- setting up -------------------------------------------------------------------------------------------------------


def set_up() -> None:
    """Make an empty environment with pegboard and utt, and an empty home."""
    if not UV.exists():
        raise DemoError("there is no .tools/bin/uv; run it with `make demo`, which installs that")
    if HOME.exists():
        shutil.rmtree(HOME)
    HOME.mkdir(parents=True)
    uv("venv", "--clear", "--python", sys.executable, str(FOLDER / "venv"))
    print("Installing pegboard and utt from packages/.", flush=True)
    install("packages/pegboard", "packages/utt")


def install(*requirements: str) -> None:
    """Install *requirements*; folders of this repository are built again."""
    options = ["--python", str(BIN / "python")]
    for requirement in requirements:
        if (ROOT / requirement).is_dir():
            options += ["--refresh-package", distribution(requirement)]
    uv("pip", "install", *options, *requirements)


def distribution(folder: str) -> str:
    """Return the name of the distribution whose project is in *folder*."""
    name: str = tomllib.loads((ROOT / folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]["name"]
    return name


def uv(*words: str) -> None:
    """Run uv with the user's environment variables, which may name a package index."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run([UV, *words, "--quiet"], cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DemoError(
            f"`uv {shlex.join(words)}` ended with status {done.returncode}.\n\n{done.stderr.strip()}\n\n"
            "Installing needs a package index. If yours is not the usual one, tell uv with UV_DEFAULT_INDEX; if it "
            "cannot be reached at the moment, try again later."
        )


def write_log() -> int:
    """Write the log up to yesterday, and return how many entries it has."""
    weeks = tomllib.loads((ROOT / "demo" / "weeks.toml").read_text(encoding="utf-8"))["weeks"]
    days = [f"{day} {line}\n" for day, line in entries(weeks)]
    log = HOME / ".local" / "share" / "utt" / "utt.log"
    log.parent.mkdir(parents=True)
    lines: list[str] = []
    for line in days:
        if lines and line[:10] != lines[-1][:10]:
            lines.append("\n")  # utt itself writes an empty line between days
        lines.append(line)
    log.write_text("".join(lines), encoding="utf-8")
    return len(days)


def entries(weeks: list[dict[str, str]]) -> Iterator[tuple[date, str]]:
    """Yield each entry as date and the rest of its line."""
    monday = TODAY - timedelta(days=TODAY.weekday(), weeks=WEEKS - 1)
    for number in range(WEEKS):
        for offset, weekday in enumerate(WEEKDAYS):
            day = monday + timedelta(weeks=number, days=offset)
            if day < TODAY:
                for line in weeks[number % len(weeks)][weekday].strip().splitlines():
                    yield day, line


# -- showing ----------------------------------------------------------------------------------------------------------


def show() -> None:
    """Show what utt does, step by step."""
    heading("A day begins. utt's own commands are plugins, too.")
    utt("hello", at="08:45")
    utt("add", "mail", at="09:10")
    utt("add", "museum: what the demo taught us", "-c", "call with Zoé", at="11:30")
    utt("report", at="12:00")

    heading("Two plugins that others have published, for another utt: installed as they are, found by their place.")
    command("uv", "pip", "install", *PUBLISHED)
    install(*PUBLISHED)
    utt("balance", at="12:00")
    utt("project-summary", "--week", at="12:00")

    heading("A plugin of ours, from a distribution of its own, gives the report another look.")
    command("uv", "pip", "install", "examples/utt-compact-report")
    install("examples/utt-compact-report")
    utt("report", at="12:00")
    utt("report", "--week", at="12:00")

    heading("Without plugins, for once.")
    utt("--no-plugins", "report", at="12:00")

    heading("A plugin that fails while it is imported, and one whose command fails when it is run.")
    command("uv", "pip", "install", "examples/utt-broken")
    install("examples/utt-broken")
    utt("add", "lunch **", at="12:40", show_status=True)
    utt("report", at="13:00", show_status=True)
    utt("broken", at="13:00", status=1, show_status=True)

    heading("Every command is still there; what the broken one had registered before it failed is not.")
    utt("--help")

    print(f"""
Try it yourself:
  export HOME={shlex.quote(str(HOME))} PATH={shlex.quote(str(BIN))}:$PATH
  utt report --month --per-day""")


def heading(text: str) -> None:
    """Print what comes next."""
    print(f"\n=== {text}", flush=True)


def command(*words: str) -> None:
    """Print a command as a user types it."""
    print(f"\n$ {shlex.join(words)}", flush=True)


def utt(*words: str, at: str | None = None, status: int = 0, show_status: bool = False) -> None:
    """Print and run a command line of utt.

    Args:
        *words: What follows `utt`.
        at: The time that utt uses as now; the real one if None.
        status: The expected exit status.
        show_status: Whether to print the exit status.
    """
    now = ["--now", str(datetime.fromisoformat(f"{TODAY} {at}"))[:16]] if at else []
    command("utt", *now, *words)
    done = subprocess.run([BIN / "utt", *now, *words], cwd=HOME, env=variables(), stderr=subprocess.STDOUT, check=False)
    if show_status:
        print(f"\n$ echo $?\n{done.returncode}", flush=True)
    if done.returncode != status:
        raise DemoError(f"`utt {shlex.join(words)}` ended with status {done.returncode}, and not with {status}")


def variables() -> dict[str, str]:
    """Return the environment variables of the demo's user."""
    kept = {name: os.environ[name] for name in ("TERM", "NO_COLOR", "LANG", "LC_ALL", "LC_CTYPE") if name in os.environ}
    return {
        **kept,
        "HOME": str(HOME),
        "PATH": os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"]),
        "PYTHONIOENCODING": "utf-8",
        "TZ": "UTC",
        "COLUMNS": "80",
    }


if __name__ == "__main__":
    raise SystemExit(main())
