"""What fails or goes on while nobody looks: a preparation, the time, and an end when the person wants (issue 3)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from parlour.settings import sqlite_url
from tests.browser.acting import answered, box, end, go, say, sign_in, start
from tests.browser.browsing import NARROW, WIDE, Demo, Open
from tests.harness.site import PASSWORD, Site, until

pytestmark = pytest.mark.browser

NEW_STUDENT = "Practice: a new student every time"
MADE_MS = 60_000
AGAIN_MS = 60_000


@pytest.fixture(name="site")
def a_site(tmp_path: Path) -> Iterator[Site]:
    """A store of one test's own, without a server."""
    site = Site(tmp_path, sqlite_url(tmp_path)).seed()
    yield site
    site.close()


@pytest.mark.case(54)
def test_a_preparation_that_fails_leads_to_the_lobby_with_the_reason(site: Site, visit: Open) -> None:
    server = site.start(model="scripted-fail", grader_model="scripted")
    demo = Demo(url=server.url, tokens=site.tokens, password=PASSWORD)
    page = sign_in(server.url, demo, visit(NARROW)).page
    start(page, NEW_STUDENT)
    failed(page)
    page.reload()
    failed(page, told=False)
    page.get_by_role("button", name="Start this scenario").click()
    failed(page)

    server.stop()
    site.start(port=server.port)
    expect(page.get_by_text("Connected")).to_be_attached(timeout=AGAIN_MS)
    page.get_by_role("button", name="Start this scenario").click()
    expect(page.get_by_role("heading", name="With Maya Okafor")).to_be_focused(timeout=MADE_MS)
    expect(page.get_by_role("alert")).to_have_count(0)


def failed(page: Page, *, told: bool = True) -> None:
    """The lobby waits; the reason stands above it until the page is loaded again."""
    expect(page.get_by_role("heading", name=re.compile("^Next: "))).to_be_visible(timeout=MADE_MS)
    expect(page.get_by_role("alert")).to_have_count(1 if told else 0)
    expect(page.get_by_role("progressbar")).to_have_count(0)


@pytest.mark.case(68)
def test_what_ended_during_an_absence_is_told_and_the_next_one_waits(demo: Demo, visit: Open) -> None:
    away = sign_in(demo.url, demo, visit(WIDE))
    start(away.page, "Two short ones")
    expect(box(away.page)).to_be_visible()
    place = away.page.url.partition("#/")[2]
    attempt = f"{demo.url}/api/v1/attempts/{place.partition('/')[2]}"
    away.context.close()

    tab = sign_in(demo.url, demo, visit(NARROW), "instructor")
    headers = {"Authorization": f"Bearer {demo.tokens['learner']}"}
    until(lambda: read(tab.page, attempt, headers)["is_lobby"], every=0.3)

    page = sign_in(demo.url, demo, visit(NARROW)).page
    go(page, place)
    expect(page.get_by_role("heading", name="Next: One to one")).to_be_visible()
    expect(page.get_by_text("1 of 2 done.")).to_be_visible()
    expect(page.get_by_text("Time is up.")).to_be_visible()
    expect(box(page)).to_have_count(0)
    page.get_by_role("button", name="Start this scenario").click()
    expect(page.get_by_role("heading", name="With Ida Lind")).to_be_focused()
    expect(page.get_by_role("timer").first).to_have_text(re.compile(r"0:0\d left"))


def read(page: Page, address: str, headers: dict[str, str]) -> Any:
    return json.loads(page.request.get(address, headers=headers).text())


@pytest.mark.case(71)
def test_practice_in_rounds_is_finished_when_the_person_wants(demo: Demo, visit: Open) -> None:
    tab = sign_in(demo.url, demo, visit(WIDE))
    page = tab.page
    place = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Panel practice", exact=True))
    place.get_by_label("Go round again until I stop").check()
    start(page, "Panel practice")
    say(page, "Ida, what is the plan?")
    answered(page)
    end(page)
    page.get_by_role("button", name="Go to it").click()
    expect(page.get_by_role("heading", name="With Ida Lind", exact=True)).to_be_focused()
    end(page)
    page.get_by_role("button", name="Finish here").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The open conversation ends without a grade.")
    dialog.get_by_role("button", name="Finish", exact=True).click()
    expect(page.get_by_text("This attempt is over.")).to_be_visible()
    expect(page.get_by_role("region", name="Result")).to_be_focused()
    tab.check_calm()
