"""Conformance cases 88 and 91: how a voice session fails and ends (Glow 6.8.4, 6.8.8, 7.15, 7.16)."""

import asyncio

import pytest

from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire.house import House, Strict, fence
from tests.wire.test_voice_talk import HELLO, begun
from tests.wire.voices import SCRIPTED, SMALL, Mouth, close_voice, open_voice, sound_of

ENDING = ("attempt_audio_ended", "attempt_chat_ended")


@pytest.mark.case(88)
async def test_an_engine_that_never_opens_is_told_in_time(own: Site) -> None:
    process = own.start(**SCRIPTED, SPEECH__IN_MODEL="never-opens", VOICE__OPEN_SECONDS_MAX=1)
    async with Strict(process.url, own.tokens["learner"]) as client:
        attempt, chat = await begun(House(own, process), client)
        await client.ok("attempt_audio_start", {"chat_id": chat})
        error = await client.wait_for("attempt_error", chat_id=chat)
        assert (error["type"], error["code"], error["status"]) == ("audio", "audio_timeout", 504)
        assert error["message"] == "The voice session could not be opened in time."
        assert not client.payloads("attempt_audio_ready")
        await client.say(attempt, chat, "Then I type.")
        stopped = await client.ok("attempt_audio_stop", {"chat_id": chat})
        assert stopped["stopped"] is False


@pytest.mark.case(88)
async def test_an_engine_that_is_broken_is_told_and_text_still_works(own: Site) -> None:
    process = own.start(**SCRIPTED, SPEECH__IN_MODEL="broken")
    async with Strict(process.url, own.tokens["learner"]) as client:
        attempt, chat = await begun(House(own, process), client)
        await client.ok("attempt_audio_start", {"chat_id": chat})
        error = await client.wait_for("attempt_error", chat_id=chat)
        assert (error["type"], error["code"], error["status"]) == ("audio", "unavailable", 503)
        assert not client.payloads("attempt_audio_ready")
        await client.say(attempt, chat, "Then I type.")


@pytest.mark.case(88)
async def test_without_an_engine_a_start_is_refused(own: Site) -> None:
    process = own.start(SPEECH__IN="off", SPEECH__OUT="off")
    async with Strict(process.url, own.tokens["learner"]) as client:
        attempt, chat = await begun(House(own, process), client)
        refused = await client.refused("attempt_audio_start", {"chat_id": chat})
        assert (refused["code"], refused["status"]) == ("unavailable", 503)
        assert refused["detail"] == "The voice service is not available."
        await client.say(attempt, chat, "Then I type.")


