"""The Socket.IO server: python-socketio with its seams taken where the specification needs it.

Kept from the library: the Engine.IO handshake, transports, heartbeat, packet parsing. Ours:
CONNECT with recovery, commands in the order they came, frames written once for many (`sinks.py`),
and malformed traffic that closes its connection with one line in the log.
"""

import asyncio
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

import engineio
import msgspec
import socketio
from engineio.payload import Payload as EnginePayload
from socketio import packet as sio_packet

from parlour.kernel.decoding import decode_untyped
from parlour.kernel.refusals import Refusal, invalid
from parlour.wire.glow.dispatch import Dispatch
from parlour.wire.glow.frames import Head
from parlour.wire.glow.hub import Hub
from parlour.wire.glow.sinks import DirectSocket, Sink

logger = logging.getLogger("parlour.glow")

PACKET_BYTES_MAX = 1_000_000
ATTACHMENTS_MAX = 64
POLL_PACKETS_MAX = 4_096
CONNECT_SECONDS_MAX = 20
_EVENT = re.compile(r'2(?P<id>\d{0,15})\[\s*"(?P<name>[^"\\]{1,200})"')


class _Json:
    """The JSON that python-socketio uses."""

    @staticmethod
    def dumps(value: object, **_: object) -> str:
        return msgspec.json.encode(value).decode()

    @staticmethod
    def loads(text: str, **_: object) -> object:
        return decode_untyped(text)


class EngineServer(engineio.AsyncServer):
    """Engine.IO whose sockets can be written directly, with bounds of our own."""

    complain: Callable[[str, str], None]
    hear: Callable[[str, Head, bytes], bool]

    def _log_error_once(self, message: str, message_key: str) -> None:
        """What a stranger's request got wrong stands in the answer, not in the log (P20, P30)."""

    def _cors_headers(self, environ: dict[str, Any]) -> list[tuple[str, str]]:
        """None at all while no other origin is configured (lab protocol 13.2)."""
        if cast("Any", self).cors_allowed_origins is None:
            return []
        return cast("Any", super())._cors_headers(environ)


def _use_direct_sockets() -> None:
    """python-engineio names its socket class in a module; there is no other way to choose it."""
    engineio.async_server.async_socket.AsyncSocket = DirectSocket
    EnginePayload.max_decode_packets = POLL_PACKETS_MAX


