"""Benchmarks and recordings as authors read them. Whose conversation a recording was is never shown."""

from collections.abc import Mapping, Sequence

from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import (
    Benchmark,
    Candidate,
    Check,
    LiveRules,
    Part,
    RecordedMessage,
    Recording,
    ReplayMode,
)
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeShown:
    """How the recorded answers were graded: points by standard group."""

    rubric_id: str
    rubric_version: int
    source: str
    score: int
    passed: bool
    total_points: int
    pass_points: int
    totals: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionHead:
    """A criterion of a rubric, and the most points it gives."""

    name: str
    description: str
    points: int


@dataclass(frozen=True, kw_only=True, slots=True)
class RubricHead:
    """What candidates are graded by, without its levels."""

    rubric_id: str
    version: int
    name: str
    description: str
    total_points: int
    pass_points: int
    criteria: Sequence[CriterionHead]


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingHead:
    """A recording without its words. `turns` are those that a candidate is asked for; `seconds` it took."""

    recording_id: str
    version: int
    title: str
    part: Part
    cluster: str
    scenario_id: str | None
    scenario_name: str | None
    messages: int
    turns: int
    seconds: int
    model: str | None
    grade: GradeShown | None
    consent_at: str | None
    names_replaced: int


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class RecordingShown:
    """A whole recording. `source_chat_id` and the words of the consent are null for who may not read that chat."""

    recording: RecordingHead
    messages: Sequence[RecordedMessage]
    checks: Sequence[Check]
    persona_ids: Sequence[str]
    source_chat_id: str | None
    consent: str | None


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkShown:
    """A whole benchmark as it is at this version. `may_edit`: the reader may change it."""

    benchmark_id: str
    version: int
    eval_id: str
    eval_name: str | None
    name: str
    description: str
    department_ids: Sequence[str]
    profile_ids: Sequence[str]
    active: bool
    replay_mode: ReplayMode
    auto_advance: bool
    use_groups: bool
    dynamic: bool
    repeats: int
    judges: Sequence[str]
    prefer: bool
    baseline: str | None
    smallest_worthwhile: float
    live: LiveRules
    checks: Sequence[Check]
    candidates: Sequence[Candidate]
    rubrics: Sequence[RubricHead]
    recordings: Sequence[RecordingHead]
    may_edit: bool


def shown_benchmark(tx: Tx, benchmark: Benchmark, *, may_edit: bool) -> BenchmarkShown:
    """A benchmark with the heads of its recordings."""
    found = catalog.eval_of(tx, benchmark.eval_id)
    recordings = [catalog.recording_version(tx, each.id, each.version) for each in benchmark.recordings]
    return BenchmarkShown(
        benchmark_id=benchmark.id,
        version=benchmark.version,
        eval_id=benchmark.eval_id,
        eval_name=found.name if found else None,
        name=benchmark.name,
        description=benchmark.description,
        department_ids=benchmark.department_ids,
        profile_ids=benchmark.profile_ids,
        active=benchmark.active,
        replay_mode=benchmark.replay_mode,
        auto_advance=benchmark.auto_advance,
        use_groups=benchmark.use_groups,
        dynamic=benchmark.dynamic,
        repeats=benchmark.repeats,
        judges=benchmark.judges,
        prefer=benchmark.prefer,
        baseline=benchmark.baseline,
        smallest_worthwhile=benchmark.smallest_worthwhile,
        live=benchmark.live,
        checks=benchmark.checks,
        candidates=benchmark.candidates,
        rubrics=_rubrics(tx, benchmark),
        recordings=[head_of(tx, each) for each in recordings if each],
        may_edit=may_edit,
    )


def _rubrics(tx: Tx, benchmark: Benchmark) -> list[RubricHead]:
    pinned = dict.fromkeys(each.rubric for each in benchmark.candidates if each.rubric)
    found = [catalog.rubric_version(tx, each.id, each.version) for each in pinned]
    return [
        RubricHead(
            rubric_id=rubric.id,
            version=rubric.version,
            name=rubric.name,
            description=rubric.description,
            total_points=rubric.total_points,
            pass_points=rubric.pass_points,
            criteria=[
                CriterionHead(name=each.name, description=each.description, points=each.points)
                for each in rubric.groups
            ],
        )
        for rubric in found
        if rubric
    ]


def head_of(tx: Tx, recording: Recording) -> RecordingHead:
    """A recording without its words."""
    pinned, grade = recording.scenario, recording.grade
    scenario = catalog.scenario_version(tx, pinned.id, pinned.version) if pinned else None
    return RecordingHead(
        recording_id=recording.id,
        version=recording.version,
        title=recording.title,
        part=recording.part,
        cluster=recording.cluster,
        scenario_id=pinned.id if pinned else None,
        scenario_name=scenario.name if scenario else None,
        messages=len(recording.messages),
        turns=recording.turns,
        seconds=recording.seconds,
        model=recording.model,
        grade=GradeShown(
            rubric_id=grade.rubric.id,
            rubric_version=grade.rubric.version,
            source=grade.source,
            score=grade.score,
            passed=grade.score >= grade.pass_points,
            total_points=grade.total_points,
            pass_points=grade.pass_points,
            totals=grade.totals,
        )
        if grade
        else None,
        consent_at=rfc3339(recording.consent.at) if recording.consent and recording.consent.at else None,
        names_replaced=recording.names_replaced,
    )


def shown_recording(tx: Tx, recording: Recording, *, may_read_source: bool) -> RecordingShown:
    """A recording with its words."""
    consent = recording.consent
    open_words = may_read_source or recording.source_chat_id is None
    return RecordingShown(
        recording=head_of(tx, recording),
        messages=recording.messages,
        checks=recording.checks,
        persona_ids=recording.persona_ids,
        source_chat_id=recording.source_chat_id if may_read_source else None,
        consent=consent.statement if consent and open_words else None,
    )
