"""`GET /api/v1/uploads/...` as a browser and as a stranger see it."""

import hashlib
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.accounts import actions as accounts
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import keep_files, publish
from parlour.files import actions as files
from parlour.files.entities import NewUpload, Upload
from parlour.kernel.clock import instant
from parlour.kernel.ids import AccountId, named_id
from parlour.storage.blobs.folder import FolderBlobs
from parlour.wire.http.ranges import Span, span_of
from parlour.wire.rest.uploads import shown_as
from tests.harness.site import PACK, Site
from tests.wire.house import UNKNOWN, House

BYTES = (PACK / "media" / "office-hour.webm").read_bytes()
DIGEST = hashlib.sha256(BYTES).hexdigest()
VIDEO = named_id("teaching-practice", "upload", DIGEST)
CAPTIONS = named_id(
    "teaching-practice", "upload", hashlib.sha256((PACK / "media" / "office-hour.en.vtt").read_bytes()).hexdigest()
)


def io(house: House, user_id: str | None = "learner") -> httpx.AsyncClient:
    """An HTTP client with an account's token, or without any."""
    headers = {"authorization": f"Bearer {house.site.tokens[user_id]}"} if user_id else {}
    return httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60)


def path_of(upload_id: str) -> str:
    return f"/api/v1/uploads/{upload_id}"


async def test_a_learner_gets_the_video_of_an_assessment_as_it_is(house: House) -> None:
    async with io(house) as http:
        cards = (await http.get("/api/v1/home")).json()["items"]
        home = next(card["home_id"] for card in cards if card["home_id"] == house.site.homes["Tutor assessment"])
        started = (await http.post("/socket/v5/client/attempt/start", json={"home_id": home})).json()
        detail = (await http.get(f"/api/v1/attempts/{started['attempt_id']}")).json()
        (video,) = detail["resources"]["videos"].values()
        assert (video["upload_id"], video["mime_type"]) == (VIDEO, "video/webm")
        assert video["captions"] == [{"upload_id": CAPTIONS, "language": "en", "label": "English"}]
        whole = await http.get(path_of(VIDEO))
        assert (whole.status_code, whole.content) == (200, BYTES)
        assert dict(whole.headers) | {"date": "", "server": ""} == {
            "date": "",
            "server": "",
            "accept-ranges": "bytes",
            "cache-control": "private, no-cache",
            "content-disposition": "inline; filename=\"office-hour.webm\"; filename*=UTF-8''office-hour.webm",
            "content-length": str(len(BYTES)),
            "content-security-policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
            "content-type": "video/webm",
            "etag": f'"{DIGEST}"',
            "referrer-policy": "no-referrer",
            "x-content-type-options": "nosniff",
        }
        said = await http.get(path_of(CAPTIONS))
        assert said.headers["content-type"].startswith("text/vtt")
        assert said.text.startswith("WEBVTT")


@pytest.mark.parametrize(
    ("wanted", "status", "begin", "end"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, len(BYTES)),
        ("bytes=-7", 206, len(BYTES) - 7, len(BYTES)),
        (f"bytes=5-{len(BYTES) * 2}", 206, 5, len(BYTES)),
        (f"bytes=-{len(BYTES) * 2}", 206, 0, len(BYTES)),
        (f"bytes={len(BYTES) - 1}-{len(BYTES) - 1}", 206, len(BYTES) - 1, len(BYTES)),
        ("bytes=0-1,5-9", 200, 0, len(BYTES)),
        ("bytes=9-5", 200, 0, len(BYTES)),
        ("lines=1-2", 200, 0, len(BYTES)),
        (f"bytes={len(BYTES)}-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
    ],
)
async def test_a_player_gets_the_part_that_it_asks_for(
    house: House, wanted: str, status: int, begin: int, end: int
) -> None:
    async with io(house) as http:
        answer = await http.get(path_of(VIDEO), headers={"range": wanted})
        assert (answer.status_code, answer.content) == (status, BYTES[begin:end])
        assert answer.headers["content-length"] == str(end - begin)
        spans = {200: None, 206: f"bytes {begin}-{end - 1}/{len(BYTES)}", 416: f"bytes */{len(BYTES)}"}
        assert answer.headers.get("content-range") == spans[status]


