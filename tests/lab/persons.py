"""Persons who go on through any number of killed servers: everything that was not answered is sent again by its key."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from tests.lab.field import parse_reply
from tests.lab.house import Member
from tests.lab.scene import Scene
from tests.promises.waiting import eventually

RUN_SECONDS = 240.0
START_SECONDS = 0.15
LIFE_SECONDS = (0.05, 0.4)
PAUSE_SECONDS = 0.02
HURRIED: Mapping[str, Any] = {"lab__limits__response_hold_ms": 20}
"""Settings of servers that live for a moment: a question that was delivered before is held back for less than that."""


@dataclass
class Person:
    """A member at one or more devices. `replies` are those that arrived, each once; `again` counts repeated ones."""

    scene: Scene
    member: Member
    chance: random.Random
    replies: list[dict[str, Any]] = field(default_factory=list)
    again: int = 0
    resent: int = 0

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(base_url=self.scene.url, headers=self.member.headers, timeout=60)
        return self

    async def __aexit__(self, *ended: object) -> None:
        await self._http.aclose()

    async def request(self, method: str, route: str, **body: Any) -> httpx.Response:
        """Until it is answered."""
        while True:
            try:
                answer = await self._http.request(method, f"/users/{self.member.user_id}/{route}", **body)
            except httpx.TransportError:
                self.resent += 1
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code != 503:
                return answer

    async def send(self, route: str, key: str, **body: Any) -> httpx.Response:
        """A POST under its key."""
        return await self.request("POST", route, headers={"idempotency-key": key}, **body)

    async def poll(self, wait: float = 2.0) -> dict[str, Any]:
        """One poll."""
        answer = await self.request("GET", "response", params={"wait": str(wait)})
        assert answer.status_code == 200, answer.text
        return parse_reply(answer.content)

    async def reply(self) -> dict[str, Any]:
        """The next reply that is new: a question by its id, a final by its message."""
        known = {each["message_id"] for each in self.replies}
        while True:
            reply = await self.poll()
            if reply["valid"] and reply["message_id"] not in known:
                self.replies.append(reply)
                return reply
            self.again += reply["valid"]
            if reply["valid"] and reply["inner_chat"]:
                await asyncio.sleep(PAUSE_SECONDS)

    async def hesitate(self, seconds: float) -> None:
        """Up to so long."""
        await asyncio.sleep(self.chance.uniform(0, seconds))


async def kill_while(
    scene: Scene,
    chance: random.Random,
    working: Sequence["asyncio.Task[Any]"],
    watch: Callable[[], None],
    spared: Callable[[], bool] = lambda: False,
) -> None:
    """Kill the server again and again, each time after a moment, until all work is done. `watch` is told of a kill.

    While it is `spared` it lives on.

    A server lives 50 to 400 ms; on a machine that has so much else to do that a start takes longer than it should,
    longer in proportion, for otherwise no server would come to anything.
    """
    slower = 1.0
    while not all(task.done() for task in working):
        await asyncio.sleep(chance.uniform(*LIFE_SECONDS) * slower)
        await eventually(lambda: not spared(), RUN_SECONDS)
        await asyncio.to_thread(scene.kill)
        watch()
        began = time.monotonic()
        await asyncio.to_thread(scene.again)
        slower = max(1.0, (time.monotonic() - began) / START_SECONDS)


async def together(people: int, act: Callable[[int], Awaitable[None]], more: Callable[[], bool]) -> None:
    """So many at once act with a new number each, as long as there is more to do."""
    numbers = iter(range(10_000))

    async def one() -> None:
        while more():
            await asyncio.wait_for(act(next(numbers)), RUN_SECONDS)

    await asyncio.gather(*(one() for _ in range(people)))
