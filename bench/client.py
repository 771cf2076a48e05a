"""The load: WebSocket clients of the Socket.IO protocol that count events without decoding them.

One process holds them all and costs a few microseconds an event, so that the server is what is measured.
"""

import asyncio
import json
import re
import statistics
from array import array
from collections.abc import Sequence
from contextlib import suppress
from typing import cast

from bench.clock import now, now_ns
from bench.control import Json, Seat

CONNECT_SECONDS = 20
ANSWER_SECONDS = 60
QUIET_SECONDS = 1.5
DRAIN_SECONDS = 30
CONNECTS_AT_ONCE = 32
STAMP = re.compile(rb"(\d{11,20}) ")
PROGRESS = b'42["attempt_progress"'
COMPLETE = b'42["attempt_assistant_complete"'
UPGRADE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUser-Agent: parlour-bench\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n"
)


class Tally:
    """What all clients of a run received: pieces, and how long after its stamp each came."""

    def __init__(self) -> None:
        self.delays_ns: array[int] = array("q")
        self.last_at = now()
        self._wanted = 0
        self._reached = asyncio.Event()

    def take(self, body: bytes) -> None:
        """Count the stamped pieces of one event."""
        came = now_ns()
        for stamp in STAMP.findall(body):
            self.delays_ns.append(came - int(stamp))
        self.last_at = now()
        if len(self.delays_ns) >= self._wanted:
            self._reached.set()

    def clear(self) -> None:
        """Forget what was counted."""
        del self.delays_ns[:]

    @property
    def pieces(self) -> int:
        """How many came."""
        return len(self.delays_ns)

    async def wait_for(self, pieces: int) -> None:
        """Return when that many came, or none came for a while, or the time is up."""
        self._wanted = pieces
        self._reached.clear()
        began = self.last_at = now()
        while self.pieces < pieces and now() - self.last_at < QUIET_SECONDS and now() - began < DRAIN_SECONDS:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._reached.wait(), QUIET_SECONDS / 3)


def quantile_ms(values_ns: Sequence[int], part: float) -> float:
    """A quantile of nanoseconds, in milliseconds; NaN of nothing."""
    if not values_ns:
        return float("nan")
    ordered = sorted(values_ns)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] / 1e6


def median(values: Sequence[float]) -> float:
    """The median; NaN of nothing."""
    return statistics.median(values) if values else float("nan")


def frame(text: str) -> bytes:
    """A masked text frame whose mask is zero, so that masking costs the client nothing."""
    body = text.encode()
    size = len(body)
    head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
    return head + b"\0\0\0\0" + body


class Client(asyncio.Protocol):
    """One connection."""

    def __init__(self, port: int, auth: Json, tally: Tally) -> None:
        loop = asyncio.get_running_loop()
        self.tally = tally
        self.connected: asyncio.Future[None] = loop.create_future()
        self.completed: asyncio.Future[None] = loop.create_future()
        self.first_ns = 0
        self._acks: dict[int, asyncio.Future[bytes]] = {}
        self._number = 0
        self._auth = auth
        self._port = port
        self._buffer = b""
        self._upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = cast(asyncio.Transport, transport)
        self.transport.write(UPGRADE.format(port=self._port).encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail whatever is waited for."""
        for future in (self.connected, self.completed, *self._acks.values()):
            if not future.done():
                future.set_exception(ConnectionError("the server closed the connection"))
                future.exception()

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into frames (a server's are not masked)."""
        data = self._buffer + data if self._buffer else data
        at = 0
        if not self._upgraded:
            at = data.find(b"\r\n\r\n") + 4
            if at == 3:
                self._buffer = data
                return
            if b" 101 " not in data[:20]:
                self.transport.close()
                return
            self._upgraded = True
        end = len(data)
        while end - at >= 2:
            size, start = data[at + 1], at + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                if end - at < 2 + width:
                    break
                size, start = int.from_bytes(data[start : start + width], "big"), start + width
            if end < start + size:
                break
            if data[at] == 0x81:
                self._packet(data[start : start + size])
            elif data[at] == 0x89:
                self.transport.write(b"\x8a\x80\0\0\0\0")
            at = start + size
        self._buffer = data[at:]

    def _packet(self, body: bytes) -> None:
        if body.startswith(PROGRESS):
            self.first_ns = self.first_ns or now_ns()
            self.tally.take(body)
        elif body.startswith(COMPLETE):
            if not self.completed.done():
                self.completed.set_result(None)
        elif body == b"2":
            self.send("3")
        elif body.startswith(b"43"):
            number, bracket, rest = body[2:].partition(b"[")
            if waiting := self._acks.pop(int(number), None):
                waiting.set_result(bracket + rest)
        elif body.startswith(b"0"):
            self.send("40" + json.dumps(self._auth))
        elif body.startswith(b"40"):
            self.connected.set_result(None)
        elif body.startswith(b"44"):
            self.connected.set_exception(ConnectionError(body.decode()))

    def send(self, text: str) -> None:
        """Send one packet."""
        self.transport.write(frame(text))

    async def call(self, event: str, payload: Json) -> None:
        """Emit and wait for the acknowledgement; raises if it is a refusal."""
        self._number += 1
        self._acks[self._number] = answer = asyncio.get_running_loop().create_future()
        self.send(f"42{self._number}{json.dumps([event, payload])}")
        async with asyncio.timeout(ANSWER_SECONDS):
            body = await answer
        if b'"ok":false' in body.replace(b" ", b""):
            raise ConnectionError(f"{event} was refused: {body[:300].decode()}")

    async def talk(self, payload: Json) -> tuple[int, int]:
        """One message and its whole answer: nanoseconds to the first text and to the end."""
        self.completed = asyncio.get_running_loop().create_future()
        self.first_ns, began = 0, now_ns()
        await self.call("attempt_message", payload)
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.completed
        return (self.first_ns or now_ns()) - began, now_ns() - began


async def connect(port: int, auth: Json, tally: Tally) -> Client:
    """An accepted connection."""
    loop = asyncio.get_running_loop()
    _, client = await loop.create_connection(lambda: Client(port, auth, tally), "127.0.0.1", port)
    async with asyncio.timeout(CONNECT_SECONDS):
        await client.connected
    return client


async def connect_all(port: int, seats: Sequence[Seat], tally: Tally, join: bool = True) -> list[Client]:
    """One connection a seat, a few at a time; each in its room if `join`."""
    gate = asyncio.Semaphore(CONNECTS_AT_ONCE)

    async def one(seat: Seat) -> Client:
        async with gate:
            client = await connect(port, seat.auth, tally)
            if join:
                await client.call("attempt_join", seat.join)
            return client

    return list(await asyncio.gather(*(one(seat) for seat in seats)))


def close_all(clients: Sequence[Client]) -> None:
    """Cut every connection."""
    for client in clients:
        client.transport.abort()