class GlowServer(socketio.AsyncServer):
    """Speaks the Socket.IO protocol for a hub. One instance a process."""

    def __init__(
        self, hub: Hub, dispatch: Dispatch, *, cors_origins: list[str] | None, ping_seconds: tuple[float, float]
    ) -> None:
        _use_direct_sockets()
        super().__init__(
            async_mode="asgi",
            async_handlers=False,
            namespaces=["/"],
            json=_Json,
            cors_allowed_origins=cors_origins,
            cors_credentials=True,
            ping_interval=ping_seconds[0],
            ping_timeout=ping_seconds[1],
            max_http_buffer_size=PACKET_BYTES_MAX,
            http_compression=False,
            logger=False,
            engineio_logger=False,
            cookie=None,
        )
        self._hub = hub
        self._dispatch = dispatch
        self._complained: set[str] = set()
        cast("EngineServer", self.eio).complain = self._complain
        cast("EngineServer", self.eio).hear = self._hear

    async def close_socket(self, eio_sid: str, *, for_good: bool) -> None:
        """Close the transport; a stock client comes back unless a Socket.IO DISCONNECT tells it not to."""
        if eio_sid in self.eio.sockets:
            if for_good:
                await self._send_packet(eio_sid, self.packet_class(sio_packet.DISCONNECT, namespace="/"))
            await self.eio.disconnect(eio_sid)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> Any:
        self.environ[eio_sid] = environ
        asyncio.get_running_loop().call_later(CONNECT_SECONDS_MAX, self._expect_connect, eio_sid)
        return None

    def _expect_connect(self, eio_sid: str) -> None:
        if eio_sid in self.eio.sockets and self._hub.of_engine(eio_sid) is None:
            self._hub.spawn(self.eio.disconnect(eio_sid))

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> Any:
        try:
            if not self._is_part(eio_sid, data):
                await super()._handle_eio_message(eio_sid, data)
        except RecursionError:
            await self._unreadable(eio_sid, data, "The JSON is nested more than 32 deep")
        except msgspec.DecodeError:
            await self._unreadable(eio_sid, data, "The payload is not valid JSON")
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 (hostile bytes fail in any way; the connection ends, logged once)
            self._complain(eio_sid, type(error).__name__)
            await self.eio.disconnect(eio_sid)

    def _is_part(self, eio_sid: str, data: str | bytes) -> bool:
        """Whether more of a packet with attachments is to come. Raises `ValueError` beyond its limits."""
        waiting = self._binary_packet.get(eio_sid)
        if waiting is None and isinstance(data, str) and data.startswith("5"):
            waiting = self._binary_packet[eio_sid] = self.packet_class(encoded_packet=data)
            waiting.size = len(data)
            if self._hub.of_engine(eio_sid) is None or not 0 < waiting.attachment_count <= ATTACHMENTS_MAX:
                raise ValueError("an unexpected packet with attachments")
            return True
        if waiting is not None:
            waiting.size += len(data)
            if isinstance(data, str) or waiting.size > PACKET_BYTES_MAX:
                raise ValueError("an unexpected attachment")
        return False

    def _hear(self, eio_sid: str, head: Head, sound: bytes) -> bool:
        """A frame of sound, taken at the door; False if its socket is not connected."""
        connection = self._hub.of_engine(eio_sid)
        if connection is None:
            return False
        self._hub.voice.hear(connection, head, sound)
        return True

    async def _unreadable(self, eio_sid: str, data: str | bytes, why: str) -> None:
        """JSON that cannot be decoded, such as half of a surrogate pair that a browser cut: the command is
        refused by what its beginning tells (4.4: an error closes nothing). What is no event ends the connection."""
        connection = self._hub.of_engine(eio_sid)
        match = _EVENT.match(data) if isinstance(data, str) else None
        if connection is None or match is None:
            self._complain(eio_sid, "unreadable")
            await self.eio.disconnect(eio_sid)
            return
        number = int(match["id"]) if match["id"] else None
        self._dispatch.refuse(connection, match["name"], invalid("", why), number)

    def _complain(self, eio_sid: str, what: str) -> None:
        """At most one line a connection (P20)."""
        if eio_sid not in self._complained:
            self._complained.add(eio_sid)
            logger.info("malformed_traffic", extra={"engine": eio_sid, "what": what})

    async def _handle_connect(self, eio_sid: str, namespace: str | None, data: object) -> Any:
        if (namespace or "/") != "/":
            await self._refuse_connect(eio_sid, namespace, Refusal("not_found", "There is no such namespace."))
            return
        if self._hub.of_engine(eio_sid) is not None:
            return
        socket = cast("DirectSocket", self.eio.sockets[eio_sid])
        try:
            opened = await self._hub.open(Sink(socket), eio_sid, self._said(eio_sid), data)
        except Refusal as refusal:
            await self._refuse_connect(eio_sid, namespace, refusal)
            return
        answer = {"sid": opened.connection.sid} | ({"pid": opened.start.pid} if opened.start.pid else {})
        await self._send_packet(eio_sid, self.packet_class(sio_packet.CONNECT, answer, namespace="/"))
        self._hub.begin(opened)

    def _said(self, eio_sid: str) -> Mapping[str, str]:
        """What the handshake said; the rest of its request is let go, which would cost every socket 3 KiB."""
        request = self.environ[eio_sid]
        scope = request.get("asgi.scope")
        if scope is not None:
            self.environ[eio_sid] = dict(_headers(request))
            if scope["type"] == "websocket":  # Engine.IO holds this request as long as the socket lives
                request.clear()
                scope["headers"] = []
        return cast("Mapping[str, str]", self.environ[eio_sid])

    async def _refuse_connect(self, eio_sid: str, namespace: str | None, refusal: Refusal) -> None:
        data = self._hub.connect_error(refusal)
        packet = self.packet_class(sio_packet.CONNECT_ERROR, data=data, namespace=namespace or "/")
        await self._send_packet(eio_sid, packet)

    async def _handle_disconnect(self, eio_sid: str, namespace: str | None, reason: str | None = None) -> Any:
        connection = self._hub.of_engine(eio_sid)
        if connection is not None and (namespace or "/") == "/":
            await self._hub.close(connection)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]) -> Any:
        connection = self._hub.of_engine(eio_sid)
        if connection is None or (namespace or "/") != "/":
            return
        name: object = data[0] if data else None
        if not isinstance(name, str) or len(name) > 200:
            raise ValueError("an event needs a name")
        await self._dispatch.command(connection, name, data[1:], id)

    async def _handle_ack(self, eio_sid: str, namespace: str | None, id: int | None, data: list[Any]) -> Any:
        return None

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> Any:
        self._complained.discard(eio_sid)
        self.environ.pop(eio_sid, None)
        self._binary_packet.pop(eio_sid, None)
        connection = self._hub.of_engine(eio_sid)
        if connection is not None:
            await self._hub.close(connection)

    def _engineio_server_class(self) -> type[engineio.AsyncServer]:
        return EngineServer


def _headers(environ: Mapping[str, Any]) -> Mapping[str, str]:
    """The handshake's headers in lower case, its query under `:query` and its scheme under `:scheme`."""
    found = {key[5:].replace("_", "-").lower(): value for key, value in environ.items() if key.startswith("HTTP_")}
    scheme = environ.get("asgi.scope", {}).get("scheme", "http")
    return found | {":query": environ.get("QUERY_STRING", ""), ":scheme": scheme}
