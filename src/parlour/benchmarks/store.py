"""SQL over tests, invocations, replays and their turns. Locks are taken in the order test, invocation, replay.

Every change of a state names the state it comes from and says whether it took place, so of two who race one is told.
"""

from collections.abc import Sequence

import msgspec

from parlour.benchmarks.entities import (
    Blame,
    Ended,
    EndWanted,
    Halted,
    Invocation,
    InvocationId,
    Outcome,
    Plan,
    Replay,
    ReplayFault,
    ReplayId,
    ReplayState,
    ReplayTurn,
    Test,
    TestId,
)
from parlour.benchmarks.rows import invocation_of, replay_of, test_of, turn_of
from parlour.storage.tx import Tx

_LOCK = " FOR UPDATE"
_OLDEST_FIRST = "created_at, repetition, position, id"


def cell_of(invocation_id: InvocationId, recording_id: str, repetition: int) -> str:
    """The name of a cell: it has at most one replay that is queued, running or completed."""
    return f"{invocation_id}/{recording_id}/{repetition}"


def insert_test(tx: Tx, test: Test) -> None:
    _insert(
        tx,
        "tests",
        id=test.id,
        benchmark_id=test.benchmark_id,
        eval_id=test.eval_id,
        account_id=test.account_id,
        name=test.name,
        description=test.description,
        infinite_mode=int(test.infinite_mode),
        auto_advance=int(test.auto_advance),
        state=test.state,
        snapshot=_json(test.snapshot),
        plan=_json(test.plan),
        halted=test.halted,
        archived=int(test.archived),
        created_at=test.created_at,
        started_at=test.started_at,
        resumed_at=test.resumed_at,
        completed_at=test.completed_at,
        looked=test.looked,
    )


def test(tx: Tx, test_id: str, *, lock: bool = False) -> Test | None:  # noqa: PT028 (no test of pytest)
    row = tx.one(f"SELECT * FROM tests WHERE id = :id{_LOCK if lock else ''}", id=test_id)  # noqa: S608
    return test_of(row) if row else None


def lock_if_free(tx: Tx, test_id: str) -> bool:
    """Lock a test unless another process has; False if it has, or if there is none."""
    return tx.one("SELECT id FROM tests WHERE id = :id FOR UPDATE SKIP LOCKED", id=test_id) is not None


def tests_of(tx: Tx, benchmark_ids: Sequence[str]) -> list[Test]:
    """The tests of these benchmarks, newest first."""
    where, params = _among("benchmark_id", benchmark_ids)
    rows = tx.all(f"SELECT * FROM tests WHERE {where} ORDER BY created_at DESC, id DESC", **params)  # noqa: S608
    return [test_of(row) for row in rows]


def begin_test(tx: Tx, test_id: TestId) -> bool:
    """Its first replay was asked for."""
    sql = "UPDATE tests SET state = 'running', started_at = :now WHERE id = :id AND state = 'pending'"
    return tx.run(sql, id=test_id, now=tx.now_ms) > 0


def complete_test(tx: Tx, test_id: TestId) -> bool:
    sql = (
        "UPDATE tests SET state = 'completed', halted = NULL, completed_at = :now"
        " WHERE id = :id AND state <> 'completed'"
    )
    return tx.run(sql, id=test_id, now=tx.now_ms) > 0


def halt_test(tx: Tx, test_id: TestId, reason: Halted) -> bool:
    sql = "UPDATE tests SET halted = :reason WHERE id = :id AND halted IS NULL AND state <> 'completed'"
    return tx.run(sql, id=test_id, reason=reason) > 0


def resume_test(tx: Tx, test_id: TestId, plan: Plan) -> None:
    sql = "UPDATE tests SET halted = NULL, resumed_at = :now, plan = :plan WHERE id = :id"
    tx.run(sql, id=test_id, now=tx.now_ms, plan=_json(plan))


