"""Take the picture of the README again: `.venv/bin/python -m tests.docs.picture`. Needs Chromium."""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.docs.demo import running_demo
from tests.docs.pages import ROOT

FILE = ROOT / "docs" / "images" / "practice.png"
SAID = (
    "I am glad that you came, Maya. What have you tried so far?",
    "That sounds frustrating, and it is good that you tried it. What do you think happens when n gets smaller?",
)


def practise(page: Page, link: str) -> None:
    """Two answers of Maya, and the ideas for what to say next."""
    page.goto(link)
    card = page.get_by_role("region", name="Practice").get_by_role("listitem").first
    card.get_by_role("button", name="Start").click()
    for number, text in enumerate(SAID, 1):
        page.get_by_label("Your message").fill(text)
        page.get_by_label("Your message").press("Enter")
        expect(page.locator(".message.other")).to_have_count(number)
        expect(page.get_by_text("Ideas for what to say next")).to_be_visible()
    page.evaluate("document.documentElement.style.zoom = 0.86; scrollTo(0, 0)")


def take(file: Path) -> None:
    """A practice in the page of a new demo, 1280 by 800."""
    with tempfile.TemporaryDirectory() as folder, running_demo(Path(folder)) as demo, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        practise(page, f"{demo.url}/#token={demo.token('learner')}")
        page.screenshot(path=file)
        browser.close()


if __name__ == "__main__":
    take(FILE)
