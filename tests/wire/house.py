"""A server with a store, people for every part, and the tests' own content."""

import asyncio
from dataclasses import dataclass
from typing import Any

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.kernel.actor import Role
from parlour.storage.tx import Tx
from parlour.wire.glow.events import check_event
from tests.harness.site import Process, Site
from tests.harness.socket import Client
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


async def wait_closed(client: Client, seconds: float = 6) -> None:
    """Until the server has closed a stock client's socket."""
    async with asyncio.timeout(seconds):
        await client.io.wait()


FENCE_SECONDS = 0.05


async def fence(client: Client) -> None:
    """Return when everything that the server said before now has been heard, also what it reads from its store."""
    await client.ok("attempt_leave", {"chat_id": UNKNOWN})
    await asyncio.sleep(FENCE_SECONDS)
