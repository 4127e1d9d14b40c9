"""Which code may have changed something, so that no other plugin may share its comparison."""

from __future__ import annotations

import pytest

from pegboard.startup.recording.effects.calls import Call
from pegboard.startup.recording.effects.storing import may_store

PLAIN = """
import json, dataclasses
from acme import core, register
NAMES = [core.name, *core.names]
class Options(core.Base):
    size: int = 1 + 2
    def show(self): return self.size
def main(): print(NAMES)
register("x", main, summary=f"{core.name} of {len(NAMES)}")
"""
STORING = {
    "an attribute": "core.x = 1",
    "an attribute that goes": "del core.x",
    "an item": "core.x[1] = 2",
    "a slice": "core.x[1:] = []",
    "in place": "names = core.names; names += [1]",
    "a set in place": "names = core.names; names |= {1}",
    "a method": "core.names.append(1)",
    "a method that is passed on": "list(map(core.names.append, 'ab'))",
    "a method by a text": "import operator; operator.methodcaller('append', 1)(core.names)",
    "by a computed name": "getattr(core.names, 'app' + 'end')(1)",
    "by setattr": "setattr(core, 'x', 1)",
    "by a text": "exec('core.x = 1')",
    "the namespace": "vars(core).update(x=1)",
    "an iterator": "next(core.numbers)",
    "a heap": "import heapq; heapq.heappush(core.names, 1)",
}


def calls(text, module="app.plugins.a", location="a.py:1"):
    return [Call(compile(text, "a.py", "exec"), module, location, "")]


def is_own(module):
    return module.startswith("app.plugins.a")


def test_what_only_imports_defines_and_registers_does_not():
    assert not may_store(calls(PLAIN), is_own)


@pytest.mark.parametrize(("text", "may"), [("size: int = 1", False), ("core.__annotations__['size'] = int", True)])
def test_annotations_are_the_modules_own_unless_they_are_taken_from_elsewhere(text, may):
    assert may_store(calls(text), is_own) is may


@pytest.mark.parametrize("text", STORING.values(), ids=STORING)
@pytest.mark.parametrize("module", ["app.plugins.a", "acme.core"])
def test_what_changes_something_may(text, module):
    assert may_store(calls(text, module), is_own)


@pytest.mark.parametrize(
    ("module", "may"),
    [("dataclasses", False), ("json.decoder", False), ("warnings", True), ("argparse", True), ("pegboard.host", False)],
)
def test_of_functions_of_python_only_those_that_compute_are_known(module, may):
    assert may_store(calls("core.x = 1", module), is_own) is may


def test_what_python_calls_by_itself_is_not_looked_at():
    assert not may_store(calls("core.x = 1", "functools", location=""), is_own)
