"""What does this process know of a plugin: its distribution, its version, its files, and whether it can be used?

In: a plugin manager, and a plugin of it. Out: an entry, which is about the code that this process runs: where the files
have changed since the plugin was imported, the entry says so.
"""

from __future__ import annotations

import os
import sys
from time import perf_counter, time
from weakref import WeakKeyDictionary

from pegboard._typing import TYPE_CHECKING
from pegboard.ledger import ACTIVE, BROKEN
from pegboard.references.code import Code, code_of, is_installed
from pegboard.references.entry import BROKEN as IS_BROKEN
from pegboard.references.entry import DISABLED, EDITED, Entry

if TYPE_CHECKING:
    from typing import Any

    from pegboard.ledger import Plugin

_loaded: WeakKeyDictionary[Any, dict[Plugin, tuple[float, str, Code]]] = WeakKeyDictionary()
"""By manager and plugin: when it was imported, and what its files were then; they are hashed once."""


def entry_of(
    manager: Any,
    plugin: Plugin,
    *,
    has_code: bool,
    has_files: bool = False,
    listed: dict[str, frozenset[str]] | None = None,
) -> Entry:
    """Return the entry of *plugin*.

    Args:
        manager: The host's plugin manager.
        plugin: One of its plugins, or the owner of what the application registers itself.
        has_code: Whether its files count. Otherwise they do for a plugin that no installer has put in its place, and
            for others the version tells which ones they are.
        has_files: Whether the hash of each file is in the entry.
        listed: As for `is_installed`; for who asks for many plugins.
    """
    about = plugin.distribution
    name, version = (about.name, about.version) if about is not None else ("", "")
    state, why = "", ""
    if not plugin.is_usable:
        state, why = (IS_BROKEN if plugin.state == BROKEN else DISABLED), _why(plugin)
    digest, files = "", None
    if has_code or has_files or not is_installed(plugin, {} if listed is None else listed):
        # a plugin that was imported outside the bracket has no time: then it is what it is when it is first asked for
        begin = manager.importer.imports.get(plugin, (None, -1.0 if plugin.state == ACTIVE else 0.0))[1]
        known = _loaded.setdefault(manager, {}).get(plugin)
        if known is None or known[0] != begin or not begin:
            code = code_of(plugin, _shared(manager))
            # what was imported is not what is there now
            is_edited = begin > 0 and code.changed_s > time() - (perf_counter() - begin)
            known = begin, f"{os.getpid()} {begin}" if is_edited else code.digest, code
            _loaded[manager][plugin] = known
        _, digest, code = known
        files = code.hashes if has_files else None
        if digest != code.digest and not state:
            state = EDITED
    return Entry(plugin.name, name, version, digest, state=state, why=why, files=files)


def _why(plugin: Plugin) -> str:
    if plugin.error is not None:
        return plugin.error.because() or plugin.error.summary()
    return plugin.reason or ""


def _shared(manager: Any) -> frozenset[str]:
    settings = manager.settings
    return frozenset({settings.application.partition(".")[0], (settings.namespace or "").partition(".")[0]} - {""})


def application_entry(manager: Any, live: object) -> Entry:
    """Return the entry of the application, for *live*, which it has registered itself: the module of that counts."""
    module = sys.modules.get(str(getattr(live, "__module__", None) or ""))
    file = getattr(module, "__file__", None)
    code = Code([(str(getattr(module, "__name__", "")), file)] if isinstance(file, str) else ())
    return Entry(manager.attribution.application.name, digest=code.digest)
