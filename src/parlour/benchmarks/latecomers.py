"""Where somebody begins who comes into an invocation's room while replays are running (Glow 5.5, decision D12)."""

from parlour.benchmarks import store
from parlour.benchmarks.facts import ReplayStarted
from parlour.conversations.rooms import invocation_room
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.storage.tx import Tx

STARTS_READ_MAX = 200


def position_of_running(tx: Tx, invocation_id: str) -> int | None:
    """The position of `ReplayStarted` of the oldest replay that is running; None if none is, or it is long ago."""
    running = {replay.id for replay in store.replays_of_invocation(tx, invocation_id, ("running",))}
    room, found, before = invocation_room(invocation_id), None, log.head(tx) + 1
    for _ in range(STARTS_READ_MAX):
        if not running:
            break
        before = log.last_before(tx, room, ReplayStarted.__name__, before)
        event = next(iter(log.between(tx, before - 1, before, 1)), None) if before else None
        if event is None:
            break
        fact = fact_of(event)
        if isinstance(fact, ReplayStarted) and fact.run_id in running:
            running.discard(fact.run_id)
            found = before
    return found
