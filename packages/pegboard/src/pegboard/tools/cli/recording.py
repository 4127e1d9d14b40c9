"""Records all plugins in a new process, for a command that imports none itself.

In: a command line for `index build --json`. Out: what that command answered.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pegboard.tools import processes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def record_in_new_process(
    command: Sequence[str], changed: Mapping[str, str | None] | None = None
) -> tuple[dict[str, Any] | None, str]:
    """Run *command*, and return its answer, see `commands.index`, and what it printed to standard error.

    The answer is None if the process failed; then the text is all that it printed.

    Args:
        command: The command line, made by `processes.own_command`.
        changed: Environment variables to set, or to unset where the value is None.
    """
    done = processes.run(command, changed)
    try:
        return json.loads(done.stdout), done.stderr
    except ValueError:
        return None, done.stderr or done.stdout
