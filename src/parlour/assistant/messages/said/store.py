"""SQL over what was said, and the files that go with it."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

import msgspec

from parlour.assistant.entities import (
    ConversationId,
    LabMessage,
    LabMessageId,
    Language,
    MessageKind,
    Reference,
    Turn,
    TurnId,
)
from parlour.files.handles import handle_of
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId, PauseId
from parlour.storage.tx import Row, Tx

_REFERENCES = decoder_of(tuple[Reference, ...])
_BATCH = 400


@dataclass(frozen=True, kw_only=True, slots=True)
class NewMessage:
    """A message to store. `flags` only for a person's: as sent, None where a flag was left out."""

    id: LabMessageId
    account_id: AccountId
    conversation_id: ConversationId
    author_id: AccountId | None
    role: str
    kind: MessageKind
    text: str
    language: Language
    turn_id: TurnId
    pause_id: PauseId | None
    reply_in_speech: bool
    route: str
    enable_instruct: bool | None = None
    enable_comment: bool | None = None
    speech_upload_id: str | None = None
    references: tuple[Reference, ...] = ()
    extra_info: str | None = None
    error: str | None = None
    upload_ids: tuple[str, ...] = field(default=())


@dataclass(frozen=True, kw_only=True, slots=True)
class SpokenRow:
    """What the one who listens to a spoken message must know of it."""

    upload_id: str
    author_id: AccountId
    route: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """A file as messages show it."""

    id: str
    name: str
    size: int
    sha256: str


def insert(tx: Tx, new: NewMessage, ordinal: int) -> None:
    tx.run(
        "INSERT INTO lab_messages (id, account_id, conversation_id, ordinal, author_id, role, kind, text, language,"
        " turn_id, pause_id, reply_in_speech, enable_instruct, enable_comment, route, speech_upload_id,"
        " references_detail, extra_info, error, created_at) VALUES (:id, :account, :conversation, :ordinal, :author,"
        " :role, :kind, :text, :language, :turn, :pause, :speak, :instruct, :comment, :route, :speech, :references,"
        " :extra, :error, :now)",
        id=new.id,
        account=new.account_id,
        conversation=new.conversation_id,
        ordinal=ordinal,
        author=new.author_id,
        role=new.role,
        kind=new.kind,
        text=new.text,
        language=new.language,
        turn=new.turn_id,
        pause=new.pause_id,
        speak=int(new.reply_in_speech),
        instruct=None if new.enable_instruct is None else int(new.enable_instruct),
        comment=None if new.enable_comment is None else int(new.enable_comment),
        route=new.route,
        speech=new.speech_upload_id,
        references=msgspec.json.encode(new.references).decode(),
        extra=new.extra_info,
        error=new.error,
        now=tx.now_ms,
    )
    tx.many(
        "INSERT INTO lab_message_files (message_id, upload_id, position) VALUES (:message, :upload, :position)",
        [
            {"message": new.id, "upload": upload_id, "position": position}
            for position, upload_id in enumerate(new.upload_ids)
        ],
    )


def message(tx: Tx, message_id: LabMessageId) -> LabMessage | None:
    found = _messages(tx, tx.all("SELECT * FROM lab_messages WHERE id = :id", id=message_id))
    return found[0] if found else None


def of_conversation(tx: Tx, conversation_id: ConversationId, after: int, limit: int) -> list[LabMessage]:
    rows = tx.all(
        "SELECT * FROM lab_messages WHERE conversation_id = :id AND ordinal > :after ORDER BY ordinal LIMIT :limit",
        id=conversation_id,
        after=after,
        limit=limit,
    )
    return _messages(tx, rows)


def newest(tx: Tx, conversation_id: ConversationId, limit: int) -> list[LabMessage]:
    rows = tx.all(
        "SELECT * FROM lab_messages WHERE conversation_id = :id ORDER BY ordinal DESC LIMIT :limit",
        id=conversation_id,
        limit=limit,
    )
    return _messages(tx, rows[::-1])


def before_turn(tx: Tx, turn: Turn, limit: int) -> list[LabMessage]:
    """The last messages of the turns before this one: turn by turn, as they would have been said."""
    rows = tx.all(
        "SELECT m.* FROM lab_messages m JOIN lab_turns t ON t.id = m.turn_id"
        " WHERE m.conversation_id = :conversation AND t.ordinal > 0 AND t.ordinal < :ordinal"
        " ORDER BY t.ordinal DESC, m.ordinal DESC LIMIT :limit",
        conversation=turn.conversation_id,
        ordinal=turn.ordinal,
        limit=limit,
    )
    return _messages(tx, rows[::-1])


