"""How a candidate is asked for a turn: its text is written as it comes, its calls are answered from the record.

The text goes through `turns.streams.TextStream`: the first piece is stored and told at once, the rest gathers behind
the write under way; nothing is written for a replay that was stopped or taken by another worker.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing

from parlour.benchmarks.entities import Heard, MadeCall, ReplayTurn
from parlour.benchmarks.replaying import context, store
from parlour.benchmarks.replaying.limits import ReplayLimits
from parlour.benchmarks.replaying.standing import Standing
from parlour.benchmarks.replaying.tools import ARGUMENT_CHARACTERS_MAX, CALLS_MAX, ROUNDS_MAX, calls_of
from parlour.conversations.entities import BLANK_LINE
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Model, Request, Text, ToolCall, Usage
from parlour.turns.streams import Change, TextStream, first_within
from parlour.turns.usage import Meter


class TurnStream(TextStream):
    """The text of one turn. What is written is taken when the write is done, so that the more gathers the busier the
    writer is; after `end` the rest is left to the transaction that finishes the turn. `begun`: its row is there.
    """

    def __init__(self, database: Database, standing: Standing, heard: Sequence[Heard], fence: str, most: int) -> None:
        super().__init__(database, most, self._written_as)
        self._standing = standing
        self._heard = tuple(heard)
        self._fence = fence
        self._ended = False
        self._last: str | None = None
        self.begun = False

    def end(self) -> None:
        """The candidate has said all: no further write is begun."""
        self._ended = True

    def last(self) -> str:
        """What no write has taken, the same when asked again: for the transaction that finishes the turn."""
        if self._last is None:
            self._last = self.unwritten()
        return self._last

    def _waits(self) -> bool:
        return not self._ended and super()._waits()

    def _taken(self) -> Change:
        made: list[Change | None] = []

        def change(tx: Tx) -> bool:
            if not made:  # an action may be run again after a conflict
                text = "" if self._ended else self.unwritten()
                made.append(self._written_as(text) if text else None)
            return made[0](tx) if made[0] is not None else True

        return change

    def _written_as(self, text: str) -> Change:
        begins, self.begun = not self.begun, True
        standing, fence = self._standing, self._fence
        replay_id, turn, fact = standing.setting.replay.id, standing.turn, standing.setting.said(standing.turn, text)

        def change(tx: Tx) -> bool:
            if begins:
                written = store.begin_turn(tx, self.row(tx, text), fence)
            else:
                written = store.add_text(tx, replay_id, turn, fence, text)
            if written:
                tx.announce(standing.setting.room, fact)
            return written

        return change

    def row(self, tx: Tx, content: str) -> ReplayTurn:
        """The turn as it begins."""
        return ReplayTurn(
            replay_id=self._standing.setting.replay.id,
            turn=self._standing.turn,
            message_id=tx.new_id(),
            state="writing",
            heard=self._heard,
            content=content,
            tool_calls=(),
            ending=None,
            first_token_ms=None,
            milliseconds=None,
            input_tokens=None,
            output_tokens=None,
            created_at=tx.now_ms,
        )


class Asking:
    """One turn asked of a model; what came of it stands in the attributes. Times in milliseconds."""

    def __init__(self, model: Model, limits: ReplayLimits, standing: Standing, stream: TurnStream) -> None:
        self._model = model
        self._limits = limits
        self._standing = standing
        self._clock = asyncio.get_running_loop()
        self._began = self._clock.time()
        self.stream = stream
        self.meters: list[Meter] = []
        self.calls: list[MadeCall] = []
        self.ending: str | None = None
        self.first_token_ms: int | None = None
        self.milliseconds: int | None = None
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None

    async def hear(self, heard: Sequence[Heard]) -> None:
        """The turn, until an answer has no call or one that the record does not answer.

        Raises `TimeoutError`, `ProviderFault`, `StoppedError`.
        """
        standing, setting = self._standing, self._standing.setting
        before = calls_of(standing.turns)
        last = context.goes_on(setting.recording, setting.mode, standing.turn)
        try:
            async with asyncio.timeout(self._limits.turn_seconds_max):
                for number in range(1, ROUNDS_MAX + 1):
                    calls = await self._answer(standing.request(heard, self.stream.text, self.calls))
                    made = setting.record.answered(
                        calls, [*before, *self.calls], turn=standing.turn, number=number, at=len(self.stream.text)
                    )
                    self.calls += made
                    unanswered = any(call.result is None for call in made)
                    if last or not made or unanswered or self.stream.full or len(self.calls) >= CALLS_MAX:
                        return
        finally:
            self.milliseconds = self._elapsed()

    async def _answer(self, request: Request) -> list[ToolCall]:
        """One answer of the model: its text into the stream, its calls back."""
        meter = Meter(request)
        self.meters.append(meter)
        calls: list[ToolCall] = []
        left = ARGUMENT_CHARACTERS_MAX
        separate = bool(self.stream.text)
        try:
            async with aclosing(self._model.stream(request)) as pieces:
                async for piece in first_within(pieces, self._limits.first_token_seconds_max):
                    meter.see(piece)
                    match piece:
                        case Text():
                            self._first()
                            self.stream.add(BLANK_LINE + piece.text if separate and piece.text else piece.text)
                            separate = separate and not piece.text
                        case ToolCall():
                            self._first()
                            left -= len(piece.arguments)
                            calls.append(piece)
                        case Usage():
                            self.input_tokens = (self.input_tokens or 0) + piece.input_tokens
                            self.output_tokens = (self.output_tokens or 0) + piece.output_tokens
                        case Finished():
                            self.ending = piece.reason
                    if left < 0:
                        raise ProviderFault("The model wrote too much into its tool calls.", retryable=False)
                    if self.stream.full or len(self.calls) + len(calls) >= CALLS_MAX:
                        self.ending = "length"
                        break
        finally:
            meter.end()
        return calls

    def _first(self) -> None:
        if self.first_token_ms is None:
            self.first_token_ms = self._elapsed()

    def _elapsed(self) -> int:
        return round((self._clock.time() - self._began) * 1000)
