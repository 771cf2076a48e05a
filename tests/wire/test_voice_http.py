"""Conformance cases 29 and 87 over HTTP, and 9, 24, 28, 30 for the operations of voice (Glow 3.1, 3.5, 8)."""

import pytest

from parlour.kernel.ids import new_secret
from tests.wire.house import UNKNOWN, House
from tests.wire.http_client import OPERATIONS, Heard, Http
from tests.wire.voices import LARGE, SMALL, HttpMouth, sound_of, spoken, words_in

HELLO = "What have you tried so far?"
OCTETS = {"content-type": "application/octet-stream"}


def http(house: House, user_id: str = "learner") -> Http:
    return Http(house.url, house.site.token(user_id))  # floods are counted by token


async def begun(client: Http, house: House) -> tuple[str, str]:
    """A practice attempt and its chat."""
    return await client.start(house.site.practices["practice-nothints"])


@pytest.mark.case(87, 29, 9)
@pytest.mark.parametrize("octets", [True, False], ids=["octets", "base64"])
async def test_a_client_without_a_socket_speaks_and_reads_the_answer(speaking: House, octets: bool) -> None:
    async with http(speaking) as client:
        await client.connect()
        attempt, chat = await begun(client, speaking)
        async with client.stream() as stream:
            started = await client.ok("attempt/audio_start", {"chat_id": chat}, sid=client.sid)
            assert (started["chat_id"], started["attempt_id"]) == (chat, attempt)
            ready = await stream.wait_for("attempt_audio_ready", chat_id=chat)
            assert (ready.id, ready.data["success"]) == (None, True)
            mouth = HttpMouth(client, chat, octets=octets, size=LARGE)
            assert all(await mouth.send(spoken(HELLO)))
            said = await stream.wait_for("attempt_user_complete", chat_id=chat)
            assert (said.data["content"], bool(said.data["item_id"])) == (HELLO, True)
            await stream.wait_for("attempt_assistant_complete", chat_id=chat)
            muted = await client.ok("attempt/audio_mute", {"chat_id": chat, "muted": True}, sid=client.sid)
            assert muted["success"] is True
            assert await mouth.send(bytes(SMALL)) == [False]
            report = {"chat_id": chat, "message_id": UNKNOWN, "played_ms": 1}
            assert await client.ok("attempt/audio_played", report, sid=client.sid) == {"ok": True, "accepted": False}
            typed = {"chat_id": chat, "message": "And typed?"}
            told = await client.ok("attempt/text_frame", typed, sid=client.sid, headers={"prefer": "wait=60"})
            assert told["assistant_content"]
            stopped = await client.ok("attempt/audio_stop", {"chat_id": chat}, sid=client.sid)
            assert stopped == {"ok": True, "chat_id": chat, "stopped": True}
            ended = await stream.wait_for("attempt_audio_ended", chat_id=chat)
            assert (ended.id, ended.data["reason"]) == (None, "stopped")
            assert "attempt_assistant_audio" not in stream.names
            wanted = stream.heard
        polled, _ = await client.poll_until("attempt_audio_ended", wanted[0].id or "")
        assert "attempt_assistant_audio" not in [each.name for each in polled]
        assert [each.name for each in polled if each.id is None] == ["attempt_audio_ready", "attempt_audio_ended"]


@pytest.mark.case(29, 25)
async def test_polls_tell_the_session_where_it_stands_in_the_log_and_the_same_twice(speaking: House) -> None:
    async with http(speaking) as client:
        await client.connect()
        _, chat = await begun(client, speaking)
        start = (await client.poll(wait=0))["next"]
        await client.ok("attempt/audio_start", {"chat_id": chat}, sid=client.sid)
        await client.poll_until("attempt_audio_ready", start)
        assert (await client.ok("attempt/audio_stop", {"chat_id": chat}, sid=client.sid))["stopped"] is True
        heard, after = await client.poll_until("attempt_audio_ended", start)
        again, _ = await client.poll_until("attempt_audio_ended", start)
        assert again == heard
        assert [each.name for each in heard if each.id is None] == ["attempt_audio_ready", "attempt_audio_ended"]
        assert (await client.poll(after, wait=0))["events"] == []
        assert (await client.ok("attempt/audio_stop", {"chat_id": chat}, sid=client.sid))["stopped"] is False
        none, _ = await client.poll_until("attempt_audio_ended", after)
        assert none[-1].data["message"] == "There was no voice session."


