"""SQL over members, conversations and turns; what was said is in `said/store.py`."""

from typing import TYPE_CHECKING

import msgspec

from parlour.assistant.entities import ConversationId, Flags, LabMessageId, Language, Turn, TurnId, TurnState
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx

if TYPE_CHECKING:
    from parlour.assistant.messages.turns import NewTurn, Saved

_FLAGS = decoder_of(Flags)
_GOING = "state IN ('running', 'waiting')"
_ALIVE = "state IN ('queued', 'running', 'waiting')"


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberRow:
    """What is kept of a member; None where nothing was set."""

    conversation_id: ConversationId
    language: Language | None
    timezone: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ended:
    """How a turn ended. Without a reply only when the history was cleared (7.6)."""

    state: TurnState
    reply_message_id: LabMessageId | None = None
    error: str | None = None


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _turn(row: Row) -> Turn:
    return Turn(
        id=TurnId(row["id"]),
        account_id=AccountId(row["account_id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        started_by=LabMessageId(row["started_by"]),
        ordinal=row["ordinal"],
        state=row["state"],
        flags=_FLAGS.decode(row["flags"]),
        progress=row["progress"],
        fence=row["fence"],
        running_ms=row["running_ms"],
        recoveries=row["recoveries"],
        reply_message_id=LabMessageId(row["reply_message_id"]) if row["reply_message_id"] else None,
        error=row["error"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def member(tx: Tx, account_id: AccountId) -> MemberRow | None:
    row = tx.one("SELECT conversation_id, language, timezone FROM lab_members WHERE account_id = :id", id=account_id)
    if row is None:
        return None
    return MemberRow(
        conversation_id=ConversationId(row["conversation_id"]), language=row["language"], timezone=row["timezone"]
    )


def insert_member(tx: Tx, account_id: AccountId, conversation_id: ConversationId) -> bool:
    added = tx.run(
        "INSERT INTO lab_members (account_id, last_ordinal, conversation_id) VALUES (:id, 0, :conversation)"
        " ON CONFLICT DO NOTHING",
        id=account_id,
        conversation=conversation_id,
    )
    return added > 0


def locked_conversation(tx: Tx, account_id: AccountId) -> ConversationId:
    row = tx.one("SELECT conversation_id FROM lab_members WHERE account_id = :id FOR UPDATE", id=account_id)
    if row is None:
        raise LookupError("a member's row is gone")
    return ConversationId(row["conversation_id"])


def next_ordinal(tx: Tx, account_id: AccountId) -> int:
    row = tx.one(
        "UPDATE lab_members SET last_ordinal = last_ordinal + 1 WHERE account_id = :id RETURNING last_ordinal",
        id=account_id,
    )
    if row is None:
        raise LookupError("a member's row is gone")
    return row["last_ordinal"]


def last_language(tx: Tx, account_id: AccountId) -> Language | None:
    row = tx.one(
        "SELECT language FROM lab_messages WHERE account_id = :id AND role = 'person' ORDER BY ordinal DESC LIMIT 1",
        id=account_id,
    )
    return row["language"] if row else None


def insert_conversation(tx: Tx, conversation_id: ConversationId, account_id: AccountId) -> None:
    tx.run(
        "INSERT INTO lab_conversations (id, account_id, created_at) VALUES (:id, :account, :now)",
        id=conversation_id,
        account=account_id,
        now=tx.now_ms,
    )


def end_conversation(tx: Tx, conversation_id: ConversationId, *, forgotten: bool) -> None:
    tx.run(
        "UPDATE lab_conversations SET ended_at = :now, forgotten_at = :forgotten WHERE id = :id",
        id=conversation_id,
        now=tx.now_ms,
        forgotten=tx.now_ms if forgotten else None,
    )


def set_conversation(tx: Tx, account_id: AccountId, conversation_id: ConversationId) -> None:
    sql = "UPDATE lab_members SET conversation_id = :conversation WHERE account_id = :id"
    tx.run(sql, id=account_id, conversation=conversation_id)


def is_kept_conversation(tx: Tx, account_id: AccountId, conversation_id: str) -> bool:
    sql = "SELECT id FROM lab_conversations WHERE id = :id AND account_id = :account AND forgotten_at IS NULL"
    return tx.one(sql, id=conversation_id, account=account_id) is not None


def turn(tx: Tx, turn_id: TurnId) -> Turn | None:
    row = tx.one("SELECT * FROM lab_turns WHERE id = :id", id=turn_id)
    return _turn(row) if row else None


def current_turn(tx: Tx, account_id: AccountId) -> Turn | None:
    row = tx.one(f"SELECT * FROM lab_turns WHERE account_id = :id AND {_GOING}", id=account_id)  # noqa: S608
    return _turn(row) if row else None


def count_queued(tx: Tx, account_id: AccountId) -> int:
    row = tx.one("SELECT count(*) AS n FROM lab_turns WHERE account_id = :id AND state = 'queued'", id=account_id)
    return row["n"] if row else 0


def queued_turns(tx: Tx, account_id: AccountId, limit: int = 1_000) -> list[Turn]:
    rows = tx.all(
        "SELECT * FROM lab_turns WHERE account_id = :id AND state = 'queued' ORDER BY ordinal LIMIT :limit",
        id=account_id,
        limit=limit,
    )
    return [_turn(row) for row in rows]


def turns_of_conversation(tx: Tx, conversation_id: ConversationId) -> list[TurnId]:
    rows = tx.all("SELECT id FROM lab_turns WHERE conversation_id = :id ORDER BY ordinal", id=conversation_id)
    return [TurnId(row["id"]) for row in rows]


def insert_turn(tx: Tx, new: "NewTurn") -> None:
    tx.run(
        "INSERT INTO lab_turns (id, account_id, conversation_id, started_by, ordinal, state, flags, progress,"
        " running_ms, recoveries, created_at) VALUES (:id, :account, :conversation, :started_by, :ordinal, 'queued',"
        " :flags, '', 0, 0, :now)",
        id=new.id,
        account=new.account_id,
        conversation=new.conversation_id,
        started_by=new.started_by,
        ordinal=new.ordinal,
        flags=_json(new.flags),
        now=tx.now_ms,
    )


def start_turn(tx: Tx, turn_id: TurnId) -> None:
    sql = "UPDATE lab_turns SET state = 'running', started_at = :now WHERE id = :id AND state = 'queued'"
    tx.run(sql, id=turn_id, now=tx.now_ms)


def set_state(tx: Tx, turn_id: TurnId, state: TurnState) -> bool:
    sql = f"UPDATE lab_turns SET state = :state WHERE id = :id AND {_GOING}"  # noqa: S608
    return tx.run(sql, id=turn_id, state=state) > 0


def set_flags(tx: Tx, turn_id: TurnId, flags: Flags) -> None:
    tx.run("UPDATE lab_turns SET flags = :flags WHERE id = :id", id=turn_id, flags=_json(flags))


def save(tx: Tx, turn_id: TurnId, saved: "Saved") -> bool:
    kept = tx.run(
        "UPDATE lab_turns SET progress = :progress, flags = :flags, running_ms = :running, recoveries = :recoveries,"  # noqa: S608
        f" fence = :fence WHERE id = :id AND {_GOING}",
        id=turn_id,
        progress=saved.progress,
        flags=_json(saved.flags),
        running=saved.running_ms,
        recoveries=saved.recoveries,
        fence=saved.fence,
    )
    return kept > 0


def end_turn(tx: Tx, turn_id: TurnId, ended: Ended) -> bool:
    done = tx.run(
        "UPDATE lab_turns SET state = :state, reply_message_id = :reply, error = :error, fence = NULL, ended_at = :now"  # noqa: S608
        f" WHERE id = :id AND {_ALIVE}",
        id=turn_id,
        state=ended.state,
        reply=ended.reply_message_id,
        error=ended.error,
        now=tx.now_ms,
    )
    return done > 0


def delete_turns(tx: Tx, conversation_id: ConversationId) -> None:
    tx.run("DELETE FROM lab_turns WHERE conversation_id = :id", id=conversation_id)
