"""Judges the imports of many plugins in one go: a process forks for each, so that none sees what another has done."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

APPLICATION = '''
"""What applications have: tables, hooks, settings, classes to derive from, and functions that change them."""
import contextvars, functools, itertools, random, threading, weakref
from abc import ABC
from collections import Counter, OrderedDict, defaultdict, deque

handlers, table, words, queue, ordered = [], {"one": 1}, {"a"}, deque([1]), OrderedDict(a=1, b=2)
groups, tally, raw, tree, version = defaultdict(list), Counter(a=1), bytearray(b"ab"), {"sub": {"deep": []}}, "1"
current, local, numbers, ticket = contextvars.ContextVar("current", default=0), threading.local(), itertools.count(), 0
steps, dice, Alias = iter([1, 2, 3]), random.Random(1), list[int]

class Base:
    made = []
    def __init_subclass__(cls): Base.made.append(cls)
class Listed: ...
def listed(): return Listed.__subclasses__()
class Plain:
    title = "plain"
    def show(self): return self.title
class Registry(type):
    known = {}
    def __init__(cls, name, *rest): Registry.known[name] = cls
class Model(metaclass=Registry): ...
class Shape(ABC): ...
class Live:
    all = weakref.WeakSet()
    def __init__(self): Live.all.add(self)
class Options:
    def __init__(self): self.colour, self.paths, self.ready, self.extra = "blue", [], False, None
    def set(self, name, value): setattr(self, name, value)
    @property
    def shade(self): return self._shade
    @shade.setter
    def shade(self, value): self._shade = value
    @functools.cached_property
    def slow(self): return object()
    @functools.cached_property
    def kind(self): return Options
class Slots:
    __slots__ = ("value",)
options, slots = Options(), Slots()
slots.value = 1
class Bus:
    def __init__(self): self.listeners = {}
    def on(self, event):
        def add(function):
            self.listeners.setdefault(event, []).append(function)
            return function
        return add
    def __setitem__(self, event, function): self.listeners[event] = function
    def __iadd__(self, function): self.listeners["all"] = function; return self
bus = Bus()
def get_options(): return options
def register(function): handlers.append(function); return function
def tag(function): function.tagged = True; return function
def configure(**more): table.update(more)
def next_ticket():
    global ticket
    ticket += 1
    return ticket
@functools.singledispatch
def draw(what): return "?"
@functools.lru_cache
def cached(key): return [key]
cached(0)
@functools.lru_cache
def made(): return Options()
_default = None
def default():
    global _default
    if _default is None: _default = object()
    return _default
def closed():
    found = []
    def add(what): found.append(what)
    return add
add_closed = closed()
def shout(text): return text.upper()
'''
LIBRARY = '''
"""A library whose body has effects of its own: they are nobody's."""
import atexit, logging, os, threading, warnings, weakref
atexit.register(len, "")
warnings.filterwarnings("ignore", message="shelf")
logging.getLogger("shelf").addHandler(logging.NullHandler())
os.environ.setdefault("SHELF", "1")
OPTIONS, CACHE, count, default = {"hooks": []}, {}, 0, "plain"
class Client:
    timeout = 3
    def get(self):
        global count
        count += 1
        return CACHE.setdefault("answer", object())
listeners, _local, _kept = weakref.WeakKeyDictionary(), None, None
def listen(what, function): listeners[what] = [function]
def listens(what):
    def add(function):
        listeners[what] = [function]
        return function
    return add
class Filled(dict):
    def __missing__(self, key): self[key] = value = [key]; return value
filled = Filled()
def connect(): return filled["x"]
class Local(threading.local):
    mine = 0
class Kept:
    def __init__(self): self.size = 3
def local():
    global _local
    if _local is None: _local = Local()
    return _local
def kept():
    global _kept
    if _kept is None: _kept = Kept()
    return _kept
def set_default(value):
    global default
    default = value
'''
_PROGRAM = r"""
import importlib, json, logging, os, sys, types
root, cases = sys.argv[1], json.load(open(sys.argv[2]))
sys.path.insert(0, root)
import acme.core
KEPT_BY_CACHED = acme.core.made()
from pegboard.ledger import Plugin
from pegboard.startup.recording.ownership import Ownership
from pegboard.startup.recording.recorder import Recorder

def judge(number):
    plugin = Plugin("case", f"acme.plugins.case_{number}", origin=f"{root}/acme/plugins/case_{number}.py")
    ownership = Ownership(lambda module: plugin if f"{module}.".startswith(f"{plugin.module}.") else None)
    with Recorder(lambda: plugin, ownership, "acme") as recorder:
        observation = recorder.observe(plugin, is_alone=True)
        importlib.import_module(plugin.module)
        trace = recorder.finish(plugin, observation)
        cost = observation.cost_s
    return [[effect.kind, effect.words, effect.location] for effect in trace.effects], sorted(trace.variables), cost

for number, _ in enumerate(cases):
    read, write = os.pipe()
    child = os.fork()
    if not child:
        out = os.open(os.devnull, os.O_WRONLY)
        keep = os.dup(1)
        os.dup2(out, 1); os.dup2(out, 2)
        os.chdir(root)
        try:
            answer = judge(number)
        except BaseException as error:
            answer = repr(error), [], 0.0
        with os.fdopen(write, "w") as stream:
            json.dump(answer, stream)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as stream:
        print(stream.read() or json.dumps(["died", [], 0.0]), flush=True)
    os.waitpid(child, 0)
"""


class Verdict:
    """What was found out about one import."""

    def __init__(self, effects: list[list[str]] | str, variables: list[str], cost_s: float) -> None:
        assert isinstance(effects, list), effects
        self.effects = effects
        self.variables = variables
        self.cost_s = cost_s

    @property
    def kinds(self) -> set[str]:
        return {kind for kind, _, _ in self.effects}

    @property
    def words(self) -> str:
        return "; ".join(words for _, words, _ in self.effects)


def judged(root: Path, texts: Mapping[str, str]) -> dict[str, Verdict]:
    """Return by name the verdicts about plugins with these *texts*, whose names `core` and `TMP` are the application's."""
    plugins = root / "acme" / "plugins"
    plugins.mkdir(parents=True)
    for path, text in {"acme/__init__.py": "", "acme/plugins/__init__.py": "", "acme/core.py": APPLICATION}.items():
        (root / path).write_text(text)
    (root / "shelf.py").write_text(LIBRARY)
    for number, text in enumerate(texts.values()):
        (plugins / f"case_{number}.py").write_text(f"from acme import core\nTMP = {str(root)!r}\n{text}\n")
    (root / "cases.json").write_text(json.dumps(list(texts)))
    done = subprocess.run(
        [sys.executable, "-B", "-c", _PROGRAM, str(root), str(root / "cases.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert len(lines) == len(texts), done.stderr
    return {name: Verdict(*json.loads(line)) for name, line in zip(texts, lines, strict=True)}
