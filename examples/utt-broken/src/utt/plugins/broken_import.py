"""BROKEN ON PURPOSE. Registers a command, then fails: its registration is discarded."""

from __future__ import annotations

from utt.api import v1

v1.register_command(v1.Command("half-registered", "Must never be seen", lambda: print, lambda _parser: None))

raise RuntimeError("this plugin is broken on purpose")
