"""Frames of learners, taken at the door (Glow 8.1): no task, no queue, no look at the store.

A voice client sends some 188 events of sound a second. What is just such an event, of a socket that has
nothing else waiting, goes straight from the WebSocket to the voice session; everything else takes the way of
all commands, where the same rules hold. So order is kept: a frame never overtakes a command.
"""

import binascii
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from parlour.kernel.decoding import decoder_of
from parlour.wire.glow.payloads import FRAME_BYTES_MAX, ID_PATTERN, SINCE_MAX

_NAMES = (b"attempt_audio_frame", b"attempt.audio_frame", b"/socket/v5/client/attempt/audio_frame")
STARTS = tuple(begin + name + b'"' for name in _NAMES for begin in (b'451-["', b'42["'))


class _Placeholder(Struct, frozen=True, rename={"placeholder": "_placeholder"}):
    """Where the attachment goes."""

    placeholder: bool
    num: Literal[0]


class _Payload(Struct, frozen=True):
    """The members of a frame; one with a request id takes the long way."""

    chat_id: Annotated[str, Meta(pattern=ID_PATTERN)]
    audio: _Placeholder | str
    seq: Annotated[int, Meta(ge=0, le=SINCE_MAX)] | None = None
    client_request_id: None = None


class Head(Struct, frozen=True):
    """A frame of sound: what is said about it; `sound` is None if it comes as an attachment."""

    chat_id: str
    seq: int | None
    sound: bytes | None


class _Event(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Name and payload, and nothing else."""

    name: str
    payload: _Payload


_decoder = decoder_of(_Event)


def head_of(packet: bytes) -> Head | None:
    """What an Engine.IO packet that begins like one of `STARTS` says; None if it has to take the long way."""
    attached = packet[1] == ord("5")
    try:
        said = _decoder.decode(memoryview(packet)[4 if attached else 2 :]).payload
        if isinstance(said.audio, str):
            sound = None if attached else binascii.a2b_base64(said.audio, strict_mode=True)
            return None if sound is None or not is_sound(sound) else Head(said.chat_id, said.seq, sound)
    except (msgspec.DecodeError, ValueError):
        return None
    return Head(said.chat_id, said.seq, None) if attached and said.audio.placeholder else None


def is_sound(sound: bytes) -> bool:
    """Whether these bytes may be a frame (6.8.1)."""
    return 2 <= len(sound) <= FRAME_BYTES_MAX and len(sound) % 2 == 0
