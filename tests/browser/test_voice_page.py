"""A learner talks with a persona on the page of a real server, with a microphone that hears a file (issue 6)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from parlour.settings import sqlite_url
from tests.browser.acting import ANSWERED_MS, box, end, go, graded, say, sign_in, start_practice
from tests.browser.browsing import NARROW, Cable, Demo, Visit
from tests.browser.speaking import (
    SCRIPTED,
    SPOKEN_MS,
    Microphones,
    close_microphone,
    eventually,
    open_microphone,
    recording_plays,
    sound_is_heard,
    tones,
    voice,
)
from tests.harness.site import PASSWORD, Site

pytestmark = pytest.mark.browser

HELLO = "What have you tried so far?"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("voice")
    made = Site(folder, sqlite_url(folder)).seed()
    yield made
    made.close()


@pytest.fixture(scope="module")
def demo(site: Site) -> Demo:
    """A server with tone speech. Instead of the page's own one."""
    server = site.start(scripted_pieces_per_second=40, **SCRIPTED)
    return Demo(url=server.url, tokens=site.tokens, password=PASSWORD)


@pytest.fixture
def other_site(tmp_path: Path) -> Iterator[Site]:
    """A store without a server, for one test."""
    made = Site(tmp_path / "other", sqlite_url(tmp_path / "other")).seed()
    yield made
    made.close()


@pytest.fixture
def hello(tmp_path: Path) -> Path:
    return tones(tmp_path / "hello.wav", HELLO)


def begun(demo: Demo, tab: Visit) -> Page:
    """A fresh conversation."""
    sign_in(demo.url, demo, tab)
    start_practice(tab.page)
    return tab.page


def status(page: Page) -> Locator:
    return page.get_by_role("group", name="Voice").get_by_role("status")


def own(page: Page) -> Locator:
    return page.locator(".message.own:not(.hearing)")


def understood(page: Page) -> Locator:
    """The first message that says the whole of it: a browser on a busy machine loses a word now and then."""
    return own(page).filter(has_text=HELLO).first


def speech_of(page: Page, demo: Demo, who: str = "learner") -> Any:
    """What the server knows of everything spoken in the conversation on screen."""
    attempt_id = page.url.partition("#/attempt/")[2]
    headers = {"Authorization": f"Bearer {demo.tokens[who]}"}
    detail = page.request.get(f"{demo.url}/api/v1/attempts/{attempt_id}", headers=headers).json()
    chat_id = detail["entries"]["attempt_chat"][0]["id"]
    return page.request.get(f"{demo.url}/api/v1/chats/{chat_id}/speech", headers=headers).json()


def test_a_learner_speaks_is_answered_aloud_and_interrupts(demo: Demo, microphones: Microphones, hello: Path) -> None:
    tab = microphones.tab(hello)
    page = begun(demo, tab)
    open_microphone(page, mode="Open microphone")
    expect(status(page)).to_contain_text(re.compile("Listening|Hearing|thinking|speaking"))
    expect(page.locator(".hearing")).to_contain_text("Still being heard", timeout=SPOKEN_MS)
    expect(understood(page)).to_be_visible(timeout=SPOKEN_MS)
    sound_is_heard(page)
    expect(page.locator(".message.other").first).to_be_visible()

    # The file says it again while the answer is still being spoken.
    cut = page.locator(".message.other").filter(has_text="Interrupted here.").first
    expect(cut).to_be_visible(timeout=SPOKEN_MS)
    cut.get_by_text("What was not heard").click()
    close_microphone(page)

    heard = cut.locator(".bubble .prose").inner_text()
    unheard = cut.locator(".unheard .prose").inner_text()
    [reply] = [each for each in speech_of(page, demo)["replies"] if each["heard"].strip() == heard]
    assert (reply["state"], reply["measured"]) == ("interrupted", "report")
    assert unheard
    assert reply["text"].rstrip().endswith(unheard)  # it may have been cut while it was written
    page.reload()
    expect(page.locator(".message.other").first.locator(".bubble .prose")).to_have_text(heard)
    tab.check_calm()


