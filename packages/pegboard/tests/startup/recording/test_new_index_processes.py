"""To make an index leaves the process as it was."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("is_collecting", [True, False])
def test_garbage_is_collected_afterwards_as_before(application, is_collecting):
    application.plugin("a")
    application.settle()
    run = application.run(
        f"import gc; gc.{'enable' if is_collecting else 'disable'}(); result['names'] = things.names();"
        " result['is_collecting'] = gc.isenabled()"
    )
    assert run.result == {"names": ["t-a"], "is_collecting": is_collecting}
    assert run.imported == ["a"]  # a cold start
