"""Who acts is in the room before the first event of the command (Glow 5.1, decision D7), whatever is faster."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from parlour.accounts import actions as accounts
from parlour.accounts.entities import SessionActor
from parlour.attempts.regrade import RegradeRules
from parlour.conversations.facts import ReplyStarted, TextAdded
from parlour.conversations.rooms import chat_room, person_room
from parlour.events import log
from parlour.events.pump import Pump
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import AccountId, ChatId, MessageId, TimeOrderedIds
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.glow import acks, http_sessions, payloads, session_log
from parlour.wire.glow.commands import Command, Commands
from parlour.wire.glow.connection import Connection, Delivery, Watch
from parlour.wire.glow.handlers import Caller, Done
from parlour.wire.glow.names import Operation
from parlour.wire.glow.payloads import HttpConnect
from parlour.wire.glow.session_log import Told
from parlour.wire.glow.sinks import Sink
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.wire.peer import Peer

CHAT = ChatId("00000000-0000-7000-8000-0000000000c1")
MESSAGE = MessageId("00000000-0000-7000-8000-0000000000e1")


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A seeded store without a server, of each kind."""
    site = make_site(request.param, tmp_path, request)
    yield site
    site.close()


@dataclass(kw_only=True)
class House:
    """The parts of a server between a command and one connection of whoever sent it."""

    database: Database
    pump: Pump
    commands: Commands
    connection: Connection
    peer: Peer
    session: SessionActor

    @property
    def person(self) -> str:
        return person_room(self.session.actor.account_id)

    async def act(self, **how: Any) -> None:
        outcome = await self.commands.run(Command(operation=ACTING, session=self.session, raw={}, **how))
        assert outcome.answer.ack is not None, outcome

    async def said(self, count: int) -> list[tuple[str, list[tuple[str, int]]]]:
        """What the client was told of the log: each event with its places, once `count` are there."""
        await self.peer.written(count)
        return [(name, places(payload)) for name, payload in self.peer.packets]


def places(payload: dict[str, Any]) -> list[tuple[str, int]]:
    meta = payload["_meta"]
    return [(each["room"], each["seq"]) for each in (meta, *meta.get("also", ()))]


def begin(tx: Tx, person: str) -> None:
    """An event of the chat that the person is told too, and one of the chat alone."""
    started = ReplyStarted(chat_id=CHAT, message_id=MESSAGE, created_at=0, persona_id=None, parent_message_id=None)
    tx.announce([chat_room(CHAT), person], started)
    tx.announce(
        [chat_room(CHAT)], TextAdded(chat_id=CHAT, message_id=MESSAGE, text="So", persona_id=None, content_idx=0)
    )


def acted(tx: Tx, caller: Caller, payload: payloads.Nothing) -> Done:
    begin(tx, person_room(caller.actor.account_id))
    return Done(ack=acks.Left(chat_id=CHAT), joins=chat_room(CHAT))


ACTING = Operation(
    path="attempt/message",
    payload=payloads.Nothing,
    ack=acks.Left,
    error_type="message",
    handler=acted,
    summary="Say something in two rooms, and join one.",
)


@pytest.fixture
async def house(store: Site) -> AsyncIterator[House]:
    clock = SystemClock()
    ids = TimeOrderedIds(clock)
    database = store.database()
    database.start()
    pump = Pump(database, None, poll_seconds=3600)
    await pump.start()
    peer = Peer()
    delivery = Delivery(database=database, pump=pump, clock=clock, ids=ids, backlog_bytes_max=10**6, watch=Watch())
    account_id = AccountId(store.ids["learner"])
    token = await database.write(lambda tx: accounts.issue_session(tx, account_id, "session", "test", 3600))
    session = await database.read(lambda tx: accounts.actor_by_token(tx, token))
    connection = Connection(delivery, cast("Sink", peer), session, "sid", "eio")
    connection.open({person_room(account_id): pump.pos}, pump.pos)
    commands = Commands(database, ids, RegradeRules(owner_regrades_max=0, timezone_name="UTC"))
    yield House(database=database, pump=pump, commands=commands, connection=connection, peer=peer, session=session)
    connection.close()
    await pump.stop()
    await database.stop()


