"""Where frames of one connection go. A WebSocket is written directly, one write a tick.

python-engineio's own path costs several tasks a frame (measured in `bench/`); this one keeps its
handshake, heartbeat and reading, and writes finished WebSocket frames to the transport itself.
Polling clients, and sockets in the middle of an upgrade, keep python-engineio's queue.
"""

import asyncio
import struct
from typing import Any, cast

from engineio import async_socket
from engineio.packet import MESSAGE, Packet

FULL_BYTES = 256 * 1024
QUEUE_MAX = 500
DRAIN_SECONDS = 0.05

_dirty: list["Sink"] = []


def frame(text: str) -> bytes:
    """An unmasked WebSocket text frame (RFC 6455, 5.2)."""
    body = text.encode()
    size = len(body)
    if size < 126:
        return struct.pack("!BB", 0x81, size) + body
    if size < 65_536:
        return struct.pack("!BBH", 0x81, 126, size) + body
    return struct.pack("!BBQ", 0x81, 127, size) + body


class DirectSocket(async_socket.AsyncSocket):
    """An Engine.IO socket that remembers the uvicorn protocol it runs on."""

    protocol: Any = None

    async def _websocket_handler(self, ws: Any) -> Any:
        self.protocol = getattr(ws.asgi_send, "__self__", None)
        return await super()._websocket_handler(ws)

    @property
    def transport(self) -> asyncio.Transport | None:
        """The transport, once nothing of the queue can still be on its way."""
        queue = cast("Any", self).queue
        if self.protocol is None or not self.upgraded or self.closing or queue._unfinished_tasks or queue.qsize():  # noqa: SLF001
            return None
        return self.protocol.transport


class Sink:
    """The sending side of one socket. `full` says that the peer does not keep up."""

    __slots__ = ("_socket", "_transport", "_waiting", "full")

    def __init__(self, socket: DirectSocket) -> None:
        self._socket = socket
        self._transport: asyncio.Transport | None = None
        self._waiting: list[bytes] = []
        self.full = False

    def write(self, packet: str) -> None:
        """Send one Socket.IO packet."""
        if self.framed:
            self.write_frame(frame("4" + packet))
        else:
            self._socket.queue.put_nowait(Packet(MESSAGE, packet))
            self.full = self._socket.queue.qsize() > QUEUE_MAX

    @property
    def framed(self) -> bool:
        """Whether frames may be written directly."""
        if self._transport is None:
            self._transport = self._socket.transport
        return self._transport is not None

    def write_frame(self, data: bytes) -> None:
        """Send a finished frame, together with all others of this tick."""
        if not self._waiting:
            _dirty.append(self)
            if len(_dirty) == 1:
                asyncio.get_running_loop().call_soon(_flush)
        self._waiting.append(data)

    def flush(self) -> None:
        """Write what has gathered."""
        waiting, self._waiting = self._waiting, []
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
        self.full = transport.get_write_buffer_size() > FULL_BYTES

    async def drained(self) -> None:
        """Return when the peer has taken most of what was sent."""
        while self.full and not self.closed:
            await asyncio.sleep(DRAIN_SECONDS)
            if self._transport is not None:
                self.full = self._transport.get_write_buffer_size() > FULL_BYTES // 4
            else:
                self.full = self._socket.queue.qsize() > QUEUE_MAX // 4

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._socket.closed or (self._transport is not None and self._transport.is_closing())

    def abort(self) -> None:
        """Cut the connection at once; a recovering client reads the rest from the log."""
        if self._transport is not None:
            self._transport.abort()


def _flush() -> None:
    dirty = _dirty[:]
    _dirty.clear()
    for sink in dirty:
        sink.flush()
