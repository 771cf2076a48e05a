"""The pieces of an answer become one entry of its room's log when its turn has long ended (lab protocol 12).

Pieces that follow each other without anything else between them become one; so an entry stands
exactly for the numbers from `from_seq` to its own, and a reader who was in the middle still ends
with the final text.
"""

from collections.abc import Sequence

from parlour.assistant.facts import LabTextAdded, LabTurnFinished, LabTurnStarted
from parlour.assistant.mailbox.facts import LabTextCompacted
from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.events.compaction import Run, Work, compact_all
from parlour.events.facts import fact_of
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

TURN_ENTRIES_MAX = 100_000

Piece = tuple[int, int, LabTextAdded]  # position, seq, what was said


async def compact_turns(database: Database, age_seconds: int) -> int:
    """Compact the pieces of every turn that ended so long ago, a little at a time; how many runs."""
    return await compact_all(database, TURNS, age_seconds)


def _runs(tx: Tx, end: Logged) -> list[Run]:
    ended = fact_of(end)
    if not isinstance(ended, LabTurnFinished):
        return []
    room = lab_room(ended.account_id)
    begun = log.last_before(tx, room, LabTurnStarted.__name__, end.pos)
    groups: list[list[Piece]] = []
    for event in log.of_rooms(tx, [room], begun, end.pos - 1, TURN_ENTRIES_MAX):
        fact = fact_of(event)
        if not isinstance(fact, LabTextAdded) or fact.turn_id != ended.turn_id or len(event.audience) > 1:
            continue
        piece = (event.pos, seq_in(event, room), fact)
        if groups and groups[-1][-1][1] == piece[1] - 1 and groups[-1][-1][2].message_id == fact.message_id:
            groups[-1].append(piece)
        else:
            groups.append([piece])
    return [_run(room, group) for group in groups if len(group) > 1]


def _run(room: str, pieces: Sequence[Piece]) -> Run:
    start, text = merged([piece[2] for piece in pieces])
    first, last = pieces[0], pieces[-1]
    said = last[2]
    return Run(
        room=room,
        count=len(pieces),
        first_pos=first[0],
        first_seq=first[1],
        last_pos=last[0],
        fact=LabTextCompacted(
            account_id=said.account_id,
            turn_id=said.turn_id,
            message_id=said.message_id,
            start=start,
            text=text,
            from_seq=first[1],
        ),
    )


def seq_in(event: Logged, room: str) -> int:
    """The number of an event in one of its rooms."""
    return next(seq for name, seq in event.audience if name == room)


def merged(pieces: Sequence[LabTextAdded]) -> tuple[int, str]:
    """One `start` and `text` with the effect of all pieces, one after the other."""
    start, text = pieces[0].start, ""
    for piece in pieces:
        if piece.start < start:
            start, text = piece.start, piece.text
        else:
            text = text[: piece.start - start] + piece.text
    return start, text


TURNS = Work(name="compacted lab turns", end=LabTurnFinished.__name__, runs_of=_runs)
