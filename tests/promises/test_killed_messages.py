"""P1 and P4: people talk, the server is killed at any moment, and they send again what was not acknowledged."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from parlour.storage.database import Database
from tests.conftest import STORES, make_site
from tests.harness.site import Site
from tests.harness.socket import Client
from tests.promises.figures import Figure
from tests.promises.nursery import Child, Nursery
from tests.promises.waiting import cancelled

KILLS = {"sqlite": 24, "postgresql": 10}
CONNECTIONS = 3
CHATS_EACH = 8
BUSY_MAX = 5
LIFE_SECONDS = (0.0, 0.6)


@dataclass
class Sender:
    """Somebody in one chat. `pending` was sent and not acknowledged; `acknowledged` is by message id."""

    connection: int
    practice_id: str
    attempt_id: str
    chat_id: str
    pending: dict[str, str] | None = None
    acknowledged: dict[str, dict[str, str]] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    sent: int = 0
    again: int = 0

    def next_payload(self) -> dict[str, str]:
        self.sent += 1
        named = {"attempt_id": self.attempt_id, "chat_id": self.chat_id}
        name = f"{self.connection} {self.chat_id} {self.sent}"
        return {**named, "message": f"What have you tried? ({name})", "client_request_id": name}

    async def talk(self, client: Client) -> None:
        """Send again what is pending, and once more what was acknowledged last; then go on for ever."""
        if self.acknowledged:
            message_id, payload = list(self.acknowledged.items())[-1]
            ack = await client.ok("attempt_message", payload)
            assert ack["user_message_id"] == message_id
            self.again += 1
        if self.pending:
            self.again += 1
        busy = 0
        while True:
            payload = self.pending = self.pending or self.next_payload()
            ack = await client.call("attempt_message", payload)
            if not ack["ok"] and ack["error"]["code"] == "shutting_down":
                return
            self.pending = None
            if ack["ok"]:
                self.acknowledged[ack["user_message_id"]] = payload
                busy = 0
                continue
            assert ack["error"]["code"] == "turn_in_progress", ack
            self.refused.append(payload["message"])
            busy += 1
            if busy == BUSY_MAX:
                self.attempt_id, self.chat_id = await client.start_practice(self.practice_id)
            await asyncio.sleep(0.003)


@asynccontextmanager
async def connections(url: str, site: Site) -> AsyncGenerator[list[Client]]:
    """A learner's connections."""
    async with AsyncExitStack() as stack:
        learner = site.tokens["learner"]
        yield [await stack.enter_async_context(Client(url, learner)) for _ in range(CONNECTIONS)]


async def seated(url: str, site: Site) -> list[Sender]:
    """Senders on every connection."""
    practice = next(iter(site.practices.values()))
    senders: list[Sender] = []
    async with connections(url, site) as clients:
        for number, client in enumerate(clients):
            senders += [Sender(number, practice, *await client.start_practice(practice)) for _ in range(CHATS_EACH)]
    return senders


async def killed_while_talking(child: Child, site: Site, senders: Sequence[Sender], seconds: float) -> None:
    """Let them talk for a while, then kill the server."""
    async with connections(child.url, site) as clients:
        talks = [asyncio.create_task(sender.talk(clients[sender.connection])) for sender in senders]
        done, _ = await asyncio.wait(talks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        await asyncio.to_thread(child.kill)
        await asyncio.sleep(0.02)
        await cancelled(talks)
        for talk in done:
            talk.result()


def stored(database: Database) -> dict[str, str]:
    """Every learner's message by its id."""
    rows = database.read_here(lambda tx: tx.all("SELECT id, content FROM messages WHERE type = 'query'"))
    return {row["id"]: row["content"] for row in rows}


def lost(database: Database, senders: Sequence[Sender]) -> int:
    """How many acknowledged messages are not in the store as they were sent."""
    there = stored(database)
    told = [pair for sender in senders for pair in sender.acknowledged.items()]
    return sum(there.get(message_id) != payload["message"] for message_id, payload in told)


def holes(database: Database) -> int:
    """Rooms whose log is not 1, 2, 3, ..."""
    sql = "SELECT room FROM entries GROUP BY room HAVING count(*) <> max(seq) OR min(seq) <> 1"
    return len(database.read_here(lambda tx: tx.all(sql)))


@pytest.mark.promise("P1")
@pytest.mark.promise("P4")
@pytest.mark.parametrize("store", STORES)
async def test_what_was_acknowledged_survives_every_kill_and_what_is_sent_again_is_there_once(
    store: str, tmp_path: Path, request: pytest.FixtureRequest, figure: Figure
) -> None:
    site = make_site(store, tmp_path, request)
    database, chance, began, lost_ever = site.database(), random.Random(11), time.monotonic(), 0
    with Nursery(site) as nursery:
        child = nursery.start()
        senders = await seated(child.url, site)
        for _ in range(KILLS[store]):
            await killed_while_talking(child, site, senders, chance.uniform(*LIFE_SECONDS))
            child = nursery.start(port=child.port)
            lost_ever += lost(database, senders)
        await killed_while_talking(child, site, senders, 0.3)
    acknowledged = [payload["message"] for sender in senders for payload in sender.acknowledged.values()]
    refused = [text for sender in senders for text in sender.refused]
    again = sum(sender.again for sender in senders)
    found = Counter(stored(database).values())
    doubled = [text for text, count in found.items() if count > 1]
    kills = KILLS[store] + 1
    assert lost_ever + lost(database, senders) == 0
    assert doubled == []
    assert not set(refused) & set(found)
    assert set(found) - set(acknowledged) <= {sender.pending["message"] for sender in senders if sender.pending}
    assert holes(database) == 0
    assert len(acknowledged) > kills
    seconds = time.monotonic() - began
    figure("P1", f"{kills} SIGKILLs in {seconds:.0f} s, {len(acknowledged):,} acknowledged messages: 0 lost")
    figure("P4", f"{again:,} messages sent again over {kills} SIGKILLs: {len(doubled)} doubled")