def of_turn(tx: Tx, turn_id: TurnId) -> list[LabMessage]:
    return _messages(tx, tx.all("SELECT * FROM lab_messages WHERE turn_id = :id ORDER BY ordinal", id=turn_id))


def wordless_starter(tx: Tx, turn_id: TurnId) -> LabMessageId | None:
    """The message that started a turn, if it is speech whose words are not known."""
    row = tx.one(
        "SELECT m.id FROM lab_turns t JOIN lab_messages m ON m.id = t.started_by"
        " WHERE t.id = :id AND m.kind = 'speech' AND m.text = ''",
        id=turn_id,
    )
    return LabMessageId(row["id"]) if row else None


def spoken(tx: Tx, message_id: LabMessageId) -> SpokenRow | None:
    """Of a person's spoken message; None for any other."""
    row = tx.one(
        "SELECT speech_upload_id, author_id, account_id, route FROM lab_messages"
        " WHERE id = :id AND kind = 'speech' AND speech_upload_id IS NOT NULL",
        id=message_id,
    )
    if row is None:
        return None
    author_id = AccountId(row["author_id"] or row["account_id"])
    return SpokenRow(upload_id=row["speech_upload_id"], author_id=author_id, route=row["route"])


def set_text(tx: Tx, message_id: LabMessageId, text: str, language: Language) -> None:
    sql = "UPDATE lab_messages SET text = :text, language = :language WHERE id = :id"
    tx.run(sql, id=message_id, text=text, language=language)


def has_reply(tx: Tx, turn_id: TurnId) -> bool:
    sql = "SELECT id FROM lab_messages WHERE turn_id = :id AND role = 'assistant' LIMIT 1"
    return tx.one(sql, id=turn_id) is not None


def folded_into(tx: Tx, turn_id: TurnId) -> list[LabMessage]:
    rows = tx.all("SELECT * FROM lab_messages WHERE folded_into = :id ORDER BY ordinal", id=turn_id)
    return _messages(tx, rows)


def set_error(tx: Tx, message_id: LabMessageId, error: str | None) -> None:
    """Also: its next delivery is a first one again (10.2)."""
    sql = "UPDATE lab_messages SET error = :error, delivered_at = NULL WHERE id = :id"
    tx.run(sql, id=message_id, error=error)


def naming_file(tx: Tx, account_id: AccountId, file_id: str) -> list[LabMessageId]:
    rows = tx.all(
        "SELECT id FROM lab_messages WHERE account_id = :account AND (references_detail LIKE :handle"
        " OR speech_upload_id = :file OR id IN (SELECT message_id FROM lab_message_files WHERE upload_id = :file))"
        " ORDER BY ordinal",
        account=account_id,
        file=file_id,
        handle=f"%files/{file_id}/%",
    )
    return [LabMessageId(row["id"]) for row in rows]


def ids_of_conversation(tx: Tx, conversation_id: ConversationId) -> list[LabMessageId]:
    rows = tx.all("SELECT id FROM lab_messages WHERE conversation_id = :id ORDER BY ordinal", id=conversation_id)
    return [LabMessageId(row["id"]) for row in rows]


def uploads_of_conversation(tx: Tx, conversation_id: ConversationId) -> list[str]:
    """The ids of every file that a message of it carries, spoken ones too."""
    rows = tx.all(
        "SELECT f.upload_id AS id FROM lab_message_files f JOIN lab_messages m ON m.id = f.message_id"
        " WHERE m.conversation_id = :id UNION SELECT speech_upload_id AS id FROM lab_messages"
        " WHERE conversation_id = :id AND speech_upload_id IS NOT NULL ORDER BY 1",
        id=conversation_id,
    )
    return [row["id"] for row in rows]


def delete_of_conversation(tx: Tx, conversation_id: ConversationId) -> None:
    mine = "SELECT id FROM lab_messages WHERE conversation_id = :id"
    tx.run(f"DELETE FROM lab_message_files WHERE message_id IN ({mine})", id=conversation_id)  # noqa: S608
    tx.run("DELETE FROM lab_messages WHERE conversation_id = :id", id=conversation_id)


