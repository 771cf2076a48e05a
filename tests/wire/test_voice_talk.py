"""Conformance case 87: somebody speaks, is understood, and is answered aloud (Glow 6.8, 7.15, 7.16, 8.1)."""

from typing import Any

import pytest

from parlour.kernel.ids import new_secret
from tests.harness.socket import Client
from tests.wire.house import House, fence
from tests.wire.test_quiz import detail_of
from tests.wire.voices import LARGE, SMALL, Mouth, close_voice, one_line, open_voice, sound_of, words_in

HELLO = "What have you tried so far?"


async def begun(house: House, client: Client, practice: str = "practice-nothints") -> tuple[str, str]:
    """A practice attempt and its chat, whose room is not joined."""
    started = await client.ok("attempt_start", {"practice_id": house.site.practices[practice]})
    return started["attempt_id"], started["attempt_chat_id"]


@pytest.mark.case(87)
@pytest.mark.parametrize(
    ("size", "text", "numbered"),
    [(SMALL, False, True), (LARGE, False, False), (SMALL, True, False), (LARGE, True, True)],
    ids=["small", "large", "small as base64", "large as base64"],
)
async def test_somebody_speaks_and_is_answered_aloud(brisk: House, size: int, text: bool, numbered: bool) -> None:
    async with brisk.client() as client:
        attempt, chat = await begun(brisk, client)
        started = await client.ok("attempt_audio_start", {"chat_id": chat})
        assert {key for key in started if key != "ok"} == {"chat_id", "run_id", "group_id", "attempt_id"}
        assert (started["chat_id"], started["attempt_id"]) == (chat, attempt)
        ready = await client.wait_for("attempt_audio_ready", chat_id=chat)
        assert (ready["success"], ready["message"]) == (True, "Voice session open.")
        mouth = Mouth(client, chat, size=size, text=text, seq=0 if numbered else None)
        said, answer = await mouth.answered(HELLO)
        assert said["content"] == HELLO
        check_turn(client, said, answer)
        assert words_in(sound_of(client, answer["message_id"])) == one_line(answer["content"])
        ended = await close_voice(client, chat)
        assert (ended["success"], ended["message"]) == (True, "Voice session closed.")
        detail = await detail_of(brisk, attempt)
        query, reply = detail["entries"]["attempt_message"]
        assert (query["item_id"], reply["item_id"]) == (said["item_id"], None)
        assert query["contents"][0]["content"] == HELLO


def check_turn(client: Client, said: Any, answer: Any) -> None:
    """The order of 6.8.5, and one `item_id` and `message_id` throughout."""
    of_speech = [
        (name, args[0])
        for name, args in client.heard
        if args[0].get("item_id") == said["item_id"] and name.startswith("attempt_user")
    ]
    names = [name for name, _ in of_speech]
    assert (names[0], names[-1]) == ("attempt_user_start", "attempt_user_complete")
    assert set(names[1:-1]) == {"attempt_user_delta"}
    assert {payload["message_id"] for _, payload in of_speech} == {said["message_id"]}
    running = [payload["transcript"] for name, payload in of_speech if name == "attempt_user_delta"]
    assert all(HELLO.startswith(each) or each == HELLO for each in running), running
    assert running == sorted(set(running), key=len)
    of_reply = [name for name, args in client.heard if args[0].get("message_id") == answer["message_id"]]
    assert (of_reply[0], of_reply[-1]) == ("attempt_assistant_start", "attempt_assistant_complete")
    assert {"attempt_progress", "attempt_assistant_audio"} <= set(of_reply)
    assert client.names.index("attempt_user_complete") < client.names.index("attempt_assistant_start")
    assert answer["status"] == "complete"
    told = client.payloads("attempt_progress", message_id=answer["message_id"])
    assert "".join(each["content"] for each in told) == answer["content"] != ""


