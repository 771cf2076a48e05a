"""`Prefer: wait`: an HTTP answer held until the started work has ended (Glow 3.1, decision D4)."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence

from parlour.benchmarks import waiting
from parlour.benchmarks.facts import (
    ReplayClosed,
    ReplayCompleted,
    ReplayFailed,
    ReplayGraded,
    ReplayGradingFailed,
    ReplayStopped,
)
from parlour.conversations import actions as conversations
from parlour.conversations.facts import ReplyCompleted
from parlour.conversations.rooms import chat_room, invocation_room
from parlour.grading import actions as grading
from parlour.grading.facts import GradeGiven, GradingFailed
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import ChatId, GradeId, MessageId
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow.names import Waits
from parlour.wire.glow.streams import Reading

WAIT_SECONDS_MAX = 60
_WAIT = re.compile(r"(?:^|,)\s*wait\s*=\s*\"?(\d{1,4})\"?\s*(?:;[^,]*)?(?=,|$)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """Work has ended; `known` are the optional result members that it gave."""

    known: Mapping[str, object]


def seconds_of(prefer: Sequence[str]) -> int | None:
    """The seconds of `Prefer: wait=<1..60>`; other values are no preference of ours (RFC 7240)."""
    found = _WAIT.search(", ".join(prefer))
    seconds = int(found[1]) if found else 0
    return seconds if 1 <= seconds <= WAIT_SECONDS_MAX else None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Wait:
    """What is waited for: the room in which it is told, the kinds of facts that may end it, and how it stands."""

    room: str
    ends: frozenset[str]
    look: Callable[[Tx], Finished | None]


class _End:
    """A reader that wakes whenever a fact is told that may end it."""

    def __init__(self, ends: frozenset[str]) -> None:
        self._ends = ends
        self.told = asyncio.Event()

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        if event.kind in self._ends:
            self.told.set()


async def fill(reading: Reading, waits: Waits, ack: Mapping[str, object], seconds: float) -> dict[str, object]:
    """The acknowledgement with the members that the work gave, within so many seconds."""
    wait = _wait_for(waits, ack)
    if wait is None:
        return dict(ack)
    end, found = _End(wait.ends), None
    reading.pump.join(wait.room, end)
    try:
        async with asyncio.timeout(seconds):
            while (found := await reading.database.read(wait.look)) is None:
                await end.told.wait()
                end.told.clear()
    except TimeoutError:
        found = None
    finally:
        reading.pump.leave(wait.room, end)
    return dict(ack) | dict(found.known if found else {})


def _wait_for(waits: Waits, ack: Mapping[str, object]) -> _Wait | None:
    match waits:
        case "reply":
            return _of_chat(ack, "assistant_message_id", _REPLY, _reply_ended)
        case "grade":
            return _of_chat(ack, "grade_id", _GRADE, _grade_ended)
        case "replay":
            return _of_replay(ack, _REPLAY, _replay_ended)
        case "test_grade":
            return _of_replay(ack, _TEST_GRADE, _replay_graded)


def _of_chat(
    ack: Mapping[str, object], member: str, ends: frozenset[str], look: Callable[[Tx, str, str], Finished | None]
) -> _Wait | None:
    subject, chat_id = ack.get(member), ack.get("chat_id")
    if not isinstance(subject, str) or not isinstance(chat_id, str):
        return None
    return _Wait(room=chat_room(chat_id), ends=ends, look=lambda tx: look(tx, chat_id, subject))


def _of_replay(
    ack: Mapping[str, object], ends: frozenset[str], look: Callable[[Tx, str, str | None], Finished | None]
) -> _Wait | None:
    run_id, invocation_id, grade_id = ack.get("run_id"), ack.get("invocation_id"), ack.get("grade_id")
    if not isinstance(run_id, str) or not isinstance(invocation_id, str):
        return None
    named = grade_id if isinstance(grade_id, str) else None
    return _Wait(room=invocation_room(invocation_id), ends=ends, look=lambda tx: look(tx, run_id, named))


def _grade_ended(tx: Tx, _chat_id: str, grade_id: str) -> Finished | None:
    grade = grading.grade(tx, GradeId(grade_id))
    if grade is None or grade.state == "pending":
        return None
    done = grade.state == "done"
    return Finished(known={"score": grade.score, "passed": grade.passed} if done else {})


def _reply_ended(tx: Tx, chat_id: str, message_id: str) -> Finished | None:
    message = conversations.message(tx, MessageId(message_id))
    if message is None or message.state == "streaming":
        return None
    hints = conversations.hints_of(tx, ChatId(chat_id)).get(message.id, ())
    rows = [{"id": hint.id, "hint": hint.hint, "idx": hint.idx} for hint in hints]
    return Finished(known={"assistant_content": message.content, "hints": rows})


def _replay_ended(tx: Tx, run_id: str, _grade_id: str | None) -> Finished | None:
    return Finished(known={}) if waiting.replay_is_over(tx, run_id) else None


def _replay_graded(tx: Tx, run_id: str, grade_id: str | None) -> Finished | None:
    """An end that was kept is applied by now, so it pends no more."""
    grading_of = waiting.grading_of(tx, run_id, grade_id)
    if grading_of is None:
        return None
    known: dict[str, object] = {"pending": False, "grade_id": grading_of.grade_id}
    if grading_of.score is not None:
        known |= {"score": grading_of.score, "passed": grading_of.passed, "feedback": grading_of.feedback}
    return Finished(known=known)


_REPLY = frozenset({ReplyCompleted.__name__})
_GRADE = frozenset(kind.__name__ for kind in (GradeGiven, GradingFailed))
_REPLAY = frozenset(kind.__name__ for kind in (ReplayCompleted, ReplayFailed, ReplayStopped))
_TEST_GRADE = _REPLAY | {kind.__name__ for kind in (ReplayGraded, ReplayGradingFailed, ReplayClosed)}
