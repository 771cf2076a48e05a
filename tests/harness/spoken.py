"""Utterances and spoken replies as a voice session leaves them, for messages that are there already."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from parlour.kernel.ids import MessageId
from parlour.speech.ports import HEARD_RATE, Word
from parlour.storage.tx import Tx

WORD_MS = 200
SECOND = b"\x01\x02" * HEARD_RATE


def words_of(text: str, unsure: Sequence[str] = (), *, confidence: float | None = 0.9) -> tuple[Word, ...]:
    """The words of a text, those in `unsure` with a confidence of 0.2."""
    return tuple(
        Word(
            text=word,
            start_ms=number * WORD_MS,
            end_ms=(number + 1) * WORD_MS,
            confidence=0.2 if word.strip(".,?!") in unsure else confidence,
        )
        for number, word in enumerate(text.split())
    )


@dataclass(frozen=True, kw_only=True)
class Aloud:
    """How a message was said."""

    words: Sequence[Word]
    dispute: str | None = None
    disputed_text: str | None = None
    upload_id: str | None = None
    sha256: str | None = None
    state: str = "said"


def said_aloud(tx: Tx, message_id: MessageId | str, aloud: Aloud) -> str:
    """A message was spoken; the id of its utterance. For another state than `said` the message is another one."""
    message = tx.one("SELECT * FROM messages WHERE id = :id", id=message_id)
    assert message is not None
    item_id = tx.new_id()
    owner = tx.one("SELECT account_id FROM chats WHERE id = :id", id=message["chat_id"])
    assert owner is not None
    text = message["content"] if aloud.state == "said" else ""
    tx.run(
        "INSERT INTO utterances (id, chat_id, message_id, account_id, session_id, state, engine, language, text, words,"
        " upload_id, sha256, audio_bytes, audio_ms, dispute, disputed_text, disputed_at, started_at, ended_at)"
        " VALUES (:id, :chat, :message, :account, :id, :state, 'scripted', 'en', :text, :words, :upload, :sha256,"
        " 32044, 1000, :dispute, :disputed_text, :disputed_at, :now, :now)",
        id=item_id,
        chat=message["chat_id"],
        message=message_id if aloud.state == "said" else tx.new_id(),
        account=owner["account_id"],
        state=aloud.state,
        text=text,
        words=msgspec.json.encode(aloud.words).decode(),
        upload=aloud.upload_id,
        sha256=aloud.sha256,
        dispute=aloud.dispute,
        disputed_text=aloud.disputed_text,
        disputed_at=tx.now_ms if aloud.dispute else None,
        now=tx.now_ms,
    )
    if aloud.state == "said":
        tx.run("UPDATE messages SET item_id = :item WHERE id = :id", item=item_id, id=message_id)
    return item_id


def spoken_to(tx: Tx, message_id: MessageId | str, *, generated: str, heard: int) -> None:
    """A reply was spoken and interrupted after so many characters."""
    message = tx.one("SELECT * FROM messages WHERE id = :id", id=message_id)
    assert message is not None
    segments = [{"start": 0, "end": len(generated), "start_ms": 0, "end_ms": 2000}]
    tx.run(
        "INSERT INTO spoken_replies (message_id, chat_id, session_id, state, text, segments, sent_characters,"
        " heard_characters, sent_ms, heard_ms, measured, started_at, ended_at) VALUES (:id, :chat, :id,"
        " 'interrupted', :text, :segments, :sent, :heard, 2000, 1200, 'report', :now, :now)",
        id=message_id,
        chat=message["chat_id"],
        text=generated,
        segments=msgspec.json.encode(segments).decode(),
        sent=len(generated),
        heard=heard,
        now=tx.now_ms,
    )
