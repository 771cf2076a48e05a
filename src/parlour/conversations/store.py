"""SQL over chats, messages and hints."""

from collections.abc import Sequence

import msgspec

from parlour.conversations.entities import Chat, Completion, Hint, Mark, Message, MessageState, Response, Snapshot
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId, AttemptId, ChatId, MessageId
from parlour.storage.tx import Row, Tx

_SNAPSHOT = decoder_of(Snapshot)
_MARKS = decoder_of(tuple[Mark, ...])
_COMPLETION = decoder_of(Completion)
_IDS = decoder_of(tuple[str, ...])


def _json(value: object) -> str | None:
    return None if value is None else msgspec.json.encode(value).decode()


def _chat(row: Row) -> Chat:
    return Chat(
        id=ChatId(row["id"]),
        attempt_id=AttemptId(row["attempt_id"]),
        account_id=AccountId(row["account_id"]),
        chat_entry_id=row["chat_entry_id"],
        pass_number=row["pass"],
        position=row["position"],
        title=row["title"],
        group_id=row["group_id"],
        state=row["state"],
        completion=_COMPLETION.decode(row["completion"]) if row["completion"] else None,
        snapshot=_SNAPSHOT.decode(row["snapshot"]),
        source_chat_id=ChatId(row["source_chat_id"]) if row["source_chat_id"] else None,
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        completed_at=row["completed_at"],
    )


def _message(row: Row) -> Message:
    return Message(
        id=MessageId(row["id"]),
        chat_id=ChatId(row["chat_id"]),
        type=row["type"],
        parent_id=MessageId(row["parent_id"]) if row["parent_id"] else None,
        number=row["number"],
        content=row["content"],
        persona_id=row["persona_id"],
        state=row["state"],
        created_at=row["created_at"],
        completed_at=row["completed_at"],
        marks=_MARKS.decode(row["contents"]) if row["contents"] else (),
        item_id=row["item_id"],
    )


def insert_chat(tx: Tx, chat: Chat) -> None:
    tx.run(
        "INSERT INTO chats (id, attempt_id, account_id, chat_entry_id, pass, position, title, group_id, state,"
        " completion, snapshot, source_chat_id, created_at, expires_at, completed_at) VALUES (:id, :attempt_id,"
        " :account_id, :chat_entry_id, :pass, :position, :title, :group_id, :state, :completion, :snapshot,"
        " :source_chat_id, :created_at, :expires_at, :completed_at)",
        id=chat.id,
        attempt_id=chat.attempt_id,
        account_id=chat.account_id,
        chat_entry_id=chat.chat_entry_id,
        position=chat.position,
        title=chat.title,
        group_id=chat.group_id,
        state=chat.state,
        completion=_json(chat.completion),
        snapshot=_json(chat.snapshot),
        source_chat_id=chat.source_chat_id,
        created_at=chat.created_at,
        expires_at=chat.expires_at,
        completed_at=chat.completed_at,
        **{"pass": chat.pass_number},
    )


def chat(tx: Tx, chat_id: ChatId, *, lock: bool) -> Chat | None:
    row = tx.one(f"SELECT * FROM chats WHERE id = :id{' FOR UPDATE' if lock else ''}", id=chat_id)  # noqa: S608
    return _chat(row) if row else None


def chats_of(tx: Tx, attempt_id: AttemptId) -> list[Chat]:
    rows = tx.all(
        "SELECT * FROM chats WHERE attempt_id = :id"
        " ORDER BY CASE WHEN source_chat_id IS NULL THEN created_at ELSE completed_at END, pass, position",
        id=attempt_id,
    )
    return [_chat(row) for row in rows]


def complete_chat(tx: Tx, chat_id: ChatId, completion: Completion) -> int:
    return tx.run(
        "UPDATE chats SET state = 'completed', completion = :completion, completed_at = :now"
        " WHERE id = :id AND state = 'open'",
        id=chat_id,
        completion=_json(completion),
        now=tx.now_ms,
    )


