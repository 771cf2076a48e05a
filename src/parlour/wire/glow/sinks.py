"""Where frames of one connection go. A WebSocket is written directly, one write a tick.

python-engineio's own path costs several tasks a frame (measured in `bench/`); this one keeps its
handshake, heartbeat and reading, and writes finished WebSocket frames to the transport itself.
Polling clients, and sockets in the middle of an upgrade, keep python-engineio's queue.
"""

import asyncio
import re
import struct
from collections.abc import Callable
from typing import Any, cast

from engineio import async_socket
from engineio.exceptions import EngineIOError
from engineio.packet import MESSAGE, NOOP, Packet

from parlour.wire.glow.frames import STARTS, Head, head_of, is_sound

FULL_BYTES = 256 * 1024
QUEUE_MAX = 500
SOUND_BYTES_MAX = 128 * 1024
SOUND_QUEUE_MAX = 100
DRAIN_SECONDS = 0.05

_dirty: list["Sink"] = []
_PACKET = re.compile(r"4[0-6]|[1-6](?:probe)?\Z")
_PONG = b"3"


def frame(text: str) -> bytes:
    """An unmasked WebSocket text frame (RFC 6455, 5.2)."""
    return _frame(0x81, text.encode())


def binary_frame(body: bytes) -> bytes:
    """The same of bytes: an attachment of the packet before."""
    return _frame(0x82, body)


def _frame(opcode: int, body: bytes) -> bytes:
    size = len(body)
    if size < 126:
        return struct.pack("!BB", opcode, size) + body
    if size < 65_536:
        return struct.pack("!BBH", opcode, 126, size) + body
    return struct.pack("!BBQ", opcode, 127, size) + body


class DirectSocket(async_socket.AsyncSocket):
    """An Engine.IO socket that remembers the uvicorn protocol it runs on, and bears malformed packets.

    Frames of sound are taken from that protocol as they come (`frames.py`), if nothing else waits.
    """

    protocol: Any = None
    _idle = False
    _head: tuple[bytes, Head] | None = None

    async def _websocket_handler(self, ws: Any) -> Any:
        protocol = self.protocol = getattr(ws.asgi_send, "__self__", None)
        receive = ws.wait

        async def wait() -> str | bytes | None:
            self._idle = True
            try:
                data: str | bytes | None = await receive()
            finally:
                self._idle = False
            if isinstance(data, str) and _PACKET.match(data) is None:
                cast("Any", self).server.complain(cast("Any", self).sid, "packet")
                return None
            return data

        ws.wait = wait
        if protocol is not None:
            protocol.request = protocol.response = None  # accepted: uvicorn needs them no more, 3 KiB
            pass_on = protocol.send_receive_event_to_app
            protocol.send_receive_event_to_app = lambda: self._came(protocol, pass_on)
        try:
            return await super()._websocket_handler(ws)
        finally:
            if protocol is not None:
                del protocol.send_receive_event_to_app

    def _came(self, protocol: Any, pass_on: Callable[[], None]) -> None:
        """A whole WebSocket message is in `protocol.frames`: take it if it is sound, else pass it on."""
        parts = protocol.frames
        data: bytes = bytes(parts[0]) if len(parts) == 1 else b"".join(parts)
        if protocol.curr_msg_data_type == "text":
            taken = self._text_came(protocol, data, pass_on)
        else:
            taken = self._bytes_came(protocol, data, pass_on)
        if taken:
            protocol.frames = []
        else:
            pass_on()

    def _text_came(self, protocol: Any, data: bytes, pass_on: Callable[[], None]) -> bool:
        if self._head is not None and data != _PONG:
            self._long_way(protocol, pass_on, ("text", data))
        elif self._idle and data.startswith(STARTS) and protocol.queue.empty() and self.upgraded and not self.closing:
            head = head_of(data)
            if head is not None and head.sound is None:
                self._head = (data, head)
                return True
            return head is not None and self._heard(head, head.sound or b"")
        return False

    def _bytes_came(self, protocol: Any, data: bytes, pass_on: Callable[[], None]) -> bool:
        if self._head is None:
            return False
        head = self._head[1]
        if is_sound(data) and self._heard(head, data):
            self._head = None
            return True
        self._long_way(protocol, pass_on, ("bytes", data))
        return False

    def _long_way(self, protocol: Any, pass_on: Callable[[], None], current: tuple[str, bytes]) -> None:
        """Pass on the head that was held back, before what came now."""
        if self._head is not None:
            (data, _), self._head = self._head, None
            protocol.curr_msg_data_type, protocol.frames = "text", [data]
            pass_on()
            protocol.curr_msg_data_type, protocol.frames = current[0], [current[1]]

    def _heard(self, head: Head, sound: bytes) -> bool:
        """Give sound to its session; False if nobody has connected here yet."""
        return bool(cast("Any", self).server.hear(cast("Any", self).sid, head, sound))

    async def handle_post_request(self, environ: Any) -> None:
        """The packets of a polling client; malformed ones end its connection."""
        try:
            await super().handle_post_request(environ)
        except (ValueError, LookupError, RecursionError) as error:
            server, sid = cast("Any", self).server, cast("Any", self).sid
            server.complain(sid, type(error).__name__)
            if sid in server.sockets:
                raise EngineIOError from error

    async def close(self, wait: bool = True, abort: bool = False, reason: str | None = None) -> None:
        """Close for good: a WebSocket is closed too, a request that polls is answered.

        A polling client is not waited for: nothing says that it will ask again.
        """
        first = not self.closed and not self.closing
        await super().close(wait=wait and self.upgraded, abort=abort, reason=reason)
        if first:
            cast("Any", self).queue.put_nowait(None if self.upgraded else Packet(NOOP))

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self.protocol is not None and self.protocol.transport is not None:
            self.protocol.transport.abort()
        else:
            self._closing = asyncio.ensure_future(self.close(wait=False, abort=True))

    @property
    def transport(self) -> asyncio.Transport | None:
        """The transport, once nothing of the queue can still be on its way."""
        queue = cast("Any", self).queue
        if self.protocol is None or not self.upgraded or self.closing or queue._unfinished_tasks or queue.qsize():
            return None
        return self.protocol.transport


