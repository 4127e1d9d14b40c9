"""Between imports that follow one another, a module does nothing."""

from __future__ import annotations

import contextlib
import sys
import types
from importlib.machinery import ModuleSpec

import pytest

from pegboard.startup.recording.effects.import_statements import has_only_imported, next_load


class Probe:
    """A module that asks about the body that imports it, once it is loaded itself."""

    def __init__(self) -> None:
        self.answers: list[tuple[bool, str | None]] = []

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if name == "asking_probe" else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        frame = sys._getframe(1)
        while frame.f_code.co_filename != "<body>":
            frame = frame.f_back

        def own(name):
            return name.startswith("mine")

        loaded = sys.modules.pop("asking_probe")
        before = has_only_imported(frame, own)
        sys.modules["asking_probe"] = loaded
        self.answers.append((before, next_load(frame, own)))


@pytest.fixture
def ask(monkeypatch):
    """Return what answers for the body of a module that imports `probe`."""

    def ask(text):
        probe = Probe()
        lazy, loaded, package, own = map(types.ModuleType, ("lazy", "loaded", "package", "mine_too"))
        lazy.__getattr__ = lambda name: name
        loaded.there = 1
        package.__path__ = []
        for module in (lazy, loaded, package, own):
            monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setattr(sys, "meta_path", [probe, *sys.meta_path])
        body = {"__name__": "mine", "__package__": "mine.inner", "nothing": lambda: None}
        with contextlib.suppress(ImportError):
            exec(compile(text, "<body>", "exec"), body)
        sys.modules.pop("asking_probe", None)
        (answer,) = probe.answers
        return answer

    return ask


@pytest.mark.parametrize(
    "before",
    [
        "",
        "'''What it is.'''\nfrom __future__ import annotations\n",
        "import sys, loaded\nfrom loaded import there as x\n",
    ],
)
def test_a_body_that_begins_with_imports_has_only_imported(ask, before):
    assert ask(f"{before}import asking_probe")[0]


@pytest.mark.parametrize(
    "before",
    [
        "nothing()\n",
        "sys = {}\nsys['x'] = 1\n",
        "from lazy import something\n",
        "import mine_too\n",
        "class Some: pass\n",
        "import loaded\nloaded.there += 1\n",
        "if __name__: import loaded\n",
        "for each in 'a': import loaded\n",
    ],
)
def test_a_body_that_may_have_done_more_has_not(ask, before):
    assert not ask(f"{before}import asking_probe")[0]


@pytest.mark.parametrize(
    ("after", "module"),
    [
        ("import unknown", "unknown"),
        ("import unknown.inner as x", "unknown.inner"),
        ("import loaded, sys\nfrom loaded import there\nimport unknown", "unknown"),
        ("from package import missing", "package.missing"),
        ("NAME = 'text'\nfrom unknown import *", "unknown"),
        ("try:\n  import unknown\nexcept ImportError: nothing()", "unknown"),
    ],
)
def test_the_next_load_is_known(ask, after, module):
    assert ask(f"import asking_probe\n{after}")[1] == module


@pytest.mark.parametrize(
    "after",
    [
        "nothing()\nimport unknown",
        "from lazy import something\nimport unknown",
        "import mine_too\nimport unknown",
        "from . import part\nimport unknown",
        "import sys; sys.x = 1\nimport unknown",
        "if nothing(): import unknown",
        "from loaded import missing\nimport unknown",
        "pass",
    ],
)
def test_what_does_more_is_not(ask, after):
    assert ask(f"import asking_probe\n{after}")[1] is None
