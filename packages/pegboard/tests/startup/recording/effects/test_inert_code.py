"""What a module's body does next is taken for inert only where it imports, defines and computes."""

from __future__ import annotations

import dis
import functools
import logging
import re
import sys
import types

import pytest

from pegboard.startup.recording.effects.inert_code import END, next_load

DEFINITIONS = '''
"""What it is."""
from __future__ import annotations
import abc, dataclasses, enum, functools, logging, os.path, re, sys
from typing import TYPE_CHECKING, Any, Dict, Generic, List, NamedTuple, Optional, Protocol, TypeVar
from loaded import there as x
if TYPE_CHECKING:
    import unknown_to_all
LOG = logging.getLogger(__name__)
NAMES = ["a", "b", *("c", "d")]
TABLE = {"a": 1, **{"b": 2}}
TABLE["c"] = f"{NAMES}/x"
PATTERN = re.compile("a" + "b", re.I)
PLACE = os.path.join(os.path.dirname(__file__), "data")
T = TypeVar("T")
Text = Dict[str, Optional[List[int]]]
Other = dict[str, list[int] | None]
IS_NEW = 1 if sys.version_info >= (3, 8) else 2
def function(a: int | None = None, *, b=NAMES) -> List[str]: return LOG
@functools.lru_cache(maxsize=None)
def kept(): ...
class Failure(Exception):
    code: int = 3
    pattern = PATTERN
    @property
    def text(self): return super().text
    @text.setter
    def text(self, value): ...
    @staticmethod
    def static(): ...
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Box(Generic[T], Failure): ...
class Kind(str, enum.Enum):
    ONE = "one"
class Shown(Protocol):
    def show(self): ...
class Row(NamedTuple):
    a: int = 1
@dataclasses.dataclass(frozen=True)
class Point:
    x: int = 0
    all: list = dataclasses.field(default_factory=list)
__all__ = ["Point"] + ["Row"]
'''
NOT_INERT = [
    "nothing()",
    "loaded.there = 1",
    "del loaded.there",
    "loaded.names.append(1)",
    "loaded.names += [1]",
    "loaded.table['a'] = 1",
    "loaded.table['a']",
    "for each in loaded.steps: pass",
    "NAMES = [each for each in loaded.steps]",
    "NAMES = list(loaded.steps)",
    "NAMES = [*loaded.steps]",
    "a, b = loaded.steps",
    "1 in loaded.steps",
    "f'{loaded.Told}'",
    "global there\nthere = loaded.Told()",
    "from lazy import something",
    "import lazy\nlazy.something",
    "with loaded.Told: pass",
    "print(1)",
    "exec('1')",
    "setattr(loaded, 'there', 2)",
    "class A(loaded.Told): ...",
    "class A(loaded.Made): ...",
    "class A(metaclass=loaded.Meta): ...",
    "class A:\n    a = loaded.told",
    "class A:\n    loaded.there = 2",
    "class A:\n    def __init_subclass__(cls): nothing()\nclass B(A): ...",
    "class A:\n    def __del__(self): nothing()\nA()",
    "@loaded.decorate\ndef function(): ...",
    "import abc\nabc.abstractmethod(loaded.decorate)",
    "import functools\nfunctools.lru_cache(loaded.decorate)",
    "import logging\nlogging.basicConfig()",
    "import logging\nlogging.getLogger(loaded.Told)",
    "import dataclasses\nclass A:\n    a = dataclasses.field(default=loaded.told)",
    "import re\nre.compile(loaded.told)",
    "replaced = 1",
    "if loaded.told: pass",
    "try:\n    int('x')\nexcept ValueError: nothing()",
    "def function(): nothing()\nfunction()",
    "(lambda: nothing())()",
    "def function(): yield 1\nlist(function())",
]


class Told:
    def __init_subclass__(cls):
        raise AssertionError

    def __set_name__(self, owner, name):
        raise AssertionError


class Meta(type): ...


