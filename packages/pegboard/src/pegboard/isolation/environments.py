"""The environment of an isolated plugin: is it there, and how is it made from its lock?

In: a lock, in the format of PEP 751. Out: a folder with a Python that has the plugin, the application and pegboard, and
the plugins in it as plain data. It is in the user's cache, is called after its lock, and never changes: hosts that want
the same share it. Two that make it at once make one. When it is deleted, it is made anew.

Source:
    "pylock.toml", PyPA specifications (PEP 751); uv, "The pip interface".
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import astuple, dataclass

from pegboard._typing import TYPE_CHECKING
from pegboard.atomic_file import replace_file
from pegboard.errors import IsolationFailedError
from pegboard.index import user_directory
from pegboard.isolation.uv import run_uv
from pegboard.regular_file import read_file
from pegboard.terminal import tell, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, Final

FOLDER: Final = "environments"
_FOUND: Final = "pegboard-plugins"
"""How the file begins that says which plugins are in an environment."""
_UNFINISHED: Final = ".unfinished-"
_HOME: Final = "{environment}"
"""Stands for the folder of the environment in that file."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which plugins are asked for; what `found` gets."""

    application: str
    """The application's name."""
    distribution: str
    """The normalised name of the distribution whose plugins they are."""
    namespace: str
    """As `Sources` has it; so are the next two."""
    groups: tuple[str, ...]
    registries: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that is there."""

    folder: str
    stamp: str
    """The file whose stamp tells whether it is still there, and the same."""
    distribution: tuple[str, str]
    """Name and version of the isolated distribution."""
    plugins: tuple[dict[str, Any], ...]
    """Of each plugin `name`, `module`, `origin`, `entry_points`, `contributions`, and `problem` if it has one."""

    @property
    def python(self) -> str:
        """Its interpreter."""
        return python_in(self.folder)


def python_in(folder: str) -> str:
    """Return the interpreter of the environment in *folder*."""
    return os.path.join(folder, "bin", "python")


def lock_path(configuration: str, distribution: str) -> str:
    """Return where the lock of *distribution* is, by its normalised name: beside `plugins.toml`, in *configuration*."""
    return os.path.join(configuration, f"pylock.{distribution}.toml")


def environment_folder(lock: bytes, distribution: str, python: str, environ: Mapping[str, str]) -> str:
    """Return where the environment for a lock is, or will be.

    Args:
        lock: The content of the lock.
        distribution: The normalised name of what is isolated.
        python: The version or the path of its Python; empty for this one.
        environ: The environment variables, which say where the user's cache is.

    Raises:
        IsolationFailedError: If the user has no cache.
    """
    cache = user_directory("cache", "pegboard", environ)
    if cache is None:
        raise IsolationFailedError(distribution, "there is no place for it: the user has no home", "", "set HOME")
    of_python = python or f"{sys.version} {os.path.realpath(sys.executable)}"
    key = hashlib.sha256(lock + of_python.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return os.path.join(cache, FOLDER, f"{distribution}-{key}")


def existing(folder: str, question: Question) -> Environment | None:
    """Return the environment in *folder*, if it is there and somebody has asked *question* of it."""
    path = _answer_path(folder, question)
    try:
        data = json.loads(read_file(path))
        plugins = tuple(
            {**plugin, "origin": plugin["origin"] and plugin["origin"].replace(_HOME, folder, 1)}
            for plugin in data["plugins"]
        )
        name, version = data["distribution"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Environment(folder, path, (name, version), plugins) if os.path.exists(python_in(folder)) else None


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an environment is made."""

    lock: str
    """The path of its lock."""
    folder: str
    """See `environment_folder`."""
    question: Question
    """Which plugins are asked for."""
    python: str
    """As for `environment_folder`."""
    environ: Mapping[str, str]
    """The environment variables."""
    advice: str
    """What the user can do if it cannot be made."""

    def fail(self, cause: str, place: str, printed: str = "") -> IsolationFailedError:
        """Return the error that says why it cannot be made."""
        return IsolationFailedError(self.question.distribution, cause, place, self.advice, printed)


