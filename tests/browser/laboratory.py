"""A laboratory for the page's tests, and what a member does on its page, step by step."""

import asyncio
import re
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from parlour.cli.demo_laboratory import sample_laboratory, stock
from parlour.settings import load_settings, sqlite_url
from tests.browser.browsing import Visit
from tests.harness.site import PASSWORD, Process, Site

ANSWERED_MS = 60_000
PAPERS = sample_laboratory() / "papers"
PAPER = next((PAPERS / "lin").glob("Contacts*.pdf"))


@contextmanager
def a_laboratory(folder: Path) -> Generator[Site]:
    """A store with the sample laboratory; its members have the password of all."""
    site = Site(folder, sqlite_url(folder)).seed()
    with ThreadPoolExecutor(1) as thread:  # Playwright's loop runs in this one
        thread.submit(asyncio.run, _stocked(site)).result(60)
    yield site
    site.close()


async def _stocked(site: Site) -> None:
    database = site.database()
    database.start()
    try:
        settings = load_settings(data=site.folder / "data", database_url=site.url)
        await stock(database, settings, PASSWORD, renew=False)
    finally:
        await database.stop()


def serve(site: Site, port: int = 0) -> Process:
    """A server on it that reaches for nothing outside."""
    return site.start(port=port, lab__arxiv__enabled="off")


def register(url: str, tab: Visit, name: str) -> Page:
    """As a new person would."""
    page = tab.page
    page.goto(url)
    page.get_by_role("button", name="New here? Register").click()
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_role("heading", name="Laboratory assistant")).to_be_visible()
    expect(box(page)).to_be_visible()
    return page


def enter(url: str, tab: Visit, name: str) -> Page:
    """By name and password, to the assistant."""
    page = tab.page
    page.goto(f"{url}/#/laboratory")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(box(page)).to_be_visible()
    return page


def box(page: Page) -> Locator:
    return page.get_by_label("Your message")


def say(page: Page, words: str) -> None:
    """Type and press Enter; it stands in the conversation."""
    box(page).fill(words)
    box(page).press("Enter")
    expect(page.locator(".message.own .prose").get_by_text(words, exact=True).last).to_be_visible()


def asked(page: Page, kind: str) -> Locator:
    """The open question, which is of this kind."""
    question = page.locator(f".message .asks[data-kind={kind}]")
    expect(question).to_be_visible(timeout=ANSWERED_MS)
    return question


def finals(page: Page) -> Locator:
    return page.locator(".message[data-kind=final]")


def answer_comes(page: Page, count: int, words: str | re.Pattern[str] | None = None) -> Locator:
    """The answer to the message number `count`, and rest after it."""
    expect(finals(page)).to_have_count(count, timeout=ANSWERED_MS)
    expect(page.get_by_role("status").get_by_text("Ready")).to_be_attached(timeout=ANSWERED_MS)
    if words is not None:
        expect(finals(page).last).to_contain_text(words)
    return finals(page).last


def to_part(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Laboratory").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_be_attached()


def propose_experiment(page: Page, name: str) -> Locator:
    """Ask for an experiment and fill in the forms; the assistant's request for a yes."""
    say(page, "create experiment")
    form = asked(page, "collect")
    form.get_by_label("Name", exact=True).first.fill(name)
    form.get_by_label("Description").fill("Nickel on few layers")
    form.get_by_role("button", name="Give these").click()
    asked(page, "verify").get_by_role("button", name="Confirm").click()
    question = asked(page, "authorize")
    expect(question.locator(".values")).to_contain_text(name)
    return question
