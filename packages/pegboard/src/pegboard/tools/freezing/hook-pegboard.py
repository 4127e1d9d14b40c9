# ruff: noqa: N999 -- PyInstaller wants that name
"""PyInstaller runs this file when it freezes an application that imports pegboard; its name says when."""

from pegboard.tools.freezing.pyinstaller import hook

__all__ = ["hook"]
