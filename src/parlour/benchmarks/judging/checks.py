"""What a program can decide about a replay, before any judge is asked. Pure and bounded.

A check looks at the candidate's turns. What is sought (contains, regex, json_schema, tool_called) must be found in any
turn, in every one, or in the last one. What is forbidden or bounded (not_contains, not_regex, tool_not_called, ended,
length, latency) must hold in every turn, or only in the last one. `ended`: the model itself ended its answer, and there
is one; it was not cut off at its length, filtered, or left at a tool without a result.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import msgspec

from parlour.benchmarks import reading, store
from parlour.benchmarks.entities import MadeCall, Outcome, Replay, ReplayTurn, Test
from parlour.benchmarks.judging.schemas import answer_fault, counted
from parlour.catalog.benchmarks import Check, CheckKind
from parlour.catalog.patterns import matches, pattern_fault, schema_fault
from parlour.grading.rules import collapsed
from parlour.kernel.decoding import decode
from parlour.storage.tx import Tx

SOUGHT: frozenset[CheckKind] = frozenset(("contains", "regex", "json_schema", "tool_called"))

# Why a turn does not hold, in a sentence; None if it does.
_Fault = Callable[[Check, ReplayTurn], str | None]


def run_for(tx: Tx, test: Test, replay: Replay) -> tuple[Outcome, ...]:
    """The outcomes of a completed replay: the checks of its recording, then those of the benchmark."""
    checks = (*reading.recording_of(tx, replay).checks, *test.snapshot.checks)
    return check(checks, store.turns_of(tx, replay.id)) if checks else ()


def check(checks: Sequence[Check], turns: Sequence[ReplayTurn]) -> tuple[Outcome, ...]:
    """What each check comes to, in order; unfinished turns are not looked at.

    A check that cannot be decided (an expression that is none, a time that nobody measured) fails nothing.
    """
    done = [turn for turn in turns if turn.state == "done"]
    with counted():
        return tuple(_outcome(each, done) for each in checks)


def failed(outcomes: Sequence[Outcome] | None) -> bool:
    """Whether any required check failed."""
    return any(outcome.required and not outcome.passed for outcome in outcomes or ())


def _outcome(check: Check, turns: Sequence[ReplayTurn]) -> Outcome:
    unusable = _unusable(check, turns)
    if unusable is not None:
        text = f"This check cannot be decided: {unusable}."
        return Outcome(key=check.key, kind=check.kind, passed=False, required=False, turn=None, detail=text)
    fault = _FAULTS[check.kind]
    looked_at = turns[-1:] if check.turns == "last" else turns
    found = [(turn.turn, fault(check, turn)) for turn in looked_at]
    broken = [(turn, text) for turn, text in found if text is not None]
    held = [turn for turn, text in found if text is None]
    if check.kind in SOUGHT and check.turns == "any":
        passed, turn = bool(held), held[0] if held else None
        text = "It holds." if held else _sentence(broken[-1][1] if broken else None)
    else:
        passed = not broken and (bool(held) or check.kind not in (*SOUGHT, "ended"))
        turn = broken[0][0] if broken else (held[-1] if held and check.turns == "last" else None)
        text = "It holds." if passed else _sentence(broken[0][1] if broken else None)
    return Outcome(key=check.key, kind=check.kind, passed=passed, required=check.required, turn=turn, detail=text)


def _sentence(fault: str | None) -> str:
    text = fault or "there is no turn"
    return f"{text[0].upper()}{text[1:]}."


def _unusable(check: Check, turns: Sequence[ReplayTurn]) -> str | None:
    match check.kind:
        case "regex" | "not_regex":
            return pattern_fault(check.pattern)
        case "json_schema":
            return schema_fault(check.schema) if check.schema is not None else "it has no schema"
        case "latency":
            unmeasured = any(turn.milliseconds is None for turn in turns)
            return "nobody measured the time" if unmeasured else None
        case _:
            return None


def _contains(check: Check, turn: ReplayTurn) -> str | None:
    return None if _found(check, turn) else "the text is not in the answer"


def _not_contains(check: Check, turn: ReplayTurn) -> str | None:
    return "the text is in the answer" if _found(check, turn) else None


def _found(check: Check, turn: ReplayTurn) -> bool:
    sought, said = collapsed(check.text), collapsed(turn.content)
    return sought in said if check.exact else sought.casefold() in said.casefold()


def _regex(check: Check, turn: ReplayTurn) -> str | None:
    return None if matches(check.pattern, turn.content, exact=check.exact) else "the pattern is not in the answer"


def _not_regex(check: Check, turn: ReplayTurn) -> str | None:
    return "the pattern is in the answer" if matches(check.pattern, turn.content, exact=check.exact) else None


def _json_schema(check: Check, turn: ReplayTurn) -> str | None:
    return answer_fault(check.schema or {}, turn.content)


def _tool_called(check: Check, turn: ReplayTurn) -> str | None:
    if any(_calls(check, call) for call in turn.tool_calls):
        return None
    named = any(call.name == check.tool for call in turn.tool_calls)
    return f"the tool {check.tool} was {'called with other arguments' if named else 'not called'}"


def _tool_not_called(check: Check, turn: ReplayTurn) -> str | None:
    return f"the tool {check.tool} was called" if any(_calls(check, call) for call in turn.tool_calls) else None


def _calls(check: Check, call: MadeCall) -> bool:
    """Whether it is a call of that tool with at least these arguments; each must be equal."""
    if call.name != check.tool:
        return False
    if not check.arguments:
        return True
    try:
        given = decode(call.arguments, dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        return False
    return all(name in given and _equal(given[name], value) for name, value in check.arguments.items())


def _equal(one: object, other: object) -> bool:
    """Whether two values are the same JSON: `true` is not 1."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        left, right = cast("Mapping[str, object]", one), cast("Mapping[str, object]", other)
        return left.keys() == right.keys() and all(_equal(left[name], right[name]) for name in left)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        several = cast("Sequence[object]", one), cast("Sequence[object]", other)
        return len(several[0]) == len(several[1]) and all(map(_equal, *several))
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _ended(_: Check, turn: ReplayTurn) -> str | None:
    match turn.ending:
        case "length":
            return "the answer was cut off at its length"
        case "filtered":
            return "the model's provider filtered the answer"
        case "tool_calls" if any(call.result is None for call in turn.tool_calls):
            return "the answer ended at a tool call without a result"
        case _:
            return None if turn.content.strip() else "the answer is empty"


def _length(check: Check, turn: ReplayTurn) -> str | None:
    length = len(turn.content)
    if check.characters_min is not None and length < check.characters_min:
        return f"the answer has {length} characters, fewer than {check.characters_min}"
    if check.characters_max is not None and length > check.characters_max:
        return f"the answer has {length} characters, more than {check.characters_max}"
    return None


def _latency(check: Check, turn: ReplayTurn) -> str | None:
    taken, most = turn.milliseconds or 0, check.milliseconds_max
    return f"the answer took {taken} ms, more than {most}" if most is not None and taken > most else None


_FAULTS: Mapping[CheckKind, _Fault] = {
    "contains": _contains,
    "not_contains": _not_contains,
    "regex": _regex,
    "not_regex": _not_regex,
    "json_schema": _json_schema,
    "tool_called": _tool_called,
    "tool_not_called": _tool_not_called,
    "ended": _ended,
    "length": _length,
    "latency": _latency,
}