def make(recipe: Recipe, *, is_checked: bool = False) -> Environment:
    """Return the environment of *recipe*, which is made if it is not there.

    Args:
        recipe: What it is made from.
        is_checked: Whether one that is there is tried, and made anew if it is damaged.

    Raises:
        IsolationFailedError: If it cannot be made; nothing half made is left.
    """
    folder, question = recipe.folder, recipe.question
    if (found := existing(folder, question)) and not is_checked:
        return found
    if os.name != "posix":
        raise recipe.fail("isolation is not available on Windows", folder)
    try:
        os.makedirs(os.path.dirname(folder), 0o700, exist_ok=True)
        with _alone(f"{folder}.lock"):
            if (found := existing(folder, question)) and not is_checked:  # another host was making it
                return found
            is_there = os.path.exists(python_in(folder))
            if not is_there:
                _build(recipe)
            try:
                _ask(recipe)
            except IsolationFailedError:
                if not is_there:
                    raise
                _build(recipe)
                _ask(recipe)
    except OSError as error:
        cause = f"{error.strerror}: {error.filename}" if error.filename else str(error)
        raise recipe.fail(cause, folder) from error
    found = existing(folder, question)
    if found is None:
        raise recipe.fail("it is gone as soon as it is made", folder)
    return found


def _build(recipe: Recipe) -> None:
    """Make the environment aside, and put it in its place in one step."""
    where, name = os.path.split(recipe.folder)
    unfinished = os.path.join(where, f"{_UNFINISHED}{name}")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a process that was killed
    distribution = recipe.question.distribution

    def run(*words: str) -> None:
        run_uv(distribution, words, recipe.environ, place=recipe.lock, advice=recipe.advice)

    try:
        with telling(f"{recipe.question.application}: making the environment of {distribution} ..."):
            run("venv", "--relocatable", "--python", recipe.python or sys.executable, unfinished)
            run("pip", "install", "--python", python_in(unfinished), "--requirements", recipe.lock)
        shutil.rmtree(recipe.folder, ignore_errors=True)  # what is left of one that was half deleted
        os.rename(unfinished, recipe.folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)  # also after Ctrl-C


def _ask(recipe: Recipe) -> None:
    """Find the plugins in the environment with its own Python, and note them there."""
    folder, question = recipe.folder, recipe.question
    own = {name: value for name, value in recipe.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(  # noqa: S603 -- our own code in it
        [python_in(folder), "-I", "-m", "pegboard.startup.isolating.found", json.dumps(astuple(question))],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="backslashreplace",
        env=own,
        check=False,
    )
    try:
        data = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        said = [line for line in done.stderr.splitlines() if line.strip()]
        cause = f"the plugins in it cannot be found: {said[-1] if said else 'its Python printed nothing'}"
        raise recipe.fail(cause, folder, done.stderr) from None
    for plugin in data["plugins"]:
        if (plugin["origin"] or "").startswith(f"{folder}{os.sep}"):
            plugin["origin"] = _HOME + plugin["origin"][len(folder) :]
    replace_file(_answer_path(folder, question), json.dumps(data).encode("utf-8", "surrogateescape"))


def _answer_path(folder: str, question: Question) -> str:
    digest = hashlib.sha256(repr(astuple(question)).encode()).hexdigest()[:8]
    return os.path.join(folder, f"{_FOUND}-{digest}.json")


@contextmanager
def _alone(path: str) -> Iterator[None]:
    """Let one process at a time do what follows."""
    import fcntl

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def telling(text: str) -> Iterator[None]:
    """Tell the user what takes a while, in one line on standard error; on a terminal it goes when it is done."""
    try:
        is_terminal = bool(sys.stderr.isatty())
    except Exception:  # a plugin has replaced it by something else
        is_terminal = False
    tell(f"\r{visible(text)}" if is_terminal else f"{visible(text)}\n")
    try:
        yield
    finally:
        if is_terminal:
            tell("\r\x1b[K")
