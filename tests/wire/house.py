"""A server with a store, people for every part, and the tests' own content."""

import asyncio
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.kernel.actor import Role
from parlour.kernel.clock import SystemClock
from parlour.kernel.ids import digest_of
from parlour.storage.tx import Tx
from tests.harness.dialects import check_event
from tests.harness.site import Process, Site
from tests.harness.socket import Client
from tests.promises.waiting import eventually
from tests.wire import packs
from tests.wire.raw import Raw

UNKNOWN = "00000000-0000-7000-8000-000000000000"
EXTRA: dict[str, Role] = {
    "limited": "member",
    "crowd": "member",
    "goer": "member",
    "peer": "instructional",
    "fading": "instructional",
    "teaching": "instructional",
}


@dataclass
class House:
    """A running server on a seeded site."""

    site: Site
    process: Process

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.process.url

    def client(self, user_id: str = "learner", **auth: Any) -> Client:
        """A socket of an account, which holds all that it hears against the specification's schemas."""
        return Strict(self.url, self.site.tokens[user_id], **auth)

    def raw(self, **options: object) -> Raw:
        """A bare socket, not connected yet."""
        return Raw(self.url, **options)  # type: ignore[arg-type]


class Strict(Client):
    """A client for which an event that its schema does not allow is an error (case 16)."""

    wrong: list[str]

    async def _hear(self, event: str, *args: Any) -> None:
        try:
            check_event(event, args[0])
        except (ValueError, KeyError) as error:
            self.wrong = [*getattr(self, "wrong", []), f"{event}: {error!r}"]
        await super()._hear(event, *args)

    async def __aexit__(self, *ended: object) -> None:
        await super().__aexit__(*ended)
        assert getattr(self, "wrong", []) == []


def furnish(site: Site) -> Site:
    """Add the people of `EXTRA` and the tests' content to a seeded site."""

    def fill(tx: Tx) -> None:
        department = accounts.list_departments(tx)[0]
        for user_id, role in EXTRA.items():
            made = accounts.create_account(tx, NewAccount(user_id=user_id, name=user_id.title(), role=role))
            site.ids[user_id] = made.account_id
            accounts.set_account_departments(tx, made.account_id, [department.department_id])
            site.tokens[user_id] = accounts.issue_session(tx, made.account_id, "session", "test", 86_400)

    site.write(fill)
    packs.install(
        site,
        learners=["learner", "fellow", "limited", "crowd", "goer", "peer"],
        instructors=["instructor", "fading", "teaching"],
    )
    return site


def last_seen(site: Site, sid: str) -> int:
    """When a server last heard of the client of an HTTP session."""
    query = "SELECT seen_at FROM connections WHERE id = :id"
    row: Any = site.database().read_here(lambda tx: tx.one(query, id=digest_of(sid)))
    return row["seen_at"]


async def taken_up(site: Site, sid: str, request: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """Begin a poll of an HTTP session; return when the server has taken it up, so that it waits."""
    before = last_seen(site, sid)
    await eventually(lambda: SystemClock().now_ms() > before, every=0.001)
    poll = asyncio.create_task(request)
    await eventually(lambda: last_seen(site, sid) > before)
    return poll


async def wait_closed(client: Client, seconds: float = 60) -> None:
    """Until the server has closed a stock client's socket."""
    async with asyncio.timeout(seconds):
        await client.io.wait()


async def flood(client: Client, command: str, count: int) -> list[Any]:
    """So many commands within a second; if the machine stood still meanwhile, once more after it."""
    while True:
        began = time.monotonic()
        acks = await asyncio.gather(*(client.call(command, {"chat_id": UNKNOWN}) for _ in range(count)))
        if time.monotonic() - began < 1:
            return acks
        await asyncio.sleep(1.05)


FENCE_SECONDS = 0.05


async def fence(client: Client) -> None:
    """Return when everything that the server said before now has been heard, also what it reads from its store."""
    await client.ok("attempt_leave", {"chat_id": UNKNOWN})
    await asyncio.sleep(FENCE_SECONDS)
