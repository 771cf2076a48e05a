"""Two busy servers on one store: whatever meets, nothing is refused, nothing is lost, every number is there once."""

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from parlour.assistant.accepting import stopping
from parlour.assistant.accepting.actions import accept
from parlour.assistant.accepting.entities import Cancelling
from parlour.assistant.mailbox import actions as mailbox
from parlour.audit import actions as audit
from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.kernel.ids import AccountId
from parlour.settings.lab import LabLimits
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.lab.racing import Pair, words

MEMBERS, ROUNDS = 5, 6


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[Pair]:
    made = Pair(store_url)
    await asyncio.to_thread(made.open_tables)
    made.start()
    yield made
    await made.close()


async def busy(database: Database, who: AccountId, dice: random.Random) -> list[str]:
    """Say something and stop it, and take what the mailbox has, again and again; the finals that were taken."""
    taken: list[str] = []

    def take(tx: Tx) -> str | None:
        reply = mailbox.look(tx, who, 120).reply
        token = mailbox.claim(tx, reply.message.id) if reply else None
        if reply is None or token is None:
            return None
        assert mailbox.handed_over(tx, who, reply.message.id, token)
        return reply.message.id

    for number in range(ROUNDS):
        await asyncio.sleep(dice.random() * 0.02)
        await database.write(lambda tx, n=number: accept(tx, words(who, f"Hello {n}"), LabLimits()))
        await asyncio.sleep(dice.random() * 0.02)
        wish = Cancelling(account_id=who, by=who, route="test", queue=number % 2 == 0)
        await database.write(lambda tx, wish=wish: stopping.cancel(tx, wish))
        taken.append(await database.write(take) or "")
    return [each for each in taken if each]


async def test_two_busy_servers_refuse_nothing_and_lose_nothing(pair: Pair) -> None:
    people = [await pair.account() for _ in range(MEMBERS)]
    dice = random.Random(1)
    servers = pair.both * (2 // len(pair.both))
    done = await asyncio.gather(*(busy(database, who, dice) for database in servers for who in people))
    taken = [final for each in done for final in each]
    assert len(taken) == len(set(taken))
    assert await pair.first.read(audit.verify) is None
    for who in people:
        await pair.first.write(
            lambda tx, who=who: stopping.cancel(tx, Cancelling(account_id=who, by=who, route="test", queue=True))
        )
        await pair.first.read(lambda tx, who=who: check(tx, who))


def check(tx: Tx, who: AccountId) -> None:
    """Messages and events are numbered without gaps, and every turn has one final."""
    rows = tx.all("SELECT ordinal, kind, turn_id FROM lab_messages WHERE account_id = :id ORDER BY ordinal", id=who)
    assert [row["ordinal"] for row in rows] == list(range(1, 4 * ROUNDS + 1))
    assert sorted(row["turn_id"] for row in rows if row["kind"] == "final") == sorted(
        row["turn_id"] for row in rows if row["kind"] == "text"
    )
    room = lab_room(who)
    events = log.of_rooms(tx, [room], 0, log.head(tx), 10_000)
    numbers = [seq for event in events for name, seq in event.audience if name == room]
    assert numbers == list(range(1, len(numbers) + 1))
