"""The pieces of a finished reply become one entry of its room's log (Glow 5.2, decision D10).

A turn is left as it is if something else was told between its pieces: an entry can stand only for
the positions `from` to its own (specification 5.2).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from parlour.conversations.facts import ReplyCompleted, ReplyStarted, TextAdded, TextCompacted, TextReset
from parlour.conversations.rooms import chat_room
from parlour.events import compaction, log
from parlour.events.compaction import PAUSE_SECONDS, Run
from parlour.events.facts import fact_of
from parlour.kernel.ids import MessageId
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

MARK = "compacted replies"
TURNS_MAX = 50
PIECES_MAX = 2_000
TURN_ENTRIES_MAX = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Replies to compact, at most 50 and about 2,000 pieces. The log was looked through up to `upto`."""

    runs: tuple[Run, ...]
    upto: int


def find(tx: Tx, before_ms: int) -> Found | None:
    """The next replies that ended before `before_ms`; None if there are no more."""
    after = compaction.mark(tx, MARK)
    upto = compaction.older(tx, after, before_ms)
    if upto is None:
        return None
    runs: list[Run] = []
    pieces = 0
    ends = log.of_kind(tx, ReplyCompleted.__name__, after, upto, TURNS_MAX)
    for end in ends:
        run = _run(tx, end)
        if run is not None:
            runs.append(run)
            pieces += run.count
        if pieces >= PIECES_MAX:
            return Found(runs=tuple(runs), upto=end.pos)
    return Found(runs=tuple(runs), upto=ends[-1].pos if len(ends) == TURNS_MAX else upto)


def compact(tx: Tx, found: Found) -> int:
    """Compact what was found; how many replies. To do it again changes nothing."""
    compacted = sum(compaction.replace_run(tx, run) for run in found.runs)
    compaction.set_mark(tx, MARK, found.upto)
    return compacted


async def compact_replies(database: Database, age_seconds: int) -> int:
    """Compact every reply that ended so long ago, a little at a time; how many."""
    compacted = 0
    while True:
        found = await database.read(lambda tx: find(tx, tx.now_ms - age_seconds * 1000))
        if found is None:
            return compacted
        compacted += await database.write(lambda tx, found=found: compact(tx, found))
        await asyncio.sleep(PAUSE_SECONDS)


def _run(tx: Tx, end: Logged) -> Run | None:
    ended = fact_of(end)
    if not isinstance(ended, ReplyCompleted):
        return None
    room = chat_room(ended.chat_id)
    begun = log.last_before(tx, room, ReplyStarted.__name__, end.pos)
    pieces = [
        (event, fact)
        for event in log.of_rooms(tx, [room], begun, end.pos - 1, TURN_ENTRIES_MAX)
        if isinstance(fact := fact_of(event), TextAdded | TextReset) and fact.message_id == ended.message_id
    ]
    seqs = [event.audience[0][1] for event, _ in pieces if len(event.audience) == 1]
    if len(pieces) < 2 or seqs != list(range(seqs[0], seqs[0] + len(pieces))):
        return None
    return Run(
        room=room,
        count=len(pieces),
        first_pos=pieces[0][0].pos,
        first_seq=seqs[0],
        last_pos=pieces[-1][0].pos,
        fact=_whole(ended, [fact for _, fact in pieces], seqs[0]),
    )


def _whole(ended: ReplyCompleted, pieces: Sequence[TextAdded | TextReset], from_seq: int) -> TextCompacted:
    """The text since the last reset. Of several speakers none is named; the completed reply names them."""
    kept: list[TextAdded] = []
    for piece in pieces:
        if isinstance(piece, TextReset):
            kept.clear()
        else:
            kept.append(piece)
    speakers = {(piece.persona_id, piece.content_idx) for piece in kept}
    persona_id, content_idx = speakers.pop() if len(speakers) == 1 else (None, 0)
    return TextCompacted(
        chat_id=ended.chat_id,
        message_id=MessageId(ended.message_id),
        text="".join(piece.text for piece in kept),
        persona_id=persona_id,
        content_idx=content_idx,
        from_seq=from_seq,
    )
