"""Ray for the tests that run plugins on its workers: in a folder of its own, where there is a Ray for this system."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.environments import RAY

if TYPE_CHECKING:
    from pathlib import Path

    from support.environments import Environments

NO_RAY = f"{RAY} could not be installed"


@pytest.fixture(scope="session")
def ray_packages(environments: Environments) -> Path:
    """A folder for the search path; where it cannot be had its tests are skipped, and the summary says so."""
    try:
        return environments.packages(RAY)
    except RuntimeError as error:
        pytest.skip(f"{NO_RAY}: {error}")
