"""Who else is there while somebody speaks (Glow 5.4, 5.5, 7.15, 9.7): late joiners, recovered sockets, old dialects."""

from base64 import b64encode
from typing import Any

import pytest

from tests.harness.socket import Client
from tests.wire.house import House, fence
from tests.wire.test_voice_floor import INTERRUPTION, being_told, messages_of
from tests.wire.test_voice_talk import HELLO, begun
from tests.wire.voices import LARGE, SMALL, Mouth, close_voice, frames, one_line, open_voice, sound_of, spoken, words_in

OF_SPEECH = ("attempt_user_start", "attempt_user_delta", "attempt_user_complete")


def positions(client: Client, chat: str) -> list[int]:
    """The places in the chat's log of everything that a client heard of it, aliases left out."""
    said = [args[0] for _, args in client.heard if args[0].get("_meta", {}).get("room") == f"chat:{chat}"]
    return [each["_meta"]["seq"] for each in said if "alias_of" not in each["_meta"]]


def joined_text(client: Client, message_id: str) -> str:
    """The text that the deltas of a message make."""
    text = ""
    for each in client.payloads("attempt_progress", message_id=message_id):
        text = "" if each["content_type"] == "reset" else text + each["content"]
    return text


@pytest.mark.case(45, 87)
async def test_who_joins_while_the_answer_is_being_told_sees_all_of_it(speaking: House) -> None:
    async with speaking.client() as owner, speaking.client("instructor") as staff:
        _, chat = await begun(speaking, owner)
        mouth = await open_voice(owner, chat, size=LARGE)
        message_id = await being_told(owner, mouth)
        await staff.ok("attempt_join", {"chat_id": chat})
        await mouth.turn(INTERRUPTION)
        cut = await staff.wait_for("attempt_assistant_complete", message_id=message_id)
        assert [each["message_id"] for each in staff.payloads("attempt_assistant_start")][:1] == [message_id]
        assert joined_text(staff, message_id) == cut["content"]
        assert cut["status"] == "stopped"
        said = await staff.wait_for("attempt_user_complete", content=INTERRUPTION)
        assert staff.payloads("attempt_user_start", item_id=said["item_id"])
        assert "attempt_assistant_audio" not in staff.names
        await close_voice(owner, chat)


@pytest.mark.case(44, 46, 87)
async def test_who_joins_while_somebody_speaks_gets_the_past_and_then_the_rest(speaking: House) -> None:
    async with speaking.client() as owner, speaking.client("instructor") as staff, speaking.client("admin") as late:
        _, chat = await begun(speaking, owner)
        mouth = await open_voice(owner, chat, size=LARGE)
        whole = spoken(HELLO)
        half = len(whole) // 3 // 2 * 2
        await mouth.send(whole[:half])
        await owner.wait_for("attempt_user_start", chat_id=chat)
        await staff.ok("attempt_join", {"chat_id": chat, "since": 0})
        ack = await late.ok("attempt_join", {"chat_id": chat})
        await mouth.send(whole[half:])
        done = await owner.wait_for("attempt_assistant_complete", chat_id=chat)
        for client in (staff, late):
            await client.wait_for("attempt_assistant_complete", message_id=done["message_id"])
        told = [(name, args[0]) for name, args in staff.heard if name in OF_SPEECH]
        assert (told[0][0], told[-1][1]["content"]) == ("attempt_user_start", HELLO)
        assert positions(staff, chat) == list(range(1, positions(staff, chat)[-1] + 1))
        assert positions(late, chat) == list(range(ack["seq"] + 1, positions(late, chat)[-1] + 1))
        assert late.payloads("attempt_user_complete", chat_id=chat)[0]["content"] == HELLO
        await close_voice(owner, chat)


@pytest.mark.case(36, 91)
async def test_a_socket_that_is_cut_in_the_middle_of_a_sentence_recovers_what_was_made_of_it(speaking: House) -> None:
    async with speaking.client() as owner:
        _, chat = await begun(speaking, owner)
        async with speaking.raw() as raw:
            pid = (await raw.open(speaking.site.tokens["learner"], recovery=True)).data["pid"]
            await raw.ok("attempt_audio_start", {"chat_id": chat})
            await raw.event("attempt_audio_ready")
            for each in frames(spoken("This was said by me", pause_ms=0), LARGE):
                await raw.send("attempt_audio_frame", {"chat_id": chat, "audio": b64encode(each).decode()})
            await raw.event("attempt_user_delta")
            raw.cut()
        events = [packet for packet in raw.packets if packet.type == "2" and packet.offset]
        known = [packet.payload["_meta"]["seq"] for packet in events if packet.payload["_meta"].get("seq")]
        async with speaking.raw() as again:
            answer = await again.open(
                speaking.site.tokens["learner"], recovery=True, pid=pid, offset=str(events[-1].offset)
            )
            assert answer.data["pid"] == pid
            said = await again.event("attempt_user_complete", chat_id=chat)
            await again.event("attempt_assistant_complete", chat_id=chat)
            more = [packet.payload["_meta"] for packet in again.packets if packet.type == "2"]
            later = [meta["seq"] for meta in more if meta.get("room") == f"chat:{chat}"]
            assert said.payload["content"].startswith("This")
            assert later == list(range(later[0], later[-1] + 1))
            assert known
            assert not [each for each in again.packets if each.name == "attempt_audio_ended"]
        await owner.ok("attempt_join", {"chat_id": chat})
        again_open = await open_voice(owner, chat, size=LARGE)
        assert (await again_open.turn(HELLO))["content"] == HELLO
        await close_voice(owner, chat)


