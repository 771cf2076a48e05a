"""A bare socket: Engine.IO frames on a WebSocket, so that a test can be an odd or a broken client."""

import asyncio
import contextlib
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

BROWSER = "Mozilla/5.0 (X11; Linux x86_64)"
PATH = "/socket.io/?EIO=4&transport=websocket"


@dataclass(frozen=True, kw_only=True)
class Packet:
    """A Socket.IO packet: its type (0 CONNECT, 2 EVENT, 3 ACK, 4 CONNECT_ERROR, 1 DISCONNECT)."""

    type: str
    number: int | None
    data: Any

    @property
    def name(self) -> str:
        """The event's name."""
        return self.data[0] if self.type == "2" else ""

    @property
    def payload(self) -> Any:
        """The event's payload, or the acknowledgement's argument."""
        return self.data[1] if self.type == "2" else self.data[0]

    @property
    def offset(self) -> str | None:
        """The trailing offset, if there is one."""
        return self.data[2] if len(self.data) > 2 else None


def read(text: str) -> Packet:
    """A Socket.IO packet of the namespace `/`."""
    kind, rest = text[0], text[1:]
    if kind == "5":  # an event whose attachments follow
        kind, rest = "2", rest.partition("-")[2]
    if rest.startswith("/"):
        rest = rest.partition(",")[2]
    digits = len(rest) - len(rest.lstrip("0123456789"))
    number = int(rest[:digits]) if digits else None
    return Packet(type=kind, number=number, data=json.loads(rest[digits:]) if rest[digits:] else None)


class Raw:
    """One WebSocket. `packets` is everything that came; `reading` false leaves it in the network."""

    def __init__(
        self,
        url: str,
        *,
        agent: str | None = BROWSER,
        path: str = PATH,
        headers: Mapping[str, str] | None = None,
        receive_bytes: int | None = None,
    ) -> None:
        self.url = url.replace("http", "ws", 1) + path
        self.host, _, port = url.removeprefix("http://").partition(":")
        self.port = int(port)
        self.agent = agent
        self.headers = dict(headers or {})
        self.receive_bytes = receive_bytes
        self.packets: list[Packet] = []
        self.closed = asyncio.Event()
        self.reading = asyncio.Event()
        self.reading.set()
        self._more = asyncio.Event()
        self._number = 0
        self._reader: asyncio.Task[None] | None = None
        self._ws: ClientConnection | None = None

    async def __aenter__(self) -> "Raw":
        given = socket.create_connection((self.host, self.port))
        if self.receive_bytes:
            given.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.receive_bytes)
        given.setblocking(False)
        self._ws = await connect(
            self.url,
            sock=given,
            user_agent_header=self.agent,
            additional_headers=self.headers,
            max_size=None,
            max_queue=4,
            compression=None,
            ping_interval=None,
            close_timeout=1,
        )
        opened = await self.ws.recv()
        assert str(opened).startswith("0{"), opened
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()
        if self._reader:
            await self._reader

    @property
    def ws(self) -> ClientConnection:
        """The WebSocket."""
        assert self._ws is not None
        return self._ws

    async def _read(self) -> None:
        with contextlib.suppress(ConnectionClosed):
            while True:
                await self.reading.wait()
                text = await self.ws.recv()
                if text == "2":
                    await self.ws.send("3")
                elif isinstance(text, str) and text.startswith("4"):
                    self.packets.append(read(text[1:]))
                    self._more.set()
        self.closed.set()
        self._more.set()

    def cut(self) -> None:
        """End as a lost network ends: no packet, no closing handshake."""
        self.reading.set()
        self.ws.transport.abort()

    async def wait(self, wanted: Callable[[Packet], bool], seconds: float = 60) -> Packet:
        """The first packet that fits, come already or to come."""
        async with asyncio.timeout(seconds):
            while True:
                for packet in self.packets:
                    if wanted(packet):
                        return packet
                assert not self.closed.is_set(), "the connection was closed"
                self._more.clear()
                await self._more.wait()

    async def open(self, token: str, **auth: object) -> Packet:
        """CONNECT, and wait for the confirmation: the CONNECT answer."""
        answer = await self.connect({"token": token, **auth})
        assert answer.type == "0", answer
        await self.event("connection_confirmed")
        return answer

    async def connect(self, auth: object, namespace: str = "") -> Packet:
        """CONNECT; the answer, whichever it is."""
        await self.ws.send(f"40{namespace}{json.dumps(auth)}")
        return await self.wait(lambda packet: packet.type in "04")

    async def event(self, name: str, **members: object) -> Packet:
        """The first event of a name with these members."""
        return await self.wait(
            lambda packet: packet.name == name and all(packet.payload.get(k) == v for k, v in members.items())
        )

    async def send(self, *data: object, number: int | None = None) -> None:
        """An EVENT packet with exactly these elements."""
        await self.ws.send(f"42{'' if number is None else number}{json.dumps(data)}")

    async def call(self, name: str, *args: object) -> Any:
        """Send an event and wait for the argument of its acknowledgement."""
        self._number += 1
        number = self._number
        await self.send(name, *args, number=number)
        ack = await self.wait(lambda packet: packet.type == "3" and packet.number == number)
        assert len(ack.data) == 1
        return ack.payload

    async def ok(self, name: str, payload: Mapping[str, object]) -> Any:
        """The acknowledgement of a command that must succeed."""
        ack = await self.call(name, dict(payload))
        assert ack["ok"] is True, ack
        return ack

    @property
    def events(self) -> list[Packet]:
        """All events, in the order of arrival."""
        return [packet for packet in self.packets if packet.type == "2"]

    @property
    def logged(self) -> list[Packet]:
        """The events that have a place in a log."""
        return [packet for packet in self.events if "seq" in packet.payload["_meta"]]
