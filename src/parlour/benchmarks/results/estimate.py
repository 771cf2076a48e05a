"""What a test would cost, how long it would take, and what it could show: before it is run.

Tokens are counted from the recordings, four characters each, or taken from earlier tests of the benchmark, with a
margin on both sides. Candidates say more or less than the recorded person did, so this is a range, not a promise.
"""

from collections.abc import Sequence
from dataclasses import field, replace
from typing import TYPE_CHECKING

from parlour.benchmarks import access, reading
from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import Plan as TestPlan
from parlour.benchmarks.judging import papers
from parlour.benchmarks.replaying.context import turns_total
from parlour.benchmarks.results import comparing, store
from parlour.benchmarks.results.data import Data, read_scores
from parlour.benchmarks.results.shapes import Measure
from parlour.benchmarks.results.store import PerRequest
from parlour.benchmarks.results.units import SCENARIOS_MIN
from parlour.benchmarks.running.starting import Starting, snapshot_of
from parlour.catalog import actions as catalog
from parlour.catalog.benchmarks import Benchmark, Recording
from parlour.catalog.prices import MICROS, Rate
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx
from parlour.turns.usage import CHARACTERS_PER_TOKEN

if TYPE_CHECKING:
    from parlour.benchmarks.statistics.power import Spread

RUBRIC_TOKENS = 700
"""Instructions of a judge, and his answer: about these many tokens each beside rubric and transcript."""
VERDICT_TOKENS = 450
CHOICE_TOKENS = 200
LEAST, MOST = 0.6, 1.8
LEAST_KNOWN, MOST_KNOWN = 0.85, 1.2
SECONDS_PER_REQUEST, SECONDS_OFFLINE = 4.0, 0.05
OFFLINE = "scripted"
POWER = 0.8


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRange:
    """From about this many tokens to about that many."""

    low: int
    high: int


@dataclass(frozen=True, kw_only=True, slots=True)
class MoneyRange:
    """From about this much to about that much, in units of the currency."""

    low: float
    high: float
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SecondsRange:
    """From about this long to about that long."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a test would come to. `costs` know nothing of the models `without_price`.

    `power` is the chance of seeing the smallest difference that matters, `recordings_needed` how many recordings (in
    new scenarios) would see it four times of five. `from_earlier`: the spread comes from an earlier test.
    """

    cells: int
    turns: int
    model_requests: int
    judge_requests: int
    tokens: TokenRange
    costs: Sequence[MoneyRange]
    without_price: Sequence[str]
    seconds: SecondsRange
    comparisons: int
    smallest_worthwhile: float
    detectable_difference: float | None
    power: float | None
    recordings_needed: int | None
    from_earlier: bool
    sentences: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Material:
    """What an estimate is made from, read at once. `earlier` is a finished test of the benchmark."""

    snapshot: Benchmark
    plan: TestPlan
    recordings: Sequence[Recording]
    rubric_points: int
    rubric_characters: int
    prices: dict[str, Rate]
    before: Sequence[PerRequest]
    earlier: Data | None
    judge: str


@dataclass(kw_only=True, slots=True)
class _Work:
    """Requests of one kind to one model."""

    task: str
    model: str
    requests: int = 0
    input_tokens: float = 0
    output_tokens: float = 0


@dataclass(kw_only=True, slots=True)
class _Total:
    """Sums in the making."""

    tokens: list[float] = field(default_factory=lambda: [0.0, 0.0])
    seconds: list[float] = field(default_factory=lambda: [0.0, 0.0])
    costs: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    unpriced: set[str] = field(default_factory=set[str])


def material(tx: Tx, actor: Actor, starting: Starting, judge: str) -> Material:
    """What an estimate needs; `judge` grades where the benchmark names nobody. Raises `not_found`."""
    snapshot = snapshot_of(access.benchmark_to_run(tx, actor, starting.benchmark_id), starting)
    newest = store.newest_completed(tx, starting.benchmark_id)
    test = tests.test(tx, newest) if newest else None
    rubrics = [rubric for each in snapshot.candidates if (rubric := papers.rubric_of(tx, each)) is not None]
    models = {each.model for each in snapshot.candidates} | {*(snapshot.judges or (judge,))}
    prices = {each: rate for each in models if (rate := catalog.price_of(tx, each)) is not None}
    words = (
        len(group.description) + sum(len(level.name) + len(level.description) for level in group.standards)
        for rubric in rubrics[:1]
        for group in rubric.groups
    )
    return Material(
        snapshot=snapshot,
        plan=starting.plan,
        recordings=[reading.recording(tx, each) for each in snapshot.recordings],
        rubric_points=min((each.total_points for each in rubrics), default=0),
        rubric_characters=sum(words),
        prices=prices,
        before=store.requests_before(tx, starting.benchmark_id),
        earlier=read_scores(tx, test) if test is not None else None,
        judge=judge,
    )


