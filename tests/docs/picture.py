"""Take the pictures of the README and the guides again: `.venv/bin/python -m tests.docs.picture`. Needs Chromium."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.docs.demo import running_demo
from tests.docs.pages import ROOT

FOLDER = ROOT / "docs" / "images"
SAID = (
    "I am glad that you came, Maya. What have you tried so far?",
    "That sounds frustrating, and it is good that you tried it. What do you think happens when n gets smaller?",
)
FIRST_STOP = 17  # seconds, as in content/teaching-practice/video.yaml
TESTED_MS = 120_000
SETTLED_MS = 2_000  # until the browser's own sign of seeking is gone


def practise(page: Page) -> None:
    """Two answers of Maya, and the ideas for what to say next."""
    card = page.get_by_role("region", name="Practice").get_by_role("listitem").first
    card.get_by_role("button", name="Start").click()
    for number, text in enumerate(SAID, 1):
        page.get_by_label("Your message").fill(text)
        page.get_by_label("Your message").press("Enter")
        expect(page.locator(".message.other")).to_have_count(number)
        expect(page.get_by_text("Ideas for what to say next")).to_be_visible()
    page.evaluate("document.documentElement.style.zoom = 0.86; scrollTo(0, 0)")


def watch(page: Page) -> None:
    """A video that has stopped at its first question, and an answer chosen."""
    card = page.get_by_role("region", name="Assigned to you").get_by_role("listitem").first
    card.get_by_role("button", name="Start").click()
    video = page.locator("video")
    video.evaluate("(video) => video.readyState || new Promise((done) => { video.onloadedmetadata = done; })")
    video.evaluate(f"(video) => {{ video.currentTime = {FIRST_STOP + 1}; }}")
    page.locator(".question label").nth(1).click()
    page.evaluate("document.documentElement.style.zoom = 0.76; document.activeElement.blur(); scrollTo(0, 0)")
    page.mouse.move(1, 1)
    page.wait_for_timeout(SETTLED_MS)


def verdict(page: Page) -> None:
    """The sample benchmark has been run, and its verdict stands there."""
    page.goto(f"{page.url.partition('#')[0]}#/benchmarks")
    page.get_by_role("listitem").filter(has_text="Supportive").get_by_role("link", name="Start a test").click()
    page.get_by_role("button", name="Show the estimate").click()
    page.get_by_role("button", name="Start the test").click()
    expect(page.get_by_role("heading", name="Verdict", exact=True)).to_be_visible(timeout=TESTED_MS)
    page.evaluate("document.documentElement.style.zoom = 0.7; document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(SETTLED_MS)


def library(page: Page) -> None:
    """A persona that the assistant has drafted, before anything of it is accepted."""
    page.goto(f"{page.url.partition('#')[0]}#/library")
    page.get_by_role("button", name="New", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Persona").first.click()
    page.get_by_label("What should this persona be about?").fill("A student who has lost the laboratory notebook")
    page.get_by_role("button", name="Write a draft").click()
    expect(page.get_by_text("The assistant has finished.")).to_be_visible(timeout=TESTED_MS)
    expect(page.get_by_text("No faults found.")).to_be_visible(timeout=TESTED_MS)
    page.evaluate("document.documentElement.style.zoom = 0.75; document.activeElement.blur(); scrollTo(0, 0)")
    page.wait_for_timeout(SETTLED_MS)


PICTURES = (
    ("practice", "learner", practise),
    ("watch", "learner", watch),
    ("tests", "instructor", verdict),
    ("library", "instructor", library),
)


def take() -> None:
    """All in the page of a new demo, 1280 by 800."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_demo(Path(folder) / "demo") as demo,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, who, act in PICTURES:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"{demo.url}/#token={demo.token(who)}")
            act(page)
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    take()
