"""The text of an answer while it comes: told at most 25 times a second, never after the turn has ended (12)."""

import asyncio
from collections.abc import Awaitable, Callable

from parlour.assistant.entities import LabMessageId, Turn
from parlour.assistant.facts import LabTextAdded
from parlour.conversations.rooms import lab_room
from parlour.storage.tx import Tx

SECONDS_BETWEEN = 0.04


class AnswerStream:
    """Gathers text and has it stored and told. `store(start, text)` writes one piece.

    `silent`: nothing is told, because the text is only a proposal.
    """

    def __init__(self, store: Callable[[int, str], Awaitable[None]], *, silent: bool) -> None:
        self._store = store
        self._silent = silent
        self._told = 0
        self._more = asyncio.Event()
        self._failed: Exception | None = None
        self._task: asyncio.Task[None] | None = None
        self.text = ""

    def __len__(self) -> int:
        return len(self.text)

    def add(self, text: str) -> None:
        """Take new text. Raises what an earlier write raised: the turn has ended, or the job is lost."""
        if self._failed is not None:
            raise self._failed
        self.text += text
        self._more.set()
        if self._task is None and not self._silent:
            self._task = asyncio.create_task(self._tell(), name="lab-text")

    async def close(self) -> None:
        """Tell nothing more; what was not told yet stays untold. Returns when no write is under way."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _tell(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            start, self._told = self._told, len(self.text)
            writing = asyncio.ensure_future(self._store(start, self.text[start:]))
            try:
                await asyncio.shield(writing)
            except asyncio.CancelledError:
                await asyncio.gather(writing, return_exceptions=True)  # a turn that has ended is found out by its step
                raise
            except Exception as error:  # noqa: BLE001 (whoever adds text next gets it)
                self._failed = error
                return
            await asyncio.sleep(SECONDS_BETWEEN)


def tell(tx: Tx, turn: Turn, message_id: LabMessageId, piece: tuple[int, str]) -> None:
    """Say that the answer's text goes on, or anew, from a place: `(start, text)`."""
    told = LabTextAdded(
        account_id=turn.account_id, turn_id=turn.id, message_id=message_id, start=piece[0], text=piece[1]
    )
    tx.announce([lab_room(turn.account_id)], told)


def tell_rest(tx: Tx, turn: Turn, message_id: LabMessageId, told: tuple[str, str]) -> None:
    """Make what was told (`told[0]`) into the final text (`told[1]`)."""
    before, after = told
    if before == after:
        return
    alike = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    start = min(len(before), len(after)) if alike is None else alike
    tell(tx, turn, message_id, (start, after[start:]))