def test_push_to_talk_hears_only_while_it_is_held(demo: Demo, microphones: Microphones, tmp_path: Path) -> None:
    words = "I wonder what you have tried so far."
    tab = microphones.tab(tones(tmp_path / "thoughtful.wav", words, before_ms=40, after_ms=1_500))
    page = begun(demo, tab)
    open_microphone(page)
    expect(status(page)).to_contain_text("Hold the button or the space bar")
    page.mouse.move(*middle(page.get_by_role("button", name="Hold to speak")))
    page.mouse.down()
    twice = re.compile("wonder.*wonder", re.DOTALL)  # with a pause between them that would end a turn
    expect(page.locator(".hearing")).to_contain_text(twice, timeout=SPOKEN_MS)
    expect(status(page)).to_contain_text("Hearing you")
    expect(own(page)).to_have_count(0)
    page.mouse.up()
    expect(own(page)).to_contain_text(twice, timeout=SPOKEN_MS)
    sound_is_heard(page)
    page.wait_for_timeout(2_000)
    assert len(speech_of(page, demo)["utterances"]) == 1

    # The same with the space bar, which interrupts; in the text box it is a space.
    page.locator(".talk-bar h2").focus()
    page.keyboard.down("Space")
    expect(page.locator(".hearing")).to_contain_text("wonder", timeout=SPOKEN_MS)
    page.keyboard.up("Space")
    expect(own(page)).to_have_count(2, timeout=SPOKEN_MS)
    box(page).press("Space")
    expect(box(page)).to_have_value(" ")
    expect(page.get_by_role("button", name="Hold to speak")).to_be_visible()
    close_microphone(page)
    tab.check_calm()


def middle(place: Locator) -> tuple[float, float]:
    area = place.bounding_box()
    assert area is not None
    return area["x"] + area["width"] / 2, area["y"] + area["height"] / 2


def test_what_is_typed_is_answered_aloud_and_played_to_its_end(
    demo: Demo, microphones: Microphones, hello: Path
) -> None:
    tab = microphones.tab(hello)
    page = begun(demo, tab)
    open_microphone(page)
    say(page, HELLO)
    sound_is_heard(page)
    expect(status(page)).to_contain_text("speaking")
    expect(page.locator(".message.other")).not_to_have_attribute("aria-busy", "true", timeout=SPOKEN_MS)
    eventually(lambda: [each["state"] for each in speech_of(page, demo)["replies"]] == ["complete"], page)
    [reply] = speech_of(page, demo)["replies"]
    assert reply["heard"] == reply["text"]
    tab.check_calm()


def test_without_a_microphone_or_its_permission_one_goes_on_in_writing(demo: Demo, microphones: Microphones) -> None:
    for tab, words in (
        (microphones.refusing(), "not allowed"),
        (microphones.tab(None), "No microphone was found"),
    ):
        page = begun(demo, tab)
        page.get_by_role("button", name="Speak", exact=True).click()
        expect(status(page)).to_contain_text(words)
        expect(status(page)).to_contain_text("You can go on in writing.")
        expect(page.get_by_role("button", name="Open the microphone again")).to_be_visible()
        say(page, HELLO)
        expect(page.locator(".message.other")).to_be_visible(timeout=ANSWERED_MS)
        tab.check_calm()


def test_without_a_voice_service_one_goes_on_in_writing(
    other_site: Site, microphones: Microphones, hello: Path
) -> None:
    server = other_site.start(speech__in="off", speech__out="off")
    tab = microphones.tab(hello)
    page = begun(Demo(url=server.url, tokens=other_site.tokens, password=PASSWORD), tab)
    page.get_by_role("button", name="Speak", exact=True).click()
    expect(status(page)).to_contain_text("no voice on this server")
    say(page, HELLO)
    expect(page.locator(".message.other")).to_be_visible(timeout=ANSWERED_MS)


def test_after_a_lost_connection_one_press_goes_on(
    demo: Demo, cable: Cable, microphones: Microphones, hello: Path
) -> None:
    tab = microphones.tab(hello)
    page = begun(Demo(url=cable.url, tokens=demo.tokens, password=PASSWORD), tab)
    open_microphone(page)
    cable.cut()
    expect(status(page)).to_contain_text("The connection was lost")
    cable.mend()
    page.get_by_role("button", name="Open the microphone again").click()
    expect(page.get_by_role("button", name="Close the microphone")).to_be_visible(timeout=SPOKEN_MS)
    page.get_by_label("Open microphone").check()
    expect(understood(page)).to_be_visible(timeout=SPOKEN_MS)
    close_microphone(page)


