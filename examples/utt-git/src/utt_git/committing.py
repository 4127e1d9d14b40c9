"""Commits one file with the program `git`, in bounded time.

In: a path and a message. Out: a commit, or one line on standard error that says why there is none.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time

ENDING_S = 0.5
"""Seconds that git has to remove its lock files when it is stopped."""
_PAUSE_S = 0.1
_NO_REPOSITORY = 128
_NOTHING = ("nothing to commit", "nothing added to commit", "no changes added to commit")
_OF_ANOTHER_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE")
"""Set while git runs a hook: a `utt add` in there is about another repository."""


class CommitError(Exception):
    """The file is not committed; the message says why."""


def commit(message: str, path: str, limit_s: float, *, what: str) -> None:
    """Commit the file at *path*, and nothing else that is changed in its repository.

    It is committed if git tracks it already, or its folder is the top of a repository: a log somewhere in another
    project is left alone. If that fails, one line says so; the next commit contains what this one would have.

    Args:
        message: What the commit is called.
        path: The file; of a link, the file that it leads to.
        limit_s: Seconds that all of it may take.
        what: What is in the log and not committed, if it fails.
    """
    path = os.path.realpath(path)
    if not os.path.isfile(path):  # noqa: PTH113
        return
    try:
        _commit(_Git(*os.path.split(path), time.monotonic() + limit_s), message)
    except subprocess.TimeoutExpired:
        _tell(what, f"git took longer than {limit_s:g} s and was stopped; the next commit contains {what}, too")
    except (CommitError, OSError) as error:
        _tell(what, str(error))


def _commit(git: _Git, message: str) -> None:
    status, said = git("ls-files", "--error-unmatch", "--", git.name)
    if status == _NO_REPOSITORY and "not a git repository" in said:
        raise CommitError(f"the log is in no git repository; to make one: git -C '{git.folder}' init")
    if status == _NO_REPOSITORY:
        raise CommitError(_line(said))
    if status:  # it is not tracked yet
        _, prefix = git("rev-parse", "--show-prefix")
        if prefix:
            raise CommitError(f"git does not track the log; to have it committed: git -C '{git.folder}' add {git.name}")
        git.until_unlocked("add", "--", git.name)
    git.until_unlocked("commit", "--quiet", "--no-gpg-sign", "--message", message, "--only", "--", git.name)


def _line(said: str) -> str:
    """Return the line that says most of what git has printed."""
    lines = said.splitlines()
    return next((line for line in lines if line.startswith(("fatal:", "error:"))), "".join(lines[:1]))


class _Git:
    """Runs git in one folder, until a deadline."""

    def __init__(self, folder: str, name: str, deadline: float) -> None:
        self.folder = folder
        self.name = name
        self._deadline = deadline
        self._environ = {name: value for name, value in os.environ.items() if name not in _OF_ANOTHER_REPOSITORY}
        self._environ |= {"GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1", "GIT_EDITOR": ":", "LC_ALL": "C"}

    def __call__(self, *words: str) -> tuple[int, str]:
        """Return the exit status of a command, and what it has printed.

        Raises:
            CommitError: If git is not installed.
            subprocess.TimeoutExpired: If the deadline has passed; the command and what it has started are ended.
        """
        with tempfile.TemporaryFile() as output:  # what git leaves running in the background may keep it open
            try:
                process = subprocess.Popen(  # noqa: S603
                    ["git", "-C", self.folder, *words],  # noqa: S607 -- the one that the user has in PATH
                    env=self._environ,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # so that all of it can be ended, and nothing asks at the terminal
                )
            except FileNotFoundError:
                raise CommitError("git is not installed, or not in PATH") from None
            try:
                status = process.wait(max(0.0, self._deadline - time.monotonic()))
            except BaseException:
                _end(process)
                raise
            output.seek(0)
            return status, output.read().decode(errors="replace").strip()

    def until_unlocked(self, *words: str) -> None:
        """Run a command that changes the index, again while another process does for less than a second.

        That there is nothing to commit is no failure: another utt has committed its entry and this one.

        Raises:
            CommitError: If it fails.
        """
        for attempt in range(10):
            status, said = self(*words)
            if not status:
                return
            if "index.lock" not in said or attempt == 9:  # noqa: PLR2004
                break
            time.sleep(_PAUSE_S)
        if not any(text in said for text in _NOTHING):
            raise CommitError(_line(said) or f"git {words[0]} ended with status {status}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started; at first so that git removes its lock files."""
    if sys.platform == "win32":
        process.kill()
        process.wait()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except OSError:  # none of it is left
            break
        try:
            process.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            continue
        # git is gone; what it has started may still run
    process.wait()


def _tell(what: str, problem: str) -> None:
    if sys.stderr is not None:
        text = "".join(each if each.isprintable() else "?" for each in problem)
        sys.stderr.write(f"utt-git: not committed, {what} is in the log: {text}\n")
