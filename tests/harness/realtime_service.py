"""A realtime service for tests: the protocol of OpenAI's, in its released form or (models `beta...`) in the beta's.

It hears tone speech, detects it by loudness, and answers in tone speech, faster than it is heard. The model's
name chooses what is wrong with it, see `MODELS`. Words that contain `[engine dies]` cut the connection.
"""

import asyncio
import base64
import contextlib
import itertools
import json
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

from parlour.providers.speech.scripted import read_tones, tone
from parlour.speech.pcm import level, resampled

MODELS = {
    "gpt-realtime": "the released form",
    "beta": "the beta form",
    "eager": "answers by itself at the end of speech, though it was told not to",
    "never-opens": "accepts the connection and says nothing",
    "strict": "takes no settings at all",
    "mute": "is asked for an answer and gives none",
    "refuses": "is asked for an answer and reports an error",
    "deaf": "cannot find out the words",
    "garbled": "answers with sound that is no base64",
    "wordless": "answers with sound and tells the text at the end",
}
RATE = 24_000
WINDOW = RATE // 50 * 2
LOUD = 0.02


@dataclass(kw_only=True)
class Item:
    """A message of the conversation as the service remembers it."""

    id: str
    role: str
    text: str
    heard_ms: int | None = None
    """Where it was cut."""


@dataclass(kw_only=True)
class Call:
    """A session, for tests to look at."""

    model: str
    session: dict[str, object] = field(default_factory=dict[str, object])
    items: list[Item] = field(default_factory=list[Item])
    received: list[str] = field(default_factory=list[str])
    """The types of all messages but sound."""
    append_bytes: list[int] = field(default_factory=list[int])
    responses: list[str] = field(default_factory=list[str])
    """How each answer ended."""
    closed: bool = False


