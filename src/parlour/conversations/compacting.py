"""The pieces of a finished reply become one entry of its room's log (Glow 5.2, decision D10), and so does what was
understood of an utterance bit by bit.

A turn is left as it is if something else was told between its pieces: an entry can stand only for
the positions `from` to its own (specification 5.2).
"""

from collections.abc import Sequence

from parlour.conversations.facts import (
    ReplyCompleted,
    ReplyStarted,
    SpeechCompacted,
    SpeechHeard,
    SpeechStarted,
    TextAdded,
    TextCompacted,
    TextReset,
)
from parlour.conversations.rooms import chat_room
from parlour.events import log
from parlour.events.compaction import Run, Work, compact_all
from parlour.events.facts import fact_of
from parlour.kernel.ids import MessageId
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

TURN_ENTRIES_MAX = 100_000
UTTERANCE_ENTRIES_MAX = 600


async def compact_replies(database: Database, age_seconds: int) -> int:
    """Compact every reply that ended so long ago, a little at a time; how many."""
    return await compact_all(database, REPLIES, age_seconds)


async def compact_speech(database: Database, age_seconds: int) -> int:
    """The same with what was said by voice; an utterance is short, so its beginning tells its age."""
    return await compact_all(database, UTTERANCES, age_seconds)


def _speech_runs(tx: Tx, begun: Logged) -> list[Run]:
    started = fact_of(begun)
    if not isinstance(started, SpeechStarted):
        return []
    room = chat_room(started.chat_id)
    pieces = [
        (event, fact)
        for event in log.of_rooms(tx, [room], begun.pos, log.head(tx), UTTERANCE_ENTRIES_MAX)
        if isinstance(fact := fact_of(event), SpeechHeard) and fact.item_id == started.item_id
    ]
    seqs = [event.audience[0][1] for event, _ in pieces if len(event.audience) == 1]
    if len(pieces) < 2 or seqs != list(range(seqs[0], seqs[0] + len(pieces))):
        return []
    last = pieces[-1][1]
    whole = SpeechCompacted(
        chat_id=last.chat_id,
        message_id=last.message_id,
        item_id=last.item_id,
        transcript=last.transcript,
        from_seq=seqs[0],
    )
    return [
        Run(
            room=room,
            count=len(pieces),
            first_pos=pieces[0][0].pos,
            first_seq=seqs[0],
            last_pos=pieces[-1][0].pos,
            fact=whole,
        )
    ]


def _runs(tx: Tx, end: Logged) -> list[Run]:
    run = _run(tx, end)
    return [] if run is None else [run]


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


REPLIES = Work(name="compacted replies", end=ReplyCompleted.__name__, runs_of=_runs)
UTTERANCES = Work(name="compacted speech", end=SpeechStarted.__name__, runs_of=_speech_runs)