@pytest.mark.case(88)
async def test_a_stop_without_a_session_is_answered_and_a_chat_without_sound_takes_none(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        assert (await client.ok("attempt_audio_stop", {"chat_id": chat}))["stopped"] is False
        ended = await client.wait_for("attempt_audio_ended", chat_id=chat)
        assert (ended["success"], ended["message"]) == (True, "There was no voice session.")
        muted = await client.ok("attempt_audio_mute", {"chat_id": chat, "muted": True})
        assert (muted["muted"], muted["success"]) == (True, False)
        _, written = await begun(speaking, client, "practice-written")
        refused = await client.refused("attempt_audio_start", {"chat_id": written})
        assert (refused["code"], refused["status"], refused["error_type"]) == ("audio_disabled", 409, "audio")
        assert refused["detail"] == "This chat accepts text only."
        assert (await client.wait_for("attempt_error", chat_id=written))["type"] == "audio"


@pytest.mark.case(88)
async def test_an_engine_that_dies_ends_the_session_and_the_chat_goes_on(speaking: House) -> None:
    async with speaking.client() as client:
        attempt, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        await mouth.say("Now the [engine dies] I fear.")
        error = await client.wait_for("attempt_error", chat_id=chat)
        ended = await client.wait_for("attempt_audio_ended", chat_id=chat)
        assert (error["type"], ended["reason"]) == ("audio", "failed")
        assert client.names.index("attempt_error") < client.names.index("attempt_audio_ended")
        started = client.payloads("attempt_user_start", chat_id=chat)
        closed = client.payloads("attempt_user_complete", chat_id=chat)
        assert [each["item_id"] for each in started] == [each["item_id"] for each in closed]
        assert {each["content"] for each in closed} <= {""}
        await client.say(attempt, chat, "Then I type.")
        again = await open_voice(client, chat)
        assert (await again.turn(HELLO))["content"] == HELLO


@pytest.mark.case(88)
async def test_a_voice_that_dies_leaves_the_text(brisk: House) -> None:
    async with brisk.client() as client:
        attempt, chat = await begun(brisk, client)
        await open_voice(client, chat)
        typed = {"attempt_id": attempt, "chat_id": chat, "message": "Say this: [engine dies]."}
        ack = await client.ok("attempt_message", typed)
        reply = await client.wait_for("attempt_assistant_complete", message_id=ack["assistant_message_id"])
        assert reply["status"] in ("complete", "stopped")
        assert reply["content"]


@pytest.mark.case(91)
async def test_another_connection_takes_the_session_over(brisk: House) -> None:
    async with brisk.client() as old, brisk.client() as new:
        _, chat = await begun(brisk, old)
        before = await open_voice(old, chat)
        after = await open_voice(new, chat)
        ended = await old.wait_for("attempt_audio_ended", chat_id=chat)
        assert ended["reason"] == "takeover"
        refused = await old.ok("attempt_audio_frame", {"chat_id": chat, "audio": bytes(SMALL)})
        assert refused["accepted"] is False
        await before.say("Nobody listens to this.")
        said, answer = await after.answered(HELLO)
        assert said["content"] == HELLO
        assert len(new.payloads("attempt_user_start", chat_id=chat)) == 1
        assert sound_of(new, answer["message_id"])
        await fence(old)
        assert not old.payloads("attempt_assistant_audio")
        assert len(old.payloads("attempt_audio_ended")) == 1
        assert (await old.ok("attempt_audio_stop", {"chat_id": chat}))["stopped"] is False


@pytest.mark.case(91)
async def test_who_disconnects_leaves_an_open_chat_without_a_session(speaking: House) -> None:
    async with speaking.client() as client, speaking.client("instructor") as staff:
        attempt, chat = await begun(speaking, client)
        await staff.ok("attempt_join", {"chat_id": chat})
        async with speaking.client() as gone:
            mouth = await open_voice(gone, chat)
            await mouth.say("This was said by me", pause_ms=0)
            heard = await staff.wait_for("attempt_user_delta", chat_id=chat)
        said = await staff.wait_for("attempt_user_complete", chat_id=chat)
        assert said["content"].startswith(heard["transcript"])  # what was heard is written down
        await client.ok("attempt_join", {"chat_id": chat})
        again = await open_voice(client, chat)
        await staff.wait_for("attempt_assistant_complete", chat_id=chat)  # in words: nobody listens
        assert (await again.turn(HELLO))["content"] == HELLO
        assert "attempt_audio_ended" not in staff.names
        assert attempt


@pytest.mark.case(87)
async def test_a_stop_in_the_middle_of_a_sentence_says_what_was_heard_and_is_answered_in_words(speaking: House) -> None:
    async with speaking.client() as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        await mouth.say("I have to go now", pause_ms=0)
        ended = await close_voice(client, chat)
        assert ended["reason"] == "stopped"
        said = await client.wait_for("attempt_user_complete", chat_id=chat)
        assert said["content"] == "I have to go now"
        assert client.names.index("attempt_user_complete") < client.names.index("attempt_audio_ended")
        answer = await client.wait_for("attempt_assistant_complete", chat_id=chat)
        assert (answer["status"], bool(answer["content"])) == ("complete", True)
        assert "attempt_assistant_audio" not in client.names


@pytest.mark.case(91)
async def test_a_session_in_which_nobody_speaks_ends(own: Site) -> None:
    process = own.start(**SCRIPTED, VOICE__IDLE_SECONDS=1)
    async with Strict(process.url, own.tokens["learner"]) as client:
        attempt, chat = await begun(House(own, process), client)
        await open_voice(client, chat)
        ended = await client.wait_for("attempt_audio_ended", chat_id=chat)
        assert ended["reason"] == "idle"
        await client.say(attempt, chat, "Then I type.")


@pytest.mark.case(91)
async def test_the_end_of_the_chat_ends_the_session_first(speaking: House) -> None:
    async with speaking.client() as client:
        attempt, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat)
        await mouth.turn(HELLO)
        await client.ok("attempt_end", {"attempt_id": attempt, "chat_id": chat, "grade": False})
        await client.wait_for("attempt_chat_ended", chat_id=chat)
        await client.wait_for("attempt_audio_ended", chat_id=chat)
        assert [name for name in client.names if name in ENDING] == list(ENDING)
        assert client.payloads("attempt_audio_ended")[0]["reason"] == "chat_ended"
        refused = await client.refused("attempt_audio_start", {"chat_id": chat})
        assert refused["code"] == "chat_completed"


@pytest.mark.case(91)
async def test_a_server_that_stops_ends_the_session(own: Site) -> None:
    process = own.start(**SCRIPTED)
    client = Client(process.url, own.tokens["learner"])
    async with client:
        _, chat = await begun(House(own, process), client)
        await open_voice(client, chat)
        await asyncio.to_thread(process.stop)
        ended = await client.wait_for("attempt_audio_ended", chat_id=chat)
        assert ended["reason"] == "shutting_down"
    process = own.start(**SCRIPTED)
    async with Strict(process.url, own.tokens["learner"]) as client:
        mouth: Mouth = await open_voice(client, chat)
        await client.ok("attempt_join", {"chat_id": chat})
        assert (await mouth.turn(HELLO))["content"] == HELLO
