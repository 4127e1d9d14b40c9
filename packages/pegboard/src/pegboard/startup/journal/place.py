"""Where is the journal, if it cannot be beside the index?

In: settings. Out: a folder that only this user may write; it is made if there is none.

The index may be where the user must not write: in an image that is read-only, or in the cache of another user. The
journal names plugins that kill the process, and has to be somewhere.
"""

from __future__ import annotations

import os
import stat

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import JournalError
from pegboard.index import ENCODING, digest, user_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pegboard.index import Settings


def with_journal(settings: Settings, *, makes_it: bool = True) -> Settings:
    """Return *settings* with a folder for the journal in which this user may write; they stay if none is kept.

    Args:
        settings: The host's.
        makes_it: Whether the folder is made if it is not there.
    """
    if not settings.keeps_journal or settings.journal_directory is not None:
        return settings
    return settings.replace(journal_directory=_first_usable(settings, _is_made if makes_it else _is_possible))


def _first_usable(settings: Settings, is_usable: Callable[[str], bool]) -> str:
    """Return the folder beside the index, or else the first other place that will do; an empty text if none does."""
    beside_index = f"{settings.directory}{os.sep}plugins-{settings.application}.journal"
    if settings.directory and is_usable(beside_index):
        return beside_index
    # The next start looks at the same places in the same order; each application and index has a journal of its own.
    name = f"plugins-{settings.application}-{digest(beside_index.encode(*ENCODING))}.journal"
    for folder in _folders(settings):
        if is_usable(folder) and is_usable(path := f"{folder}{os.sep}{name}"):
            return path
    return ""


def no_journal(settings: Settings) -> JournalError:
    """Return the error that says why there is no journal."""
    place = settings.directory or "the user's cache, which has no place,"
    places = "neither can the places that would do instead"
    return JournalError(settings.prefix, f"{place} cannot be written, and {places}")


def is_own(path: str) -> bool:
    """Return whether *path* is a folder of this user, and no link: nobody else can have put entries into it."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and (os.name == "nt" or status.st_uid == os.geteuid())


def _folders(settings: Settings) -> Iterator[str]:
    cache = user_directory("cache", settings.application, settings.environ)
    if cache:
        yield cache
    user = settings.environ.get("USERNAME", "") if os.name == "nt" else str(os.geteuid())
    temporary = [settings.environ.get(name, "") for name in ("TMPDIR", "TEMP", "TMP")]
    if os.name != "nt":
        temporary += ["/tmp", "/var/tmp"]  # noqa: S108 -- a folder that another user has put there is not used
    for folder in dict.fromkeys(temporary):
        if os.path.isabs(folder) and os.path.isdir(folder):
            yield f"{folder}{os.sep}pegboard-{user}"
    if settings.config_directory:
        yield settings.config_directory


def _is_made(path: str) -> bool:
    """Return whether *path* is a folder that only this user may write; it is made if it is not there."""
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except (OSError, ValueError):
        return False
    return _is_safe(path)


def _is_possible(path: str) -> bool:
    """Return whether *path* is a folder that only this user may write, or could be made."""
    if os.path.lexists(path):
        return _is_safe(path)
    above = os.path.dirname(path)
    while not os.path.lexists(above) and os.path.dirname(above) != above:
        above = os.path.dirname(above)
    return os.path.isdir(above) and os.access(above, os.W_OK | os.X_OK)


def _is_safe(path: str) -> bool:
    if not is_own(path) or not os.access(path, os.W_OK | os.X_OK):
        return False
    return os.name == "nt" or not os.lstat(path).st_mode & stat.S_IWOTH
