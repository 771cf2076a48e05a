"""The transactions of a turn: what is stored of it, and what is told. None of them locks the test."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import msgspec

from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import MadeCall, ReplayFault, ReplayId, ReplayTurn, TestId
from parlour.benchmarks.facts import TOLD_BYTES_MAX, ReplayCompleted, ReplayFailed, ReplayOutput, ReplayTurnCompleted
from parlour.benchmarks.replaying import store
from parlour.benchmarks.replaying.divergence import first_divergent
from parlour.benchmarks.replaying.orders import REPLAY, ReplayOn
from parlour.benchmarks.replaying.standing import Standing
from parlour.benchmarks.replaying.streams import Asking
from parlour.benchmarks.replaying.tools import calls_of
from parlour.conversations.actions import fence_of
from parlour.jobs.queue import Job, LeaseLostError
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.usage import Used

Hook = Callable[[Tx, ReplayId], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hooks:
    """What follows when replays have completed or failed, under the lock of their test: each `completed` or `failed`,
    then `advance` once, with who asked for the last of them. See `afterwards`."""

    completed: Hook
    failed: Hook
    advance: Callable[[Tx, TestId, AccountId], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """A turn that its candidate has finished. `last`: the replay is done with it."""

    standing: Standing
    asking: Asking
    fence: str
    last: bool
    used: Sequence[Used | None]


def take_over(tx: Tx, job: Job, standing: Standing, fence: str) -> bool:
    """Hold a replay for this claim of its job; what was half written is void, and said to be. False if it has ended."""
    job.hold(tx)
    replay_id = standing.setting.replay.id
    if not tests.take_replay(tx, replay_id, fence):
        return False
    dropped = store.drop_unfinished(tx, replay_id)
    if dropped is not None and dropped[1]:
        tx.announce(standing.setting.room, standing.setting.said(dropped[0], "", reset=True))
    return True


def complete_turn(tx: Tx, job: Job, done: Done) -> Standing | None:
    """Store a finished turn; where the replay stands now, or None if it is completed or this job is done with it.

    Raises `LeaseLostError` if the replay was stopped or is another worker's.
    """
    standing, setting = done.standing, done.standing.setting
    unwritten = done.asking.stream.last()
    if unwritten:
        tx.announce(setting.room, setting.said(standing.turn, unwritten))
    turn = _row(tx, done)
    turns = (*standing.turns, turn)
    divergent = standing.divergent_turn or first_divergent(setting.recording, turns, setting.mode)
    if not store.go_on(tx, turn, done.fence, divergent):
        raise LeaseLostError
    if not done.asking.stream.begun:
        tests.put_turn(tx, turn)
    elif not store.finish_turn(tx, turn):
        raise LeaseLostError
    usage.note_all(tx, done.used)
    tx.announce(
        setting.room,
        ReplayTurnCompleted(
            invocation_id=setting.replay.invocation_id,
            run_id=setting.replay.id,
            current_run=setting.count.current_run,
            total_runs=setting.count.total_runs,
            turn=turn.turn,
            total_turns=setting.replay.turns_total,
        ),
    )
    after = Standing(setting=setting, turns=turns, divergent_turn=divergent, fence=done.fence, begun=False)
    if done.last:
        _complete(tx, after, done.fence)
        return None
    if job.claims > 1:
        _hand_on(tx, job, after)
        return None
    return after


def complete_without(tx: Tx, standing: Standing, fence: str, used: Sequence[Used | None]) -> None:
    """A live replay whose person says nothing more: it is done with the turns it has. Raises as `complete_turn`."""
    usage.note_all(tx, used)
    _complete(tx, standing, fence)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failing:
    """Why a replay ends without success, and what of its turn was not told yet."""

    standing: Standing
    fence: str
    fault: ReplayFault
    unwritten: str = ""
    used: Sequence[Used | None] = ()


def fail(tx: Tx, failing: Failing) -> None:
    """Keep what was said, then the failure. Raises `LeaseLostError` as `complete_turn` does."""
    standing, setting = failing.standing, failing.standing.setting
    if not tests.hold_replay(tx, setting.replay.id, failing.fence):
        raise LeaseLostError
    if failing.unwritten:
        store.add_text(tx, setting.replay.id, standing.turn, failing.fence, failing.unwritten)
        tx.announce(setting.room, setting.said(standing.turn, failing.unwritten))
    usage.note_all(tx, failing.used)
    tell_failure(tx, setting.replay.id, failing.fault, setting.rooms)


def tell_failure(tx: Tx, replay_id: ReplayId, fault: ReplayFault, rooms: Sequence[str]) -> None:
    """A running replay fails, which is said once; its recording is pending again."""
    replay = tests.replay(tx, replay_id)
    if replay is None or not tests.fail_replay(tx, replay_id, fault):
        return
    tx.announce(
        rooms,
        ReplayFailed(
            test_id=replay.test_id,
            invocation_id=replay.invocation_id,
            run_id=replay_id,
            code=fault.code,
            text=fault.text,
        ),
    )


def _complete(tx: Tx, standing: Standing, fence: str) -> None:
    setting = standing.setting
    if not tests.complete_replay(tx, setting.replay.id, fence, standing.divergent_turn):
        raise LeaseLostError
    count, said = setting.count, _said(standing.turns)
    tx.announce(
        setting.rooms,
        ReplayCompleted(
            invocation_id=setting.replay.invocation_id,
            run_id=setting.replay.id,
            original_run_resource_id=setting.recording.id,
            tool_calls=said.calls,
            current_run=count.current_run,
            total_runs=count.total_runs,
            remaining_runs=count.remaining_runs,
            outputs=said.outputs,
            left_out=said.left_out,
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Said:
    """What an event tells of a whole replay."""

    outputs: tuple[ReplayOutput, ...] = ()
    calls: tuple[MadeCall, ...] = ()
    left_out: bool = False


def _said(turns: Sequence[ReplayTurn]) -> _Said:
    """All outputs and calls, or none if that is more than an event should carry to every socket."""
    said = _Said(
        outputs=tuple(ReplayOutput(turn=turn.turn, message_id=turn.message_id, content=turn.content) for turn in turns),
        calls=tuple(calls_of(turns)),
    )
    rows = len(said.outputs) + len(said.calls)
    if sum(map(len, _texts(said))) * 6 + rows * 300 <= TOLD_BYTES_MAX:  # a character has six bytes of JSON at most
        return said
    return said if len(msgspec.json.encode(said)) <= TOLD_BYTES_MAX else _Said(left_out=True)


def _texts(said: _Said) -> Iterator[str]:
    yield from (each.content for each in said.outputs)
    for call in said.calls:
        yield from (call.name, call.call_id, call.arguments, call.result or "")


def _row(tx: Tx, done: Done) -> ReplayTurn:
    asking, stream = done.asking, done.asking.stream
    return replace(
        stream.row(tx, stream.text),
        state="done",
        tool_calls=tuple(asking.calls),
        ending=asking.ending,
        first_token_ms=asking.first_token_ms,
        milliseconds=asking.milliseconds,
        input_tokens=asking.input_tokens,
        output_tokens=asking.output_tokens,
    )


def _hand_on(tx: Tx, job: Job, standing: Standing) -> None:
    """A claim that came after a failure ends with its turn: the next turn has all its claims again."""
    replay_id = standing.setting.replay.id
    job.finish(tx)
    job_id = tx.enqueue(REPLAY, ReplayOn(replay_id=replay_id))
    if job_id is None or not tests.take_replay(tx, replay_id, fence_of(job_id, 1)):
        raise LeaseLostError
