"""Cases are dealt out in small hands, so that both cores have something to do."""

from __future__ import annotations

import pytest
from support.soak import sized

from .comparison import Comparison

HAND = 10
PLUGINS = ("utt-balance==0.1.1", "utt-project-summary==0.1.0")


def pytest_generate_tests(metafunc):
    if "hand" in metafunc.fixturenames:
        cases = sized(20, 1_000)
        hands = [range(start, min(start + HAND, cases)) for start in range(0, cases, HAND)]
        metafunc.parametrize("hand", hands, ids=[f"{hand.start}-{hand.stop - 1}" for hand in hands])


@pytest.fixture
def comparison(environments, tmp_path):
    oracle = environments.shared_environment("utt==1.32")
    return Comparison(oracle, environments.shared_environment("packages/utt"), tmp_path)


@pytest.fixture
def comparison_with_plugins(environments, tmp_path):
    oracle = environments.shared_environment("utt==1.32", *PLUGINS)
    return Comparison(oracle, environments.shared_environment("packages/utt", *PLUGINS), tmp_path)
