"""What the results of a test consist of: plain values, the same for the page, for files and for the command line.

Scores are shares of all points, 0 to 1. What cannot be known is None, with a `reason` in words. Times in milliseconds.
"""

from collections.abc import Sequence
from typing import Literal

from parlour.benchmarks.entities import Halted, TestState
from parlour.catalog.benchmarks import ReplayMode
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described

Word = Literal["better", "worse", "no evidence", "too small"]
Unit = Literal["scenario", "recording"]
Measure = Literal["score", "passes"]
CellState = Literal["pending", "queued", "running", "completed", "stopped", "failed"]
FORMAT = "parlour.test-results"
FORMAT_VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """An interval, meant to hold the truth in the share `level` of benchmarks."""

    low: float
    high: float
    level: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Money:
    """An amount in one currency, in units of it."""

    amount: float
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """Which test it is. `seed`, `confidence` and the benchmark's version make it repeatable."""

    id: str
    name: str
    benchmark_id: str
    benchmark_name: str
    benchmark_version: int
    replay_mode: ReplayMode
    infinite_mode: bool
    repeats: int
    recordings: int
    scenarios: int
    state: TestState
    halted: Halted | None
    archived: bool
    automatic: bool
    judges: Sequence[str]
    seed: int
    confidence: float
    smallest_worthwhile: float
    created_at: int
    completed_at: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What the test has used. `seconds` is the time of all requests together, `without_price` the models that cost
    nobody knows what (offline models cost nothing)."""

    requests: int
    input_tokens: int
    output_tokens: int
    seconds: float
    costs: Sequence[Money]
    without_price: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class BoundsShown:
    """The bounds of the plan; None = no bound."""

    cost: Money | None
    tokens: int | None
    seconds: int | None
    failures: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How many cells are where. `pending` cells have no replay that is queued, running or completed."""

    cells: int
    pending: int
    queued: int
    running: int
    completed: int
    failed: int
    stopped: int
    graded: int
    pending_grades: int
    pending_preferences: int
    spent: Spent
    bounds: BoundsShown


@dataclass(frozen=True, kw_only=True, slots=True)
class Passes:
    """How many of the decided cells passed: by the grade, and by every required check. `interval` respects that cells
    of one scenario are not independent; `wilson` is that of independent trials."""

    successes: int
    trials: int
    rate: float | None
    interval: Range | None
    wilson: Range | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PassK:
    """The chance that k trials of a recording in a row all pass (pass^k); `left_out` recordings had fewer trials."""

    k: int
    rate: float | None
    interval: Range | None
    recordings: int
    left_out: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckTally:
    """How often one check held."""

    key: str
    kind: str
    required: bool
    passed: int
    failed: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Blames:
    """How many failed cells are whose fault."""

    candidate: int
    person: int
    judge: int
    infrastructure: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """How far two runs of the very same model lie apart at most (`half_width`), by its own repetitions."""

    half_width: float | None
    sd: float | None
    within: float | None
    identical: float | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CandidateResult:
    """One candidate. Milliseconds are those of a turn; tokens and costs those of its own requests.

    `divergent` of the completed replays do not say what the recording says.
    """

    invocation_id: str
    candidate_id: str
    title: str
    model: str
    temperature: float | None
    position: int
    is_baseline: bool
    cells: int
    completed: int
    scored: int
    mean: float | None
    interval: Range | None
    reason: str
    passes: Passes
    pass_k: Sequence[PassK]
    checks: Sequence[CheckTally]
    noise: Noise
    input_tokens: int
    output_tokens: int
    costs: Sequence[Money]
    milliseconds_p50: int | None
    milliseconds_p95: int | None
    divergent: int
    blame: Blames


@dataclass(frozen=True, kw_only=True, slots=True)
class PeopleResult:
    """Those who spoke in the recordings, on the same scale: as they were graded then (`recorded`), or as the judges of
    this test grade the recorded answers (`judged`)."""

    source: Literal["recorded", "judged"]
    title: str
    n: int
    mean: float | None
    interval: Range | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PassDifference:
    """The same question asked of passes. `b_only`: so many cells only b passed."""

    difference: float | None
    interval: Range | None
    p: float
    method: str
    b_only: int
    a_only: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PreferenceResult:
    """What judges chose who did not know whose words they read. `rate_b` counts a tie half.

    `order_consistent` is the share of pairs about which a judge says the same in both orders, `first_rate` how often
    the one shown first was chosen (half is fair).
    """

    wins_a: int
    wins_b: int
    ties: int
    failed: int
    rate_b: float | None
    interval: Range | None
    order_consistent: float | None
    first_rate: float | None
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Whether candidate b differs from a (the baseline, or the earlier one), in a word and a sentence.

    `difference` is b - a. `p_adjusted` is Holm's over all comparisons; it is set against `alpha`. `detectable` is the
    least difference that this benchmark would probably show.
    """

    a: str
    b: str
    a_title: str
    b_title: str
    measure: Measure
    word: Word
    sentence: str
    difference: float | None
    interval: Range | None
    p: float
    p_adjusted: float
    alpha: float
    method: str
    reason: str
    detectable: float | None
    pairs: int
    recordings: int
    units: int
    within_noise: bool | None
    passes: PassDifference
    preference: PreferenceResult | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NoiseFloorShown:
    """The noise floor of the test: that of the recorded model if it is a candidate, else of the baseline or the first.

    `kind`: `recorded` only if it is the recorded model played against itself.
    """

    invocation_id: str
    title: str
    kind: Literal["recorded", "baseline", "first"]
    half_width: float | None
    sd: float | None
    within: float | None
    identical: float | None
    recordings: int
    repeats: float
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeResult:
    """One judge of the panel; `counts`: his grade is the score."""

    judge: str
    counts: bool
    n: int
    failed: int
    mean: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class AgreementShown:
    """Krippendorff's alpha of the panel's scores (interval metric); 1 is complete, 0 what chance gives."""

    alpha: float | None
    raters: int
    units: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class CriterionBias:
    """By how much a judge gives more than people for one criterion, as a share of its points; positive is generous."""

    criterion: str
    mean: float
    interval: Range | None
    n: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class HumanAgreement:
    """A judge beside people's marks: quadratically weighted kappa of levels, and the bias of every criterion.

    `n` pairs of levels, of `cases` conversations; `source`: marks of this test, or grades of the recorded answers.
    """

    judge: str
    kappa: float | None
    n: int
    cases: int
    reason: str
    bias: Sequence[CriterionBias]


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """A recording of the test; `cluster` is the scenario it shares with others."""

    recording_id: str
    title: str
    cluster: str
    people: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixCell:
    """All repetitions of one recording by one candidate. `state` is the least finished of them."""

    mean: float | None
    passed: int
    trials: int
    completed: int
    state: CellState


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """A row a recording, a column a candidate, in the order of the test."""

    recordings: Sequence[MatrixRow]
    cells: Sequence[Sequence[MatrixCell]]


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class Results:
    """Everything that can be said of a test now. `unit` is what counts as independent; `final`: nothing will be added
    to it by itself."""

    test: About
    final: bool
    unit: Unit
    progress: Progress
    candidates: Sequence[CandidateResult]
    people: Sequence[PeopleResult]
    comparisons: Sequence[Comparison]
    noise_floor: NoiseFloorShown | None
    judges: Sequence[JudgeResult]
    agreement: AgreementShown | None
    human: Sequence[HumanAgreement]
    matrix: Matrix
    caveats: Sequence[str]
    formulas: Sequence[str]
