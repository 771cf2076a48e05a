"""Connections that are cut and servers that die: no gap, no duplicate, order kept (lab protocol, case H4).

`PARLOUR_TEST_DROPS` says how often; the daily run is short.
"""

import asyncio
import json
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from parlour.conversations.rooms import lab_room
from parlour.events import log
from tests.harness.site import Process, Site
from tests.lab import desk
from tests.lab.house import Member, new_member
from tests.lab.listening import Stream, numbers
from tests.wire.conftest import node

__all__ = ["node"]  # a fixture

JS = Path(__file__).parents[1] / "clients" / "js" / "person.mjs"
DROPS = int(os.environ.get("PARLOUR_TEST_DROPS", "40"))
RESTART_EVERY = 20


@dataclass
class Place:
    """Where a server is, as much of a house as a stream needs."""

    url: str

    def http(self, member: Member) -> httpx.AsyncClient:
        """A client with the bearer of a member."""
        return httpx.AsyncClient(base_url=self.url, headers=member.headers, timeout=60)


@dataclass
class Script:
    """A running `person.mjs`, and what it printed."""

    process: asyncio.subprocess.Process
    lines: list[dict[str, Any]] = field(default_factory=list)
    reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, node: str, url: str, member: Member) -> "Script":
        """Begin."""
        pipe = asyncio.subprocess.PIPE
        made = await asyncio.create_subprocess_exec(
            node, str(JS), url, f"Bearer {member.token}", stdin=pipe, stdout=pipe
        )
        script = cls(made)
        script.reading = asyncio.create_task(script._read())
        return script

    async def _read(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            self.lines.append(json.loads(line))

    def tell(self, **order: object) -> None:
        """An order."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order).encode() + b"\n")

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The events."""
        return [line for line in self.lines if "seq" in line]


def act(site: Site, member: Member) -> None:
    """One thing happens in the conversation, whatever can happen next."""

    def once(tx: Any) -> None:
        if desk.current(tx, member) is None or random.random() < 0.2:
            desk.act(tx, member, "go on")
        elif random.random() < 0.5:
            asked = desk.questions.open_of(tx, desk.AccountId(member.account_id))
            if asked is None:
                desk.ask(tx, member)
            else:
                desk.answer(tx, member, "yes")
        elif desk.questions.open_of(tx, desk.AccountId(member.account_id)) is None:
            desk.finish(tx, member, "done")

    site.write(once)


@pytest.mark.node
@pytest.mark.lab("H4")
async def test_cuts_and_restarts_leave_no_gap_and_no_duplicate(own_lab: Site, node: str) -> None:
    random.seed(4)
    member = new_member(own_lab)
    process = await asyncio.to_thread(own_lab.start, only="web")
    script = await Script.start(node, process.url, member)
    stream = Stream(Place(process.url), member)  # type: ignore[arg-type]
    await until(lambda: any(line.get("joined", {}).get("ok") for line in script.lines))
    epoch = own_lab.database().read_here(lambda tx: log.room_head(tx, lab_room(member.account_id)).epoch)
    stream.cursor = f"{epoch}:0"
    await stream.open()
    before = 0
    try:
        for number in range(1, DROPS + 1):
            for _ in range(random.randrange(3)):
                await asyncio.to_thread(act, own_lab, member)
            await asyncio.sleep(random.random() * 0.05)
            if number % RESTART_EVERY == 0:
                process = await restarted(own_lab, process)
            if number % 2:
                await until(lambda: connected(script) > before)  # noqa: B023 (the cut before has been mended)
                before = connected(script)
                script.tell(cut=True)
            else:
                await stream.cut()
                await stream.open()
        await asyncio.to_thread(act, own_lab, member)
        head = own_lab.database().read_here(lambda tx: log.room_head(tx, lab_room(member.account_id)).seq)
        await until(lambda: bool(script.heard) and script.heard[-1]["seq"] == head)
        await until(lambda: bool(stream.heard) and stream.heard[-1][1]["seq"] == head)
    finally:
        script.process.kill()
        await script.process.wait()
        await stream.cut()
    everything = list(range(1, head + 1))
    assert numbers(script.heard) == everything
    assert numbers([payload for _, payload in stream.heard]) == everything
    connects = [line["recovered"] for line in script.lines if "connected" in line]
    assert sum(connects) > DROPS // 4, "most cuts are recovered"


def connected(script: Script) -> int:
    """How often the client has connected."""
    return sum("connected" in line for line in script.lines)


async def restarted(site: Site, process: Process) -> Process:
    """The server dies and another takes its place."""
    await asyncio.to_thread(process.kill)
    return await asyncio.to_thread(site.start, only="web", port=process.port)


async def until(condition: Any, seconds: float = 60) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)