def test_the_microphone_is_closed_when_one_leaves_and_belongs_to_the_page_alone(
    demo: Demo, microphones: Microphones, hello: Path
) -> None:
    tab = microphones.tab(hello)
    page = begun(demo, tab)
    assert "microphone=(self)" in page.request.get(demo.url).headers["permissions-policy"]
    open_microphone(page)
    assert page.evaluate("listening()")
    go(page, "history")
    expect(page.locator(".voice")).to_have_count(0)
    eventually(lambda: not page.evaluate("listening()"), page)
    page.go_back()
    open_microphone(page)
    close_microphone(page)
    eventually(lambda: not page.evaluate("listening()"), page)
    tab.check_calm()


def test_unclear_words_are_marked_disputed_and_decided_by_staff(
    demo: Demo, microphones: Microphones, tmp_path: Path
) -> None:
    tab = microphones.tab(tones(tmp_path / "mumbled.wav", HELLO, mumbled=["tried"]))
    page = begun(demo, tab)
    open_microphone(page, mode="Open microphone")
    mumbled = own(page).filter(has_text=re.compile(r"What have you .*tried so far\?"))
    expect(mumbled.first).to_be_visible(timeout=SPOKEN_MS)
    close_microphone(page)
    said = mumbled.first
    expect(said.get_by_title("Not heard clearly")).to_contain_text("tried")
    expect(said).to_contain_text("They cannot lower a grade.")
    said.get_by_role("button", name="Play what you said").click()
    player = said.get_by_label("Recording")
    expect(player).to_be_visible()
    recording_plays(page)

    said.get_by_role("button", name="That is not what I said").click()
    said = page.locator(f"#{said.get_attribute('id')}")
    said.get_by_label("What you said").fill("What have you read so far?")
    said.get_by_role("button", name="Send", exact=True).click()
    expect(said).to_contain_text("Disputed: not decided yet")

    place = page.url.partition("#/")[2]
    staff = microphones.tab(None)
    sign_in(demo.url, demo, staff, "instructor")
    staff.page.goto(f"{demo.url}/#/{place}")
    row = staff.page.locator(f"#{said.get_attribute('id')}")
    expect(row.get_by_role("button", name="Listen")).to_be_visible()
    row.get_by_role("button", name="Accept the dispute").click()
    expect(row).to_contain_text("Disputed: accepted")
    expect(row.locator(".bubble .prose")).to_have_text("What have you read so far?")
    expect(said.locator(".bubble .prose")).to_have_text("What have you read so far?")
    expect(said).to_contain_text(f"Understood before: “{HELLO}”")
    tab.check_calm()
    staff.check_calm()


def test_voice_fits_a_phone(demo: Demo, microphones: Microphones, hello: Path) -> None:
    tab = microphones.tab(hello, NARROW)
    page = begun(demo, tab)
    open_microphone(page, mode="Open microphone")
    expect(understood(page)).to_be_visible(timeout=SPOKEN_MS)
    tab.check_fits()
    close_microphone(page)
    understood(page).get_by_role("button", name="That is not what I said").click()
    tab.check_fits()
    end(page)
    graded(page)
    tab.check_fits()
    tab.check_calm()


def test_a_spoken_question_in_a_real_voice_is_understood_and_answered_in_one(
    other_site: Site, microphones: Microphones, tmp_path: Path
) -> None:
    pytest.importorskip("pocketsphinx")
    server = other_site.start(scripted_pieces_per_second=40)
    tab = microphones.tab(voice(tmp_path / "voice.wav", "Hello. How are you today?"))
    page = begun(Demo(url=server.url, tokens=other_site.tokens, password=PASSWORD), tab)
    page.evaluate("localStorage.setItem('parlour.voice.mode', 'open')")
    page.reload()
    open_microphone(page)
    expect(own(page).first.locator(".prose")).to_have_text(re.compile("[a-z]{2}"), timeout=SPOKEN_MS)
    sound_is_heard(page)
