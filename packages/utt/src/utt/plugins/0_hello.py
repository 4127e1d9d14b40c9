"""`utt hello`: log the beginning of the day."""

from __future__ import annotations

from utt.api import v1


class HelloHandler:
    """Appends the entry that starts a day."""

    def __init__(self, now: v1.Now, add_entry: v1.AddEntry) -> None:
        self._now = now
        self._add_entry = add_entry

    def __call__(self) -> None:
        self._add_entry(v1.Entry(self._now, v1.HELLO_ENTRY_NAME, False, None))


v1.register_command(v1.Command("hello", "Begin your day: time counts from here", HelloHandler, lambda _parser: None))
