"""A plugin, as its author's type checker sees it: the application exports bound methods, and no type of its own."""

from __future__ import annotations

from typing import assert_type

import api


@api.register_exporter("csv", summary="comma-separated values")
def export(note: api.Note) -> str:
    return note.title


assert_type(export(api.Note()), str)


@api.register_view("plain")
class Plain:
    def render(self, note: api.Note) -> str:
        return note.title


assert_type(Plain().render(api.Note()), str)
api.register_view("plain", Plain)
api.provide(api.View, Plain)


class Wrong:
    def render(self, note: api.Note) -> int:
        return 1


def wrong(note: str) -> str:
    return note


# error in mypy: "Callable[[str], str]"; expected "Callable[[Note], str]"
# error in pyright: "Note" is not assignable to "str"
api.register_exporter("csv", wrong)

# error in mypy: "type[Wrong]"; expected "type[View]"
# error in pyright: "render" is an incompatible type
api.register_view("wrong", Wrong)

# error in mypy: "type[str]"; expected "type[View]"
# error in pyright: "render" is not present
api.register_view("text", str)

# error in mypy: No overload variant
# error in pyright: No overloads for "register"
api.register_exporter(name="csv", item=export)

# error in pyright: No overloads for "provide"
# error in pyright: "render" is an incompatible type
api.provide(api.View, Wrong)

# error in mypy: has no attribute "register_exprter"
# error in pyright: "register_exprter" is not a known attribute
# error in pyright: Type of "register_exprter" is unknown
api.register_exprter("csv", export)