@pytest.fixture
def body(monkeypatch):
    """Return a function that asks what the body of a module loads next."""
    loaded, lazy, package = map(types.ModuleType, ("loaded", "lazy", "package"))
    loaded.__dict__.update(
        there=1,
        names=[],
        table={},
        steps=iter([1]),
        Told=Told,
        Made=Meta("Made", (), {}),
        Meta=Meta,
        told=Told(),
        decorate=lambda what: what,
    )
    lazy.__getattr__ = lambda name: name
    package.__path__ = []
    for module in (loaded, lazy, package):
        monkeypatch.setitem(sys.modules, module.__name__, module)

    def body(text, start=0):
        namespace = {"__name__": "mine", "__package__": "mine.inner", "__file__": "/mine.py", "__annotations__": {}}
        namespace.update(nothing=lambda: None, loaded=loaded, replaced=Told())
        return next_load(compile(text, "<body>", "exec", dont_inherit=True), start, namespace)

    return body


def test_a_body_that_imports_defines_and_computes_is_inert_to_its_end(body):
    assert body(DEFINITIONS) == END


@pytest.mark.parametrize(
    ("text", "module"),
    [
        ("import unknown", "unknown"),
        ("import unknown.inner as x", "unknown.inner"),
        ("import loaded, sys\nfrom loaded import there\nimport unknown", "unknown"),
        ("from package import missing", "package.missing"),
        ("from loaded import *\nA = there\nfrom unknown import *", "unknown"),
        ("from . import part", "mine.inner"),
        ("try:\n  import unknown\nexcept ImportError: nothing()", "unknown"),
        ("if False: import other\nimport unknown", "unknown"),
        (f"{DEFINITIONS}import unknown", "unknown"),
    ],
)
def test_the_next_load_is_known(body, text, module):
    assert body(text) == module


@pytest.mark.parametrize("text", NOT_INERT)
def test_what_may_do_more_is_not_inert(body, text):
    assert body(text) is None
    assert body(f"import loaded\n{text}\nimport unknown") is None


def test_it_goes_on_from_an_import_that_has_loaded_something(body):
    text = "nothing()\nimport loaded\nA = [1]\nimport unknown"
    code = compile(text, "<body>", "exec")
    (start,) = (
        each.offset for each in dis.get_instructions(code) if each.opname == "IMPORT_NAME" and each.argval == "loaded"
    )
    assert body(text) is None
    assert body(text, start) == "unknown"


def test_a_function_of_python_that_somebody_has_replaced_is_not_known_to_be_inert(body, monkeypatch):
    assert body("import re\nA = re.compile('a')") == END
    monkeypatch.setattr(re, "compile", functools.wraps(re.compile)(lambda *given: given))
    assert body("import re\nA = re.compile('a')") is None


MADE = []


class Filtering(logging.Logger):
    shared = object()

    def __init__(self, *given, **options):
        super().__init__(*given, **options)
        self.count = 0
        self.begin()

    def begin(self):
        self.addFilter(Filtering.shared)


class Listed(Filtering):
    def __init__(self, name, level=0):
        super().__init__(name, level)
        MADE.append(self)


class Replacing(Filtering):
    def begin(self):
        Replacing.latest = self


class Watching(logging.Logger):
    @property
    def parent(self): ...

    @parent.setter
    def parent(self, value):
        MADE.append(value)


class Talking(logging.Logger):
    def __init__(self, *given):
        super().__init__(*given)
        self.warning("made")


class Made(logging.Logger):
    def __new__(cls, *given):
        MADE.append(cls)
        return super().__new__(cls)


def test_loggers_that_set_up_only_themselves_are_inert_where_a_module_asks_for_its_own(body, monkeypatch):
    monkeypatch.setattr(logging, "_loggerClass", Filtering)
    assert body("import logging\nA = logging.getLogger(__name__)") == END
    assert body("import logging\nA = logging.getLogger('another')") is None


@pytest.mark.parametrize("kind", [Listed, Replacing, Watching, Talking, Made])
def test_loggers_that_change_something_else_are_not(body, monkeypatch, kind):
    monkeypatch.setattr(logging, "_loggerClass", kind)
    assert body("import logging\nA = logging.getLogger(__name__)") is None
