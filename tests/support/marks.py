"""Which tests are slow, and which are long runs: the names of files say most of it, and a guard holds it."""

from __future__ import annotations

import sys

import pytest

STARTS_A_PROCESS = frozenset(
    {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.system", "os.exec", "pty.spawn"}
)
"""The audit events of Python that tell of a new process."""


_MADE_FOR_EACH_WORKER = {"bundled", "dask_run", "module_browser", "ray_run", "workshop"}
"""Fixtures that take long to make; the tests that use one go to one worker of xdist."""

MANY_SITUATIONS = frozenset(
    f"test_{name}_processes"
    for name in (
        *("boundaries", "early_imports", "effects", "extension_modules", "forks", "influences", "loaded_modules"),
        *("odd_plugins", "original_functions"),
    )
)
"""Files that try many situations of a few kinds, each in several processes: `make test` draws some of them."""

MANY_PARAMETERS = frozenset(
    {
        *("test_bad_plugins", "test_bad_surroundings", "test_bisection_processes", "test_command_lines_processes"),
        *("test_doctor_processes", "test_failed_import_processes", "test_git", "test_holding_packages_processes"),
        *(
            "test_install",
            "test_isolating_processes",
            "test_process_processes",
            "test_judging_processes",
            "test_laws_processes",
        ),
    }
)
"""Files in which the tests with parameters are such situations; each other one is a kind of its own, and always run."""


def mark_by_file(items: list[pytest.Item]) -> None:
    """Mark tests by the name of their file: those of `_processes` and `_browser` are slow, a law can be a long run.

    Keep tests together that share what takes long to make.
    """
    for item in items:
        words = item.path.stem.split("_")
        if not {"processes", "browser"}.isdisjoint(words):
            item.add_marker("slow")
        is_situation = item.path.stem in MANY_SITUATIONS or (
            item.path.stem in MANY_PARAMETERS and hasattr(item, "callspec")
        )
        if is_situation:
            item.add_marker("sampled")
        if "law" in words or is_situation:
            item.add_marker("soak")
        for fixture in _MADE_FOR_EACH_WORKER & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(fixture))


class Guard:
    """Fails a test that starts a process and is not marked `slow`."""

    def __init__(self) -> None:
        self._is_on = False
        self._started: list[str] = []
        sys.addaudithook(self._notice)

    def _notice(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._is_on and event in STARTS_A_PROCESS:
            self._started.append(f"{event} {arguments[0] if arguments else ''}".strip())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item):
        self._is_on = item.get_closest_marker("slow") is None
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item):
        result = yield
        self._is_on = False
        started, self._started = self._started, []
        if started:
            pytest.fail(f"this test is not marked `slow`, and starts: {', '.join(started)}", pytrace=False)
        return result
