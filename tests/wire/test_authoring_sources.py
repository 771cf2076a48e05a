"""What a draft is written from: documents, files, and conversations that nobody is named in (Glow 6.10)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.catalog import authored
from parlour.catalog.entities import Document
from parlour.catalog.store import NewContent, body_of, put
from parlour.drafts import actions as drafts
from parlour.drafts.entities import DraftId
from parlour.drafts.values import Span, Value, Written
from parlour.files import actions as files
from parlour.files.entities import NewFile, Received
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Source
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from tests.wire.authors import DRAFTS, Author
from tests.wire.house import UNKNOWN, House

TEXT = "  The fee is twelve euros. \U0001f600 It is due in May.  "


@pytest.fixture
async def author(house: House) -> AsyncIterator[Author]:
    async with Author(house.site, house.process, "instructor") as made:
        yield made


def a_document(house: House, text: str) -> str:
    """A document of the library, for everybody."""

    def make(tx: Tx) -> str:
        made = Document(id=tx.new_id(), name="Fees", text=text)
        put(tx, NewContent(id=made.id, kind="document", name=made.name, body=body_of(made)))
        return made.id

    return house.site.write(make)


def a_file(house: House, user_id: str, text: str | None) -> str:
    """A file of somebody's, whose text was read if there is one."""

    def make(tx: Tx) -> str:
        owner = AccountId(house.site.ids[user_id])
        received = Received(digest="0" * 64, size=1, type="application/pdf")
        kept = files.keep_file(tx, NewFile(account_id=owner, name="fees.pdf", origin="upload", received=received))
        if text is not None:
            chunks = [NewChunk(page=n, position=n, text=page) for n, page in enumerate(text.split("|"), start=1)]
            index.put(tx, Source(kind=files.CHUNKS, id=kept.id, account_id=owner), chunks)
            tx.run("UPDATE uploads SET text_status = 'ok' WHERE id = :id", id=kept.id)
            tx.run("DELETE FROM jobs WHERE kind = 'files.extract'")
        return kept.id

    return house.site.write(make)


async def attach(author: Author, draft: Any, kind: str, of_id: str, status: int = 200) -> Any:
    """The draft with one more source."""
    return await author.ask("POST", f"{DRAFTS}/{draft['id']}/sources", {"kind": kind, "id": of_id}, status)


async def text_of(author: Author, draft: Any, source_id: str) -> str:
    """What the model reads of a source."""
    return (await author.ask("GET", f"{DRAFTS}/{draft['id']}/sources/{source_id}"))["text"]


async def test_documents_and_files_are_read_as_they_are_now(house: House, author: Author) -> None:
    document, empty = a_document(house, TEXT), a_document(house, " ")
    own, foreign = a_file(house, "instructor", "Page one.|Page two."), a_file(house, "fellow", "Secret.")
    unread = a_file(house, "instructor", None)
    draft = await author.begin("scenario")
    draft = await attach(author, draft, "document", document)
    assert [(each["kind"], each["name"], each["cut"]) for each in draft["sources"]] == [("document", "Fees", False)]
    assert await text_of(author, draft, document) == TEXT.strip()
    draft = await attach(author, draft, "upload", own)
    assert await text_of(author, draft, own) == "Page one.\n\nPage two."
    again = await attach(author, draft, "upload", own)
    assert (len(again["sources"]), again["version"]) == (2, draft["version"] + 1)
    for kind, of_id, status, code in (
        ("document", empty, 422, "source_unreadable"),
        ("document", UNKNOWN, 404, "not_found"),
        ("document", own, 422, "invalid_request"),
        ("upload", foreign, 404, "not_found"),
        ("upload", UNKNOWN, 404, "not_found"),
        ("upload", unread, 409, "source_pending"),
        ("chat", UNKNOWN, 404, "not_found"),
        ("letter", UNKNOWN, 422, "invalid_request"),
    ):
        assert (await attach(author, draft, kind, of_id, status))["code"] == code
    left = await author.ask("DELETE", f"{DRAFTS}/{draft['id']}/sources/{own}")
    assert [each["of_id"] for each in left["sources"]] == [document]
    await author.ask("DELETE", f"{DRAFTS}/{draft['id']}/sources/{own}", status=404)
    await author.ask("GET", f"{DRAFTS}/{draft['id']}/sources/{own}", status=404)


