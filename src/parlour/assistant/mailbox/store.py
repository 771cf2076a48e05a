"""The mailbox's own columns of `lab_messages`: claimed, delivered, read, folded."""

from parlour.assistant.entities import LabMessageId, TurnId
from parlour.assistant.mailbox.entities import AHEAD_MS, CLAIM_MS, ClaimToken, Place, Standing, Waiting
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx

UNREAD_MAX = 1_000
_UNREAD = "account_id = :account AND kind = 'final' AND read_at IS NULL"
_FREE = "(claimed_until IS NULL OR claimed_until <= :now OR claimed_until > :ahead)"


def _waiting(row: Row) -> Waiting:
    return Waiting(
        id=LabMessageId(row["id"]),
        ordinal=row["ordinal"],
        ready_at=row["created_at"],
        claimed_until=row["claimed_until"],
    )


def unread(tx: Tx, account_id: AccountId) -> list[Waiting]:
    sql = (
        f"SELECT id, ordinal, created_at, claimed_until FROM lab_messages WHERE {_UNREAD} ORDER BY ordinal LIMIT :most"  # noqa: S608
    )
    return [_waiting(row) for row in tx.all(sql, account=account_id, most=UNREAD_MAX)]


def finals_after(tx: Tx, account_id: AccountId, ordinal: int) -> list[Waiting]:
    """Read or not, oldest first."""
    rows = tx.all(
        "SELECT id, ordinal, created_at, claimed_until FROM lab_messages WHERE account_id = :account"
        " AND kind = 'final' AND ordinal > :ordinal ORDER BY ordinal LIMIT :most",
        account=account_id,
        ordinal=ordinal,
        most=UNREAD_MAX,
    )
    return [_waiting(row) for row in rows]


def standing(tx: Tx, account_id: AccountId) -> Standing:
    row = tx.one(
        "SELECT (SELECT t.id FROM lab_turns t WHERE t.account_id = :account"
        " AND t.state IN ('running', 'waiting')) AS turn_id,"
        " (SELECT m.language FROM lab_members m WHERE m.account_id = :account) AS chosen,"
        " (SELECT l.language FROM lab_messages l WHERE l.account_id = :account AND l.role = 'person'"
        " ORDER BY l.ordinal DESC LIMIT 1) AS said",
        account=account_id,
    )
    if row is None:
        return Standing(turn_id=None, language=None)
    return Standing(turn_id=row["turn_id"], language=row["chosen"] or row["said"])


def place_of(tx: Tx, account_id: AccountId, message_id: str) -> Place | None:
    row = tx.one(
        "SELECT ordinal, kind, read_at FROM lab_messages WHERE id = :id AND account_id = :account",
        id=message_id,
        account=account_id,
    )
    if row is None:
        return None
    is_reply = row["kind"] in ("final", "question")
    return Place(ordinal=row["ordinal"], is_reply=is_reply, unread=is_reply and row["read_at"] is None)


def claim(tx: Tx, message_id: LabMessageId, token: ClaimToken) -> bool:
    changed = tx.run(
        f"UPDATE lab_messages SET claim = :token, claimed_until = :until"  # noqa: S608
        f" WHERE id = :id AND kind = 'final' AND read_at IS NULL AND {_FREE}",
        id=message_id,
        token=token,
        now=tx.now_ms,
        until=tx.now_ms + CLAIM_MS,
        ahead=tx.now_ms + AHEAD_MS,
    )
    return changed > 0


def set_read(tx: Tx, message_id: LabMessageId, token: ClaimToken) -> bool:
    changed = tx.run(
        "UPDATE lab_messages SET read_at = :now, delivered_at = coalesce(delivered_at, :now),"
        " claimed_until = NULL WHERE id = :id AND claim = :token AND read_at IS NULL",
        id=message_id,
        token=token,
        now=tx.now_ms,
    )
    return changed > 0


