"""SQL of a turn while it is written. The row of the replay is its fence: locked for every write, so that nothing is
written after the replay was stopped or taken by another worker. One statement a write, because it is the hottest of
a test.
"""

import msgspec

from parlour.benchmarks.entities import ReplayId, ReplayTurn
from parlour.storage.tx import Tx

_HELD = "FROM replays WHERE id = :replay_id AND state = 'running' AND fence = :fence FOR UPDATE"


def begin_turn(tx: Tx, turn: ReplayTurn, fence: str) -> bool:
    """The first text of a turn."""
    return (
        tx.run(
            "INSERT INTO replay_turns (replay_id, turn, message_id, state, heard, content, tool_calls, created_at)"
            f" SELECT id, :turn, :message_id, 'writing', :heard, :content, '[]', :created_at {_HELD}",
            replay_id=turn.replay_id,
            fence=fence,
            turn=turn.turn,
            message_id=turn.message_id,
            heard=_json(turn.heard),
            content=turn.content,
            created_at=turn.created_at,
        )
        > 0
    )


def add_text(tx: Tx, replay_id: ReplayId, turn: int, fence: str, text: str) -> bool:
    """More text of a turn."""
    return (
        tx.run(
            "UPDATE replay_turns SET content = content || :text"  # noqa: S608 (constants)
            f" WHERE turn = :turn AND replay_id = (SELECT id {_HELD})",
            replay_id=replay_id,
            fence=fence,
            turn=turn,
            text=text,
        )
        > 0
    )


def drop_unfinished(tx: Tx, replay_id: ReplayId) -> tuple[int, bool] | None:
    """Forget the turn that was being written: its number, and whether it had text; None if there was none."""
    row = tx.one(
        "DELETE FROM replay_turns WHERE replay_id = :id AND state = 'writing' RETURNING turn, content", id=replay_id
    )
    return (row["turn"], bool(row["content"])) if row else None


def finish_turn(tx: Tx, turn: ReplayTurn) -> bool:
    """The whole of a turn that has begun; after `go_on`."""
    return (
        tx.run(
            "UPDATE replay_turns SET state = 'done', content = :content, tool_calls = :tool_calls, ending = :ending,"
            " first_token_ms = :first_token_ms, milliseconds = :milliseconds, input_tokens = :input_tokens,"
            " output_tokens = :output_tokens WHERE replay_id = :replay_id AND turn = :turn",
            replay_id=turn.replay_id,
            turn=turn.turn,
            content=turn.content,
            tool_calls=_json(turn.tool_calls),
            ending=turn.ending,
            first_token_ms=turn.first_token_ms,
            milliseconds=turn.milliseconds,
            input_tokens=turn.input_tokens,
            output_tokens=turn.output_tokens,
        )
        > 0
    )


def go_on(tx: Tx, turn: ReplayTurn, fence: str, divergent_turn: int | None) -> bool:
    """A turn is finished. False if the replay was stopped or is not ours."""
    return (
        tx.run(
            "UPDATE replays SET turn = :turn, divergent_turn = :divergent"
            " WHERE id = :id AND state = 'running' AND fence = :fence",
            id=turn.replay_id,
            turn=turn.turn,
            divergent=divergent_turn,
            fence=fence,
        )
        > 0
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
