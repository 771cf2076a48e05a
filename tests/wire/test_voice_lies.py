"""Voice clients that lie, hurry and leave (Glow 6.8, 7.15, 8): bounded, and nobody else is disturbed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.waiting import eventually
from tests.wire.house import UNKNOWN, House, Strict, fence
from tests.wire.http_client import OPERATIONS, Http
from tests.wire.test_voice_floor import INTERRUPTION, being_told, check_heard
from tests.wire.test_voice_talk import HELLO, begun
from tests.wire.voices import LARGE, SCRIPTED, SMALL, close_voice, open_voice

FEW = 4


def sessions(site: Site, chat_ids: list[str]) -> int:
    """How many of these chats have a voice session, by the store."""
    names = {f"c{at}": chat_id for at, chat_id in enumerate(chat_ids)}
    sql = f"SELECT count(*) AS n FROM voice_sessions WHERE chat_id IN ({', '.join(':' + name for name in names)})"  # noqa: S608
    row: Any = site.database().read_here(lambda tx: tx.one(sql, **names))
    return row["n"]


@pytest.mark.case(91)
async def test_who_leaves_while_a_session_is_being_opened_leaves_none(speaking: House) -> None:
    async with speaking.client() as owner:
        chats = [(await begun(speaking, owner))[1] for _ in range(8)]
        for number, chat in enumerate(chats):
            async with speaking.raw() as raw:
                await raw.open(speaking.site.tokens["learner"])
                await raw.send("attempt_audio_start", {"chat_id": chat})
                await asyncio.sleep(0.004 * number)
        await eventually(lambda: sessions(speaking.site, chats) == 0)
        await asyncio.sleep(0.2)
        assert sessions(speaking.site, chats) == 0
        await open_voice(owner, chats[0])
        await close_voice(owner, chats[0])


@pytest.mark.case(87)
async def test_so_many_sessions_and_no_more_however_they_hurry(own: Site) -> None:
    process = own.start(**SCRIPTED, VOICE__SESSIONS_MAX=FEW)
    house = House(own, process)
    async with Strict(process.url, own.tokens["learner"]) as client, Strict(process.url, own.tokens["crowd"]) as other:
        chats = [(await begun(house, client))[1] for _ in range(2 * FEW)]
        elsewhere = [(await begun(house, other))[1] for _ in range(2 * FEW)]
        for who, theirs in ((client, chats), (other, elsewhere)):  # one account may hold half of them
            acks = await asyncio.gather(*(who.call("attempt_audio_start", {"chat_id": chat}) for chat in theirs))
            assert [ack["ok"] for ack in acks].count(True) == FEW // 2
            refused = [ack["error"] for ack in acks if not ack["ok"]]
            assert {(each["code"], each["status"]) for each in refused} == {("unavailable", 503)}
            assert sessions(own, theirs) == FEW // 2
        held = next(chat for chat in chats if sessions(own, [chat]))
        await close_voice(client, held)
        while not (await client.call("attempt_audio_start", {"chat_id": held}))["ok"]:  # noqa: ASYNC110 (its task)
            await asyncio.sleep(0.02)
        assert sessions(own, chats + elsewhere) == FEW


@pytest.mark.case(13, 89)
async def test_reports_that_cannot_be_are_refused_or_bounded(speaking: House) -> None:
    async with speaking.client() as client, speaking.client("crowd") as other:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat, size=LARGE)
        message_id = await being_told(client, mouth)
        report = {"chat_id": chat, "message_id": message_id}
        for played_ms in (-1, True, 1.5, "9", None, 10**12):
            refused = await client.refused("attempt_audio_played", report | {"played_ms": played_ms})
            assert (refused["code"], refused["errors"][0]["pointer"]) == ("invalid_request", "/played_ms")
        assert (await other.ok("attempt_audio_played", report | {"played_ms": 5}))["accepted"] is False
        wrong = {"chat_id": chat, "message_id": UNKNOWN, "played_ms": 5}
        assert (await client.ok("attempt_audio_played", wrong))["accepted"] is False
        assert (await client.ok("attempt_audio_played", report | {"played_ms": 86_400_000}))["accepted"] is True
        await mouth.turn(INTERRUPTION)
        cut = await client.wait_for("attempt_assistant_complete", message_id=message_id)
        assert cut["status"] == "stopped"
        check_heard(client, cut)  # never more than was sent
        await close_voice(client, chat)
        late = await client.ok("attempt_audio_played", report | {"played_ms": 1})
        assert late["accepted"] is False


@pytest.mark.case(18, 91)
async def test_typed_frames_and_everything_else_without_a_session(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        refused = await client.refused("attempt_text_frame", {"chat_id": chat, "message": "Hello?"})
        assert (refused["code"], refused["error_type"]) == ("forbidden", "audio")
        muted = await client.ok("attempt_audio_mute", {"chat_id": chat, "muted": True})
        assert (muted["chat_id"], muted["muted"], muted["success"]) == (chat, True, False)
        for name in ("attempt_audio_mute", "attempt_audio_stop", "attempt_audio_start", "attempt_text_frame"):
            missing = await client.refused(name, {"chat_id": UNKNOWN, "message": "Hello?"})
            assert (missing["code"], missing["detail"]) == ("not_found", "Chat not found.")
        frame = await client.ok("attempt_audio_frame", {"chat_id": UNKNOWN, "audio": bytes(SMALL)})
        assert frame["accepted"] is False
        await open_voice(client, chat)
        for text in ("", " \n ", "x" * 32_001):
            bad = await client.refused("attempt_text_frame", {"chat_id": chat, "message": text})
            assert bad["code"] in ("empty_message", "invalid_request"), bad
        await close_voice(client, chat)
        await fence(client)
        assert "attempt_user_complete" not in client.names


@pytest.mark.case(90)
async def test_bodies_of_frames_are_bounded_and_a_slow_one_holds_up_nobody(speaking: House) -> None:
    async with speaking.client() as client, Http(speaking.url, speaking.site.tokens["learner"]) as http:
        await http.connect()
        _, chat = await begun(speaking, client)
        await http.ok("attempt/audio_start", {"chat_id": chat}, sid=http.sid)
        where, params = OPERATIONS + "attempt/audio_frame", {"sid": http.sid, "chat_id": chat}
        octets = {"content-type": "application/octet-stream"}
        going = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield bytes(SMALL)
            await going.wait()
            yield bytes(SMALL)

        waiting = asyncio.create_task(http.io.post(where, content=slow(), params=params, headers=octets))
        for size, statuses in ((65_538, {413, 422}), (3_000_000, {413}), (1, {422}), (0, {422})):
            answer = await http.io.post(where, content=bytes(size), params=params, headers=octets)
            assert answer.status_code in statuses, (size, answer.text)
            assert answer.json()["code"] in ("invalid_request", "too_large")
        going.set()
        assert (await waiting).status_code == 200
        strange = await http.io.post(where, content=bytes(SMALL), params=params, headers={"content-type": "audio/wav"})
        assert strange.status_code == 415
        async with Http(speaking.url, speaking.site.tokens["crowd"]) as other:
            await other.connect()
            foreign = await other.io.post(where, content=bytes(SMALL), params=params, headers=octets)
            assert (foreign.status_code, foreign.json()["code"]) == (404, "session_not_found")
        async with httpx.AsyncClient(base_url=speaking.url, timeout=60) as nobody:
            unknown = await nobody.post(where, content=bytes(SMALL), params=params, headers=octets)
            assert unknown.status_code == 401


@pytest.mark.case(20, 88)
async def test_a_session_ends_with_the_account_that_speaks(own: Site) -> None:
    process = own.start(**SCRIPTED)
    house = House(own, process)
    token = own.token("crowd")
    client = Client(process.url, token)
    async with client:
        _, chat = await begun(house, client)
        mouth = await open_voice(client, chat, size=LARGE)
        await mouth.turn(HELLO)
        async with httpx.AsyncClient(
            base_url=process.url, headers={"authorization": f"Bearer {token}"}, timeout=60
        ) as http:
            await http.post("/accounts/log-out")
        await eventually(lambda: sessions(own, [chat]) == 0)