def estimate(given: Material) -> Estimate:
    """The forecast. Pure; half a second for few scenarios, whose test is played."""
    snapshot = given.snapshot
    works = _works(given)
    total = _summed(given, works)
    candidates = [each for each in works if each.task == "candidate"]
    judges = [each for each in works if each.task != "candidate"]
    cells = len(snapshot.candidates) * len(given.recordings) * snapshot.repeats
    turns = sum(turns_total(each, snapshot.replay_mode, snapshot.live) for each in given.recordings)
    parallel = max(1, given.plan.parallel)
    compared = _comparisons(snapshot)
    least, power, needed, known = _forecast(given, compared)
    made = Estimate(
        cells=cells,
        turns=turns * len(snapshot.candidates) * snapshot.repeats,
        model_requests=sum(each.requests for each in candidates),
        judge_requests=sum(each.requests for each in judges),
        tokens=TokenRange(low=round(total.tokens[0]), high=round(total.tokens[1])),
        costs=[
            MoneyRange(low=low / MICROS, high=high / MICROS, currency=currency)
            for currency, (low, high) in sorted(total.costs.items())
        ],
        without_price=sorted(each for each in total.unpriced if not each.startswith(OFFLINE)),
        seconds=SecondsRange(low=total.seconds[0] / parallel, high=total.seconds[1] / parallel),
        comparisons=compared,
        smallest_worthwhile=snapshot.smallest_worthwhile,
        detectable_difference=least,
        power=power,
        recordings_needed=needed,
        from_earlier=known,
        sentences=(),
    )
    return _said(made)


def _works(given: Material) -> list[_Work]:
    snapshot = given.snapshot
    works: dict[tuple[str, str], _Work] = {}

    def add(task: str, model: str, requests: float, each_in: float, each_out: float) -> None:
        work = works.setdefault((task, model), _Work(task=task, model=model))
        work.requests += round(requests)
        work.input_tokens += requests * each_in
        work.output_tokens += requests * each_out

    panel = snapshot.judges or (given.judge,)
    for recording in given.recordings:
        turns = turns_total(recording, snapshot.replay_mode, snapshot.live)
        said = sum(len(each.content) for each in recording.messages) / CHARACTERS_PER_TOKEN
        answers = [len(each.content) for each in recording.messages if each.role == "assistant"] or [400]
        answer = sum(answers) / len(answers) / CHARACTERS_PER_TOKEN
        # The context of a turn grows from nothing to the whole conversation; the last turn has all of it.
        heard = said if snapshot.replay_mode == "last_turn" else said * (turns + 1) / (2 * max(turns, 1))
        for candidate in snapshot.candidates:
            extra = (len(candidate.prompt or "") + len(candidate.instructions or "")) / CHARACTERS_PER_TOKEN
            add("candidate", candidate.model, turns * snapshot.repeats, heard + extra, answer)
            if snapshot.replay_mode == "live":
                add("reply", snapshot.live.model or given.judge, turns * snapshot.repeats, heard, answer)
            if candidate.rubric is not None:
                paper = said + RUBRIC_TOKENS + given.rubric_characters / CHARACTERS_PER_TOKEN
                for judge in panel:
                    add("grade", judge, snapshot.repeats, paper, VERDICT_TOKENS)
        if snapshot.prefer:
            asked = 2 * _comparisons(snapshot) * snapshot.repeats
            for judge in panel:
                add("prefer", judge, asked, 2 * said + RUBRIC_TOKENS, CHOICE_TOKENS)
        if given.plan.recorded:
            for judge in panel:
                add("grade", judge, 1, said + RUBRIC_TOKENS, VERDICT_TOKENS)
    return list(works.values())


