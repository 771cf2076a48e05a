"""A deadline for requests, which uvicorn does not have (promise P18).

Pass `deadline_protocol(...)` as `http=` to `uvicorn.Config`. A connection whose request (head
and body) has not arrived after N seconds is closed, however busily its bytes trickle; so is one
whose head is too big. Answers may take as long as they need.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from parlour.kernel.refusals import Refusal
from parlour.wire.http.problems import problem_response

HEAD_BYTES_MAX = 64 * 1024
HEADERS_MAX = 200


class _HeadTooBig(Exception):
    """Stops the parser; uvicorn then answers 400 and closes the connection."""


class DeadlineProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol with a timer that runs while the client owes bytes."""

    request_seconds_max = 30.0
    head_bytes_max = HEAD_BYTES_MAX

    _deadline: asyncio.TimerHandle | None = None
    _whole = False
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """The first request is owed from now on."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is owed any more."""
        self._disarm()
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
        self._arm()
        super().on_message_begin()

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
        cycle = self.cycle
        if cycle is None or not cycle.response_started or cycle.response_complete:  # pyright: ignore[reportUnnecessaryComparison]
            self.transport.write(_timeout_answer(self.request_seconds_max))
        self.transport.close()


def deadline_protocol(request_seconds_max: float, head_bytes_max: int = HEAD_BYTES_MAX) -> type[DeadlineProtocol]:
    """A protocol class for `uvicorn.Config(http=...)` with these limits."""
    members = {"request_seconds_max": request_seconds_max, "head_bytes_max": head_bytes_max}
    return type("DeadlineProtocol", (DeadlineProtocol,), members)


def _timeout_answer(seconds: float) -> bytes:
    answer = problem_response(Refusal("request_timeout", f"The request must arrive within {seconds:g} seconds."))
    head = b"".join(b"%b: %b\r\n" % pair for pair in answer.raw_headers)
    return b"HTTP/1.1 408 Request Timeout\r\n" + head + b"connection: close\r\n\r\n" + bytes(answer.body)
