"""Checks that plugin authors and application developers can call in tests of their own."""

from pegboard.tools.testing import Outcome, assert_same_lazily_and_eagerly, assert_steady, assert_unloads, record

__all__ = ["Outcome", "assert_same_lazily_and_eagerly", "assert_steady", "assert_unloads", "record"]
