"""Tool calls of candidates, answered from the record (Glow 6.9). No tool is ever executed.

The k-th call of a name in a replay gets the k-th recorded result of that name. A call that has none ends its turn.
"""

from collections.abc import Mapping, Sequence

import msgspec

from parlour.benchmarks.entities import MadeCall, ReplayTurn
from parlour.catalog.benchmarks import Candidate, Recording, ReplayMode
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.turns.ports import ToolCall, ToolSpec

ROUNDS_MAX = 8
CALLS_MAX = 64
ARGUMENT_CHARACTERS_MAX = 64_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The recorded results by the name of the tool, in the order of the calls; empty where none are fed."""

    results: Mapping[str, Sequence[str]]

    def answered(
        self, calls: Sequence[ToolCall], before: Sequence[MadeCall], *, turn: int, number: int, at: int
    ) -> list[MadeCall]:
        """The calls of answer `number` of a turn with their results, after all the calls `before`."""
        made: list[MadeCall] = []
        for call in calls:
            nth = sum(each.name == call.name for each in (*before, *made))
            known = self.results.get(call.name, ())
            made.append(
                MadeCall(
                    turn=turn,
                    call_id=call.call_id,
                    name=call.name,
                    arguments=call.arguments,
                    result=known[nth] if nth < len(known) else None,
                    round=number,
                    at=at,
                )
            )
        return made


def record_of(recording: Recording, mode: ReplayMode) -> Record:
    """What may be fed in a replay: nothing in `last_turn`, which is one answer."""
    if mode == "last_turn":
        return Record(results={})
    said = {message.tool_call_id: message.content for message in recording.messages if message.role == "tool"}
    results: dict[str, list[str]] = {}
    for message in recording.messages:
        for call in message.tool_calls:
            if call.call_id in said:
                results.setdefault(call.name, []).append(said[call.call_id])
    return Record(results=results)


def calls_of(done: Sequence[ReplayTurn]) -> list[MadeCall]:
    """Every call of these turns, in order."""
    return [call for turn in done for call in turn.tool_calls]


def tools_of(candidate: Candidate, recording: Recording) -> tuple[ToolSpec, ...]:
    """The tools a candidate may ask for: its own, else those that the recording names, with the arguments seen."""
    if candidate.tools:
        return tuple(
            ToolSpec(name=tool.name, description=tool.description, parameters=tool.parameters)
            for tool in candidate.tools
        )
    seen: dict[str, dict[str, object]] = {}
    for message in recording.messages:
        for call in message.tool_calls:
            seen.setdefault(call.name, {}).update({name: {} for name in _names(call.arguments)})
    return tuple(
        ToolSpec(name=name, description="", parameters={"type": "object", "properties": properties})
        for name, properties in seen.items()
    )


def _names(arguments: str) -> list[str]:
    try:
        return list(decode(arguments, dict[str, object]))
    except (msgspec.DecodeError, RecursionError):
        return []
