"""Between scenarios: earlier results, shaping the next one, waiting for it; clocks (Glow 6.1, 6.6, 6.7)."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.acting import answered, end, go, graded, say, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Demo, Open

pytestmark = pytest.mark.browser

MADE_MS = 60_000


@pytest.mark.case(84)
def test_an_earlier_result_is_used_in_the_place_of_a_conversation(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    start(page, "First panel")
    say(page, "Ida, what would you like to do first?")
    answered(page)
    end(page)
    graded(page)

    go(page, "")
    start(page, "Second panel")
    expect(page.get_by_role("heading", name="Next: Two minds")).to_be_visible()
    offered = page.locator(".reuse-option")
    expect(offered).to_have_count(1)
    expect(offered).to_contain_text("Two minds")
    offered.get_by_role("button", name="Use this result").click()
    expect(page.get_by_text("From an earlier attempt")).to_be_visible()
    expect(page.get_by_text("Ida, what would you like to do first?").first).to_be_visible()
    expect(page.get_by_role("heading", name="Next: One to one")).to_be_visible()
    page.reload()
    expect(page.get_by_text("From an earlier attempt")).to_be_visible()
    page.get_by_role("button", name="Start this scenario").click()
    expect(page.get_by_role("heading", name="With Ida Lind")).to_be_visible()
    expect(page.locator(".tabs button").first).to_contain_text("from earlier")
    tab.check_calm()


def test_a_scenario_is_shaped_before_it_begins(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(NARROW))
    page = tab.page
    start(page, "Second panel")
    page.get_by_role("button", name="Change it first").click()
    page.get_by_role("checkbox", name=re.compile("Bo Tan")).uncheck()
    page.get_by_label("The situation").fill("The hall is gone, and the concert is tonight.")
    tab.check_fits()
    page.get_by_role("button", name="Start it like this").click()
    expect(page.get_by_role("heading", name="With Ida Lind", exact=True)).to_be_visible()
    page.get_by_role("heading", name="Two minds").click()
    expect(page.get_by_text("The hall is gone, and the concert is tonight.")).to_be_visible()
    tab.check_calm()


def test_somebody_must_be_there(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    start(page, "Second panel")
    page.get_by_role("button", name="Change it first").click()
    for name in ("Ida Lind", "Bo Tan"):
        page.get_by_role("checkbox", name=re.compile(name)).uncheck()
    page.get_by_role("button", name="Start it like this").click()
    expect(page.get_by_role("alert")).to_contain_text("at least one person")


def test_a_scenario_that_is_made_anew_is_waited_for(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    start(page, "Made for you")
    page.get_by_role("button", name="Start this scenario").click()
    expect(page.get_by_role("heading", name="With Ida Lind")).to_be_visible(timeout=MADE_MS)
    expect(page.get_by_role("heading", name="The situation")).to_be_visible()
    tab.check_calm()


@pytest.mark.case(69)
def test_overtime_is_shown_where_it_is_allowed(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    start(page, "Overtime")
    expect(page.get_by_role("timer")).to_have_text(re.compile("−0:0[1-9] over time"))
    say(page, "Still here.")
    page.reload()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"−0:\d\d over time"))


@pytest.mark.case(68)
def test_the_end_of_the_time_is_told(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    start(page, "Three seconds")
    expect(page.get_by_role("timer").first).to_have_text(re.compile(r"0:0\d left"))
    expect(page.get_by_role("alert")).to_contain_text("The time is up.")
    expect(page.get_by_label("Your message")).to_have_count(0)
    page.reload()
    expect(page.locator(".talk-bar")).to_contain_text("Time is up.")
    expect(page.get_by_role("timer")).to_have_count(0)


@pytest.mark.case(71)
def test_practice_goes_round_until_it_is_finished(demo: Demo, visit: Open) -> None:
    page = sign_in(demo.url, demo, visit(WIDE)).page
    place = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Panel practice", exact=True))
    place.get_by_label("Go round again until I stop").check()
    start(page, "Panel practice")
    expect(page.get_by_text("round 1")).to_be_visible()
    for _ in range(2):
        end(page)
        page.get_by_role("button", name="Go to it").click()
    expect(page.locator(".facts").get_by_text("round 2")).to_be_visible()
    expect(page.locator(".tabs button").last).to_contain_text("round 2")
