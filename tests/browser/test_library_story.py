"""The story of issue 7 on the page, offline, on both stores: drafts from a sentence, a defect mended, a grade."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.acting import ANSWERED_MS, answered, card, end, graded, say, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Demo, Open
from tests.browser.writing import begin, enter, field, level, pick, publish, saved, write
from tests.conftest import STORES, make_site
from tests.harness.site import PASSWORD

pytestmark = pytest.mark.browser

NAME = "After a first day"
SAID = (
    "Hello, come in. What have you tried so far?",
    "That sounds frustrating. Which part worries you most?",
    "I understand that you are afraid. What happened first?",
    "Shall we agree on one small step until tomorrow?",
)


PACE = 200  # faster than anybody talks: nothing is stopped in the middle here


@pytest.fixture(scope="module", params=STORES)
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A server with the sample pack, on a store of each kind."""
    site = make_site(request.param, tmp_path_factory.mktemp("story"), request)
    server = site.start(scripted_pieces_per_second=PACE)
    yield Demo(url=server.url, tokens=site.tokens, password=PASSWORD)
    site.close()


def drafted(page: Page, wish: str) -> None:
    """The assistant has written a draft from a sentence, which stays where it was typed."""
    page.locator("#wish").fill(wish)
    page.get_by_role("button", name="Write a draft").click()
    expect(page.get_by_text("The assistant has finished.")).to_be_visible(timeout=ANSWERED_MS)
    expect(page.locator("#wish")).to_have_value(wish)
    expect(page.locator(".lib-checks")).not_to_have_attribute("data-kind", "red")


def test_a_sentence_each_becomes_a_training_whose_grade_outlives_a_new_version(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    scenario = write_scenario(page, write_persona(page))
    rubric, criterion = write_rubric(page)

    begin(page, "Simulation")
    write(page, {"Name": NAME})
    pick(page, "Add a scenario", scenario)
    pick(page, f"Choose a rubric for {scenario}", rubric)
    publish(page)
    page.get_by_label("Cohort", exact=True).select_option(label="New tutors")
    page.get_by_role("button", name="Assign it", exact=True).click()
    expect(page.get_by_text("New tutors can practise it now.")).to_be_visible()

    learner = sign_in(demo.url, demo, visit(NARROW))
    expect(card(learner.page, NAME)).to_be_visible()
    start(learner.page, NAME)
    say(learner.page, SAID[0])
    answered(learner.page)
    change(page, rubric, criterion)
    for text in SAID[1:]:
        say(learner.page, text)
        answered(learner.page)
    end(learner.page)
    graded(learner.page)
    expect(learner.page.get_by_text(criterion, exact=True).first).to_be_visible()
    expect(learner.page.get_by_text("Quite another criterion")).to_have_count(0)
    learner.check_fits()
    learner.check_calm()
    tab.check_calm()


def write_persona(page: Page) -> str:
    """Somebody to talk with, of whom the teacher said one sentence."""
    begin(page, "Persona")
    drafted(page, "A nervous nursing student who made a medication error on her first day")
    person = field(page, "Name").input_value()
    expect(field(page, "Description")).to_have_value(re.compile("who made a medication error"))
    publish(page)
    return person


def write_scenario(page: Page, person: str) -> str:
    """Around that persona; what a learner could not have read is flagged, and said."""
    page.get_by_role("button", name="Write a scenario with them").click()
    expect(page.locator(".lib-links").get_by_role("link", name=person)).to_be_visible()
    drafted(page, "Office hours")
    situation = page.locator("#part-problem_statements textarea").first
    expect(situation).to_have_value(re.compile("a medication error"))
    situation.fill(f"{situation.input_value()} You meet on {{{{ward}}}}.")
    expect(page.locator(".lib-checks")).to_have_attribute("data-kind", "red")
    page.get_by_role("button", name="Say what “ward” is").click()
    expect(field(page, "Value of detail 1")).to_be_focused()
    page.keyboard.type("the third ward")
    expect(page.locator(".lib-checks")).not_to_have_attribute("data-kind", "red")
    expect(page.locator(".lib-preview")).to_contain_text("You meet on the third ward.")
    name = field(page, "Name").input_value()
    publish(page)
    return name


def write_rubric(page: Page) -> tuple[str, str]:
    """With a level that says nothing for a while; its name, and that of its first criterion."""
    begin(page, "Rubric")
    drafted(page, "Listening to a student who made an error. Two criteria, three levels.")
    rubric = field(page, "Name").input_value()
    assert rubric == "Listening to a student who made an error"
    criterion = field(page, "Criterion 1").input_value()
    box = level(page, criterion, 1).get_by_label("What is seen or heard")
    words = box.input_value()
    box.fill("Good.")
    expect(level(page, criterion, 1).locator(".lib-finding")).to_be_visible()
    box.fill(words)
    expect(level(page, criterion, 1).locator(".lib-finding")).to_have_count(0)
    publish(page)
    return rubric, criterion


def change(page: Page, rubric: str, criterion: str) -> None:
    """A new version of the rubric, while somebody is graded by the old one."""
    page.get_by_role("link", name="Library").first.click()
    page.get_by_role("searchbox", name="Search").fill(rubric)
    page.locator(".lib-list").last.locator("a", has=page.get_by_text(rubric, exact=True)).click()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(field(page, "Criterion 1")).to_have_value(criterion)
    field(page, "Criterion 1").fill("Quite another criterion")
    saved(page)
    page.get_by_role("button", name="Publish…").click()
    page.get_by_label("What is new (optional)").fill("Called by another name.")
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("One training uses it now.")).to_be_visible()
    page.get_by_role("link", name="See it in the library").click()
    page.get_by_role("navigation", name="This one").get_by_role("link", name="Versions").click()
    expect(page.get_by_text("Called by another name.")).to_be_visible()
