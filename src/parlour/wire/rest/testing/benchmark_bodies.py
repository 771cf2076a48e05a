"""What authors send about benchmarks: bodies, and what they come to. No coercion, no unknown members."""

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from parlour.benchmarks.recordings.actions import may_read_recording
from parlour.catalog import actions as catalog
from parlour.catalog.benchmark_rules import arguments_text
from parlour.catalog.benchmarks import (
    Benchmark,
    Candidate,
    CandidateTool,
    Check,
    CheckedTurns,
    CheckKind,
    Consent,
    LiveRules,
    Part,
    RecordedCall,
    RecordedMessage,
    RecordedRole,
    Recording,
    ReplayMode,
)
from parlour.catalog.entities import Reference
from parlour.kernel.actor import Actor
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import invalid
from parlour.storage.tx import Tx
from parlour.wire.rest.bodies import Given, Id

ITEMS_MAX = 1_000
NAMES_MAX = 200

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Line = Annotated[str, StringConstraints(max_length=2_000)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Whole = Annotated[int, Field(ge=0, le=2**31)]
Object = dict[str, JsonValue]


class GivenCheck(Given):
    """What a program decides about every replay, before any judge."""

    key: Name
    kind: CheckKind
    turns: CheckedTurns = "any"
    text: Line = ""
    exact: bool = False
    pattern: Line = ""
    schema_: Object | None = Field(default=None, alias="schema")
    tool: Line = ""
    arguments: Object | None = None
    characters_min: Whole | None = None
    characters_max: Whole | None = None
    milliseconds_max: Whole | None = None
    required: bool = True


class GivenTool(Given):
    """A tool that a candidate may ask for; it is never executed."""

    name: Name
    description: Line = ""
    parameters: Object = Field(default_factory=lambda: {"type": "object"})


class CandidateParts(Given):
    """What a candidate is made of besides its title and its model."""

    prompt: Text | None = None
    instructions: Text | None = None
    tools: Annotated[list[GivenTool], Field(max_length=NAMES_MAX)] = Field(default_factory=list[GivenTool])
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    output_tokens_max: Annotated[int, Field(ge=1, le=2**31)] = 2048
    rubric_id: Id | None = None
    dialogue_id: Id | None = None


class GivenCandidate(CandidateParts):
    """One candidate. With the `id` of one that is there it is changed, without one it is new."""

    id: Id | None = None
    title: Name
    model: Name
    reasoning: Name | None = None
    quality: Name | None = None
    voice: Name | None = None
    modalities: Annotated[list[Name], Field(max_length=NAMES_MAX)] = Field(default_factory=list[str])
    use_custom: bool = False


class GivenLive(Given):
    """How live replays go."""

    turns_max: Annotated[int, Field(ge=1, le=1_000)] = 8
    model: Name | None = None


class BenchmarkValues(Given):
    """The members of a benchmark; `baseline` is the title of a candidate. Those that are absent stay."""

    name: Name | None = None
    description: Line | None = None
    department_ids: Annotated[list[Id], Field(max_length=NAMES_MAX)] | None = None
    profile_ids: Annotated[list[Id], Field(max_length=ITEMS_MAX)] | None = None
    active: bool | None = None
    recording_ids: Annotated[list[Id], Field(max_length=ITEMS_MAX)] | None = None
    candidates: Annotated[list[GivenCandidate], Field(max_length=NAMES_MAX)] | None = None
    replay_mode: ReplayMode | None = None
    auto_advance: bool | None = None
    repeats: Annotated[int, Field(ge=1, le=2**31)] | None = None
    checks: Annotated[list[GivenCheck], Field(max_length=NAMES_MAX)] | None = None
    judges: Annotated[list[Name], Field(max_length=NAMES_MAX)] | None = None
    prefer: bool | None = None
    baseline: Name | None = None
    smallest_worthwhile: Annotated[float, Field(gt=0, le=1)] | None = None
    live: GivenLive | None = None


class NewBenchmark(Given):
    """A new benchmark of an eval."""

    eval_id: Id
    name: Name
    values: BenchmarkValues = BenchmarkValues()


class BenchmarkChange(Given):
    """A change of the version that its writer has read."""

    expected_version: Annotated[int, Field(ge=1, le=2**31)]
    values: BenchmarkValues


class GivenCall(Given):
    """A tool call of a recorded assistant message."""

    id: Name
    name: Name
    arguments: Object = Field(default_factory=dict[str, JsonValue])


class GivenMessage(Given):
    """A recorded message; a `tool` message answers the call `tool_call_id`."""

    role: RecordedRole
    content: Text = ""
    tool_calls: Annotated[list[GivenCall], Field(max_length=NAMES_MAX)] = Field(default_factory=list[GivenCall])
    tool_call_id: Name | None = None


class GivenRecording(Given):
    """A conversation that was not held here."""

    title: Name
    part: Part = "learner"
    messages: Annotated[list[GivenMessage], Field(min_length=1, max_length=10_000)]
    checks: Annotated[list[GivenCheck], Field(max_length=NAMES_MAX)] = Field(default_factory=list[GivenCheck])
    model: Name | None = None
    seconds: Whole = 0
    scenario_id: Id | None = None


class NewRecording(Given):
    """A chat of practice with the words of the consent, or an uploaded conversation.

    Of a chat, names are always replaced; of an upload unless `replace_names` is false.
    """

    chat_id: Id | None = None
    recording: GivenRecording | None = None
    part: Part = "learner"
    consent: Annotated[str, StringConstraints(max_length=4_000)] = ""
    grade_id: Id | None = None
    title: Name | None = None
    replace_names: bool = True
    expected_version: Annotated[int, Field(ge=1, le=2**31)] | None = None


def changed(tx: Tx, actor: Actor, before: Benchmark, values: BenchmarkValues) -> Benchmark:
    """A benchmark with what was sent; what is null or absent stays, but `baseline: null` means every pair.

    A recording that the actor may not read is as good as none.
    """
    simple = {
        name: getattr(values, name)
        for name in ("name", "description", "active", "replay_mode", "auto_advance", "repeats", "prefer",
                     "smallest_worthwhile")
        if getattr(values, name) is not None
    }  # fmt: skip
    made = replace(before, **simple)
    if values.department_ids is not None:
        made = replace(made, department_ids=tuple(dict.fromkeys(values.department_ids)))
    if values.profile_ids is not None:
        made = replace(made, profile_ids=tuple(dict.fromkeys(values.profile_ids)))
    if values.recording_ids is not None:
        made = replace(made, recordings=_recordings(tx, actor, before, values.recording_ids))
    if values.checks is not None:
        made = replace(made, checks=tuple(check_of(each) for each in values.checks))
    if values.judges is not None:
        made = replace(made, judges=tuple(values.judges))
    if values.live is not None:
        made = replace(made, live=LiveRules(turns_max=values.live.turns_max, model=values.live.model))
    if values.candidates is not None:
        known = {each.id for each in before.candidates}
        candidates = tuple(_candidate(tx, known, order, each) for order, each in enumerate(values.candidates))
        kept = {each.id for each in candidates}
        made = replace(made, candidates=candidates, baseline=made.baseline if made.baseline in kept else None)
    if "baseline" in values.model_fields_set:
        made = replace(made, baseline=titled("/values/baseline", made.candidates, values.baseline))
    return made


def uploaded(tx: Tx, actor: Actor, given: GivenRecording, consent: str) -> Recording:
    """The recording that an upload makes, its names as they are."""
    pinned = _pin(tx, given.scenario_id)
    scenario = catalog.scenario_version(tx, pinned.id, pinned.version) if pinned else None
    if given.scenario_id is not None and scenario is None:
        raise invalid("/recording/scenario_id", "there is no such scenario")
    recording_id = tx.new_id()
    who = Consent(account_id=AccountId(""), recorded_by=actor.account_id, at=tx.now_ms, statement=consent.strip())
    return Recording(
        id=recording_id,
        title=given.title,
        part=given.part,
        cluster=scenario.id if scenario else recording_id,
        scenario=pinned,
        persona_ids=scenario.persona_ids if scenario else (),
        messages=tuple(_message(tx, each) for each in given.messages),
        checks=tuple(check_of(each) for each in given.checks),
        model=given.model,
        seconds=given.seconds,
        consent=who if consent.strip() else None,
    )


def check_of(given: GivenCheck) -> Check:
    """A check as it is kept."""
    members = {field.name: getattr(given, field.name) for field in fields(Check) if field.name != "schema"}
    return Check(schema=given.schema_, **members)


def _message(tx: Tx, given: GivenMessage) -> RecordedMessage:
    return RecordedMessage(
        id=tx.new_id(),
        role=given.role,
        content=given.content,
        tool_calls=tuple(
            RecordedCall(call_id=call.id, name=call.name, arguments=arguments_text(call.arguments))
            for call in given.tool_calls
        ),
        tool_call_id=given.tool_call_id,
    )


def _candidate(tx: Tx, known: set[str], order: int, given: GivenCandidate) -> Candidate:
    if given.id is not None and given.id not in known:
        raise invalid(f"/values/candidates/{order}/id", "there is no such candidate")
    named = Candidate(
        id=given.id or tx.new_id(),
        position=order,
        title=given.title,
        model=given.model,
        reasoning=given.reasoning,
        quality=given.quality,
        voice=given.voice,
        modalities=tuple(given.modalities),
        use_custom=given.use_custom,
    )
    return with_parts(tx, f"/values/candidates/{order}", named, given)


def _recordings(tx: Tx, actor: Actor, before: Benchmark, ids: list[str]) -> tuple[Reference, ...]:
    """Recordings by id: those that are there as they are, another one in its newest version."""
    pinned = {each.id: each for each in before.recordings}
    found = {
        each: pinned.get(each) or (_pin(tx, each) if may_read_recording(tx, actor, each) else None)
        for each in dict.fromkeys(ids)
    }
    for order, each in enumerate(ids):
        if found[each] is None:
            raise invalid(f"/values/recording_ids/{order}", "there is no such recording")
    return tuple(each for each in found.values() if each is not None)


def titled(place: str, candidates: Sequence[Candidate], title: str | None) -> str | None:
    """The id of the candidate of a title, if one is given; raises `invalid_request` for that place of the body."""
    if title is None:
        return None
    found = next((each.id for each in candidates if each.title == title), None)
    if found is None:
        raise invalid(place, "there is no candidate of this title")
    return found


def with_parts(tx: Tx, place: str, named: Candidate, given: CandidateParts) -> Candidate:
    """A candidate with the parts that were given, rubric and dialogue in their newest versions; `place` is where they
    stand in the body. Raises `invalid_request` as `titled`."""
    rubric, dialogue = _pin(tx, given.rubric_id), _pin(tx, given.dialogue_id)
    for name, wanted, pinned in (("rubric_id", given.rubric_id, rubric), ("dialogue_id", given.dialogue_id, dialogue)):
        if wanted is not None and pinned is None:
            raise invalid(f"{place}/{name}", "there is no such thing")
    return replace(
        named,
        prompt=given.prompt,
        instructions=given.instructions,
        tools=tuple(
            CandidateTool(name=tool.name, description=tool.description, parameters=tool.parameters)
            for tool in given.tools
        ),
        temperature=given.temperature,
        output_tokens_max=given.output_tokens_max,
        rubric=rubric,
        dialogue=dialogue,
    )


def _pin(tx: Tx, content_id: str | None) -> Reference | None:
    return next(iter(catalog.newest(tx, [content_id])), None) if content_id else None
