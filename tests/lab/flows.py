"""Flows of section 17 line by line, with a restart of the server before any of them.

A line is something that is sent (`say`, `post`) or delivered (`asked`, `final`, `nothing`). At the end the events
are read from the beginning: they must tell the same replies in the same order, without a gap.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.lab.field import parse_reply
from tests.lab.house import Member
from tests.lab.scene import Scene

EVERY = 0
NEVER = -1
WAIT_SECONDS = 10
ROUNDS_MAX = 4


@dataclass
class Flow:
    """A member's requests. `cut` is the line before which the server dies, or `EVERY` or `NEVER`."""

    scene: Scene
    member: Member
    cut: int = NEVER
    line: int = 0
    delivered: list[str] = field(default_factory=list)
    asked_ids: list[str] = field(default_factory=list)
    skipped: set[str] = field(default_factory=set)

    @property
    def at(self) -> str:
        """The routes of the member."""
        return f"/users/{self.member.user_id}/"

    async def next_line(self) -> None:
        """A line begins; the server may die before it."""
        self.line += 1
        if self.cut in (EVERY, self.line):
            await self.scene.restart()

    async def call(self, method: str, path: str, **body: Any) -> httpx.Response:
        """One request on a connection of its own, as the member."""
        headers = {**self.member.headers, **body.pop("headers", {})}
        async with httpx.AsyncClient(base_url=self.scene.url, headers=headers, timeout=60) as http:
            return await http.request(method, path if path.startswith("/") else self.at + path, **body)

    async def say(self, text: str, effect: str = "answered", *, inner: bool = True, **flags: Any) -> httpx.Response:
        """A message on the inner or outer route, and what it must do."""
        await self.next_line()
        answer = await self.call("POST", "inner_" * inner + "chat_text", json={"text": text, **flags})
        return self.taken(answer, effect)

    async def start(self, text: str, **flags: Any) -> httpx.Response:
        """The outer message that starts a turn."""
        return await self.say(text, "started", inner=False, **flags)

    async def upload(self, name: str, content: bytes, text: str) -> httpx.Response:
        """A file that starts a turn."""
        await self.next_line()
        form = {"file_name": name, "text": text}
        answer = await self.call("POST", "chat_with_file", data=form, files={"file": (name, content)})
        return self.taken(answer, "started")

    def taken(self, answer: httpx.Response, effect: str) -> httpx.Response:
        """A message was accepted with this effect."""
        assert (answer.status_code, answer.content) == (200, b"null"), answer.text
        assert answer.headers["x-message-effect"] == effect
        return answer

    async def post(self, route: str, body: Mapping[str, object] | None = None) -> Any:
        """Another request that changes something."""
        await self.next_line()
        answer = await self.call("POST", route, **({} if body is None else {"json": body}))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def get(self, route: str, **query: object) -> Any:
        """A read; no line of its own."""
        answer = await self.call("GET", route, params={name: str(value) for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def poll(self, **query: object) -> dict[str, Any]:
        """One poll, parsed strictly."""
        answer = await self.call("GET", "response", params={name: str(value) for name, value in query.items()})
        assert answer.status_code == 200, answer.text
        return parse_reply(answer.content)

    async def reply(self) -> dict[str, Any]:
        """What is delivered next. A final that comes again because the server died is known by its id (4.5 rule 1)."""
        await self.next_line()
        for _ in range(ROUNDS_MAX):
            found = await self.poll(wait=WAIT_SECONDS)
            if found["valid"] and (found["inner_chat"] or found["message_id"] not in self.delivered):
                self.delivered.append(found["message_id"])
                return found
        raise TimeoutError(await self.get("conversation"))

    async def asked(self, kind: str, *keys: str) -> dict[str, Any]:
        """A question of this kind, for exactly these items if any are named."""
        reply = await self.reply()
        question = reply["question"]
        assert question is not None, reply["reply_text"]
        assert (reply["inner_chat"], question["kind"], question["state"]) == (True, kind, "open"), reply["reply_text"]
        if keys:
            assert [each["key"] for each in question["fields"]] == [*keys]
        self.asked_ids.append(question["question_id"])
        return question

    async def final(self, *words: str, error: str | None = None) -> dict[str, Any]:
        """A final with these words in it; `error` is the code it must have."""
        reply = await self.reply()
        assert (reply["inner_chat"], reply["question"]) == (False, None), reply
        assert (reply["error"] or "").partition(":")[0] == (error or ""), reply
        for each in words:
            assert each in reply["reply_text"], reply["reply_text"]
        return reply

    async def nothing(self) -> None:
        """A placeholder; a final whose reading was not noted, because the server died, may come again before."""
        await self.next_line()
        found = await self.poll()
        if found["valid"] and self.cut != NEVER and found["message_id"] == self.delivered[-1]:
            found = await self.poll()
        assert not found["valid"]

    async def until(self, state: str) -> Any:
        """The snapshot in that state."""
        async with asyncio.timeout(60):
            while (found := await self.get("conversation"))["state"] != state:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        return found

    async def close(self) -> list[dict[str, Any]]:
        """All is told in events too: every reply once, in the order of delivery, every number once. The events."""
        cursor = (await self.until("IDLE"))["cursor"]
        events: list[dict[str, Any]] = []
        stream = "events"
        async with httpx.AsyncClient(base_url=self.scene.url, headers=self.member.headers, timeout=60) as http:
            since = {"since": f"{cursor['epoch']}:0"}
            async with http.stream("GET", self.at + stream, params=since) as body:
                name = ""
                async for text in body.aiter_lines():
                    if text.startswith("event: "):
                        name = text.removeprefix("event: ")
                    elif text.startswith("data: "):
                        events.append({"name": name, **json.loads(text.removeprefix("data: "))})
                        if events[-1]["seq"] >= cursor["seq"]:
                            break
        numbers = [n for each in events for n in range(each.get("from_seq") or each["seq"], each["seq"] + 1)]
        assert numbers == list(range(1, cursor["seq"] + 1))
        told = [each["message_id"] for each in events if each["name"] == "reply_ready"]
        once = [each for each in dict.fromkeys(told) if each not in self.skipped]
        assert once == list(dict.fromkeys(self.delivered))
        return events