def _among(chat_ids: Sequence[ChatId]) -> tuple[str, dict[str, object]]:
    params: dict[str, object] = {f"chat_{index}": chat_id for index, chat_id in enumerate(chat_ids)}
    return f"chat_id IN ({', '.join(f':{name}' for name in params)})", params


def messages(tx: Tx, *chat_ids: ChatId) -> list[Message]:
    where, params = _among(chat_ids)
    rows = tx.all(f"SELECT * FROM messages WHERE {where} ORDER BY chat_id, number", **params)  # noqa: S608
    return [_message(row) for row in rows]


def message(tx: Tx, message_id: MessageId) -> Message | None:
    row = tx.one("SELECT * FROM messages WHERE id = :id", id=message_id)
    return _message(row) if row else None


def streaming(tx: Tx, chat_id: ChatId) -> tuple[Message, str] | None:
    row = tx.one("SELECT * FROM messages WHERE chat_id = :id AND state = 'streaming'", id=chat_id)
    return (_message(row), row["fence"]) if row else None


def insert_message(tx: Tx, message: Message, fence: str | None) -> None:
    tx.run(
        "INSERT INTO messages (id, chat_id, type, parent_id, number, content, persona_id, state, fence, item_id,"
        " created_at, completed_at) VALUES (:id, :chat_id, :type, :parent_id, :number, :content, :persona_id, :state,"
        " :fence, :item_id, :created_at, :completed_at)",
        id=message.id,
        chat_id=message.chat_id,
        type=message.type,
        parent_id=message.parent_id,
        number=message.number,
        content=message.content,
        persona_id=message.persona_id,
        state=message.state,
        fence=fence,
        item_id=message.item_id,
        created_at=message.created_at,
        completed_at=message.completed_at,
    )


def append_text(tx: Tx, message_id: MessageId, fence: str, text: str) -> bool:
    sql = "UPDATE messages SET content = content || :text WHERE id = :id AND fence = :fence AND state = 'streaming'"
    return tx.run(sql, id=message_id, fence=fence, text=text) > 0


def append_contents(tx: Tx, message_id: MessageId, fence: str, text: str, marks: Sequence[Mark]) -> bool:
    """The same where contents begin: `marks` are those of the whole message, the first one names its persona."""
    sql = (
        "UPDATE messages SET content = content || :text, contents = :marks, persona_id = :persona"
        " WHERE id = :id AND fence = :fence AND state = 'streaming'"
    )
    persona_id = marks[0].persona_id
    return tx.run(sql, id=message_id, fence=fence, text=text, marks=_json(marks), persona=persona_id) > 0


def take_over(tx: Tx, message_id: MessageId, fence: str) -> bool:
    sql = "UPDATE messages SET content = '', contents = NULL, fence = :fence WHERE id = :id AND state = 'streaming'"
    return tx.run(sql, id=message_id, fence=fence) > 0


def fence(tx: Tx, message_id: MessageId) -> str | None:
    row = tx.one("SELECT fence FROM messages WHERE id = :id AND state = 'streaming'", id=message_id)
    return row["fence"] if row else None


def set_fence(tx: Tx, message_id: MessageId, fence: str) -> bool:
    sql = "UPDATE messages SET fence = :fence WHERE id = :id AND state = 'streaming'"
    return tx.run(sql, id=message_id, fence=fence) > 0


def cut_text(tx: Tx, message_id: MessageId, text: str, marks: Sequence[Mark]) -> bool:
    sql = "UPDATE messages SET content = :text, contents = :marks WHERE id = :id AND state = 'streaming'"
    return tx.run(sql, id=message_id, text=text, marks=_json(marks or None)) > 0


def complete_message(tx: Tx, message_id: MessageId, state: MessageState, completion: Completion | None) -> bool:
    sql = (
        "UPDATE messages SET state = :state, completion = :completion, completed_at = :now"
        " WHERE id = :id AND state = 'streaming'"
    )
    return tx.run(sql, id=message_id, state=state, completion=_json(completion), now=tx.now_ms) > 0


