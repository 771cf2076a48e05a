"""How tests of models are written down: the sections `evals`, `recordings` and `benchmarks` of a bundle.

What a member means is said in `benchmarks.py`, where most bear the same name; other objects are named by slugs.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from parlour.catalog.benchmarks import CheckedTurns, CheckKind, LiveRules, Part, ReplayMode
from parlour.catalog.yaml_reader import Place, Ref
from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EvalSource:
    id: str | None = None
    name: str
    description: str = ""
    department_ids: tuple[str, ...] = ()
    active: bool = True
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class CallSource:
    """A tool call of an assistant message; `arguments` as a mapping."""

    id: str
    name: str
    arguments: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageSource:
    """One message: its role is the member that bears the words. `call` is the id that a `tool` message answers."""

    system: str | None = None
    developer: str | None = None
    user: str | None = None
    assistant: str | None = None
    tool: str | None = None
    call: str | None = None
    persona: Ref | None = None
    tool_calls: tuple[CallSource, ...] = ()
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckSource:
    """A check; which members it needs depends on its kind."""

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
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedGradeSource:
    """How the one who spoke was graded: points by standard group (by its slug in the rubric)."""

    rubric: Ref
    source: Literal["model", "human"] = "human"
    levels: Mapping[str, int]
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class ConsentSource:
    """That the words may be used, in words. `at` is RFC 3339."""

    statement: str
    at: str | None = None
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingSource:
    """A recorded conversation. `scenario` gives the personas, and the system message if none is written."""

    id: str | None = None
    title: str
    part: Part = "learner"
    scenario: Ref | None = None
    personas: tuple[Ref, ...] = ()
    messages: tuple[MessageSource, ...]
    checks: tuple[CheckSource, ...] = ()
    grade: RecordedGradeSource | None = None
    consent: ConsentSource | None = None
    model: str | None = None
    seconds: int = 0
    department_ids: tuple[str, ...] = ()
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class ToolSource:
    """A tool that a candidate may ask for; `parameters` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, object] = field(default_factory=lambda: {"type": "object"})


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateSource:
    """One candidate; `title` is its slug if nothing is said."""

    id: str | None = None
    title: str | None = None
    model: str
    prompt: str | None = None
    instructions: str | None = None
    tools: tuple[ToolSource, ...] = ()
    temperature: float | None = None
    reasoning: str | None = None
    quality: str | None = None
    voice: str | None = None
    modalities: tuple[str, ...] = ()
    output_tokens_max: int = 2048
    rubric: Ref | None = None
    dialogue: Ref | None = None
    use_custom: bool = False
    place: Place


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkSource:
    """A benchmark. `recordings: all` are those of the bundle in their order; `people` are named by user id.

    Without `people` who may run it besides its departments stays as it is.
    """

    id: str | None = None
    name: str
    description: str = ""
    eval: Ref
    department_ids: tuple[str, ...] = ()
    people: tuple[Ref, ...] | None = None
    active: bool = True
    recordings: Literal["all"] | tuple[Ref, ...] = "all"
    candidates: Mapping[str, CandidateSource] = field(default_factory=dict[str, CandidateSource])
    replay_mode: ReplayMode = "auto_regressive"
    auto_advance: bool = False
    use_groups: bool = False
    dynamic: bool = False
    repeats: int = 1
    checks: tuple[CheckSource, ...] = ()
    judges: tuple[str, ...] = ()
    prefer: bool = False
    baseline: Ref | None = None
    smallest_worthwhile: float = 0.1
    live: LiveRules = field(default_factory=LiveRules)
    place: Place
