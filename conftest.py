"""What tests anywhere in the repository can ask for: real environments with real installs, and a user to run things."""

from __future__ import annotations

import compileall
import gc
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "tests"))  # for the import below, and for tests that import from `support`

from support import soak  # noqa: E402
from support.browser import NO_BROWSER, browser, module_browser  # noqa: E402, F401
from support.collector import hide_objects  # noqa: E402
from support.environments import Environments, User  # noqa: E402
from support.marks import Guard, mark_by_file  # noqa: E402
from support.ray_packages import NO_RAY, ray_packages  # noqa: E402, F401
from support.soak import chance  # noqa: E402, F401

# A law holds or does not; how long an example takes says how busy the machine is.
SPEED = [HealthCheck.too_slow, HealthCheck.data_too_large]
settings.register_profile("sample", max_examples=25, deadline=None, suppress_health_check=SPEED)
settings.register_profile("soak", settings.get_profile("sample"), max_examples=2_000)

# A shell starts what runs in its background with Ctrl-C ignored, and what tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    soak.add_options(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    soak.configure(config)
    settings.load_profile(soak.sized("sample", "soak"))
    config.pluginmanager.register(Guard())
    if not hasattr(config, "workerinput"):
        compile_sources()


def compile_sources():
    """Compile what has changed, once for the thousand processes that tests start: most of them keep no byte code."""
    for folder in (*ROOT.glob("packages/*/src"), *ROOT.glob("examples/*/src"), ROOT / "tests" / "support"):
        compileall.compile_dir(folder, quiet=2)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """Give a worker of xdist the seed: it is started with the arguments of this process, not with its options."""
    node.workerinput["seed"] = soak.seed()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    mark_by_file(items)
    soak.draw(config, items)
    soak.deselect_short(config, items)


def pytest_collection_finish():
    hide_objects()
    # The test runner's half a million objects: hundreds of tests collect what earlier ones have left.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def environments(tmp_path_factory):
    """Return what makes environments; everything that is costly is made once, whatever the number of workers."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if own.name.startswith("popen-") else own
    return Environments(ROOT, shared / "environments")


@pytest.fixture
def user(tmp_path):
    """Return a user with an empty home."""
    return User(tmp_path / "home")


def pytest_terminal_summary(terminalreporter):
    """Say with which seed samples were drawn, and, loudly, what was not tested for lack of a browser or of Ray."""
    for what, reason in (("pages", NO_BROWSER), ("plugins on Ray", NO_RAY)):
        skipped = [report for report in terminalreporter.stats.get("skipped", ()) if reason in str(report.longrepr)]
        if skipped:
            terminalreporter.write_line(f"NOT TESTED: {len(skipped)} tests of {what}: {reason}", red=True, bold=True)
    number = soak.seed()
    terminalreporter.write_line(f"samples were drawn with seed {number}; again: make test PYTEST_ARGS=--seed={number}")
