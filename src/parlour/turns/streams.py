"""How streamed text is written while it comes: at most one write under way, the rest gathers."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from typing import cast

from parlour.conversations import actions as conversations
from parlour.conversations.actions import Writing
from parlour.conversations.entities import Mark, Spoken
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns.ports import Piece
from parlour.turns.speakers import Speakers

Change = Callable[[Tx], bool]


class StoppedError(Exception):
    """The text has ended elsewhere: stopped, or taken by another worker."""


async def first_within(pieces: AsyncGenerator[Piece, None], seconds: float) -> AsyncGenerator[Piece, None]:
    """The same pieces; `TimeoutError` if the first does not come in time."""
    try:
        async with asyncio.timeout(seconds):
            first = await anext(pieces)
    except StopAsyncIteration:
        return
    yield first
    async for piece in pieces:
        yield piece


class TextStream:
    """Text that is written as it comes. `change` makes the write of new text; it answers whether the text still
    runs, touches one row, and raises only before it did.
    """

    def __init__(self, database: Database, characters_max: int, change: Callable[[str], Change]) -> None:
        self._writer = database.writer
        self._change = change
        self._characters_left = characters_max
        self._gathered: deque[str] = deque()
        self._said: list[str] = []
        self._under_way: asyncio.Future[bool] | None = None
        self._error: BaseException | None = None

    @property
    def text(self) -> str:
        """The whole text so far."""
        return "".join(self._said)

    @property
    def full(self) -> bool:
        """Whether nothing more can be said."""
        return self._characters_left <= 0

    def add(self, text: str) -> None:
        """Take new text; raises if an earlier piece could not be written or the text has ended."""
        if self._error:
            raise self._error
        text = text[: self._characters_left]
        if not text:
            return
        self._characters_left -= len(text)
        self._gathered.append(text)
        self._said.append(text)
        if self._under_way is None:
            self._write()

    def unwritten(self) -> str:
        """Text that no write has taken yet; from now on it is the caller's."""
        taken: list[str] = []
        while self._gathered:  # piece by piece: the writer's thread may take while the loop's adds
            taken.append(self._gathered.popleft())
        return "".join(taken)

    def _taken(self) -> Change:
        return self._change(self.unwritten())

    def _waits(self) -> bool:
        return bool(self._gathered)

    def _write(self) -> None:
        self._under_way = cast("asyncio.Future[bool]", self._writer.submit(self._taken(), single=True))
        self._under_way.add_done_callback(self._written)

    def _written(self, future: asyncio.Future[bool]) -> None:
        self._under_way = None
        if future.cancelled():
            return
        self._error = future.exception()
        if self._error is None and not future.result():
            self._error = StoppedError()
        if self._error is None and self._waits():
            self._write()

    async def settle(self) -> None:
        """Wait for the write under way; what has gathered meanwhile is `rest`."""
        if self._under_way is not None:
            self._under_way.remove_done_callback(self._written)
            if not await self._under_way:
                self._error = StoppedError()
            self._under_way = None
        if self._error:
            raise self._error

    async def flush(self) -> None:
        """Have everything written."""
        await self.settle()
        while self._waits():
            self._write()
            await self.settle()

    def rest(self) -> Change | None:
        """Writes what was not written yet; None if everything was."""
        return self._taken() if self._waits() else None


class ReplyStream(TextStream):
    """A reply of one persona: its text is passed on as it is."""

    def __init__(self, database: Database, writing: Writing, characters_max: int) -> None:
        super().__init__(database, characters_max, lambda text: lambda tx: conversations.add_text(tx, writing, text))
        self._writing = writing

    def end(self) -> None:
        """The model has said all."""

    def marks(self) -> tuple[Mark, ...]:
        """Where the contents of the reply begin; none if there is one speaker only."""
        return ()


class CastStream(ReplyStream):
    """A reply of several personas: markers in the text tell who speaks."""

    def __init__(self, database: Database, writing: Writing, characters_max: int, speakers: Speakers) -> None:
        super().__init__(database, writing, characters_max)
        self._speakers = speakers
        self._spoken: list[Spoken] = []
        self._marks: tuple[Mark, ...] = ()
        self._length = 0

    @property
    def full(self) -> bool:
        return self._speakers.full or super().full

    def add(self, text: str) -> None:
        if self._error:
            raise self._error
        self._take(self._speakers.feed(text))

    def end(self) -> None:
        self._take(self._speakers.finish())

    def marks(self) -> tuple[Mark, ...]:
        return self._marks

    def _take(self, pieces: Sequence[Spoken]) -> None:
        for piece in pieces:
            text = piece.text[: self._characters_left]
            self._characters_left -= len(text)
            if not text.strip():
                break
            if piece.begins:
                start = self._length + len(text) - len(text.lstrip())
                self._marks = (*self._marks, Mark(persona_id=piece.persona_id, at=start))
            self._length += len(text)
            self._spoken.append(replace(piece, text=text))
            self._said.append(text)
        if self._waits() and self._under_way is None:
            self._write()

    def _taken(self) -> Change:
        pieces = _joined(self._spoken)
        self._spoken.clear()
        writing, marks = self._writing, self._marks
        return lambda tx: conversations.add_spoken(tx, writing, pieces, marks)

    def _waits(self) -> bool:
        return bool(self._spoken)


def _joined(pieces: Sequence[Spoken]) -> list[Spoken]:
    """Neighbouring pieces of one content as one."""
    joined: list[Spoken] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if last is not None and last.idx == piece.idx:
            joined[-1] = replace(last, text=last.text + piece.text)
        else:
            joined.append(piece)
    return joined
