"""Remembered answers: what makes a retried request happen once (Glow 4.5), on every wire.

The id is claimed in the transaction of the command itself, so of two equal requests at the same
time, also on two servers, one acts and the other gets its answer.
"""

import msgspec

from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

KEEP_MS = 24 * 3600 * 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestKey:
    """A request as its sender names it; `digest` is of the payload without the id. `keep_ms`: how long it counts."""

    account_id: str
    request_id: str
    operation: str
    digest: str
    keep_ms: int = KEEP_MS


def claim(tx: Tx, key: RequestKey) -> bytes | None:
    """None if this is the first use; otherwise the answer that was given.

    Raises `idempotency_conflict` if the id was used for something else that still counts. A row's `at` is
    24 hours before it is forgotten: for one that counts as long as usual, when it was made.
    """
    added = tx.run(
        "INSERT INTO requests (account_id, request_id, operation, digest, answer, at)"
        " VALUES (:account, :request, :operation, :digest, '', :now)"
        " ON CONFLICT (account_id, request_id) DO UPDATE SET operation = :operation, digest = :digest, answer = '',"
        " at = :now WHERE requests.at < :old",
        account=key.account_id,
        request=key.request_id,
        operation=key.operation,
        digest=key.digest,
        now=tx.now_ms + key.keep_ms - KEEP_MS,
        old=tx.now_ms - KEEP_MS,
    )
    if added:
        return None
    row = tx.one(
        "SELECT operation, digest, answer FROM requests WHERE account_id = :account AND request_id = :request",
        account=key.account_id,
        request=key.request_id,
    )
    if row is None or row["operation"] != key.operation or row["digest"] != key.digest:
        raise Refusal("idempotency_conflict", "This request id was used for another request.")
    answer: str = row["answer"]
    return answer.encode()


def check(tx: Tx, key: RequestKey) -> None:
    """For what always acts (joins): only that the id was not used for something else."""
    claim(tx, key)


def answer(tx: Tx, key: RequestKey, value: object) -> None:
    """Remember the answer, in the transaction that gives it."""
    tx.run(
        "UPDATE requests SET answer = :answer WHERE account_id = :account AND request_id = :request",
        account=key.account_id,
        request=key.request_id,
        answer=msgspec.json.encode(value).decode(),
    )


def forget(tx: Tx, key: RequestKey) -> None:
    """The id may be tried again: the refusal was not the request's own fault (4.5.5)."""
    tx.run(
        "DELETE FROM requests WHERE account_id = :account AND request_id = :request",
        account=key.account_id,
        request=key.request_id,
    )


def forget_old(tx: Tx) -> int:
    """Drop what does not count any more."""
    return tx.run("DELETE FROM requests WHERE at < :old", old=tx.now_ms - KEEP_MS)
