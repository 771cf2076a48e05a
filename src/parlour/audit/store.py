"""The SQL of the audit."""

from parlour.audit.entities import Head, Row, Wanted
from parlour.storage.tx import Tx


def advance(tx: Tx) -> Head:
    """Take the next number; the head with it and the digest of the row before."""
    row = tx.one("UPDATE audit_head SET n = n + 1 WHERE id = 1 RETURNING n, digest")
    if row is None:
        raise RuntimeError("the audit has no head")
    return Head(n=row["n"], digest=row["digest"])


def set_head_digest(tx: Tx, digest: str) -> None:
    """The digest of the row whose number was taken."""
    tx.run("UPDATE audit_head SET digest = :digest WHERE id = 1", digest=digest)


def head(tx: Tx) -> Head:
    """The end of the chain."""
    row = tx.one("SELECT n, digest FROM audit_head WHERE id = 1")
    return Head(n=row["n"], digest=row["digest"]) if row is not None else Head(n=0, digest="")


def insert(tx: Tx, row: Row) -> None:
    """Store a row."""
    tx.run(
        "INSERT INTO audit (n, at, actor, acted_for, action, subject, route, detail, previous_digest, digest)"
        " VALUES (:n, :at, :actor, :acted_for, :action, :subject, :route, :detail, :previous, :digest)",
        n=row.n,
        at=row.at,
        actor=row.actor,
        acted_for=row.acted_for,
        action=row.action,
        subject=row.subject,
        route=row.route,
        detail=row.detail,
        previous=row.previous_digest,
        digest=row.digest,
    )


def rows(tx: Tx, wanted: Wanted) -> list[Row]:
    """The rows asked for, oldest first."""
    given = {"subject": wanted.subject, "actor": wanted.actor, "action": wanted.action}
    only = {name: value for name, value in given.items() if value is not None}
    conditions = " AND ".join(["n > :after", *(f"{name} = :{name}" for name in only)])
    found = tx.all(
        "SELECT n, at, actor, acted_for, action, subject, route, detail, previous_digest, digest FROM audit"  # noqa: S608
        f" WHERE {conditions} ORDER BY n LIMIT :n",
        after=wanted.after,
        n=wanted.limit,
        **only,
    )
    return [
        Row(
            n=row["n"],
            at=row["at"],
            actor=row["actor"],
            acted_for=row["acted_for"],
            action=row["action"],
            subject=row["subject"],
            route=row["route"],
            detail=row["detail"],
            previous_digest=row["previous_digest"],
            digest=row["digest"],
        )
        for row in found
    ]
