"""What a scenario shows besides words, how a conversation is set up, who plays whom, and trainings (issue 7)."""

import re
import struct
import zlib
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from parlour.library.forms.simulations import FLAGS
from tests.browser.acting import card, go
from tests.browser.browsing import NARROW, WIDE, Demo, Open
from tests.browser.writing import begin, enter, field, pick, publish, saved, write

pytestmark = pytest.mark.browser

VIDEO = Path(__file__).parents[2] / "content" / "teaching-practice" / "media" / "office-hour.webm"
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:02.000\nGuten Tag\n"
SETTINGS = Path(__file__).parents[2] / "src" / "parlour" / "wire" / "web" / "static" / "library-settings.js"
SHOWN = "(image) => image.complete && image.naturalWidth > 0"


def picture() -> bytes:
    """A PNG file of one colour, 30 by 20."""
    rows = zlib.compress((b"\0" + b"\x28\x78\x6e" * 30) * 20)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", 30, 20, 8, 2, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def test_pictures_videos_and_a_file_are_sent_seen_and_described(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab)
    begin(page, "Scenario")
    write(page, {"Name": "The lost violin"})
    pick(page, "Choose a persona", "Bo Tan")
    page.get_by_role("button", name="Say what “place” is").click()
    expect(field(page, "Value of detail 1")).to_be_focused()
    page.keyboard.type("the hall")
    png = FilePayload(name="the_desk.png", mimeType="image/png", buffer=picture())
    page.get_by_label("Add a picture").set_input_files(png)
    expect(field(page, "What is to be seen in picture 1")).to_be_focused()
    expect(field(page, "Name of picture 1")).to_have_value("the desk")
    page.keyboard.type("A desk with a violin")
    page.get_by_label("Add a picture").set_input_files({"name": "no.png", "mimeType": "image/png", "buffer": CAPTIONS})
    expect(page.get_by_role("alert")).to_contain_text("This is no picture in PNG, JPEG or WebP.")
    page.get_by_label("Add a picture").set_input_files(png)
    page.get_by_role("button", name="Remove picture 2").click()
    expect(page.get_by_role("button", name="Remove picture 2")).to_have_count(0)
    shown = page.get_by_role("img", name="A desk with a violin")
    shown.scroll_into_view_if_needed()
    page.wait_for_function(SHOWN, arg=shown.element_handle())

    page.get_by_label("Add a video").set_input_files(VIDEO)
    expect(field(page, "What happens in it in video 1")).to_be_focused()
    page.get_by_label("Add captions to video 1").set_input_files(
        {"name": "hours.de.vtt", "mimeType": "text/vtt", "buffer": CAPTIONS}
    )
    expect(page.get_by_label("Language of captions 1 of video 1")).to_have_value("de")
    page.get_by_role("button", name="Add a question").click()
    field(page, "Question 1").fill("Who is it?")
    page.get_by_label("Answer 1 of question 1", exact=True).fill("Maya")
    page.get_by_label("Answer 2 of question 1", exact=True).fill("Bo")
    page.get_by_label("Stops the video at these seconds (question 1)").fill("3, 1")
    page.locator("summary").filter(has_text="More").click()
    expect(page.get_by_label("The pictures", exact=True)).to_be_checked()
    tab.page.set_viewport_size(NARROW)
    tab.check_fits()
    publish(page)
    page.get_by_role("link", name="See it in the library").click()
    expect(page.get_by_role("img", name="A desk with a violin")).to_be_visible()
    expect(page.locator('video track[srclang="de"]')).to_have_count(1)

    a_document_is_written(page)
    a_learner_reads_it_and_sees_its_picture(page)
    tab.check_calm()


def a_document_is_written(page: Page) -> None:
    """With a file that is taken out again, a detail that fills it in, and a picture."""
    begin(page, "Document")
    write(page, {"Name": "House rules", "Text": "Be kind to {{who}}."})
    page.get_by_label("Attach a file").set_input_files(
        {"name": "rules of the house.txt", "mimeType": "text/plain", "buffer": b"Be very kind."}
    )
    link = page.get_by_role("link", name=re.compile("rules of the house.txt"))
    expect(link).to_be_visible()
    assert page.request.get(link.get_attribute("href") or "").text() == "Be very kind."
    page.get_by_role("button", name="Remove the file").click()
    expect(link).to_have_count(0)
    page.get_by_role("button", name="Add a detail").click()
    write(page, {"Name of detail 1": "who", "Value of detail 1": "everybody"})
    expect(page.locator(".lib-preview")).to_contain_text("Be kind to everybody.")
    page.get_by_label("Add a picture").set_input_files(
        FilePayload(name="the_desk.png", mimeType="image/png", buffer=picture())
    )
    expect(field(page, "What is to be seen in picture 1")).to_be_focused()
    page.keyboard.type("Two people at a desk")
    saved(page)


