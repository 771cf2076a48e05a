"""An open line to a realtime service: what is sent, what comes, and which of it belongs together.

Everything that is kept is bounded: words and sound of an answer, turns that are waited for, messages whose
complaint may still come. Sound is sent in pieces of 40 ms to a second, however small or large the frames are.
"""

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import AsyncGenerator
from typing import Literal

import aiohttp
import msgspec

from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.outside import TOO_LARGE, SpeechLimits
from parlour.providers.speech.realtime_answers import Answers, Sending
from parlour.providers.speech.realtime_format import Complaint, Form, Message, append, item_create, read_message
from parlour.providers.speech.realtime_turns import Turns
from parlour.speech.realtime import LINE_RATE, LineEvent, SaidBefore

BROKEN = "The realtime service broke off."
PIECE_BYTES = LINE_RATE * 2 * 40 // 1000
PIECE_BYTES_MAX = LINE_RATE * 2
SENT_MAX = 64
HANG_UP_SECONDS = 1.0
_COMPLAINED = "The realtime service reported an error."
_STALLED = "The realtime service takes in no more sound."
_SPEECH = "input_audio_buffer."
_WORDS = "conversation.item.input_audio_transcription."


class Line:
    """A `RealtimeLine` over a WebSocket whose session is settled."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, form: Form, limits: SpeechLimits) -> None:
        self._socket = socket
        self._form: Form = form
        self._limits = limits
        self._held = bytearray()
        self._turns = Turns()
        self._answers = Answers(limits.sound_bytes_max)
        self._sent: OrderedDict[str, Sending] = OrderedDict()
        self._count = 0
        self._closing = False

    async def hear(self, sound: bytes) -> None:
        """See `RealtimeLine.hear`."""
        self._held += sound
        if len(self._held) >= PIECE_BYTES:
            await self._flush()

    async def end_turn(self, item_id: str) -> None:
        """See `RealtimeLine.end_turn`."""
        await self._flush()
        if self._turns.committing(item_id):
            await self._send(Sending("commit", {"type": "input_audio_buffer.commit"}, item_id=item_id))

    async def forget(self, item_id: str | None) -> None:
        """See `RealtimeLine.forget`."""
        await self._flush()
        await self._send(Sending("clear", {"type": "input_audio_buffer.clear"}))
        if item_id is not None and (stored := self._turns.forget(item_id)):
            await self._delete(stored)

    async def say(self, text: str) -> None:
        """See `RealtimeLine.say`."""
        await self._send(Sending("say", item_create(SaidBefore(by="learner", text=text), self._form)))

    async def answer(self, answer: int) -> None:
        """See `RealtimeLine.answer`."""
        for each in self._answers.ask(answer):
            await self._send(each)

    async def cut(self, answer: int, heard_ms: int) -> None:
        """See `RealtimeLine.cut`."""
        for each in self._answers.cut(answer, heard_ms):
            await self._send(each)

    async def events(self) -> AsyncGenerator[LineEvent, None]:
        """See `RealtimeLine.events`."""
        while True:
            try:
                frame = await self._socket.receive()
            except (aiohttp.ClientError, OSError):
                raise ProviderFault(BROKEN, retryable=True) from None
            if frame.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                if self._closing:
                    return
                raise ProviderFault(BROKEN, retryable=True)
            if len(frame.data) > self._limits.frame_bytes_max:
                raise ProviderFault(TOO_LARGE, retryable=False)
            kind, message = read_message(frame.data)
            if message is None:
                continue
            for event in await self._take(kind, message):
                yield event

    async def aclose(self) -> None:
        """See `RealtimeLine.aclose`."""
        self._closing = True
        with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
            async with asyncio.timeout(HANG_UP_SECONDS):
                await self._socket.close()

    async def _take(self, kind: str, message: Message) -> list[LineEvent]:
        """What a message means; what must be said to it is said."""
        if kind == "error":
            return await self._complained(message.error or Complaint())
        if kind.startswith((_SPEECH, _WORDS)):
            events, unwanted = self._turns.take(kind, message)
            if unwanted is not None:
                await self._delete(unwanted)
            return events
        events, sendings = self._answers.take(kind, message)
        for each in sendings:
            await self._send(each)
        return events

    async def _complained(self, error: Complaint) -> list[LineEvent]:
        """Most errors concern one message of ours, and the session goes on; the others end it."""
        sending = self._meant(error)
        if sending is None or sending.kind == "say":
            raise ProviderFault(_COMPLAINED, retryable=error.type == "server_error")
        if sending.kind == "commit":
            return self._turns.nothing_there(sending.item_id)
        if sending.kind == "answer":
            busy = error.code == "conversation_already_has_active_response"
            return [] if busy and self._answers.postpone(sending.answer) else self._answers.refused(sending.answer)
        return []

    def _meant(self, error: Complaint) -> Sending | None:
        """Which message a complaint is about; if it names none, the last one that such a code can mean."""
        kind = _CODES.get(str(error.code))
        named = error.event_id or next((key for key in reversed(self._sent) if self._sent[key].kind == kind), "")
        return self._sent.pop(named, None)

    async def _delete(self, item_id: str) -> None:
        await self._send(Sending("delete", {"type": "conversation.item.delete", "item_id": item_id}))

    async def _flush(self) -> None:
        sound = bytes(self._held)
        self._held.clear()
        for start in range(0, len(sound), PIECE_BYTES_MAX):
            await self._put(append(sound[start : start + PIECE_BYTES_MAX]))

    async def _send(self, sending: Sending) -> None:
        self._count += 1
        event_id = f"parlour-{self._count}"
        self._sent[event_id] = sending
        while len(self._sent) > SENT_MAX:
            self._sent.popitem(last=False)
        await self._put(msgspec.json.encode({**sending.message, "event_id": event_id}).decode())

    async def _put(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._limits.silence_seconds_max):
                await self._socket.send_str(text)
        except TimeoutError:
            raise ProviderFault(_STALLED, retryable=True) from None
        except (aiohttp.ClientError, OSError):
            raise ProviderFault(BROKEN, retryable=True) from None


_CODES: dict[str, Literal["commit", "answer", "cancel", "truncate", "delete"]] = {
    "input_audio_buffer_commit_empty": "commit",
    "conversation_already_has_active_response": "answer",
    "response_cancel_not_active": "cancel",
    "item_truncate_invalid_item_id": "truncate",
    "item_delete_invalid_item_id": "delete",
}
