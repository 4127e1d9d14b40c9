"""`utt stretch`: log that the last activity went on until now."""

from __future__ import annotations

from utt.api import v1


class StretchHandler:
    """Appends the last entry again with the current time, and prints both."""

    def __init__(self, entries: v1.Entries, now: v1.Now, add_entry: v1.AddEntry, output: v1.Output) -> None:
        self._entries = entries
        self._now = now
        self._add_entry = add_entry
        self._output = output

    def __call__(self) -> None:
        if not self._entries:
            raise v1.UttError("No entry to stretch")
        last = self._entries[-1]
        entry = v1.Entry(self._now, last.name, False, last.comment)
        # A plugin's `AddEntry` may lack the check for processes that write at the same time.
        getattr(self._add_entry, "if_unchanged", self._add_entry)(entry)
        try:
            print(_printable(f"stretched {last}\n        → {entry}", self._output), file=self._output)
            getattr(self._output, "flush", int)()  # a plugin's stream may only be written to
        except BrokenPipeError:
            raise  # nobody wants to read it
        except OSError as exc:
            raise v1.UttError(f"the entry was added, and cannot be shown: {exc.strerror or exc}") from exc


def _printable(text: str, output: v1.Output) -> str:
    """Return *text* with `?` for what *output* cannot encode: the entry is in the log, so printing must not fail."""
    encoding = getattr(output, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


v1.register_command(
    v1.Command("stretch", "Let your last activity go on until now", StretchHandler, lambda _parser: None),
)