def a_learner_reads_it_and_sees_its_picture(page: Page) -> None:
    """As the one who tries the document: filled in, the picture below the text."""
    page.set_viewport_size(WIDE)
    page.get_by_role("button", name="Try it", exact=True).click()
    expect(page.locator(".attempt h1")).to_be_visible()
    paper = page.locator("details.paper", has_text="House rules")
    paper.locator("summary").click()
    expect(paper.get_by_text("Be kind to everybody.")).to_be_visible()
    seen = paper.get_by_role("img", name="Two people at a desk")
    expect(seen).to_be_visible()
    page.wait_for_function(SHOWN, arg=seen.element_handle())


def test_every_flag_of_a_chat_has_words_on_the_page() -> None:
    said = set(re.findall(r'\["([a-z_]+)", "', SETTINGS.read_text()))
    assert said == set(FLAGS)


def test_a_training_is_set_up_dated_and_brought_to_the_newest_version(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab, "admin")
    set_up_a_conversation(page)
    page.get_by_role("button", name="Assign it to a new cohort").click()

    write(page, {"Name": "Monday people"})
    learners = page.locator("#part-profiles")
    learners.get_by_text("Add several by their sign-in names").click()
    learners.get_by_label(re.compile("^Sign-in names, one in a line")).fill("fellow\nnobody")
    learners.get_by_role("button", name="Add them").click()
    expect(learners).to_contain_text("One person was added. Not among the people you see: nobody.")
    pick(page, "Choose a persona to play for Fellow", "Bo Tan")
    expect(learners).to_contain_text("Plays Bo Tan")
    page.get_by_label("Until for Set up with care").fill("2199-12-31T18:00")
    publish(page)
    page.get_by_role("link", name="See it in the library").click()
    page.get_by_role("link", name="Dates and settings of its trainings").click()
    training = page.get_by_role("listitem", name="Set up with care")
    expect(training).to_contain_text("Dec 31, 2199")
    fellow = visit(NARROW).page
    fellow.goto(f"{demo.url}/#token={demo.tokens['fellow']}")
    expect(card(fellow, "Set up with care")).to_contain_text("7 minutes")

    new_version(demo)
    page.reload()
    expect(training).to_contain_text("version 1 (newest: 2)")
    training.get_by_role("button", name=re.compile("^Use the newest")).click()
    expect(training.get_by_role("status")).to_have_text("It uses the newest versions now.")
    expect(training).to_contain_text("Recursion does not click version 2")
    what_it_is_like_is_changed(demo, page, fellow)
    training.get_by_label("On: it can be begun").uncheck()
    training.get_by_role("button", name="Save").click()
    expect(training.get_by_text("Off", exact=True)).to_be_visible()
    tab.page.set_viewport_size(NARROW)
    tab.check_fits()
    go(page, "library")
    page.get_by_role("link", name="Trainings", exact=True).click()
    expect(page.get_by_role("listitem", name="Set up with care")).to_be_visible()
    tab.check_calm(409)


