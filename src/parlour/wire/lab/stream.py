"""`GET /users/{id}/events`: an account's conversation as server-sent events (lab protocol 12.1).

A stream holds no events: a bell wakes it and it reads the log in pages, as fast as its client takes
them, so a slow client costs one page and is let go after 30 s without progress.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.wire.http.deadlines import Line, line_of
from parlour.wire.http.problems import problem_responses
from parlour.wire.lab import encode_events, following
from parlour.wire.lab.bells import Bell, Bells, leave
from parlour.wire.lab.callers import Callers, LabCaller
from parlour.wire.lab.encode import SpeechForm
from parlour.wire.lab.following import Start, asks, deliver

EVENTS_PATH = "/users/{id}/events"
ROUTE = f"GET {EVENTS_PATH}"
RETRY_MS = 2000
SILENCE_SECONDS_MAX = 15.0
CHECK_SECONDS = 60.0
PROGRESS_SECONDS_MAX = 30.0
DRAIN_LOOK_SECONDS = 0.05
PAGE = 50
CHUNK_BYTES = 64 * 1024
UNSENT_BYTES = 16 * 1024
_LAST: dict[str, object] = {"name": "Last-Event-ID", "in": "header", "schema": {"type": "string"}}


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamsNeed:
    """What streams work with. `form`: how replies in speech are told."""

    database: Database
    clock: Clock
    callers: Callers
    bells: Bells
    per_account_max: int
    form: SpeechForm


def stream_router(need: StreamsNeed) -> APIRouter:
    """The route of the stream."""
    router = APIRouter(tags=["lab"])

    @router.get(
        EVENTS_PATH,
        response_class=Response,
        responses=problem_responses(401, 404, 429)
        | {200: {"description": "The stream", "content": {"text/event-stream": {"schema": {"type": "string"}}}}},
        openapi_extra={"parameters": [_LAST]},
    )
    async def events(  # pyright: ignore[reportUnusedFunction]
        request: Request,
        caller: Annotated[LabCaller, Depends(need.callers.owner)],
        since: Annotated[str | None, Query(description="`<epoch>:<seq>`: tell what came after.")] = None,
    ) -> Response:
        """Everything that happens in the account's conversation. Without a cursor from now on."""
        cursor = request.headers.get("last-event-id") or since or None
        lines = need.bells.lines
        if lines[caller.account_id] >= need.per_account_max:
            raise too_many_streams()
        lines[caller.account_id] += 1
        bell = need.bells.hang(caller)
        try:
            begun = await need.database.read(lambda tx: following.start(tx, lab_room(caller.account_id), cursor))
        except BaseException:
            need.bells.take_down(bell)
            leave(lines, caller.account_id)
            raise
        return EventStream(need, caller, bell, begun)

    return router


def too_many_streams() -> Refusal:
    """The account has as many streams and sockets as it may."""
    return Refusal("too_many_streams", "Too many open streams.", retry_after_seconds=10)


class EventStream(Response):
    """The stream; it ends as soon as its client is gone, its session has ended or the server stops."""

    media_type = "text/event-stream"

    def __init__(self, need: StreamsNeed, caller: LabCaller, bell: Bell, begun: Start) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._need = need
        self._caller = caller
        self._bell = bell
        self._begun = begun
        self._room = lab_room(caller.account_id)
        self._pos = begun.after

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the stream; see the class."""
        telling = asyncio.create_task(self._tell(scope, send), name="lab-stream")
        gone = asyncio.create_task(_disconnect(receive), name="lab-stream-disconnect")
        try:
            await asyncio.wait([telling, gone], return_when=asyncio.FIRST_COMPLETED)
            telling.cancel()
            gone.cancel()
            await asyncio.gather(telling, gone, return_exceptions=True)
        finally:
            telling.cancel()
            gone.cancel()
            self._need.bells.take_down(self._bell)
            leave(self._need.bells.lines, self._caller.account_id)

    async def _tell(self, scope: Scope, send: Send) -> None:
        line = line_of(scope)
        try:
            async with asyncio.timeout(PROGRESS_SECONDS_MAX):
                await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            async for chunk in self._chunks():
                async with asyncio.timeout(PROGRESS_SECONDS_MAX):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if line is not None:
                    await self._taken(line)
        except TimeoutError:
            if line is not None:
                line.abort()
            return
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _taken(self, line: Line) -> None:
        """Return when the client has taken most of what was sent. `TimeoutError` if it takes nothing any more."""
        left, silent = line.unsent(), 0.0
        while left > UNSENT_BYTES:
            await asyncio.sleep(DRAIN_LOOK_SECONDS)
            now = line.unsent()
            silent = 0.0 if now < left else silent + DRAIN_LOOK_SECONDS
            left = now
            if silent >= PROGRESS_SECONDS_MAX or self._bell.revoked or self._bell.stopping:
                raise TimeoutError

    async def _chunks(self) -> AsyncIterator[bytes]:
        begun = self._begun
        yield f"retry: {RETRY_MS}\n\n".encode()
        if begun.lost:
            payload = encode_events.cursor_of(self._name(), begun.epoch, begun.seq, self._need.clock.now_ms())
            yield _sse(f"{begun.epoch}:{begun.seq}", "resync", payload)
        checked = self._need.clock.monotonic()
        while not (self._bell.revoked or self._bell.stopping):
            self._bell.clear()
            events = await self._page()
            now = self._need.clock.monotonic()
            if self._bell.doubtful or now - checked >= CHECK_SECONDS:
                self._bell.doubtful, checked = False, now
                if not await self._need.callers.holds(self._caller):
                    return
            if self._bell.revoked:
                return
            await self._note(events)
            for chunk in self._encoded(events):
                yield chunk
            if len(events) < PAGE and not await self._bell.wait(SILENCE_SECONDS_MAX):
                yield b":\n\n"

    async def _page(self) -> list[Logged]:
        """What is new. The bell has heard what was committed before the last of it: the right to it is asked after."""
        room, after = self._room, self._pos
        events = await self._need.database.read(lambda tx: log.of_rooms(tx, [room], after, log.head(tx), PAGE))
        if events:
            async with asyncio.timeout(PROGRESS_SECONDS_MAX):
                await self._need.bells.pump.reach(events[-1].pos)
        return events

    async def _note(self, events: Sequence[Logged]) -> None:
        """The questions among these are being told."""
        caller = self._caller
        asking = [event for event in events if caller.author_id == caller.account_id and asks(event, caller.author_id)]
        if asking:
            await self._need.database.write(lambda tx: deliver(tx, asking, caller.author_id, ROUTE))

    def _encoded(self, events: Sequence[Logged]) -> list[bytes]:
        epoch = self._need.bells.pump.epoch
        chunks: list[bytes] = []
        chunk = bytearray()
        for event in events:
            self._pos = event.pos
            place = following.place_in(event.audience, self._room)
            told = place and encode_events.said(event, [place], epoch, lambda _: self._name(), self._need.form)
            if not place or not told:
                continue
            chunk += _sse(f"{epoch}:{place[1]}", told[0], told[1])
            if len(chunk) > CHUNK_BYTES:
                chunks.append(bytes(chunk))
                chunk.clear()
        return [*chunks, bytes(chunk)] if chunk else chunks

    def _name(self) -> str:
        return f"person:{self._caller.user_id}"


def _sse(id: str, name: str, payload: dict[str, object]) -> bytes:
    return f"id: {id}\nevent: {name}\ndata: ".encode() + msgspec.json.encode(payload) + b"\n\n"


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
