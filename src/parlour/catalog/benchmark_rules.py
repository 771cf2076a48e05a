"""What may be wrong with a recording, a candidate or a benchmark: pure, in sentences, for every way to author one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from parlour.catalog.benchmarks import Benchmark, Candidate, Check, RecordedMessage, Recording
from parlour.catalog.patterns import pattern_fault, schema_fault
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode_untyped

CHECKS_MAX = 50
JUDGES_MAX = 7
TOOLS_MAX = 32
CALLS_MAX = 16
LIVE_TURNS_MAX = 50
REPEATS_MAX = 100
OUTPUT_TOKENS_MAX = 32_768
NAME_CHARACTERS_MAX = 200
TEXT_CHARACTERS_MAX = 20_000
SECONDS_MAX = 86_400

_TOOL_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_MODEL = re.compile(r"scripted[a-z0-9-]*|[^\s:]+:\S+")

# Which members a kind of check needs (one of them is enough), and which it may have besides.
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "contains": ("text",),
    "not_contains": ("text",),
    "regex": ("pattern",),
    "not_regex": ("pattern",),
    "json_schema": ("schema",),
    "tool_called": ("tool",),
    "tool_not_called": ("tool",),
    "ended": (),
    "length": ("characters_min", "characters_max"),
    "latency": ("milliseconds_max",),
}
_MAY: Mapping[str, tuple[str, ...]] = {
    "contains": ("exact",),
    "not_contains": ("exact",),
    "regex": ("exact",),
    "not_regex": ("exact",),
    "tool_called": ("arguments",),
    "tool_not_called": ("arguments",),
}
_MEMBERS = (
    "text", "exact", "pattern", "schema", "tool", "arguments", "characters_min", "characters_max", "milliseconds_max",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Bounds:
    """How much there may be; the defaults are those of `settings.Limits`."""

    candidates: int = 20
    recordings: int = 500
    messages: int = 400


def check_faults(check: Check) -> Iterator[str]:
    """Why a check cannot be made."""
    if not 0 < len(check.key) <= NAME_CHARACTERS_MAX:
        yield f"a check needs a 'key' of at most {NAME_CHARACTERS_MAX} characters"
    needed = _NEEDS[check.kind]
    given = {name for name in _MEMBERS if getattr(check, name) not in (None, "", False)}
    if needed and given.isdisjoint(needed):
        yield f"check '{check.key}': '{check.kind}' needs {_one_of(needed)}"
    for name in sorted(given - {*needed, *_MAY.get(check.kind, ())}):
        yield f"check '{check.key}': '{name}' is nothing to '{check.kind}'"
    if check.pattern and (fault := pattern_fault(check.pattern)):
        yield f"check '{check.key}': {fault}"
    if check.schema is not None and (fault := schema_fault(check.schema)):
        yield f"check '{check.key}': {fault}"
    least, most = check.characters_min, check.characters_max
    if any(number is not None and number < 0 for number in (least, most, check.milliseconds_max)):
        yield f"check '{check.key}': numbers must not be negative"
    if least is not None and most is not None and least > most:
        yield f"check '{check.key}': characters_min is more than characters_max"


def checks_faults(checks: Sequence[Check]) -> Iterator[str]:
    """What is wrong with several checks together."""
    if len(checks) > CHECKS_MAX:
        yield f"at most {CHECKS_MAX} checks"
    for key in _twice(check.key for check in checks):
        yield f"two checks have the key '{key}'"


def parameters_fault(parameters: Mapping[str, object]) -> str | None:
    """Why a mapping does not describe the parameters of a tool (JSON schema 2020-12), or None if it may."""
    from jsonschema import Draft202012Validator, SchemaError  # noqa: PLC0415 (2 MiB that a server at rest does not need)

    try:
        Draft202012Validator.check_schema(dict(parameters))
    except SchemaError as error:
        return f"'parameters' is no JSON schema: {error.message[:200]}"
    return None


def recording_faults(recording: Recording, bounds: Bounds) -> Iterator[str]:
    """Why a recording cannot be used; its checks are looked at apart."""
    messages = recording.messages
    if len(messages) > bounds.messages:
        yield f"at most {bounds.messages} messages, these are {len(messages)}"
    if not recording.turns:
        yield "there is no assistant message: nothing could be asked of a candidate"
    if not 0 < len(recording.title) <= NAME_CHARACTERS_MAX:
        yield f"a title has 1 to {NAME_CHARACTERS_MAX} characters"
    if not 0 <= recording.seconds <= SECONDS_MAX:
        yield f"seconds must be between 0 and {SECONDS_MAX}"
    if any(len(message.content) > TEXT_CHARACTERS_MAX for message in messages):
        yield f"a message has at most {TEXT_CHARACTERS_MAX} characters"
    yield from checks_faults(recording.checks)


def message_faults(messages: Sequence[RecordedMessage]) -> Iterator[tuple[int, str]]:
    """What is wrong with single messages, each with its index: nothing said, or a call that does not fit."""
    open_calls: set[str] = set()
    known: set[str] = set()
    for index, message in enumerate(messages):
        if not message.content.strip() and not message.tool_calls and message.role != "tool":
            yield index, "a message without words"
        if message.tool_calls and message.role != "assistant":
            yield index, "only an assistant message has tool_calls"
        if len(message.tool_calls) > CALLS_MAX:
            yield index, f"at most {CALLS_MAX} tool calls in a message"
        for call in message.tool_calls:
            if call.call_id in known:
                yield index, f"the tool call '{call.call_id}' is here twice"
            if not _TOOL_NAME.fullmatch(call.name):
                yield index, f"'{call.name}' is no name of a tool"
            if not _is_object(call.arguments):
                yield index, f"the arguments of '{call.call_id}' are no JSON object"
            known.add(call.call_id)
            open_calls.add(call.call_id)
        if message.role == "tool":
            if message.tool_call_id not in open_calls:
                named = f"'{message.tool_call_id}'" if message.tool_call_id else "its call"
                yield index, f"a tool message answers a call before it: {named} is none, or is answered already"
            open_calls.discard(message.tool_call_id or "")
        elif message.tool_call_id is not None:
            yield index, "only a tool message answers a call"


def candidate_faults(candidate: Candidate) -> Iterator[str]:
    """Why a candidate cannot be asked for anything."""
    if not 0 < len(candidate.title) <= NAME_CHARACTERS_MAX:
        yield f"a title has 1 to {NAME_CHARACTERS_MAX} characters"
    if (fault := model_fault(candidate.model)) is not None:
        yield fault
    if candidate.temperature is not None and not 0 <= candidate.temperature <= 2:
        yield "temperature must be between 0 and 2"
    if not 1 <= candidate.output_tokens_max <= OUTPUT_TOKENS_MAX:
        yield f"output_tokens_max must be between 1 and {OUTPUT_TOKENS_MAX}"
    if any(len(text) > TEXT_CHARACTERS_MAX for text in (candidate.prompt or "", candidate.instructions or "")):
        yield f"prompt and instructions have at most {TEXT_CHARACTERS_MAX} characters"
    if len(candidate.tools) > TOOLS_MAX:
        yield f"at most {TOOLS_MAX} tools"
    for name in _twice(tool.name for tool in candidate.tools):
        yield f"two tools have the name '{name}'"
    for tool in candidate.tools:
        if not _TOOL_NAME.fullmatch(tool.name):
            yield f"'{tool.name}' is no name of a tool"
        if (fault := parameters_fault(tool.parameters)) is not None:
            yield f"tool '{tool.name}': {fault}"


def benchmark_faults(benchmark: Benchmark, bounds: Bounds) -> Iterator[str]:
    """Why a benchmark cannot be used; its candidates and checks are looked at apart."""
    if not 0 < len(benchmark.name) <= NAME_CHARACTERS_MAX:
        yield f"a name has 1 to {NAME_CHARACTERS_MAX} characters"
    if len(benchmark.recordings) > bounds.recordings:
        yield f"at most {bounds.recordings} recordings, these are {len(benchmark.recordings)}"
    if len(benchmark.candidates) > bounds.candidates:
        yield f"at most {bounds.candidates} candidates, these are {len(benchmark.candidates)}"
    for title in _twice(candidate.title for candidate in benchmark.candidates):
        yield f"two candidates have the title '{title}'"
    if not 1 <= benchmark.repeats <= REPEATS_MAX:
        yield f"repeats must be between 1 and {REPEATS_MAX}"
    if not 0 < benchmark.smallest_worthwhile <= 1:
        yield "smallest_worthwhile is a share of all points: more than 0, at most 1"
    if len(benchmark.judges) > JUDGES_MAX:
        yield f"at most {JUDGES_MAX} judges"
    for name in _twice(benchmark.judges):
        yield f"the judge '{name}' is listed twice"
    yield from filter(None, map(model_fault, benchmark.judges))
    if benchmark.baseline is not None and all(each.id != benchmark.baseline for each in benchmark.candidates):
        yield "the baseline is none of the candidates"
    if not 1 <= benchmark.live.turns_max <= LIVE_TURNS_MAX:
        yield f"live: turns_max must be between 1 and {LIVE_TURNS_MAX}"
    if benchmark.live.model is not None:
        yield from filter(None, [model_fault(benchmark.live.model)])
    yield from checks_faults(benchmark.checks)


def live_fault(recording: Recording) -> str | None:
    """Why a recording cannot be replayed with a simulated person, or None if it can."""
    if recording.scenario is None or not recording.persona_ids:
        return f"replay_mode live: the recording '{recording.title}' has no scenario with a persona to play"
    if recording.part != "learner":
        return f"replay_mode live: in the recording '{recording.title}' the candidate is the persona itself"
    return None


def model_fault(name: str) -> str | None:
    """Why a text names no model, or None if it may."""
    if len(name) <= NAME_CHARACTERS_MAX and _MODEL.fullmatch(name):
        return None
    return f"'{name[:80]}' names no model: 'scripted', or PROVIDER:MODEL as in the settings"


def arguments_text(arguments: Mapping[str, object]) -> str:
    """The arguments of a call as the JSON text that is kept."""
    return msgspec.json.encode(arguments).decode()


def _is_object(text: str) -> bool:
    try:
        return isinstance(decode_untyped(text), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


def _one_of(names: Sequence[str]) -> str:
    return " or ".join(f"'{name}'" for name in names)


def _twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    again: dict[str, None] = {}
    for name in names:
        if name in seen:
            again[name] = None
        seen.add(name)
    return list(again)