def insert_hints(tx: Tx, hints: Sequence[Hint]) -> None:
    sql = "INSERT INTO hints (id, message_id, idx, hint) VALUES (:id, :message_id, :idx, :hint)"
    tx.many(sql, [{"id": h.id, "message_id": h.message_id, "idx": h.idx, "hint": h.hint} for h in hints])


def hints_of(tx: Tx, *chat_ids: ChatId) -> list[Hint]:
    where, params = _among(chat_ids)
    rows = tx.all(
        f"SELECT h.* FROM hints h JOIN messages m ON m.id = h.message_id WHERE m.{where}"  # noqa: S608
        " ORDER BY h.message_id, h.idx",
        **params,
    )
    return [
        Hint(id=row["id"], message_id=MessageId(row["message_id"]), idx=row["idx"], hint=row["hint"]) for row in rows
    ]


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageCopy:
    """A message to copy, and the place of the copy. Its times are `later_ms` after those of the source."""

    source_id: MessageId
    id: MessageId
    chat_id: ChatId
    parent_id: MessageId | None
    number: int
    later_ms: int


def copy_message(tx: Tx, copy: MessageCopy) -> None:
    tx.run(
        "INSERT INTO messages (id, chat_id, type, parent_id, number, content, contents, persona_id, state, fence,"
        " completion, item_id, created_at, completed_at) SELECT CAST(:id AS TEXT), CAST(:chat_id AS TEXT),"
        " type, CAST(:parent_id AS TEXT), CAST(:number AS INTEGER), content, contents, persona_id, state, NULL,"
        " completion, item_id, created_at + CAST(:later AS BIGINT), completed_at + CAST(:later AS BIGINT)"
        " FROM messages WHERE id = :source",
        id=copy.id,
        chat_id=copy.chat_id,
        parent_id=copy.parent_id,
        number=copy.number,
        later=copy.later_ms,
        source=copy.source_id,
    )


def labels_of(tx: Tx, *chat_ids: ChatId) -> dict[MessageId, str]:
    where, params = _among(chat_ids)
    rows = tx.all(f"SELECT message_id, label FROM branch_labels WHERE {where}", **params)  # noqa: S608
    return {MessageId(row["message_id"]): row["label"] for row in rows}


def set_label(tx: Tx, message: Message, label: str, account_id: AccountId) -> None:
    tx.run(
        "INSERT INTO branch_labels (message_id, chat_id, label, labelled_by, labelled_at) VALUES (:id, :chat_id,"
        " :label, :by, :now) ON CONFLICT (message_id) DO UPDATE SET label = excluded.label,"
        " labelled_by = excluded.labelled_by, labelled_at = excluded.labelled_at",
        id=message.id,
        chat_id=message.chat_id,
        label=label,
        by=account_id,
        now=tx.now_ms,
    )


def remove_label(tx: Tx, message_id: MessageId) -> None:
    tx.run("DELETE FROM branch_labels WHERE message_id = :id", id=message_id)


def insert_responses(tx: Tx, responses: Sequence[Response]) -> None:
    rows = [
        {
            "id": response.id,
            "chat_id": response.chat_id,
            "question_id": response.question_id,
            "option_ids": _json(response.option_ids),
            "is_correct": int(response.is_correct),
            "scored": int(response.scored),
            "created_at": response.created_at,
        }
        for response in responses
    ]
    tx.many(
        "INSERT INTO responses (id, chat_id, question_id, option_ids, is_correct, scored, created_at)"
        " VALUES (:id, :chat_id, :question_id, :option_ids, :is_correct, :scored, :created_at)",
        rows,
    )


def responses_of(tx: Tx, *chat_ids: ChatId) -> list[Response]:
    where, params = _among(chat_ids)
    rows = tx.all(f"SELECT * FROM responses WHERE {where} ORDER BY created_at, id", **params)  # noqa: S608
    return [
        Response(
            id=row["id"],
            chat_id=ChatId(row["chat_id"]),
            question_id=row["question_id"],
            option_ids=_IDS.decode(row["option_ids"]),
            is_correct=bool(row["is_correct"]),
            scored=bool(row["scored"]),
            created_at=row["created_at"],
        )
        for row in rows
    ]
