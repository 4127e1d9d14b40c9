"""The fixtures that `pytest_plugins = ["pegboard.testing"]` gives to a test suite."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pegboard.tools.hermetic import hermetic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Any

    from pegboard.host import Host


@pytest.fixture
def hermetic_host(tmp_path: Path) -> Iterator[Callable[..., Host]]:
    """Return a function that starts a host afresh for this test; it takes what `hermetic` takes.

    Its configuration, cache and plugins are below the test's `tmp_path`.
    """
    with ExitStack() as blocks:
        made: list[Host] = []

        def start_afresh(host: Host, *plugins: Any, **options: Any) -> Host:
            made.append(host)
            options.setdefault("directory", tmp_path / f"pegboard-{len(made)}")
            return blocks.enter_context(hermetic(host, *plugins, **options))

        yield start_afresh
