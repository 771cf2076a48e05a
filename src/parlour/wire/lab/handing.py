"""An answer whose sender learns whether it was handed over whole (lab protocol 4.5 rule 1).

The last byte is held back for a moment: a client that breaks off in the middle of the body is
noticed before it could count as served, one that leaves after the last byte has had everything. One that
breaks off later, while the network still holds something for it, gets the reply again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from parlour.kernel.dataclass import dataclass
from parlour.wire.http.deadlines import Line, line_of

logger = logging.getLogger("parlour.lab")

BREAK_SECONDS = 0.05
REGRET_SECONDS = 1.0
DRAIN_SECONDS_MAX = 12.0
LOOK_SECONDS = 0.02
NO_STORE = {"cache-control": "no-store"}
_watching: set[asyncio.Task[None]] = set()


async def _nothing() -> None:
    """For a reply that nobody needs to hear about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hearing:
    """What is done just before the last byte goes out, after it was handed over, if it never was, and if the
    client broke the connection off soon after with something unread."""

    before_last: Callable[[], Awaitable[object]] = _nothing
    handed_over: Callable[[], Awaitable[object]] = _nothing
    broken_off: Callable[[], Awaitable[object]] = _nothing
    broken_after: Callable[[], Awaitable[object]] | None = None


def answer(made: dict[str, object]) -> Response:
    """An ordinary answer of the mailbox."""
    return Response(msgspec.json.encode(made), headers=NO_STORE, media_type="application/json")


class HandedOver(Response):
    """A reply, and who hears what became of it. What they do is done even if the client is gone."""

    media_type = "application/json"

    def __init__(self, made: dict[str, object], hearing: Hearing) -> None:
        super().__init__(msgspec.json.encode(made), headers=NO_STORE)
        self._hearing = hearing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the reply; see the class."""
        gone = asyncio.create_task(_disconnect(receive), name="reply-disconnect")
        handed = False
        try:
            handed = await self._send(scope, send, gone)
            if handed:
                await _done(self._hearing.handed_over)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            line = line_of(scope)
            if handed and line is not None and self._hearing.broken_after is not None:
                _spawn(_regret(line, self._hearing.broken_after))
        finally:
            gone.cancel()
            if not handed:
                await asyncio.shield(_done(self._hearing.broken_off))

    async def _send(self, scope: Scope, send: Send, gone: asyncio.Task[None]) -> bool:
        """Send all of the body; False as soon as the client is known to be gone."""
        body = bytes(self.body)
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": body[:-1], "more_body": True})
        await asyncio.wait([gone], timeout=BREAK_SECONDS)
        line, waited = line_of(scope), 0.0
        while line is not None and line.unsent() and not gone.done():
            if waited >= DRAIN_SECONDS_MAX:
                line.abort()
                return False
            await asyncio.wait([gone], timeout=LOOK_SECONDS)
            waited += LOOK_SECONDS
        if gone.done():
            return False
        await _done(self._hearing.before_last)
        if gone.done():
            return False
        await send({"type": "http.response.body", "body": body[-1:], "more_body": True})
        return not gone.done()


def _spawn(work: Coroutine[object, object, None]) -> None:
    task = asyncio.create_task(work, name="reply-regret")
    _watching.add(task)
    task.add_done_callback(_watching.discard)


async def _regret(line: Line, broken_after: Callable[[], Awaitable[object]]) -> None:
    if await line.breaks_off(REGRET_SECONDS):
        await _done(broken_after)


async def _disconnect(receive: Receive) -> None:
    """Return when the client is gone; what it still sends is ignored."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def _done(work: Callable[[], Awaitable[object]]) -> None:
    """Do it; if the store does not take it, the claim lapses by itself and the reply comes again."""
    try:
        await work()
    except Exception:
        logger.exception("delivery_not_noted")
