"""What does a plugin lack whose import has failed, and which files say so?

In: the error. Out: the name of a module that is missing or disabled, and the files that ran. A start need not import
the plugin again as long as that module is not there and those files are what they were.
"""

from __future__ import annotations

import os

from pegboard._typing import TYPE_CHECKING
from pegboard.foreign_object import attribute, causes, is_a, traceback_of
from pegboard.ledger import DISABLED, QUARANTINED
from pegboard.startup.recording.record import can_be_found

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pegboard.ledger import Plugin


def missing_requirement(plugin: Plugin, plugins: Iterable[Plugin]) -> str:
    """Return the module that *plugin*, which is broken, lacks; empty if it fails for another reason.

    Args:
        plugin: What could not be imported.
        plugins: All plugins; a module may be missing since its plugin is left out.
    """
    left_out = {each.module for each in plugins if each.state in (DISABLED, QUARANTINED)}
    for error in causes(plugin.error) if plugin.error is not None else ():
        if not is_a(error, ImportError):
            continue
        name: str = attribute(error, "name", str)
        if not name or name == plugin.module:
            return ""
        if name in left_out:
            return name
        return name if is_a(error, ModuleNotFoundError) and not can_be_found(name) else ""
    return ""


def files_that_ran(plugin: Plugin) -> Sequence[str]:
    """Return the files whose code was running when the import of *plugin* failed, and all source files of a package."""
    files = set()
    for error in causes(plugin.error) if plugin.error is not None else ():
        step = traceback_of(error)
        while step is not None:
            files.add(step.tb_frame.f_code.co_filename)
            step = step.tb_next
    if plugin.origin and os.path.basename(plugin.origin).startswith("__init__."):
        for folder, _, names in os.walk(os.path.dirname(plugin.origin)):
            files.update(os.path.join(folder, name) for name in names if name.endswith(".py"))
    return sorted(file for file in files if os.path.isfile(file))
