"""Conformance cases 89 and 90: who has the floor (Glow 6.8.5 to 6.8.7), and what is not speech."""

import asyncio
from typing import Any

import pytest

from parlour.providers.speech.scripted import silence, tone
from tests.harness.socket import Client
from tests.wire.house import House, fence
from tests.wire.test_quiz import detail_of
from tests.wire.test_voice_talk import HELLO, begun
from tests.wire.voices import RATE, SMALL, Mouth, close_voice, one_line, open_voice, sound_of, words_in

INTERRUPTION = "Wait a moment please. I have another question."


async def messages_of(house: House, attempt: str) -> list[Any]:
    """The messages of an attempt, as its owner reads them."""
    return (await detail_of(house, attempt))["entries"]["attempt_message"]


async def being_told(client: Client, mouth: Mouth) -> str:
    """Ask something, and return when the answer is being told: its id."""
    await mouth.turn(HELLO)
    begun_with = await client.wait_for("attempt_assistant_audio", chat_id=mouth.chat_id)
    return begun_with["message_id"]


@pytest.mark.case(89)
async def test_speech_while_the_persona_speaks_stops_it_and_only_what_was_heard_stays(speaking: House) -> None:
    async with speaking.client() as client:
        attempt, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        message_id = await being_told(client, mouth)
        said = await mouth.turn(INTERRUPTION)
        assert said["content"] == INTERRUPTION
        cut = await client.wait_for("attempt_assistant_complete", message_id=message_id)
        assert cut["status"] == "stopped"
        order = [
            name
            for name, args in client.heard
            if name in ("attempt_assistant_complete", "attempt_stopped", "attempt_user_start")
            and args[0]["message_id"] in (message_id, said["message_id"])
        ]
        assert order == ["attempt_assistant_complete", "attempt_stopped", "attempt_user_start"]
        stopped = client.payloads("attempt_stopped", chat_id=chat)[0]
        assert (stopped["success"], stopped["message"]) == (True, None)
        check_heard(client, cut)
        _, reply, query, *_ = await messages_of(speaking, attempt)
        assert "".join(each["content"] for each in reply["contents"]) == cut["content"]
        assert query["contents"][0]["content"] == INTERRUPTION
        answer = await client.nth("attempt_assistant_complete", 1, chat_id=chat)
        assert (answer["message_id"] != message_id, answer["status"]) == (True, "complete")
        place = max(n for n, (name, _) in enumerate(client.heard) if name == "attempt_stopped")
        later = [args[0] for name, args in client.heard[place:] if name == "attempt_progress"]
        assert all(each["message_id"] != message_id for each in later)


def check_heard(client: Client, cut: Any) -> None:
    """The text that stays begins the text that was made, and is no more than was sent as sound."""
    deltas = [each for each in client.payloads("attempt_progress", message_id=cut["message_id"])]
    text = ""
    for each in deltas:
        text = "" if each["content_type"] == "reset" else text + each["content"]
    assert text == cut["content"]
    sent = words_in(sound_of(client, cut["message_id"]))
    kept = one_line(cut["content"])
    # the word that was being said when the sound was cut belongs to what was heard
    assert sent.startswith(kept) or len(kept.split()) <= len(sent.split()) + 1, (sent, kept)