async def test_what_is_known_is_not_sent_again_and_a_part_of_another_version_never(house: House) -> None:
    async with io(house) as http:
        for tag in (f'"{DIGEST}"', f'W/"{DIGEST}", "x"', "*"):
            answer = await http.get(path_of(VIDEO), headers={"if-none-match": tag})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", f'"{DIGEST}"')
        assert (await http.get(path_of(VIDEO), headers={"if-none-match": '"x"'})).status_code == 200
        old = {"range": "bytes=0-9", "if-range": '"another"'}
        assert (await http.get(path_of(VIDEO), headers=old)).content == BYTES
        same = {"range": "bytes=0-9", "if-range": f'"{DIGEST}"'}
        assert (await http.get(path_of(VIDEO), headers=same)).content == BYTES[:10]


async def test_who_may_not_read_a_file_is_told_what_they_are_told_of_none(house: House) -> None:
    granted: set[str] = set()
    for user_id in ("learner", "fellow", "limited", "instructor", "peer", "outsider", "admin", "root"):
        async with io(house, user_id) as http:
            for end in ("", "/ticket"):
                found, missing = await http.get(path_of(VIDEO) + end), await http.get(path_of(UNKNOWN) + end)
                assert missing.status_code == 404
                if found.status_code == 200:
                    granted.add(user_id + end)
                else:
                    assert problem(found) == problem(missing)
    readers = {"learner", "instructor", "peer", "outsider", "admin", "root"}
    assert granted == readers | {f"{user_id}/ticket" for user_id in readers}
    async with io(house, None) as nobody:
        for end in ("", "/ticket", "?ticket=", "?ticket=x.y.z"):
            assert (await nobody.get(path_of(VIDEO) + end)).status_code == 401


DESK = """
pack: {id: pictured, name: Pictured}
documents:
  list:
    name: List
    text: "At {{place}}: honey for {{price}}."
    template: true
    fields: {price: two, place: home}
    images: [{name: "The stand at {{place}}", description: Jars in rows., file: stand.png}]
personas: {nia: {name: Nia, instructions: "You sell {{wares}}.", parameters: {wares: honey}}}
scenarios:
  fair:
    name: Fair
    personas: [nia]
    documents: [list]
    parameters: {place: the fair}
    questions: [{text: "What is sold at {{place}}?", options: [{text: "{{place}}"}, {text: Honey, correct: true}]}]
    questions_enabled: true
simulations: {one: {name: Fair, scenarios: [{scenario: fair}]}}
practice: {own: {name: Pictured, simulation: one, learners: [LEARNER]}}
"""


async def test_a_learner_reads_a_document_filled_and_sees_its_pictures_which_others_do_not(
    house: House, tmp_path: Path
) -> None:
    picture = b"\x89PNG\r\n\x1a\n and so on"
    (tmp_path / "stand.png").write_bytes(picture)
    (tmp_path / "desk.yaml").write_text(DESK.replace("LEARNER", "learner"))
    bundle = load_bundle(tmp_path)
    keep_files(bundle, FolderBlobs(house.site.folder / "data" / "files"))
    house.site.write(lambda tx: publish(tx, bundle))
    async with io(house) as http, io(house, "fellow") as fellow:
        begun = {"practice_id": bundle.entries[0].id}
        started = (await http.post("/socket/v5/client/attempt/start", json=begun)).json()
        detail = (await http.get(f"/api/v1/attempts/{started['attempt_id']}")).json()
        (document,) = detail["resources"]["documents"].values()
        assert document["text"] == "At the fair: honey for two."
        (image,) = document["images"]
        assert (image["name"], image["description"]) == ("The stand at the fair", "Jars in rows.")
        (question,) = detail["resources"]["questions"].values()
        assert question["question_text"] == "What is sold at the fair?"
        assert [option["option_text"] for option in question["options"]] == ["the fair", "Honey"]
        seen = await http.get(path_of(image["upload_id"]))
        assert (seen.status_code, seen.content) == (200, picture)
        for end in ("", "/ticket"):
            hidden = await fellow.get(path_of(image["upload_id"]) + end)
            assert problem(hidden) == problem(await fellow.get(path_of(UNKNOWN) + end))


def problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    found.pop("instance", None)
    assert found["detail"] == "Upload not found."
    return found


@pytest.mark.parametrize(
    "name", ["..%2f..%2fparlour.sqlite3", "%2e%2e", "..%5c..", DIGEST, f"{DIGEST[:2]}%2f{DIGEST}", "x" * 300, "%00"]
)
async def test_a_path_leads_to_no_other_file(house: House, name: str) -> None:
    async with io(house) as http:
        for end in ("", "/ticket"):
            assert (await http.get(f"/api/v1/uploads/{name}{end}")).status_code in (404, 422)


