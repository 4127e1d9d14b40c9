"""Reads `plugins.toml`, the file in which a user says what plugins should do.

In: its path. Out: its text, its content and the line of each setting; or why it cannot be understood.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

    KeyPath = tuple[str, ...]
    """The names that lead to a setting, e.g. `("plugins", "balance", "enabled")`."""


class PluginsToml:
    """What one file says. A file that is not there says nothing; one that is wrong says nothing and has a problem."""

    __slots__ = ("_lines", "content", "data", "path", "problem", "problem_line", "text")

    def __init__(self, path: str, data: bytes | None) -> None:
        """Take *data* for the bytes of the file at *path*; None if there is none."""
        self.path: str = path
        self.data: bytes | None = data
        self.text: str = ""
        self.content: dict[str, Any] = {}
        self.problem: str | None = None
        """Why nothing in it counts, in words."""
        self.problem_line: int | None = None
        self._lines: dict[KeyPath, int] | None = None
        if data is not None:
            self._parse(data)

    def _parse(self, data: bytes) -> None:
        import tomllib  # 33 modules, which only a user pays who has such a file

        try:
            self.text = data.decode()
            self.content = tomllib.loads(self.text)
        except UnicodeDecodeError as error:
            self.problem = "it is not UTF-8 text"
            self.problem_line = data.count(b"\n", 0, error.start) + 1
        except tomllib.TOMLDecodeError as error:
            self.problem = str(error)
            self.problem_line = _line_in(self.problem, self.text)

    @property
    def lines(self) -> dict[KeyPath, int]:
        """The line of each setting and table, from 1."""
        if self._lines is None:
            from pegboard.startup.policy.lines import lines_of

            self._lines = {} if self.problem else lines_of(self.text)
        return self._lines

    def get(self, *path: str) -> Any:
        """Return the value at *path*; None if there is none."""
        value: Any = self.content
        for name in path:
            if not isinstance(value, dict) or name not in value:
                return None
            value = value[name]
        return value


def read_plugins_toml(path: str) -> PluginsToml:
    """Return what the file at *path* says."""
    try:
        with open(path, "rb") as stream:
            return PluginsToml(path, stream.read())
    except (FileNotFoundError, NotADirectoryError):
        return PluginsToml(path, None)
    except OSError as error:
        found = PluginsToml(path, None)
        found.problem = error.strerror or str(error)
        return found


def _line_in(message: str, text: str) -> int | None:
    # EOL 3.13: since 3.14 the error has the attribute lineno
    if message.endswith("(at end of document)"):
        return max(1, len(text.splitlines()))
    _, found, tail = message.partition("at line ")
    digits = tail.partition(",")[0]
    return int(digits) if found and digits.isdigit() else None
