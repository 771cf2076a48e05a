"""Pages of the log: a page that is not full is the last one, also where one event stands in several rooms."""

import pytest

from parlour.attempts.facts import AttemptStarted
from parlour.events import log
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AttemptId, TemplateId, TimeOrderedIds
from parlour.storage.database import Database

ROOMS = ("chat:a", "person:b", "person:c")


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 7])
def test_a_page_holds_events_not_entries(store_url: str, limit: int) -> None:
    clock = SystemClock()
    database = Database(store_url, clock, TimeOrderedIds(clock))
    database.migrate()
    fact = AttemptStarted(attempt_id=AttemptId("a"), chat_entry_id=TemplateId("t"))
    audiences = [ROOMS[: 1 + number % 3] for number in range(20)]
    for rooms in audiences:
        database.write_here(lambda tx, rooms=rooms: tx.announce(rooms, fact))
    found: list[int] = []
    while True:
        after = found[-1] if found else 0
        page = database.read_here(lambda tx, after=after: log.of_rooms(tx, ROOMS, after, 100, limit))
        found += [event.pos for event in page]
        if len(page) < limit:
            break
    assert len(found) == len(set(found)) == len(audiences)
    assert found == sorted(found)
