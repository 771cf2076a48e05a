"""Readers of an account's events, strict: a stream by HTTP, and what both it and sockets must bring."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.harness.dialects import check_lab_event
from tests.lab.house import LabHouse, Member


@dataclass
class Stream:
    """One device that reads `GET /users/{id}/events`; `lost` are the times it was cut."""

    house: LabHouse
    member: Member
    heard: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    cursor: str | None = None
    comments: int = 0
    status: int = 0
    _task: "asyncio.Task[None] | None" = None
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> "Stream":
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.cut()

    async def open(self, **query: str) -> None:
        """Connect, going on after the last event; return when the server answers."""
        answered = asyncio.Event()
        self._task = asyncio.create_task(self._read(answered, query))
        waiting = asyncio.create_task(answered.wait())
        await asyncio.wait([self._task, waiting], return_when=asyncio.FIRST_COMPLETED, timeout=60)
        waiting.cancel()

    async def cut(self) -> None:
        """Break the connection off."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def ended(self, seconds: float = 60) -> None:
        """Return when the server has closed the stream."""
        assert self._task is not None
        await asyncio.wait_for(asyncio.shield(self._task), seconds)

    async def until(self, name: str, count: int = 1, seconds: float = 60, **members: object) -> dict[str, Any]:
        """The event of that name and members, the `count`-th."""
        async with asyncio.timeout(seconds):
            while len(found := self.named(name, **members)) < count:
                self._more.clear()
                await self._more.wait()
        return found[count - 1]

    def named(self, name: str, **members: object) -> list[dict[str, Any]]:
        """What was heard under a name."""
        return [
            payload
            for heard, payload in self.heard
            if heard == name and all(payload.get(key) == value for key, value in members.items())
        ]

    async def _read(self, answered: asyncio.Event, query: dict[str, str]) -> None:
        headers = {"accept": "text/event-stream"} | ({"last-event-id": self.cursor} if self.cursor else {})
        path = f"/users/{self.member.user_id}/events"
        async with (
            self.house.http(self.member) as http,
            http.stream("GET", path, params=query, headers=headers, timeout=httpx.Timeout(30)) as answer,
        ):
            self.status = answer.status_code
            if answer.status_code != 200:
                return
            assert answer.headers["content-type"].startswith("text/event-stream")
            first = True
            lines: list[str] = []
            async for line in answer.aiter_lines():
                if line:
                    lines.append(line)
                    continue
                if first:
                    assert lines == ["retry: 2000"], lines
                    first = False
                    answered.set()
                else:
                    self._take(lines)
                lines = []

    def _take(self, lines: Sequence[str]) -> None:
        if lines == [":"]:
            self.comments += 1
            return
        members = dict(line.split(": ", 1) for line in lines)
        assert list(members) == ["id", "event", "data"], lines
        payload = json.loads(members["data"])
        check_lab_event(members["event"], payload)
        assert members["id"] == f"{payload['epoch']}:{payload['seq']}"
        assert payload["room"] == f"person:{self.member.user_id}"
        self.cursor = members["id"]
        self.heard.append((members["event"], payload))
        self._more.set()


def numbers(payloads: Iterable[dict[str, Any]]) -> list[int]:
    """The numbers that events stand for; a compacted one stands for several."""
    return [seq for payload in payloads for seq in range(payload.get("from_seq") or payload["seq"], payload["seq"] + 1)]


def without_gap(payloads: Sequence[dict[str, Any]]) -> bool:
    """Whether every number from the first on is there, once and in order."""
    found = numbers(payloads)
    return found == list(range(found[0], found[0] + len(found)))


def room_of(payloads: Iterable[dict[str, Any]]) -> set[str]:
    """The rooms that are named."""
    return {payload["room"] for payload in payloads}
