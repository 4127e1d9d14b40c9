"""What does a plugin's own code do, as far as its instructions tell?

In: code objects that ran. Out: which names they take, and to which attributes and items they assign. Most code assigns
to none, which its opcodes tell without being disassembled.
"""

from __future__ import annotations

from dis import opmap
from itertools import chain, pairwise

from pegboard._typing import TYPE_CHECKING
from pegboard.startup.recording.effects.snapshots import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType

_STORE_ITEM = opmap["STORE_SUBSCR"]
_LOAD_ATTRIBUTE = opmap["LOAD_ATTR"]
_STORE_ATTRIBUTE = frozenset((opmap["STORE_ATTR"], opmap["DELETE_ATTR"]))
_BY_TEXT = frozenset(("__delattr__", "__setattr__", "delattr", "setattr"))
_SIMPLE_LOADS = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FAST", "LOAD_DEREF")


class OwnCode:
    """The code of one plugin, or of several that share a comparison."""

    def __init__(self, codes: Iterable[CodeType]) -> None:
        self._codes = list({id(code): code for code in codes}.values())
        self._with_items = [code for code in self._codes if _STORE_ITEM in code.co_code[::2]]
        self._with_attributes = [code for code in self._codes if not _STORE_ATTRIBUTE.isdisjoint(code.co_code[::2])]
        self._assigned: frozenset[str] | None = None

    def mentions(self, name: str, holder: str = "") -> bool:
        """Return whether it has *name*; as an attribute of *holder*, if given."""
        own = [code for code in self._codes if name in code.co_names]
        if not holder or not own:
            return bool(own)
        called = {holder}.union(*(_aliases(code, holder) for code in self._codes))
        return any(_reads(code, name, called) for code in own)

    def assigned(self) -> frozenset[str]:
        """Return the names of all attributes to which it assigns."""
        if self._assigned is None:
            annotating = [code for code in self._codes if "__annotations__" in code.co_names]
            annotating = [code for code in annotating if _LOAD_ATTRIBUTE in code.co_code[::2]]
            self._assigned = frozenset(chain.from_iterable(map(_stored, (*self._with_attributes, *annotating))))
        return self._assigned

    def may_assign(self, name: str) -> bool:
        """Return whether it assigns to an attribute called *name*, or has that text where it calls `setattr`."""
        return name in self.assigned() or any(
            name in code.co_consts and not _BY_TEXT.isdisjoint(code.co_names) for code in self._codes
        )

    def assigned_in_others(self) -> Iterator[tuple[str, object]]:
        """Yield the names of the attributes to which it assigns, each with the value; `ABSENT` if it is not known.

        Those of `self`, an object of its own, do not count.
        """
        return chain.from_iterable(map(_stored_in_others, self._with_attributes))

    def stores_item(self, key: object) -> bool:
        """Return whether it assigns to an item by this very *key*, a text."""
        return type(key) is str and any(_stores_item(code, key) for code in self._with_items)


def line_of(code: CodeType, name: str) -> int:
    """Return the first line of *code* that has *name*."""
    import dis

    line = code.co_firstlineno
    for instruction in dis.get_instructions(code):
        positions = instruction.positions
        if positions is not None and positions.lineno is not None:
            line = positions.lineno
        if instruction.argval == name and instruction.opname not in ("IMPORT_NAME", "IMPORT_FROM", "STORE_NAME"):
            return line
    return code.co_firstlineno


def _aliases(code: CodeType, module: str) -> set[str]:
    """Return what *code* calls the module that it imports as *module*."""
    if not any(each.rpartition(".")[2] == module for each in code.co_names):
        return set()
    import dis

    found = set()
    instructions = list(dis.get_instructions(code))
    for each, after in pairwise(instructions):
        is_import = each.opname in ("IMPORT_NAME", "IMPORT_FROM") and str(each.argval).rpartition(".")[2] == module
        if is_import and after.opname.startswith("STORE_"):
            found.add(str(after.argval))
    return found


def _reads(code: CodeType, name: str, holders: set[str]) -> bool:
    """Return whether *code* takes *name* from one of *holders*, or imports it."""
    import dis

    instructions = list(dis.get_instructions(code))
    return any(
        each.argval == name and (each.opname == "IMPORT_FROM" or before.argval in holders)
        for before, each in pairwise(instructions)
        if type(before.argval) is str or each.opname == "IMPORT_FROM"
    )


def _stores_item(code: CodeType, key: str) -> bool:
    """Return whether *code* assigns to an item by this very *key*; annotations in a class do not count."""
    if not any(type(each) is str and each == key for each in code.co_consts):
        return False
    import dis

    instructions = list(dis.get_instructions(code))
    return any(
        each.opname == "STORE_SUBSCR" and before.argval == key and holder.argval != "__annotations__"
        for holder, before, each in zip(instructions, instructions[1:], instructions[2:], strict=False)
    )


def _stored(code: CodeType) -> Iterator[str]:
    """Yield the names of the attributes to which *code* assigns, or may do so: annotations are changed in place."""
    import dis

    for instruction in dis.get_instructions(code):
        name = instruction.argval
        is_assigned = instruction.opname in ("STORE_ATTR", "DELETE_ATTR")
        if type(name) is str and (is_assigned or (name == "__annotations__" and instruction.opname == "LOAD_ATTR")):
            yield name


def _stored_in_others(code: CodeType) -> Iterator[tuple[str, object]]:
    import dis

    instructions = list(dis.get_instructions(code))
    for before, holder, each in zip(instructions, instructions[1:], instructions[2:], strict=False):
        if each.opname in ("STORE_ATTR", "DELETE_ATTR") and holder.argval != "self":
            is_constant = before.opname == "LOAD_CONST" and holder.opname in _SIMPLE_LOADS
            yield each.argval, before.argval if is_constant else ABSENT