@pytest.mark.case(37, 46)
async def test_the_log_is_seen_before_the_server_hears_of_its_own_commit(
    house: House, store: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What wakes the pump (another server's events, a look from time to time) is faster than the writer's thread."""
    late: list[Callable[[], object]] = []
    committed = asyncio.Event()
    deliver = house.database.writer._deliver

    def held_up(*told: Any) -> None:
        late.append(lambda: deliver(*told))
        committed.set()

    monkeypatch.setattr(house.database.writer, "_deliver", held_up)
    acting = asyncio.create_task(house.act(on_join=house.connection.join_acting))
    await committed.wait()
    reached = asyncio.create_task(house.pump.reach(await house.database.read(log.head)))
    await asyncio.sleep(0.3)
    assert house.peer.packets == []
    for each in late:
        each()
    await acting
    await reached
    chat = chat_room(CHAT)
    assert await house.said(2) == [
        ("attempt_assistant_start", [(chat, 1), (house.person, 1)]),
        ("attempt_progress", [(chat, 2)]),
    ]


@pytest.mark.case(37, 46)
async def test_a_room_joined_while_the_connection_is_held_is_told_once(house: House) -> None:
    """As by an operation whose acknowledgement comes before the events that it causes."""
    house.connection.hold(house.pump.pos)
    await house.act(on_join=house.connection.join_acting)
    house.connection.release()
    chat = chat_room(CHAT)
    assert await house.said(2) == [
        ("attempt_assistant_start", [(chat, 1), (house.person, 1)]),
        ("attempt_progress", [(chat, 2)]),
    ]
    assert await house.database.write(lambda tx: begin(tx, house.person)) is None
    assert [each[1][0] for each in await house.said(4)] == [(chat, 1), (chat, 2), (chat, 3), (chat, 4)]


@pytest.mark.case(37, 46)
@pytest.mark.parametrize("in_full", [True, False])
async def test_a_room_joined_by_who_does_not_keep_up_is_told_once(house: House, *, in_full: bool) -> None:
    """What the peer has not taken yet stands both in the past of the room and in what is still to be read."""
    chat, start = chat_room(CHAT), house.pump.pos
    await house.database.write(lambda tx: begin(tx, house.person))
    assert await house.said(1) == [("attempt_assistant_start", [(house.person, 1)])]
    house.peer.takes.clear()
    for _ in range(2):
        await house.database.write(lambda tx: begin(tx, house.person))
    house.connection.join(chat, replay_after=start, in_full=in_full)
    house.peer.takes.set()
    await house.database.write(lambda tx: begin(tx, house.person))
    told = await house.said(9 if in_full else 8)
    again = [("attempt_assistant_start", [(chat, 1)])] if in_full else []
    rest = [
        ("attempt_progress", [(chat, 2)]),
        ("attempt_assistant_start", [(chat, 3), (house.person, 2)]),
        ("attempt_progress", [(chat, 4)]),
        ("attempt_assistant_start", [(chat, 5), (house.person, 3)]),
        ("attempt_progress", [(chat, 6)]),
        ("attempt_assistant_start", [(chat, 7), (house.person, 4)]),
        ("attempt_progress", [(chat, 8)]),
    ]
    assert told[1:] == [*again, *rest]


@pytest.mark.case(37, 46)
async def test_an_http_session_is_in_the_room_before_the_command_says_anything(house: House) -> None:
    rules = http_sessions.SessionRules()
    opened = await house.database.write(
        lambda tx: http_sessions.open_session(tx, house.session, HttpConnect(), rules, 0)
    )
    account_id = house.session.actor.account_id

    def session_of(tx: Tx) -> http_sessions.HttpSession:
        found = http_sessions.of_sid(tx, opened.sid, account_id, rules)
        assert found is not None
        return found

    session = await house.database.read(session_of)
    await house.act(joining=lambda tx, room: http_sessions.join_by_acting(tx, session, room))

    def told(tx: Tx) -> list[Told]:
        known = session_of(tx)
        page = session_log.begin(tx, known, None, house.pump.epoch)
        said = list(page.told)
        while page.more:
            page = session_log.read(tx, known, page.place, house.pump.epoch, 50)
            said += page.told
        return said

    chat = chat_room(CHAT)
    assert [(each.name, places(dict(each.payload))) for each in await house.database.read(told)] == [
        ("attempt_assistant_start", [(chat, 1), (house.person, 1)]),
        ("attempt_progress", [(chat, 2)]),
    ]
