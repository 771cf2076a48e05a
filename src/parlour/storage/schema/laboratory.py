"""Files and their text, and what the laboratory assistant keeps."""

from sqlalchemy import BigInteger, Column, Index
from sqlalchemy import text as sql

from parlour.storage.schema.columns import at, one_of, only_one, table, whole, words

# Files. `account_id` is null for those that came with content and those of the lab. `origin` and what
# follows it are of files with a handle (see `files/handles.py`); `used` is 0 until something refers to it.
# `author_id`: who sent a file for content, or had it made (see `files/authored`); it has no `account_id`.
uploads = table(
    "uploads",
    words("id", key=True),
    words("account_id", null=True),
    words("name"),
    words("mime_type"),
    Column("bytes", BigInteger, nullable=False),
    words("digest"),
    at("created_at"),
    words("origin", null=True),
    whole("shared", null=True),
    whole("used", null=True),
    words("text_status", null=True),
    words("text_reason", null=True),
    whole("pages", null=True),
    words("charset", null=True),
    words("details", null=True),
    at("deleted_at", null=True),
    words("author_id", null=True),
    Index("uploads_digest", "digest"),
    Index("uploads_account", "account_id", "created_at"),
    Index("uploads_author", "author_id", "created_at"),
)

# The laboratory assistant.
lab_members = table(
    "lab_members",
    words("account_id", key=True),
    Column("last_ordinal", BigInteger, nullable=False),
    words("conversation_id"),
    words("language", null=True),
    words("timezone", null=True),
    words("experiment_id", null=True),
    at("experiment_from", null=True),
    at("experiment_until", null=True),
)
lab_conversations = table(
    "lab_conversations",
    words("id", key=True),
    words("account_id"),
    at("created_at"),
    at("ended_at", null=True),
    at("forgotten_at", null=True),
    Index("lab_conversations_account", "account_id", "created_at"),
)
# What was said, by the person and by the assistant. `ordinal` is the specification's *order*.
lab_messages = table(
    "lab_messages",
    words("id", key=True),
    words("account_id"),
    words("conversation_id"),
    Column("ordinal", BigInteger, nullable=False),
    words("author_id", null=True),
    words("role"),
    words("kind"),
    words("text"),
    words("language"),
    words("turn_id"),
    words("pause_id", null=True),
    whole("reply_in_speech"),
    whole("enable_instruct", null=True),
    whole("enable_comment", null=True),
    words("route"),
    words("speech_upload_id", null=True),
    words("references_detail"),
    words("extra_info", null=True),
    words("error", null=True),
    at("created_at"),
    at("delivered_at", null=True),
    words("claim", null=True),
    at("claimed_until", null=True),
    at("read_at", null=True),
    words("folded_into", null=True),
    one_of("lab_messages_roles", "role", "person", "assistant"),
    one_of("lab_messages_kinds", "kind", "text", "file", "speech", "question", "final"),
    Index("lab_messages_order", "account_id", "ordinal", unique=True),
    Index("lab_messages_conversation", "conversation_id", "ordinal"),
    Index("lab_messages_turn", "turn_id"),
    Index(
        "lab_messages_unread",
        "account_id",
        "ordinal",
        sqlite_where=sql("kind = 'final' AND read_at IS NULL"),
        postgresql_where=sql("kind = 'final' AND read_at IS NULL"),
    ),
)
lab_message_files = table(
    "lab_message_files",
    words("message_id", key=True),
    words("upload_id", key=True),
    whole("position"),
    Index("lab_message_files_upload", "upload_id"),
)
lab_turns = table(
    "lab_turns",
    words("id", key=True),
    words("account_id"),
    words("conversation_id"),
    words("started_by"),
    Column("ordinal", BigInteger, nullable=False),
    words("state"),
    words("flags"),
    words("progress"),
    words("fence", null=True),
    whole("running_ms"),
    whole("recoveries"),
    words("reply_message_id", null=True),
    words("error", null=True),
    at("created_at"),
    at("started_at", null=True),
    at("ended_at", null=True),
    one_of("lab_turns_states", "state", "queued", "running", "waiting", "done", "failed", "cancelled"),
    Index("lab_turns_account", "account_id", "ordinal"),
    only_one("lab_turns_one", "account_id", where="state IN ('running', 'waiting')"),
)
lab_steps = table(
    "lab_steps",
    words("turn_id", key=True),
    whole("n", key=True),
    words("name", key=True),
    words("kind"),
    words("title"),
    words("tool", null=True),
    words("arguments", null=True),
    words("pause_id", null=True),
    words("outcome", null=True),
    words("output", null=True),
    at("started_at"),
    at("finished_at", null=True),
    one_of("lab_steps_kinds", "kind", "think", "tool", "question", "speech"),
)
# The text of a page or section, a note, a log entry, a message, an instrument. `account_id` null: every
# member may find it. Its words are indexed in `chunk_terms` (see `files/search/store.py`).
chunks = table(
    "chunks",
    words("id", key=True),
    words("source_kind"),
    words("source_id"),
    words("account_id", null=True),
    whole("page"),
    whole("position"),
    words("text"),
    words("digest"),
    words("embedding", null=True),
    at("created_at"),
    Index("chunks_source", "source_kind", "source_id", "position"),
)
papers = table(
    "papers",
    words("id", key=True),
    words("scope"),
    words("account_id", null=True),
    words("holder"),
    words("possessor", null=True),
    words("upload_id"),
    words("digest"),
    words("title"),
    words("doi", null=True),
    words("doi_folded", null=True),
    words("arxiv_id", null=True),
    words("authors"),
    whole("year", null=True),
    words("abstract", null=True),
    words("keywords"),
    words("summary", null=True),
    at("summary_at", null=True),
    at("created_at"),
    one_of("papers_scopes", "scope", "recent", "shared"),
    Index("papers_content", "holder", "digest", unique=True),
    Index("papers_account", "account_id", "created_at"),
    Index("papers_doi", "doi_folded"),
    Index("papers_upload", "upload_id"),
)
notes = table(
    "notes",
    words("id", key=True),
    words("paper_id"),
    words("doi"),
    words("doi_folded"),
    words("author_id"),
    whole("page_label"),
    words("chunk_hash"),
    words("passage"),
    words("note"),
    at("created_at"),
    Index("notes_doi", "doi_folded", "created_at"),
    Index("notes_paper", "paper_id"),
)
experiments = table(
    "experiments",
    words("id", key=True),
    words("account_id"),
    words("name"),
    words("name_folded"),
    words("description"),
    words("visibility"),
    at("created_at"),
    one_of("experiments_visibilities", "visibility", "private", "lab"),
    Index("experiments_name", "account_id", "name_folded", unique=True),
)
log_entries = table(
    "log_entries",
    words("id", key=True),
    words("experiment_id"),
    words("author_id"),
    words("text"),
    at("logged_at"),
    words("corrects", null=True),
    Index("log_entries_experiment", "experiment_id", "logged_at"),
)
log_files = table(
    "log_files", words("entry_id", key=True), words("upload_id", key=True), Index("log_files_upload", "upload_id")
)
instruments = table(
    "instruments",
    words("id", key=True),
    words("name"),
    words("name_folded", unique=True),
    words("aliases"),
    words("description"),
    words("location", null=True),
    words("mcp_server", null=True),
    at("created_at"),
)
instrument_files = table(
    "instrument_files",
    words("instrument_id", key=True),
    words("upload_id", key=True),
    Index("instrument_files_upload", "upload_id"),
)
instrument_super_users = table("instrument_super_users", words("instrument_id", key=True), words("user_id", key=True))
