"""One thought: the model is asked, its text streamed, its calls gathered (lab protocol 7.4).

A fault of the model never becomes text. What can be tried again is, twice, after a growing pause;
text that a failed try has told is taken back.
"""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace

from parlour.assistant.entities import Step
from parlour.assistant.loop import context, journal
from parlour.assistant.loop.context import View
from parlour.assistant.loop.journal import AGAIN, THINK, Thought, Wanted
from parlour.assistant.loop.standing import Held
from parlour.assistant.loop.streaming import AnswerStream, tell
from parlour.assistant.tools.ports import Tool
from parlour.assistant.tools.registry import spec_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.dice import Dice
from parlour.kernel.refusals import ProviderFault
from parlour.storage.tx import Tx
from parlour.turns.ports import Finished, Model, Request, Text, ToolCall, Usage
from parlour.turns.streams import first_within

RETRIES = 2
ANSWER_CHARACTERS_MAX = 64_000
ARGUMENT_CHARACTERS_MAX = 64_000
CALLS_MAX = 16
OUTPUT_TOKENS_MAX = 4_096
EMPTY = "The model said nothing."


@dataclass(frozen=True, kw_only=True, slots=True)
class Mind:
    """The model, under the name it has at its provider, and how it is waited for."""

    model: Model
    name: str
    dice: Dice
    first_bytes_seconds_max: float = 60.0
    retry_seconds: float = 0.5


class Thinking:
    """The think step at which a turn stands."""

    def __init__(self, held: Held, mind: Mind, view: View) -> None:
        self._held = held
        self._mind = mind
        self._view = view
        self._now = held.standing.progress
        self._told = bool(held.standing.journal.said_so_far())

    @property
    def row(self) -> Step:
        """The journal's row of this thought, which has begun."""
        row = self._held.standing.journal.row(self._now.n, AGAIN)
        row = row or self._held.standing.journal.row(self._now.n, THINK)
        if row is None:
            raise RuntimeError("a turn thinks without a step")
        return row

    async def think(self, tokens_left: int) -> Thought:
        """The thought. Raises `ProviderFault` when the model failed for good, or said nothing."""
        request = self._request(tokens_left)
        for attempt in range(RETRIES + 1):
            told = {**request.metadata, "attempt": str(attempt + 1)}
            try:
                return await self._once(replace(request, metadata=told))
            except ProviderFault as fault:
                if not fault.retryable or attempt == RETRIES:
                    raise
            except TimeoutError:
                if attempt == RETRIES:
                    raise ProviderFault("The model did not answer in time.", retryable=False) from None
            longest = self._mind.retry_seconds * 2**attempt
            await asyncio.sleep(self._mind.dice.between(longest / 2, longest))
        raise RuntimeError("unreachable: the last attempt returns or raises")

    def _request(self, tokens_left: int) -> Request:
        tools: Sequence[Tool] = () if self._view.last else self._view.tools
        return Request(
            model=self._mind.name,
            messages=context.messages(self._view),
            task="assist",
            tools=[spec_of(tool) for tool in tools],
            output_tokens_max=max(1, min(OUTPUT_TOKENS_MAX, tokens_left)),
            script=context.script(self._view),
            metadata={"turn_id": self._held.standing.turn.id},
        )

    async def _once(self, request: Request) -> Thought:
        if self._told:
            await self._store(0, "")
        meter = self._held.measure(request)
        stream = AnswerStream(self._store, silent=self._now.steered)
        calls: list[ToolCall] = []
        try:
            async with aclosing(self._mind.model.stream(request)) as pieces:
                async for piece in first_within(pieces, self._mind.first_bytes_seconds_max):
                    meter.see(piece)
                    match piece:
                        case Text():
                            stream.add(piece.text[: ANSWER_CHARACTERS_MAX - len(stream)].replace("\0", ""))
                        case ToolCall():
                            calls.append(piece)
                        case Usage() | Finished():
                            continue
                    if len(stream) >= ANSWER_CHARACTERS_MAX or len(calls) > CALLS_MAX:
                        break
        finally:
            meter.end()
            await stream.close()
        if not stream.text.strip() and (not calls or self._view.last):
            raise ProviderFault(EMPTY, retryable=True)
        return Thought(text=stream.text.strip(), calls=() if self._view.last else self._wanted(calls))

    def _wanted(self, calls: Sequence[ToolCall]) -> tuple[Wanted, ...]:
        """The calls under ids of ours, which are unlike in the whole turn."""
        return tuple(
            Wanted(
                call_id=f"call_{self._now.n}_{place:02}",
                tool=call.name[:200].replace("\0", ""),
                arguments=call.arguments.replace("\0", "") if len(call.arguments) <= ARGUMENT_CHARACTERS_MAX else "cut",
            )
            for place, call in enumerate(calls[:CALLS_MAX], 1)
        )

    async def _store(self, start: int, text: str) -> None:
        """Tell and keep a piece of text, in one transaction, if the turn still runs."""
        self._told = True
        standing, row = self._held.standing, self.row
        message_id = self._now.reply_id
        if message_id is None:
            raise RuntimeError("a turn speaks without a reply")

        def store(tx: Tx) -> None:
            tell(tx, standing.turn, message_id, (start, text))
            journal.say(tx, row, start, text)

        await self._held.note(store)
