"""Long runs: `make soak` does all of them, `make test` a sample of each, chosen by a seed that is printed."""

from __future__ import annotations

import random
from typing import TypeVar

import pytest

T = TypeVar("T")
_chosen = {"soak": False, "seed": 0}


def add_options(parser: pytest.Parser) -> None:
    """Add `--soak` and `--seed`."""
    group = parser.getgroup("soak", "long runs, and samples of them (tests/support/soak.py)")
    group.addoption("--soak", action="store_true", help="do the long runs whole, and nothing else")
    group.addoption("--seed", type=int, help="what chooses the samples, as an earlier run has printed it")


def configure(config: pytest.Config) -> None:
    """Read the options. The workers of xdist are given the seed that was chosen for all of them."""
    if config.option.seed is None:
        chosen = getattr(config, "workerinput", {}).get("seed")
        config.option.seed = random.SystemRandom().randrange(10**6) if chosen is None else chosen
    if config.option.hypothesis_seed is None:
        config.option.hypothesis_seed = str(config.option.seed)
    _chosen.update(soak=config.option.soak, seed=config.option.seed)


def sized(sample: T, soak: T) -> T:
    """Return the size of a run: *sample* in `make test`, *soak* in `make soak`."""
    return soak if _chosen["soak"] else sample


def seed() -> int:
    """Return the seed of this session."""
    return _chosen["seed"]


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Return the source of what a long run draws: it depends on the seed and the test's name."""
    return random.Random(f"{seed()} {request.node.name}")


def draw(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave a quarter of the tests that are marked `sampled`, by the seed, unless long runs are done or one is named."""
    if config.option.soak or any("::" in argument or argument.endswith(".py") for argument in config.args):
        return
    drawn = [
        item
        for item in items
        if item.get_closest_marker("sampled") is None or random.Random(f"{seed()} {item.nodeid}").random() < 1 / 4
    ]
    kept = set(drawn)
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = drawn


def deselect_short(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave only tests that are marked `soak`, if that is what was asked for."""
    if config.option.soak:
        short = [item for item in items if item.get_closest_marker("soak") is None]
        items[:] = [item for item in items if item.get_closest_marker("soak") is not None]
        config.hook.pytest_deselected(items=short)
