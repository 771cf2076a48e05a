"""Writing with a model service that streams, and with the rule that a second person looks at it first (issue 7)."""

import asyncio
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Page, expect

from parlour.settings import sqlite_url
from tests.browser.acting import go
from tests.browser.browsing import WIDE, Demo, Open
from tests.browser.writing import begin, enter, field, saved, write
from tests.harness.site import PASSWORD, Site
from tests.wire.stand_in import StandIn, standing_in
from tests.wire.test_generate_streaming import INSTRUCTIONS
from tests.wire.test_generate_streaming import write as answer

pytestmark = pytest.mark.browser


@dataclass(frozen=True, kw_only=True)
class Model:
    """The stand-in on a loop of its own, beside the browser's."""

    service: StandIn
    providers: str
    loop: asyncio.AbstractEventLoop

    def hold(self) -> None:
        """Longer answers stop after their first piece."""
        self.service.gate = asyncio.Event()

    def go_on(self) -> None:
        """And come to their end."""
        assert self.service.gate is not None
        self.loop.call_soon_threadsafe(self.service.gate.set)


@contextmanager
def model_service() -> Generator[Model]:
    """A model named `local:writer` that listens while the block runs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    standing = standing_in()
    service, providers = asyncio.run_coroutine_threadsafe(standing.__aenter__(), loop).result(60)
    service.answers["writer"] = answer
    yield Model(service=service, providers=providers, loop=loop)
    asyncio.run_coroutine_threadsafe(standing.__aexit__(None, None, None), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(60)
    loop.close()


@pytest.fixture(scope="module")
def model() -> Iterator[Model]:
    with model_service() as made:
        yield made


@pytest.fixture(scope="module")
def house(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A server that writes with the model, and publishes what a second person has approved."""
    folder = tmp_path_factory.mktemp("house")
    site = Site(folder, sqlite_url(folder)).seed()
    server = site.start(PROVIDERS=model.providers, AUTHORING__MODEL="local:writer", AUTHORING__TWO_PERSON="true")
    yield Demo(url=server.url, tokens=site.tokens, password=PASSWORD)
    site.close()


