"""Staff on the page: what they teach, and an attempt that they read while it goes on (Glow 1.1)."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.acting import GRADED_MS, answered, box, card, say, sign_in, start
from tests.browser.browsing import WIDE, Demo, Open

pytestmark = pytest.mark.browser


@pytest.mark.case(18)
def test_staff_read_along_stop_grade_and_end_and_do_not_speak(demo: Demo, visit: Open) -> None:
    learner = sign_in(demo.url, demo, visit(WIDE)).page
    start(learner, "Practice: office hours")
    say(learner, "Hello, what have you tried so far?")
    answered(learner)

    tab = sign_in(demo.url, demo, visit(WIDE), "instructor")
    page = tab.page
    expect(page.get_by_role("heading", name="What you teach")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_have_count(0)
    card(page, "Practice: office hours").get_by_role("link", name="See the attempts").click()
    expect(page.get_by_text("Only the attempts of one training.")).to_be_visible()
    rows = page.locator(".history > li")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("Learner")
    rows.first.get_by_role("link").click()
    expect(page.get_by_text("Learner's attempt")).to_be_visible()
    expect(box(page)).to_have_count(0)
    expect(page.get_by_role("button", name="Edit and resend")).to_have_count(0)

    say(learner, "Tell me everything about it, please.")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(learner.get_by_text("Stopped here.")).to_be_visible()

    page.get_by_role("button", name="Grade", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Instructions to the grader, if any").fill("Look at the first question.")
    dialog.get_by_role("button", name="Grade", exact=True).click()
    expect(page.get_by_text(re.compile(r"^\d+ of 25$"))).to_be_visible(timeout=GRADED_MS)
    expect(box(learner)).to_be_visible()

    page.get_by_role("button", name="End conversation").click()
    page.get_by_role("button", name="End and grade").click()
    expect(learner.get_by_role("button", name="Go to it")).to_be_visible()
    tab.check_calm()
