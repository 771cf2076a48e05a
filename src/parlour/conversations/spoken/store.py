"""SQL over voice sessions, utterances and the heard ledger."""

from collections.abc import Sequence

import msgspec

from parlour.conversations.spoken.entities import Heard, Segment, Utterance, UtteranceState, VoiceSession
from parlour.kernel.decoding import decoder_of
from parlour.kernel.ids import AccountId, ChatId, MessageId
from parlour.speech.ports import Word
from parlour.storage.tx import Row, Tx

_WORDS = decoder_of(tuple[Word, ...])
_SEGMENTS = decoder_of(tuple[Segment, ...])


def put_session(tx: Tx, session: VoiceSession) -> None:
    tx.run(
        "INSERT INTO voice_sessions (chat_id, id, account_id, connection_id, server_id, path, opened_at, seen_at)"
        " VALUES (:chat_id, :id, :account_id, :connection_id, :server_id, :path, :opened_at, :seen_at)"
        " ON CONFLICT (chat_id) DO UPDATE SET id = excluded.id, account_id = excluded.account_id,"
        " connection_id = excluded.connection_id, server_id = excluded.server_id, path = excluded.path,"
        " opened_at = excluded.opened_at, seen_at = excluded.seen_at",
        chat_id=session.chat_id,
        id=session.id,
        account_id=session.account_id,
        connection_id=session.connection_id,
        server_id=session.server_id,
        path=session.path,
        opened_at=session.opened_at,
        seen_at=session.seen_at,
    )


def session_of(tx: Tx, chat_id: ChatId) -> VoiceSession | None:
    row = tx.one("SELECT * FROM voice_sessions WHERE chat_id = :chat", chat=chat_id)
    if row is None:
        return None
    return VoiceSession(
        id=row["id"],
        chat_id=ChatId(row["chat_id"]),
        account_id=AccountId(row["account_id"]),
        connection_id=row["connection_id"],
        server_id=row["server_id"],
        path=row["path"],
        opened_at=row["opened_at"],
        seen_at=row["seen_at"],
    )


def seen(tx: Tx, session_id: str, chat_id: ChatId) -> bool:
    sql = "UPDATE voice_sessions SET seen_at = :now WHERE chat_id = :chat AND id = :id"
    return tx.run(sql, now=tx.now_ms, chat=chat_id, id=session_id) > 0


def remove_session(tx: Tx, session_id: str, chat_id: ChatId) -> bool:
    return tx.run("DELETE FROM voice_sessions WHERE chat_id = :chat AND id = :id", chat=chat_id, id=session_id) > 0


def remove_sessions(tx: Tx) -> int:
    return tx.run("DELETE FROM voice_sessions")


def insert_utterance(tx: Tx, utterance: Utterance) -> None:
    tx.run(
        "INSERT INTO utterances (id, chat_id, message_id, account_id, session_id, state, engine, language, text,"
        " words, spool, audio_bytes, audio_ms, started_at) VALUES (:id, :chat_id, :message_id, :account_id,"
        " :session_id, :state, :engine, :language, :text, :words, :spool, 0, 0, :started_at)",
        id=utterance.id,
        chat_id=utterance.chat_id,
        message_id=utterance.message_id,
        account_id=utterance.account_id,
        session_id=utterance.session_id,
        state=utterance.state,
        engine=utterance.engine,
        language=utterance.language,
        text=utterance.text,
        words=_json(utterance.words),
        spool=utterance.spool,
        started_at=utterance.started_at,
    )


def utterance(tx: Tx, item_id: str, *, lock: bool = False) -> Utterance | None:
    row = tx.one(f"SELECT * FROM utterances WHERE id = :id{' FOR UPDATE' if lock else ''}", id=item_id)  # noqa: S608
    return _utterance(row) if row else None


def held_utterance(tx: Tx, item_id: str) -> Utterance | None:
    return utterance(tx, item_id, lock=True)


def utterances_of(tx: Tx, chat_id: ChatId) -> list[Utterance]:
    rows = tx.all("SELECT * FROM utterances WHERE chat_id = :chat ORDER BY started_at, id", chat=chat_id)
    return [_utterance(row) for row in rows]


def open_utterances(tx: Tx, chat_id: ChatId) -> list[Utterance]:
    rows = tx.all(
        "SELECT * FROM utterances WHERE chat_id = :chat AND state IN ('speaking', 'recognising')"
        " ORDER BY started_at, id",
        chat=chat_id,
    )
    return [_utterance(row) for row in rows]


def set_recognising(tx: Tx, item_id: str) -> bool:
    return tx.run("UPDATE utterances SET state = 'recognising' WHERE id = :id AND state = 'speaking'", id=item_id) > 0


