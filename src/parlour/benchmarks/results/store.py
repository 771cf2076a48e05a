"""SQL that only results need: all cells of a test in a few statements, without the words that were said."""

from collections.abc import Sequence

from parlour.benchmarks.entities import Blame, FeedbackRow, Outcome, ReplayFault, ReplayState
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode, decoder_of
from parlour.storage.tx import Row, Tx

_OUTCOMES = decoder_of(tuple[Outcome, ...])
_ITEMS = decoder_of(tuple[FeedbackRow, ...])


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayRow:
    """A replay without its words; `blamed` is whose fault it is, if it failed."""

    id: str
    invocation_id: str
    recording_id: str
    position: int
    repetition: int
    state: ReplayState
    divergent_turn: int | None
    checks: tuple[Outcome, ...] | None
    blamed: str | None
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class GradeRow:
    """A grade without its text. `replay_id` None: of the recorded answers. `items` only where they were asked for."""

    replay_id: str | None
    recording_id: str
    invocation_id: str | None
    source: str
    judge: str
    counts: bool
    state: str
    score: int | None
    passed: bool | None
    total_points: int
    items: tuple[FeedbackRow, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """A judge's choice with the invocations it was between."""

    recording_id: str
    repetition: int
    a: str
    b: str
    judge: str
    shown_first: str
    state: str
    choice: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """What the requests of one invocation came to in one currency (None: nobody knows the price)."""

    invocation_id: str
    input_tokens: int
    output_tokens: int
    cost_micros: int
    currency: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PerRequest:
    """The mean request of one task to one model in earlier tests of a benchmark."""

    task: str
    model: str
    requests: int
    input_tokens: float
    output_tokens: float
    milliseconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Whose fault a replay is, why it failed, and how long its finished turns took together."""

    blame: Blame | None
    error: ReplayFault | None
    milliseconds: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Blamed:
    """The part of a blame that the table needs; its evidence is not decoded."""

    blamed: str


def replays(tx: Tx, test_id: str) -> list[ReplayRow]:
    """The replays of a test, the oldest of a cell first."""
    rows = tx.all(
        "SELECT id, invocation_id, recording_id, position, repetition, state, divergent_turn, checks, blame, created_at"
        " FROM replays WHERE test_id = :id ORDER BY created_at, id",
        id=test_id,
    )
    return [
        ReplayRow(
            id=row["id"],
            invocation_id=row["invocation_id"],
            recording_id=row["recording_id"],
            position=row["position"],
            repetition=row["repetition"],
            state=row["state"],
            divergent_turn=row["divergent_turn"],
            checks=_OUTCOMES.decode(row["checks"]) if row["checks"] else None,
            blamed=decode(row["blame"], _Blamed).blamed if row["blame"] else None,
            created_at=row["created_at"],
        )
        for row in rows
    ]


def grades(tx: Tx, test_id: str) -> list[GradeRow]:
    """Every grade of a test, oldest first, without items."""
    rows = tx.all(
        "SELECT replay_id, recording_id, invocation_id, source, judge, counts, state, score, passed, total_points"
        " FROM test_grades WHERE test_id = :id ORDER BY created_at, id",
        id=test_id,
    )
    return [_grade(row) for row in rows]


def grades_beside_people(tx: Tx, test_id: str) -> list[GradeRow]:
    """The done grades of what people have marked, and of recorded answers, oldest first, with their items."""
    rows = tx.all(
        "SELECT replay_id, recording_id, invocation_id, source, judge, counts, state, score, passed, total_points,"
        " items FROM test_grades WHERE test_id = :id AND state = 'done' AND (replay_id IS NULL OR replay_id IN"
        " (SELECT m.replay_id FROM test_grades m WHERE m.test_id = :id AND m.source = 'human'))"
        " ORDER BY created_at, id",
        id=test_id,
    )
    return [_grade(row, _ITEMS.decode(row["items"])) for row in rows]


def choices(tx: Tx, test_id: str) -> list[Choice]:
    """Every choice between two replays of a test, in any state."""
    rows = tx.all(
        "SELECT p.recording_id, p.repetition, a.invocation_id AS a, b.invocation_id AS b, p.judge, p.shown_first,"
        " p.state, p.choice FROM preferences p JOIN replays a ON a.id = p.a_replay_id"
        " JOIN replays b ON b.id = p.b_replay_id WHERE p.test_id = :id ORDER BY p.created_at, p.id",
        id=test_id,
    )
    return [
        Choice(
            recording_id=row["recording_id"],
            repetition=row["repetition"],
            a=row["a"],
            b=row["b"],
            judge=row["judge"],
            shown_first=row["shown_first"],
            state=row["state"],
            choice=row["choice"],
        )
        for row in rows
    ]


def costs(tx: Tx, test_id: str) -> list[Cost]:
    """What every candidate itself has used, by currency."""
    rows = tx.all(
        "SELECT r.invocation_id, u.currency, sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS"
        " output_tokens, CAST(sum(u.cost_micros) AS BIGINT) AS cost_micros FROM usage_rows u JOIN replays r"
        " ON r.id = u.subject_id WHERE u.test_id = :id AND u.task = 'candidate' GROUP BY r.invocation_id, u.currency",
        id=test_id,
    )
    return [
        Cost(
            invocation_id=row["invocation_id"],
            input_tokens=int(row["input_tokens"]),
            output_tokens=int(row["output_tokens"]),
            cost_micros=int(row["cost_micros"] or 0),
            currency=row["currency"],
        )
        for row in rows
    ]


def latencies(tx: Tx, test_id: str) -> dict[str, list[tuple[int, int]]]:
    """By invocation how many turns took how many milliseconds, ascending."""
    rows = tx.all(
        "SELECT r.invocation_id, t.milliseconds, count(*) AS n FROM replay_turns t JOIN replays r ON r.id = t.replay_id"
        " WHERE r.test_id = :id AND t.state = 'done' AND t.milliseconds IS NOT NULL"
        " GROUP BY r.invocation_id, t.milliseconds ORDER BY r.invocation_id, t.milliseconds",
        id=test_id,
    )
    found: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        found.setdefault(row["invocation_id"], []).append((row["milliseconds"], row["n"]))
    return found


def stamp(tx: Tx, test_id: str) -> str:
    """Changes whenever something changes that results are made from."""
    parts: list[str] = []
    for sql in (
        "SELECT state, count(*) AS n, max(created_at) AS made, max(completed_at) AS done, max(id) AS last FROM replays"
        " WHERE test_id = :id GROUP BY state ORDER BY state",
        "SELECT state, count(*) AS n, max(created_at) AS made, max(done_at) AS done, max(id) AS last FROM test_grades"
        " WHERE test_id = :id GROUP BY state ORDER BY state",
        "SELECT state, count(*) AS n, max(created_at) AS made, max(done_at) AS done, max(id) AS last FROM preferences"
        " WHERE test_id = :id GROUP BY state ORDER BY state",
        "SELECT state || coalesce(halted, '') || coalesce(erased, '') AS state, archived AS n, resumed_at AS made,"
        " completed_at AS done,"
        " coalesce(plan, '') || coalesce(erased, '') AS last FROM tests WHERE id = :id",
    ):
        for row in tx.all(sql, id=test_id):
            parts.append(f"{row['state']}:{row['n']}:{row['made']}:{row['done']}:{row['last']}")
        parts.append("|")
    return "".join(parts)


def findings(tx: Tx, replay_ids: Sequence[str]) -> dict[str, Finding]:
    """What is known of these replays beside their scores."""
    if not replay_ids:
        return {}
    params = {f"r{number}": each for number, each in enumerate(replay_ids)}
    among = ", ".join(f":{name}" for name in params)
    times = tx.all(
        "SELECT replay_id, sum(milliseconds) AS total FROM replay_turns WHERE milliseconds IS NOT NULL"  # noqa: S608
        f" AND replay_id IN ({among}) GROUP BY replay_id",
        **params,
    )
    took = {row["replay_id"]: int(row["total"]) for row in times}
    rows = tx.all(f"SELECT id, blame, error FROM replays WHERE id IN ({among})", **params)  # noqa: S608
    return {
        row["id"]: Finding(
            blame=decode(row["blame"], Blame) if row["blame"] else None,
            error=decode(row["error"], ReplayFault) if row["error"] else None,
            milliseconds=took.get(row["id"]),
        )
        for row in rows
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """Which tests are listed: those of benchmarks that one may run, and one's own. None = whatever."""

    benchmark_ids: Sequence[str]
    account_id: str
    benchmark_id: str | None = None
    archived: bool | None = None
    after: tuple[int, str] | None = None
    limit: int = 50


def heads(tx: Tx, wanted: Wanted) -> list[str]:
    """The ids of tests, newest first."""
    params: dict[str, object] = {f"b{number}": each for number, each in enumerate(wanted.benchmark_ids)}
    among = f"benchmark_id IN ({', '.join(f':{name}' for name in params)}) OR " if params else ""
    conditions = [f"({among}account_id = :account)"]
    if wanted.benchmark_id is not None:
        conditions.append("benchmark_id = :benchmark")
        params["benchmark"] = wanted.benchmark_id
    if wanted.archived is not None:
        conditions.append("archived = :archived")
        params["archived"] = int(wanted.archived)
    if wanted.after is not None:
        conditions.append("(created_at < :at OR (created_at = :at AND id < :after))")
        params |= {"at": wanted.after[0], "after": wanted.after[1]}
    rows = tx.all(
        f"SELECT id FROM tests WHERE {' AND '.join(conditions)} ORDER BY created_at DESC, id DESC LIMIT :limit",  # noqa: S608
        account=wanted.account_id,
        limit=wanted.limit,
        **params,
    )
    return [row["id"] for row in rows]


def completed(tx: Tx, test_id: str) -> int:
    """How many replays of a test are completed."""
    row = tx.one("SELECT count(*) AS n FROM replays WHERE test_id = :id AND state = 'completed'", id=test_id)
    return row["n"] if row else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """How far a test is: completed and failed replays by invocation, what is under way, what judges still have to say.

    `failed` counts replays; a failed cell may have been tried again. `unended` are complete and not yet with a judge.
    """

    completed: dict[str, int]
    failed: int
    active: int
    unended: int
    pending_judgements: int


def standing(tx: Tx, test_id: str) -> Standing:
    """How far a test is."""
    rows = tx.all(
        "SELECT invocation_id, state, count(*) AS n, sum(CASE WHEN ended IS NULL THEN 1 ELSE 0 END) AS unended"
        " FROM replays WHERE test_id = :id GROUP BY invocation_id, state",
        id=test_id,
    )
    pending = tx.one(
        "SELECT (SELECT count(*) FROM test_grades WHERE test_id = :id AND state = 'pending')"
        " + (SELECT count(*) FROM preferences WHERE test_id = :id AND state = 'pending') AS n",
        id=test_id,
    )
    return Standing(
        completed={row["invocation_id"]: row["n"] for row in rows if row["state"] == "completed"},
        failed=sum(row["n"] for row in rows if row["state"] == "failed"),
        active=sum(row["n"] for row in rows if row["state"] in ("queued", "running")),
        unended=sum(int(row["unended"]) for row in rows if row["state"] == "completed"),
        pending_judgements=pending["n"] if pending else 0,
    )


def set_archived(tx: Tx, test_id: str, *, archived: bool) -> None:
    """Put a test aside, or take it back."""
    tx.run("UPDATE tests SET archived = :archived WHERE id = :id", id=test_id, archived=int(archived))


def requests_before(tx: Tx, benchmark_id: str) -> list[PerRequest]:
    """What a request came to on average in the tests of a benchmark, by task and model."""
    rows = tx.all(
        "SELECT u.task, u.model, count(*) AS n, sum(u.input_tokens) AS input_tokens, sum(u.output_tokens) AS"
        " output_tokens, sum(u.milliseconds) AS milliseconds FROM usage_rows u JOIN tests t ON t.id = u.test_id"
        " WHERE t.benchmark_id = :id GROUP BY u.task, u.model",
        id=benchmark_id,
    )
    return [
        PerRequest(
            task=row["task"],
            model=row["model"],
            requests=row["n"],
            input_tokens=int(row["input_tokens"]) / row["n"],
            output_tokens=int(row["output_tokens"]) / row["n"],
            milliseconds=int(row["milliseconds"]) / row["n"],
        )
        for row in rows
    ]


def newest_completed(tx: Tx, benchmark_id: str) -> str | None:
    """The newest test of a benchmark that is completed."""
    row = tx.one(
        "SELECT id FROM tests WHERE benchmark_id = :id AND state = 'completed' ORDER BY created_at DESC, id DESC"
        " LIMIT 1",
        id=benchmark_id,
    )
    return row["id"] if row else None


def _grade(row: Row, items: tuple[FeedbackRow, ...] = ()) -> GradeRow:
    return GradeRow(
        replay_id=row["replay_id"],
        recording_id=row["recording_id"],
        invocation_id=row["invocation_id"],
        source=row["source"],
        judge=row["judge"],
        counts=bool(row["counts"]),
        state=row["state"],
        score=row["score"],
        passed=None if row["passed"] is None else bool(row["passed"]),
        total_points=row["total_points"],
        items=items,
    )
