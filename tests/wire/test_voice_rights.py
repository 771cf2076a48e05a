"""Conformance cases 18, 110 and 111 for voice: who may, how often, and what is not counted."""

from typing import Any

import pytest

from parlour.accounts import actions as accounts
from parlour.wire.glow.names import VOICE
from tests.harness.site import Site
from tests.wire.house import UNKNOWN, House, Strict, fence
from tests.wire.test_voice_talk import HELLO, begun
from tests.wire.voices import SCRIPTED, SMALL, Mouth, open_voice

PAYLOADS: dict[str, dict[str, Any]] = {
    "attempt_audio_frame": {"audio": bytes(SMALL)},
    "attempt_audio_mute": {"muted": True},
    "attempt_text_frame": {"message": "Hello?"},
    "attempt_audio_played": {"message_id": UNKNOWN, "played_ms": 0},
}
OPEN = {"attempt_audio_frame": "accepted", "attempt_audio_played": "accepted"}


@pytest.mark.case(17, 18)
@pytest.mark.parametrize("name", [row.name for row in VOICE])
async def test_staff_and_strangers_have_no_voice_in_a_chat(speaking: House, name: str) -> None:
    async with speaking.client() as owner, speaking.client("instructor") as staff, speaking.client("fellow") as fellow:
        _, chat = await begun(speaking, owner)
        await open_voice(owner, chat)
        payload = {"chat_id": chat, **PAYLOADS.get(name, {})}
        if name in OPEN:
            for client in (staff, fellow):
                assert (await client.ok(name, payload))[OPEN[name]] is False
            return
        forbidden = await staff.refused(name, payload)
        assert (forbidden["code"], forbidden["detail"]) == ("forbidden", "You may not do this.")
        missing = await fellow.refused(name, payload)
        unknown = await fellow.refused(name, payload | {"chat_id": UNKNOWN})
        assert missing["detail"] == "Chat not found."
        assert {**missing, "instance": ""} == {**unknown, "instance": ""}
        await fence(owner)
        assert "attempt_audio_ended" not in owner.names


@pytest.mark.case(110)
async def test_a_spoken_turn_counts_and_at_the_limit_the_session_ends(own: Site) -> None:
    process = own.start(**SCRIPTED)
    account = own.ids["limited"]
    async with Strict(process.url, own.tokens["limited"]) as client:
        attempt, chat = await begun(House(own, process), client)
        own.write(lambda tx: accounts.set_requests_per_day(tx, account, 2))
        mouth = await open_voice(client, chat)
        await mouth.answered(HELLO)
        await mouth.answered("And what did you do then?")
        await mouth.say("One more question please.")
        error = await client.wait_for("attempt_error", chat_id=chat)
        ended = await client.wait_for("attempt_audio_ended", chat_id=chat)
        assert (error["type"], error["code"], error["status"]) == ("rate_limit", "rate_limited", 429)
        assert ended["reason"] == "limit"
        assert len(client.payloads("attempt_user_complete", chat_id=chat)) == 2
        refused = await client.refused("attempt_audio_start", {"chat_id": chat})
        assert (refused["code"], refused["error_type"]) == ("rate_limited", "rate_limit")
        assert refused["retry_after"] > 0
        done = await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat})
        assert done["grade_id"]
        own.write(lambda tx: accounts.set_requests_per_day(tx, account, None))


@pytest.mark.case(111)
async def test_frames_are_no_commands_and_commands_are_still_counted(own: Site) -> None:
    process = own.start(**SCRIPTED)
    async with Strict(process.url, own.tokens["learner"]) as client:
        _, chat = await begun(House(own, process), client)
        mouth: Mouth = await open_voice(client, chat)
        for number in range(400):  # by the short way and, acknowledged, by the long one
            frame = {"chat_id": chat, "audio": bytes(SMALL)}
            if number % 4:
                await client.io.emit("attempt_audio_frame", frame)
            else:
                assert (await client.ok("attempt_audio_frame", frame))["accepted"] is True
        assert not client.payloads("attempt_error")
        assert (await mouth.turn(HELLO))["content"] == HELLO
        for _ in range(300):
            await client.io.emit("attempt_audio_mute", {"chat_id": chat})
        error = await client.wait_for("attempt_error")
        assert (error["code"], error["type"]) == ("too_many_requests", "audio")
