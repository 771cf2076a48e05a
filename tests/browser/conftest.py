"""A browser for the page's tests, and a way to the server that can be cut."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, ViewportSize, sync_playwright

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from tests.browser.browsing import Cable, Demo, Open, Visit, launch, tab_in
from tests.browser.speaking import Microphones
from tests.conftest import make_site
from tests.harness.site import PASSWORD

PACK = Path(__file__).parent / "pack"
PIECES_PER_SECOND = 15  # slow enough to stop an answer in the middle


@pytest.fixture(scope="module")
def pace() -> float:
    """Pieces that the scripted model says in a second; a module that stops nothing in the middle names more."""
    return PIECES_PER_SECOND


# Not longer than a module: while Playwright's own loop runs in this thread, no asynchronous test can.
@pytest.fixture(scope="module")
def driver() -> Iterator[Playwright]:
    """What starts browsers."""
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def chromium(driver: Playwright) -> Iterator[Browser]:
    """The system's Chromium, or the one Playwright brought."""
    browser = launch(driver)
    yield browser
    browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Opens a tab of a given size; all are closed afterwards."""
    contexts: list[BrowserContext] = []

    def open_tab(size: ViewportSize) -> Visit:
        tab = tab_in(chromium, size)
        contexts.append(tab.context)
        return tab

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture
def microphones(driver: Playwright) -> Iterator[Microphones]:
    """Browsers with microphones, for one test."""
    made = Microphones(driver)
    yield made
    made.close()


@pytest.fixture(scope="module")
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, pace: float) -> Iterator[Demo]:
    """A server of its own on SQLite, whose scripted personas speak at that pace."""
    site = make_site("sqlite", tmp_path_factory.mktemp("page"), request)
    bundle = load_bundle(PACK)
    site.write(lambda tx: publish(tx, bundle))
    server = site.start(scripted_pieces_per_second=pace)
    yield Demo(url=server.url, tokens=site.tokens, password=PASSWORD)
    site.close()


@pytest.fixture
def cable(demo: Demo) -> Iterator[Cable]:
    """A way to the demo server that a test may cut."""
    host, port = demo.url.removeprefix("http://").rstrip("/").split(":")
    relay = Cable(host, int(port))
    yield relay
    relay.close()
