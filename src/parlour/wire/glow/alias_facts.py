"""What the aliases of an event need to know (Glow 9.7): found in memory, or read where reading may wait.

A reader holds the text so far of every running reply of its chats, and of every replayed turn that is being
written in its invocations. One that meets new text whose beginning it has not seen reads that from the log.
"""

from collections.abc import Sequence

from parlour.benchmarks.facts import (
    ReplayCompleted,
    ReplayFailed,
    ReplayStarted,
    ReplayStopped,
    ReplayTextAdded,
    ReplayTextCompacted,
)
from parlour.conversations import actions as conversations
from parlour.conversations.facts import (
    HintsAdded,
    ReplyCompleted,
    ReplyStarted,
    TextAdded,
    TextCompacted,
    TextReset,
)
from parlour.conversations.rooms import chat_of_room, chat_room, invocation_of_room, invocation_room
from parlour.drafts import actions as drafts
from parlour.drafts.facts import GenerationAdvanced
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.grading import actions as grading
from parlour.grading.facts import FeedbackGiven, RemarkGiven
from parlour.kernel.ids import ChatId, GradeId
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow.aliases import NOTHING, Known

KEPT_MAX = 10_000
PIECES_READ_MAX = 2_000
_KNOWN = "known to aliases"
_TURN = frozenset(kind.__name__ for kind in (ReplyStarted, TextAdded, TextCompacted, TextReset, ReplyCompleted))
_DELTAS = frozenset(kind.__name__ for kind in (ReplayTextAdded, ReplayTextCompacted))
_BOUNDS = frozenset(kind.__name__ for kind in (ReplayStarted, ReplayCompleted, ReplayFailed, ReplayStopped))
_NEEDS = _TURN | _DELTAS | {kind.__name__ for kind in (HintsAdded, FeedbackGiven, RemarkGiven, GenerationAdvanced)}

# What is being written, and its text so far: chat id -> (message id, text); invocation id/run id -> (turn, text).
Texts = dict[str, tuple[str, str]]
STARTS_READ_MAX = 200


class UnknownYetError(LookupError):
    """It must be read, and here nothing may wait."""


class Lookups:
    """Ids that never change, remembered; at most `KEPT_MAX` of each, then none for a moment."""

    def __init__(self) -> None:
        self._groups: dict[str, str] = {}
        self._runs: dict[str, str] = {}

    def group_of(self, chat_id: ChatId, tx: Tx | None) -> str | None:
        """The `group_id` of a chat (10.2). Raises `UnknownYetError` if it must be read and `tx` is None."""
        found = self._groups.get(chat_id)
        if found is None:
            chat = conversations.chat(_reading(tx), chat_id)
            found = _keep(self._groups, chat_id, chat.group_id if chat else "")
        return found or None

    def run_of(self, grade_id: GradeId, tx: Tx | None) -> str | None:
        """The `run_id` of a grade. Raises `UnknownYetError` if it must be read and `tx` is None."""
        found = self._runs.get(grade_id)
        if found is None:
            grade = grading.grade(_reading(tx), grade_id)
            found = _keep(self._runs, grade_id, grade.run_id if grade else "")
        return found or None


def types_of(tx: Tx, run_id: str) -> tuple[str, ...]:
    """The types that a run was asked for."""
    run = drafts.run_of(tx, run_id)
    return tuple(run.order.types) if run else ()


def known_of(event: Logged, texts: Texts, lookups: Lookups, tx: Tx | None = None) -> Known:
    """What an event's aliases need, kept on the event; `texts` moves on by the event.

    Raises `UnknownYetError` if something must be read and `tx` is None; then `texts` is as before.
    """
    if event.kind not in _NEEDS:
        if event.kind in _BOUNDS:
            _begin_or_end(event, texts)
        return NOTHING
    known = event.encoded.get(_KNOWN)
    if not isinstance(known, Known):
        known = event.encoded[_KNOWN] = _find(event, texts, lookups, tx)
    if event.kind in _TURN:
        _move_on(event, texts, known.text)
    elif event.kind in _DELTAS:
        _move_on_in_replay(event, texts, known.text)
    return known


def forget(texts: Texts, room: str) -> None:
    """What is said in a room is not heard for a while."""
    texts.pop(chat_of_room(room) or "", None)
    invocation_id = invocation_of_room(room)
    if invocation_id is not None:
        for key in [key for key in texts if key.startswith(f"{invocation_id}/")]:
            del texts[key]


def prepare(tx: Tx, events: Sequence[Logged], texts: Texts, lookups: Lookups) -> None:
    """Read what the aliases of these events need, in their order, so that `known_of` need not wait."""
    so_far = dict(texts)
    for event in events:
        known_of(event, so_far, lookups, tx)


