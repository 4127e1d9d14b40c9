"""Has the import of another thread caused this error, when is that over, and what becomes of it in a forked child?

In: what an import has raised. Out: whether another thread's import has to do with it, and a wait until that is done. In
a child, what other threads were importing is forgotten.

Python locks each module while it is imported. Where two threads wait for one another, one of them gets a deadlock
error, or goes on with a module that is half imported. Both are fine in one thread, one after the other.

Source: `importlib._bootstrap`, `_ModuleLock` and `_lock_unlock_module`.
"""

from __future__ import annotations

import _frozen_importlib
import _thread
import sys
import time
from types import ModuleType

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import is_a

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Final

_MOST_TRIES: Final = 10
_LIMIT_S: Final = 10.0
"""How long others are waited for: what they import may take as long as it likes."""
_PAUSE_S: Final = 0.005
_MOST_CAUSES: Final = 100
_cause: Any = vars(BaseException)["__cause__"]
_context: Any = vars(BaseException)["__context__"]
_system: Any = vars(_frozen_importlib)  # what is asked for here has no public name


def is_caused_by_others(error: BaseException) -> bool:
    """Return whether *error*, which has just ended an import, may come of what another thread imports."""
    errors = list(_chain(error))
    if any(is_a(each, _system["_DeadlockError"]) for each in errors):
        return True
    is_possible = any(
        is_a(each, ImportError, AttributeError, KeyError) and not is_a(each, ModuleNotFoundError) for each in errors
    )
    return is_possible and bool(_importing_threads())


def wait_for_others(error: BaseException, tries: int, *, is_certain: bool) -> bool:
    """Wait until no other thread imports anything; return False at once if *error* does not come of that.

    Args:
        error: What has ended an import.
        tries: How often it was tried; after a few times it is tried no more.
        is_certain: Whether it is known already that another thread's import has caused *error*.
    """
    if tries > _MOST_TRIES or not (is_certain or is_caused_by_others(error)):
        return False
    limit = time.monotonic() + _LIMIT_S
    while _importing_threads() and time.monotonic() < limit:
        time.sleep(_PAUSE_S)
    return True


def forget_others() -> None:
    """Forget, in a child that has just been forked, what other threads were importing, as if that had failed.

    Their locks would be held for ever, so that whoever imports one of these modules would hang.
    """
    me = _thread.get_ident()
    locks: Any = _system["_module_locks"]
    for name, reference in list(locks.items()):
        lock = reference()
        if lock is None:
            continue
        if lock.owner == me:
            lock.lock._at_fork_reinit()  # noqa: SLF001 -- another thread may have been about to wait for it
            continue
        locks.pop(name, None)  # whoever imports the module makes a new one
        module = sys.modules.get(name)
        spec = object.__getattribute__(module, "__dict__").get("__spec__") if is_a(module, ModuleType) else None
        if getattr(spec, "_initializing", False):
            del sys.modules[name]
    blocking: Any = _system["_blocking_on"]
    waiting: dict[int, Any] = getattr(blocking, "data", blocking)  # with weak references since 3.12
    for thread in [thread for thread in waiting if thread != me]:
        del waiting[thread]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield *error*, what it was raised from, and what was being handled then."""
    pending: list[BaseException | None] = [error]
    seen: set[int] = set()
    while pending and len(seen) < _MOST_CAUSES:
        each = pending.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            pending += (_cause.__get__(each), _context.__get__(each))


def _importing_threads() -> set[int]:
    """Return the other threads that import a module and do not wait for this one."""
    me = _thread.get_ident()
    locks: Any = _system["_module_locks"]
    found = set()
    for reference in list(locks.values()):
        owner: int | None = getattr(reference(), "owner", None)
        if owner is not None and owner != me and not waits_for(owner, me):
            found.add(owner)
    return found


def waits_for(thread: int, other: int) -> bool:
    """Return whether *thread* waits for a module that *other* imports, perhaps by way of others."""
    pending, seen = [thread], set()
    while pending:
        each = pending.pop()
        if each == other:
            return True
        if each not in seen:
            seen.add(each)
            blocking: Any = _system["_blocking_on"].get(each)
            locks = [blocking] if hasattr(blocking, "owner") else list(blocking or ())  # a list since 3.12
            pending += [lock.owner for lock in locks if lock.owner is not None]
    return False
