"""Reads `plugins.toml`, the file in which a user says what plugins should do.

In: its path. Out: its text, its content and the line of each setting; or why it cannot be understood.
"""

from __future__ import annotations

from pegboard._typing import TYPE_CHECKING
from pegboard.errors import describe_exception
from pegboard.regular_file import read_file

if TYPE_CHECKING:
    from typing import Any, Final

    KeyPath = tuple[str, ...]
    """The names that lead to a setting, e.g. `("plugins", "balance", "enabled")`."""

_MOST_BYTES: Final = 1024 * 1024
"""How large the file may be."""
_MOST_PARTS: Final = 100
"""How many parts a name may have, e.g. three in `plugins.balance.enabled`."""


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
            if line := _line_of_long_name(self.text):  # the reader takes time that grows with its square
                self.problem, self.problem_line = "a name in it has too many parts", line
                return
            self.content = tomllib.loads(self.text)
        except UnicodeDecodeError as error:
            self.problem = "it is not UTF-8 text"
            self.problem_line = data.count(b"\n", 0, error.start) + 1
        except tomllib.TOMLDecodeError as error:
            self.problem = str(error)
            self.problem_line = _line_in(self.problem, self.text)
        except RecursionError:
            self.problem = "lists or tables in it are nested too deeply"
        except Exception as error:  # whatever Python's reader raises beside its own error, e.g. of a huge number
            self.problem = f"it cannot be read: {describe_exception(error)}"

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
    """Return what the file at *path* says; one that is too large, or no file at all, cannot be understood."""
    try:
        return PluginsToml(path, read_file(path, _MOST_BYTES))
    except (FileNotFoundError, NotADirectoryError):
        return PluginsToml(path, None)
    except (OSError, ValueError) as error:
        found = PluginsToml(path, None)
        found.problem = getattr(error, "strerror", None) or str(error)
        return found


def _line_in(message: str, text: str) -> int | None:
    # EOL 3.13: since 3.14 the error has the attribute lineno
    if message.endswith("(at end of document)"):
        return text.removesuffix("\n").count("\n") + 1  # other characters that end a line do not end one in TOML
    _, found, tail = message.partition("at line ")
    digits = tail.partition(",")[0]
    return int(digits) if found and digits.isdecimal() else None


def _line_of_long_name(text: str) -> int | None:
    """Return the line, from 1, of a name of more than `_MOST_PARTS` parts; None when there is none."""
    import re

    part = r"""(?:[\w-]++|"[^"\n]{0,80}+"|'[^'\n]{0,80}+')[ \t]*+\.[ \t]*+"""
    found = re.search(rf"""(?<![\w"'.-])(?:{part}){{{_MOST_PARTS}}}""", text)
    return None if found is None else text.count("\n", 0, found.start()) + 1
