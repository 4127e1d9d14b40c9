"""What the commands that change the environment have in common."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from pegboard.errors import InstallFailedError, InstallRefusedError, UnusableIndexError
from pegboard.index import read
from pegboard.startup.recording.encoding import content_of
from pegboard.tools.cli.commands import DONE, FAILED
from pegboard.tools.installing.change import unfinished
from pegboard.tools.installing.change_log import read_note
from pegboard.tools.installing.environment import UV_TOOL, Surroundings
from pegboard.tools.installing.installer import Installer
from pegboard.tools.installing.receipt import Receipt

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Iterator, Sequence

    from pegboard.host import Host
    from pegboard.tools.cli.output import Output

_RECORDED_IN = re.compile(r"^recorded .* ms, in (.+)$", re.MULTILINE)


def add_options(parser: argparse.ArgumentParser, *, resolves: bool = True) -> None:
    """Add the options that these commands have in common."""
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    if not resolves:
        return
    parser.add_argument(
        "--allow-changes", action="store_true", help="may change the application, other plugins and what they need"
    )
    add_places(parser)


def add_places(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where distributions come from."""
    parser.add_argument("--index-url", metavar="URL", help="the package index to ask")
    parser.add_argument("--find-links", metavar="PLACE", action="append", default=[], help="look for files there, too")
    parser.add_argument("--no-index", action="store_true", help="ask no package index")


def installer_for(options: argparse.Namespace, output: Output, *, is_restoring: bool = False) -> Installer:
    """Return what installs here, once it is clear that it may.

    Args:
        options: As `add_options` declares them.
        output: Where a warning goes, when an earlier change was interrupted.
        is_restoring: Whether that is what is about to be undone, so that there is no need to warn.

    Raises:
        InstallRefusedError: If it may not.
    """
    surroundings = Surroundings()
    surroundings.check()
    if (lines := unfinished()) and not is_restoring:
        output.complain("\n".join(f"warning: {line}" if not line.startswith(" ") else line for line in lines))
        offer(options, output)
    words = ["--no-index"] if getattr(options, "no_index", False) else []
    if getattr(options, "index_url", None):
        words += ["--index-url", options.index_url]
    for place in getattr(options, "find_links", ()):
        words += ["--find-links", place if "://" in place else os.path.abspath(place)]
    if not words and surroundings.kind == UV_TOOL:
        words = Receipt(surroundings.prefix).options
    return Installer(surroundings, words)


def offer(options: argparse.Namespace, output: Output) -> None:
    """Say how the environment gets back to what it was, if a change has left a note of that."""
    with suppress(InstallRefusedError):  # it is damaged, and tells nothing
        if read_note() is not None:
            output.complain(f"  to have it as it was: {options.prog} sync --restore")


@contextmanager
def told(options: argparse.Namespace, output: Output) -> Iterator[None]:
    """Say of a change that fails or is interrupted in what state the environment is, and let the error pass."""
    try:
        yield
    except BaseException as error:
        for note in getattr(error, "__notes__", ()):
            output.complain(note)
            offer(options, output)
        raise


def is_agreed(output: Output) -> bool:
    """Ask the user whether to go on."""
    if output.is_json or sys.stdin is None or not sys.stdin.isatty():
        output.complain("error: nobody can be asked; say --yes")
        return False
    output.flush()
    try:
        return input("go on? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def absolute(requirements: Sequence[str]) -> list[str]:
    """Return *requirements* with paths made absolute: programs that install are run elsewhere."""
    from pegboard.tools.installing.installer import is_direct

    return [os.path.abspath(text) if is_direct(text) and "://" not in text else text for text in requirements]


def record(host: Host, word: str, keys: Collection[str], output: Output) -> tuple[int, list[dict[str, Any]]]:
    """Record all plugins in a new process, and return the status and what the distributions *keys* add.

    Args:
        host: The application's host.
        word: The command that was typed, e.g. `install`.
        keys: Normalised names of distributions.
        output: Where complaints go.
    """
    from pegboard.startup.discovery.distributions import normalise

    given = sys.orig_argv
    if word not in given:
        output.say("their records are made at the next start")
        return DONE, []
    before = [part for part in given[: given.index(word)] if not part.startswith("--no-plugins")]
    environ = {key: value for key, value in os.environ.items() if key != f"{host.settings.prefix}_NO_PLUGINS"}
    done = subprocess.run(  # noqa: S603 -- our own command line
        [*before, "index", "build"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environ,
        check=False,
    )
    if done.stderr:
        output.complain(done.stderr.rstrip())
    found = _RECORDED_IN.search(done.stdout)
    try:
        if found is None:
            raise UnusableIndexError("recording has failed")  # noqa: TRY301 -- one way out
        content = content_of(read(found[1]))
    except UnusableIndexError as error:
        output.complain(f"error: {error}; the plugins are installed, see 'index build'")
        return FAILED, []
    added, status = [], DONE
    for module in content["order"]:
        entry = content["plugins"][module]
        name, _, _, distribution, version = entry["identity"]
        if not distribution or normalise(distribution) not in keys:
            continue
        kinds: dict[str, list[str]] = {}
        for kind, text, _, _ in (entry["record"] or {"rows": ()})["rows"]:
            kinds.setdefault(kind, []).append(text)
        is_broken = entry["record"] is None and entry["state"] in ("found", "broken")
        status = FAILED if is_broken else status
        added.append(
            {
                "plugin": name,
                "distribution": f"{distribution} {version}",
                "state": "broken" if is_broken else entry["state"],
                "adds": kinds,
            }
        )
    for item in added:
        output.say(f"plugin {item['plugin']} ({item['distribution']}) {item['state']}")
        for kind, names in item["adds"].items():
            output.say(f"    {kind}: {', '.join(names)}")
    return status, added


def with_nearest(
    error: InstallFailedError, host: Host, names: Sequence[str], installer: Installer
) -> InstallFailedError:
    """Return *error*, with the nearest names that can be known as its hint: there is no list of all there are."""
    from difflib import get_close_matches

    from pegboard.tools.installing.installed import Snapshot, name_of

    if error.remedy:
        return error
    known = set(Snapshot().distributions)
    for place in installer.options:
        if os.path.isdir(place):
            known |= {name_of(file.partition("-")[0]) for file in os.listdir(place) if file.endswith(".whl")}
    for name in names:
        near = get_close_matches(name, known - {name}, n=1) or get_close_matches(f"{host.name}-{name}", known, n=1)
        if near and name not in known:
            return InstallFailedError(error.program, error.cause, f"did you mean {near[0]!r}?")
    return error
