"""Where answers part from the record or from each other. Pure.

`first_divergent` says in which turn; `aligned` shows how, word by word. Words are compared, white space is not; a
word carries the white space before it, so that joining the pieces of a side gives its text (up to its leading space).
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

from parlour.benchmarks.entities import MadeCall, ReplayTurn
from parlour.catalog.benchmarks import RecordedMessage, Recording, ReplayMode
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode_untyped

Change = Literal["equal", "insert", "delete"]

WORDS_MAX = 800
"""Of each side, in one turn; what follows is shown as one deletion and one insertion."""
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """Neighbouring words with one fate: in both sides, only in `b` (insert), or only in `a` (delete)."""

    change: Change
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """A tool call as it is compared: arguments as JSON with sorted members, or as written if they are no JSON."""

    name: str
    arguments: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one side says in a turn."""

    content: str
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class AlignedTurn:
    """One turn of two sides; a side that has no such turn is None. `same`: equal but for white space."""

    turn: int
    same: bool
    words: tuple[Words, ...]
    a: Answer | None
    b: Answer | None


def recorded_answers(recording: Recording, mode: ReplayMode) -> list[Answer]:
    """The recorded answers that a replay in this mode stands against, by turn; none for `live`."""
    said = [_recorded(message) for message in recording.messages if message.role == "assistant"]
    return [] if mode == "live" else said[-1:] if mode == "last_turn" else said


def made_answers(turns: Sequence[ReplayTurn]) -> list[Answer]:
    """The answers of a candidate, by turn."""
    return [Answer(content=turn.content, calls=tuple(map(_made, turn.tool_calls))) for turn in turns]


def same(a: Answer, b: Answer) -> bool:
    """Whether two answers have the same words and the same calls in the same order."""
    return a.content.split() == b.content.split() and a.calls == b.calls


def first_divergent(recording: Recording, turns: Sequence[ReplayTurn], mode: ReplayMode) -> int | None:
    """The first turn, from 1, whose answer is not the recorded one; None if there is no such turn."""
    pairs = zip(recorded_answers(recording, mode), made_answers(turns), strict=False)
    return next((number for number, (said, made) in enumerate(pairs, 1) if not same(said, made)), None)


def aligned(a: Sequence[Answer], b: Sequence[Answer]) -> list[AlignedTurn]:
    """Both sides turn by turn, from the first to the last of the longer one."""
    found: list[AlignedTurn] = []
    for turn in range(1, max(len(a), len(b)) + 1):
        left = a[turn - 1] if turn <= len(a) else None
        right = b[turn - 1] if turn <= len(b) else None
        words = difference(left.content if left else "", right.content if right else "")
        alike = left is not None and right is not None and same(left, right)
        found.append(AlignedTurn(turn=turn, same=alike, words=words, a=left, b=right))
    return found


def difference(a: str, b: str) -> tuple[Words, ...]:
    """How `b` comes from `a`. Where both have a word, the white space shown is that of `b`."""
    left, right = _spaced(a), _spaced(b)
    head, other = left[:WORDS_MAX], right[:WORDS_MAX]
    matcher = SequenceMatcher(None, [word for _, word in head], [word for _, word in other], autojunk=False)
    pieces: list[Words] = []
    for kind, start, end, b_start, b_end in matcher.get_opcodes():
        if kind == "equal":
            pieces.append(_words("equal", other[b_start:b_end]))
            continue
        pieces += [_words("delete", head[start:end])] if end > start else []
        pieces += [_words("insert", other[b_start:b_end])] if b_end > b_start else []
    if left[WORDS_MAX:] == right[WORDS_MAX:]:
        pieces += [_words("equal", right[WORDS_MAX:])] if right[WORDS_MAX:] else []
    else:
        pieces += [_words("delete", left[WORDS_MAX:])] if left[WORDS_MAX:] else []
        pieces += [_words("insert", right[WORDS_MAX:])] if right[WORDS_MAX:] else []
    return tuple(pieces)


def _spaced(text: str) -> list[tuple[str, str]]:
    """Each word with the white space before it; the first one has none."""
    found: list[tuple[str, str]] = []
    end = 0
    for match in _WORD.finditer(text):
        found.append((text[end : match.start()] if found else "", match[0]))
        end = match.end()
    return found


def _words(change: Change, words: Sequence[tuple[str, str]]) -> Words:
    return Words(change=change, text="".join(space + word for space, word in words))


def _recorded(message: RecordedMessage) -> Answer:
    calls = tuple(Call(name=call.name, arguments=_canonical(call.arguments)) for call in message.tool_calls)
    return Answer(content=message.content, calls=calls)


def _made(call: MadeCall) -> Call:
    return Call(name=call.name, arguments=_canonical(call.arguments))


def _canonical(arguments: str) -> str:
    try:
        return msgspec.json.encode(decode_untyped(arguments or "{}"), order="deterministic").decode()
    except (msgspec.DecodeError, RecursionError):
        return arguments
