"""utt, installed with plugins that misbehave, and run as users run it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import resource
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.environments import Done, Environment, User
from support.wheel import write_wheel

NOW = "2026-03-03 11:30"
LOG = "2026-03-03 09:00 hello\n2026-03-03 10:00 acme: call  # with Zoé\n"
GREET = """
from utt.api import v1

class Greet:
    def __init__(self, now: v1.Now, output: v1.Output):
        self.now, self.output = now, output

    def __call__(self):
        print(f"It is {self.now:%H:%M}.", file=self.output)

v1.register_command(v1.Command("greet", "Say what time it is", Greet, lambda parser: None))
"""

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


@dataclass
class Installed:
    """utt in an environment, and its user."""

    environment: Environment
    user: User

    def start(self, *words: str, **options):
        return self.user.start(self.environment.program("utt"), "--now", NOW, *words, **options)

    def utt(self, *words: str, **options) -> Done:
        return self.user.run(self.environment.program("utt"), "--now", NOW, *words, **options)

    @property
    def plugins(self) -> Path:
        return self.environment.site / "utt" / "plugins"


@pytest.fixture
def install(environments, user):
    """Return what installs utt, a good plugin, and others: `install({"acme-bad": {"bad.py": "..."}})`.

    Each distribution has version 1.2.0, and its files lie in `utt/plugins`. Tests may not change what is installed
    unless they say `own=True`.
    """

    def put(distributions: dict[str, dict[str, str | bytes]], *, own: Path | None = None) -> Installed:
        everything = {"acme-good": {"greet.py": GREET}, **distributions}
        wheels = []
        for name, files in everything.items():
            digest = hashlib.sha256(repr((name, sorted(files.items()))).encode()).hexdigest()[:12]
            with environments.once(environments.shared / "by-hand" / digest) as unfinished:
                if unfinished:
                    contents = {f"utt/plugins/{path}": content for path, content in files.items()}
                    write_wheel(unfinished, name, "1.2.0", contents)
            (wheel,) = (environments.shared / "by-hand" / digest).glob("*.whl")
            wheels.append(str(wheel))
        user.write_log(LOG)
        if own is not None:
            return Installed(environments.make(own, "packages/utt", *wheels), user)
        return Installed(environments.shared_environment("packages/utt", *wheels), user)

    return put


@pytest.fixture(params=["cold", "warm", "eager"])
def start(request, user):
    """Return the kind of start: without an index, with one, or importing every plugin (`UTT_PLUGINS_LAZY=0`).

    Call it with what is installed before looking, and with the options of the process that looks.
    """

    def prepare(installed: Installed, **options) -> Installed:
        if request.param == "eager":
            user.environ["UTT_PLUGINS_LAZY"] = "0"
        elif request.param == "warm":
            installed.utt("config", **options)
        return installed

    return prepare


@pytest.fixture
def ordinary_user():
    """Return what makes a process heed the permissions of files, for `preexec_fn`, even if root runs the tests."""

    def give_up_privileges() -> None:
        if os.geteuid() == 0:
            for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
                if _LIBC.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
                    raise OSError(ctypes.get_errno(), "prctl")

    return give_up_privileges


@pytest.fixture
def full_disk():
    """Return what keeps a process from writing any byte to a file, for `preexec_fn`."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
