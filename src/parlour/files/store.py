"""SQL over uploads, and the secret of their tickets (a row of `meta`)."""

from collections.abc import Sequence

import msgspec

from parlour.files.entities import Details, NewUpload, StoredFile, TextRead, Upload
from parlour.kernel.decoding import decode
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Row, Tx

_SECRET = "upload_ticket_secret"  # noqa: S105 (the name of the row, not the secret)
_LAB_NAMES = "lab_file_names"


def insert(tx: Tx, new: NewUpload) -> bool:
    """Store an upload; False if there is one with this id."""
    return (
        tx.run(
            "INSERT INTO uploads (id, account_id, author_id, name, mime_type, bytes, digest, created_at)"
            " VALUES (:id, :account_id, :author_id, :name, :mime_type, :bytes, :digest, :now)"
            " ON CONFLICT (id) DO NOTHING",
            id=new.id,
            account_id=new.account_id,
            author_id=new.author_id,
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
        author_id=AccountId(row["author_id"]) if row["author_id"] else None,
        name=row["name"],
        mime_type=row["mime_type"],
        bytes=row["bytes"],
        digest=row["digest"],
        created_at=row["created_at"],
    )


def remove(tx: Tx, upload_id: str) -> None:
    tx.run("DELETE FROM uploads WHERE id = :id AND origin IS NULL", id=upload_id)


def ticket_secret(tx: Tx) -> str | None:
    row = tx.one("SELECT value FROM meta WHERE key = :key", key=_SECRET)
    return row["value"] if row else None


def keep_ticket_secret(tx: Tx, secret: str) -> None:
    """Set the secret if there is none; two servers that do so at once end up with one."""
    tx.run(
        "INSERT INTO meta (key, value) VALUES (:key, :value) ON CONFLICT (key) DO NOTHING", key=_SECRET, value=secret
    )


_FILE = (
    "SELECT id, account_id, name, mime_type, charset, bytes, digest, origin, shared, text_status, text_reason, pages,"
    " created_at FROM uploads WHERE origin IS NOT NULL AND deleted_at IS NULL"
)


def insert_file(tx: Tx, file: StoredFile) -> None:
    """Store a file with a handle; nothing uses it yet."""
    tx.run(
        "INSERT INTO uploads (id, account_id, name, mime_type, charset, bytes, digest, created_at, origin, shared,"
        " used, text_status) VALUES (:id, :account_id, :name, :type, :charset, :size, :sha256, :created_at, :origin,"
        " :shared, 0, :text_status)",
        id=file.id,
        account_id=file.account_id,
        name=file.name,
        type=file.type,
        charset=file.charset,
        size=file.size,
        sha256=file.sha256,
        created_at=file.created_at,
        origin=file.origin,
        shared=int(file.shared),
        text_status=file.text_status,
    )


def file(tx: Tx, file_id: str) -> StoredFile | None:
    row = tx.one(f"{_FILE} AND id = :id", id=file_id)
    return _file(row) if row else None


def held_file(tx: Tx, file_id: str) -> StoredFile | None:
    """As `file`; until the commit nobody else deletes or shares it."""
    row = tx.one(f"{_FILE} AND id = :id FOR UPDATE", id=file_id)
    return _file(row) if row else None


def files_of(tx: Tx, account_id: AccountId, after: tuple[int, str] | None, limit: int) -> list[StoredFile]:
    """Somebody's own files, newest first, older than the one that `after` places."""
    older = " AND (created_at < :at OR (created_at = :at AND id < :id))" if after else ""
    rows = tx.all(
        f"{_FILE} AND account_id = :account_id{older} ORDER BY created_at DESC, id DESC LIMIT :limit",
        account_id=account_id,
        limit=limit,
        **({"at": after[0], "id": after[1]} if after else {}),
    )
    return [_file(row) for row in rows]


def place_of(tx: Tx, account_id: AccountId, file_id: str) -> tuple[int, str] | None:
    """Where a file stands in its owner's list, also one that was deleted meanwhile."""
    row = tx.one(
        "SELECT created_at FROM uploads WHERE id = :id AND account_id = :account_id AND origin IS NOT NULL",
        id=file_id,
        account_id=account_id,
    )
    return (row["created_at"], file_id) if row else None


def bytes_used(tx: Tx, account_id: AccountId) -> int:
    """What an account's files weigh together."""
    row = tx.one(
        "SELECT coalesce(sum(bytes), 0) AS used FROM uploads"
        " WHERE account_id = :account_id AND origin IS NOT NULL AND deleted_at IS NULL",
        account_id=account_id,
    )
    return int(row["used"]) if row else 0


def is_taken(tx: Tx, account_id: AccountId | None, name: str, digest: str) -> bool:
    """Whether another content has this name among the files of an account, or of the lab."""
    whose = "account_id = :account_id" if account_id else "account_id IS NULL"
    found = tx.one(
        f"SELECT id FROM uploads WHERE {whose} AND name = :name AND digest <> :digest"  # noqa: S608 (our own words)
        " AND origin IS NOT NULL AND deleted_at IS NULL LIMIT 1",
        name=name,
        digest=digest,
        **({"account_id": account_id} if account_id else {}),
    )
    return found is not None


def lock_names(tx: Tx, account_id: AccountId | None) -> None:
    """Until the commit nobody else gives names to the files of this account, or of the lab."""
    if account_id is not None:
        tx.one("SELECT id FROM accounts WHERE id = :id FOR UPDATE", id=account_id)
        return
    tx.run("INSERT INTO meta (key, value) VALUES (:key, '') ON CONFLICT (key) DO NOTHING", key=_LAB_NAMES)
    tx.one("SELECT key FROM meta WHERE key = :key FOR UPDATE", key=_LAB_NAMES)


def set_used(tx: Tx, file_id: str) -> None:
    tx.run("UPDATE uploads SET used = 1 WHERE id = :id AND used = 0", id=file_id)


def set_shared(tx: Tx, file_id: str) -> None:
    tx.run("UPDATE uploads SET shared = 1 WHERE id = :id", id=file_id)


def set_text(tx: Tx, file_id: str, read: TextRead) -> bool:
    """Say what came of reading the text; False if somebody did so before."""
    return (
        tx.run(
            "UPDATE uploads SET text_status = :status, text_reason = :reason, pages = :pages, details = :details"
            " WHERE id = :id AND text_status = 'pending' AND deleted_at IS NULL",
            id=file_id,
            status=read.status,
            reason=read.reason,
            pages=read.pages,
            details=msgspec.json.encode(read.details).decode(),
        )
        > 0
    )


def details(tx: Tx, file_id: str) -> Details | None:
    row = tx.one("SELECT details FROM uploads WHERE id = :id AND deleted_at IS NULL", id=file_id)
    return decode(row["details"], Details) if row and row["details"] else None


def set_deleted(tx: Tx, file_id: str) -> None:
    """What remains is a stone: that there was a file, without its name and what it said about itself."""
    tx.run("UPDATE uploads SET deleted_at = :now, name = '', details = NULL WHERE id = :id", id=file_id, now=tx.now_ms)


def unused(tx: Tx, before_ms: int, limit: int) -> list[str]:
    """Files that nothing refers to and that are older than `before_ms`."""
    rows = tx.all(
        "SELECT id FROM uploads WHERE origin IS NOT NULL AND used = 0 AND created_at < :before AND deleted_at IS NULL"
        " ORDER BY created_at LIMIT :limit",
        before=before_ms,
        limit=limit,
    )
    return [row["id"] for row in rows]


def remove_unused(tx: Tx, file_id: str) -> bool:
    """Forget a file; False if something refers to it by now."""
    return tx.run("DELETE FROM uploads WHERE id = :id AND used = 0", id=file_id) > 0


def needed(tx: Tx, digests: Sequence[str]) -> set[str]:
    """Which of these blobs any row needs, also one of content."""
    names = {f"d{n}": digest for n, digest in enumerate(digests)}
    listed = ", ".join(f":{name}" for name in names)
    sql = f"SELECT DISTINCT digest FROM uploads WHERE digest IN ({listed}) AND deleted_at IS NULL"  # noqa: S608
    return {row["digest"] for row in tx.all(sql, **names)}


def _file(row: Row) -> StoredFile:
    return StoredFile(
        id=row["id"],
        account_id=AccountId(row["account_id"]) if row["account_id"] else None,
        name=row["name"],
        type=row["mime_type"],
        charset=row["charset"],
        size=row["bytes"],
        sha256=row["digest"],
        origin=row["origin"],
        shared=bool(row["shared"]),
        text_status=row["text_status"],
        text_reason=row["text_reason"],
        pages=row["pages"],
        created_at=row["created_at"],
    )
