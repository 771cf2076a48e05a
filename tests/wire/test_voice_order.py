"""Frames go a short way, and still nothing is overtaken: order, interleaved packets, broken ones (Glow 4.6, 8.1)."""

import json

import pytest

from parlour.providers.speech.scripted import silence, tone
from tests.wire.house import House
from tests.wire.raw import Raw
from tests.wire.voices import RATE, SMALL, frames, spoken

HELLO = "What have you tried so far?"
PLACE = {"_placeholder": True, "num": 0}


def head(chat_id: str, seq: int | None = None, number: int | None = None) -> str:
    """The event of a frame whose sound follows."""
    payload = {"chat_id": chat_id, "audio": PLACE} | ({} if seq is None else {"seq": seq})
    return f"451-{'' if number is None else number}{json.dumps(['attempt_audio_frame', payload])}".replace(", ", ",")


def written(chat_id: str) -> str:
    """The same without white space, as stock clients write it."""
    return head(chat_id).replace(": ", ":")


async def opened(house: House, raw: Raw) -> str:
    """A chat in which the socket holds a voice session."""
    await raw.open(house.site.tokens["learner"])
    started = await raw.ok("attempt_start", {"practice_id": house.site.practices["practice-nothints"]})
    chat: str = started["attempt_chat_id"]
    await raw.ok("attempt_audio_start", {"chat_id": chat})
    await raw.event("attempt_audio_ready")
    return chat


@pytest.mark.case(87, 89)
async def test_a_frame_does_not_overtake_a_command(speaking: House) -> None:
    async with Raw(speaking.url) as raw:
        chat = await opened(speaking, raw)
        await raw.send("attempt_audio_mute", {"chat_id": chat, "muted": True})
        for each in frames(spoken(HELLO), 4_800):
            await raw.ws.send(written(chat))
            await raw.ws.send(each)
        await raw.send("attempt_audio_mute", {"chat_id": chat, "muted": False})
        for each in frames(silence(400, rate=RATE) + tone("Now I am heard", rate=RATE)):
            await raw.ws.send(written(chat))
            await raw.ws.send(each)
        await raw.ok("attempt_audio_mute", {"chat_id": chat, "muted": True})
        said = await raw.event("attempt_user_complete")
        assert said.payload["content"] == "Now I am heard"
        assert len([packet for packet in raw.events if packet.name == "attempt_user_start"]) == 1


@pytest.mark.case(87)
async def test_a_heartbeat_may_come_between_a_frame_and_its_sound(speaking: House) -> None:
    async with Raw(speaking.url) as raw:
        chat = await opened(speaking, raw)
        await raw.ws.send(head(chat, seq=5).replace(": ", ":"))
        await raw.ws.send("3")
        await raw.ws.send(bytes(SMALL))
        accepted: list[bool] = []
        for number, seq in ((101, 5), (102, 6)):  # the frame was heard, so its number is taken
            await raw.ws.send(head(chat, seq=seq, number=number))
            await raw.ws.send(bytes(SMALL))
            ack = await raw.wait(lambda packet, wanted=number: packet.type == "3" and packet.number == wanted)
            accepted.append(ack.payload["accepted"])
        assert accepted == [False, True]


@pytest.mark.case(90)
@pytest.mark.parametrize("second", ["event", "frame", "stray sound"])
async def test_broken_attachments_close_the_connection_and_nothing_else(speaking: House, second: str) -> None:
    async with Raw(speaking.url) as raw, Raw(speaking.url) as other:
        chat = await opened(speaking, raw)
        await other.open(speaking.site.tokens["learner"])
        if second == "stray sound":
            await raw.ws.send(bytes(SMALL))
        else:
            await raw.ws.send(written(chat))
            await raw.ws.send(written(chat) if second == "frame" else '42["attempt_stop",{}]')
        await raw.closed.wait()
        await other.ok("attempt_leave", {"chat_id": chat})
    assert "Traceback" not in speaking.process.log_text()
