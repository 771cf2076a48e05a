"""A laboratory that can be killed at any moment: servers of a nursery on one site, with a clock that a test moves."""

import asyncio
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.storage.tx import Tx
from tests.harness.clock import SetClock
from tests.harness.site import Site
from tests.lab.house import Member
from tests.promises.nursery import Child, Nursery

LEASE_MS = 16_000
SESSION_SECONDS = 3650 * 86_400
_numbers = count(1)


@dataclass
class Scene:
    """A running server on a site. `settings` are those of every server, by the names of `Site.start`."""

    site: Site
    clock: SetClock
    nursery: Nursery
    settings: dict[str, Any] = field(default_factory=dict)
    kills: int = 0
    child: Child = field(init=False)

    def __post_init__(self) -> None:
        self.child = self._start(0)

    @property
    def url(self) -> str:
        """Where the server listens; every server on the same port."""
        return self.child.url

    @property
    def shared(self) -> bool:
        """Whether the store is one for several servers."""
        return self.site.url.startswith("postgresql")

    def _start(self, port: int) -> Child:
        given: dict[str, Any] = {"lab__arxiv__enabled": "off", "lab__limits__requests_per_second_max": 10_000}
        return self.nursery.start(port=port, **(given | self.settings))

    def kill(self) -> None:
        """SIGKILL."""
        self.child.kill()
        self.kills += 1

    def again(self) -> None:
        """Another server where the killed one was."""
        if self.shared:  # a store for several servers waits for the leases of a dead one to lapse
            self.clock.go_to(self.clock.now_ms() + LEASE_MS)
        self.child = self._start(self.child.port)

    async def restart(self) -> None:
        """Kill it, and start another one."""
        await asyncio.to_thread(self.kill)
        await asyncio.to_thread(self.again)

    def member(self, user_id: str | None = None) -> Member:
        """A new account with a session that outlives every jump of the clock."""
        name = user_id or f"person{os.getpid()}-{next(_numbers)}"

        def make(tx: Tx) -> Member:
            made = accounts.create_account(tx, NewAccount(user_id=name, name=name, role="member"))
            token = accounts.issue_session(tx, made.account_id, "session", "test", SESSION_SECONDS)
            return Member(made.user_id, made.account_id, token)

        return self.site.write(make)

    def count(self, table: str, member: Member, owner: str = "account_id") -> int:
        """How many rows a table has of an account."""
        sql = f"SELECT count(*) AS n FROM {table} WHERE {owner} = :account"  # noqa: S608
        row = self.site.database().read_here(lambda tx: tx.one(sql, account=member.account_id))
        return row["n"] if row else 0


@contextmanager
def scene_on(site: Site, **settings: Any) -> Generator[Scene]:
    """A scene on a seeded site; everything is over when it closes."""
    clock = SetClock(site.folder / "clock")
    with clock.given():
        nursery = Nursery(site, *(("mcp",) if "lab__mcp" in settings else ()))
    with nursery:
        yield Scene(site, clock, nursery, settings)
