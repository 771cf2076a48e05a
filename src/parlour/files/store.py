"""SQL over uploads, and the secret of their tickets (a row of `meta`)."""

from parlour.files.entities import NewUpload, Upload
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

_SECRET = "upload_ticket_secret"  # noqa: S105 (the name of the row, not the secret)


def insert(tx: Tx, new: NewUpload) -> bool:
    """Store an upload; False if there is one with this id."""
    return (
        tx.run(
            "INSERT INTO uploads (id, account_id, name, mime_type, bytes, digest, created_at)"
            " VALUES (:id, :account_id, :name, :mime_type, :bytes, :digest, :now) ON CONFLICT (id) DO NOTHING",
            id=new.id,
            account_id=new.account_id,
            name=new.name,
            mime_type=new.mime_type,
            bytes=new.bytes,
            digest=new.digest,
            now=tx.now_ms,
        )
        > 0
    )


def upload(tx: Tx, upload_id: str) -> Upload | None:
    row = tx.one("SELECT * FROM uploads WHERE id = :id", id=upload_id)
    if row is None:
        return None
    return Upload(
        id=row["id"],
        account_id=AccountId(row["account_id"]) if row["account_id"] else None,
        name=row["name"],
        mime_type=row["mime_type"],
        bytes=row["bytes"],
        digest=row["digest"],
        created_at=row["created_at"],
    )


def ticket_secret(tx: Tx) -> str | None:
    row = tx.one("SELECT value FROM meta WHERE key = :key", key=_SECRET)
    return row["value"] if row else None


def keep_ticket_secret(tx: Tx, secret: str) -> None:
    """Set the secret if there is none; two servers that do so at once end up with one."""
    tx.run(
        "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO NOTHING", key=_SECRET, value=secret
    )
