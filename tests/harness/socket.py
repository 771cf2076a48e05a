"""A recording client: python-socketio's own, unchanged, with everything it heard."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self

import socketio


class Client:
    """One socket of one account. `heard` lists `(event, args)` in the order of arrival."""

    def __init__(self, url: str, token: str, *, transports: list[str] | None = None, **auth: object) -> None:
        self.url = url
        self.auth: dict[str, Any] = {"token": token, **auth}
        self.transports = transports or ["websocket"]
        self.heard: list[tuple[str, tuple[Any, ...]]] = []
        self.io: Any = socketio.AsyncClient(reconnection=False)
        self.io.on("*", self._hear)
        self._more = asyncio.Event()

    async def _hear(self, event: str, *args: Any) -> None:
        self.heard.append((event, args))
        self._more.set()

    async def __aenter__(self) -> Self:
        await self.io.connect(self.url, auth=self.auth, transports=self.transports, wait=True, wait_timeout=60)
        await self.wait_for("connection_confirmed")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.io.disconnect()

    async def call(self, event: str, payload: Mapping[str, object] | None = None, seconds: float = 60) -> Any:
        """Send a command and wait for its acknowledgement."""
        return await self.io.call(event, dict(payload or {}), timeout=seconds)

    async def ok(self, event: str, payload: Mapping[str, object] | None = None) -> Any:
        """The acknowledgement of a command that must succeed."""
        ack = await self.call(event, payload)
        assert ack["ok"] is True, ack
        return ack

    async def refused(self, event: str, payload: Mapping[str, object] | None = None) -> Any:
        """The problem of a command that must be refused."""
        ack = await self.call(event, payload)
        assert ack["ok"] is False, ack
        return ack["error"]

    def payloads(self, event: str, **members: object) -> list[Any]:
        """What was heard under a name, with these members."""
        return [
            args[0]
            for name, args in self.heard
            if name == event and all(args[0].get(key) == value for key, value in members.items())
        ]

    @property
    def names(self) -> list[str]:
        """The names of everything heard."""
        return [name for name, _ in self.heard]

    async def wait_for(self, event: str, seconds: float = 60, **members: object) -> Any:
        """The first payload of an event with these members, heard already or to come."""
        async with asyncio.timeout(seconds):
            while not (found := self.payloads(event, **members)):
                self._more.clear()
                await self._more.wait()
        return found[0]

    async def nth(self, event: str, number: int, seconds: float = 60, **members: object) -> Any:
        """The payload of that number (from 0) of an event with these members, heard already or to come."""
        async with asyncio.timeout(seconds):
            while len(found := self.payloads(event, **members)) <= number:
                self._more.clear()
                await self._more.wait()
        return found[number]

    async def start_practice(self, practice_id: str) -> tuple[str, str]:
        """Begin an attempt and join its first chat: their ids."""
        started = await self.ok("attempt_start", {"practice_id": practice_id})
        await self.ok("attempt_join", {"chat_id": started["attempt_chat_id"]})
        return started["attempt_id"], started["attempt_chat_id"]

    async def say(self, attempt_id: str, chat_id: str, text: str, **more: object) -> Any:
        """Say something and wait for the whole answer: the acknowledgement."""
        payload = {"attempt_id": attempt_id, "chat_id": chat_id, "message": text, **more}
        ack = await self.ok("attempt_message", payload)
        await self.wait_for("attempt_assistant_complete", message_id=ack["assistant_message_id"])
        return ack