def _find(event: Logged, texts: Texts, lookups: Lookups, tx: Tx | None) -> Known:
    match fact_of(event):
        case TextAdded() as said:
            group_id = lookups.group_of(said.chat_id, tx)
            return Known(group_id=group_id, text=_before(said, event, texts, tx) + said.text)
        case TextCompacted() as said:
            return Known(group_id=lookups.group_of(said.chat_id, tx), text=said.text)
        case ReplayTextAdded() as said:
            return Known(text=said.text if said.reset else _before_in_replay(said, event, texts, tx) + said.text)
        case ReplayTextCompacted(text=text):
            return Known(text=text)
        case ReplyStarted(chat_id=chat_id) | HintsAdded(chat_id=chat_id) | ReplyCompleted(chat_id=chat_id):
            return Known(group_id=lookups.group_of(chat_id, tx))
        case FeedbackGiven(chat_id=chat_id, grade_id=grade_id) | RemarkGiven(chat_id=chat_id, grade_id=grade_id):
            return Known(group_id=lookups.group_of(chat_id, tx), run_id=lookups.run_of(grade_id, tx))
        case GenerationAdvanced(last_completed_resource="", completed_resources=0, run_id=run_id):
            return Known(types=types_of(_reading(tx), run_id))
        case _:
            return NOTHING


def _before(said: TextAdded, event: Logged, texts: Texts, tx: Tx | None) -> str:
    """The text of a reply before an event."""
    message_id, text = texts.get(said.chat_id, (None, ""))
    if message_id == said.message_id:
        return text
    reading, room, text = _reading(tx), chat_room(said.chat_id), ""
    after = log.last_before(reading, room, ReplyStarted.__name__, event.pos)
    while True:
        earlier = log.of_rooms(reading, [room], after, event.pos - 1, PIECES_READ_MAX)
        for each in earlier:
            match fact_of(each):
                case TextAdded(message_id=said.message_id, text=new):
                    text += new
                case TextCompacted(message_id=said.message_id, text=whole):
                    text = whole
                case TextReset(message_id=said.message_id):
                    text = ""
                case _:
                    continue
        if len(earlier) < PIECES_READ_MAX:
            return text
        after = earlier[-1].pos


def _before_in_replay(said: ReplayTextAdded, event: Logged, texts: Texts, tx: Tx | None) -> str:
    """The text of a replayed turn before an event."""
    turn, text = texts.get(_key(said), ("", ""))
    if turn == str(said.turn):
        return text
    if turn and int(turn) < said.turn:
        return ""
    reading, room, text = _reading(tx), invocation_room(said.invocation_id), ""
    after = _start_of(reading, room, said.run_id, event.pos)
    while True:
        earlier = log.of_rooms(reading, [room], after, event.pos - 1, PIECES_READ_MAX)
        for each in earlier:
            match fact_of(each):
                case ReplayTextAdded(run_id=said.run_id, turn=said.turn, text=new, reset=reset):
                    text = new if reset else text + new
                case ReplayTextCompacted(run_id=said.run_id, turn=said.turn, text=whole):
                    text = whole
                case _:
                    continue
        if len(earlier) < PIECES_READ_MAX:
            return text
        after = earlier[-1].pos


def _start_of(tx: Tx, room: str, run_id: str, before: int) -> int:
    """Where a replay began; others of the invocation may have begun since."""
    for _ in range(STARTS_READ_MAX):
        before = log.last_before(tx, room, ReplayStarted.__name__, before)
        found = log.between(tx, before - 1, before, 1) if before else []
        if not found:
            return 0
        fact = fact_of(found[0])
        if isinstance(fact, ReplayStarted) and fact.run_id == run_id:
            return before
    return 0


def _key(said: ReplayTextAdded | ReplayTextCompacted) -> str:
    return f"{said.invocation_id}/{said.run_id}"


def _move_on_in_replay(event: Logged, texts: Texts, text: str) -> None:
    match fact_of(event):
        case ReplayTextAdded() | ReplayTextCompacted() as said:
            texts[_key(said)] = (str(said.turn), text)
        case _:
            return


def _begin_or_end(event: Logged, texts: Texts) -> None:
    """Nothing has been said in a replay, or nothing more will be."""
    match fact_of(event):
        case ReplayStarted(invocation_id=invocation_id, run_id=run_id):
            texts[f"{invocation_id}/{run_id}"] = ("0", "")
        case (
            ReplayCompleted(invocation_id=invocation_id, run_id=run_id)
            | ReplayFailed(invocation_id=invocation_id, run_id=run_id)
            | ReplayStopped(invocation_id=invocation_id, run_id=run_id)
        ):
            texts.pop(f"{invocation_id}/{run_id}", None)
        case _:
            return


def _move_on(event: Logged, texts: Texts, text: str) -> None:
    match fact_of(event):
        case ReplyCompleted(chat_id=chat_id):
            texts.pop(chat_id, None)
        case ReplyStarted() | TextAdded() | TextCompacted() | TextReset() as fact:
            texts[fact.chat_id] = (fact.message_id, text)
        case _:
            return


def _reading(tx: Tx | None) -> Tx:
    if tx is None:
        raise UnknownYetError
    return tx


def _keep(kept: dict[str, str], key: str, value: str) -> str:
    if len(kept) >= KEPT_MAX:
        kept.clear()
    kept[key] = value
    return value
