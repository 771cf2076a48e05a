"""What removing from the log leaves behind, and what readers make of the holes (Glow 5.2)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.accounts import actions as accounts
from parlour.attempts import actions as attempts
from parlour.attempts import presence
from parlour.attempts.actions import Starting
from parlour.attempts.facts import AttemptStarted
from parlour.attempts.history.removal import delete_attempt
from parlour.attempts.history.work import FORGET, ForgetRooms
from parlour.conversations import compacting
from parlour.conversations.facts import ReplyCompleted
from parlour.conversations.rooms import chat_room, presence_room, voice_room
from parlour.events import compaction, log
from parlour.events.presence import Present
from parlour.events.pump import Pump
from parlour.kernel.actor import Actor
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId, AttemptId, ChatId, MessageId, TemplateId
from parlour.storage.tx import Tx
from tests.conftest import STORES, make_site
from tests.harness.site import Site

CHAT = ChatId("00000000-0000-7000-8000-0000000000c1")
ROOM = f"chat:{CHAT}"
PERSON = "person:00000000-0000-7000-8000-0000000000a1"


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A seeded store without a server, of each kind."""
    site = make_site(request.param, tmp_path, request)
    yield site
    site.close()


def completed() -> ReplyCompleted:
    return ReplyCompleted(
        chat_id=CHAT,
        message_id=MessageId("m"),
        content="A secret",
        created_at=0,
        persona_id=None,
        status="complete",
        contents=(),
    )


def started() -> AttemptStarted:
    return AttemptStarted(attempt_id=AttemptId("a"), chat_entry_id=TemplateId("e"))


def announced(site: Site, rooms: list[str], fact: object) -> int:
    """Say something in a transaction of its own; its position."""
    site.write(lambda tx: tx.announce(rooms, fact))
    return site.write(log.head)


def bodies(site: Site) -> list[str]:
    return [row["body"] for row in site.write(lambda tx: tx.all("SELECT body FROM events ORDER BY pos"))]


@pytest.mark.case(50, 84)
def test_the_log_is_still_compacted_after_the_newest_event_was_of_a_deleted_chat(store: Site) -> None:
    head = announced(store, [ROOM], completed())
    store.write(lambda tx: log.forget_room(tx, ROOM))
    assert store.write(log.head) == head
    assert "A secret" not in "".join(bodies(store))
    announced(store, [PERSON], started())
    found = store.write(lambda tx: compaction.find(tx, compacting.REPLIES, tx.now_ms + 60_000))
    assert found is not None
    assert found.runs == ()
    store.write(lambda tx: compaction.compact(tx, compacting.REPLIES, found))


@pytest.mark.case(50, 84)
def test_what_a_deleted_chat_alone_still_tells_goes_with_it(store: Site) -> None:
    """Persons were told it too, and theirs is gone already, or they are no other rooms than deleted chats."""
    other = "chat:00000000-0000-7000-8000-0000000000c2"
    before = bodies(store)
    announced(store, [ROOM, PERSON], completed())
    announced(store, [ROOM, other], completed())
    kept = announced(store, [PERSON], started())

    def prune(tx: Tx) -> int:
        return compaction.remove_old(tx, {PERSON: kept})

    assert store.write(prune) == 1
    assert len(bodies(store)) == len(before) + 3
    for room in (ROOM, other):
        store.write(lambda tx, room=room: log.forget_room(tx, room))
    assert len(bodies(store)) == len(before) + 1
    announced(store, [ROOM, PERSON], completed())
    store.write(lambda tx: log.forget_room(tx, ROOM))
    assert "A secret" in "".join(bodies(store))


async def test_a_reader_waits_no_longer_for_what_was_removed_before_it_was_read(store: Site) -> None:
    """Another process said something and removed it before this one had read it (two servers, one store)."""
    database = store.database()
    database.start()
    pump = Pump(database, None, poll_seconds=60)
    try:
        await pump.start()
        gone = announced(store, [ROOM], completed())
        announced(store, [PERSON], started())
        store.write(lambda tx: log.forget_room(tx, ROOM))
        await pump.reach(gone)
        assert pump.pos == gone
    finally:
        await pump.stop()
        await database.stop()


def test_who_was_in_a_deleted_chat_is_forgotten_and_nothing_more_is_told_of_it(store: Site) -> None:
    """Its room of presence goes with it, and begins no second time with the same numbers."""

    def start(tx: Tx) -> tuple[Actor, str, ChatId]:
        actor = accounts.actor_by_id(tx, AccountId(store.ids["learner"]))
        assert actor is not None
        entry = store.practices["Practice: office hours"]
        started = attempts.start(tx, actor, Starting(kind="practice", entry_id=entry))
        assert started.chat_id is not None
        return actor, started.attempt_id, started.chat_id

    actor, attempt, chat = store.write(start)
    room, watch = chat_room(chat), presence_room(chat)
    desk, phone = (Present(connection_id=name, account_id=actor.account_id) for name in ("desk", "phone"))
    store.write(lambda tx: presence.enter(tx, desk, [room, watch]))
    store.write(lambda tx: presence.enter(tx, phone, [room]))
    assert store.write(lambda tx: log.room_head(tx, watch)).seq == 1
    store.write(lambda tx: delete_attempt(tx, actor, attempt))
    [job] = store.write(lambda tx: tx.all("SELECT body FROM jobs WHERE kind = :kind", kind=FORGET))
    rooms = decode(job["body"], ForgetRooms).rooms
    assert set(rooms) == {room, watch, voice_room(chat)}
    for each in rooms:
        store.write(lambda tx, each=each: log.forget_room(tx, each))
    store.write(lambda tx: presence.gone(tx, "phone"))
    assert store.write(lambda tx: log.room_head(tx, watch)).seq == 0