def _messages(tx: Tx, rows: Sequence[Row]) -> list[LabMessage]:
    """Rows as messages, with their files and references as they are now (4.3)."""
    if not rows:
        return []
    decoded = {row["id"]: _REFERENCES.decode(row["references_detail"]) for row in rows}
    attached = _attached(tx, [row["id"] for row in rows])
    wanted = {_file_id(reference.file) for found in decoded.values() for reference in found if reference.file}
    wanted |= {row["speech_upload_id"] for row in rows if row["speech_upload_id"]}
    wanted |= {upload_id for ids in attached.values() for upload_id in ids}
    present = _readable(tx, rows[0]["account_id"], sorted(wanted))
    authors = _user_ids(tx, sorted({row["author_id"] for row in rows if row["author_id"]}))
    found: list[LabMessage] = []
    for row in rows:
        files = [present[upload_id] for upload_id in attached.get(row["id"], ()) if upload_id in present]
        made = _message(row, files, present.get(row["speech_upload_id"] or ""))
        references = tuple(_as_now(decoded[row["id"]], present))
        found.append(replace(made, references=references, author_id=authors.get(row["author_id"] or "")))
    return found


def _message(row: Row, files: Sequence[Upload], speech: Upload | None) -> LabMessage:
    return LabMessage(
        id=LabMessageId(row["id"]),
        account_id=AccountId(row["account_id"]),
        conversation_id=ConversationId(row["conversation_id"]),
        ordinal=row["ordinal"],
        role=row["role"],
        kind=row["kind"],
        text=row["text"],
        language=row["language"],
        author_id=None,
        turn_id=TurnId(row["turn_id"]),
        pause_id=PauseId(row["pause_id"]) if row["pause_id"] else None,
        reply_in_speech=bool(row["reply_in_speech"]),
        files={handle_of(file): file.size for file in (*files, *([speech] if speech else []))},
        speech=handle_of(speech) if speech else None,
        references=(),
        extra_info=row["extra_info"],
        error=row["error"],
        created_at=row["created_at"],
        delivered_at=row["delivered_at"],
        read=row["read_at"] is not None,
    )


def _as_now(references: Sequence[Reference], present: Mapping[str, Upload]) -> list[Reference]:
    """References without those whose file is gone or not readable any more; sizes are those of now."""
    kept: list[Reference] = []
    for reference in references:
        if reference.file is None:
            kept.append(reference)
            continue
        file = present.get(_file_id(reference.file))
        if file is not None:
            kept.append(replace(reference, file=handle_of(file), size=file.size, sha256=file.sha256))
    return kept


def _file_id(handle: str) -> str:
    return handle.removeprefix("files/").partition("/")[0]


def _attached(tx: Tx, message_ids: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for start in range(0, len(message_ids), _BATCH):
        names, wanted = _among(message_ids[start : start + _BATCH])
        sql = f"SELECT message_id, upload_id FROM lab_message_files WHERE message_id IN ({wanted}) ORDER BY position"  # noqa: S608
        for row in tx.all(sql, **names):
            found.setdefault(row["message_id"], []).append(row["upload_id"])
    return found


def _readable(tx: Tx, account_id: str, upload_ids: Sequence[str]) -> dict[str, Upload]:
    """Those files that are there and that the account may read: its own and shared ones (9.1)."""
    found: dict[str, Upload] = {}
    for start in range(0, len(upload_ids), _BATCH):
        names, wanted = _among(upload_ids[start : start + _BATCH])
        sql = (
            f"SELECT id, name, bytes, digest FROM uploads WHERE id IN ({wanted}) AND deleted_at IS NULL"  # noqa: S608
            " AND (account_id = :account OR shared = 1)"
        )
        for row in tx.all(sql, account=account_id, **names):
            found[row["id"]] = Upload(id=row["id"], name=row["name"], size=row["bytes"], sha256=row["digest"])
    return found


def _user_ids(tx: Tx, account_ids: Sequence[str]) -> dict[str, str]:
    """The names that those accounts are shown with."""
    if not account_ids:
        return {}
    names, wanted = _among(account_ids)
    rows = tx.all(f"SELECT id, user_id FROM accounts WHERE id IN ({wanted})", **names)  # noqa: S608
    return {row["id"]: row["user_id"] for row in rows}


def _among(values: Sequence[str]) -> tuple[dict[str, str], str]:
    names = {f"v{index}": value for index, value in enumerate(values)}
    return names, ", ".join(f":{name}" for name in names)
