"""A laboratory under test: a server in this very process with real HTTP on loopback, and its members."""

import asyncio
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Any

import httpx
import uvloop

from parlour.accounts import actions as accounts
from parlour.accounts.entities import NewAccount
from parlour.accounts.passwords import hash_password
from parlour.app import Parlour
from parlour.kernel.actor import Role
from parlour.serving import Server, uvicorn_config
from parlour.settings import load_settings
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.harness.site import Site
from tests.promises.waiting import eventually

PASSWORD = "correct horse"
START_SECONDS = 60.0
STOP_SECONDS = 60.0
_numbers = count(1)
_hashes: dict[str, str] = {}


@dataclass(frozen=True)
class Member:
    """An account and a session of it. `headers` are its credential."""

    user_id: str
    account_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """The bearer header."""
        return {"authorization": f"Bearer {self.token}"}


class Here:
    """A server of this process on a thread and a loop of its own. `parlour` is what it is made of."""

    def __init__(self, parlour: Parlour) -> None:
        self.parlour = parlour
        self.port = 0
        self._ready = threading.Event()
        self._failed: BaseException | None = None
        self._server: Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="server under test", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> "Here":
        """Return when clients may come."""
        self._thread.start()
        assert self._ready.wait(START_SECONDS), "the server did not start"
        if self._failed is not None:
            raise RuntimeError("the server under test failed") from self._failed
        return self

    def stop(self) -> None:
        """End it as SIGTERM does, and wait."""
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(STOP_SECONDS)
        assert not self._thread.is_alive(), "the server did not stop"

    def run(self, coroutine: Any) -> Any:
        """Await something on the server's own loop; what it returned."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(START_SECONDS)

    def _run(self) -> None:
        try:
            uvloop.run(self._serve())
        except BaseException as error:  # noqa: BLE001 (the thread that waits raises it)
            self._failed = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        listening: asyncio.Future[int] = self._loop.create_future()
        self._server = Server(uvicorn_config(self.parlour), self.parlour, listening)
        serving = asyncio.create_task(self._server.serve())
        await asyncio.wait([listening, serving], return_when=asyncio.FIRST_COMPLETED)
        if listening.done():
            self.port = listening.result()
            self._ready.set()
        await serving


@dataclass
class LabHouse:
    """A site and the server on it; members are made as they are needed."""

    site: Site
    here: Here
    members: dict[str, Member] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it listens."""
        return self.here.url

    @property
    def parlour(self) -> Parlour:
        """The parts of the server."""
        return self.here.parlour

    def member(self, user_id: str | None = None, role: Role = "member", password: str = PASSWORD) -> Member:
        """An account with a session, made beside the server; without a name a new one."""
        return new_member(self.site, user_id, role, password)

    def http(self, member: Member | None = None, **options: Any) -> httpx.AsyncClient:
        """A client of the server; with the bearer of a member if one is given."""
        headers = {**(member.headers if member else {}), **options.pop("headers", {})}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=60, **options)

    async def until_waiting(self, member: Member, count: int = 1) -> None:
        """Return when so many requests of a member wait for a reply."""
        bells = self.parlour.laboratory.bells
        await eventually(lambda: bells.polls[member.account_id] + bells.holds[member.account_id] >= count, every=0.002)

    def read(self, action: Callable[[Tx], Any]) -> Any:
        """Run one reading action on the store, beside the server."""
        return self.database.read_here(action)

    @cached_property
    def database(self) -> Database:
        """The store, to look at it beside the server."""
        return self.site.database()

    def write(self, action: Callable[[Tx], Any]) -> Any:
        """Run one action on the store, beside the server."""
        return self.site.write(action)


def new_member(site: Site, user_id: str | None = None, role: Role = "member", password: str = PASSWORD) -> Member:
    """An account with a password and a session of 30 days; without a name a new one."""
    name = user_id or f"member{next(_numbers)}"
    hashed = _hashes.setdefault(password, hash_password(password))

    def make(tx: Tx) -> Member:
        made = accounts.create_account(tx, NewAccount(user_id=name, name=name, role=role, password_hash=hashed))
        token = accounts.issue_session(tx, made.account_id, "lab", "test", 30 * 86_400)
        return Member(made.user_id, made.account_id, token)

    return site.write(make)


async def sign_up(url: str, user_id: str, password: str = PASSWORD) -> Member:
    """Register through the public edge (1.4)."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as client:
        answer = await client.post("/accounts/log-up", json={"user_id": user_id, "password": password})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["user_id"] == user_id, told
        return Member(user_id, "", told["token"])


@contextmanager
def serving_here(site: Site, furnish: Callable[[Parlour], None] | None = None, **settings: Any) -> Generator[LabHouse]:
    """A server of this process on a site. `settings` are members of `Settings`; `furnish` may exchange parts
    (models, clocks) before it starts."""
    given: dict[str, Any] = {
        "data": site.folder / "data",
        "database_url": site.url,
        "port": 0,
        "scripted_pieces_per_second": 0.0,
    }
    parlour = Parlour(load_settings(**{**given, **settings}))
    if furnish is not None:
        furnish(parlour)
    here = Here(parlour).start()
    try:
        yield LabHouse(site, here)
    finally:
        here.stop()
