"""What the cards of benchmarks count (Glow 10.4), a statement each for all of them."""

from collections.abc import Sequence

from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Row, Tx

# The grade that is the score of a replay: the newest done one of the judge that counts.
_IS_SCORE = (
    "g.replay_id IS NOT NULL AND g.counts = 1 AND g.state = 'done' AND NOT EXISTS (SELECT 1 FROM test_grades n WHERE"
    " n.replay_id = g.replay_id AND n.counts = 1 AND n.state = 'done' AND (n.created_at > g.created_at OR"
    " (n.created_at = g.created_at AND n.id > g.id)))"
)


_TESTS = (
    "SELECT t.benchmark_id, COUNT(*) AS total, SUM(t.archived) AS archived,"
    " MAX(CASE WHEN t.infinite_mode = 1 AND t.state <> 'completed' THEN 1 ELSE 0 END) AS infinite"
    " FROM tests t WHERE {where} GROUP BY t.benchmark_id"
)
_INVOCATIONS = (
    "SELECT t.benchmark_id, COUNT(*) AS total, SUM(CASE WHEN i.state = 'completed' THEN 1 ELSE 0 END) AS completed"
    " FROM invocations i JOIN tests t ON t.id = i.test_id WHERE {where} GROUP BY t.benchmark_id"
)
_HIGHEST = (
    "SELECT t.benchmark_id, MAX(g.score) AS highest FROM test_grades g JOIN tests t ON t.id = g.test_id"
    " WHERE {where} AND {is_score} GROUP BY t.benchmark_id"
)
_PASSED = (
    "SELECT DISTINCT t.benchmark_id FROM tests t WHERE {where} AND t.state = 'completed'"
    " AND EXISTS (SELECT 1 FROM replays r WHERE r.test_id = t.id AND r.state = 'completed')"
    " AND NOT EXISTS (SELECT 1 FROM replays r WHERE r.test_id = t.id AND r.state = 'completed'"
    " AND NOT EXISTS (SELECT 1 FROM test_grades g WHERE g.replay_id = r.id AND g.passed = 1 AND {is_score}))"
)


@dataclass(kw_only=True, slots=True)
class Tally:
    """What is known of the tests of a benchmark. `has_passed`: one is completed, and each of its replays has passed."""

    total_tests: int = 0
    archived_tests: int = 0
    total_invocations: int = 0
    completed_invocations: int = 0
    highest_score: int | None = None
    has_passed: bool = False
    infinite_mode: bool = False


def tallies(tx: Tx, benchmark_ids: Sequence[str]) -> dict[str, Tally]:
    """The tally of each of these benchmarks."""
    found = {each: Tally() for each in benchmark_ids}
    if not found:
        return found
    params: dict[str, object] = {f"id{number}": each for number, each in enumerate(benchmark_ids)}
    where = f"t.benchmark_id IN ({', '.join(f':{name}' for name in params)})"

    def rows(sql: str) -> list[Row]:
        return tx.all(sql.format(where=where, is_score=_IS_SCORE), **params)

    for row in rows(_TESTS):
        tally = found[row["benchmark_id"]]
        tally.total_tests, tally.archived_tests = row["total"], int(row["archived"])
        tally.infinite_mode = bool(row["infinite"])
    for row in rows(_INVOCATIONS):
        tally = found[row["benchmark_id"]]
        tally.total_invocations, tally.completed_invocations = row["total"], int(row["completed"])
    for row in rows(_HIGHEST):
        found[row["benchmark_id"]].highest_score = row["highest"]
    for row in rows(_PASSED):
        found[row["benchmark_id"]].has_passed = True
    return found
