"""Reading an account's conversation from the log, from a cursor on (lab protocol 12), for streams and sockets."""

import re
from collections.abc import Sequence

from parlour.assistant.questions import actions as questions
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.pauses.facts import QuestionAsked, QuestionAssigned
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

_ASKING = (QuestionAsked.__name__, QuestionAssigned.__name__)
_CURSOR = re.compile(r"(?P<epoch>[0-9A-Za-z-]{1,64}):(?P<seq>\d{1,15})")


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """Where a reader begins: after position `after`; `known` is the newest position that was looked at.

    `epoch`, `seq`: the cursor as of `known`. `lost`: what was asked for is not there any more.
    """

    after: int
    known: int
    epoch: str
    seq: int
    lost: bool = False


def start(tx: Tx, room: str, cursor: str | None) -> Start:
    """Where a reader with this cursor goes on; without one, now. A cursor that is none of ours is lost too."""
    known = log.head(tx)
    head = log.room_head(tx, room, known)
    if cursor is None:
        return Start(after=known, known=known, epoch=head.epoch, seq=head.seq)
    match = _CURSOR.fullmatch(cursor.strip())
    after: int | None = None
    if match is not None and match["epoch"] == head.epoch and int(match["seq"]) <= head.seq:
        after = log.position_of(tx, room, int(match["seq"]))
    if after is None:
        return Start(after=known, known=known, epoch=head.epoch, seq=head.seq, lost=True)
    return Start(after=after, known=known, epoch=head.epoch, seq=head.seq)


def place_in(audience: Sequence[tuple[str, int]], room: str) -> tuple[str, int] | None:
    """The place of an event in one room."""
    return next((place for place in audience if place[0] == room), None)


def asks(event: Logged, by: AccountId) -> bool:
    """Whether an event tells an account of a question that it may answer and that nobody has been told of."""
    if event.kind not in _ASKING:
        return False
    asked = fact_of(event)
    if not isinstance(asked, QuestionAsked | QuestionAssigned) or asked.pause.delivered_at is not None:
        return False
    return by in (asked.pause.account_id, asked.pause.assigned_to)


def deliver(tx: Tx, events: Sequence[Logged], by: AccountId, route: str) -> None:
    """Note that an account is being told these questions (2.2 rule 4)."""
    for event in events:
        asked = fact_of(event)
        if isinstance(asked, QuestionAsked | QuestionAssigned):
            question = questions.question(tx, asked.pause.id)
            if question is not None:
                questions.delivered(tx, question, by, route)
