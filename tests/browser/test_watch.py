"""A video that stops at its questions, and questions without a video (Glow 6.5), in Chromium on a real server."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import end, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Demo, Open, Visit
from tests.harness.site import until

pytestmark = pytest.mark.browser

FIRST, SECOND = 17, 31  # seconds, as in content/teaching-practice/video.yaml
RIGHT_FIRST = "She was given the answer and has nothing left to think about."
WRONG_FIRST = "She has understood the base case and is content."
RIGHT_SECOND = (
    "He said that he had been too quick.",
    "He asked about what her program does, step by step.",
)


@pytest.mark.case(83)
def test_a_video_stops_at_its_questions_and_goes_on_behind_them(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    start(page, "Tutor assessment")
    ready(page)
    expect(page.get_by_text("0 of 3 questions answered")).to_be_visible()
    becomes(page, "document.querySelector('video').textTracks[0]?.cues?.length > 0")

    seek(page, 40)
    question(page, "Maya says").wait_for()
    assert at(page) == pytest.approx(FIRST, abs=0.2)
    assert page.evaluate("document.activeElement.tagName") == "H3"
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.get_by_role("alert")).to_have_text("Choose an answer.")
    assert "right answer" not in page.locator(".question").inner_text()
    page.get_by_label(WRONG_FIRST).check()
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.locator(".question .tag")).to_have_text("Not quite")
    expect(option(page, RIGHT_FIRST)).to_contain_text("right answer")

    page.get_by_role("button", name="Answer again").click()
    page.get_by_label(RIGHT_FIRST).check()
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.locator(".question .tag")).to_have_text("Right")
    expect(page.get_by_text("is the one that counts")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    becomes(page, f"document.querySelector('video').currentTime > {FIRST + 0.3}")

    seek(page, 43)
    question(page, "What did Owen do differently").wait_for()
    assert at(page) == pytest.approx(SECOND, abs=0.2)
    for words in RIGHT_SECOND:
        page.get_by_label(words).check()
    page.get_by_role("button", name="Answer", exact=True).click()
    expect(page.locator(".question .tag")).to_have_text("Right")

    page.reload()
    ready(page)
    expect(page.get_by_text("2 of 3 questions answered")).to_be_visible()
    becomes(page, f"Math.abs(document.querySelector('video').currentTime - {SECOND}) < 0.2")
    tab.check_calm()


def test_playing_stops_by_itself_and_needs_no_mouse(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(NARROW))
    page = tab.page
    start(page, "Tutor assessment")
    ready(page)
    seek(page, FIRST - 1)
    page.evaluate("document.querySelector('video').play()")
    question(page, "Maya says").wait_for()
    assert page.evaluate("document.querySelector('video').paused")
    tab.check_fits()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label(RIGHT_FIRST)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".question .tag")).to_have_text("Right")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".question")).to_have_count(0)
    expect(page.locator("video")).to_be_focused()
    tab.check_calm()


def test_a_question_that_waits_goes_with_the_end(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(NARROW))
    page = tab.page
    start(page, "Tutor assessment")
    ready(page)
    seek(page, FIRST)
    question(page, "Maya says").wait_for()
    end(page)
    expect(page.get_by_role("button", name="Go to it")).to_be_visible()
    expect(page.get_by_role("button", name="Answer", exact=True)).to_have_count(0)
    expect(page.get_by_text("0 of 3 answered")).to_be_visible()
    tab.check_calm()


def test_questions_without_a_video_are_a_list(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    start(page, "Quiz practice")
    expect(page.get_by_role("heading", name="Questions")).to_be_visible()
    expect(page.get_by_label("Your message")).to_have_count(0)
    first = page.locator(".question").first
    first.get_by_label("Four").check()
    first.get_by_role("button", name="Answer", exact=True).click()
    expect(first.locator(".tag")).to_have_text("Right")
    second = page.locator(".question").nth(1)
    second.get_by_label("Cello").check()
    second.get_by_role("button", name="Answer", exact=True).click()
    expect(second.locator(".tag")).to_have_text("Not quite")
    end(page)
    expect(page.get_by_text("1 of 2 right at the first try")).to_be_visible()
    expect(page.get_by_role("button", name="Answer again")).to_have_count(0)
    tab.check_calm()


def test_staff_see_the_answers_and_are_not_stopped(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    start(page, "Quiz practice")
    first = page.locator(".question").first
    first.get_by_label("Six").check()
    first.get_by_role("button", name="Answer", exact=True).click()
    expect(first.locator(".tag")).to_have_text("Not quite")
    place = page.url.partition("#/")[2]

    watcher: Visit = sign_in(demo.url, demo, visit(WIDE), "instructor")
    watcher.page.goto(f"{demo.url}/#/{place}")
    expect(watcher.page.locator(".question").first.locator(".option", has_text="Six")).to_contain_text("chosen")
    expect(watcher.page.get_by_role("button", name="Answer", exact=True)).to_have_count(0)
    watcher.check_calm()


def becomes(page: Page, condition: str) -> None:
    """Playwright's own waiting needs `eval`, which the page's policy forbids."""
    until(lambda: page.evaluate(condition), every=0.1)


def ready(page: Page) -> None:
    """The video can be moved."""
    becomes(page, "document.querySelector('video')?.readyState >= 1")


def seek(page: Page, second: float) -> None:
    page.evaluate("(to) => { document.querySelector('video').currentTime = to; }", second)


def at(page: Page) -> float:
    return page.evaluate("document.querySelector('video').currentTime")


def question(page: Page, words: str):
    return page.locator(".question h3", has_text=words)


def option(page: Page, words: str):
    return page.locator(".question .option", has_text=words)
