"""What tests are made of (Glow 1.4): recordings, candidates, benchmarks, evals. Plain, frozen data.

A benchmark pins the versions of its recordings and rubrics, so a test that began with it can be explained
for ever. `version` is 0 until the object is published.
"""

from collections.abc import Mapping
from typing import Literal

from parlour.catalog.entities import Reference
from parlour.kernel.dataclass import dataclass

ReplayMode = Literal["auto_regressive", "last_turn", "live"]
RecordedRole = Literal["system", "developer", "user", "assistant", "tool"]
Part = Literal["persona", "learner"]
CheckKind = Literal[
    "contains", "not_contains", "regex", "not_regex", "json_schema", "tool_called", "tool_not_called", "ended",
    "length", "latency",
]  # fmt: skip
CheckedTurns = Literal["any", "every", "last"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedCall:
    """A tool call in a recording; `arguments` is JSON text. It is never executed."""

    call_id: str
    name: str
    arguments: str = "{}"


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedMessage:
    """One message. `tool` messages are the recorded result of the call `tool_call_id`."""

    id: str
    role: RecordedRole
    content: str = ""
    persona_id: str | None = None
    tool_calls: tuple[RecordedCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedGrade:
    """How the one who spoke the assistant's turns was graded: `totals` are points by standard group."""

    rubric: Reference
    source: Literal["model", "human", "previous"]
    score: int
    total_points: int
    pass_points: int
    totals: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """That a person's conversation may be used in tests: whose, who recorded the consent, when (ms), its words."""

    account_id: str
    recorded_by: str
    at: int
    statement: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """What a program can decide about a replay, before any judge is asked.

    `turns`: in which of the candidate's turns it must hold; what forbids or bounds (not_..., tool_not_called, ended,
    length, latency) must hold in every turn unless it is `last`. `text` for contains and `pattern` (RE2, see
    `catalog.patterns`) for regex, letter case is ignored unless `exact`, `schema` for json_schema, `tool` and
    `arguments` (a subset that must be equal) for tool_called, characters for length, milliseconds of a turn for
    latency. A check that is not `required` is reported and fails nothing.
    """

    key: str
    kind: CheckKind
    turns: CheckedTurns = "any"
    text: str = ""
    exact: bool = False
    pattern: str = ""
    schema: Mapping[str, object] | None = None
    tool: str = ""
    arguments: Mapping[str, object] | None = None
    characters_min: int | None = None
    characters_max: int | None = None
    milliseconds_max: int | None = None
    required: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """A recorded conversation (a *recorded run*): the `assistant` turns are what candidates are asked for.

    `part` says whose turns these were in a practice conversation: the persona's, or the learner's (then models
    stand where a person stood, and `grade` puts both on one scale). `cluster` groups what is not independent:
    the scenario, else the recording itself. `scenario` and `persona_ids` are needed for live replays. `erased_at` (ms):
    its consent was withdrawn, and all words are gone; such a recording is in no benchmark any more.
    """

    id: str
    version: int = 0
    title: str
    group_id: str | None = None
    source_chat_id: str | None = None
    part: Part = "learner"
    cluster: str
    scenario: Reference | None = None
    persona_ids: tuple[str, ...] = ()
    messages: tuple[RecordedMessage, ...]
    checks: tuple[Check, ...] = ()
    grade: RecordedGrade | None = None
    model: str | None = None
    seconds: int = 0
    consent: Consent | None = None
    names_replaced: int = 0
    department_ids: tuple[str, ...] = ()
    erased_at: int | None = None

    @property
    def turns(self) -> int:
        """How many assistant turns it has."""
        return sum(message.role == "assistant" for message in self.messages)


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateTool:
    """A tool that a candidate may ask for. It is never executed in a replay."""

    name: str
    description: str = ""
    parameters: Mapping[str, object]


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An *invocation template* (Glow 1.4): one model with its prompt and settings, to be compared.

    `model` is named as in the settings (`scripted...` or `provider:model`). `prompt` replaces the recording's system
    messages, `instructions` are added to them. `dialogue` is the part that an offline candidate plays.
    `judge_rubric` None: the candidate's replays cannot be graded.
    """

    id: str
    position: int
    title: str
    model: str
    prompt: str | None = None
    instructions: str | None = None
    tools: tuple[CandidateTool, ...] = ()
    temperature: float | None = None
    reasoning: str | None = None
    quality: str | None = None
    voice: str | None = None
    modalities: tuple[str, ...] = ()
    output_tokens_max: int = 2048
    rubric: Reference | None = None
    dialogue: Reference | None = None
    use_custom: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveRules:
    """A live replay: how many turns the candidate has at most, and who plays the person (None: the settings' model)."""

    turns_max: int = 8
    model: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Benchmark:
    """Recordings to replay and candidates to replay them with.

    `repeats` of every recording for every candidate. `judges` are the models that grade (empty: the grader of the
    settings); the first one's grade counts, the others show how far judges agree. `prefer`: judges also compare the
    candidates pairwise. `baseline` is the candidate the others are compared with; None: every pair is compared.
    `smallest_worthwhile` is the difference that matters, as a share of all points.
    """

    id: str
    version: int = 0
    eval_id: str
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    profile_ids: tuple[str, ...] = ()
    active: bool = True
    recordings: tuple[Reference, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    replay_mode: ReplayMode = "auto_regressive"
    auto_advance: bool = False
    use_groups: bool = False
    dynamic: bool = False
    repeats: int = 1
    checks: tuple[Check, ...] = ()
    judges: tuple[str, ...] = ()
    prefer: bool = False
    baseline: str | None = None
    smallest_worthwhile: float = 0.1
    live: LiveRules = LiveRules()


@dataclass(frozen=True, kw_only=True, slots=True)
class Eval:
    """An authored evaluation: what several benchmarks belong to."""

    id: str
    name: str
    description: str = ""
    model_ids: tuple[str, ...] = ()
    rubric_ids: tuple[str, ...] = ()
    department_ids: tuple[str, ...] = ()
    active: bool = True
