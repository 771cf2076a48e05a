"""The field client (FC) of section 18: a lab client as it is out there.

It sends no credential, does not await its POSTs, polls at the same instant and then every second, parses
strictly, takes every valid reply and chooses the next URL only from the last `inner_chat`.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import quote

import httpx

KEYS: Mapping[str, tuple[type, ...]] = {
    "valid": (bool,),
    "references": (dict,),
    "error": (str, type(None)),
    "inner_chat": (bool,),
    "extra_info": (str, type(None)),
    "turn_id": (str, type(None)),
    "message_id": (str, type(None)),
    "references_detail": (list,),
    "question": (dict, type(None)),
    "pending": (int,),
}


def parse_reply(raw: bytes) -> dict[str, Any]:
    """A reply of 4.1 or 4.2, or an `AssertionError` that says what is wrong with it."""
    reply = json.loads(raw)
    assert isinstance(reply, dict), raw
    spoken = "reply_speech" in reply
    words = {"reply_speech": (str, dict), "transcript": (str,)} if spoken else {"reply_text": (str,)}
    shape = {**KEYS, **words}
    assert set(reply) == set(shape), set(reply) ^ set(shape)
    for key, kinds in shape.items():
        assert type(reply[key]) in kinds, (key, reply[key])
    assert all(isinstance(name, str) and type(size) is int for name, size in reply["references"].items()), reply
    assert reply["valid"] or reply["message_id"] is None, reply
    assert reply["valid"] or not spoken, reply
    return reply


@dataclass
class FieldClient:
    """One device of a member. `every` is the second between two polls, shorter in tests.

    `headers` are empty for a client in the field; a bearer may be given where the server does not trust paths.
    """

    url: str
    user_id: str
    every: float = 0.05
    headers: Mapping[str, str] = field(default_factory=dict)
    inner: bool = False
    replies: list[dict[str, Any]] = field(default_factory=list)
    posts: list["asyncio.Task[httpx.Response]"] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        self._http = httpx.AsyncClient(base_url=self.url, headers=dict(self.headers), timeout=70)
        return self

    async def __aexit__(self, *ended: object) -> None:
        for post in self.posts:
            post.cancel()
        await asyncio.gather(*self.posts, return_exceptions=True)
        await self._http.aclose()

    def path(self, route: str) -> str:
        """The address of a route of this member."""
        return f"/users/{quote(self.user_id, safe='')}/{route}"

    def say(self, text: str, **flags: Any) -> "asyncio.Task[httpx.Response]":
        """Send text where the last reply said, and do not wait for the answer."""
        body = {"text": text, "reply_in_speech": False, "enable_instruct": False, "enable_comment": False, **flags}
        return self._send("chat_text", json=body)

    def send_file(self, name: str, content: bytes, text: str = "", **flags: Any) -> "asyncio.Task[httpx.Response]":
        """Send a file likewise."""
        form = {"file_name": name, "text": text, **{key: str(value).lower() for key, value in flags.items()}}
        return self._send("chat_with_file", data=form, files={"file": (name, content)})

    def speak(self, content: bytes, suffix: str = ".wav", **flags: Any) -> "asyncio.Task[httpx.Response]":
        """Send speech likewise."""
        form = {"file_suffix": suffix, **{key: str(value).lower() for key, value in flags.items()}}
        return self._send("chat_speech", data=form, files={"file": (f"speech{suffix}", content)})

    def _send(self, route: str, **body: Any) -> "asyncio.Task[httpx.Response]":
        at = self.path(f"inner_{route}" if self.inner else route)
        post = asyncio.create_task(self._http.post(at, **body))
        self.posts.append(post)
        return post

    async def get(self, **query: Any) -> dict[str, Any]:
        """One poll: a reply or a placeholder, parsed strictly."""
        answer = await self._http.get(self.path("response"), params=query)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        assert answer.headers["content-type"].split(";")[0] == "application/json"
        return parse_reply(answer.content)

    async def next_reply(self, seconds: float = 60.0) -> dict[str, Any]:
        """Poll at once and then every so often until a reply is valid; it decides the next URL."""
        async with asyncio.timeout(seconds):
            while not (reply := await self.get())["valid"]:  # noqa: ASYNC110
                await asyncio.sleep(self.every)
        self.inner = reply["inner_chat"]
        self.replies.append(reply)
        return reply

    async def ask(self, text: str, seconds: float = 60.0, **flags: Any) -> dict[str, Any]:
        """Say and poll at the same instant; the next valid reply."""
        self.say(text, **flags)
        return await self.next_reply(seconds)
