"""A deadline for requests, which uvicorn does not have (promise P18).

Pass `deadline_protocol(...)` as `http=` to `uvicorn.Config`. A connection whose request (head
and body) has not arrived after N seconds is closed, however busily its bytes trickle; so is one
whose head is too big. Files, and forms with files, below `upload_paths` may take longer: each of their bytes
gives them N seconds more, up to an hour. Answers may take as long as they need.
"""

import asyncio
from typing import cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from parlour.kernel.refusals import Refusal
from parlour.wire.http.limits import is_form
from parlour.wire.http.problems import problem_response

HEAD_BYTES_MAX = 64 * 1024
FILES = (b"image/", b"video/", b"audio/", b"application/octet-stream")
HEADERS_MAX = 200
UPLOAD_SECONDS_MAX = 3600.0


class Line:
    """The way to one client, for answers that must know what became of them.

    `requests` counts what the client asked for on this connection; `reset`: it was broken off with
    something unread.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._ended = asyncio.Event()
        self.requests = 0
        self.reset = False

    def unsent(self) -> int:
        """How many bytes the network has not taken yet."""
        return self._transport.get_write_buffer_size()

    def abort(self) -> None:
        """Cut the connection; what is unsent is lost."""
        self._transport.abort()

    def end(self, error: Exception | None) -> None:
        """The connection is over."""
        self.reset = error is not None
        self._ended.set()

    async def breaks_off(self, seconds: float) -> bool:
        """Whether the client breaks off within that time, without having asked for more."""
        before = self.requests
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            return False
        return self.reset and self.requests == before


def line_of(scope: Scope) -> Line | None:
    """The way to the client of a request; None under another server than ours."""
    return cast("Line | None", scope.get("parlour.line"))


class _HeadTooBig(Exception):
    """Stops the parser; uvicorn then answers 400 and closes the connection."""


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a timer that runs while the client owes bytes."""

    request_seconds_max = 30.0
    head_bytes_max = HEAD_BYTES_MAX
    upload_paths: tuple[str, ...] = ()

    _line: Line
    _upload_until: float | None = None
    _deadline: asyncio.TimerHandle | None = None
    _whole = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request is owed from now on."""
        super().connection_made(transport)
        self._line = Line(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is owed any more."""
        self._disarm()
        self._line.end(exc)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Whatever these bytes leave unfinished has a deadline."""
        if self._deadline is None and self._owes():
            self._arm()
        super().data_received(data)
        if self._deadline is not None and not self._owes():
            self._disarm()

    def handle_websocket_upgrade(self) -> None:
        """The head of a websocket is whole; its own protocol takes over."""
        self._whole = True
        self._disarm()
        super().handle_websocket_upgrade()

    def on_message_begin(self) -> None:
        """A new request has begun."""
        self._whole = False
        self._head_bytes = 0
        self._upload_until = None
        self._arm()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Whether the body is an upload is known now."""
        super().on_headers_complete()
        kinds = [value for name, value in self.headers if name == b"content-type"]
        if (
            kinds
            and (is_form(kinds[0].decode("latin-1")) or kinds[0].startswith(FILES))
            and self.scope["path"].startswith(self.upload_paths or ("\0",))
        ):
            self._upload_until = self.loop.time() + UPLOAD_SECONDS_MAX

    def on_body(self, body: bytes) -> None:
        """More of an upload gives it more time, unless it was answered already."""
        until = self._upload_until
        if until is not None and not self.cycle.response_started and self.loop.time() < until:
            self._arm()
        super().on_body(body)
        self._line.requests += 1
        cast("dict[str, object]", self.scope)["parlour.line"] = self._line

    def on_url(self, url: bytes) -> None:
        """Count the head."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the head."""
        self._count(len(name) + len(value))
        super().on_header(name, value)
        if len(self.headers) > HEADERS_MAX:
            raise _HeadTooBig

    def on_message_complete(self) -> None:
        """The request has arrived."""
        self._whole = True
        super().on_message_complete()

    def _owes(self) -> bool:
        """Whether the next bytes are the client's to send."""
        answered = not self.pipeline and (self.cycle is None or self.cycle.response_complete)  # pyright: ignore[reportUnnecessaryComparison]
        return not self._whole or answered

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > self.head_bytes_max:
            raise _HeadTooBig

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self.request_seconds_max, self._expire)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _expire(self) -> None:
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._upload_until is not None and self.flow.read_paused:
            self._arm()  # it is the application that does not read
            return
        cycle = self.cycle
        if cycle is None or not cycle.response_started or cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
            self.transport.write(_timeout_answer(self.request_seconds_max))
        self.transport.close()


def deadline_protocol(
    request_seconds_max: float, head_bytes_max: int = HEAD_BYTES_MAX, upload_paths: tuple[str, ...] = ()
) -> type[DeadlineProtocol]:
    """A protocol class for `uvicorn.Config(http=...)` with these limits."""
    members = {
        "request_seconds_max": request_seconds_max,
        "head_bytes_max": head_bytes_max,
        "upload_paths": upload_paths,
    }
    return type("DeadlineProtocol", (DeadlineProtocol,), members)


def _timeout_answer(seconds: float) -> bytes:
    answer = problem_response(Refusal("request_timeout", f"The request must arrive within {seconds:g} seconds."))
    head = b"".join(b"%b: %b\r\n" % pair for pair in answer.raw_headers)
    return b"HTTP/1.1 408 Request Timeout\r\n" + head + b"connection: close\r\n\r\n" + bytes(answer.body)
