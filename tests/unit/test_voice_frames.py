"""Frames at the door, and sound on its way out: what is taken, what takes the long way, what a stalled peer costs."""

import base64
import json
from typing import Any, cast

import pytest

from parlour.attempts.voice.holders import ReplySound
from parlour.kernel.ids import ChatId, MessageId
from parlour.wire.glow import encode
from parlour.wire.glow.frames import FRAME_BYTES_MAX, STARTS, head_of
from parlour.wire.glow.sinks import DirectSocket, Sink, binary_frame

CHAT = "0192a0aa-1111-7222-8333-944455556666"
PLACE = {"_placeholder": True, "num": 0}
SOUND = bytes(range(256))


def packet(payload: object, *more: object, name: str = "attempt_audio_frame", attached: bool = True) -> bytes:
    """A frame as a stock client writes it."""
    return ("451-" if attached else "42").encode() + json.dumps([name, payload, *more], separators=(",", ":")).encode()


def text(**members: object) -> bytes:
    """A frame in base64."""
    return packet({"chat_id": CHAT, "audio": base64.b64encode(SOUND).decode(), **members}, attached=False)


@pytest.mark.parametrize(
    "name", ["attempt_audio_frame", "attempt.audio_frame", "/socket/v5/client/attempt/audio_frame"]
)
def test_a_frame_is_taken_under_each_name_in_both_forms(name: str) -> None:
    attached = packet({"chat_id": CHAT, "audio": PLACE, "seq": 41}, name=name)
    assert attached.startswith(STARTS)
    head = head_of(attached)
    assert head is not None
    assert (head.chat_id, head.seq, head.sound) == (CHAT, 41, None)
    said = packet({"seq": 7, "audio": base64.b64encode(SOUND).decode(), "chat_id": CHAT}, name=name, attached=False)
    found = head_of(said)
    assert found is not None
    assert (found.seq, found.sound) == (7, SOUND)


@pytest.mark.parametrize(
    "said",
    [
        packet({"chat_id": CHAT}),
        packet({"audio": PLACE}),
        packet({"chat_id": "C1", "audio": PLACE}),
        packet({"chat_id": CHAT, "audio": {"_placeholder": True, "num": 1}}),
        packet({"chat_id": CHAT, "audio": {"_placeholder": False, "num": 0}}),
        packet({"chat_id": CHAT, "audio": PLACE, "seq": True}),
        packet({"chat_id": CHAT, "audio": PLACE, "seq": -1}),
        packet({"chat_id": CHAT, "audio": PLACE, "client_request_id": "r-1"}),
        packet({"chat_id": CHAT, "audio": PLACE}, "more"),
        packet({"chat_id": CHAT, "audio": PLACE}, attached=False),
        packet({"chat_id": CHAT, "audio": "AAAA"}),
        packet([CHAT, PLACE]),
        packet({"chat_id": CHAT, "audio": PLACE})[:-1],
        packet({"chat_id": CHAT, "audio": PLACE})[:-3] + b"\xff}]",
        text(audio="!"),
        text(audio="AAAA"),
        text(audio=""),
        text(audio=base64.b64encode(bytes(FRAME_BYTES_MAX + 2)).decode()),
    ],
)
def test_what_is_not_just_a_frame_takes_the_long_way(said: bytes) -> None:
    assert head_of(said) is None


class Wire:
    """A transport whose peer reads nothing."""

    def __init__(self) -> None:
        self.written = bytearray()

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return len(self.written)

    def write(self, data: bytes) -> None:
        self.written += data


class Engine:
    """What a sink needs of an Engine.IO socket."""

    closed = False

    def __init__(self, transport: object) -> None:
        self.transport = transport


def sound_packet(frame: int = 0) -> str:
    """An event with sound."""
    sound = ReplySound(chat_id=ChatId(CHAT), message_id=MessageId(CHAT), frame=frame, pcm=SOUND)
    return encode.sound_packet(sound, {"id": "e1", "at": "2026-01-01T00:00:00.000Z"})


def test_sound_is_an_attachment_of_its_event() -> None:
    said = sound_packet(3)
    assert said.startswith('51-["attempt_assistant_audio",')
    name, payload = json.loads(said[3:])
    assert (name, payload["audio"], payload["frame"], payload["content_type"]) == (
        "attempt_assistant_audio",
        PLACE,
        3,
        "audio",
    )
    assert binary_frame(SOUND)[:4] == b"\x82\x7e\x01\x00"
    assert binary_frame(b"ab") == b"\x82\x02ab"


async def test_a_peer_that_stalls_is_sent_sound_no_further_and_costs_little() -> None:
    wire = Wire()
    sink = Sink(cast("DirectSocket", cast("Any", Engine(wire))))
    taken = 0
    for number in range(10_000):
        taken += sink.write_sound(sound_packet(number), bytes(4_800))
        sink.flush()
    assert taken < 100
    assert len(wire.written) < 256 * 1024
    assert sink.full is False  # the log goes on being delivered
    wire.written.clear()
    assert sink.write_sound(sound_packet(), SOUND) is True
