"""Can a project be called so, and may it be made there?

In: the name of a plugin or an application, and a folder. Out: nothing, or a `Refused` that says what would be possible.
"""

from __future__ import annotations

import importlib.util
import keyword
import os
import re
import sys

_WORD = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")


class Refused(Exception):  # noqa: N818 -- it is never seen outside
    """What cannot be done, and what can be done instead."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(problem, advice)
        self.problem: str = problem
        self.advice: str = advice


def check_name(name: str, what: str) -> None:
    """Raise `Refused` if *name* cannot be that of *what*, a plugin or an application.

    It becomes the name of a module, of a function and, with hyphens, of a distribution: so it is lower-case ASCII.
    """
    word = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_0123456789")
    is_possible = _WORD.fullmatch(word) and word != name and not keyword.iskeyword(word)
    proposal = f"choose another name, e.g. {word!r}" if is_possible else "choose another name"
    if not name.isidentifier():
        raise Refused(f"{name!r} is no identifier, so that no {what} can be called so", proposal)
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise Refused(f"{name!r} is a keyword of Python", f"choose another name, e.g. 'my_{name}'")
    if name in sys.stdlib_module_names:
        raise Refused(f"{name!r} is a module of Python's standard library", f"choose another name, e.g. 'my_{name}'")
    if not _WORD.fullmatch(name):
        raise Refused(f"{name!r} is not made of a-z, 0-9 and single _ between them, as names of projects are", proposal)


def check_free(module: str) -> None:
    """Raise `Refused` if a *module* of that name can be imported already."""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return
    if spec is not None:
        place = spec.origin or ", ".join(spec.submodule_search_locations or ())
        raise Refused(f"a package {module!r} is installed already, at {place}", "choose another name")


def check_folder(folder: str) -> None:
    """Raise `Refused` if *folder* is there and not an empty folder."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise Refused(f"{folder} is there and no folder", "name another one with --directory")
    if os.path.isdir(folder) and os.listdir(folder):
        raise Refused(f"the folder {folder} is not empty", "name another one with --directory, or empty it first")
