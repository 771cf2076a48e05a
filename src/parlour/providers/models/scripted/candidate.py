"""Plays a candidate of a test: the written part of the one who answers recorded people (Glow 6.9).

Like a persona's part it is a pure replay, of the other side's words. Which of several lines is taken depends on the
seed of the request and on its replay (`metadata`: `seed`, `replay`), so repetitions differ and the same seed gives
the same again. `scripted-noisy` says it less tidily: it swaps sentences, puts in a filler, leaves a small one out. All
of that keeps every move of a message, so who judges by what is said finds as much as without.

A line may call tools: `Let me look. [[find_booking {"number": "20417"}]] There it is.` What stands before a call is
said with it, what follows once its result is there. Calls of tools that the request does not offer are left out.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

from parlour.catalog.dialogues import Dialogue
from parlour.catalog.phrases import sentences
from parlour.kernel.dataclass import dataclass
from parlour.providers.models.scripted.dialogue import REPLAYED_MESSAGES_MAX, Performance
from parlour.providers.models.scripted.moves import read
from parlour.turns.ports import Request, Said, ToolCall

NOISY = "scripted-noisy"
FILLERS = ("Hm.", "Well.", "All right.", "Okay then.", "Let me think for a second.", "Right, so.")
SMALL_WORDS_MAX = 2

_CALL = re.compile(r"\s*\[\[([A-Za-z0-9_.-]{1,64}) (\{.*?\})\]\]\s*", re.DOTALL)
_SWAPS, _FILLS, _DROPS = 0.5, 0.4, 0.4
_WITHOUT_PART = (
    "I am listening. I am the offline model without a written part, so I cannot say much.",
    "Go on. Without a written part I can only tell you that I have read your message.",
    "I have read that too. For a real answer this candidate needs a dialogue, or a language model.",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """What a candidate says, and which tools it then asks for."""

    text: str
    calls: tuple[ToolCall, ...] = ()


@dataclass(kw_only=True, slots=True)
class _Exchange:
    """Words that the candidate hears before it speaks, and how often it has spoken to them."""

    heard: str
    answers: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Segment:
    """A piece of a line up to a call, or up to the end of the line."""

    text: str
    call: tuple[str, str] | None


def play_candidate(request: Request, dialogue: Dialogue | None) -> Turn:
    """The answer to the words since the candidate last spoke; to none, the beginning of its part."""
    exchanges = _exchanges(request.messages)[-REPLAYED_MESSAGES_MAX:]
    number = len(exchanges)
    answered = exchanges[-1].answers
    if dialogue is None:
        return Turn(text=_WITHOUT_PART[(number - 1 + answered) % len(_WITHOUT_PART)])
    seed = seed_of(request.metadata)
    segment = _segment(Performance(dialogue, seed), exchanges, frozenset(tool.name for tool in request.tools))
    place = f"{number}-{answered + 1}"
    text = ruffled(segment.text, f"{seed}/{place}") if request.model == NOISY else segment.text
    if segment.call is None:
        return Turn(text=text)
    name, arguments = segment.call
    return Turn(text=text, calls=(ToolCall(call_id=f"call-{place}", name=name, arguments=arguments),))


def _segment(performance: Performance, exchanges: Sequence[_Exchange], offered: frozenset[str]) -> _Segment:
    """The piece of the part that is to be said next. Who has said a line and is asked on goes on as after silence."""
    segments: list[_Segment] = []
    for exchange in exchanges:
        segments = _segments(performance.answer(read(exchange.heard)), offered)
        last = exchange is exchanges[-1]
        needed = exchange.answers + last
        while len(segments) < needed:
            segments += _segments(performance.answer(read("")), frozenset())
    return segments[exchanges[-1].answers]


def seed_of(metadata: Mapping[str, str]) -> str:
    """What turns the choice of lines: the same for all turns of a replay; nothing without a seed."""
    if "seed" not in metadata:
        return ""
    return hashlib.blake2b(f"{metadata['seed']}/{metadata.get('replay', '')}".encode(), digest_size=16).hexdigest()


def ruffled(text: str, key: str) -> str:
    """The text as somebody says it who is less tidy; no move is lost or won. The same key gives the same text."""
    parts = sentences(text)
    if len(parts) > 1 and _draw(key, "swap") < _SWAPS:
        at = int(_draw(key, "swapped") * (len(parts) - 1))
        parts[at], parts[at + 1] = parts[at + 1], parts[at]
    small = [part for part in parts if len(part.split()) <= SMALL_WORDS_MAX and not _does(part)]
    if small and len(parts) > 1 and _draw(key, "drop") < _DROPS:
        parts.remove(small[int(_draw(key, "dropped") * len(small))])
    if text and _draw(key, "fill") < _FILLS:
        parts.insert(0, FILLERS[int(_draw(key, "filled") * len(FILLERS))])
    return " ".join(parts)


def _exchanges(messages: Sequence[Said]) -> list[_Exchange]:
    """What was said to the candidate and how often it has spoken then; words in a row are one thing said."""
    found: list[_Exchange] = []
    for said in messages:
        if said.role == "user":
            if found and not found[-1].answers:
                found[-1].heard += f"\n\n{said.content}"
            else:
                found.append(_Exchange(heard=said.content))
        elif said.role == "assistant":
            if not found:
                found.append(_Exchange(heard=""))
            found[-1].answers += 1
    return found or [_Exchange(heard="")]


def _segments(line: str, offered: frozenset[str]) -> list[_Segment]:
    found: list[_Segment] = []
    text = ""
    at = 0
    for match in _CALL.finditer(line):
        text = _joined(text, line[at : match.start()])
        at = match.end()
        if match[1] in offered:
            found.append(_Segment(text=text, call=(match[1], match[2])))
            text = ""
    rest = _joined(text, line[at:])
    return [*found, _Segment(text=rest, call=None)] if rest or not found else found


def _joined(text: str, more: str) -> str:
    return f"{text} {more}".strip() if text and more else text or more


def _does(sentence: str) -> bool:
    """Whether a sentence makes a move, or asks."""
    reading = read(sentence)
    return bool(reading.moves) or reading.question


def _draw(key: str, purpose: str) -> float:
    """A number from 0 up to 1, always the same for the same key and purpose."""
    return int.from_bytes(hashlib.blake2b(f"{key}/{purpose}".encode(), digest_size=4).digest()) / 2**32
