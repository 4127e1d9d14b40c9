"""A sub-command of utt, which a plugin registers."""

from __future__ import annotations

TYPE_CHECKING = False

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from dataclasses import dataclass

    @dataclass
    class Command:
        """A sub-command of utt.

        Args:
            name: What the user types after `utt`.
            description: One sentence for `utt --help` and `utt NAME --help`.
            handler_class: Built with injected arguments when the command is chosen, then called
                without arguments. It may also be a function that returns a callable.
            add_args: Called with the command's own parser, to add arguments to it; only when the command
                is chosen, or when its help or completion is asked for.
        """

        name: str
        description: str
        handler_class: Callable[..., Callable[[], object]]
        add_args: Callable[[argparse.ArgumentParser], object]

else:
    # At run time the same class without `dataclasses`, whose import costs more than the rest of the start.
    # Only a plugin that calls `dataclasses.fields(Command)` or its like needs that module.

    # ruff: noqa: ANN001, ANN204 -- the typed and documented class is the one above

    class _LazyDataclassAttribute:
        """An attribute that `dataclass` adds to a class, made when it is first read."""

        def __set_name__(self, owner, name):
            self._name = name

        def __get__(self, instance, owner):
            from dataclasses import make_dataclass

            model = make_dataclass("Command", Command.__match_args__)
            return getattr(model, self._name)

    class Command:
        """A sub-command of utt.

        Args:
            name: What the user types after `utt`.
            description: One sentence for `utt --help` and `utt NAME --help`.
            handler_class: Built with injected arguments when the command is chosen, then called
                without arguments. It may also be a function that returns a callable.
            add_args: Called with the command's own parser, to add arguments to it; only when the command
                is chosen, or when its help or completion is asked for.
        """

        __match_args__ = ("name", "description", "handler_class", "add_args")
        __dataclass_fields__ = _LazyDataclassAttribute()
        __dataclass_params__ = _LazyDataclassAttribute()
        __hash__ = None  # mutable and compared by value, like any dataclass

        def __init__(self, name, description, handler_class, add_args):
            self.name = name
            self.description = description
            self.handler_class = handler_class
            self.add_args = add_args

        def __eq__(self, other):
            if other.__class__ is not self.__class__:
                return NotImplemented
            return all(getattr(self, name) == getattr(other, name) for name in self.__match_args__)

        def __repr__(self):
            fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in self.__match_args__)
            return f"Command({fields})"
