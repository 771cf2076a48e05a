"""Voice: who holds a chat's session, what was said into it, how much of each answer was heard."""

from sqlalchemy import Index

from parlour.storage.schema.columns import at, one_of, table, whole, words

# One row a chat while somebody speaks there. `path`: how it is answered. `seen_at` is told by the process that has it.
voice_sessions = table(
    "voice_sessions",
    words("chat_id", key=True),
    words("id"),
    words("account_id"),
    words("connection_id"),
    words("server_id"),
    words("path"),
    at("opened_at"),
    at("seen_at"),
    one_of("voice_sessions_paths", "path", "local", "realtime"),
)
# One utterance of a learner; `id` is the `item_id` of the wire. `words` are JSON, with times and confidence.
# `spool`: the name of the growing recording; it becomes `upload_id`. `dispute`: the learner says it was misheard.
utterances = table(
    "utterances",
    words("id", key=True),
    words("chat_id"),
    words("message_id"),
    words("account_id"),
    words("session_id"),
    words("state"),
    words("engine"),
    words("language", null=True),
    words("text"),
    words("words"),
    words("spool", null=True),
    words("upload_id", null=True),
    words("sha256", null=True),
    whole("audio_bytes"),
    whole("audio_ms"),
    words("error", null=True),
    words("dispute", null=True),
    words("disputed_text", null=True),
    at("disputed_at", null=True),
    words("decided_by", null=True),
    at("decided_at", null=True),
    words("replaced_text", null=True),
    at("started_at"),
    at("ended_at", null=True),
    one_of("utterances_states", "state", "speaking", "recognising", "said", "blank", "failed"),
    Index("utterances_chat", "chat_id", "started_at"),
    Index("utterances_message", "message_id", unique=True),
    Index("utterances_upload", "upload_id"),
    Index("utterances_state", "state", "started_at"),
)
# The heard ledger: of each spoken answer, what was generated, sent, and heard. Places are characters of `text`.
spoken_replies = table(
    "spoken_replies",
    words("message_id", key=True),
    words("chat_id"),
    words("session_id"),
    words("state"),
    words("text"),
    words("segments"),
    whole("sent_characters"),
    whole("heard_characters"),
    whole("sent_ms"),
    whole("heard_ms"),
    words("measured"),
    at("started_at"),
    at("ended_at", null=True),
    one_of("spoken_replies_states", "state", "speaking", "complete", "interrupted", "stopped", "abandoned"),
    one_of("spoken_replies_measured", "measured", "report", "clock"),
    Index("spoken_replies_chat", "chat_id", "started_at"),
)
