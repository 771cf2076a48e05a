"""Tool calls, one after the other: each job does one thing that the call's flow wants, until it has ended (7.1)."""

from collections.abc import Mapping
from dataclasses import replace

import msgspec

from parlour.assistant.entities import JsonValue, Turn
from parlour.assistant.loop import flows, journal, moves
from parlour.assistant.loop.journal import Entry, Made, Thought, Wanted
from parlour.assistant.loop.moves import Moving, Rules
from parlour.assistant.loop.performing import DENIED, Performing, Place
from parlour.assistant.loop.standing import Held
from parlour.assistant.tools.ports import Call, Do, Extract, Operation, Outcome, Passage, Tool
from parlour.assistant.tools.registry import fault_of
from parlour.storage.tx import Tx

MISTAKES_MAX = 3
CUT = " [cut]"


class Acting:
    """One step of the tool call at which a turn stands."""

    def __init__(self, held: Held, rules: Rules) -> None:
        self._held = held
        self._rules = rules
        self._standing = held.standing
        self._now = held.standing.progress

    async def step(self) -> None:
        """Do the next thing that the call needs."""
        thought = self._standing.journal.thought(self._now.n)
        if thought is None or self._now.call >= len(thought.calls):
            raise RuntimeError("a turn acts without a call")
        wanted = thought.calls[self._now.call]
        tool, arguments = self._rules.toolbox.find(wanted.tool), journal.arguments_of(wanted.arguments)
        if tool is None:
            await self._finish(thought, _mistake(f"There is no tool {wanted.tool!r}."), mistake=True)
        elif arguments is None:
            await self._finish(thought, _mistake("The arguments are no JSON object."), mistake=True)
        elif fault := fault_of(tool, arguments):
            await self._finish(thought, _mistake(f"The arguments do not fit: {fault}"), mistake=True)
        elif self._rules.toolbox.policy(tool, arguments) == "deny":
            await self._finish(thought, Outcome(status="refused", text=DENIED))
        else:
            await self._run(thought, tool, arguments)

    async def _run(self, thought: Thought, tool: Tool, arguments: Mapping[str, JsonValue]) -> None:
        wanted = thought.calls[self._now.call]
        kept = self._standing.journal.kept(self._now.n, wanted.call_id)
        place = Place(wanted=wanted, tool=tool, k=0)
        if self._rules.toolbox.asks_for_calls(tool):
            if 0 not in kept:
                await Performing(self._held, self._rules, place).perform(self._whole_call(tool, arguments))
                return
            refused = flows.error_of(kept[0][1])
            if refused is not None:
                await self._finish(thought, Outcome(status=refused.status, text=refused.why))
                return
        found = flows.run(tool.run(self._call(wanted, arguments)), kept)
        if isinstance(found, Outcome):
            await self._finish(thought, found)
        else:
            await Performing(self._held, self._rules, replace(place, k=found.k)).perform(found.wish)

    def _call(self, wanted: Wanted, arguments: Mapping[str, JsonValue]) -> Call:
        return Call(
            call_id=wanted.call_id,
            turn_id=self._standing.turn.id,
            member=self._standing.member,
            arguments=arguments,
            files=tuple(self._standing.files),
            words=self._standing.said.text,
            rounds_max=self._rules.limits.collect_rounds_max,
            extract=self._extract(),
        )

    def _extract(self) -> Extract | None:
        extraction = self._rules.extraction
        return extraction.of(self._standing.member, self._standing.turn.id) if extraction is not None else None

    def _whole_call(self, tool: Tool, arguments: Mapping[str, JsonValue]) -> Do:
        """What is asked about when the operator raised the policy of a tool that asks nothing itself."""
        title = tool.titles.get(self._standing.member.language, tool.name)
        operation = Operation(tool=tool.name, title=title, arguments=arguments)
        return Do(name=tool.name, act=lambda _: True, operation=operation)

    async def _finish(self, thought: Thought, outcome: Outcome, *, mistake: bool = False) -> None:
        """The call has ended: keep its outcome, and go to the next call, the comment, or the next thought."""
        wanted = thought.calls[self._now.call]
        outcome = cut(outcome, self._rules.limits.tool_output_bytes_max)
        mistakes = self._now.mistakes + 1 if mistake else 0

        def finish(tx: Tx, turn: Turn) -> None:
            move = Moving(
                tx=tx, held=self._held, turn=turn, now=replace(self._now, mistakes=mistakes), rules=self._rules
            )
            entry = Entry(
                n=self._now.n,
                name=wanted.call_id,
                kind="tool",
                title=moves.title_of(move, wanted.tool),
                tool=wanted.tool,
                arguments=wanted.arguments,
                outcome=outcome.status,
                output=outcome,
            )
            journal.write(tx, turn.id, entry)
            moves.tell_end(move, entry)
            self._next(move, thought, Made(wanted=wanted, outcome=outcome))

        await self._held.commit(finish)

    def _next(self, move: Moving, thought: Thought, made: Made) -> None:
        following = move.now.call + 1
        if move.now.mistakes >= MISTAKES_MAX:
            moves.think(move, "mistakes")
        elif following < len(thought.calls) and move.now.last is None:
            moves.act(move, thought.calls[following], following)
        elif move.now.commented and move.may_ask:
            moves.ask_comment(move, (*self._standing.journal.made(move.now.n, thought), made))
        else:
            moves.think(move)


def cut(outcome: Outcome, bytes_max: int) -> Outcome:
    """The outcome with at most so many bytes for the model; what is too much is cut with a mark (8.1)."""
    if len(msgspec.json.encode(outcome)) <= bytes_max:
        return outcome
    text = _short(outcome.text, bytes_max // 2)
    room = bytes_max - len(text.encode()) - bytes_max // 8
    kept: list[Passage] = []
    for passage in outcome.passages:
        short = replace(passage, text=_short(passage.text, max(room // max(len(outcome.passages), 1), 200)))
        room -= len(msgspec.json.encode(short))
        if room < 0:
            break
        kept.append(short)
    return replace(outcome, text=text, passages=tuple(kept))


def _short(text: str, bytes_max: int) -> str:
    encoded = text.encode()
    return text if len(encoded) <= bytes_max else encoded[: bytes_max - len(CUT)].decode(errors="ignore") + CUT


def _mistake(text: str) -> Outcome:
    return Outcome(status="failed", text=text)
