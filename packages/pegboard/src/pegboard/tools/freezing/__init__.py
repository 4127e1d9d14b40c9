"""What of an application's plugins goes into a frozen application?

PyInstaller asks `hook_directories` for hooks, and runs `hook-pegboard.py` in this folder when it freezes an application
that imports pegboard. `plugins` finds what is installed, `pyinstaller` says what of it is collected.
"""

from __future__ import annotations

import os


def hook_directories() -> list[str]:
    """Return the folder of the hook for PyInstaller, which finds this function by an entry point.

    Source:
        "Providing PyInstaller Hooks with your Package", PyInstaller manual: the group `pyinstaller40`, `hook-dirs`.
    """
    return [os.path.dirname(os.path.abspath(__file__))]
