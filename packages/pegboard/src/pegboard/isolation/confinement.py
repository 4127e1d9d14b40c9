"""How is a process kept from writing outside of its folders, and from the network? On Linux, by the kernel.

In: folders. Out: this process, and all that it starts, may open files for writing, make, rename, truncate and remove
them in these folders only, and can make no socket. It cannot be undone. What the kernel cannot do is refused in words.

Reading is not restricted, nor are changes of a file's mode, owner, times and extended attributes, which Landlock does
not know of; see `docs/explanation/isolation.md`.

Source: Linux, "Landlock: unprivileged access control" and `landlock(7)`; "Seccomp BPF" and `seccomp(2)`; `prctl(2)`.
Numbers are those of `linux/landlock.h`, `linux/seccomp.h`, `linux/filter.h`, `linux/audit.h` and `asm/unistd.h`.
"""

from __future__ import annotations

import os
import sys

from pegboard._typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Final

_CREATE_RULESET: Final = 444  # these numbers are the same for each machine
_ADD_RULE: Final = 445
_RESTRICT_SELF: Final = 446
_IO_URING_SETUP: Final = 425
_VERSION_FLAG: Final = 1
_PATH_BENEATH: Final = 1

_MINIMUM_ABI: Final = 3
"""The first version that denies truncation (Linux 6.2): an older one would leave a way to destroy files."""
_WRITES: Final = 0b111_1111_1111_0010
"""Write a file; remove; make devices, folders, files, sockets, pipes, links; link or rename elsewhere; truncate."""
_OF_FILES: Final = 1 << 1 | 1 << 14 | 1 << 15
"""Those that a file can have which is no folder: write, truncate, control a device."""
_IOCTL: Final = (5, 1 << 15)  # the version that knows it, and its bit: control devices
_NETWORK: Final = (4, 0b11)  # bind and connect TCP
_SCOPES: Final = (6, 0b11)  # no abstract socket and no signal of processes that are not confined with this one

_DEVICES: Final = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
"""Files outside the folders that may be written: what is written there changes nothing."""

_MACHINES: Final = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198), "riscv64": (0xC00000F3, 198)}
"""For each machine how seccomp names it, and the number of `socket`."""
_X32: Final = 0x4000_0000  # numbers from here on are those of another ABI of x86-64, which would get around the filter
_NO_NEW_PRIVILEGES: Final = 38
_SET_SECCOMP: Final = 22
_FILTER_MODE: Final = 2
_ALLOW: Final = 0x7FFF_0000
_FAIL: Final = 0x0005_0000  # with an error number


class UnavailableError(Exception):
    """What keeps this system from confining a process, in words."""


def why_unavailable() -> str:
    """Return why processes cannot be confined on this system, in words; empty if they can."""
    if sys.platform != "linux":
        return f"it needs Landlock and seccomp of Linux, and this is {sys.platform}"
    if os.uname().machine not in _MACHINES or sys.maxsize <= 2**32:
        return f"it is not known how to do it on {os.uname().machine}"
    abi = _abi()
    if abi < _MINIMUM_ABI:
        found = "it is not there" if abi < 1 else f"its version is {abi}"
        return f"it needs Landlock of version {_MINIMUM_ABI} (Linux 6.2), and {found}"
    return ""


def confine(folders: Iterable[str]) -> None:
    """Let this process write in *folders* only, and make no socket; for the only thread of a process.

    Args:
        folders: They exist.

    Raises:
        UnavailableError: If the system cannot do all of that. Nothing, or a part of it, may be in effect then.
    """
    if why_not := why_unavailable():
        raise UnavailableError(why_not)
    if len(os.listdir("/proc/self/task")) > 1:  # the others would not be confined
        raise UnavailableError("this process has other threads already")
    library = _library()
    _checked(library, library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl(PR_SET_NO_NEW_PRIVS)")
    _deny_writing(library, folders)
    _deny_sockets(library)


def _library() -> Any:
    from ctypes import CDLL

    return CDLL(None, use_errno=True)


def _checked(library: Any, result: int, what: str) -> int:
    if result < 0:
        from ctypes import get_errno

        del library
        raise UnavailableError(f"{what} failed: {os.strerror(get_errno())}")
    return result


def _abi() -> int:
    """Return the version of Landlock; less than 1 if there is none, or it is turned off."""
    abi: int = _library().syscall(_CREATE_RULESET, None, 0, _VERSION_FLAG)
    return abi


def _deny_writing(library: Any, folders: Iterable[str]) -> None:
    from struct import pack

    abi = _abi()
    files = _WRITES | (_IOCTL[1] if abi >= _IOCTL[0] else 0)
    network = _NETWORK[1] if abi >= _NETWORK[0] else 0
    scopes = _SCOPES[1] if abi >= _SCOPES[0] else 0
    attributes = pack("=QQQ", files, network, scopes)  # what an older kernel does not know has to be absent, or zero
    ruleset = library.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    if ruleset < 0:
        attributes = pack("=Q", files)
        ruleset = library.syscall(_CREATE_RULESET, attributes, len(attributes), 0)
    _checked(library, ruleset, "landlock_create_ruleset")
    try:
        for path in [*folders, *filter(os.path.exists, _DEVICES)]:
            descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
            try:
                rights = files if os.path.isdir(path) else files & _OF_FILES
                rule = pack("=Qi", rights, descriptor)
                added = library.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
                _checked(library, added, f"landlock_add_rule({path!r})")
            finally:
                os.close(descriptor)
        _checked(library, library.syscall(_RESTRICT_SELF, ruleset, 0), "landlock_restrict_self")
    finally:
        os.close(ruleset)


def _deny_sockets(library: Any) -> None:
    """Let `socket` fail for every family: also a socket of this machine would lead out of the confinement.

    A pair of connected sockets, as event loops need one, can be made. `io_uring` fails since it can make sockets, too.
    """
    from ctypes import POINTER, Structure, c_char_p, c_ushort, cast, pointer
    from errno import EACCES
    from struct import pack

    class Program(Structure):
        _fields_ = (("length", c_ushort), ("filter", c_char_p))

    architecture, socket = _MACHINES[os.uname().machine]
    load, jump_equal, jump_at_least, answer = 0x20, 0x15, 0x35, 0x06
    steps = (
        (load, 0, 0, 4),  # which architecture
        (jump_equal, 0, 5, architecture),
        (load, 0, 0, 0),  # which call
        (jump_at_least, 3, 0, _X32),
        (jump_equal, 2, 0, socket),
        (jump_equal, 1, 0, _IO_URING_SETUP),
        (answer, 0, 0, _ALLOW),
        (answer, 0, 0, _FAIL | EACCES),
    )
    code = b"".join(pack("=HBBI", *step) for step in steps)
    program = Program(len(steps), cast(c_char_p(code), c_char_p))
    result = library.prctl(_SET_SECCOMP, _FILTER_MODE, cast(pointer(program), POINTER(Program)), 0, 0)
    _checked(library, result, "prctl(PR_SET_SECCOMP)")
