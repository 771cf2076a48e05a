"""One conversation with several people and branches, seen by several people, graded more than once (issue 3)."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import GRADED_MS, answered, box, end, graded, say, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Demo, Open

pytestmark = pytest.mark.browser


@pytest.mark.case(60)
def test_several_personas_speak_in_one_reply(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    start(page, "Panel practice")
    expect(page.get_by_role("heading", name="With Ida Lind and Bo Tan")).to_be_visible()
    say(page, "Ida, what is the plan? Bo, what do you think?")
    answered(page)
    reply = page.locator(".message.other").last
    expect(reply.locator(".speaker")).to_have_text([re.compile("Ida Lind"), re.compile("Bo Tan")])
    expect(reply.locator(".prose")).to_have_text(
        ["I have a plan for the concert, and it works.", "I would rather hear what it costs."]
    )
    before = reply.inner_text()
    page.reload()
    expect(page.locator(".message.other").last.locator(".prose")).to_have_count(2)
    assert page.locator(".message.other").last.inner_text() == before
    tab.check_calm()


def test_branches_are_named_graded_and_compared(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    fork(page)
    page.locator(".branches > summary").click()
    expect(page.locator(".branch")).to_have_count(2)
    page.get_by_role("button", name="Name it Branch 1").click()
    expect(page.get_by_label("Name of branch 1")).to_be_focused()
    page.keyboard.type("Too quick")
    page.keyboard.press("Enter")
    expect(page.locator(".branch-name").first).to_contain_text("Too quick")

    page.get_by_role("button", name="Show Too quick").click()
    expect(page.locator(".messages").get_by_text("Ida, hurry up.")).to_be_visible()
    page.get_by_role("button", name="Grade Too quick").click()
    page.get_by_role("dialog").get_by_role("button", name="Grade", exact=True).click()
    expect(page.locator(".branch").first.get_by_text(re.compile(r"\d of 4"))).to_be_visible(timeout=GRADED_MS)
    expect(page.locator("section.grade")).to_have_count(0)

    for at in range(2):
        page.locator(".pick input").nth(at).check()
    page.get_by_role("button", name="Compare the two").click()
    columns = page.get_by_role("dialog").locator(".column")
    expect(columns).to_have_count(2)
    expect(columns.first).to_contain_text("Ida, hurry up.")
    expect(columns.last).to_contain_text("Ida, what would you do first?")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Compare the two")).to_be_focused()

    page.reload()
    page.locator(".branches > summary").click()
    expect(page.locator(".branch-name").first).to_contain_text("Too quick")
    tab.check_calm()


def test_branches_fit_a_phone(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(NARROW))
    fork(tab.page)
    tab.page.locator(".branches > summary").click()
    for at in range(2):
        tab.page.locator(".pick input").nth(at).check()
    tab.check_fits()
    tab.page.get_by_role("button", name="Compare the two").click()
    expect(tab.page.get_by_role("dialog").locator(".column")).to_have_count(2)
    tab.check_fits()


@pytest.mark.case(75)
def test_a_grade_is_asked_for_again_and_both_are_kept(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    start(page, "Panel practice")
    say(page, "Ida, what would you like to do first?")
    answered(page)
    end(page)
    graded(page)
    page.get_by_role("button", name="Ask again").click()
    dialog = page.get_by_role("dialog")
    for words in ("What went well", "Words that show it"):
        dialog.get_by_label(words).uncheck()
    dialog.get_by_role("button", name="Grade", exact=True).click()
    expect(dialog).to_have_count(0)
    page.get_by_text("All 2 grades").click(timeout=GRADED_MS)
    rows = page.locator(".grade-list li")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("±0")
    rows.first.get_by_role("button", name="Read").click()
    expect(dialog.get_by_role("row", name=re.compile("^In all"))).to_be_visible()
    tab.check_calm()


def test_everybody_sees_who_is_here(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    start(page, "Panel practice")
    say(page, "Ida, what is the plan?")
    answered(page)
    place = page.url.partition("#/")[2]

    second = sign_in(demo.url, demo, visit(NARROW))
    second.page.goto(f"{demo.url}/#/{place}")
    expect(page.get_by_text("You are here on 2 devices")).to_be_visible()
    staff = sign_in(demo.url, demo, visit(WIDE), "instructor")
    staff.page.goto(f"{demo.url}/#/{place}")
    expect(page.get_by_text("Instructor is watching")).to_be_visible()
    expect(staff.page.get_by_text("Learner is here")).to_be_visible()

    expect(box(staff.page)).to_have_count(0)
    say(page, "Ida, and what then?")
    expect(staff.page.get_by_text("Ida, and what then?")).to_be_visible()
    answered(page)
    second.context.close()
    expect(page.get_by_text("You are here on 2 devices")).to_have_count(0)
    end(staff.page)
    graded(staff.page)
    graded(page)
    staff.check_calm()


def test_what_an_attempt_used_is_told(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    start(page, "Panel practice")
    say(page, "Ida, what is the plan?")
    answered(page)
    end(page)
    graded(page)
    page.get_by_text("What this used").click()
    expect(page.get_by_role("rowheader", name="Answers")).to_be_visible()
    expect(page.get_by_role("rowheader", name="In all")).to_be_visible()


def fork(page: Page) -> None:
    """One question, asked in two ways."""
    start(page, "Panel practice")
    say(page, "Ida, hurry up.")
    answered(page)
    page.get_by_role("button", name="Edit and resend").last.click()
    say(page, "Ida, what would you do first?")
    expect(page.get_by_text("2/2")).to_be_visible()
    answered(page)