async def test_a_ticket_is_a_link_that_needs_no_credential(house: House) -> None:
    async with io(house) as http, io(house, None) as nobody, io(house, "fellow") as fellow:
        ticket = (await http.get(f"{path_of(VIDEO)}/ticket")).json()
        assert ticket["url"].startswith(f"{path_of(VIDEO)}?ticket=")
        assert instant(ticket["expires_at"])
        part = await nobody.get(ticket["url"], headers={"range": "bytes=10-19"})
        assert (part.status_code, part.content) == (206, BYTES[10:20])
        query = ticket["url"].partition("?")[2]
        for url in (f"{path_of(CAPTIONS)}?{query}", f"{path_of(UNKNOWN)}?{query}", f"{ticket['url']}0"):
            refused = await nobody.get(url)
            assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
        assert (await nobody.get(f"{path_of(VIDEO)}/ticket?{query}")).status_code == 401
        assert (await fellow.get(ticket["url"])).status_code == 404  # a credential is never passed over


async def test_a_ticket_ends_with_the_account_and_holds_on_every_server(shared: Site) -> None:
    one, other = shared.start(), shared.start()
    house = House(shared, one)
    async with io(house) as http, httpx.AsyncClient(base_url=other.url, timeout=60) as nobody:
        url = (await http.get(f"{path_of(VIDEO)}/ticket")).json()["url"]
        assert (await nobody.get(url)).content == BYTES
        shared.write(lambda tx: accounts.deactivate(tx, shared.ids["learner"]))
        assert (await nobody.get(url)).status_code == 401


async def test_a_file_whose_bytes_are_gone_is_unavailable_and_says_nothing_of_why(own: Site) -> None:
    own.start()
    for blob in (own.folder / "data" / "files").rglob(DIGEST):
        blob.unlink()
    async with io(House(own, own.processes[0])) as http:
        gone = await http.get(path_of(VIDEO))
        assert (gone.status_code, gone.json()["detail"]) == (503, "The storage service is not available.")


async def test_what_a_browser_might_run_is_offered_for_saving(house: House) -> None:
    page = b"<script>alert(1)</script>"
    digest = hashlib.sha256(page).hexdigest()
    folder = house.site.folder / "data" / "files" / digest[:2]
    folder.mkdir(exist_ok=True)
    (folder / digest).write_bytes(page)
    owner = AccountId(house.site.ids["learner"])
    upload_id = named_id("page", str(Path(house.site.folder)))
    new = NewUpload(
        id=upload_id, account_id=owner, name='../"a\r\nb".html', mime_type="text/html", bytes=len(page), digest=digest
    )
    house.site.write(lambda tx: files.record(tx, new))
    async with io(house) as http, io(house, "root") as root:
        answer = await http.get(path_of(upload_id))
        assert (answer.status_code, answer.content) == (200, page)
        assert answer.headers["content-disposition"].startswith('attachment; filename="_')
        assert "\n" not in answer.headers["content-disposition"]
        assert "sandbox" in answer.headers["content-security-policy"]
        assert (await root.get(path_of(upload_id))).status_code == 404


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a b.png", "inline; filename=\"a b.png\"; filename*=UTF-8''a%20b.png"),
        ("../../etc/passwd", "inline; filename=\"_.._etc_passwd\"; filename*=UTF-8''_.._etc_passwd"),
        ('x";y=\r\nz', "inline; filename=\"x_;y=__z\"; filename*=UTF-8''x_%3By%3D__z"),
        ("\N{LATIN SMALL LETTER U WITH DIAERESIS}.png", "inline; filename=\"_.png\"; filename*=UTF-8''%C3%BC.png"),
        ("...", "inline; filename=\"file\"; filename*=UTF-8''file"),
        ("a" * 400 + ".png", f"inline; filename=\"{'a' * 146}.png\"; filename*=UTF-8''{'a' * 146}.png"),
    ],
)
def test_names_lead_nowhere(name: str, shown: str) -> None:
    upload = Upload(id=UNKNOWN, account_id=None, name=name, mime_type="image/png", bytes=1, digest=DIGEST, created_at=0)
    assert shown_as(upload) == shown


def test_nothing_of_an_empty_file_can_be_a_part() -> None:
    assert span_of(None, 0) == Span(begin=0, length=0, partial=False)
    assert span_of("bytes=0-", 0) is None
    assert span_of("bytes=-5", 0) is None
