"""Checks that plugin authors and application developers can call in tests of their own.

With `pytest_plugins = ["pegboard.testing"]` in `conftest.py`, pytest has the fixture `hermetic_host`.
"""

import sys

from pegboard.tools.command_run import CommandResult, run_command
from pegboard.tools.hermetic import hermetic
from pegboard.tools.hook_calls import Call, record_calls
from pegboard.tools.testing import Outcome, assert_same_lazily_and_eagerly, assert_steady, assert_unloads, record

if "pytest" in sys.modules:
    from pegboard.tools.fixtures import hermetic_host  # noqa: F401 -- pytest finds it here

__all__ = [
    "Call",
    "CommandResult",
    "Outcome",
    "assert_same_lazily_and_eagerly",
    "assert_steady",
    "assert_unloads",
    "hermetic",
    "record",
    "record_calls",
    "run_command",
]