@pytest.mark.case(87)
async def test_further_turns_follow_and_the_room_hears_them_but_not_the_sound(brisk: House) -> None:
    async with brisk.client() as client, brisk.client("instructor") as staff:
        _, chat = await begun(brisk, client)
        await staff.ok("attempt_join", {"chat_id": chat})
        mouth = await open_voice(client, chat)
        first, _ = await mouth.answered(HELLO)
        second, answer = await mouth.answered("Tell me more. I would like to know.")
        assert (first["content"], second["content"]) == (HELLO, "Tell me more. I would like to know.")
        assert first["item_id"] != second["item_id"]
        await close_voice(client, chat)
        await staff.wait_for("attempt_assistant_complete", message_id=answer["message_id"])
        await fence(staff)
        assert len(staff.payloads("attempt_user_complete", chat_id=chat)) == 2
        assert not {"attempt_assistant_audio", "attempt_audio_ready", "attempt_audio_ended"} & set(staff.names)


@pytest.mark.case(87)
async def test_a_repeated_start_keeps_the_session_and_frames_under_other_names_are_heard(brisk: House) -> None:
    async with brisk.client() as client:
        _, chat = await begun(brisk, client)
        given = {"chat_id": chat, "client_request_id": new_secret()[:16]}
        first = await client.ok("attempt.audio_start", given)
        await client.nth("attempt_audio_ready", 0, chat_id=chat)
        assert await client.ok("/socket/v5/client/attempt/audio_start", given) == first
        await client.nth("attempt_audio_ready", 1, chat_id=chat)
        mouth = Mouth(client, chat)
        taken = await client.ok("attempt.audio_frame", {"chat_id": chat, "audio": bytes(SMALL)})
        assert taken["accepted"] is True
        assert (await mouth.turn(HELLO))["content"] == HELLO
        stop = {"chat_id": chat, "client_request_id": new_secret()[:16]}
        stopped = await client.ok("attempt_audio_stop", stop)
        await client.wait_for("attempt_audio_ended", chat_id=chat)
        assert await client.ok("attempt_audio_stop", stop) == stopped
        assert stopped["stopped"] is True
        assert len(client.payloads("attempt_audio_ended", chat_id=chat, reason="stopped")) == 1


@pytest.mark.case(87)
async def test_a_frame_that_is_not_newer_than_the_last_is_dropped(brisk: House) -> None:
    async with brisk.client() as client:
        _, chat = await begun(brisk, client)
        await open_voice(client, chat)
        frame = {"chat_id": chat, "audio": bytes(SMALL)}
        accepted = [
            (await client.ok("attempt_audio_frame", frame | {"seq": seq}))["accepted"] for seq in (5, 5, 4, 6, None)
        ]
        assert accepted == [True, False, False, True, True]


@pytest.mark.case(87)
async def test_typed_messages_in_a_session_are_answered_aloud(brisk: House) -> None:
    async with brisk.client() as client:
        attempt, chat = await begun(brisk, client)
        await open_voice(client, chat)
        typed = await client.ok("attempt_text_frame", {"chat_id": chat, "message": "Let me type this."})
        assert {key for key in typed if key != "ok"} == {"chat_id", "user_message_id", "assistant_message_id"}
        reply = await client.wait_for("attempt_assistant_complete", message_id=typed["assistant_message_id"])
        assert words_in(sound_of(client, reply["message_id"])) == one_line(reply["content"])
        said = await client.wait_for("attempt_user_complete", message_id=typed["user_message_id"])
        assert said["item_id"] is None
        message = {"attempt_id": attempt, "chat_id": chat, "message": "And this?"}
        again = await client.ok("attempt_message", message)
        reply = await client.wait_for("attempt_assistant_complete", message_id=again["assistant_message_id"])
        assert words_in(sound_of(client, reply["message_id"])) == one_line(reply["content"])
        await close_voice(client, chat)
        refused = await client.refused("attempt_text_frame", {"chat_id": chat, "message": "Too late."})
        assert (refused["code"], refused["error_type"]) == ("forbidden", "audio")


async def test_speech_is_taken_where_text_is_not(brisk: House) -> None:
    async with brisk.client() as client:
        _, chat = await begun(brisk, client, "practice-spoken")
        mouth = await open_voice(client, chat)
        assert (await mouth.turn(HELLO))["content"] == HELLO
        refused = await client.refused("attempt_text_frame", {"chat_id": chat, "message": "Typed."})
        assert refused["code"] == "text_disabled"
        await close_voice(client, chat)
