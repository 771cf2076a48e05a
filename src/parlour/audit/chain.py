"""What a row's digest covers: all of the row, and through the digest before it everything earlier. Pure."""

import hashlib

import msgspec

from parlour.audit.entities import Row


def digest_of_row(row: Row) -> str:
    """SHA-256 in hexadecimal of the row's members but its own digest, as a JSON array in their order."""
    covered = (
        row.n,
        row.at,
        row.actor,
        row.acted_for,
        row.action,
        row.subject,
        row.route,
        row.detail,
        row.previous_digest,
    )
    return hashlib.sha256(msgspec.json.encode(covered)).hexdigest()


def follows(row: Row, n: int, digest: str) -> bool:
    """Whether the row is the whole and unchanged successor of row `n` with this digest."""
    return row.n == n + 1 and row.previous_digest == digest and row.digest == digest_of_row(row)
