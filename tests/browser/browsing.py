"""What the page's tests see and do: a tab that collects complaints, and a cable that can be pulled out."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright, ViewportSize, expect

WIDE = ViewportSize(width=1280, height=860)
NARROW = ViewportSize(width=375, height=740)
GUARD_MS = 60_000  # against hanging; it costs nothing
WATCH_POLICY = """
addEventListener("securitypolicyviolation", (event) => console.error("policy: " + event.violatedDirective));
"""


expect.set_options(timeout=GUARD_MS)


@dataclass(frozen=True, kw_only=True)
class Demo:
    """A running server with the sample pack: its address, a token for each account, and the password of all."""

    url: str
    tokens: Mapping[str, str]
    password: str


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One open tab. `complaints` are what the browser or the page reported: errors, and violations of the policy."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list[str])

    def check_calm(self, *refused: int) -> None:
        """No script failed, and nothing was refused by the content security policy. The browser notes answers with an
        error of their own; those with a status in `refused` are meant."""
        meant = tuple(f"status of {status} " for status in refused)
        assert [each for each in self.complaints if not any(status in each for status in meant)] == []

    def check_fits(self) -> None:
        """Nothing sticks out to the side."""
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


Open = Callable[[ViewportSize], Visit]


def launch(driver: Playwright, *arguments: str) -> Browser:
    """The system's Chromium, or the one Playwright brought."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None and not Path(driver.chromium.executable_path).exists():
        pytest.skip("no Chromium here: the page was NOT tested in a browser")
    return driver.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", *arguments])


def tab_in(browser: Browser, size: ViewportSize) -> Visit:
    """A tab that collects complaints, in a context of its own."""
    context = browser.new_context(viewport=size, reduced_motion="reduce", accept_downloads=True)
    context.add_init_script(WATCH_POLICY)
    page = context.new_page()
    page.set_default_timeout(GUARD_MS)
    seen = Visit(page=page, context=context)

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            seen.complaints.append(message.text)

    def on_failure(failure: Error) -> None:
        seen.complaints.append(str(failure))

    page.on("console", on_console)
    page.on("pageerror", on_failure)
    return seen


class Cable:
    """A TCP relay to the server. `cut` breaks every connection and refuses new ones until `mend`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._whole = True
        self._ends: list[asyncio.StreamWriter] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._relay, "127.0.0.1", 0), self._loop
        ).result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def cut(self) -> None:
        """As a tunnel does it: no goodbye."""
        self._whole = False
        self._loop.call_soon_threadsafe(self._break)

    def mend(self) -> None:
        """New connections go through again."""
        self._whole = True

    def close(self) -> None:
        """End the relay and its thread."""
        self.cut()
        asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _finish(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for other in others:
            other.cancel()
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 5)

    def _break(self) -> None:
        for end in self._ends:
            end.transport.abort()
        self._ends.clear()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._whole:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._target)
        self._ends += [writer, far_writer]
        await asyncio.gather(_pour(reader, far_writer), _pour(far_reader, writer))


async def _pour(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    try:
        while piece := await source.read(65_536):
            sink.write(piece)
            await sink.drain()
    except ConnectionError:
        return
    finally:
        sink.close()
