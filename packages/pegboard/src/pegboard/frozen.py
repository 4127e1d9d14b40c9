"""Is this a frozen application, and which file holds the code of its modules?

PyInstaller, Nuitka and their like put an application's modules into its executable. The modules have a `__file__` all
the same, at which there is no file. So the executable stands for all of them: it changes when any of them does. An
application in one file is unpacked into another temporary folder at each start, whose name must not get into an index.

Source:
    "Run-time Information" and "How the One-File Program Works", PyInstaller manual; "Detecting Nuitka at run time",
    Nuitka user manual.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Final

_COMPILED: Final = getattr(sys.modules.get("__main__"), "__compiled__", None)
"""What Nuitka says of the program; None if it has not compiled it."""


def _executable() -> str | None:
    if _COMPILED is not None:
        return os.path.abspath(getattr(_COMPILED, "process_exe", None) or sys.argv[0])
    return sys.executable if getattr(sys, "frozen", False) else None


EXECUTABLE: Final = _executable()
"""The file that holds the application's modules; None if the application is not frozen."""
FOLDER: Final = str(getattr(sys, "_MEIPASS", "") or getattr(_COMPILED, "python_runtime_dir", ""))
"""The folder in which they seem to be, with the files that the application has besides; empty if it is not frozen."""
UNPACKED: Final = FOLDER if os.path.basename(FOLDER).startswith("_MEI") else ""
"""That folder if it has been made for this process alone, as PyInstaller calls it then; empty if it has not."""


def is_virtual(path: str) -> bool:
    """Return whether *path* is that of a module which is not there, since it is in the executable."""
    return EXECUTABLE is not None and path.startswith(FOLDER + os.sep) and not os.path.lexists(path)


def holder(path: str) -> str:
    """Return the file whose stamp tells whether the module at *path* has changed: that file, or the executable."""
    return EXECUTABLE if EXECUTABLE is not None and is_virtual(path) else path


def lasting(text: str) -> str:
    """Return *text* with the executable in the place of the folder into which it has been unpacked."""
    return text.replace(UNPACKED, EXECUTABLE) if UNPACKED and EXECUTABLE else text


def present(path: str) -> str:
    """Return the path of which another process of this executable has written what `lasting` returned."""
    below = f"{EXECUTABLE}{os.sep}"
    return f"{UNPACKED}{os.sep}{path.removeprefix(below)}" if UNPACKED and path.startswith(below) else path