def test_what_is_being_typed_stays_when_an_answer_comes_meanwhile(demo: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(demo.url, demo, tab, "admin")
    begin(page, "Simulation")
    write(page, {"Name": "Typed meanwhile"})
    pick(page, "Add a scenario", "Recursion does not click")
    minutes = page.get_by_label("Time limit of Recursion does not click")
    expect(minutes).to_have_value("")
    held: list[Route] = []

    def hold(route: Route) -> None:
        if held or route.request.method != "PATCH":
            route.continue_()
        else:
            held.append(route)

    page.route("**/authoring/drafts/*", hold)
    with page.expect_request(lambda request: request.method == "PATCH"):
        pick(page, "Choose a rubric for Recursion does not click", "Supportive conversation")
    minutes.fill("7")
    held[0].continue_()
    expect(page.get_by_role("button", name="Take off the rubric of Recursion does not click")).to_be_visible()
    expect(minutes).to_have_value("7")
    minutes.press("Tab")
    expect(page.get_by_label("May go on when the time is up in Recursion does not click")).to_be_enabled()
    expect(minutes).to_have_value("7")
    tab.check_calm()


def what_it_is_like_is_changed(demo: Demo, page: Page, fellow: Page) -> None:
    """Flags, time, words and cohorts, on top of what a colleague changes meanwhile; and it is not assigned twice."""
    training = page.get_by_role("listitem", name="Set up with care")
    training.locator("summary").first.click()
    training.get_by_text("How “Recursion does not click” goes").click()
    expect(training.get_by_label("May go on when the time is up")).to_be_checked()
    training.get_by_label("Time limit of Recursion does not click").fill("9")
    training.get_by_label("Copy and paste").uncheck()
    training.get_by_label("Questions", exact=True).check()
    expect(training.get_by_label("Answers of the questions")).to_be_checked()
    expect(training.get_by_label("Pictures (not made yet)")).to_be_disabled()
    training.get_by_role("textbox", name="Description").fill("Nine minutes, and no pasting.")
    training.get_by_label("Tuesday people").check()
    with colleague(demo) as http:
        items = http.get("/trainings").json()["items"]
        found = next(each["id"] for each in items if each["name"] == "Set up with care")
        assert http.patch(f"/trainings/{found}", json={"position": 3}).is_success
    training.get_by_role("button", name="Save").click()
    expect(training.get_by_role("alert")).to_contain_text("Somebody changed it meanwhile.")
    expect(training.get_by_label("Place among the cards")).to_have_value("3")
    training.get_by_role("button", name="Save").click()
    expect(training.get_by_role("status")).to_have_text("Saved.")
    expect(training).to_contain_text("Monday people, Tuesday people")
    fellow.reload()
    expect(card(fellow, "Set up with care")).to_contain_text("9 minutes")
    expect(card(fellow, "Set up with care")).to_contain_text("no pasting")
    trainings = page.url.partition("#/")[2]
    training.get_by_role("link", name="Set up with care").click()
    page.get_by_label("Cohort", exact=True).select_option(label="Monday people")
    page.get_by_role("button", name="Assign it", exact=True).click()
    expect(page.get_by_role("dialog")).to_contain_text("Monday people has this simulation already")
    page.get_by_role("dialog").get_by_role("button", name="Not yet").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    go(page, trainings)
    expect(page.get_by_role("listitem", name="Set up with care")).to_have_count(1)
    training.locator("summary").first.click()


def colleague(demo: Demo) -> httpx.Client:
    """The admin, elsewhere."""
    headers = {"authorization": f"Bearer {demo.tokens['admin']}"}
    return httpx.Client(base_url=f"{demo.url}/api/v1", headers=headers, timeout=60)


def set_up_a_conversation(page: Page) -> None:
    """A simulation of one scenario, with a rubric, a time limit, and what differs from the usual."""
    begin(page, "Simulation")
    write(page, {"Name": "Set up with care"})
    pick(page, "Add a scenario", "Recursion does not click")
    pick(page, "Choose a rubric for Recursion does not click", "Supportive conversation")
    page.get_by_label("Time limit of Recursion does not click").fill("7")
    page.keyboard.press("Tab")
    over = page.get_by_label("May go on when the time is up in Recursion does not click")
    expect(over).to_be_enabled()
    over.check()
    page.locator(".lib-settings > summary").click()
    page.get_by_label("See hints, when practising alone").uncheck()
    page.get_by_role("combobox", name="The aims").select_option(label="No")
    expect(page.locator(".lib-settings > summary")).to_contain_text("2 things unlike the usual")
    page.get_by_label("See hints, when practising alone").check()
    expect(page.locator(".lib-settings > summary")).to_contain_text("one thing unlike the usual")
    publish(page)


def new_version(demo: Demo) -> None:
    """Version 2 of the scenario, published by the admin elsewhere; trainings keep theirs. And one more cohort."""
    with colleague(demo) as http:
        assert http.post("/cohorts", json={"name": "Tuesday people"}).is_success
        query = {"type": "scenario", "search": "Recursion does not click"}
        artifact_id = http.get("/artifacts", params=query).json()["items"][0]["id"]
        asked = {"artifact_type": "scenario", "artifact_id": artifact_id}
        draft = http.post("/authoring/drafts", json=asked).json()
        change = {"op": "put", "type": "descriptions", "fields": {"description": "A newer one."}}
        place = f"/authoring/drafts/{draft['id']}"
        draft = http.patch(place, json={"expected_version": draft["version"], "changes": [change]}).json()
        told = http.post(f"{place}/publish", json={"expected_version": draft["version"], "update_trainings": False})
        assert told.is_success, told.text
