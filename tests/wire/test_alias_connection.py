"""A socket of dialect `glow-web` that reads the log while it joins rooms (Glow 5.3, 9.7)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from parlour.accounts.entities import SessionActor
from parlour.conversations.facts import ReplyStarted, TextAdded
from parlour.conversations.rooms import chat_room
from parlour.events import log
from parlour.events.pump import Pump
from parlour.kernel.actor import Actor
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, ChatId, MessageId, TimeOrderedIds
from parlour.wire.glow.alias_connection import AliasConnection
from parlour.wire.glow.connection import Delivery, Watch
from parlour.wire.glow.sinks import Sink
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.wire.peer import Peer

ONE, TWO = (ChatId(f"00000000-0000-7000-8000-0000000000c{number}") for number in (1, 2))


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A seeded store without a server, of each kind."""
    site = make_site(request.param, tmp_path, request)
    yield site
    site.close()


def begin(site: Site, chat: ChatId) -> None:
    fact = ReplyStarted(chat_id=chat, message_id=MessageId(chat), created_at=0, persona_id=None, parent_message_id=None)
    site.write(lambda tx: tx.announce([chat_room(chat)], fact))


def say(site: Site, chat: ChatId, text: str) -> None:
    fact = TextAdded(chat_id=chat, message_id=MessageId(chat), text=text, persona_id=None, content_idx=0)
    site.write(lambda tx: tx.announce([chat_room(chat)], fact))


@pytest.mark.case(112, 44)
async def test_a_reply_joined_while_the_past_of_another_room_is_on_its_way_has_its_own_text(store: Site) -> None:
    """What was told by the replay is met once more in the log, and must not be added twice."""
    clock = SystemClock()
    database = store.database()
    database.start()
    pump = Pump(database, None, poll_seconds=60)
    await pump.start()
    peer = Peer()
    delivery = Delivery(
        database=database, pump=pump, clock=clock, ids=TimeOrderedIds(clock), backlog_bytes_max=10**6, watch=Watch()
    )
    actor = Actor(account_id=AccountId(store.ids["learner"]), user_id="learner", role="member")
    session = SessionActor(actor=actor, digest="d", kind="session", expires_at=None)
    connection = AliasConnection(delivery, cast("Sink", peer), session, "sid", "eio")
    try:
        connection.open({}, pump.pos)
        begin(store, ONE)
        begin(store, TWO)
        peer.takes.clear()
        await pump.reach(store.write(log.head))
        connection.join(chat_room(ONE), replay_after=0)
        for text in ("What ", "have "):
            say(store, TWO, text)
        await pump.reach(store.write(log.head))
        connection.join(chat_room(TWO), replay_after=0)
        say(store, TWO, "you ")
        await pump.reach(store.write(log.head))
        peer.takes.set()
        told: list[str] = []
        for _ in range(6000):
            await asyncio.sleep(0.01)
            told = [packet[1]["content"] for packet in peer.packets if packet[0] == "attempt_assistant_delta"]
            if len(told) == 3:
                break
        assert told == ["What ", "What have ", "What have you "]
    finally:
        connection.close()
        await pump.stop()
        await database.stop()
