"""Generic classes without importing `typing` at run time.

Importing `typing` costs about as much as starting the interpreter, and every application that uses
pegboard would pay it at every start. Type checkers read the first branch, Python runs the second.
"""

TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Generic, TypeVar

    T = TypeVar("T")
else:

    class _Subscriptable:
        """Stands in for `Generic[T]`: `Registry[int]` stays legal in an annotation that is evaluated."""

        __slots__ = ()

        def __class_getitem__(cls, _item: object) -> type:
            return cls

    T = None
    Generic = {T: _Subscriptable}

__all__ = ["TYPE_CHECKING", "Generic", "T"]