@pytest.mark.case(87)
async def test_a_request_may_name_the_socket_that_speaks(speaking: House) -> None:
    async with http(speaking) as client, speaking.client() as socket:
        client.sid = socket.payloads("connection_confirmed")[0]["sid"]
        _, chat = await begun(client, speaking)
        await client.ok("attempt/audio_start", {"chat_id": chat}, sid=client.sid)
        await socket.wait_for("attempt_audio_ready", chat_id=chat)
        assert all(await HttpMouth(client, chat).send(spoken(HELLO)))
        answer = await socket.wait_for("attempt_assistant_complete", chat_id=chat)
        assert words_in(sound_of(socket, answer["message_id"]))


@pytest.mark.case(91)
async def test_a_session_ends_with_the_http_session_that_holds_it(speaking: House) -> None:
    async with http(speaking) as client, http(speaking) as other:
        await client.connect()
        await other.connect()
        _, chat = await begun(client, speaking)
        await client.ok("attempt/audio_start", {"chat_id": chat}, sid=client.sid)
        await client.poll_until("attempt_audio_ready")
        await client.ok("disconnect", sid=client.sid)
        await other.ok("attempt/audio_start", {"chat_id": chat}, sid=other.sid)
        heard, _ = await other.poll_until("attempt_audio_ready")
        assert "attempt_audio_ended" not in [each.name for each in heard]


@pytest.mark.case(24, 13, 28)
async def test_frames_over_http_name_their_connection_and_are_whole(speaking: House) -> None:
    async with http(speaking) as client:
        await client.connect()
        url = OPERATIONS + "attempt/audio_frame"
        named = {"sid": client.sid, "chat_id": UNKNOWN}
        good = await client.io.post(url, content=bytes(SMALL), params=named | {"seq": "7"}, headers=OCTETS)
        assert (good.status_code, good.json()) == (200, {"ok": True, "accepted": False})
        wrong = [
            (bytes(3), named, "/audio"),
            (b"", named, "/audio"),
            (bytes(65_538), named, "/audio"),
            (bytes(2), {"sid": client.sid}, "/chat_id"),
            (bytes(2), named | {"seq": "x"}, "/seq"),
            (bytes(2), named | {"seq": "9" * 40}, "/seq"),
        ]
        for sound, params, pointer in wrong:
            refused = await client.io.post(url, content=sound, params=params, headers=OCTETS)
            assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, pointer)
            assert refused.json()["error_type"] == "audio"
        nobody = await client.io.post(url, content=bytes(2), params={"chat_id": UNKNOWN}, headers=OCTETS)
        assert (nobody.status_code, nobody.json()["code"]) == (400, "session_required")
        other = await client.io.post(OPERATIONS + "attempt/audio_mute", content=bytes(2), headers=OCTETS)
        assert other.status_code == 415


@pytest.mark.case(30, 31)
async def test_a_repeated_stop_happens_once_over_both_transports(speaking: House) -> None:
    async with http(speaking) as client:
        await client.connect()
        _, chat = await begun(client, speaking)
        await client.ok("attempt/audio_start", {"chat_id": chat}, sid=client.sid)
        await client.poll_until("attempt_audio_ready")
        key = {"idempotency-key": new_secret()[:16]}
        first = await client.ok("attempt/audio_stop", {"chat_id": chat}, sid=client.sid, headers=key)
        again = await client.ok("attempt/audio_stop", {"chat_id": chat}, sid=client.sid, headers=key)
        assert first == again == {"ok": True, "chat_id": chat, "stopped": True}
        conflict = await client.refused(409, "attempt/audio_start", {"chat_id": chat}, sid=client.sid, headers=key)
        assert (conflict["code"], conflict["error_type"]) == ("idempotency_conflict", "audio")
        heard: list[Heard] = (await client.poll_until("attempt_audio_ended"))[0]
        assert [each.name for each in heard].count("attempt_audio_ended") == 1
