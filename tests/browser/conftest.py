"""A browser for the page's tests, and a way to the server that can be cut."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, ViewportSize, sync_playwright

from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from tests.browser.browsing import WATCH_POLICY, Cable, Demo, Open, Visit
from tests.harness.site import PASSWORD, Site

PACK = Path(__file__).parent / "pack"
PIECES_PER_SECOND = 15  # slow enough to stop an answer in the middle


# Not longer than a module: while Playwright's own loop runs in this thread, no asynchronous test can.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium, or the one Playwright brought."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if path is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("no Chromium here: the page was NOT tested in a browser")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Open]:
    """Opens a tab of a given size; all are closed afterwards."""
    contexts: list[BrowserContext] = []

    def open_tab(size: ViewportSize) -> Visit:
        context = chromium.new_context(viewport=size, reduced_motion="reduce", accept_downloads=True)
        contexts.append(context)
        context.add_init_script(WATCH_POLICY)
        page = context.new_page()
        page.set_default_timeout(15_000)
        seen = Visit(page=page, context=context)

        def on_console(message: ConsoleMessage) -> None:
            if message.type == "error":
                seen.complaints.append(message.text)

        def on_failure(failure: Error) -> None:
            seen.complaints.append(str(failure))

        page.on("console", on_console)
        page.on("pageerror", on_failure)
        return seen

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A server of its own on SQLite, whose scripted personas speak at a human pace."""
    folder = tmp_path_factory.mktemp("page")
    site = Site(folder, f"sqlite:///{folder / 'parlour.sqlite3'}").seed()
    bundle = load_bundle(PACK)
    site.write(lambda tx: publish(tx, bundle))
    server = site.start(scripted_pieces_per_second=PIECES_PER_SECOND)
    yield Demo(url=server.url, tokens=site.tokens, password=PASSWORD)
    site.close()


@pytest.fixture
def cable(demo: Demo) -> Iterator[Cable]:
    """A way to the demo server that a test may cut."""
    host, port = demo.url.removeprefix("http://").rstrip("/").split(":")
    relay = Cable(host, int(port))
    yield relay
    relay.close()