async def test_a_conversation_is_read_without_names_and_forgotten_when_it_is_deleted(
    house: House, author: Author
) -> None:
    def known(tx: Tx) -> None:
        if accounts.account_by_user_id(tx, "zkerekes") is None:
            accounts.create_account(tx, NewAccount(user_id="zkerekes", name="Zoltan Kerekes"))

    house.site.write(known)
    async with house.client("learner") as learner:
        started = await learner.ok("attempt_start", {"practice_id": house.site.practices["practice-single"]})
        attempt, chat = started["attempt_id"], started["attempt_chat_id"]
        await learner.say(attempt, chat, "Zoltan Kerekes told me that the canary is blue.")
    draft = await author.begin("rubric")
    draft = await attach(author, draft, "chat", chat)
    text = await text_of(author, draft, chat)
    assert text.startswith("Learner: ")
    assert "\n\nPersona: " in text
    assert "the canary is blue" in text
    assert "Zoltan" not in text
    assert "Kerekes" not in text
    async with Author(house.site, house.process, "outsider") as stranger:
        mine = await stranger.begin("rubric")
        assert (await attach(stranger, mine, "chat", chat, 404))["code"] == "not_found"

    start = text.index("the canary")
    quoted = Value(
        id=UNKNOWN,
        fields={"name": "Canary"},
        spans=(Span(source_id=chat, start=start, end=start + 18, quote="the canary is blue"),),
    )

    def quote(tx: Tx) -> None:
        found = drafts.draft(tx, DraftId(draft["id"]), lock=True)
        assert found is not None
        drafts.put_body(tx, found, replace(found.artifact, values={"names": (quoted,)}))
        kept = Written(values={"names": (quoted,)})
        authored.put_values(tx, UNKNOWN, 1, msgspec.json.encode(kept).decode())
        tx.run(
            "INSERT INTO content_checks (id, subject_id, digest, artifact_type, account_id, state, progress,"
            " created_at) VALUES (:id, :draft, '', 'rubric', '', 'done', 'the canary is blue', 0)",
            id=tx.new_id(),
            draft=draft["id"],
        )

    house.site.write(quote)
    async with Author(house.site, house.process, "learner") as owner:
        await owner.ask("DELETE", f"/attempts/{attempt}", status=204)
    after = await author.read(draft)
    assert (after["sources"], after["values"]["names"][0]["fields"]) == ([], {"name": "Canary"})
    assert after["values"]["names"][0]["spans"] == []
    kept = house.site.write(lambda tx: authored.values_body(tx, UNKNOWN, 1))
    assert kept is not None
    assert "Canary" in kept
    stored = house.site.write(lambda tx: [row["body"] for row in tx.all("SELECT body FROM drafts")])
    stored += house.site.write(lambda tx: [row["progress"] for row in tx.all("SELECT progress FROM content_checks")])
    assert all("canary is blue" not in body for body in (*stored, kept))


async def test_a_long_text_is_cut(house: House, author: Author) -> None:
    document = a_document(house, "x" * 70_000)
    draft = await attach(author, await author.begin("scenario"), "document", document)
    assert [(each["characters"], each["cut"]) for each in draft["sources"]] == [(60_000, True)]


PNG = b"\x89PNG\r\n\x1a\n and no more"


async def send(author: Author, name: str, content: bytes, status: int = 201, kind: str = "image/png") -> Any:
    """What a file was answered."""
    headers = {"content-type": kind}
    answer = await author.http.post("/api/v1/uploads", params={"name": name}, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_file_of_an_author_is_for_content_and_its_text_for_drafts(house: House, author: Author) -> None:
    picture = await send(author, "../a picture.png", PNG, kind="application/octet-stream")
    assert (picture["mime_type"], picture["bytes"], picture["source_id"]) == ("image/png", len(PNG), None)
    assert picture["name"] == "a picture.png"
    shown = await author.http.get(f"/api/v1/uploads/{picture['upload_id']}")
    assert shown.content == PNG
    captions = await send(author, "said.vtt", b"WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n", kind="text/vtt")
    assert (captions["mime_type"], captions["source_id"]) == ("text/vtt", None)
    text = await send(author, "fees.txt", b"The fee is twelve euros." * 200_000, kind="text/plain")
    draft = await author.begin("scenario")

    async def read() -> bool:
        place = f"/api/v1{DRAFTS}/{draft['id']}/sources"
        answer = await author.http.post(place, json={"kind": "upload", "id": text["source_id"]})
        assert answer.status_code in (200, 409), answer.text
        return answer.status_code == 200

    async with asyncio.timeout(60):
        while not await read():  # noqa: ASYNC110 (it is read in another process)
            await asyncio.sleep(0.02)
    assert (await text_of(author, draft, text["source_id"])).startswith("The fee is twelve euros.")
    for name, content, status, code in (
        ("page.html", b"<html><script>alert(1)</script></html>", 415, "type_unsupported"),
        ("empty.png", b"", 415, "type_unsupported"),
        ("program.png", b"\x7fELF\x02\x01\x01", 415, "type_unsupported"),
    ):
        assert (await send(author, name, content, status))["code"] == code
    async with Author(house.site, house.process, "learner") as learner:
        assert (await send(learner, "a.png", PNG, 403))["code"] == "forbidden"