def end_utterance(tx: Tx, ended: Utterance) -> bool:
    return (
        tx.run(
            "UPDATE utterances SET state = :state, engine = :engine, language = :language, text = :text,"
            " words = :words, spool = NULL, upload_id = :upload_id, sha256 = :sha256, audio_bytes = :audio_bytes,"
            " audio_ms = :audio_ms, error = :error, ended_at = :ended_at"
            " WHERE id = :id AND state IN ('speaking', 'recognising')",
            id=ended.id,
            state=ended.state,
            engine=ended.engine,
            language=ended.language,
            text=ended.text,
            words=_json(ended.words),
            upload_id=ended.upload_id,
            sha256=ended.sha256,
            audio_bytes=ended.audio_bytes,
            audio_ms=ended.audio_ms,
            error=ended.error,
            ended_at=ended.ended_at,
        )
        > 0
    )


def drop_utterance(tx: Tx, item_id: str, state: UtteranceState, error: str | None) -> bool:
    sql = (
        "UPDATE utterances SET state = :state, error = :error, ended_at = :now"
        " WHERE id = :id AND state IN ('speaking', 'recognising')"
    )
    return tx.run(sql, id=item_id, state=state, error=error, now=tx.now_ms) > 0


def insert_heard(tx: Tx, heard: Heard) -> None:
    tx.run(
        "INSERT INTO spoken_replies (message_id, chat_id, session_id, state, text, segments, sent_characters,"
        " heard_characters, sent_ms, heard_ms, measured, started_at) VALUES (:message_id, :chat_id, :session_id,"
        " :state, :text, :segments, 0, 0, 0, 0, :measured, :started_at)",
        message_id=heard.message_id,
        chat_id=heard.chat_id,
        session_id=heard.session_id,
        state=heard.state,
        text=heard.text,
        segments=_json(heard.segments),
        measured=heard.measured,
        started_at=heard.started_at,
    )


def heard(tx: Tx, message_id: MessageId) -> Heard | None:
    row = tx.one("SELECT * FROM spoken_replies WHERE message_id = :id", id=message_id)
    return _heard(row) if row else None


def heard_of(tx: Tx, chat_id: ChatId) -> list[Heard]:
    rows = tx.all("SELECT * FROM spoken_replies WHERE chat_id = :chat ORDER BY started_at, message_id", chat=chat_id)
    return [_heard(row) for row in rows]


def set_written(tx: Tx, message_id: MessageId, text: str) -> bool:
    sql = "UPDATE spoken_replies SET text = :text WHERE message_id = :id AND state = 'speaking'"
    return tx.run(sql, id=message_id, text=text) > 0


def set_sent(tx: Tx, message_id: MessageId, characters: int, sent_ms: int) -> bool:
    sql = (
        "UPDATE spoken_replies SET sent_characters = :characters, sent_ms = :ms"
        " WHERE message_id = :id AND state = 'speaking'"
    )
    return tx.run(sql, id=message_id, characters=characters, ms=sent_ms) > 0


def end_heard(tx: Tx, ended: Heard) -> bool:
    return (
        tx.run(
            "UPDATE spoken_replies SET state = :state, text = :text, segments = :segments,"
            " sent_characters = :sent_characters, heard_characters = :heard_characters, sent_ms = :sent_ms,"
            " heard_ms = :heard_ms, measured = :measured, ended_at = :ended_at"
            " WHERE message_id = :message_id AND state = 'speaking'",
            message_id=ended.message_id,
            state=ended.state,
            text=ended.text,
            segments=_json(ended.segments),
            sent_characters=ended.sent_characters,
            heard_characters=ended.heard_characters,
            sent_ms=ended.sent_ms,
            heard_ms=ended.heard_ms,
            measured=ended.measured,
            ended_at=ended.ended_at,
        )
        > 0
    )


def _json(values: Sequence[Word] | Sequence[Segment]) -> str:
    return msgspec.json.encode(values).decode()


def _utterance(row: Row) -> Utterance:
    return Utterance(
        id=row["id"],
        chat_id=ChatId(row["chat_id"]),
        message_id=MessageId(row["message_id"]),
        account_id=AccountId(row["account_id"]),
        session_id=row["session_id"],
        state=row["state"],
        engine=row["engine"],
        language=row["language"],
        text=row["text"],
        words=_WORDS.decode(row["words"]),
        spool=row["spool"],
        upload_id=row["upload_id"],
        sha256=row["sha256"],
        audio_bytes=row["audio_bytes"],
        audio_ms=row["audio_ms"],
        error=row["error"],
        dispute=row["dispute"],
        disputed_text=row["disputed_text"],
        disputed_at=row["disputed_at"],
        decided_by=AccountId(row["decided_by"]) if row["decided_by"] else None,
        decided_at=row["decided_at"],
        replaced_text=row["replaced_text"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )


def _heard(row: Row) -> Heard:
    return Heard(
        message_id=MessageId(row["message_id"]),
        chat_id=ChatId(row["chat_id"]),
        session_id=row["session_id"],
        state=row["state"],
        text=row["text"],
        segments=_SEGMENTS.decode(row["segments"]),
        sent_characters=row["sent_characters"],
        heard_characters=row["heard_characters"],
        sent_ms=row["sent_ms"],
        heard_ms=row["heard_ms"],
        measured=row["measured"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
    )
