"""An HTTP client of the Glow operations: requests, an event stream parser, long polls."""

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

OPERATIONS = "/socket/v5/client/"
EVENTS = "/socket/v5/events"
POLL = "/socket/v5/events/poll"


@dataclass(frozen=True)
class Heard:
    """One event: its offset (None for direct ones), name and payload."""

    id: str | None
    name: str
    data: Any


def parse_stream(body: bytes) -> list[Heard]:
    """The events that a standard reader dispatches from these bytes: an unfinished one is dropped."""
    heard: list[Heard] = []
    blocks = body.split(b"\n\n")
    for block in blocks[:-1]:
        fields: dict[str, str] = {}
        for line in block.decode().split("\n"):
            name, _, value = line.partition(":")
            if name:
                fields[name] = value.removeprefix(" ")
        if "data" in fields:
            heard.append(Heard(fields.get("id"), fields["event"], json.loads(fields["data"])))
    return heard


def last_id(heard: list[Heard]) -> str | None:
    """What a reader would send as `Last-Event-ID`."""
    return next((event.id for event in reversed(heard) if event.id is not None), None)


@dataclass
class Stream:
    """An open event stream; `body` is all that came."""

    response: httpx.Response
    body: bytearray = field(default_factory=bytearray)
    ended: bool = False

    def __post_init__(self) -> None:
        self._more = asyncio.Event()
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            async for chunk in self.response.aiter_raw():
                self.body += chunk
                self._more.set()
        except httpx.HTTPError:
            return
        finally:
            self.ended = True
            self._more.set()

    @property
    def heard(self) -> list[Heard]:
        return parse_stream(bytes(self.body))

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.heard]

    async def until(self, condition: Any, seconds: float = 60) -> None:
        """Wait until `condition(self)` holds."""
        async with asyncio.timeout(seconds):
            while not condition(self):
                self._more.clear()
                await self._more.wait()

    async def wait_for(self, name: str, seconds: float = 60, **members: object) -> Heard:
        """The first event of that name with these members."""

        def found(_: object = None) -> Heard | None:
            return next(
                (e for e in self.heard if e.name == name and all(e.data.get(k) == v for k, v in members.items())), None
            )

        await self.until(found, seconds)
        event = found()
        assert event is not None
        return event

    async def wait_bytes(self, count: int, seconds: float = 60) -> None:
        await self.until(lambda s: len(s.body) >= count or s.ended, seconds)

    async def aclose(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self.response.aclose()


class Http:
    """A client with one token."""

    def __init__(self, url: str, token: str) -> None:
        self.io = httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=70)
        self.sid = ""
        self.ticket = ""

    async def __aenter__(self) -> "Http":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.io.aclose()

    async def post(
        self, path: str, payload: object = None, *, sid: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """One operation; `payload` None sends no body."""
        params = {"sid": sid} if sid is not None else {}
        return await self.io.post(OPERATIONS + path, json=payload, params=params, headers=headers)

    async def ok(self, path: str, payload: object = None, **options: Any) -> Any:
        """The answer of an operation that must succeed."""
        answer = await self.post(path, payload, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, status: int, path: str, payload: object = None, **options: Any) -> Any:
        """The problem of an operation that must be refused."""
        answer = await self.post(path, payload, **options)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert problem["status"] == status
        return problem

    async def connect(self, payload: object = None) -> Any:
        """Open a session and keep its `sid`."""
        opened = await self.ok("connect", payload)
        self.sid, self.ticket = opened["sid"], opened["ticket"]
        return opened

    @asynccontextmanager
    async def stream(self, *, last: str | None = None, sid: str | None = None, **params: str) -> AsyncGenerator[Stream]:
        """The session's event stream."""
        headers = {"accept": "text/event-stream"} | ({"last-event-id": last} if last else {})
        request = self.io.build_request("GET", EVENTS, params={"sid": sid or self.sid, **params}, headers=headers)
        response = await self.io.send(request, stream=True)
        assert response.status_code == 200, await response.aread()
        assert response.headers["content-type"].startswith("text/event-stream")
        stream = Stream(response)
        try:
            yield stream
        finally:
            await stream.aclose()

    async def poll(self, after: str | None = None, wait: float = 5, sid: str | None = None) -> Any:
        """One long poll."""
        params: dict[str, Any] = {"sid": sid or self.sid, "wait": wait} | ({"after": after} if after else {})
        answer = await self.io.get(POLL, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def poll_until(self, name: str, after: str | None = None, seconds: float = 60) -> tuple[list[Heard], str]:
        """Everything up to an event of that name, by repeated polls, and the offset after it."""
        heard: list[Heard] = []
        async with asyncio.timeout(seconds):
            while all(event.name != name for event in heard):
                found = await self.poll(after)
                heard += [Heard(event["id"], event["event"], event["data"]) for event in found["events"]]
                after = found["next"]
        assert after is not None
        return heard, after

    async def start(self, entry: str, kind: str = "practice") -> tuple[str, str]:
        """Begin an attempt: the ids of it and of its first chat."""
        started = await self.ok("attempt/start", {f"{kind}_id": entry})
        return started["attempt_id"], started["attempt_chat_id"]
