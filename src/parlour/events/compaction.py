"""Making the log smaller (Glow 5.2): a run of entries becomes one, what a room need not keep any longer goes.

Nothing here knows what a fact means. Positions and sequence numbers never fall back: the newest
entry of a room always stays. Both kinds of work go through the log once, in pieces small enough
not to hold up the writer, from a mark that is kept with the log; doing a piece twice, or in two
processes at once, changes nothing more.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

import msgspec

from parlour.events import log, store
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

WINDOW = 5_000
ROOMS_PER_WRITE = 100
PAUSE_SECONDS = 0.02
ENDS_MAX = 50
PIECES_MAX = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """The next `count` entries of one room, and of no other, from position `first_pos`; `fact` says it all."""

    room: str
    count: int
    first_pos: int
    first_seq: int
    last_pos: int
    fact: object


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What becomes smaller: `runs_of` gives the runs that an event of the kind `end` closes; `name` its mark."""

    name: str
    end: str
    runs_of: Callable[[Tx, Logged], Sequence[Run]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Runs to compact, of at most 50 ends and about 2,000 pieces. The log was looked through up to `upto`."""

    runs: tuple[Run, ...]
    upto: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Old:
    """Rooms with entries that may go: those before the position given for each. Seen up to `upto`."""

    rooms: Mapping[str, int]
    upto: int


def older(tx: Tx, after: int, before_ms: int) -> int | None:
    """A position after `after` up to which everything is older than `before_ms`; None if nothing more is.

    Looks at `WINDOW` positions at most; call it again from there.
    """
    upto = after + WINDOW
    found = store.newest_older(tx, after, upto, before_ms)
    if found is None and upto < store.head(tx) and not log.between(tx, after, upto, 1):
        return upto
    return found


def replace_run(tx: Tx, run: Run) -> bool:
    """One entry in place of a run, at its last position; False if that has been done."""
    if not store.compact_entry(tx, run.room, run.last_pos, run.first_seq):
        return False
    store.replace_event(tx, run.last_pos, type(run.fact).__name__, msgspec.json.encode(run.fact).decode())
    store.delete_entries(tx, run.room, run.first_pos, run.last_pos - 1)
    return True


def find(tx: Tx, work: Work, before_ms: int) -> Found | None:
    """The next runs that ended before `before_ms`; None if there are no more."""
    after = store.mark(tx, work.name)
    upto = older(tx, after, before_ms)
    if upto is None:
        return None
    runs: list[Run] = []
    ends = log.of_kind(tx, work.end, after, upto, ENDS_MAX)
    for end in ends:
        runs.extend(work.runs_of(tx, end))
        if sum(run.count for run in runs) >= PIECES_MAX:
            return Found(runs=tuple(runs), upto=end.pos)
    return Found(runs=tuple(runs), upto=ends[-1].pos if len(ends) == ENDS_MAX else upto)


def compact(tx: Tx, work: Work, found: Found) -> int:
    """Compact what was found; how many runs. To do it again changes nothing."""
    compacted = sum(replace_run(tx, run) for run in found.runs)
    store.set_mark(tx, work.name, found.upto)
    return compacted


async def compact_all(database: Database, work: Work, age_seconds: int) -> int:
    """Compact every run that ended so long ago, a little at a time; how many."""
    compacted = 0
    while True:
        found = await database.read(lambda tx: find(tx, work, tx.now_ms - age_seconds * 1000))
        if found is None:
            return compacted
        compacted += await database.write(lambda tx, found=found: compact(tx, work, found))
        await asyncio.sleep(PAUSE_SECONDS)


def find_old(tx: Tx, prefix: str, before_ms: int) -> Old | None:
    """The next rooms named `prefix...` with entries older than `before_ms`; None if there are no more."""
    after = store.mark(tx, _mark(prefix))
    upto = older(tx, after, before_ms)
    if upto is None:
        return None
    newest: dict[str, int] = {}
    for pos, audience in store.audiences(tx, after, upto):
        newest.update({room: pos for room, _ in audience if room.startswith(prefix)})
    return Old(rooms=newest, upto=upto)


def remove_old(tx: Tx, rooms: Mapping[str, int]) -> int:
    """Remove the entries of each room before its position, and events that no room has any more; how many entries.

    The entry at the position stays: so a reader who stands there or later is known to miss nothing
    (`log.is_kept`), and a room's newest entry is never removed.
    """
    return sum(store.delete_entries(tx, room, 0, keep - 1) for room, keep in rooms.items())


async def prune(database: Database, prefix: str, age_seconds: int) -> int:
    """Remove what is older in rooms named `prefix...`, a little at a time; how many entries went."""
    removed = 0
    while True:
        old = await database.read(lambda tx: find_old(tx, prefix, tx.now_ms - age_seconds * 1000))
        if old is None:
            return removed
        rooms = list(old.rooms.items())
        for start in range(0, len(rooms), ROOMS_PER_WRITE):
            some = dict(rooms[start : start + ROOMS_PER_WRITE])
            removed += await database.write(lambda tx, some=some: remove_old(tx, some))
            await asyncio.sleep(PAUSE_SECONDS)
        await database.write(lambda tx, upto=old.upto: store.set_mark(tx, _mark(prefix), upto))


def _mark(prefix: str) -> str:
    return f"pruned {prefix}"