def set_unread(tx: Tx, message_id: LabMessageId, token: ClaimToken) -> bool:
    """Only if it was read by this claim and nothing has become of it since."""
    sql = (
        "UPDATE lab_messages SET read_at = NULL, claim = NULL WHERE id = :id AND claim = :token"
        " AND folded_into IS NULL AND conversation_id ="
        " (SELECT m.conversation_id FROM lab_members m WHERE m.account_id = lab_messages.account_id)"
    )
    return tx.run(sql, id=message_id, token=token) > 0


def set_delivered(tx: Tx, message_id: LabMessageId) -> None:
    sql = "UPDATE lab_messages SET delivered_at = :now WHERE id = :id AND delivered_at IS NULL"
    tx.run(sql, id=message_id, now=tx.now_ms)


def unclaim(tx: Tx, message_id: LabMessageId, token: ClaimToken) -> bool:
    sql = "UPDATE lab_messages SET claim = NULL, claimed_until = NULL WHERE id = :id AND claim = :token"
    return tx.run(sql, id=message_id, token=token) > 0


def unclaim_all(tx: Tx) -> int:
    return tx.run(
        "UPDATE lab_messages SET claim = NULL, claimed_until = NULL"
        " WHERE kind = 'final' AND read_at IS NULL AND claim IS NOT NULL"
    )


def has_unread_upto(tx: Tx, account_id: AccountId, ordinal: int) -> bool:
    sql = f"SELECT id FROM lab_messages WHERE {_UNREAD} AND ordinal <= :ordinal LIMIT 1"  # noqa: S608
    return tx.one(sql, account=account_id, ordinal=ordinal) is not None


def read_upto(tx: Tx, account_id: AccountId, ordinal: int | None) -> list[LabMessageId]:
    """Mark replies up to an ordinal as read, or all of them; those that were not, oldest first."""
    bound = "" if ordinal is None else " AND ordinal <= :ordinal"
    rows = tx.all(
        "UPDATE lab_messages SET read_at = :now, claim = NULL, claimed_until = NULL WHERE account_id = :account"  # noqa: S608
        f" AND kind IN ('final', 'question') AND read_at IS NULL{bound} RETURNING id, ordinal",
        account=account_id,
        now=tx.now_ms,
        **({} if ordinal is None else {"ordinal": ordinal}),
    )
    return [LabMessageId(row["id"]) for row in sorted(rows, key=lambda row: row["ordinal"])]


def owners_of_unread(tx: Tx, before_ms: int, most: int) -> list[AccountId]:
    """Accounts that have unread finals from before then."""
    sql = (
        "SELECT DISTINCT account_id FROM lab_messages WHERE kind = 'final' AND read_at IS NULL"
        " AND created_at < :before LIMIT :most"
    )
    return [AccountId(row["account_id"]) for row in tx.all(sql, before=before_ms, most=most)]


def read_before(tx: Tx, account_id: AccountId, before_ms: int) -> list[LabMessageId]:
    """Mark finals from before then as read; those that were not, oldest first."""
    rows = tx.all(
        f"UPDATE lab_messages SET read_at = :now, claim = NULL, claimed_until = NULL WHERE {_UNREAD}"  # noqa: S608
        " AND created_at < :before RETURNING id, ordinal",
        account=account_id,
        before=before_ms,
        now=tx.now_ms,
    )
    return [LabMessageId(row["id"]) for row in sorted(rows, key=lambda row: row["ordinal"])]


def fold(tx: Tx, account_id: AccountId, turn_id: TurnId, before_ms: int) -> list[LabMessageId]:
    """Mark as read, for this turn, what was ready before then and is not being given to anyone."""
    rows = tx.all(
        "UPDATE lab_messages SET read_at = :now, folded_into = :turn, claim = NULL, claimed_until = NULL"  # noqa: S608
        f" WHERE {_UNREAD} AND created_at < :before AND {_FREE} RETURNING id, ordinal",
        account=account_id,
        turn=turn_id,
        before=before_ms,
        now=tx.now_ms,
        ahead=tx.now_ms + AHEAD_MS,
    )
    return [LabMessageId(row["id"]) for row in sorted(rows, key=lambda row: row["ordinal"])]
