"""SQL over finished work: words in it, its archive flag, its removal."""

from collections.abc import Sequence

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AttemptId, ChatId
from parlour.storage.tx import Tx

_OF_CHATS = "chat_id IN (SELECT id FROM chats WHERE attempt_id = :id)"
# Children before parents: each statement finds its rows through those that are still there.
_LOCKS = (
    f"SELECT id FROM messages WHERE {_OF_CHATS} ORDER BY id FOR UPDATE",  # noqa: S608
    f"SELECT id FROM grades WHERE {_OF_CHATS} ORDER BY id FOR UPDATE",  # noqa: S608
)
_REMOVALS = (
    f"DELETE FROM hints WHERE message_id IN (SELECT id FROM messages WHERE {_OF_CHATS})",  # noqa: S608
    f"DELETE FROM grade_items WHERE grade_id IN (SELECT id FROM grades WHERE {_OF_CHATS})",  # noqa: S608
    f"DELETE FROM branch_labels WHERE {_OF_CHATS}",  # noqa: S608
    f"DELETE FROM responses WHERE {_OF_CHATS}",  # noqa: S608
    f"DELETE FROM grades WHERE {_OF_CHATS}",  # noqa: S608
    f"DELETE FROM messages WHERE {_OF_CHATS}",  # noqa: S608
    "DELETE FROM chats WHERE attempt_id = :id",
    "DELETE FROM attempts WHERE id = :id",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """A text in which something was found. `id` is that of the message, chat or attempt it is the text or name of."""

    id: str
    attempt_id: AttemptId
    chat_id: ChatId | None
    message_id: str | None
    title: str
    text: str
    created_at: int
    profile_name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is looked for: `pattern` for LIKE with `!` as its escape; `after` is the last hit of the page before."""

    pattern: str
    after: tuple[int, str] | None
    limit: int


def find(tx: Tx, readable: tuple[Sequence[str], dict[str, object]], wanted: Wanted) -> list[Found]:
    """Messages, titles of chats and names of attempts with the pattern, in any case, newest first."""
    wheres, params = readable
    may_read = " AND ".join(wheres)
    owner = "LEFT JOIN accounts o ON o.id = a.account_id"
    like = "LIKE lower(CAST(:pattern AS TEXT)) ESCAPE '!'"
    texts = (
        "SELECT m.id, a.id AS attempt_id, c.id AS chat_id, m.id AS message_id, c.title, m.content AS found,"  # noqa: S608
        " m.created_at, o.name AS owner_name FROM attempts a JOIN chats c ON c.attempt_id = a.id"
        f" JOIN messages m ON m.chat_id = c.id {owner}"
        f" WHERE {may_read} AND m.state <> 'streaming' AND lower(m.content) {like}"
        " UNION ALL SELECT c.id, a.id, c.id, NULL, c.title, c.title, c.created_at, o.name FROM attempts a"
        f" JOIN chats c ON c.attempt_id = a.id {owner} WHERE {may_read} AND lower(c.title) {like}"
        " UNION ALL SELECT a.id, a.id, NULL, NULL, a.name, a.name, a.created_at, o.name FROM attempts a"
        f" {owner} WHERE {may_read} AND lower(a.name) {like}"
    )
    after = ""
    if wanted.after is not None:
        after = "WHERE (h.created_at < :at OR (h.created_at = :at AND h.id < :after))"
        params = params | {"at": wanted.after[0], "after": wanted.after[1]}
    rows = tx.all(
        f"SELECT h.* FROM ({texts}) h {after} ORDER BY h.created_at DESC, h.id DESC LIMIT :limit",  # noqa: S608
        pattern=wanted.pattern,
        limit=wanted.limit,
        **params,
    )
    return [
        Found(
            id=row["id"],
            attempt_id=AttemptId(row["attempt_id"]),
            chat_id=ChatId(row["chat_id"]) if row["chat_id"] else None,
            message_id=row["message_id"],
            title=row["title"],
            text=row["found"],
            created_at=row["created_at"],
            profile_name=row["owner_name"],
        )
        for row in rows
    ]


def set_archived(tx: Tx, attempt_id: AttemptId, *, archived: bool) -> bool:
    """Put an attempt away or take it back; whether that changed anything."""
    sql = "UPDATE attempts SET archived = :archived WHERE id = :id AND archived <> :archived"
    return tx.run(sql, id=attempt_id, archived=int(archived)) > 0


def remove(tx: Tx, attempt_id: AttemptId) -> None:
    """Delete an attempt with its chats and all that belongs to these.

    Messages and grades are locked first: whoever is adding hints or items to one has ended then.
    """
    for statement in _LOCKS:
        tx.all(statement, id=attempt_id)
    for statement in _REMOVALS:
        tx.run(statement, id=attempt_id)
