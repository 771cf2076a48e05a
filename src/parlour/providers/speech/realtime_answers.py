"""The answers on a realtime line: asked for one at a time, followed, cut short. Pure.

The service takes a request for an answer only when no other one is being made, so a request waits until the
one before has ended. Answers that nobody asked for are cancelled and never told of.
"""

from collections import OrderedDict, deque
from dataclasses import field
from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.providers.speech.outside import TOO_LARGE
from parlour.providers.speech.realtime_format import Message, sound_of, truncate
from parlour.speech.ports import SAMPLE_BYTES
from parlour.speech.realtime import LINE_RATE, AnswerEnded, AnswerSound, AnswerText, LineEvent

ANSWERS_MAX = 8
TEXT_CHARS_MAX = 200_000
PARTS_MAX = 64
Ending = Literal["complete", "cut", "failed"]
_DONE: dict[str | None, Ending] = {
    "completed": "complete",
    "cancelled": "cut",
    "incomplete": "cut",
    None: "complete",
}


@dataclass(frozen=True, slots=True)
class Sending:
    """A message of ours, and what a complaint about it would mean."""

    kind: Literal["commit", "clear", "say", "answer", "cancel", "truncate", "delete"]
    message: dict[str, object]
    item_id: str | None = None
    answer: int = 0


@dataclass(kw_only=True, slots=True)
class _Answer:
    number: int
    response_id: str | None = None
    item_id: str | None = None
    content_index: int = 0
    sound_bytes: int = 0
    odd: bytes = b""
    text_chars: int = 0
    texts: set[tuple[str | None, int]] = field(default_factory=set[tuple[str | None, int]])
    """The parts of the answer whose text came piece by piece."""
    cut_at_ms: int | None = None
    ended: bool = False


