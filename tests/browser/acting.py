"""What a person does on the page, step by step; each step waits until the page shows that it is done."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.browsing import Demo, Visit

GRADED_MS = 60_000
ANSWERED_MS = 60_000


def sign_in(url: str, demo: Demo, tab: Visit, who: str = "learner") -> Visit:
    """By the link that the demo prints."""
    tab.page.goto(f"{url.rstrip('/')}/#token={demo.tokens[who]}")
    expect(practice_card(tab.page)).to_be_visible()
    return tab


def go(page: Page, place: str) -> None:
    """To another place of the page, by its address."""
    page.goto(f"{page.url.partition('#')[0]}#/{place}")


def card(page: Page, name: str) -> Locator:
    """A card by its name."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("heading", name=name, exact=True))


def start(page: Page, name: str) -> None:
    """Begin a training by the name on its card."""
    card(page, name).get_by_role("button", name="Start").click()
    expect(page.locator(".attempt h1")).to_be_visible()


def end(page: Page) -> None:
    """End the open conversation, with its grade if there is one to make."""
    page.get_by_role("button", name=re.compile("^End (conversation|scenario)$")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^End( and grade)?$")).click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def practice_card(page: Page) -> Locator:
    return page.get_by_role("region", name="Practice").get_by_role("listitem").first


def start_practice(page: Page) -> None:
    practice_card(page).get_by_role("button", name="Start").click()
    expect(box(page)).to_be_visible()


def box(page: Page) -> Locator:
    return page.get_by_label("Your message")


def answers(page: Page) -> Locator:
    return page.locator(".message.other")


def say(page: Page, words: str) -> None:
    box(page).fill(words)
    box(page).press("Enter")
    expect(page.locator(".message.own .prose").get_by_text(words)).to_be_visible()


def answered(page: Page) -> None:
    """The newest answer has ended: nothing waits, nothing runs, and it is there."""
    expect(page.locator(".message.waiting")).to_have_count(0, timeout=ANSWERED_MS)
    expect(page.locator(".message").last).to_have_class(re.compile("other"), timeout=ANSWERED_MS)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible(timeout=ANSWERED_MS)


def graded(page: Page) -> None:
    """There is a grade, and the name of each level can be read to its end."""
    expect(page.get_by_text(re.compile(r"of \d+ points"))).to_be_visible(timeout=GRADED_MS)
    cut = "[...document.querySelectorAll('p.level')].some((each) => each.scrollHeight > each.clientHeight + 1)"
    assert not page.evaluate(cut)
