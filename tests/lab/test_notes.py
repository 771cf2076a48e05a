"""Notes on papers over HTTP (lab protocol 11)."""

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from parlour.assistant.papers import actions as papers
from parlour.files import actions as files
from parlour.files.entities import NewFile, StoredFile
from parlour.kernel.clock import instant
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from tests.harness.site import Site
from tests.lab.house import LabHouse, Member, serving_here
from tests.lab.tool_bench import Bench

SHARED, OWN = "10.5555/shared.1", "10.5555/Own.1"


@pytest.fixture(scope="module")
def house(lab_site: Site) -> Iterator[LabHouse]:
    with serving_here(lab_site) as made:
        yield made


@pytest.fixture(scope="module")
def ada(house: LabHouse) -> Member:
    """Somebody with a recent paper, in a laboratory with a shared one."""
    member = house.member()
    keep_paper(house, SHARED, None)
    keep_paper(house, OWN, member.account_id)
    return member


def keep_paper(house: LabHouse, doi: str, account_id: str | None) -> None:
    """A readable Markdown file with that DOI, kept as a paper."""

    async def keep() -> None:
        database = house.site.database()
        database.start()
        try:
            bench = Bench(database, house.site.folder / "data", None)
            received = await bench.intake.keep_bytes("paper.md", f"# A paper to note on\n\ndoi:{doi}\n\nText.".encode())
            owner = AccountId(account_id) if account_id else None
            new = NewFile(account_id=owner, name="paper.md", origin="paper", received=received, shared=owner is None)
            kept = await database.write(lambda tx: files.keep_file(tx, new))
            file = await bench.reader.ensure(kept.id)
            await database.write(lambda tx: add(tx, file, owner))
        finally:
            await database.stop()

    def add(tx: Tx, file: StoredFile, owner: AccountId | None) -> None:
        added = papers.add_recent(tx, owner, file) if owner else papers.add_shared(tx, "lin", file)
        assert added.paper.about.doi == doi

    asyncio.run(keep())


def note(**changed: Any) -> dict[str, Any]:
    return {"doi": SHARED, "page_label": 4, "chunk_info": "The passage", "note": "check Fig. 2", **changed}


async def add(http: httpx.AsyncClient, member: Member, **changed: Any) -> httpx.Response:
    return await http.post(f"/users/{member.user_id}/paper_notes/add_note", json=note(**changed))


@pytest.mark.lab("H1")
async def test_a_note_is_stored_and_read_in_each_way(house: LabHouse, ada: Member) -> None:
    path = f"/users/{ada.user_id}/paper_notes/get_note"
    async with house.http(ada) as http:
        for changed in ({"user_id": ada.user_id}, {"page_label": "5", "note": "again"}, {"doi": f"DOI:{SHARED}"}):
            answer = await add(http, ada, **changed, colour="ignored")
            assert (answer.status_code, answer.json()) == (200, True), answer.text
        unknown = await add(http, ada, doi="10.5555/nobody.has")
        assert (unknown.status_code, unknown.json()) == (200, False)
        told = [
            await http.get(path, params={"doi": f"https://doi.org/{SHARED.upper()}"}),
            await http.request("GET", path, json={"doi": SHARED}),
            await http.post(path, json={"doi": SHARED}),
            await http.request("GET", path, params={"doi": SHARED}, json={"doi": "10.5555/other"}),
            await http.get(path, params={"doi": SHARED}),
        ]
        assert {answer.status_code for answer in told} == {200}
        first = told[0].json()
        assert all(answer.json() == first for answer in told)
        digest = hashlib.sha256(b"The passage").hexdigest()
        assert first["chunk_contents"] == {digest: "The passage"}
        assert [each["page_label"] for each in first["user_notes"]] == [4, 5, 4]
        for each in first["user_notes"]:
            assert set(each) == {"doi", "page_label", "chunk_hash", "user_id", "note", "timestamp"}
            assert (each["user_id"], each["chunk_hash"]) == (ada.user_id, digest)
            assert instant(each["timestamp"])
        none = await http.get(path, params={"doi": "10.5555/nobody.has"})
        assert none.json() == {"chunk_contents": None, "user_notes": None}


@pytest.mark.lab("H1")
@pytest.mark.parametrize(
    "changed",
    [
        {"user_id": "somebody else"},
        {"page_label": 0},
        {"page_label": "four"},
        {"page_label": True},
        {"page_label": 1.5},
        {"note": ""},
        {"note": "x" * 20_001},
        {"chunk_info": "a\0b"},
        {"doi": None},
    ],
)
async def test_what_does_not_fit_is_refused(house: LabHouse, ada: Member, changed: dict[str, Any]) -> None:
    async with house.http(ada) as http:
        answer = await add(http, ada, **changed)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation"), answer.text


@pytest.mark.lab("H1")
async def test_a_doi_is_needed_to_read(house: LabHouse, ada: Member) -> None:
    path = f"/users/{ada.user_id}/paper_notes/get_note"
    async with house.http(ada) as http:
        for answer, wanted in (
            (await http.get(path), (422, "validation")),
            (await http.get(path, params={"doi": ""}), (422, "validation")),
            (await http.request("GET", path, json={}), (422, "validation")),
            (await http.request("GET", path, content=b'{"doi": '), (400, "bad_request")),
            (await http.request("GET", path, content=b"x" * 70_000), (413, "body_too_large")),
            (await http.post(path, json={}), (422, "validation")),
        ):
            assert (answer.status_code, answer.json()["code"]) == wanted, answer.text


@pytest.mark.lab("H2")
async def test_notes_on_a_recent_paper_are_their_authors_own(house: LabHouse, ada: Member) -> None:
    lin = house.member()
    async with house.http(ada) as http:
        assert (await add(http, ada, doi=OWN)).json() is True
        seen = await http.get(f"/users/{ada.user_id}/paper_notes/get_note", params={"doi": OWN.lower()})
        assert len(seen.json()["user_notes"]) == 1
    async with house.http(lin) as http:
        assert (await add(http, lin, doi=OWN)).json() is False
        for doi, there in ((OWN, False), (SHARED, True)):
            told = await http.get(f"/users/{lin.user_id}/paper_notes/get_note", params={"doi": doi})
            assert bool(told.json()["user_notes"]) is there


async def test_a_repeated_note_is_stored_once(house: LabHouse, ada: Member) -> None:
    headers = {"idempotency-key": "note-1"}
    path = f"/users/{ada.user_id}/paper_notes"
    async with house.http(ada, headers=headers) as http:
        first, again = [await add(http, ada, doi=OWN, note="only once") for _ in range(2)]
        assert (first.json(), again.json(), again.headers["idempotency-replayed"]) == (True, True, "true")
        assert (await add(http, ada, doi=OWN, note="another")).json()["code"] == "idempotency_conflict"
    async with house.http(ada) as http:
        told = (await http.get(f"{path}/get_note", params={"doi": OWN})).json()["user_notes"]
    assert [each["note"] for each in told].count("only once") == 1
