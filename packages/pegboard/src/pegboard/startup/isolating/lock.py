"""The lock of an isolated distribution: what is in its environment, with the hash of each file?

In: what the user wants, and the distribution of the application or of its API. Out: a file beside `plugins.toml`, in
the format of PEP 751, whose first line says what it was made from. As long as that is the same, so is the environment.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import sys
import tempfile
from dataclasses import dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.atomic_file import replace_file
from pegboard.errors import IsolationFailedError, IsolationRefusedError
from pegboard.isolation.environments import telling
from pegboard.isolation.uv import EXCLUSIVE, run_uv
from pegboard.regular_file import read_file
from pegboard.startup.discovery.distributions import normalise
from pegboard.startup.discovery.origins import origin_of, sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any, Final

    from pegboard.isolation.policy import Isolation

_MADE_FROM: Final = "# made by pegboard from "
_THIS: Final = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The version of Python that runs."""
_WIRE: Final = "msgpack>=1"
"""What the process of an isolated plugin needs besides."""
_REFERENCE: Final = re.compile(r"-e\s|[./~].*[/\\]|/|\.{1,2}$")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a lock is made from."""

    plugin: str
    """The requirement of the isolated distribution."""
    shared: tuple[str, ...]
    """The application or its API, and pegboard, as they are installed."""
    python: str
    """The version of Python, or its path."""
    sources: Mapping[str, str]
    """Of each folder among them, the hash of what it says it needs, or of what is installed from it."""

    def as_line(self) -> str:
        """Return the first line of the lock."""
        data = {"plugin": self.plugin, "shared": self.shared, "python": self.python, "sources": self.sources}
        return f"{_MADE_FROM}{json.dumps(data, sort_keys=True)}\n"


def distribution_of(isolation: Isolation) -> str:
    """Return the normalised name of the distribution that the requirement names, or else of the key in the table."""
    match = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", isolation.requirement)
    if match and not _REFERENCE.match(isolation.requirement):
        return normalise(match[0])
    return normalise(isolation.name)


def inputs_of(isolation: Isolation, application: str, configuration: str) -> Inputs:
    """Return what the lock for *isolation* is made from.

    Args:
        isolation: What the user wants.
        application: The distribution of the application, or of its API.
        configuration: The folder of `plugins.toml`, which paths are relative to.

    Raises:
        IsolationFailedError: If the application is not installed as a distribution.
    """
    sources: dict[str, str] = {}
    return Inputs(
        _requirement(isolation, configuration, sources),
        tuple(
            _as_installed(name, sources, distribution_of(isolation))
            for name in dict.fromkeys((application, "pegboard"))
        ),
        isolation.python or _THIS,
        sources,
    )


def _requirement(isolation: Isolation, configuration: str, sources: dict[str, str]) -> str:
    text = isolation.requirement
    if not text:
        try:
            origin = origin_of(importlib.metadata.distribution(isolation.name))
        except (importlib.metadata.PackageNotFoundError, ValueError):
            origin = None
        if origin is not None and not origin.why_not and not isolation.specifier:
            return _as_line(origin.reference, sources, is_editable=origin.is_editable)
        return f"{normalise(isolation.name)}{isolation.specifier}"
    if _REFERENCE.match(text):
        path = os.path.join(configuration, os.path.expanduser(text.removeprefix("-e").strip()))
        return _as_line(os.path.normpath(path), sources, is_editable=text.startswith("-e"))
    return text


def _as_installed(name: str, sources: dict[str, str], isolated: str) -> str:
    """Return the requirement of the distribution *name* in the form in which it is installed beside this process.

    Raises:
        IsolationFailedError: If it is not.
    """
    try:
        distribution = importlib.metadata.distribution(name)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        cause = f"{name or 'the application'} is not installed as a distribution, and the plugin needs it there"
        raise IsolationFailedError(
            isolated, cause, "", "install the application, e.g. with `pip install -e .`"
        ) from None
    origin = origin_of(distribution)
    if origin is None or origin.why_not:
        return f"{normalise(name)}=={distribution.version}"
    if not origin.is_editable:  # what was built from a folder may be built of other files by now
        installed = distribution.read_text("RECORD") or ""
        sources[f"{name} as installed"] = _hash(installed) if not origin.sha256 else origin.sha256
    return _as_line(origin.reference, sources, is_editable=origin.is_editable)


def _as_line(reference: str, sources: dict[str, str], *, is_editable: bool) -> str:
    project = os.path.join(reference.partition("file://")[2] or reference, "pyproject.toml")
    if os.path.isfile(project):
        sources[project] = sha256_of(project)
    elif os.path.isfile(reference):
        sources[reference] = sha256_of(reference)
    return f"-e {reference}" if is_editable else reference


def _hash(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode()).hexdigest()


def is_current(lock: str, inputs: Inputs) -> bool:
    """Return whether the file *lock* is there, and was made from *inputs*."""
    try:
        first = read_file(lock).partition(b"\n")[0].decode()
    except (OSError, ValueError):
        return False
    return first + "\n" == inputs.as_line()


def write_lock(
    path: str,
    inputs: Inputs,
    application: str,
    distribution: str,
    environ: Mapping[str, str],
    *,
    options: Sequence[str] = (),
    advice: str,
    is_upgrade: bool = False,
) -> None:
    """Resolve what is in the environment, and write it to the file *path*.

    Args:
        path: The lock; what it has now is kept as far as it fits.
        inputs: What it is made from.
        application: The application's name, for the line on standard error.
        distribution: What is isolated.
        environ: The environment variables.
        options: Where distributions come from, as uv knows it.
        advice: What the user can do if it cannot be resolved.
        is_upgrade: Whether newer versions of everything are wanted.

    Raises:
        IsolationRefusedError: If the plugin excludes what the application needs.
        IsolationFailedError: If it cannot be resolved.
    """
    with telling(f"{application}: finding what {distribution} needs ..."), tempfile.TemporaryDirectory() as folder:
        found = os.path.join(folder, "pylock.toml")
        if not is_upgrade and (old := _old(path)):
            with open(found, "wb") as stream:
                stream.write(old)
        resolve = _Resolution(distribution, inputs, folder, found, environ, options, path, advice)
        try:
            resolve((inputs.plugin, *inputs.shared))
        except IsolationFailedError as error:
            if not EXCLUSIVE.search(error.printed):
                raise
            _refuse(resolve, inputs, error)
        content = read_file(found)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        replace_file(path, inputs.as_line().encode() + content, mode=0o666, is_durable=True)
    except OSError as error:
        cause = f"its lock cannot be written: {error.strerror}"
        raise IsolationFailedError(distribution, cause, path, "see to it that the folder can be written") from error


def _old(path: str) -> bytes | None:
    try:
        return read_file(path).partition(b"\n")[2]
    except OSError:
        return None


def _refuse(resolve: _Resolution, inputs: Inputs, error: IsolationFailedError) -> None:
    """Raise the error that says whether the plugin cannot be had at all, or only not together with the application."""
    try:
        resolve((inputs.plugin, inputs.shared[-1]))
    except IsolationFailedError as alone:
        raise alone from None
    advice = (
        'share its API alone, as a distribution that needs little: see "Plugins that conflict" in the documentation'
    )
    raise IsolationRefusedError(
        error.distribution, error.cause, error.place, advice, error.printed, inputs.shared[0]
    ) from None


class _Resolution:
    """Runs uv to resolve requirements."""

    def __init__(  # noqa: PLR0917 -- they are what `write_lock` has
        self,
        distribution: str,
        inputs: Inputs,
        folder: str,
        found: str,
        environ: Mapping[str, str],
        options: Sequence[str],
        place: str,
        advice: str,
    ) -> None:
        self._distribution = distribution
        self._inputs = inputs
        self._wanted = os.path.join(folder, "requirements.in")
        self._found = found
        self._environ = environ
        self._options = options
        self._place = place
        self._advice = advice

    def __call__(self, requirements: Sequence[str]) -> None:
        """Write the lock for *requirements*.

        Raises:
            IsolationFailedError: If they cannot be resolved.
        """
        with open(self._wanted, "w", encoding="utf-8", errors="surrogateescape") as stream:
            stream.writelines(f"{line}\n" for line in (*requirements, _WIRE))
        python = self._inputs.python if self._inputs.python != _THIS else sys.executable
        words: list[Any] = ["pip", "compile", "--no-header", "--no-annotate", "--format", "pylock.toml"]
        words += ["--python", python, "--output-file", self._found, *self._options, self._wanted]
        run_uv(self._distribution, words, self._environ, place=self._place, advice=self._advice)
