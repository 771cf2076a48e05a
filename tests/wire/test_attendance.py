"""The rows of presence follow the sockets of their process, whatever became of them (Glow 2.3)."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import SessionActor
from parlour.attempts import actions as attempts
from parlour.attempts import presence
from parlour.attempts.actions import Starting
from parlour.events import presence as rows
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from parlour.wire.glow import attendance
from parlour.wire.glow.attendance import Attendance, AttendanceRules
from parlour.wire.glow.connection import Connection
from tests.conftest import STORES, make_site
from tests.harness.site import Site

SOCKETS = 500


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A seeded store without a server, of each kind."""
    site = make_site(request.param, tmp_path, request)
    yield site
    site.close()


@dataclass
class Socket:
    """What attendance looks at of a connection."""

    sid: str
    session: SessionActor
    rooms: dict[str, int]
    closed: bool = False


async def test_rows_that_others_dropped_are_put_back_a_little_at_a_time(
    store: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a stall of a server: no write may be long, and who has left meanwhile is not put back."""
    monkeypatch.setattr(attendance, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(attendance, "BEATS_TO_COMPARE", 1)
    database = store.database()
    database.start()
    kept = Attendance(database, AttendanceRules(server_id="S", session_idle_seconds=900))
    actor = Actor(account_id=AccountId(store.ids["learner"]), user_id="learner", role="member")
    session = SessionActor(actor=actor, digest="d", kind="session", expires_at=None)
    room = f"person:{actor.account_id}"
    sockets = [Socket(sid=f"s{number}", session=session, rooms={room: 0}) for number in range(SOCKETS)]
    written: list[Tx] = []

    def enter(tx: Tx, present: rows.Present, rooms: list[str]) -> None:
        written.append(tx)
        for each in rooms:
            rows.enter(tx, present, each)

    monkeypatch.setattr(attendance.presence, "enter", enter)
    await kept.start()
    keeping = asyncio.create_task(kept.keep(lambda: cast("list[Connection]", sockets)))
    try:
        async with asyncio.timeout(60):
            while len(await database.read(lambda tx: rows.of_server(tx, "S"))) < SOCKETS:  # noqa: ASYNC110 (rows in a store)
                await asyncio.sleep(0.01)
        assert max(Counter(map(id, written)).values()) <= attendance.REPAIRS_PER_WRITE
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        await database.stop()


def test_who_watches_many_chats_of_a_server_that_died_is_told_of_each_of_them_only(store: Site) -> None:
    """Rooms without watchers cost no statement of their own."""

    def start(tx: Tx) -> list[str]:
        actor = accounts.actor_by_id(tx, AccountId(store.ids["learner"]))
        assert actor is not None
        starting = Starting(kind="practice", entry_id=store.practices["Practice: office hours"])
        return [str(attempts.start(tx, actor, starting).chat_id) for _ in range(3)]

    chats = store.write(start)
    learner, watcher = (AccountId(store.ids[name]) for name in ("learner", "instructor"))

    def fill(tx: Tx) -> None:
        rows.beat(tx, "dead", alone=False)
        rows.beat(tx, "alive", alone=False)
        for number in range(1_200):
            chat = chats[number] if number < len(chats) else f"{number:08x}-0000-7000-8000-000000000000"
            rows.enter(
                tx, rows.Present(connection_id=f"d{number}", account_id=learner, server_id="dead"), f"chat:{chat}"
            )
        for chat in chats[:2]:
            rows.enter(tx, rows.Present(connection_id="w", account_id=watcher, server_id="alive"), f"presence:{chat}")
        tx.run("UPDATE servers SET seen_at = 0 WHERE id = 'dead'")

    store.write(fill)

    def beat(tx: Tx) -> list[str]:
        rows.beat(tx, "alive", alone=False)
        presence.say_changed(tx, rows.forget_dead(tx, idle_before_ms=0))
        return [each.rooms[0] for each in tx.announced]

    assert sorted(store.write(beat)) == sorted(f"presence:{chat}" for chat in chats[:2])
    assert store.write(lambda tx: rows.of_server(tx, "dead")) == {}
