"""BROKEN ON PURPOSE. Registers a command that fails when it is run; all other commands work."""

from __future__ import annotations

from utt.api import v1


class BrokenHandler:
    """Fails."""

    def __call__(self) -> None:
        """Fail."""
        raise RuntimeError("this command is broken on purpose")


v1.register_command(v1.Command("broken", "Fail, on purpose", BrokenHandler, lambda _parser: None))
