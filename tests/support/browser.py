"""A real browser for the tests of pages: Chromium, Chrome or Edge, without a window, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

_NAMES = (  # the same as in tests/browser.sh
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
)
NO_BROWSER = "no Chromium, Chrome or Edge was found; 'make browser' says what to do"


@pytest.fixture(scope="module")
def module_browser() -> Iterator[Browser]:
    """A browser without a window; where there is none its tests are skipped, and the summary says so.

    It goes with its module: as long as it is there its driver has a loop of `asyncio` running in this thread, and tests
    of other modules want one of their own.
    """
    given = os.environ.get("PEGBOARD_TEST_BROWSER")
    path = given or next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(NO_BROWSER)
    from playwright.sync_api import sync_playwright  # here, so that all other tests do without it

    with sync_playwright() as playwright:
        # root may not use Chromium's sandbox; the pages opened here are our own
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        _free[browser] = [browser.new_context(offline=True).new_page()]
        yield browser
        del _free[browser]
        browser.close()


_free: dict[Browser, list[Page]] = {}
"""The page of each browser that no test uses at the moment: a new one costs four times as much as another address."""


@pytest.fixture
def browser(module_browser: Browser) -> Iterator[Browser]:
    """The browser of the module; after each test one blank page is left of all that it opened."""
    yield module_browser
    kept, *others = module_browser.contexts
    for context in others:
        context.close()
    (page,) = kept.pages
    page.mouse.move(0, 0)
    page.emulate_media(media="null")
    page.goto("about:blank")
    _free[module_browser] = [page]


def opened(browser: Browser, path: Path, *, width: int = 1400, height: int = 900, scheme: str = "light") -> Page:
    """Return the page at *path* as a user sees it: no network, a window of that size, light or dark.

    What the page logs as an error, or tries to load from elsewhere, fails the test.
    """
    page = _free[browser].pop() if _free[browser] else browser.new_context(offline=True).new_page()
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: complaints.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(path.as_uri())
    assert not complaints, "; ".join(complaints)
    return page
