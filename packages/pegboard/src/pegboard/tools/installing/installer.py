"""Runs uv or pip: resolves, unpacks, installs and removes distributions.

In: an environment, requirements, and where distributions come from. Out: the steps that an installer would take, or
what it printed; an `InstallFailedError` if it fails.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from pegboard.errors import InstallFailedError, InstallRefusedError
from pegboard.isolation.uv import NO_NETWORK, decisive
from pegboard.startup.discovery.distributions import normalise
from pegboard.tools import processes
from pegboard.tools.installing.references import is_direct, key_of, of_file
from pegboard.tools.installing.wheels import is_same_version, wheels_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pegboard.tools.installing.environment import Environment

_UV_LINE = re.compile(r"^ [+~] (\S+)==(\S+)(?: \(from (.+)\))?$", re.MULTILINE)
_UV_DIRECT_LINE = re.compile(r"^ [+~] (\S+) @ (\S+)$", re.MULTILINE)
_OTHER_FILE = re.compile(r"Hash mismatch|DO NOT MATCH THE HASHES")


@dataclass(slots=True)
class Step:
    """One distribution that an installer would install."""

    key: str
    """Its normalised name."""
    version: str
    """Empty for a folder that has not been built yet."""
    is_direct: bool
    """Whether it comes from a path or an address, not from an index."""
    is_again: bool = False
    """Whether the same version is installed, and its files are others."""

    @property
    def pin(self) -> str:
        """The requirement of exactly this version."""
        return f"{self.key}=={self.version}"


class Installer:
    """Runs uv if it is installed, else pip.

    Args:
        environment: The environment.
        options: Where distributions come from, as uv and pip both know it: `("--no-index", "--find-links", "wheels")`.
    """

    def __init__(self, environment: Environment, options: Sequence[str] = ()) -> None:
        self.environment = environment
        self.options: tuple[str, ...] = tuple(options)
        self.on_step: Callable[[str], None] = lambda _: None
        """Called with what is about to be done, in words."""

    def resolve(self, requirements: Sequence[str], pins: Mapping[str, str], *, is_upgrade: bool = False) -> list[Step]:
        """Return what would be installed for *requirements*; nothing is changed.

        Args:
            requirements: As a user types them; `-e` before a folder is an item of its own.
            pins: Versions that may not be another, by name.
            is_upgrade: Whether newer versions of what is named are wanted.

        Raises:
            InstallFailedError: If it cannot be resolved.
        """
        self.on_step("looking for versions that go together ...")
        with tempfile.TemporaryDirectory() as folder:
            held = ["-c", write_constraints(folder, pins)] if pins else []
            more = [word for name in _names(requirements) for word in ("--upgrade-package", name)] if is_upgrade else []
            if self.environment.uv:
                return _from_uv(self.run(["install", "--dry-run", *more, *held, *requirements]))
            report = os.path.join(folder, "report.json")
            upgrade = ["--upgrade"] if is_upgrade else []  # only what is named: that is pip's strategy
            self.run(["install", "--dry-run", "--report", report, *upgrade, *held, *requirements])
            with open(report, encoding="utf-8") as stream:
                return _from_report(json.load(stream))

    def keys_of(self, references: Sequence[str]) -> set[str]:
        """Return the normalised names of the distributions that *references* are of, as only the installer can tell.

        Args:
            references: Paths and addresses; `-e` before a folder is an item of its own.

        Raises:
            InstallFailedError: If one of them cannot be read.
        """
        alone = ["install", "--dry-run", "--no-deps"]
        if self.environment.uv:
            return {step.key for step in _from_uv(self.run([*alone, "--reinstall", *references]))}
        with tempfile.TemporaryDirectory() as folder:
            report = os.path.join(folder, "report.json")
            self.run([*alone, "--ignore-installed", "--report", report, *references])
            with open(report, encoding="utf-8") as stream:
                return {step.key for step in _from_report(json.load(stream))}

    def unpack(
        self, steps: Sequence[Step], given: Sequence[str], folder: str, hashes: Mapping[str, Sequence[str]]
    ) -> None:
        """Install the files of *steps* into *folder* instead of the environment.

        Args:
            steps: What to unpack.
            given: Paths and addresses that the direct ones among them come from.
            folder: Where to.
            hashes: What their files may have, by name; nothing is checked if there are none.

        Raises:
            InstallFailedError: If it cannot be done, or a file has none of its hashes.
        """
        if steps:
            self.on_step(f"getting {', '.join(f'{step.key} {step.version}'.strip() for step in steps)} ...")
        if hashes:
            with tempfile.TemporaryDirectory() as notes:
                self.run(["install", "--target", folder, *hashed(notes, steps, hashes, given)])
            return
        wanted = [step.pin for step in steps if not step.is_direct]
        if any(step.is_direct for step in steps):
            wanted += given
        compiled = [] if self.environment.uv else ["--no-compile"]
        if wanted:
            self.run(["install", "--no-deps", *compiled, "--target", folder, *wanted])

    def hashes(self, pins: Mapping[str, str]) -> dict[str, list[str]]:
        """Return, by name, the hashes of the files that the index has of these versions; of pip, of the one it takes.

        Raises:
            InstallFailedError: If the index does not have them, or cannot be reached.
        """
        with tempfile.TemporaryDirectory() as folder:
            wanted = write_constraints(folder, pins)
            if self.environment.uv:
                words = ["--quiet", "--generate-hashes", "--no-deps", "--no-header", "--no-annotate"]
                found = _hashes_of(self.run(["compile", *words, wanted]))
                return {key: found.get(key) or self._local_hashes(key, version) for key, version in pins.items()}
            report = os.path.join(folder, "report.json")
            words = ["--dry-run", "--ignore-installed", "--no-deps", "--report", report, "-r", wanted]
            self.run(["install", *words])
            with open(report, encoding="utf-8") as stream:
                items = json.load(stream)["install"]
        return {
            normalise(item["metadata"]["name"]): [
                f"{algorithm}:{value}" for algorithm, value in item["download_info"]["archive_info"]["hashes"].items()
            ]
            for item in items
        }

    def _local_hashes(self, key: str, version: str) -> list[str]:
        """Return the hashes of wheels in the folders of the options: uv prints only those of an index."""
        from hashlib import sha256

        return [
            f"sha256:{sha256(path.read_bytes()).hexdigest()}"
            for path, name, found in wheels_in(self.options)
            if name == key and is_same_version(found, version)
        ]

    def run(self, words: Sequence[str]) -> str:
        """Run the installer for this environment and return all that it printed.

        Raises:
            InstallFailedError: If it fails.
        """
        verb, *rest = words
        places = self.options if verb in ("install", "compile") else ()
        if self.environment.uv:
            copied = ["--link-mode", "copy"] if verb == "install" else []
            command = [self.environment.uv, "pip", verb, "--python", sys.executable, *copied, *places, *rest]
        else:
            command = [sys.executable, "-m", "pip", verb, "--disable-pip-version-check", *places, *rest]
        return run(command)


def run(command: Sequence[str], environ: Mapping[str, str] | None = None) -> str:
    """Run *command* and return all that it printed.

    Raises:
        InstallFailedError: If it fails, with its own words as the cause.
    """
    # the installer looks at the environment, and not at what this process finds besides: without PYTHONPATH
    variables = {"NO_COLOR": "1", "PYTHONUTF8": "1", **(environ or {}), "PYTHONPATH": None}
    done = processes.run(command, variables, encoding="utf-8", merges_errors=True, inherits_locks=True)
    if done.returncode != 0:
        program = "pip" if list(command[1:3]) == ["-m", "pip"] else os.path.basename(command[0])
        raise InstallFailedError(program, *_cause(done.stdout), done.stdout)
    return done.stdout


def hashed(folder: str, steps: Sequence[Step], hashes: Mapping[str, Sequence[str]], given: Sequence[str]) -> list[str]:
    """Return the words that install exactly *steps*, of files that have one of their *hashes*; the list is in *folder*.

    Raises:
        InstallRefusedError: If one of them has no hash.
    """
    references = {key_of(text): text for text in given}
    path = os.path.join(folder, "hashed.txt")
    with open(path, "w", encoding="utf-8") as stream:
        for step in steps:
            if step.key not in hashes:
                advice = "`freeze --hashes` prints all that is needed"
                raise InstallRefusedError(f"{step.key} {step.version} is needed, too, and has no hash", "", advice)
            values = [f"--hash={value}" for value in hashes[step.key]]
            stream.write(" ".join([references.get(step.key, step.pin), *values]) + "\n")
    return ["--no-deps", "--require-hashes", "-r", path]


def _hashes_of(text: str) -> dict[str, list[str]]:
    """Return the hashes in what uv has compiled, by name."""
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for line in text.splitlines():
        name, is_pin, _ = line.partition("==")
        if is_pin and not line.startswith((" ", "#")):
            values = found[normalise(name.strip())] = []
        elif "--hash=" in line:
            values.append(line.partition("--hash=")[2].rstrip("\\ "))
    return found


def is_of_the_network(error: InstallFailedError) -> bool:
    """Return whether it failed because an index could not be reached."""
    return NO_NETWORK.search(error.printed) is not None


def write_constraints(folder: str, pins: Mapping[str, str]) -> str:
    """Write *pins* to a file in *folder* that installers read, and return its path."""
    path = os.path.join(folder, "constraints.txt")
    with open(path, "w", encoding="utf-8") as stream:
        stream.writelines(f"{name}=={version}\n" for name, version in pins.items())
    return path


def without_versions(requirements: Sequence[str]) -> list[str]:
    """Return *requirements* with names in the place of pins; paths and addresses stay."""
    return [text if text == "-e" or is_direct(text) else text.partition("==")[0] for text in requirements]


def _names(requirements: Sequence[str]) -> list[str]:
    from pegboard.tools.installing.dependencies import name_of

    return [name_of(text) for text in requirements if text != "-e" and not is_direct(text)]


def _from_uv(text: str) -> list[Step]:
    steps = [Step(normalise(name), version, bool(origin)) for name, version, origin in _UV_LINE.findall(text)]
    return steps + [
        Step(normalise(name), of_file(unquote(address).rpartition("/")[2])[1], is_direct=True)
        for name, address in _UV_DIRECT_LINE.findall(text)
    ]


def _from_report(report: Mapping[str, list[dict[str, dict[str, str]]]]) -> list[Step]:
    return [
        Step(normalise(item["metadata"]["name"]), item["metadata"]["version"], bool(item["is_direct"]))
        for item in report["install"]
    ]


def _cause(text: str) -> tuple[str, str]:
    """Return the sentence that says why it failed, and advice."""
    cause = decisive(text.splitlines())
    if _OTHER_FILE.search(text):
        return cause, "the file is not the one that was frozen: ask its author, or freeze anew what you trust"
    if NO_NETWORK.search(text):
        return cause, "the package index cannot be reached: check the network, or use --no-index and --find-links"
    return cause, ""