def insert_invocation(tx: Tx, invocation: Invocation) -> None:
    _insert(
        tx,
        "invocations",
        id=invocation.id,
        test_id=invocation.test_id,
        position=invocation.position,
        title=invocation.title,
        group_id=invocation.group_id,
        template=_json(invocation.template),
        state=invocation.state,
        repetition=invocation.repetition,
        frontier=invocation.frontier,
        created_at=invocation.created_at,
        completed_at=invocation.completed_at,
    )


def invocation(tx: Tx, invocation_id: str, *, lock: bool = False) -> Invocation | None:
    row = tx.one(f"SELECT * FROM invocations WHERE id = :id{_LOCK if lock else ''}", id=invocation_id)  # noqa: S608
    return invocation_of(row) if row else None


def invocations_of(tx: Tx, test_id: str) -> list[Invocation]:
    """In position order."""
    rows = tx.all("SELECT * FROM invocations WHERE test_id = :id ORDER BY position, id", id=test_id)
    return [invocation_of(row) for row in rows]


def complete_invocation(tx: Tx, invocation_id: InvocationId) -> bool:
    sql = "UPDATE invocations SET state = 'completed', completed_at = :now WHERE id = :id AND state = 'open'"
    return tx.run(sql, id=invocation_id, now=tx.now_ms) > 0


def insert_replay(tx: Tx, replay: Replay) -> bool:
    """A new replay, queued; False if its cell has one already."""
    return _insert(
        tx,
        "replays",
        id=replay.id,
        test_id=replay.test_id,
        invocation_id=replay.invocation_id,
        recording_id=replay.recording_id,
        recording_version=replay.recording_version,
        position=replay.position,
        repetition=replay.repetition,
        cell=cell_of(replay.invocation_id, replay.recording_id, replay.repetition),
        state="queued",
        requested_by=replay.requested_by,
        turn=0,
        turns_total=replay.turns_total,
        created_at=replay.created_at,
    )


def replay(tx: Tx, replay_id: str, *, lock: bool = False) -> Replay | None:
    row = tx.one(f"SELECT * FROM replays WHERE id = :id{_LOCK if lock else ''}", id=replay_id)  # noqa: S608
    return replay_of(row) if row else None


def replays_of(tx: Tx, test_id: str, states: Sequence[ReplayState] = ()) -> list[Replay]:
    """The replays of a test, oldest first; only those in `states`, if any are named."""
    where, params = _among("state", states) if states else ("1 = 1", {})
    sql = f"SELECT * FROM replays WHERE test_id = :id AND {where} ORDER BY {_OLDEST_FIRST}"  # noqa: S608
    return [replay_of(row) for row in tx.all(sql, id=test_id, **params)]


def replays_of_invocation(tx: Tx, invocation_id: str, states: Sequence[ReplayState] = ()) -> list[Replay]:
    """The replays of an invocation, oldest first; only those in `states`, if any are named."""
    where, params = _among("state", states) if states else ("1 = 1", {})
    sql = f"SELECT * FROM replays WHERE invocation_id = :id AND {where} ORDER BY {_OLDEST_FIRST}"  # noqa: S608
    return [replay_of(row) for row in tx.all(sql, id=invocation_id, **params)]


def replay_in_cell(tx: Tx, cell: str) -> Replay | None:
    """The replay of a cell that is queued, running or completed."""
    sql = "SELECT * FROM replays WHERE cell = :cell AND state IN ('queued', 'running', 'completed')"
    row = tx.one(sql, cell=cell)
    return replay_of(row) if row else None


def completed_count(tx: Tx, invocation_id: InvocationId, repetition: int | None = None) -> int:
    """How many replays of an invocation are completed, in one repetition or in all."""
    where = "" if repetition is None else " AND repetition = :repetition"
    params = {} if repetition is None else {"repetition": repetition}
    sql = f"SELECT count(*) AS n FROM replays WHERE invocation_id = :id AND state = 'completed'{where}"  # noqa: S608
    row = tx.one(sql, id=invocation_id, **params)
    return row["n"] if row else 0