class Realtime:
    """One session."""

    def __init__(self, call: Call, answers: list[str]) -> None:
        self._call = call
        self._answers = answers
        self._beta = call.model.startswith("beta")
        self._socket = web.WebSocketResponse(max_msg_size=4 * 1024 * 1024)
        self._ids = itertools.count(1)
        self._sound = bytearray()
        self._begin = 0
        self._speech: str | None = None
        self._quiet_ms = 0
        self._checked = 0
        self._silence_ms, self._prefix_ms = 500, 300
        self._answering: asyncio.Task[None] | None = None

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The session until it is closed."""
        await self._socket.prepare(request)
        assert request.transport is not None
        self._abort = request.transport.abort
        try:
            if self._call.model == "never-opens":
                await self._socket.receive()
                return self._socket
            await self._tell("session.created", session=self._session())
            async for frame in self._socket:
                if frame.type == aiohttp.WSMsgType.TEXT:
                    await self._take(json.loads(frame.data))
        except ConnectionError:
            pass
        finally:
            self._call.closed = True
            if self._answering is not None:
                self._answering.cancel()
        return self._socket

    def _session(self) -> dict[str, object]:
        if self._beta:
            return {"id": "sess_1", "object": "realtime.session", "modalities": ["text"], "input_audio_format": "pcm16"}
        return {"id": "sess_1", "type": "realtime", "output_modalities": ["audio"], "audio": {"input": {}}}

    async def _tell(self, kind: str, **members: object) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            await self._socket.send_json({"type": kind, "event_id": f"event_{next(self._ids)}", **members})

    async def _complain(self, message: dict[str, object], code: str) -> None:
        error = {"type": "invalid_request_error", "code": code, "message": "PRIVATE", "param": None}
        await self._tell("error", error=error | {"event_id": message.get("event_id")})

    async def _take(self, message: dict[str, object]) -> None:
        kind = str(message["type"])
        if kind != "input_audio_buffer.append":
            self._call.received.append(kind)
        match kind:
            case "session.update":
                await self._update(message)
            case "input_audio_buffer.append":
                await self._hear(base64.b64decode(str(message["audio"]), validate=True))
            case "input_audio_buffer.commit":
                await self._committed_by_client(message)
            case "input_audio_buffer.clear":
                self._begin, self._checked, self._speech = len(self._sound), len(self._sound), None
                await self._tell("input_audio_buffer.cleared")
            case "conversation.item.create":
                await self._create(message)
            case "conversation.item.delete":
                self._call.items[:] = [each for each in self._call.items if each.id != message["item_id"]]
                await self._tell("conversation.item.deleted", item_id=message["item_id"])
            case "conversation.item.truncate":
                await self._truncate(message)
            case "response.create":
                await self._asked(message)
            case "response.cancel":
                await self._cancel(message)
            case _:
                await self._complain(message, "unknown_event")

    async def _update(self, message: dict[str, object]) -> None:
        session = message["session"]
        assert isinstance(session, dict)
        if ("type" in session) == self._beta or self._call.model == "strict":
            await self._complain(message, "unknown_parameter")
            return
        self._call.session = session
        turns = session["turn_detection"] if self._beta else session["audio"]["input"]["turn_detection"]
        self._silence_ms, self._prefix_ms = turns["silence_duration_ms"], turns["prefix_padding_ms"]
        await self._tell("session.updated", session=self._session())

    async def _hear(self, sound: bytes) -> None:
        assert len(sound) % 2 == 0
        self._call.append_bytes.append(len(sound))
        self._sound += sound
        while self._checked + WINDOW <= len(self._sound):
            window = bytes(self._sound[self._checked : self._checked + WINDOW])
            at_ms = self._checked * 1000 // (RATE * 2)
            self._checked += WINDOW
            if level(window) > LOUD:
                self._quiet_ms = 0
                if self._speech is None:
                    await self._began(at_ms)
            elif self._speech is not None:
                self._quiet_ms += 20
                if self._quiet_ms >= self._silence_ms:
                    item_id, self._speech = self._speech, None
                    await self._tell("input_audio_buffer.speech_stopped", item_id=item_id, audio_end_ms=at_ms)
                    await self._commit(item_id)

    async def _began(self, at_ms: int) -> None:
        self._speech = f"item_{next(self._ids)}"
        start_ms = max(0, at_ms - self._prefix_ms)
        await self._tell("input_audio_buffer.speech_started", item_id=self._speech, audio_start_ms=start_ms)

    async def _committed_by_client(self, message: dict[str, object]) -> None:
        """A turn that the client ends is kept under another id than the one it began with."""
        if len(self._sound) - self._begin < RATE // 5:
            await self._complain(message, "input_audio_buffer_commit_empty")
            return
        self._speech, self._checked = None, len(self._sound)
        await self._commit(f"item_{next(self._ids)}")

    async def _commit(self, item_id: str) -> None:
        sound, self._begin = bytes(self._sound[self._begin : self._checked]), self._checked
        said = [word.text for word in read_tones(resampled(sound, RATE, 16_000))]
        await self._tell("input_audio_buffer.committed", item_id=item_id, previous_item_id=None)
        self._call.items.append(Item(id=item_id, role="user", text=" ".join(said)))
        await self._tell("conversation.item.created" if self._beta else "conversation.item.added", item={"id": item_id})
        if "dies]" in said:
            self._abort()
            return
        words = "conversation.item.input_audio_transcription"
        if self._call.model == "deaf":
            await self._tell(f"{words}.failed", item_id=item_id, content_index=0, error={"code": "bad"})
            return
        for place, word in enumerate(said):
            await self._tell(f"{words}.delta", item_id=item_id, content_index=0, delta=" " * bool(place) + word)
        await self._tell(f"{words}.completed", item_id=item_id, content_index=0, transcript=" ".join(said) + "\n")
        if self._call.model == "eager":
            self._answer()

    async def _create(self, message: dict[str, object]) -> None:
        item = message["item"]
        assert isinstance(item, dict)
        content = item["content"][0]
        kinds = {"user": "input_text", "assistant": "text" if self._beta else "output_text"}
        if content["type"] != kinds[item["role"]]:
            await self._complain(message, "invalid_value")
            return
        found = Item(id=f"item_{next(self._ids)}", role=item["role"], text=content["text"])
        self._call.items.append(found)
        await self._tell(
            "conversation.item.created" if self._beta else "conversation.item.added", item={"id": found.id}
        )

    async def _truncate(self, message: dict[str, object]) -> None:
        item = next((each for each in self._call.items if each.id == message["item_id"]), None)
        if item is None:
            await self._complain(message, "item_truncate_invalid_item_id")
            return
        heard_ms = message["audio_end_ms"]
        assert isinstance(heard_ms, int)
        item.heard_ms = heard_ms
        await self._tell("conversation.item.truncated", item_id=item.id, content_index=0, audio_end_ms=heard_ms)

    async def _asked(self, message: dict[str, object]) -> None:
        if self._answering is not None:
            await self._complain(message, "conversation_already_has_active_response")
        elif self._call.model == "refuses":
            await self._complain(message, "insufficient_quota")
        elif self._call.model != "mute":
            self._answer()

    async def _cancel(self, message: dict[str, object]) -> None:
        if self._answering is None:
            await self._complain(message, "response_cancel_not_active")
            return
        self._answering.cancel()

    def _answer(self) -> None:
        last = next((each.text for each in reversed(self._call.items) if each.role == "user"), "")
        text = self._answers.pop(0) if self._answers else f"You said: {last}"
        self._answering = asyncio.create_task(self._speak(text, f"resp_{next(self._ids)}"))

    async def _speak(self, text: str, response_id: str) -> None:
        """Text and sound in turns: 200 ms of sound about every 20 ms."""
        item = Item(id=f"item_{next(self._ids)}", role="assistant", text="")
        audio = "response.audio" if self._beta else "response.output_audio"
        where: dict[str, object] = {"response_id": response_id, "item_id": item.id}
        where |= {"output_index": 0, "content_index": 0}
        status = "completed"
        try:
            await self._tell("response.created", response={"id": response_id, "status": "in_progress"})
            self._call.items.append(item)
            await self._tell("response.output_item.added", response_id=response_id, item={"id": item.id})
            for place, word in enumerate(text.split(" ")):
                piece = " " * bool(place) + word
                item.text += piece
                if self._call.model != "wordless":
                    await self._tell(f"{audio}_transcript.delta", **where, delta=piece)
                sound = tone(word, rate=RATE)
                for start in range(0, len(sound), 9_600):
                    said = base64.b64encode(sound[start : start + 9_600]).decode()
                    await self._tell(f"{audio}.delta", **where, delta="?" if self._call.model == "garbled" else said)
                    await asyncio.sleep(0.02)
            await self._tell(f"{audio}.done", **where)
            await self._tell(f"{audio}_transcript.done", **where, transcript=text)
        except asyncio.CancelledError:
            status = "cancelled"
        self._answering = None
        self._call.responses.append(status)
        await self._tell("response.done", response={"id": response_id, "status": status, "output": [], "usage": None})
