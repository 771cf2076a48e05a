"""Speaking into a chat: tone speech as frames, by socket or by HTTP, and reading what comes back."""

import asyncio
import base64
from dataclasses import dataclass, field
from typing import Any

from parlour.providers.speech.scripted import read_tones, silence, tone
from parlour.speech.pcm import resampled
from tests.harness.socket import Client
from tests.wire.http_client import OPERATIONS, Http

RATE = 24_000
SMALL = 256
LARGE = 4_800
PAUSE_MS = 1_500
BATCH = 50
PLAYED_FASTER = {"parlour__attempts__voice__playing__BYTES_PER_MS": 3 * RATE * 2 // 1000}
SCRIPTED: dict[str, Any] = {"SPEECH__IN": "scripted", "SPEECH__OUT": "scripted"}


def spoken(text: str, *, pause_ms: int = PAUSE_MS) -> bytes:
    """A little quiet, the text in tones, and a pause that ends the turn: PCM16 at 24 kHz."""
    return silence(200, rate=RATE) + tone(text, rate=RATE) + silence(pause_ms, rate=RATE)


def frames(sound: bytes, size: int = SMALL) -> list[bytes]:
    """The sound in frames; the last one may be shorter."""
    return [sound[at : at + size] for at in range(0, len(sound), size)]


@dataclass
class Mouth:
    """Speaks over a stock socket into one chat."""

    client: Client
    chat_id: str
    size: int = SMALL
    text: bool = False  # base64 in place of an attachment
    seq: int | None = None
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def send(self, sound: bytes) -> None:
        """Send sound, faster than anybody speaks, but not in one go."""
        for number, each in enumerate(frames(sound, self.size)):
            payload: dict[str, Any] = {"chat_id": self.chat_id}
            payload["audio"] = base64.b64encode(each).decode() if self.text else each
            if self.seq is not None:
                self.seq += 1
                payload["seq"] = self.seq
            await self.client.io.emit("attempt_audio_frame", payload)
            if number % BATCH == BATCH - 1:
                await asyncio.sleep(0.02)

    async def say(self, text: str, *, pause_ms: int = PAUSE_MS) -> None:
        """Say something, and pause."""
        await self.send(spoken(text, pause_ms=pause_ms))

    async def turn(self, text: str) -> Any:
        """Say something, and wait until it was understood: the learner's message."""
        before = len(self.client.payloads("attempt_user_complete", chat_id=self.chat_id))
        await self.say(text)
        return await self.client.nth("attempt_user_complete", before, chat_id=self.chat_id)

    async def answered(self, text: str) -> tuple[Any, Any]:
        """A turn and its whole answer."""
        before = len(self.client.payloads("attempt_assistant_complete", chat_id=self.chat_id))
        said = await self.turn(text)
        return said, await self.client.nth("attempt_assistant_complete", before, chat_id=self.chat_id)


async def open_voice(client: Client, chat_id: str, **how: Any) -> Mouth:
    """Start a voice session and wait until it is ready."""
    before = len(client.payloads("attempt_audio_ready", chat_id=chat_id))
    await client.ok("attempt_audio_start", {"chat_id": chat_id})
    await client.nth("attempt_audio_ready", before, chat_id=chat_id)
    return Mouth(client, chat_id, **how)


async def close_voice(client: Client, chat_id: str) -> Any:
    """Stop it and wait for the end: the event."""
    before = len(client.payloads("attempt_audio_ended", chat_id=chat_id))
    assert (await client.ok("attempt_audio_stop", {"chat_id": chat_id}))["stopped"] is True
    return await client.nth("attempt_audio_ended", before, chat_id=chat_id)


def sound_of(client: Client, message_id: str) -> bytes:
    """The sound that came of a reply; its frames are numbered without a hole."""
    pieces = client.payloads("attempt_assistant_audio", message_id=message_id)
    assert [each["frame"] for each in pieces] == list(range(len(pieces)))
    assert all(isinstance(each["audio"], bytes) and len(each["audio"]) % 2 == 0 for each in pieces)
    return b"".join(each["audio"] for each in pieces)


def words_in(sound: bytes) -> str:
    """What is said in tone speech at 24 kHz."""
    return " ".join(word.text for word in read_tones(resampled(sound, RATE, 16_000)))


def one_line(text: str) -> str:
    """A text with single spaces."""
    return " ".join(text.split())


@dataclass
class HttpMouth:
    """Speaks over HTTP, as octets or as base64."""

    http: Http
    chat_id: str
    octets: bool = True
    size: int = LARGE

    async def send(self, sound: bytes) -> list[bool]:
        """Send sound; which frames were heard."""
        heard: list[bool] = []
        for each in frames(sound, self.size):
            heard.append(await self._send(each))
        return heard

    async def _send(self, sound: bytes) -> bool:
        if self.octets:
            answer = await self.http.io.post(
                OPERATIONS + "attempt/audio_frame",
                content=sound,
                params={"sid": self.http.sid, "chat_id": self.chat_id},
                headers={"content-type": "application/octet-stream"},
            )
            assert answer.status_code == 200, answer.text
            return answer.json()["accepted"]
        payload = {"chat_id": self.chat_id, "audio": base64.b64encode(sound).decode()}
        return (await self.http.ok("attempt/audio_frame", payload, sid=self.http.sid))["accepted"]
