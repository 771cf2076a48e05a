"""SQL over utterances and the heard ledger once they are said."""

from collections.abc import Sequence

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, AttemptId, ChatId, MessageId
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Recording:
    """Where the recording of an utterance is."""

    utterance_id: str
    upload_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class UtteranceCopy:
    """An utterance to copy, and what the copy belongs to. Its times are those of the source."""

    source_id: str
    id: str
    chat_id: ChatId
    message_id: MessageId
    upload_id: str | None


def spoken_in(tx: Tx, chat_ids: Sequence[ChatId]) -> list[ChatId]:
    """Which of these chats somebody spoke in, person or persona."""
    listed = ", ".join(f":c{index}" for index in range(len(chat_ids)))
    sql = (
        f"SELECT chat_id FROM utterances WHERE chat_id IN ({listed})"  # noqa: S608
        f" UNION SELECT chat_id FROM spoken_replies WHERE chat_id IN ({listed})"
    )
    return [ChatId(row["chat_id"]) for row in tx.all(sql, **{f"c{n}": chat_id for n, chat_id in enumerate(chat_ids)})]


def spoken_ms(tx: Tx, attempt_id: AttemptId) -> tuple[int, int]:
    """Milliseconds of speech of the learner and of personas in an attempt, without copied chats."""
    of_attempt = "JOIN chats c ON c.id = s.chat_id WHERE c.attempt_id = :id AND c.source_chat_id IS NULL"
    row = tx.one(
        f"SELECT (SELECT coalesce(sum(s.audio_ms), 0) FROM utterances s {of_attempt}) AS learner,"  # noqa: S608
        f" (SELECT coalesce(sum(s.heard_ms), 0) FROM spoken_replies s {of_attempt}) AS persona",
        id=attempt_id,
    )
    return (int(row["learner"]), int(row["persona"])) if row else (0, 0)


def set_dispute(tx: Tx, utterance_id: str, text: str) -> None:
    tx.run(
        "UPDATE utterances SET dispute = 'open', disputed_text = :text, disputed_at = :now WHERE id = :id",
        id=utterance_id,
        text=text,
        now=tx.now_ms,
    )


def set_decision(tx: Tx, utterance_id: str, by: AccountId, replaced_text: str | None) -> None:
    tx.run(
        "UPDATE utterances SET dispute = :dispute, decided_by = :by, decided_at = :now, replaced_text = :text"
        " WHERE id = :id",
        id=utterance_id,
        dispute="declined" if replaced_text is None else "accepted",
        by=by,
        now=tx.now_ms,
        text=replaced_text,
    )


def set_words(tx: Tx, message_id: MessageId, content: str) -> None:
    tx.run("UPDATE messages SET content = :content WHERE id = :id", id=message_id, content=content)


def set_item(tx: Tx, message_id: MessageId, item_id: str) -> None:
    tx.run("UPDATE messages SET item_id = :item WHERE id = :id", id=message_id, item=item_id)


def chat_of_upload(tx: Tx, upload_id: str) -> ChatId | None:
    row = tx.one("SELECT chat_id FROM utterances WHERE upload_id = :id", id=upload_id)
    return ChatId(row["chat_id"]) if row else None


def recordings_before(tx: Tx, before_ms: int, limit: int) -> list[Recording]:
    rows = tx.all(
        "SELECT id, upload_id FROM utterances WHERE upload_id IS NOT NULL AND ended_at < :before"
        " ORDER BY ended_at, id LIMIT :limit",
        before=before_ms,
        limit=limit,
    )
    return [Recording(utterance_id=row["id"], upload_id=row["upload_id"]) for row in rows]


def recordings_of(tx: Tx, chat_id: ChatId) -> list[Recording]:
    rows = tx.all(
        "SELECT id, upload_id FROM utterances WHERE chat_id = :id AND upload_id IS NOT NULL ORDER BY id FOR UPDATE",
        id=chat_id,
    )
    return [Recording(utterance_id=row["id"], upload_id=row["upload_id"]) for row in rows]


def let_go(tx: Tx, recording: Recording) -> bool:
    """The utterance has no recording any more; False if somebody took it away before."""
    sql = "UPDATE utterances SET upload_id = NULL WHERE id = :id AND upload_id = :upload"
    return tx.run(sql, id=recording.utterance_id, upload=recording.upload_id) > 0


def spools_needed(tx: Tx, names: Sequence[str]) -> set[str]:
    """Which of these spools belong to utterances that have not ended."""
    listed = ", ".join(f":n{index}" for index in range(len(names)))
    sql = f"SELECT spool FROM utterances WHERE spool IN ({listed}) AND state IN ('speaking', 'recognising')"  # noqa: S608
    return {row["spool"] for row in tx.all(sql, **{f"n{index}": name for index, name in enumerate(names)})}


def remove(tx: Tx, chat_id: ChatId) -> None:
    for table in ("utterances", "spoken_replies", "voice_sessions"):
        tx.run(f"DELETE FROM {table} WHERE chat_id = :id", id=chat_id)  # noqa: S608 (our own words)


def copy_utterance(tx: Tx, copy: UtteranceCopy) -> None:
    tx.run(
        "INSERT INTO utterances (id, chat_id, message_id, account_id, session_id, state, engine, language, text,"
        " words, spool, upload_id, sha256, audio_bytes, audio_ms, error, dispute, disputed_text, disputed_at,"
        " decided_by, decided_at, replaced_text, started_at, ended_at) SELECT CAST(:id AS TEXT),"
        " CAST(:chat_id AS TEXT), CAST(:message_id AS TEXT), account_id, session_id, state, engine, language, text,"
        " words, NULL, CAST(:upload_id AS TEXT), sha256, audio_bytes, audio_ms, error, dispute, disputed_text,"
        " disputed_at, decided_by, decided_at, replaced_text, started_at, ended_at FROM utterances"
        " WHERE id = :source",
        id=copy.id,
        chat_id=copy.chat_id,
        message_id=copy.message_id,
        upload_id=copy.upload_id,
        source=copy.source_id,
    )


def copy_reply(tx: Tx, source_id: MessageId, chat_id: ChatId, message_id: MessageId) -> None:
    """Copy what was heard of a reply, if it was spoken."""
    tx.run(
        "INSERT INTO spoken_replies (message_id, chat_id, session_id, state, text, segments, sent_characters,"
        " heard_characters, sent_ms, heard_ms, measured, started_at, ended_at) SELECT CAST(:message_id AS TEXT),"
        " CAST(:chat_id AS TEXT), session_id, state, text, segments, sent_characters, heard_characters, sent_ms,"
        " heard_ms, measured, started_at, ended_at FROM spoken_replies WHERE message_id = :source",
        message_id=message_id,
        chat_id=chat_id,
        source=source_id,
    )
