"""The limit: an `asyncio.Protocol` on uvloop that speaks just enough WebSocket and Socket.IO, one write a frame.

It checks nothing, stores nothing and knows nobody. As relay it reads the upstream's bytes and passes on what
stands between `"content":"` and the next quote: the barest thing that does the same work as a chat server.
"""

import argparse
import asyncio
import base64
import hashlib
import json
from collections import deque
from typing import cast
from urllib.parse import urlsplit

from bench.control import Seat, serve

MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
OPEN = '0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}'
CONTENT = b'"content":"'


def frame(body: bytes) -> bytes:
    """An unmasked text frame."""
    size = len(body)
    head = bytes((0x81, size)) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + body


class Socket(asyncio.Protocol):
    """One client."""

    def __init__(self, server: "Bare") -> None:
        self.server = server
        self.buffer = b""
        self.upgraded = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave all rooms."""
        for members in self.server.rooms:
            members.discard(self)

    def data_received(self, data: bytes) -> None:
        """Upgrade, then cut into frames."""
        data = self.buffer + data
        if not self.upgraded:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self.buffer = head
                return
            self.upgrade(head)
        while len(data) >= 6:
            size, start = data[1] & 0x7F, 2
            if size == 126:
                size, start = int.from_bytes(data[2:4], "big"), 4
            if len(data) < start + 4 + size:
                break
            mask, body = data[start : start + 4], data[start + 4 : start + 4 + size]
            if mask != b"\0\0\0\0":
                body = bytes(byte ^ mask[index & 3] for index, byte in enumerate(body))
            self.packet(body)
            data = data[start + 4 + size :]
        self.buffer = data

    def upgrade(self, head: bytes) -> None:
        """Answer the handshake and say the Engine.IO greeting."""
        key = head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + MAGIC, usedforsecurity=False).digest())
        self.transport.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + frame(OPEN.encode())
        )
        self.upgraded = True

    def packet(self, body: bytes) -> None:
        """Obey `40`, `attempt_join` and `attempt_message`."""
        if body.startswith(b"40"):
            self.transport.write(frame(b'40{"sid":"s"}'))
        elif body.startswith(b"42"):
            number, _, rest = body[2:].partition(b"[")
            event, payload = json.loads(b"[" + rest)
            self.transport.write(frame(b"43" + number + b'[{"ok":true}]'))
            if event == "attempt_join":
                self.server.rooms[payload["room"]].add(self)
            else:
                self.server.relay(self, str(payload["text"]))


class Upstream(asyncio.Protocol):
    """One kept-alive connection to the model, passing one answer at a time on to one socket."""

    def __init__(self, server: "Bare") -> None:
        self.server = server
        self.socket: Socket | None = None
        self.rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        self.transport = cast(asyncio.Transport, transport)

    def ask(self, socket: Socket, text: str) -> None:
        """Send the request."""
        self.socket = socket
        body = json.dumps(
            {"model": self.server.model, "stream": True, "messages": [{"role": "user", "content": text}]}
        ).encode()
        self.transport.write(self.server.head + str(len(body)).encode() + b"\r\n\r\n" + body)

    def data_received(self, data: bytes) -> None:
        """Pass on the contents of whole lines."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            at = line.find(CONTENT)
            if at > 0 and self.socket is not None:
                at += len(CONTENT)
                text = line[at : line.index(b'"', at)]
                event = b'42["attempt_progress",{"chat_id":"c","content_type":"delta","content":"' + text + b'"}]'
                self.socket.transport.write(frame(event))
            elif line.startswith(b"data: [DONE]") and self.socket is not None:
                self.socket.transport.write(frame(b'42["attempt_assistant_complete",{"chat_id":"c","content":""}]'))
                self.socket = None
            elif line == b"0\r":
                self.rest = b""
                self.server.idle.append(self)


class Bare:
    """The server."""

    def __init__(self, upstream: str, model: str) -> None:
        self.model = model
        url = urlsplit(upstream)
        self.address = url.hostname or "127.0.0.1", url.port or 80
        self.head = (
            f"POST {url.path}/chat/completions HTTP/1.1\r\nHost: {url.netloc}\r\n"
            "Authorization: Bearer none\r\nContent-Type: application/json\r\nContent-Length: "
        ).encode()
        self.rooms: list[set[Socket]] = []
        self.idle: deque[Upstream] = deque()
        self.tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Listen."""
        loop = asyncio.get_running_loop()
        self.listener = await loop.create_server(lambda: Socket(self), "127.0.0.1", 0, backlog=4096)
        return int(self.listener.sockets[0].getsockname()[1])

    async def open(self, rooms: int) -> list[Seat]:
        """Empty rooms."""
        self.rooms = [set() for _ in range(rooms)]
        return [Seat(auth={}, join={"room": room}, message={"text": "Hello there"}) for room in range(rooms)]

    def say(self, room: int, text: str) -> None:
        """Encode and frame once, write to each."""
        out = frame(
            f'42["attempt_progress",{{"chat_id":"c{room}","content_type":"delta","content":"{text}"}}]'.encode()
        )
        for socket in self.rooms[room]:
            socket.transport.write(out)

    def relay(self, socket: Socket, text: str) -> None:
        """Have an answer streamed to a socket."""
        if self.idle:
            self.idle.pop().ask(socket, text)
            return
        task = asyncio.get_running_loop().create_task(self.dial(socket, text))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def dial(self, socket: Socket, text: str) -> None:
        """The same over a new connection."""
        loop = asyncio.get_running_loop()
        _, upstream = await loop.create_connection(lambda: Upstream(self), *self.address)
        upstream.ask(socket, text)

    async def stop(self) -> None:
        """Stop listening."""
        self.listener.close()


def main() -> None:
    """Run until the harness closes standard input."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--upstream", default="http://127.0.0.1:1/v1")
    parser.add_argument("--model", default="")
    chosen = parser.parse_args()
    serve(Bare(chosen.upstream, chosen.model))


if __name__ == "__main__":
    main()
