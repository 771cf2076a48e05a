"""`Prefer: wait`: an HTTP answer held until the started work has ended (Glow 3.1, decision D4)."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from parlour.conversations import actions as conversations
from parlour.conversations.facts import ReplyCompleted
from parlour.conversations.rooms import chat_room
from parlour.events.facts import fact_of
from parlour.grading import actions as grading
from parlour.grading.facts import GradeGiven, GradingFailed
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


class _End:
    """A reader that waits for the end of one reply or one grading."""

    def __init__(self, subject: str) -> None:
        self._subject = subject
        self.event = asyncio.Event()

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        if event.kind not in (ReplyCompleted.__name__, GradeGiven.__name__, GradingFailed.__name__):
            return
        match fact_of(event):
            case ReplyCompleted(message_id=subject) | GradeGiven(grade_id=subject) | GradingFailed(grade_id=subject):
                if subject == self._subject:
                    self.event.set()
            case _:
                return


async def fill(reading: Reading, waits: Waits, ack: Mapping[str, object], seconds: float) -> dict[str, object]:
    """The acknowledgement with the members that the work gave, within so many seconds."""
    subject = ack.get("assistant_message_id" if waits == "reply" else "grade_id")
    chat_id = ack.get("chat_id")
    if not isinstance(subject, str) or not isinstance(chat_id, str):
        return dict(ack)
    end = _End(subject)
    room = chat_room(chat_id)
    reading.pump.join(room, end)
    try:
        found = await reading.database.read(lambda tx: _ended(tx, waits, chat_id, subject))
        if found is None:
            async with asyncio.timeout(seconds):
                await end.event.wait()
            found = await reading.database.read(lambda tx: _ended(tx, waits, chat_id, subject))
    except TimeoutError:
        found = None
    finally:
        reading.pump.leave(room, end)
    return dict(ack) | dict(found.known if found else {})


def _ended(tx: Tx, waits: Waits, chat_id: str, subject: str) -> Finished | None:
    if waits == "grade":
        grade = grading.grade(tx, GradeId(subject))
        if grade is None or grade.state == "pending":
            return None
        done = grade.state == "done"
        return Finished(known={"score": grade.score, "passed": grade.passed} if done else {})
    message = conversations.message(tx, MessageId(subject))
    if message is None or message.state == "streaming":
        return None
    hints = conversations.hints_of(tx, ChatId(chat_id)).get(message.id, ())
    rows = [{"id": hint.id, "hint": hint.hint, "idx": hint.idx} for hint in hints]
    return Finished(known={"assistant_content": message.content, "hints": rows})
