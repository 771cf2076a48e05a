"""The pieces of a replayed turn become one entry of its room's log (Glow 5.2, decision D10).

A turn is left as it is if something else was told between its pieces: an entry can stand only for
the positions `from` to its own (specification 5.2).
"""

from collections.abc import Sequence

from parlour.benchmarks.facts import ReplayStarted, ReplayTextAdded, ReplayTextCompacted, ReplayTurnCompleted
from parlour.conversations.rooms import invocation_room
from parlour.events import log
from parlour.events.compaction import Run, Work, compact_all
from parlour.events.facts import fact_of
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

TURN_ENTRIES_MAX = 100_000
BOUNDS_READ_MAX = 200
_BOUNDS = (ReplayStarted.__name__, ReplayTurnCompleted.__name__)


async def compact_replays(database: Database, age_seconds: int) -> int:
    """Compact every turn that ended so long ago, a little at a time; how many."""
    return await compact_all(database, TURNS, age_seconds)


def _runs(tx: Tx, end: Logged) -> list[Run]:
    run = _run(tx, end)
    return [] if run is None else [run]


def _run(tx: Tx, end: Logged) -> Run | None:
    ended = fact_of(end)
    if not isinstance(ended, ReplayTurnCompleted):
        return None
    room = invocation_room(ended.invocation_id)
    pieces = [
        (event, fact)
        for event in log.of_rooms(tx, [room], _begun(tx, room, end, ended.run_id), end.pos - 1, TURN_ENTRIES_MAX)
        if isinstance(fact := fact_of(event), ReplayTextAdded) and _is_of(fact, ended)
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


def _is_of(piece: ReplayTextAdded, ended: ReplayTurnCompleted) -> bool:
    return (piece.run_id, piece.turn) == (ended.run_id, ended.turn)


def _begun(tx: Tx, room: str, end: Logged, run_id: str) -> int:
    """Where the turn began: after the start, or the last completed turn, of its own replay."""
    return max(_last_of(tx, room, kind, end.pos, run_id) for kind in _BOUNDS)


def _last_of(tx: Tx, room: str, kind: str, before: int, run_id: str) -> int:
    for _ in range(BOUNDS_READ_MAX):
        before = log.last_before(tx, room, kind, before)
        found = log.between(tx, before - 1, before, 1) if before else []
        if not found:
            return 0
        fact = fact_of(found[0])
        if isinstance(fact, ReplayStarted | ReplayTurnCompleted) and fact.run_id == run_id:
            return before
    return 0


def _whole(ended: ReplayTurnCompleted, pieces: Sequence[ReplayTextAdded], from_seq: int) -> ReplayTextCompacted:
    """The text since the turn was begun the last time."""
    kept: list[str] = []
    for piece in pieces:
        if piece.reset:
            kept.clear()
        kept.append(piece.text)
    return ReplayTextCompacted(
        invocation_id=ended.invocation_id,
        run_id=ended.run_id,
        current_run=ended.current_run,
        total_runs=ended.total_runs,
        turn=ended.turn,
        total_turns=ended.total_turns,
        text="".join(kept),
        from_seq=from_seq,
    )


TURNS = Work(name="compacted replays", end=ReplayTurnCompleted.__name__, runs_of=_runs)
