"""SQL over files of authors, and what names them (`media_uses`)."""

from collections.abc import Collection, Iterator, Sequence

from parlour.files.authored.entities import MediaUser, UserKind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

BATCH = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """What an author keeps."""

    bytes: int
    files: int


def used(tx: Tx, author_id: AccountId) -> Used:
    row = tx.one(
        "SELECT coalesce(sum(bytes), 0) AS bytes, count(*) AS files FROM uploads WHERE author_id = :author",
        author=author_id,
    )
    return Used(bytes=int(row["bytes"]), files=row["files"]) if row else Used(bytes=0, files=0)


def held(tx: Tx, upload_ids: Collection[str]) -> list[str]:
    """Locked in the order of their ids."""
    found: list[str] = []
    for some in _batches(sorted(upload_ids)):
        params = {f"u{number}": each for number, each in enumerate(some)}
        listed = ", ".join(f":{each}" for each in params)
        rows = tx.all(
            f"SELECT id FROM uploads WHERE id IN ({listed}) AND author_id IS NOT NULL"  # noqa: S608 (our own names)
            " ORDER BY id FOR UPDATE",
            **params,
        )
        found += [row["id"] for row in rows]
    return found


def names(tx: Tx, user: MediaUser) -> frozenset[str]:
    rows = tx.all(
        "SELECT upload_id FROM media_uses WHERE user_kind = :kind AND user_id = :id", kind=user.kind, id=user.id
    )
    return frozenset(row["upload_id"] for row in rows)


def users(tx: Tx, upload_id: str) -> list[MediaUser]:
    """Artifacts first: there are more readers of them."""
    rows = tx.all(
        "SELECT user_kind, user_id FROM media_uses WHERE upload_id = :id ORDER BY user_kind, user_id", id=upload_id
    )
    return [MediaUser(kind=row["user_kind"], id=row["user_id"]) for row in rows]


def name(tx: Tx, user: MediaUser, upload_ids: Sequence[str]) -> None:
    rows: Sequence[dict[str, object]] = [{"upload": each, "kind": user.kind, "id": user.id} for each in upload_ids]
    tx.many(
        "INSERT INTO media_uses (upload_id, user_kind, user_id) VALUES (:upload, :kind, :id)"
        " ON CONFLICT (upload_id, user_kind, user_id) DO NOTHING",
        rows,
    )


def unname(tx: Tx, user: MediaUser, upload_ids: Collection[str]) -> None:
    rows: Sequence[dict[str, object]] = [
        {"upload": each, "kind": user.kind, "id": user.id} for each in sorted(upload_ids)
    ]
    tx.many("DELETE FROM media_uses WHERE upload_id = :upload AND user_kind = :kind AND user_id = :id", rows)


def forget(tx: Tx, user: MediaUser) -> None:
    tx.run("DELETE FROM media_uses WHERE user_kind = :kind AND user_id = :id", kind=user.kind, id=user.id)


def all_users(tx: Tx, kind: UserKind) -> list[str]:
    rows = tx.all("SELECT DISTINCT user_id FROM media_uses WHERE user_kind = :kind ORDER BY user_id", kind=kind)
    return [row["user_id"] for row in rows]


def unnamed(tx: Tx, before_ms: int, limit: int) -> list[str]:
    """Files of authors that nothing names and that are older than `before_ms`."""
    rows = tx.all(
        f"SELECT id FROM uploads WHERE author_id IS NOT NULL AND created_at < :before AND {_UNNAMED}"  # noqa: S608
        " ORDER BY id LIMIT :limit",
        before=before_ms,
        limit=limit,
    )
    return [row["id"] for row in rows]


def remove_unnamed(tx: Tx, upload_id: str) -> bool:
    """Forget a file; False if something names it by now. Whoever is naming it holds its row, so that is waited for
    before it is asked."""
    if not held(tx, [upload_id]):
        return False
    return tx.run(f"DELETE FROM uploads WHERE id = :id AND {_UNNAMED}", id=upload_id) > 0  # noqa: S608


_UNNAMED = "NOT EXISTS (SELECT 1 FROM media_uses WHERE media_uses.upload_id = uploads.id)"


def _batches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + BATCH] for at in range(0, len(ids), BATCH))
