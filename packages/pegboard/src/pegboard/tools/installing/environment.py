"""Says what kind of environment this is, which program changes it, and whether that may be done.

In: the prefix of the environment. Out: an `Environment`, or an `InstallRefusedError` with what to do instead.

Source:
    PEP 668 (`EXTERNALLY-MANAGED`); pipx, "How pipx works" (`pipx_metadata.json`); uv, "Tools" (`uv-receipt.toml`).
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
import zipfile
from importlib.util import find_spec

import pegboard
from pegboard.errors import InstallRefusedError
from pegboard.frozen import EXECUTABLE
from pegboard.tools import processes

PLAIN = "virtual environment"
PIPX = "pipx"
UV_TOOL = "uv tool"
SYSTEM = "system"
METADATA = "pipx_metadata.json"
"""The file in which pipx remembers what is in an environment."""


class Environment:
    """The environment that this process runs in."""

    def __init__(self, prefix: str = sys.prefix, base_prefix: str = sys.base_prefix) -> None:
        self.prefix: str = prefix
        self.kind: str = _kind(prefix, base_prefix)
        """`virtual environment`, `pipx`, `uv tool` or `system`."""
        self.uv: str | None = shutil.which("uv")
        """The program uv, if there is one; it is preferred to pip."""
        self.has_pip: bool = find_spec("pip") is not None
        if self.kind == PIPX and self.uv is None and not self.has_pip:
            self.uv = _uv_of_pipx()

    @property
    def name(self) -> str:
        """The name that pipx or `uv tool` has for this environment."""
        return os.path.basename(self.prefix)

    def check(self) -> None:
        """Raise an error if this environment may not or cannot be changed.

        Raises:
            InstallRefusedError: With what to do instead.
        """
        program = bundle(self.prefix)
        if program is not None:
            raise InstallRefusedError(
                "the application is bundled: what it consists of was decided when the bundle was made",
                program,
                "make the bundle with other plugins, or put modules into the user's plugin folder",
            )
        marker = os.path.join(sysconfig.get_path("stdlib"), "EXTERNALLY-MANAGED")
        if self.kind == SYSTEM and os.path.exists(marker):
            raise InstallRefusedError(
                "the Python in use belongs to the operating system, which says that only its own installer changes it",
                marker,
                "install the application by pipx or `uv tool`, or into a virtual environment (PEP 668)",
            )
        site = sysconfig.get_path("purelib")
        if not os.access(site, os.W_OK):
            raise InstallRefusedError(
                "you may not write to this environment", site, "ask who owns it, or use one of your own"
            )
        needed = {PIPX: "pipx", UV_TOOL: "uv"}.get(self.kind)
        if needed is not None and shutil.which(needed) is None:
            raise InstallRefusedError(
                f"this environment was made by {self.kind}, and the program {needed!r} is not on the search path",
                self.prefix,
                f"add the folder of {needed!r} to PATH: only it can change the environment and remember the change",
            )
        if self.uv is None and not self.has_pip:
            raise InstallRefusedError(
                "there is neither uv nor pip to install with", self.prefix, _advice(self.kind, self.prefix)
            )


def bundle(prefix: str = sys.prefix) -> str | None:
    """Return the file of a frozen application, zipapp, shiv or pex, or None: there, this environment is another's.

    Source:
        "PEX runtime environment variables", pex documentation: `PEX`; and `PEX-INFO`, in an environment of pex's own.
    """
    program = EXECUTABLE or sys.argv[0]
    if EXECUTABLE or is_of_pex(prefix):
        return program
    folder = os.path.dirname(os.path.dirname(os.path.abspath(pegboard.__file__)))
    if any(os.path.realpath(sysconfig.get_path(name)) == os.path.realpath(folder) for name in ("purelib", "platlib")):
        return None
    # on Windows, the program of each installed script is an archive with an executable before it
    is_archive = zipfile.is_zipfile(program) and not program.endswith(".exe")
    return program if is_archive or "PEX" in os.environ else None


def is_of_pex(prefix: str = sys.prefix) -> bool:
    """Return whether pex has made the environment, for one file that it has packed."""
    return os.path.exists(os.path.join(prefix, "PEX-INFO"))


def _advice(kind: str, prefix: str) -> str:
    if kind == PIPX:
        return "install uv, or make the environment with pip: pipx reinstall --backend pip " + os.path.basename(prefix)
    return f"run `{sys.executable} -m ensurepip`, or install uv"


def _uv_of_pipx() -> str | None:
    """Return the uv that pipx brings, which need not be on the search path; None if it has none, or does not say."""
    pipx = shutil.which("pipx")
    if pipx is None:
        return None
    try:
        told = processes.run([pipx, "environment", "--value", "PIPX_UV_BINARY"]).stdout.strip()
    except OSError:
        return None
    return told if os.path.isfile(told) else None


def _kind(prefix: str, base_prefix: str) -> str:
    if os.path.exists(os.path.join(prefix, "uv-receipt.toml")):
        return UV_TOOL
    if os.path.exists(os.path.join(prefix, METADATA)):
        return PIPX
    return SYSTEM if prefix == base_prefix else PLAIN
