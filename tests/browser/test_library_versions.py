"""What is published: versions, differences, archiving, a cohort of one's own; and every page on a phone (issue 7)."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from parlour.library.bundles.qti import write_qti
from parlour.library.bundles.quiz import QuizOption, QuizQuestion
from tests.browser.acting import card, go
from tests.browser.browsing import NARROW, WIDE, Demo, Open
from tests.browser.writing import begin, enter, field, pick, publish, saved, write

pytestmark = pytest.mark.browser

UNNAMED = (
    "[...document.querySelectorAll('main input, main select, main textarea')]"
    ".filter((each) => each.labels.length === 0).length"
)
GIFT = "How many strings has a violin? {=Four ~Six ~Eight}\n\nThe cello is bowed. {TRUE}\n"
BOWED = QuizQuestion(
    text="Which is bowed?",
    options=(QuizOption(text="Viola", correct=True), QuizOption(text="Harp")),
)


def open_artifact(page: Page, kind: str, name: str) -> None:
    """From the list to the page of one artifact, by searching for it."""
    go(page, "library")
    page.get_by_label("Kind").select_option(label=kind)
    page.get_by_role("searchbox", name="Search").fill(name)
    page.locator(".lib-list").last.locator("a", has=page.get_by_text(name, exact=True)).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def test_a_new_version_is_compared_and_the_old_one_can_be_gone_back_to(demo: Demo, visit: Open, tmp_path: Path) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab, "admin")
    open_artifact(page, "Scenario", "Recursion does not click")
    expect(page.get_by_role("region", name="Where it is used")).to_contain_text("Practice: office hours")
    with page.expect_download() as expected:
        page.get_by_role("button", name="Export", exact=True).click()
    file = tmp_path / "scenario.yaml"
    expected.value.save_as(file)
    assert "Recursion does not click" in file.read_text()

    page.get_by_role("button", name="Edit", exact=True).click()
    expect(field(page, "Name")).to_have_value("Recursion does not click")
    before = field(page, "Description").input_value()
    field(page, "Description").fill("Quite another description.")
    saved(page)
    page.get_by_role("button", name="Read questions from a file").click()
    page.get_by_role("dialog").get_by_label("Or paste the text here").fill(GIFT)
    page.get_by_role("dialog").get_by_role("button", name="Add them").click()
    expect(field(page, "Question 2")).to_have_value("The cello is bowed.")
    page.get_by_role("button", name="Read questions from a file").click()
    picked = page.get_by_role("dialog").get_by_label("Choose a file")
    picked.set_input_files({"name": "no.xml", "mimeType": "text/xml", "buffer": b"<html/>"})
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("no QTI item")
    picked.set_input_files({"name": "quiz.zip", "mimeType": "application/zip", "buffer": write_qti([BOWED])})
    expect(field(page, "Question 3")).to_have_value("Which is bowed?")
    expect(page.get_by_label("Answer 1 of question 3", exact=True)).to_have_value("Viola")
    page.get_by_role("button", name="Publish…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile(r"^What changes"))).to_be_visible()
    dialog.get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_text("Scenario, version 2.")).to_be_visible()

    page.get_by_role("link", name="See it in the library").click()
    page.get_by_role("navigation", name="This one").get_by_role("link", name="Versions").click()
    differs = page.get_by_role("region", name="What differs")
    expect(differs.locator("ins").filter(has_text="Quite another description.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Begin from it")).click()
    expect(field(page, "Description")).to_have_value(before)
    expect(page.get_by_text(re.compile("a new version after version"))).to_be_visible()
    page.get_by_role("button", name="Throw away").click()
    page.get_by_role("dialog").get_by_role("button", name="Throw it away").click()
    expect(page.get_by_role("heading", name="Library", exact=True)).to_be_visible()
    tab.check_calm(422)


def test_a_cohort_of_one_s_own_gets_its_training_at_once(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    begin(page, "Cohort")
    write(page, {"Name": "Evening group"})
    learners = page.locator("#part-profiles")
    learners.get_by_role("searchbox").fill("fellow")
    learners.get_by_role("button", name="Search").click()
    learners.get_by_role("button", name="Add Fellow").click()
    expect(learners.locator(".lib-links")).to_contain_text("Fellow")
    pick(page, "Assign a simulation", "Conversations under pressure")
    publish(page)
    fellow = sign_in_anywhere(demo, visit)
    expect(card(fellow, "Conversations under pressure")).to_be_visible()
    tab.check_calm()


def sign_in_anywhere(demo: Demo, visit: Open) -> Page:
    """The fellow's home, whatever is on it."""
    page = visit(WIDE).page
    page.goto(f"{demo.url}/#token={demo.tokens['fellow']}")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def test_what_is_archived_is_out_of_the_way_and_comes_back(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    begin(page, "Document")
    write(page, {"Name": "A passing note", "Text": "Gone tomorrow."})
    publish(page)
    page.get_by_role("link", name="See it in the library").click()
    page.get_by_role("button", name="Archive", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    expect(page.get_by_role("button", name="Bring back")).to_be_visible()
    go(page, "library")
    page.get_by_role("searchbox", name="Search").fill("passing note")
    expect(page.get_by_text("Nothing like this was found.")).to_be_visible()
    page.get_by_label("Archived").check()
    page.locator(".lib-list").last.get_by_role("link", name=re.compile("A passing note")).click()
    page.get_by_role("button", name="Bring back").click()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    tab.check_calm()


def test_a_source_is_attached_and_a_colleague_asked_to_look_approves(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    place = begin(page, "Persona")
    write(page, {"Name": "Looked at"})
    page.locator(".lib-sources > summary").click()
    page.get_by_label("Add a file").set_input_files(
        {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"She lost her notes on the train."}
    )
    page.get_by_role("button", name="notes.txt", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("She lost her notes on the train.")
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.locator(".lib-second > summary").click()
    page.get_by_label("What should be looked at?").fill("Is she shy enough?")
    page.get_by_role("button", name="Ask for a look").click()
    expect(page.locator(".lib-review")).to_contain_text("Is she shy enough?")

    other = visit(WIDE)
    along = enter(demo.url, demo, other, "admin")
    along.get_by_role("region", name="Drafts").get_by_role("link", name=re.compile("Looked at")).click()
    expect(along.get_by_text("You can read it, and not change it.")).to_be_visible()
    along.get_by_role("button", name="Approve it").click()
    expect(along.locator(".lib-review")).to_contain_text("Admin approved it.")
    other.check_calm()
    page.reload()
    expect(page.locator(".lib-review")).to_contain_text("Admin approved it.")
    assert page.url.endswith(place)


def test_a_draft_that_one_may_not_read_is_not_there(demo: Demo, visit: Open) -> None:
    page = enter(demo.url, demo, visit(WIDE))
    place = begin(page, "Persona")
    other = enter(demo.url, demo, visit(WIDE), "outsider")
    go(other, place)
    expect(other.get_by_role("heading", name="This draft cannot be opened")).to_be_visible()
    expect(other.get_by_role("alert")).to_contain_text("Draft not found.")


def test_every_page_of_the_library_fits_a_phone_and_names_its_fields(demo: Demo, visit: Open) -> None:
    tab = visit(NARROW)
    page = enter(demo.url, demo, tab, "admin")
    tab.check_fits()
    for kind in ("Persona", "Scenario", "Rubric", "Simulation", "Cohort", "Document"):
        begin(page, kind)
        page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")
        tab.check_fits()
        assert page.evaluate(UNNAMED) == 0, kind
    page.get_by_role("link", name="Library", exact=True).first.click()
    open_artifact(page, "Rubric", "Supportive conversation")
    expect(page.locator(".lib-main")).to_be_visible()
    tab.check_fits()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.locator(".lib-level").first).to_be_visible()
    tab.check_fits()
    assert page.evaluate(UNNAMED) == 0
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Practice").focus()
    page.keyboard.press("Tab")
    tab.check_calm()