def test_the_fields_grow_while_a_model_writes(house: Demo, model: Model, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(house.url, house, tab)
    begin(page, "Persona")
    expect(page.get_by_text("No model is connected")).to_have_count(0)
    model.hold()
    page.get_by_label("What should this persona be about?").fill("A reader with a late book. One example.")
    page.locator(".lib-which > summary").click()
    for label in ("Colour", "Sign"):
        page.get_by_role("checkbox", name=label, exact=True).uncheck()
    page.get_by_role("button", name="Write a draft").click()
    growing = page.locator("#part-instructions .lib-streaming")
    expect(growing).to_contain_text(INSTRUCTIONS[:40])
    first = growing.inner_text().strip()
    assert INSTRUCTIONS.startswith(first)
    assert len(first) < len(INSTRUCTIONS)
    expect(field(page, "Name")).to_have_value("Ida Brun")
    expect(field(page, "Instructions")).to_have_value("")
    model.go_on()
    expect(field(page, "Instructions")).to_have_value(INSTRUCTIONS.strip())
    expect(page.get_by_text("The assistant has finished.")).to_be_visible()
    expect(growing).to_have_count(0)
    note = page.get_by_role("region", name="Publish", exact=True).locator(".lib-unseen")
    expect(note).to_contain_text("4 proposals of the assistant are not looked at yet. Publishing accepts them.")
    page.get_by_role("button", name="Accept Name", exact=True).click()
    expect(note).to_contain_text("3 proposals")
    page.get_by_role("button", name="Accept all").click()
    expect(note).to_have_count(0)
    tab.check_calm()


def test_two_people_publish_and_take_in_what_the_other_wrote(house: Demo, visit: Open) -> None:
    tab = visit(WIDE)
    page = enter(house.url, house, tab)
    begin(page, "Document")
    write(page, {"Name": "House rules", "Description": "What holds here.", "Text": "Be kind."})
    saved(page)
    publishing = page.get_by_role("button", name="Publish…")
    expect(page.get_by_text("A second person has to approve it first.")).to_be_visible()
    expect(publishing).to_be_disabled()
    asked_approved_published(house, visit, page)

    page.get_by_role("link", name="See it in the library").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(field(page, "Name")).to_have_value("House rules")
    field(page, "Text").fill("Be kind, and be quiet.")
    saved(page)
    published_by_the_other(house, {"texts": {"text": "Be kind to books."}, "descriptions": {"description": "New."}})
    page.reload()
    expect(page.get_by_text("Somebody has published version 2 meanwhile.")).to_be_visible()
    expect(publishing).to_be_disabled()
    page.get_by_role("button", name="Take them in").click()
    expect(field(page, "Description")).to_have_value("New.")
    expect(field(page, "Text")).to_have_value("Be kind, and be quiet.")
    expect(page.get_by_text("You both changed the same")).to_be_visible()
    expect(page.locator("#part-texts .lib-clash")).to_contain_text("Be kind to books.")
    page.get_by_role("button", name="Take theirs").click()
    expect(field(page, "Text")).to_have_value("Be kind to books.")
    expect(page.locator(".lib-clash")).to_have_count(0)
    field(page, "Text").fill("Be kind to books, and be quiet.")
    saved(page)
    asked_approved_published(house, visit, page)
    expect(page.get_by_text("Document, version 3.")).to_be_visible()
    tab.check_calm()


def asked_approved_published(house: Demo, visit: Open, page: Page) -> None:
    """The author asks, the admin approves, the author publishes."""
    page.get_by_label("What should be looked at?").fill("Is it right?")
    page.get_by_role("button", name="Ask for a look").click()
    expect(page.locator(".lib-review")).to_contain_text("Is it right?")
    other = visit(WIDE).page
    other.goto(f"{house.url}/#token={house.tokens['admin']}")
    expect(other.get_by_role("navigation", name="Pages").get_by_role("link", name="Library")).to_be_visible()
    go(other, page.url.partition("#/")[2])
    other.get_by_role("button", name="Approve it").click()
    expect(other.locator(".lib-review")).to_contain_text("approved it.")
    page.reload()
    page.get_by_role("button", name="Publish…").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish", exact=True).click()
    expect(page.get_by_role("heading", name="It is published")).to_be_visible()


def published_by_the_other(house: Demo, fields: dict[str, dict[str, str]]) -> None:
    """The admin's next version of the document, approved by the instructor, elsewhere."""
    with (
        httpx.Client(base_url=f"{house.url}/api/v1", headers=bearer(house, "admin"), timeout=60) as admin,
        httpx.Client(base_url=f"{house.url}/api/v1", headers=bearer(house, "instructor"), timeout=60) as instructor,
    ):
        found = admin.get("/artifacts", params={"type": "document", "search": "House rules"}).json()["items"][0]
        draft = admin.post("/authoring/drafts", json={"artifact_type": "document", "artifact_id": found["id"]}).json()
        place = f"/authoring/drafts/{draft['id']}"
        changes = [{"op": "put", "type": name, "fields": given} for name, given in fields.items()]
        draft = admin.patch(place, json={"expected_version": draft["version"], "changes": changes}).json()
        draft = admin.post(f"{place}/review", json={"expected_version": draft["version"]}).json()
        draft = instructor.post(f"{place}/approve", json={"expected_version": draft["version"]}).json()
        told = admin.post(f"{place}/publish", json={"expected_version": draft["version"]})
        assert told.is_success, told.text


def bearer(house: Demo, who: str) -> dict[str, str]:
    """The header that signs somebody in."""
    return {"authorization": f"Bearer {house.tokens[who]}"}