class Sink:
    """The sending side of one socket.

    `full` says that the peer does not keep up; `transport` is there as soon as frames may be
    written directly.
    """

    __slots__ = ("_socket", "_waiting", "full", "transport")

    def __init__(self, socket: DirectSocket) -> None:
        self._socket = socket
        self._waiting: list[bytes] = []
        self.transport: asyncio.Transport | None = None
        self.full = False

    def write(self, packet: str) -> None:
        """Send one Socket.IO packet."""
        if self.framed:
            self.write_frame(frame("4" + packet))
        else:
            self._socket.queue.put_nowait(Packet(MESSAGE, packet))
            self.full = self._socket.queue.qsize() > QUEUE_MAX

    def write_sound(self, packet: str, sound: bytes) -> bool:
        """Send one Socket.IO packet with its attachment; False, and nothing is sent, if the peer does not keep up."""
        if self.closed or self.full:
            return False
        if not self.framed:
            queue = self._socket.queue
            if queue.qsize() > SOUND_QUEUE_MAX:
                return False
            queue.put_nowait(Packet(MESSAGE, packet))
            queue.put_nowait(Packet(MESSAGE, sound))
            return True
        if self.transport is not None and self.transport.get_write_buffer_size() > SOUND_BYTES_MAX:
            return False
        self.write_frame(frame("4" + packet))
        self.write_frame(binary_frame(sound))
        return True

    @property
    def framed(self) -> bool:
        """Whether frames may be written directly."""
        if self.transport is None:
            self.transport = self._socket.transport
        return self.transport is not None

    def write_frame(self, data: bytes) -> None:
        """Send a finished frame, together with all others of this tick."""
        if not self._waiting:
            _dirty.append(self)
            if len(_dirty) == 1:
                asyncio.get_running_loop().call_soon(_flush)
        self._waiting.append(data)

    def flush(self) -> None:
        """Write what has gathered."""
        waiting, transport = self._waiting, self.transport
        if transport is not None and not transport.is_closing():
            transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))
            self.full = transport.get_write_buffer_size() > FULL_BYTES
        waiting.clear()

    async def drained(self) -> None:
        """Return when the peer has taken most of what was sent."""
        while self.full and not self.closed:
            await asyncio.sleep(DRAIN_SECONDS)
            if self.transport is not None:
                self.full = self.transport.get_write_buffer_size() > FULL_BYTES // 4
            else:
                self.full = self._socket.queue.qsize() > QUEUE_MAX // 4

    @property
    def closed(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._socket.closed or (self.transport is not None and self.transport.is_closing())

    def abort(self) -> None:
        """Cut the connection at once; a recovering client reads the rest from the log."""
        self._socket.abort()


def _flush() -> None:
    dirty = _dirty[:]
    _dirty.clear()
    for sink in dirty:
        sink.flush()
