"""Files that authors send for content: who may read and name them, how many they keep, and when they go (Glow 6.10)."""

from typing import Any

from tests.harness.constants import constants
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.waiting import eventually
from tests.wire.authors import DRAFTS, Author
from tests.wire.house import UNKNOWN, House
from tests.wire.test_authoring_sources import PNG, send
from tests.wire.test_trying import SCENARIO

NO_FILE = "There is no such file."


def image(upload_id: str, type_name: str = "images") -> dict[str, Any]:
    """A value that shows a file."""
    return {"op": "add", "type": type_name, "fields": {"name": "A door", "description": "", "upload_id": upload_id}}


def without(draft: Any, upload_id: str) -> dict[str, Any]:
    """The change that takes a picture out of a draft."""
    (value,) = [each for each in draft["values"]["images"] if each["fields"]["upload_id"] == upload_id]
    return {"op": "remove", "type": "images", "value_id": value["id"]}


async def found(who: Author, upload_id: str) -> bool:
    """Whether somebody reads a file, its link too; who does not is told what is told of none."""
    kinds: set[bool] = set()
    for end in ("", "/ticket"):
        answer, none = [await who.http.get(f"/api/v1/uploads/{each}{end}") for each in (upload_id, UNKNOWN)]
        assert none.status_code == 404
        kinds.add(answer.status_code == 200)
        if answer.status_code != 200:
            assert answer.content.replace(upload_id.encode(), UNKNOWN.encode()) == none.content
    (kind,) = kinds
    return kind


async def readers(house: House, upload_id: str) -> set[str]:
    """Who reads a file."""
    everybody = ("instructor", "peer", "admin", "root", "outsider", "learner", "limited")
    seen: set[str] = set()
    for user_id in everybody:
        async with Author(house.site, house.process, user_id) as who:
            if await found(who, upload_id):
                seen.add(user_id)
    return seen


async def faults(who: Author, draft: Any) -> list[str]:
    """Why a draft cannot be published."""
    refused = await who.post(draft, "publish", status=422)
    assert refused["code"] == "draft_invalid"
    return [each["message"] for each in refused["errors"]]


async def test_a_file_is_read_by_who_reads_what_names_it(house: House) -> None:
    async with (
        Author(house.site, house.process, "instructor") as author,
        Author(house.site, house.process, "peer") as peer,
    ):
        mine = (await send(author, "a door.png", PNG))["upload_id"]
        assert await readers(house, mine) == {"instructor"}

        # a draft is read by its editors, as long as it names the file, and as long as they are editors
        draft = await author.change(await author.begin("scenario"), *SCENARIO, image(mine))
        where = f"{DRAFTS}/{draft['id']}/editors"
        await author.ask("POST", where, {"user_id": "peer"})
        assert await readers(house, mine) == {"instructor", "peer"}
        theirs = (await send(peer, "their door.png", PNG))["upload_id"]
        draft = await peer.change(await peer.read(draft), image(theirs))
        assert await readers(house, theirs) == {"instructor", "peer"}
        copy = await peer.change(await peer.begin("scenario"), *SCENARIO, image(mine))
        await author.ask("DELETE", f"{where}/{peer.profile_id}")
        assert await readers(house, mine) == {"instructor", "peer"}, "the copy was made by who could read it"
        await peer.ask("DELETE", f"{DRAFTS}/{copy['id']}", status=204)
        assert await readers(house, mine) == {"instructor"}
        draft = await author.change(await author.read(draft), without(draft, mine))
        named = "SELECT user_id FROM media_uses WHERE upload_id = :id"
        assert house.site.write(lambda tx: tx.all(named, id=mine)) == []

        # what is published is read by who reads the artifact, in whichever version it stands
        draft = await author.change(draft, image(mine))
        done = await author.post(draft, "publish")
        department = {"instructor", "peer", "admin", "root"}
        assert await readers(house, mine) == department
        again = await author.begin("scenario", artifact_id=done["artifact_id"])
        await author.post(await author.change(again, without(again, mine)), "publish")
        assert await readers(house, mine) == await readers(house, theirs) == department


async def test_naming_a_file_gives_no_right_to_it(house: House) -> None:
    async with (
        Author(house.site, house.process, "instructor") as author,
        Author(house.site, house.process, "peer") as peer,
        Author(house.site, house.process, "outsider") as other,
    ):
        mine = (await send(author, "a gate.png", PNG))["upload_id"]

        # who only knows its id: in a field where files stand, as another kind, where no file stands, in a try
        thief = await other.change(await other.begin("scenario"), *SCENARIO, image(mine), image(mine, "videos"))
        unknown = await other.change(await other.begin("scenario"), *SCENARIO, image(UNKNOWN), image(UNKNOWN, "videos"))
        assert await faults(other, thief) == await faults(other, unknown) == [NO_FILE, NO_FILE]
        for draft in (thief, unknown):
            await other.ask("POST", f"{DRAFTS}/{draft['id']}/try", status=422)
        hidden = {"op": "put", "type": "names", "fields": {"name": "A key", "upload_id": mine}}
        await other.change(await other.begin("persona"), hidden, status=422)
        assert await readers(house, mine) == {"instructor"}

        # a co-writer of somebody who may read it does not borrow that right, until that one puts it there
        draft = await author.change(await author.begin("scenario"), *SCENARIO)
        await author.ask("POST", f"{DRAFTS}/{draft['id']}/editors", {"user_id": "peer"})
        draft = await peer.change(await peer.read(draft), image(mine))
        draft = await author.name(draft, "Another name")
        assert await faults(author, draft) == [NO_FILE]
        assert await readers(house, mine) == {"instructor"}
        draft = await author.change(draft, without(draft, mine))
        draft = await author.change(draft, image(mine))
        assert await readers(house, mine) == {"instructor", "peer"}
        await author.post(draft, "publish")


async def test_files_are_bounded_and_go_when_nothing_names_them_any_more(own: Site) -> None:
    def left() -> set[str]:
        rows = own.write(lambda tx: tx.all("SELECT id FROM uploads WHERE author_id IS NOT NULL"))
        return {row["id"] for row in rows}

    def age() -> None:
        own.write(lambda tx: tx.run("UPDATE uploads SET created_at = 0 WHERE author_id IS NOT NULL"))

    with constants(parlour__housekeeping__EVERY_SECONDS=0.2):
        process = own.start(AUTHORING__MEDIA_FILES_MAX=3)
    async with (
        Author(own, process, "instructor") as author,
        Client(process.url, own.tokens["instructor"]) as client,
    ):
        tried, shown, lost = [(await send(author, f"{n}.png", PNG))["upload_id"] for n in range(3)]
        full = await send(author, "4.png", PNG, 413)
        assert (full["code"], full["title"]) == ("quota_exceeded", "Storage is full")
        draft = await author.change(await author.begin("scenario"), *SCENARIO, image(tried))
        practice = await author.ask("POST", f"{DRAFTS}/{draft['id']}/try", status=201)
        started = await client.ok("attempt_start", practice)
        await author.post(await author.change(await author.begin("scenario"), *SCENARIO, image(shown)), "publish")
        age()
        await eventually(lambda: left() == {tried, shown})
        assert not await found(author, lost)

        # the draft is gone; the chat of its try shows the picture still
        await author.ask("DELETE", f"{DRAFTS}/{draft['id']}", status=204)
        more = (await send(author, "5.png", PNG))["upload_id"]
        age()
        await eventually(lambda: more not in left())
        assert left() == {tried, shown}
        await author.ask("DELETE", f"/attempts/{started['attempt_id']}", status=204)
        await eventually(lambda: left() == {shown})
