"""A learner uses the page of a real server, in Chromium, from signing in to reading the grade (issue 2)."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.acting import (
    ANSWERED_MS,
    answered,
    answers,
    box,
    graded,
    practice_card,
    say,
    sign_in,
    start_practice,
)
from tests.browser.browsing import NARROW, WIDE, Cable, Demo, Open, Visit

pytestmark = pytest.mark.browser

FILES_AT_FIRST_MAX = 50  # all other parts of the page are fetched when they are opened


def test_a_wrong_password_is_told_kindly_and_the_right_one_lasts_until_signing_out(demo: Demo, visit: Open) -> None:
    page = visit(NARROW).page
    page.goto(demo.url)
    page.get_by_label("Name").fill("learner")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    page.get_by_label("Password").fill(demo.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Choose a conversation")).to_be_visible()

    token = page.evaluate("JSON.parse(sessionStorage.getItem('parlour.session')).token")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Password")).to_be_visible()
    again = page.request.delete(f"{demo.url}/api/v1/sessions/current", headers={"Authorization": f"Bearer {token}"})
    assert again.status == 401


def test_a_pasted_token_signs_in_and_survives_a_reload(demo: Demo, cable: Cable, visit: Open) -> None:
    page = visit(WIDE).page
    page.goto(cable.url)
    page.get_by_role("button", name="Use an access token").click()
    page.get_by_label("Access token").fill(f"Bearer {demo.tokens['learner']}")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Choose a conversation")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Choose a conversation")).to_be_visible()
    assert page.evaluate("performance.getEntriesByType('resource').length") < FILES_AT_FIRST_MAX

    cable.cut()
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("alert")).to_contain_text("could not be fetched")
    cable.mend()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="History")).to_be_visible()


def test_a_link_signs_in_and_leaves_no_token_in_the_address(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    assert "token" not in page.url
    assert page.evaluate("history.length") <= 2


def test_what_was_begun_is_gone_on_with_from_its_card(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    start_practice(page)
    begun = page.url
    page.get_by_role("link", name="All conversations").click()
    practice_card(page).get_by_role("link", name="Continue").click()
    expect(box(page)).to_be_visible()
    assert page.url == begun
    expect(page).to_have_title(re.compile("· Parlour$"))
    tab.check_calm()


def test_a_learner_practises_from_card_to_grade(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    practise_to_the_grade(tab)
    tab.check_calm()


def test_the_same_on_a_phone(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(NARROW))
    practise_to_the_grade(tab)
    tab.check_calm()


def practise_to_the_grade(tab: Visit) -> None:
    """The whole way; every stage must fit the width of the screen."""
    page = tab.page
    tab.check_fits()
    start_practice(page)
    tab.check_fits()

    say(page, "Hello, what have you tried so far?")
    expect(answers(page).first.locator(".prose").first).not_to_be_empty(timeout=ANSWERED_MS)
    answered(page)
    expect(page.get_by_text("Ideas for what to say next")).to_be_visible()
    tab.check_fits()

    say(page, "Tell me everything about it, please.")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped here.")).to_be_visible()
    answered(page)

    page.get_by_role("button", name="Edit and resend").last.click()
    expect(box(page)).to_have_value("Tell me everything about it, please.")
    say(page, "Which part would you like to look at first?")
    expect(page.get_by_text("2/2")).to_be_visible()
    answered(page)
    page.get_by_role("button", name="Earlier version").click()
    expect(page.get_by_text("Tell me everything about it, please.")).to_be_visible()
    page.get_by_role("button", name="Later version").click()
    expect(page.get_by_text("Which part would you like to look at first?")).to_be_visible()
    tab.check_fits()

    page.get_by_role("button", name="End conversation").click()
    page.get_by_role("button", name="Not yet").click()
    page.get_by_role("button", name="End conversation").click()
    page.get_by_role("button", name="End and grade").click()
    check_grade(page)
    tab.check_fits()

    page.reload()
    check_grade(page)
    page.get_by_role("link", name="History").click()
    expect(page.locator(".history li").first).to_be_visible()
    tab.check_fits()


def test_a_learner_needs_no_mouse(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    press_on(page, practice_card(page).get_by_role("button", name="Start"))
    expect(box(page)).to_be_visible()
    reach(page, box(page))
    page.keyboard.type("Hello, what have you tried so far?")
    page.keyboard.press("Enter")
    answered(page)
    press_on(page, page.get_by_role("button", name="Edit and resend").first)
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("Hello, what have you tried so far?")
    page.keyboard.press("Escape")
    expect(box(page)).to_have_value("")
    press_on(page, page.get_by_role("button", name="End conversation"))
    press_on(page, page.get_by_role("button", name="End and grade"))
    graded(page)
    quote = page.locator("a.quote").first
    press_on(page, quote)
    expect(page.locator(".message.marked")).to_be_focused()
    press_on(page, page.get_by_role("link", name="Back to the grade"))
    expect(page.locator("#grade-title")).to_be_focused()
    tab.check_calm()


def test_words_of_the_learner_are_never_markup(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    start_practice(tab.page)
    say(tab.page, "<img src=x onerror=alert(1)><b>bold</b>")
    expect(tab.page.locator(".message.own .prose").first).to_have_text("<img src=x onerror=alert(1)><b>bold</b>")
    answered(tab.page)
    tab.check_calm()


def test_what_was_typed_in_a_tunnel_arrives_once(demo: Demo, cable: Cable, visit: Open) -> None:
    page = sign_in(cable.url, demo, visit(NARROW)).page
    start_practice(page)
    say(page, "Hello, what have you tried so far?")
    expect(answers(page).first).to_be_visible()
    cable.cut()
    expect(page.get_by_text("Reconnecting…")).to_be_visible()
    say(page, "Take your time.")
    expect(page.get_by_text("It is kept safe here.")).to_be_visible()
    cable.mend()
    expect(page.locator(".message.waiting")).to_have_count(0, timeout=ANSWERED_MS)
    answered(page)
    expect(page.locator(".message.own")).to_have_count(2)
    before = page.locator(".message .bubble").all_inner_texts()
    page.reload()
    expect(page.locator(".message .bubble")).to_have_count(len(before))
    assert page.locator(".message .bubble").all_inner_texts() == before


def check_grade(page: Page) -> None:
    """A score, every criterion with its level, and quotes that lead to the words they quote."""
    graded(page)
    expect(page.locator(".score .tag")).to_have_text(re.compile("Passed|Not passed yet"))
    expect(page.locator(".criterion")).to_have_count(5)
    quote = page.locator(".criterion a.quote").first
    words = quote.inner_text().strip("“”")
    quote.click()
    expect(page.locator(".message.own.marked")).to_be_in_viewport()
    expect(page.locator(".message.own.marked mark")).to_have_text(words)


def reach(page: Page, target: Locator) -> None:
    """Go there with the Tab key, as a person without a mouse does; the focus must be visible."""
    for _ in range(60):
        if target.evaluate("element => element === document.activeElement"):
            assert target.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key does not reach {target}")


def press_on(page: Page, target: Locator) -> None:
    expect(target).to_be_visible()
    reach(page, target)
    page.keyboard.press("Enter")