def completed_before(tx: Tx, replay: Replay, *, in_repetition: bool) -> int:
    """How many replays of its invocation were completed before a completed one."""
    where = " AND repetition = :repetition" if in_repetition else ""
    params = {"repetition": replay.repetition} if in_repetition else {}
    row = tx.one(
        "SELECT count(*) AS n FROM replays WHERE invocation_id = :invocation AND state = 'completed'"  # noqa: S608
        f"{where} AND (completed_at < :at OR (completed_at = :at AND id < :id))",
        invocation=replay.invocation_id,
        at=replay.completed_at,
        id=replay.id,
        **params,
    )
    return row["n"] if row else 0


def begin_replay(tx: Tx, replay_id: ReplayId, fence: str) -> bool:
    """A queued replay runs, in the hands of the holder of `fence`."""
    sql = "UPDATE replays SET state = 'running', fence = :fence, started_at = :now WHERE id = :id AND state = 'queued'"
    return tx.run(sql, id=replay_id, fence=fence, now=tx.now_ms) > 0


def take_replay(tx: Tx, replay_id: ReplayId, fence: str) -> bool:
    """From now on only the holder of `fence` writes; False if the replay does not run."""
    return (
        tx.run("UPDATE replays SET fence = :fence WHERE id = :id AND state = 'running'", id=replay_id, fence=fence) > 0
    )


def hold_replay(tx: Tx, replay_id: ReplayId, fence: str) -> bool:
    """Locks a running replay for the holder of its fence; False, and nothing may be written, if it is not."""
    sql = "SELECT id FROM replays WHERE id = :id AND state = 'running' AND fence = :fence FOR UPDATE"
    return tx.one(sql, id=replay_id, fence=fence) is not None


def complete_replay(tx: Tx, replay_id: ReplayId, fence: str, divergent_turn: int | None) -> bool:
    """It is done; False if the replay is not the holder's any more."""
    sql = (
        "UPDATE replays SET state = 'completed', divergent_turn = :divergent, completed_at = :now"
        " WHERE id = :id AND state = 'running' AND fence = :fence"
    )
    return tx.run(sql, id=replay_id, fence=fence, divergent=divergent_turn, now=tx.now_ms) > 0


def fail_replay(tx: Tx, replay_id: ReplayId, fault: ReplayFault) -> bool:
    """It came to nothing; a kept end is dropped."""
    sql = (
        "UPDATE replays SET state = 'failed', error = :error, end_wanted = NULL, completed_at = :now"
        " WHERE id = :id AND state IN ('queued', 'running')"
    )
    return tx.run(sql, id=replay_id, error=_json(fault), now=tx.now_ms) > 0


def stop_replay(tx: Tx, replay_id: ReplayId) -> bool:
    """A person stopped it; a kept end is dropped. The test must be locked before."""
    sql = (
        "UPDATE replays SET state = 'stopped', end_wanted = NULL, completed_at = :now"
        " WHERE id = :id AND state IN ('queued', 'running')"
    )
    return tx.run(sql, id=replay_id, now=tx.now_ms) > 0


def set_end_wanted(tx: Tx, replay_id: ReplayId, wanted: EndWanted | None) -> None:
    body = _json(wanted) if wanted else None
    tx.run("UPDATE replays SET end_wanted = :wanted WHERE id = :id", id=replay_id, wanted=body)


def set_ended(tx: Tx, replay_id: ReplayId, ended: Ended | None) -> None:
    tx.run("UPDATE replays SET ended = :ended, end_wanted = NULL WHERE id = :id", id=replay_id, ended=ended)


def set_checks(tx: Tx, replay_id: ReplayId, outcomes: Sequence[Outcome]) -> None:
    tx.run("UPDATE replays SET checks = :checks WHERE id = :id", id=replay_id, checks=_json(tuple(outcomes)))


