"""Spoken messages to the laboratory's assistant, on the page, with a microphone that hears a file (issue 6)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import NARROW, Demo
from tests.browser.laboratory import a_laboratory, answer_comes, asked, enter, register, say
from tests.browser.speaking import SCRIPTED, SPOKEN_MS, Microphones, recording_plays, tones
from tests.harness.site import PASSWORD

pytestmark = pytest.mark.browser

QUESTION = "How do I use the probe station?"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A server with the sample laboratory and tone speech. Instead of the page's own one."""
    with a_laboratory(tmp_path_factory.mktemp("lab-voice")) as site:
        server = site.start(lab__arxiv__enabled="off", **SCRIPTED)
        yield Demo(url=server.url, tokens=site.tokens, password=PASSWORD)


def seconds_recorded(page: Page, count: int) -> None:
    """So much sound is there."""
    clock = page.get_by_role("group", name="Recording").locator("p span").last
    expect(clock).to_have_text(re.compile(rf"0:(0[{count}-9]|[1-5]\d)"), timeout=SPOKEN_MS)


def test_a_spoken_question_is_understood_and_answered_aloud(
    demo: Demo, microphones: Microphones, tmp_path: Path
) -> None:
    tab = microphones.tab(tones(tmp_path / "question.wav", QUESTION, before_ms=1_200, after_ms=60_000), again=False)
    page = register(demo.url, tab, "rosalind")
    page.get_by_role("button", name="Record a spoken message").click()
    seconds_recorded(page, 4)
    page.get_by_role("button", name="Send recording").click()
    expect(page.locator(".message.own:not(.waiting)")).to_have_count(1, timeout=SPOKEN_MS)
    expect(page.locator(".message.own .prose")).to_have_text(QUESTION, timeout=SPOKEN_MS)
    answer = answer_comes(page, 1)
    player = answer.get_by_label("Spoken answer")
    expect(player).to_be_visible()
    recording_plays(page)
    page.locator(".message.own").get_by_role("button", name="Play what you said").click()
    expect(page.get_by_label("What you said")).to_be_visible()

    # A typed message is answered in writing, or aloud if one wants that.
    say(page, QUESTION)
    expect(answer_comes(page, 2).get_by_label("Spoken answer")).to_have_count(0)
    page.get_by_label("Answer what I type aloud").check()
    page.get_by_label("Play spoken answers at once").uncheck()
    say(page, QUESTION)
    answer_comes(page, 3).get_by_role("button", name="Play it").click()
    expect(page.get_by_label("Spoken answer").last).to_be_visible()
    tab.check_calm()


def test_a_recording_may_be_dropped_and_the_button_may_be_held(
    demo: Demo, microphones: Microphones, tmp_path: Path
) -> None:
    tab = microphones.tab(tones(tmp_path / "held.wav", QUESTION, before_ms=1_200, after_ms=60_000), NARROW, again=False)
    page = register(demo.url, tab, "barbara")
    button = page.get_by_role("button", name="Record a spoken message")
    button.press("Enter")
    seconds_recorded(page, 1)
    tab.check_fits()
    page.get_by_role("button", name="Cancel the recording").click()
    expect(page.get_by_role("group", name="Recording")).to_have_count(0)
    expect(page.locator(".message")).to_have_count(0)

    area = button.bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + area["width"] / 2, area["y"] + area["height"] / 2)
    page.mouse.down()
    seconds_recorded(page, 4)
    page.mouse.up()
    expect(page.locator(".message.own .prose")).to_have_text(QUESTION, timeout=SPOKEN_MS)
    answer_comes(page, 1)
    tab.check_fits()
    tab.check_calm()


def test_a_question_of_the_assistant_is_answered_by_voice(demo: Demo, microphones: Microphones, tmp_path: Path) -> None:
    tab = microphones.tab(tones(tmp_path / "yes.wav", "Graphene", before_ms=1_200, after_ms=60_000), again=False)
    page = enter(demo.url, tab, "lin")
    say(page, "create experiment")
    asked(page, "collect")
    page.get_by_role("button", name="Record a spoken message").click()
    seconds_recorded(page, 3)
    page.get_by_role("button", name="Send recording").click()
    expect(page.locator(".message.own .prose").last).to_have_text("Graphene", timeout=SPOKEN_MS)
    tab.check_calm()