@pytest.mark.case(89)
async def test_a_stop_cuts_to_what_was_sent_and_the_session_goes_on(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        message_id = await being_told(client, mouth)
        assert (await client.ok("attempt_stop", {"chat_id": chat}))["success"] is True
        cut = await client.wait_for("attempt_assistant_complete", message_id=message_id)
        assert cut["status"] == "stopped"
        await fence(client)
        frames = len(client.payloads("attempt_assistant_audio", message_id=message_id))
        said, answer = await mouth.answered("Go on then.")
        assert (said["content"], answer["status"]) == ("Go on then.", "complete")
        assert len(client.payloads("attempt_assistant_audio", message_id=message_id)) == frames
        await close_voice(client, chat)


@pytest.mark.case(89)
async def test_a_cough_does_not_stop_the_persona(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        message_id = await being_told(client, mouth)
        await mouth.send(tone("hm", rate=RATE)[: RATE * 2 * 120 // 1000] + silence(1_000, rate=RATE))
        answer = await client.wait_for("attempt_assistant_complete", message_id=message_id)
        assert answer["status"] == "complete"
        assert words_in(sound_of(client, message_id)) == one_line(answer["content"])
        assert len(client.payloads("attempt_user_start", chat_id=chat)) == 1


@pytest.mark.case(89)
async def test_what_is_said_while_muted_is_not_heard_and_nothing_of_it_is_left(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        muted = await client.ok("attempt_audio_mute", {"chat_id": chat, "muted": True})
        assert muted == {"ok": True, "chat_id": chat, "muted": True, "success": True}
        assert (await client.ok("attempt_audio_frame", {"chat_id": chat, "audio": bytes(SMALL)}))["accepted"] is False
        await mouth.say("Nobody hears this.")
        assert (await client.ok("attempt_audio_mute", {"chat_id": chat}))["muted"] is False
        said = await mouth.turn(HELLO)
        assert said["content"] == HELLO
        assert len(client.payloads("attempt_user_start", chat_id=chat)) == 1


@pytest.mark.case(89)
async def test_muting_ends_what_is_being_said_as_a_turn(brisk: House) -> None:
    async with brisk.client() as client:
        _, chat = await begun(brisk, client)
        mouth = await open_voice(client, chat)
        await mouth.say("I let go of the key", pause_ms=0)
        await client.wait_for("attempt_user_start", chat_id=chat)
        await client.ok("attempt_audio_mute", {"chat_id": chat, "muted": True})
        said = await client.wait_for("attempt_user_complete", chat_id=chat)
        assert said["content"] == "I let go of the key"
        await client.wait_for("attempt_assistant_complete", chat_id=chat)


@pytest.mark.case(89)
async def test_who_holds_the_turn_may_pause_and_without_it_a_pause_ends_it(brisk: House) -> None:
    async with brisk.client() as client:
        _, chat = await begun(brisk, client)
        mouth = await open_voice(client, chat)
        held = await client.ok("attempt_audio_mute", {"chat_id": chat, "hold": True})
        assert held == {"ok": True, "chat_id": chat, "muted": False, "success": True}
        await mouth.say("Let me think.", pause_ms=2_500)
        await mouth.say("Paris.", pause_ms=2_500)
        await client.wait_for("attempt_user_delta", chat_id=chat, transcript="Let me think. Paris.")
        assert client.payloads("attempt_user_complete", chat_id=chat) == []
        await client.ok("attempt_audio_mute", {"chat_id": chat, "muted": True})
        said = await client.wait_for("attempt_user_complete", chat_id=chat)
        assert said["content"] == "Let me think. Paris."
        await client.wait_for("attempt_assistant_complete", chat_id=chat)
        await client.ok("attempt_audio_mute", {"chat_id": chat, "muted": False})
        said = await mouth.turn("Let me think.")
        assert said["content"] == "Let me think."


@pytest.mark.case(89)
async def test_a_client_reports_what_it_has_played(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        message_id = await being_told(client, mouth)
        report = {"chat_id": chat, "message_id": message_id, "played_ms": 0}
        assert await client.ok("attempt_audio_played", report) == {"ok": True, "accepted": True}
        other = report | {"message_id": chat}
        assert (await client.ok("attempt_audio_played", other))["accepted"] is False
        await mouth.turn(INTERRUPTION)
        cut = await client.wait_for("attempt_assistant_complete", message_id=message_id)
        assert cut["status"] == "stopped"


@pytest.mark.case(90)
async def test_speech_without_words_closes_the_bubble_and_leaves_nothing(speaking: House) -> None:
    async with speaking.client() as client:
        attempt, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        await mouth.send(silence(200, rate=RATE) + hum(800) + silence(1_500, rate=RATE))
        closed = await client.wait_for("attempt_user_complete", chat_id=chat)
        started = client.payloads("attempt_user_start", chat_id=chat)
        assert [each["item_id"] for each in started] == [closed["item_id"]]
        assert (closed["content"], closed["message_id"]) == ("", started[0]["message_id"])
        await close_voice(client, chat)
        assert "attempt_assistant_start" not in client.names
        assert await messages_of(speaking, attempt) == []


def hum(ms: int) -> bytes:
    """Tones that are no words, because their beginning is missing."""
    sound = tone("mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm", rate=RATE)
    begin = RATE * 2 * 300 // 1000
    return sound[begin : begin + RATE * 2 * ms // 1000]


@pytest.mark.case(90)
@pytest.mark.parametrize("sound", [b"", b"x", bytes(SMALL + 1), bytes(65_538)], ids=["none", "one", "odd", "long"])
async def test_a_malformed_frame_is_refused_and_the_session_lives(speaking: House, sound: bytes) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        refused = await client.refused("attempt_audio_frame", {"chat_id": chat, "audio": sound})
        assert (refused["code"], refused["errors"][0]["pointer"]) == ("invalid_request", "/audio")
        error = await client.wait_for("attempt_error")
        assert (error["type"], error["code"], error["chat_id"]) == ("audio", "invalid_request", chat)
        assert (await mouth.turn(HELLO))["content"] == HELLO


@pytest.mark.case(90)
async def test_many_malformed_frames_are_told_once_a_second_at_most(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(200):
            wrong: Any = bytes(3) if number % 2 else "this is no base64!"
            await client.io.emit("attempt_audio_frame", {"chat_id": chat, "audio": wrong})
        await fence(client)
        told = client.payloads("attempt_error", code="invalid_request")
        assert 1 <= len(told) <= 2 + (loop.time() - began)
        assert (await mouth.turn(HELLO))["content"] == HELLO
