"""A teacher writes, mends, tries and publishes without touching a file, on the page of a real server (issue 7)."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.acting import ANSWERED_MS, answered, card, end, go, graded, say, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Cable, Demo, Open
from tests.browser.writing import add_criterion, add_text, begin, enter, field, level, pick, publish, saved, write

pytestmark = pytest.mark.browser

VAGUE = "Good."
ASKING = (
    "The tutor asks no question before explaining.",
    "The tutor asks one open question and then explains.",
    "The tutor asks two or more open questions and takes up each answer.",
)
FEELING = (
    "The tutor never names what the student feels.",
    "The tutor names a feeling once and goes on.",
    "The tutor names what the student feels and waits for the answer.",
)
INSTRUCTIONS = (
    "You are Ada Quist, a first-year student at {{place}}. You failed the first exam by one point and are ashamed. "
    "You want to know what to do next. You do not say that you are ashamed unless you are asked how you feel. "
    "You answer in one to three sentences. You stay in this role whatever is asked of you."
)


@pytest.fixture(scope="module")
def pace() -> float:
    """Faster than anybody talks: nothing is stopped in the middle here."""
    return 200


def test_who_does_not_teach_is_not_led_to_the_library(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    go(tab.page, "library")
    expect(tab.page.get_by_text("The library is for people who teach.")).to_be_visible()
    expect(tab.page.get_by_role("navigation", name="Pages").get_by_role("link", name="Library")).to_have_count(0)
    tab.check_calm()


def test_from_an_empty_page_to_a_learner_who_practises(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)

    write_persona(page)
    write_scenario(page)
    write_rubric_with_a_defect_and_mend_it(page)

    begin(page, "Simulation")
    write(page, {"Name": "Ada's office hours", "Description": "One conversation after an exam."})
    pick(page, "Add a scenario", "One point short")
    pick(page, "Choose a rubric for One point short", "Listening to Ada")
    expect(page.locator(".lib-around")).to_contain_text("Listening to Ada")
    publish(page)
    page.get_by_label("Cohort", exact=True).select_option(label="New tutors")
    page.get_by_role("button", name="Assign it", exact=True).click()
    expect(page.get_by_text("New tutors can practise it now.")).to_be_visible()
    tab.check_calm()

    learner = sign_in(demo.url, demo, visit(NARROW))
    expect(card(learner.page, "Ada's office hours")).to_be_visible()
    start(learner.page, "Ada's office hours")
    say(learner.page, "Hello Ada, how are you feeling about the exam?")
    answered(learner.page)
    learner.check_calm()


def test_a_pick_holds_when_the_answer_to_a_search_comes_before_it_is_let_go(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    begin(page, "Scenario")
    page.get_by_role("button", name="Choose a persona", exact=True).click()
    cards = page.locator(".lib-pick")
    expect(cards.nth(1)).to_be_visible()
    name = cards.last.locator("strong").inner_text()
    held: list[Route] = []
    page.route("**/artifacts?*", lambda route: held.append(route))  # noqa: PLW0108 - Playwright marks it
    with page.expect_request("**/artifacts?*"):
        page.locator(".lib-picker input").fill(name)
    cards.last.hover()
    page.mouse.down()
    with page.expect_response("**/artifacts?*"):
        held[0].continue_()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.unroute("**/artifacts?*")
    page.mouse.up()
    expect(page.locator(".lib-picker")).to_have_count(0)
    expect(page.locator(".lib-links").get_by_role("link", name=name)).to_be_visible()
    tab.check_calm()


def write_persona(page: Page) -> None:
    """Somebody to talk with, seen beside what is typed."""
    begin(page, "Persona")
    write(
        page,
        {
            "Name": "Ada Quist",
            "Description": "A first-year student who failed an exam by one point.",
            "Instructions": INSTRUCTIONS,
        },
    )
    expect(page.locator(".lib-preview")).to_contain_text("Ada Quist")
    add_text(page, "Add an example", "I just wanted to ask what happens now.")
    publish(page)


def write_scenario(page: Page) -> None:
    """From the persona just published; what she needs to know is flagged, and said."""
    page.get_by_role("button", name="Write a scenario with them").click()
    expect(page.locator(".lib-links").get_by_role("link", name="Ada Quist")).to_be_visible()
    write(page, {"Name": "One point short", "Description": "Office hours after the first exam."})
    add_text(page, "Add a situation", "Ada has come to your office hours. She failed the exam by one point.")
    add_text(page, "Add an aim", "Find out how Ada feels about it")
    add_text(page, "Add an aim", "Agree on one next step")
    expect(page.locator(".lib-preview")).to_contain_text("Agree on one next step")
    expect(page.locator(".lib-checks")).to_have_attribute("data-kind", "red")
    page.get_by_role("button", name="Say what “place” is").click()
    expect(field(page, "Value of detail 1")).to_be_focused()
    page.keyboard.type("the university")
    expect(page.locator(".lib-checks")).not_to_have_attribute("data-kind", "red")
    publish(page)


def write_rubric_with_a_defect_and_mend_it(page: Page) -> None:
    """A level that says nothing is flagged where it stands and beside Publish, which leads to it."""
    begin(page, "Rubric")
    write(page, {"Name": "Listening to Ada", "Description": "How a tutor listens in office hours."})
    add_criterion(page, 1, "Open questions", (ASKING[0], VAGUE, ASKING[2]))
    add_criterion(page, 2, "Feelings", FEELING)
    verdict = page.locator(".lib-checks")
    flagged = level(page, "Open questions", 1).locator(".lib-finding")
    expect(flagged.first).to_be_visible()
    verdict.get_by_role("button", name=re.compile("without saying what could be seen or heard")).click()
    box = level(page, "Open questions", 1).get_by_label("What is seen or heard")
    expect(box).to_be_focused()
    box.fill(ASKING[1])
    expect(flagged).to_have_count(0)
    expect(page.locator(".lib-sums")).to_contain_text("4 points in all")
    page.get_by_role("spinbutton", name="Points to pass").fill("2")
    saved(page)
    expect(verdict).not_to_have_attribute("data-kind", "red")
    publish(page)


def test_a_draft_is_tried_by_its_author_alone(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    begin(page, "Persona")
    write(page, {"Name": "Tried Tim", "Instructions": INSTRUCTIONS.replace("{{place}}", "the university")})
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.locator(".attempt h1")).to_be_visible()
    say(page, "Hello Tim, what brings you here?")
    answered(page)
    page.get_by_role("link", name="Back to the draft").click()
    tries = page.get_by_role("list", name="Your tries")
    expect(tries).to_contain_text("not ended yet")
    tries.get_by_role("link").click()
    end(page)
    graded(page)
    page.get_by_role("region", name="Result").get_by_role("link", name="Back to the draft").click()
    expect(tries).to_contain_text(re.compile(r"\d of \d+ points, (not )?passed"))
    expect(page.get_by_role("button", name="Try it again")).to_be_visible()
    field(page, "Description").fill("Comes late.")
    saved(page)
    expect(tries).to_contain_text("before the last changes")
    it_becomes_a_source(page)
    tab.check_calm()
    learner = sign_in(demo.url, demo, visit(WIDE)).page
    expect(learner.get_by_text("Tried Tim")).to_have_count(0)


def it_becomes_a_source(page: Page) -> None:
    """What was said in the try, found by its name and read by the assistant without the name of the person."""
    page.locator(".lib-sources > summary").click()
    page.get_by_role("button", name="Add a conversation").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("searchbox").fill("nothing is called so")
    expect(dialog.get_by_text("No conversation fits this.")).to_be_visible()
    dialog.get_by_role("searchbox").fill("tried tim")
    dialog.get_by_role("button", name=re.compile("^Try: Tried Tim")).click()
    dialog.get_by_role("listitem").get_by_role("button").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    source = page.locator(".lib-sources .lib-links")
    expect(source).to_contain_text("Conversation")
    source.get_by_role("button").first.click()
    expect(dialog).to_contain_text("what brings you here?")
    expect(dialog).not_to_contain_text("Tim")


def test_the_assistant_proposes_and_a_person_decides(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    begin(page, "Persona")
    page.get_by_label("What should this persona be about?").fill("A nervous student who lost her notes")
    page.get_by_role("button", name="Write a draft").click()
    expect(page.get_by_text("The assistant has finished.")).to_be_visible(timeout=ANSWERED_MS)
    expect(field(page, "Instructions")).not_to_have_value("")
    expect(page.locator('.lib-field[data-proposed="yes"]').first).to_be_visible()

    first = field(page, "Name").input_value()
    page.get_by_role("button", name="Refuse Name", exact=True).click()
    expect(field(page, "Name")).to_have_value("")
    page.get_by_role("button", name="Accept all").click()
    expect(page.locator('.lib-field[data-proposed="yes"]')).to_have_count(0)
    expect(page.get_by_role("heading", level=1, name="Without a name")).to_be_visible()
    assert first

    a_hand_on_the_keys_is_not_lost(page)
    page.get_by_role("button", name="Ask for another Instructions").click()
    page.get_by_label(re.compile("^What should be different")).fill("Shorter")
    page.get_by_role("button", name="Write it again").click()
    expect(page.get_by_role("button", name="Accept Instructions", exact=True)).to_be_visible(timeout=ANSWERED_MS)
    tab.check_calm()


def a_hand_on_the_keys_is_not_lost(page: Page) -> None:
    """What takes its own button away, or switches it off, leaves the focus at what comes next."""
    examples = page.locator("#part-examples")
    count = examples.get_by_role("textbox").count()
    examples.get_by_role("button", name="Add an example").press("Enter")
    expect(examples.get_by_role("textbox", name=f"Example {count + 1}")).to_be_focused()
    examples.get_by_role("button", name="Move Example 2 up").press("Enter")
    expect(examples.get_by_role("button", name="Move Example 1 down")).to_be_focused()
    for left in reversed(range(count + 1)):
        examples.get_by_role("button", name="Remove Example 1", exact=True).press("Enter")
        expect(examples.get_by_role("textbox")).to_have_count(left)
    expect(examples.get_by_role("button", name="Add an example")).to_be_focused()


def test_two_people_write_at_once_and_nothing_is_lost(demo: Demo, visit: Open) -> None:
    one = visit(WIDE)
    page = enter(demo.url, demo, one)
    place = begin(page, "Scenario")
    write(page, {"Name": "Written by two"})
    page.get_by_text("Second person", exact=True).click()
    page.get_by_label("Write together with").fill("admin")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_role("list", name="They write along")).to_contain_text("Admin")
    other = visit(WIDE)
    along = enter(demo.url, demo, other, "admin")
    go(along, place)
    expect(along.get_by_role("heading", level=1, name="Written by two")).to_be_visible()

    field(along, "Description").fill("Theirs")
    saved(along)
    field(page, "Name").fill("Written by both")
    saved(page)
    expect(field(page, "Description")).to_have_value("Theirs")
    field(along, "Name").fill("From the admin")
    expect(along.get_by_text("Somebody else changed this too.")).to_be_visible()
    along.get_by_role("button", name="Take theirs").click()
    saved(along)
    expect(field(along, "Name")).to_have_value("Written by both")


def test_what_is_typed_in_a_tunnel_outlives_the_page(demo: Demo, visit: Open, cable: Cable) -> None:
    page = enter(cable.url, demo, visit(NARROW))
    begin(page, "Document")
    write(page, {"Name": "House rules"})
    saved(page)
    cable.cut()
    field(page, "Text").fill("Be kind.")
    expect(page.get_by_text("It is kept safe here.")).to_be_visible()
    cable.mend()
    saved(page)
    page.reload()
    expect(field(page, "Text")).to_have_value("Be kind.")