class Answers:
    """The last answers, at most `ANSWERS_MAX`."""

    def __init__(self, sound_bytes_max: int) -> None:
        self._sound_bytes_max = sound_bytes_max
        self._answers: OrderedDict[int, _Answer] = OrderedDict()
        self._waiting: deque[int] = deque(maxlen=ANSWERS_MAX)
        self._asked: int | None = None
        self._active: set[str] = set()
        """What the service is making, also what nobody asked for."""

    def ask(self, number: int) -> list[Sending]:
        """Ask for an answer as soon as the service takes the request."""
        self._answers[number] = _Answer(number=number)
        while len(self._answers) > ANSWERS_MAX:
            self._answers.popitem(last=False)
        self._waiting.append(number)
        return self._next()

    def cut(self, number: int, heard_ms: int) -> list[Sending]:
        """End an answer, and let what was not heard of it be forgotten."""
        answer = self._answers.get(number)
        if answer is None or answer.cut_at_ms is not None:
            return []
        answer.cut_at_ms = heard_ms
        sendings: list[Sending] = []
        if answer.response_id in self._active:
            sendings.append(_cancel(answer.response_id))
        return sendings + self._forget_rest(answer)

    def postpone(self, number: int) -> bool:
        """The service is still busy with another answer: ask again when it has ended. False if it is not."""
        if not self._active or number not in self._answers:
            return False
        self._asked = None
        self._waiting.appendleft(number)
        return True

    def refused(self, number: int) -> list[LineEvent]:
        """The service does not want to give this answer."""
        if self._asked == number:
            self._asked = None
        return self._end(self._answers.get(number), "failed")

    def take(self, kind: str, message: Message) -> tuple[list[LineEvent], list[Sending]]:
        """What a message about answers means, and what must be sent then."""
        if kind == "response.created":
            return [], self._created(message.response.id if message.response else None)
        if kind == "response.done":
            return self._done(message)
        answer = self._find(message.response_id)
        if answer is None:
            return [], []
        match kind:
            case "response.output_audio.delta":
                return self._sound(answer, message)
            case "response.output_audio_transcript.delta" | "response.output_text.delta":
                return self._text(answer, message, message.delta or "")
            case "response.output_audio_transcript.done" | "response.output_text.done":
                whole = message.transcript or message.text or ""
                return ([], []) if _part(message) in answer.texts else self._text(answer, message, whole)
            case _:
                return [], []

    def _created(self, response_id: str | None) -> list[Sending]:
        self._active.add(response_id or "")
        if len(self._active) > PARTS_MAX:
            raise ProviderFault(TOO_LARGE, retryable=False)
        if self._asked is None:
            return [_cancel(response_id)]
        answer = self._answers.get(self._asked)
        self._asked = None
        if answer is None:
            return [_cancel(response_id)]
        answer.response_id = response_id or ""
        return [] if answer.cut_at_ms is None else [_cancel(response_id)]

    def _done(self, message: Message) -> tuple[list[LineEvent], list[Sending]]:
        response_id = (message.response.id if message.response else None) or message.response_id
        answer = self._find(response_id)
        if response_id is None:
            self._active.clear()
        else:
            self._active.discard(response_id)
            self._active.discard("")
        status = message.response.status if message.response else None
        return self._end(answer, _DONE.get(status, "failed")), self._next()

    def _sound(self, answer: _Answer, message: Message) -> tuple[list[LineEvent], list[Sending]]:
        sound = answer.odd + sound_of(message.delta or "")
        whole = len(sound) - len(sound) % SAMPLE_BYTES
        sound, answer.odd = sound[:whole], sound[whole:]
        answer.sound_bytes += len(sound)
        if answer.sound_bytes > self._sound_bytes_max:
            raise ProviderFault(TOO_LARGE, retryable=False)
        sendings = self._place(answer, message)
        wanted = sound and answer.cut_at_ms is None
        return [AnswerSound(answer=answer.number, sound=sound)] if wanted else [], sendings

    def _text(self, answer: _Answer, message: Message, text: str) -> tuple[list[LineEvent], list[Sending]]:
        answer.texts.add(_part(message))
        answer.text_chars += len(text)
        if answer.text_chars > TEXT_CHARS_MAX or len(answer.texts) > PARTS_MAX:
            raise ProviderFault(TOO_LARGE, retryable=False)
        sendings = self._place(answer, message)
        wanted = text and answer.cut_at_ms is None
        return [AnswerText(answer=answer.number, text=text)] if wanted else [], sendings

    def _place(self, answer: _Answer, message: Message) -> list[Sending]:
        """Under which id the service keeps an answer is known from its first piece; one that was cut is cut there."""
        if answer.item_id is not None or message.item_id is None:
            return []
        answer.item_id, answer.content_index = message.item_id, message.content_index or 0
        return self._forget_rest(answer)

    def _forget_rest(self, answer: _Answer) -> list[Sending]:
        """Let the service shorten an answer to what was heard; what was not heard at all was never given."""
        if answer.item_id is None or answer.cut_at_ms is None:
            return []
        made_ms = answer.sound_bytes * 1000 // (LINE_RATE * SAMPLE_BYTES)
        if answer.cut_at_ms <= 0:
            return [Sending("delete", {"type": "conversation.item.delete", "item_id": answer.item_id})]
        if answer.cut_at_ms >= made_ms and answer.ended:
            return []
        heard_ms = min(answer.cut_at_ms, made_ms)
        return [Sending("truncate", truncate(answer.item_id, answer.content_index, heard_ms))]

    def _next(self) -> list[Sending]:
        """Ask for the next answer, unless one is asked for or being made."""
        if self._active or self._asked is not None:
            return []
        while self._waiting:
            number = self._waiting.popleft()
            answer = self._answers.get(number)
            if answer is not None and not answer.ended and answer.cut_at_ms is None:
                self._asked = number
                return [Sending("answer", {"type": "response.create"}, answer=number)]
        return []

    def _end(self, answer: _Answer | None, how: Ending) -> list[LineEvent]:
        if answer is None or answer.ended:
            return []
        answer.ended = True
        return [] if answer.cut_at_ms is not None else [AnswerEnded(answer=answer.number, how=how)]

    def _find(self, response_id: str | None) -> _Answer | None:
        """The answer of a response; one that is not named is the one that is being made."""
        for answer in self._answers.values():
            named = answer.response_id == response_id if response_id is not None else answer.response_id in self._active
            if answer.response_id is not None and named and not (response_id is None and answer.ended):
                return answer
        return None


def _part(message: Message) -> tuple[str | None, int]:
    return (message.item_id, message.content_index or 0)


def _cancel(response_id: str | None) -> Sending:
    named: dict[str, object] = {"response_id": response_id} if response_id else {}
    return Sending("cancel", {"type": "response.cancel", **named})