def save_blame(tx: Tx, replay_id: ReplayId, blame: Blame | None) -> None:
    body = _json(blame) if blame else None
    tx.run("UPDATE replays SET blame = :blame WHERE id = :id", id=replay_id, blame=body)


def put_turn(tx: Tx, turn: ReplayTurn) -> None:
    """Store a turn as it is now, whether or not it has begun before."""
    tx.run(
        "INSERT INTO replay_turns (replay_id, turn, message_id, state, heard, content, tool_calls, ending,"
        " first_token_ms, milliseconds, input_tokens, output_tokens, created_at)"
        " VALUES (:replay_id, :turn, :message_id, :state, :heard, :content, :tool_calls, :ending, :first_token_ms,"
        " :milliseconds, :input_tokens, :output_tokens, :created_at)"
        " ON CONFLICT (replay_id, turn) DO UPDATE SET message_id = excluded.message_id, state = excluded.state,"
        " heard = excluded.heard, content = excluded.content, tool_calls = excluded.tool_calls,"
        " ending = excluded.ending, first_token_ms = excluded.first_token_ms, milliseconds = excluded.milliseconds,"
        " input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens",
        replay_id=turn.replay_id,
        turn=turn.turn,
        message_id=turn.message_id,
        state=turn.state,
        heard=_json(turn.heard),
        content=turn.content,
        tool_calls=_json(turn.tool_calls),
        ending=turn.ending,
        first_token_ms=turn.first_token_ms,
        milliseconds=turn.milliseconds,
        input_tokens=turn.input_tokens,
        output_tokens=turn.output_tokens,
        created_at=turn.created_at,
    )


def turn(tx: Tx, replay_id: str, number: int) -> ReplayTurn | None:
    row = tx.one("SELECT * FROM replay_turns WHERE replay_id = :id AND turn = :turn", id=replay_id, turn=number)
    return turn_of(row) if row else None


def turns_of(tx: Tx, replay_id: str) -> list[ReplayTurn]:
    """The turns of a replay in order, the one that is being written too."""
    rows = tx.all("SELECT * FROM replay_turns WHERE replay_id = :id ORDER BY turn", id=replay_id)
    return [turn_of(row) for row in rows]


def said_characters(tx: Tx, test_id: str) -> int:
    """How much stands in the turns of every replay of a test."""
    row = tx.one(
        "SELECT coalesce(sum(length(t.content) + length(t.heard) + length(t.tool_calls)), 0) AS n FROM replay_turns t"
        " JOIN replays r ON r.id = t.replay_id WHERE r.test_id = :id",
        id=test_id,
    )
    return int(row["n"]) if row else 0


def turns_of_test(tx: Tx, test_id: str) -> dict[ReplayId, list[ReplayTurn]]:
    """The turns of every replay of a test."""
    sql = (
        "SELECT t.* FROM replay_turns t JOIN replays r ON r.id = t.replay_id WHERE r.test_id = :id"
        " ORDER BY t.replay_id, t.turn"
    )
    found: dict[ReplayId, list[ReplayTurn]] = {}
    for row in tx.all(sql, id=test_id):
        found.setdefault(ReplayId(row["replay_id"]), []).append(turn_of(row))
    return found


def _insert(tx: Tx, table: str, **values: object) -> bool:
    """A new row; False if an index of the table has it already."""
    names = ", ".join(values)
    sql = f"INSERT INTO {table} ({names}) VALUES (:{names.replace(', ', ', :')}) ON CONFLICT DO NOTHING"  # noqa: S608
    return tx.run(sql, **values) > 0


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _among(column: str, values: Sequence[str]) -> tuple[str, dict[str, object]]:
    params: dict[str, object] = {f"{column}_{index}": value for index, value in enumerate(values)}
    return f"{column} IN ({', '.join(f':{each}' for each in params)})" if params else "1 = 0", params
