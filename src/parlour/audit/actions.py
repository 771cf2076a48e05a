"""Verbs on the audit. Each runs in an open transaction and never commits."""

from dataclasses import replace

import msgspec

from parlour.audit import store
from parlour.audit.chain import digest_of_row, follows
from parlour.audit.entities import Entry, Head, Row, Wanted
from parlour.storage.tx import Tx

LIST_MAX = 1_000
_PAGE = 1_000


def record(tx: Tx, entry: Entry) -> int:
    """Add a row in the transaction of what it tells; its number.

    Where several processes write, the head's row keeps their transactions in one order.
    """
    head = store.advance(tx)
    row = Row(
        n=head.n,
        at=tx.now_ms,
        actor=entry.actor,
        acted_for=entry.acted_for,
        action=entry.action,
        subject=entry.subject,
        route=entry.route,
        detail=msgspec.json.encode(entry.detail, order="sorted").decode(),
        previous_digest=head.digest,
        digest="",
    )
    row = replace(row, digest=digest_of_row(row))
    store.insert(tx, row)
    store.set_head_digest(tx, row.digest)
    return row.n


def verify(tx: Tx) -> int | None:
    """The number of the first row that is changed, missing or too much; `None` if the chain holds.

    Somebody who may write the whole table and its head could make a new chain: whoever must exclude that
    notes `head(tx)` elsewhere from time to time.
    """
    end = head(tx)
    n, digest = 0, ""
    while page := store.rows(tx, Wanted(after=n, limit=_PAGE)):
        for row in page:
            if not follows(row, n, digest) or row.n > end.n:
                return min(row.n, n + 1)
            n, digest = row.n, row.digest
    return None if (n, digest) == (end.n, end.digest) else max(1, min(n, end.n) + (n < end.n))


def head(tx: Tx) -> Head:
    """The end of the chain."""
    return store.head(tx)


def list_rows(tx: Tx, wanted: Wanted) -> list[Row]:
    """The rows asked for, oldest first, at most 1,000."""
    return store.rows(tx, replace(wanted, limit=min(wanted.limit, LIST_MAX)))
