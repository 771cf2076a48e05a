"""What an author does in the library, step by step; each step waits until the page shows that it is done."""

import re
from collections.abc import Mapping

from playwright.sync_api import Locator, Page, expect

from tests.browser.acting import go
from tests.browser.browsing import Demo, Visit

INSTRUCTOR = "instructor"


def enter(url: str, demo: Demo, tab: Visit, who: str = INSTRUCTOR) -> Page:
    """Sign in by link, and to the library."""
    tab.page.goto(f"{url.rstrip('/')}/#token={demo.tokens[who]}")
    expect(tab.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Library")).to_be_visible()
    go(tab.page, "library")
    expect(tab.page.get_by_role("heading", name="Library", exact=True)).to_be_visible()
    return tab.page


def begin(page: Page, kind: str) -> str:
    """Something new of a kind, in its editor; the address of its draft."""
    go(page, "library")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{kind}")).click()
    expect(page.get_by_role("heading", level=1, name="Without a name")).to_be_visible()
    return page.url.partition("#/")[2]


def field(page: Page, label: str) -> Locator:
    """A text field by its label."""
    return page.get_by_role("textbox", name=label, exact=True)


def write(page: Page, fields: Mapping[str, str]) -> None:
    """Fill fields by their labels."""
    for label, words in fields.items():
        field(page, label).fill(words)


def saved(page: Page) -> None:
    """The server has everything that was typed."""
    expect(page.locator('.lib-saved[data-kind="passed"]')).to_be_visible()


def pick(page: Page, button: str, name: str) -> None:
    """Choose an artifact by its name, from what there is."""
    page.get_by_role("button", name=button, exact=True).click()
    page.locator(".lib-picker input").fill(name)
    page.locator(".lib-picker").get_by_role("button", name=re.compile(f"^{re.escape(name)}")).click()
    expect(page.locator(".lib-picker")).to_have_count(0)


def add_text(page: Page, button: str, words: str) -> None:
    """Add one more to a list of texts, and write it into the field that has the focus then."""
    count = page.locator(".lib-items textarea").count()
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".lib-items textarea")).to_have_count(count + 1)
    expect(page.locator(".lib-items textarea:focus")).to_have_count(1)
    page.keyboard.type(words)
    saved(page)


def level(page: Page, criterion: str, at: int) -> Locator:
    """A level of a criterion, counted from the fewest points."""
    return page.get_by_role("list", name=f"Levels of {criterion}").get_by_role("listitem").nth(at)


def add_criterion(page: Page, number: int, name: str, levels: tuple[str, str, str]) -> None:
    """A criterion with what is seen or heard at each level."""
    page.get_by_role("button", name="Add a criterion").click()
    box = field(page, f"Criterion {number}")
    expect(box).to_be_focused()
    box.fill(name)
    for at, words in enumerate(levels):
        level(page, name, at).get_by_label("What is seen or heard").fill(words)
    saved(page)


def publish(page: Page) -> None:
    """Nothing stands in the way, and it is published."""
    saved(page)
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name="It is published")).to_be_visible()