def _summed(given: Material, works: Sequence[_Work]) -> _Total:
    known = {(each.task, each.model): each for each in given.before}
    total = _Total()
    for work in works:
        earlier = known.get((work.task, work.model))
        inputs, outputs, margins = work.input_tokens, work.output_tokens, (LEAST, MOST)
        if earlier is not None:
            inputs, outputs = work.requests * earlier.input_tokens, work.requests * earlier.output_tokens
            margins = (LEAST_KNOWN, MOST_KNOWN)
        usual = SECONDS_OFFLINE if work.model.startswith(OFFLINE) else SECONDS_PER_REQUEST
        seconds = work.requests * (earlier.milliseconds / 1000 if earlier else usual)
        rate = given.prices.get(work.model)
        for side, margin in enumerate(margins):
            total.tokens[side] += (inputs + outputs) * margin
            total.seconds[side] += seconds * margin
            if rate is not None:
                sums = total.costs.setdefault(rate.currency, [0.0, 0.0])
                sums[side] += rate.cost_micros(round(inputs * margin), round(outputs * margin))
        if rate is None:
            total.unpriced.add(work.model)
    return total


def _comparisons(snapshot: Benchmark) -> int:
    count = len(snapshot.candidates)
    return max(count - 1, 0) if snapshot.baseline is not None else count * (count - 1) // 2


def _forecast(given: Material, compared: int) -> tuple[float | None, float | None, int | None, bool]:
    """What can be seen, the chance of seeing what matters, how many recordings would do, and whether it is known how
    much scores vary."""
    from parlour.benchmarks.statistics import power  # noqa: PLC0415 (numpy costs 30 MiB)

    if compared == 0 or not given.recordings:
        return None, None, None, False
    clusters: dict[str, int] = {}
    for each in given.recordings:
        clusters[each.cluster] = clusters.get(each.cluster, 0) + 1
    by_scenario = len(clusters) >= SCENARIOS_MIN
    sizes = tuple(sorted(clusters.values())) if by_scenario else (1,) * len(given.recordings)
    spread = _earlier_spread(given)
    graded = given.rubric_points > 0
    plan = power.Plan(
        cases=len(given.recordings),
        clusters=len(sizes),
        repeats=given.snapshot.repeats,
        spread=spread or (power.DEFAULT_SPREAD if graded else power.DEFAULT_PASS_SPREAD),
        alpha=1 - given.plan.confidence,
        comparisons=compared,
        power=POWER,
        sizes=sizes,
        step=1 / given.rubric_points if graded else 1.0,
    )
    worthwhile = given.snapshot.smallest_worthwhile
    return (
        power.minimum_detectable_difference(plan),
        power.power_of(plan, worthwhile),
        power.cases_needed(plan, worthwhile),
        spread is not None,
    )


def _earlier_spread(given: Material) -> "Spread | None":
    """The largest spread among the comparisons of the earlier test."""
    data = given.earlier
    if data is None:
        return None
    measure: Measure = "score" if given.rubric_points else "passes"
    found = [comparing.spread(data, comparing.pairs(data, a, b, measure)) for a, b in comparing.pairs_of(data)]
    known = [each for each in found if each is not None]
    return max(known, key=lambda each: each.between_clusters**2 + each.between_cases**2 + each.within**2, default=None)


def _said(made: Estimate) -> Estimate:
    """The same with sentences for a reader."""
    said = [
        f"{made.cells:,} cases with {made.turns:,} answers: {made.model_requests:,} requests to candidates and"
        f" {made.judge_requests:,} to judges, about {made.tokens.low:,} to {made.tokens.high:,} tokens."
    ]
    said += [f"About {each.low:.2f} to {each.high:.2f} {each.currency}." for each in made.costs]
    if made.without_price:
        said.append(f"Nobody has said what these cost: {', '.join(made.without_price)}.")
    if made.comparisons:
        least = made.detectable_difference
        if least is None:
            said.append("With so few scenarios no difference can be told from chance.")
        else:
            said.append(f"Differences from about {least * 100:.0f} points of 100 on will probably be seen.")
        if made.power is not None:
            smallest = f"{made.smallest_worthwhile * 100:.0f} points"
            said.append(f"A difference of {smallest} will be seen in about {made.power:.0%} of such tests.")
            if made.power < POWER and made.recordings_needed is not None:
                said.append(
                    f"For four of five about {made.recordings_needed} recordings are needed, new ones in new scenarios."
                )
        if not made.from_earlier:
            said.append("How much scores vary is assumed; after a first test it is measured.")
    return replace(made, sentences=tuple(said))