@pytest.mark.case(112)
async def test_the_old_dialect_sees_spoken_turns_and_what_was_left_of_a_reply(speaking: House) -> None:
    token = speaking.site.tokens["learner"]
    async with Client(speaking.url, token, dialect="glow-web") as client, speaking.client() as plain:
        _, chat = await begun(speaking, client)
        await plain.ok("attempt_join", {"chat_id": chat})
        mouth = await open_voice(client, chat, size=SMALL)
        message_id = await being_told(client, mouth)
        await mouth.turn(INTERRUPTION)
        cut = await client.wait_for("attempt_assistant_complete", message_id=message_id)
        await client.nth("attempt_assistant_complete", 1, chat_id=chat)
        await close_voice(client, chat)
        await fence(client)
        await fence(plain)
        so_far = client.payloads("attempt_assistant_delta", message_id=message_id)
        assert so_far[-1]["content"] == cut["content"]
        grown = client.payloads("contents_generation_progress", message_id=message_id)
        assert [each["arguments_delta"] for each in grown] == [
            each["content"]
            for each in client.payloads("attempt_progress", message_id=message_id)
            if each["content_type"] == "delta"
        ]
        completed = client.payloads("attempt_complete", chat_id=chat)
        assert completed[0]["final_content"] == cut["content"]
        aliases = [args[0] for _, args in client.heard if "alias_of" in args[0].get("_meta", {})]
        assert aliases
        assert not [args[0] for _, args in plain.heard if "alias_of" in args[0].get("_meta", {})]
        documented = [(name, _bare(args[0])) for name, args in client.heard if _in_room(args[0], chat)]
        assert documented == [(name, _bare(args[0])) for name, args in plain.heard if _in_room(args[0], chat)]


def _in_room(payload: Any, chat: str) -> bool:
    meta = payload.get("_meta", {})
    return meta.get("room") == f"chat:{chat}" and "alias_of" not in meta


def _bare(payload: Any) -> Any:
    return {key: value for key, value in payload.items() if key != "_meta"} | {"seq": payload["_meta"]["seq"]}


@pytest.mark.case(91)
async def test_the_old_holder_is_told_before_the_new_one_is_ready(speaking: House) -> None:
    order: list[str] = []

    class Noting(Client):
        async def _hear(self, event: str, *args: Any) -> None:
            if event.startswith("attempt_audio_"):
                order.append(f"{event} {self.auth['who']}")
            await super()._hear(event, *args)

    token = speaking.site.tokens["learner"]
    async with Noting(speaking.url, token, who="old") as old, Noting(speaking.url, token, who="new") as new:
        attempt, chat = await begun(speaking, old)
        for _ in range(5):
            order.clear()
            mouth = await open_voice(old, chat, size=LARGE)
            await mouth.send(spoken("I am in the middle of", pause_ms=0))
            await old.wait_for("attempt_user_start", chat_id=chat)
            await open_voice(new, chat)
            await fence(old)
            await fence(new)
            told = [each for each in order if each != "attempt_audio_ready old"]
            assert told == ["attempt_audio_ended old", "attempt_audio_ready new"]
            await close_voice(new, chat)
        assert await messages_of(speaking, attempt)


@pytest.mark.case(91)
async def test_a_frame_that_the_old_holder_still_sends_is_not_heard(speaking: House) -> None:
    async with speaking.client() as old, speaking.client() as new:
        _, chat = await begun(speaking, old)
        await open_voice(old, chat)
        await open_voice(new, chat)
        late = Mouth(old, chat, size=LARGE)
        await late.say("Nobody hears this.")
        ack = await old.ok("attempt_audio_frame", {"chat_id": chat, "audio": bytes(SMALL)})
        assert ack["accepted"] is False
        assert (await old.ok("attempt_audio_mute", {"chat_id": chat, "muted": True}))["success"] is False
        refused = await old.refused("attempt_text_frame", {"chat_id": chat, "message": "Hello?"})
        assert refused["code"] == "forbidden"
        stopped = await old.ok("attempt_audio_stop", {"chat_id": chat})
        assert stopped["stopped"] is False
        await close_voice(new, chat)
        assert "attempt_user_start" not in new.names


@pytest.mark.case(1, 87)
async def test_speech_and_its_answer_pass_through_polls(speaking: House) -> None:
    token = speaking.site.tokens["learner"]
    async with Client(speaking.url, token, transports=["polling"]) as client:
        _, chat = await begun(speaking, client)
        mouth = await open_voice(client, chat, size=LARGE)
        said, answer = await mouth.answered(HELLO)
        assert said["content"] == HELLO
        assert words_in(sound_of(client, answer["message_id"])) == one_line(answer["content"])
        await close_voice(client, chat)


@pytest.mark.case(30, 35, 87)
async def test_a_repeated_start_is_answered_on_every_connection(speaking: House) -> None:
    async with speaking.client() as first:
        _, chat = await begun(speaking, first)
        start = {"chat_id": chat, "client_request_id": f"start {chat}"}
        ack = await first.ok("attempt_audio_start", start)
        await first.wait_for("attempt_audio_ready", chat_id=chat)
        assert await first.ok("attempt_audio_start", start) == ack
        await first.nth("attempt_audio_ready", 1, chat_id=chat)
    async with speaking.client() as second:
        await second.ok("attempt_audio_start", start)
        await second.wait_for("attempt_audio_ready", chat_id=chat)  # 6.8.4: never unanswered
        wrong = await second.refused("attempt_audio_stop", start)
        assert wrong["code"] == "idempotency_conflict"
        await close_voice(second, chat)
