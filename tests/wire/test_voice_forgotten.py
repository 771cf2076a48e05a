"""The end of a recording: nobody hears it whose right is gone, and after a deletion its bytes are gone too."""

from pathlib import Path

import httpx
import pytest

from parlour.accounts import actions as accounts
from parlour.files.intake import Intake
from parlour.files.sweeping import Sweeper, SweeperNeed
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import TimeOrderedIds
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from tests.harness.site import Process, Site
from tests.promises.waiting import eventually
from tests.wire.house import House, Strict
from tests.wire.test_voice_talk import HELLO, begun
from tests.wire.voices import LARGE, SCRIPTED, close_voice, open_voice

DAYS_MS = 3 * 86_400_000


class Late(SystemClock):
    """Three days later."""

    def now_ms(self) -> int:
        return super().now_ms() + DAYS_MS


def as_user(site: Site, process: Process, user_id: str | None) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {site.tokens[user_id]}"} if user_id else {}
    return httpx.AsyncClient(base_url=process.url, headers=headers, timeout=60)


def blobs_of(site: Site) -> set[Path]:
    return {path for path in (site.folder / "data" / "files").rglob("*") if path.is_file()}


async def sweep(site: Site) -> None:
    """Remove the bytes that nothing needs, three days later."""
    clock, blobs = Late(), FolderBlobs(site.folder / "data" / "files")
    database = Database(site.url, clock, TimeOrderedIds(clock))
    database.start()
    intake = Intake(site.folder / "data" / "files" / "incoming", blobs, 1_000_000)
    need = SweeperNeed(database=database, blobs=blobs, intake=intake, clock=clock, unused_hours=24, unnamed_hours=24)
    try:
        await Sweeper(need).sweep()
    finally:
        await database.stop()


@pytest.mark.case(20)
async def test_who_lost_the_right_hears_nothing_and_what_was_deleted_is_gone(own: Site) -> None:
    process = own.start(**SCRIPTED)
    before = blobs_of(own)
    async with Strict(process.url, own.tokens["learner"]) as learner:
        attempt, chat = await begun(House(own, process), learner)
        mouth = await open_voice(learner, chat, size=LARGE)
        await mouth.turn(HELLO)
        await close_voice(learner, chat)
    async with (
        as_user(own, process, "learner") as owner,
        as_user(own, process, "instructor") as staff,
        as_user(own, process, None) as nobody,
    ):
        spoken = (await staff.get(f"/api/v1/chats/{chat}/speech")).json()["utterances"]
        url = spoken[0]["recording"]["url"]
        sound = (await staff.get(url)).content
        ticket, mine = [(await each.get(f"{url}/ticket")).json()["url"] for each in (staff, owner)]
        assert [(await nobody.get(each)).content for each in (ticket, mine)] == [sound, sound]
        await sweep(own)  # a recording that belongs to an utterance is used
        assert (await owner.get(url)).content == sound
        own.write(lambda tx: accounts.set_role(tx, own.ids["instructor"], "member"))
        assert [(await each.get(where)).status_code for each, where in ((staff, url), (nobody, ticket))] == [404, 404]
        assert (await staff.get(f"/api/v1/chats/{chat}/speech")).status_code == 404
        assert (await nobody.get(mine)).content == sound
        assert (await owner.delete(f"/api/v1/attempts/{attempt}")).is_success
        answers = [await owner.get(url), await nobody.get(mine), await owner.get(f"/api/v1/chats/{chat}/speech")]
        assert [answer.status_code for answer in answers] == [404, 404, 404]
    assert len(blobs_of(own) - before) == 1
    await sweep(own)
    assert blobs_of(own) == before
    await eventually(lambda: not list((own.folder / "data" / "spool").glob("*")))
    left = own.database().read_here(lambda tx: tx.all("SELECT room FROM entries WHERE room LIKE :r", r=f"%:{chat}"))
    assert left == []
