"""The tables, declared for Alembic (see `migrations/`). One physical model for every wire.

Instants are BIGINT milliseconds, booleans INTEGER 0/1, JSON is TEXT, so that a row reads the
same from SQLite and from PostgreSQL.
"""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, Table, Text, text

metadata = MetaData()


def _text(name: str, *, null: bool = False, key: bool = False, unique: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null, primary_key=key, unique=unique or None)


def _at(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=null)


def _whole(name: str, *, null: bool = False, key: bool = False) -> Column[int]:
    return Column(name, Integer, nullable=null, primary_key=key, autoincrement=False)


def _table(name: str, *columns: Column[str] | Column[int] | Index) -> Table:
    return Table(name, metadata, *columns, sqlite_with_rowid=False)


meta = _table("meta", _text("key", key=True), _text("value"))

# The log. `pos` is the order of commits, without holes; `audience` is [[room, seq], ...].
events = Table(
    "events",
    metadata,
    Column("pos", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    _at("at"),
    _text("kind"),
    _text("body"),
    _text("audience"),
)
entries = _table(
    "entries",
    _text("room", key=True),
    Column("pos", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("from_seq", BigInteger, nullable=True),
)
log_head = _table("log_head", _whole("id", key=True), Column("pos", BigInteger, nullable=False))

jobs = _table(
    "jobs",
    _text("id", key=True),
    _text("kind"),
    _text("body"),
    _text("state"),
    _at("run_at"),
    _at("created_at"),
    _whole("claims"),
    _text("lease_owner", null=True),
    _at("lease_until", null=True),
    _text("unique_key", null=True, unique=True),
    _text("error", null=True),
    Index("jobs_due", "state", "run_at"),
)
pauses = _table(
    "pauses",
    _text("id", key=True),
    _text("account_id"),
    _text("subject"),
    _text("kind"),
    _text("question"),
    _text("state"),
    _text("answer", null=True),
    _text("answered_by", null=True),
    _text("resume_kind"),
    _text("resume_body"),
    _at("created_at"),
    _at("deadline_at", null=True),
    _at("settled_at", null=True),
    Index("pauses_open", "account_id", "state"),
    Index("pauses_due", "state", "deadline_at"),
)

accounts = _table(
    "accounts",
    _text("id", key=True),
    _text("user_id", unique=True),
    _text("name"),
    _text("email", null=True, unique=True),
    _text("role"),
    _text("password_hash", null=True),
    _whole("disabled"),
    _whole("requests_per_day", null=True),
    _at("created_at"),
    Index("accounts_folded", text("lower(user_id)"), unique=True),
)
departments = _table("departments", _text("id", key=True), _text("name", unique=True))
account_departments = _table("account_departments", _text("account_id", key=True), _text("department_id", key=True))
cohorts = _table("cohorts", _text("id", key=True), _text("name"), _text("department_id", null=True))
cohort_people = _table(
    "cohort_people",
    _text("cohort_id", key=True),
    _text("account_id", key=True),
    _text("part", key=True),
    _text("persona_id", null=True),
    Index("cohort_people_account", "account_id"),
)
sessions = _table(
    "sessions",
    _text("digest", key=True),
    _text("account_id"),
    _text("kind"),
    _text("label"),
    _at("created_at"),
    _at("expires_at", null=True),
    _at("revoked_at", null=True),
    Index("sessions_account", "account_id"),
)
usage_days = _table("usage_days", _text("account_id", key=True), _text("day", key=True), _whole("used"))

content = _table(
    "content",
    _text("id", key=True),
    _whole("version", key=True),
    _text("kind"),
    _text("name"),
    _text("body"),
    _at("published_at"),
)
content_current = _table(
    "content_current",
    _text("id", key=True),
    _text("kind"),
    _whole("version"),
    _whole("active"),
    Index("content_current_kind", "kind"),
)
entry_people = _table(
    "entry_people",
    _text("entry_id", key=True),
    _text("account_id", key=True),
    _text("persona_id", null=True),
    Index("entry_people_account", "account_id"),
)

attempts = _table(
    "attempts",
    _text("id", key=True),
    _text("account_id"),
    _text("entry_id"),
    _whole("practice"),
    _whole("infinite_mode"),
    _whole("num_chats"),
    _whole("infinite_chats_max", null=True),
    _whole("pass"),
    _text("user_persona_id", null=True),
    _text("simulation_id"),
    _text("cohort_id", null=True),
    _text("department_ids"),
    _text("name"),
    _text("description"),
    _text("state"),
    _text("waiting", null=True),
    _whole("archived"),
    _at("created_at"),
    _at("ended_at", null=True),
    Index("attempts_account", "account_id", "created_at"),
    Index("attempts_cohort", "cohort_id"),
    Index("attempts_entry", "entry_id"),
    Index("attempts_created", "created_at", "id"),
)
chats = _table(
    "chats",
    _text("id", key=True),
    _text("attempt_id"),
    _text("account_id"),
    _text("chat_entry_id"),
    _whole("pass"),
    _whole("position"),
    _text("title"),
    _text("group_id"),
    _text("state"),
    _text("completion", null=True),
    _text("snapshot"),
    _text("source_chat_id", null=True),
    _at("created_at"),
    _at("expires_at", null=True),
    _at("completed_at", null=True),
    Index("chats_account", "account_id"),
    Index("chats_attempt", "attempt_id"),
    Index("chats_expiring", "state", "expires_at"),
)
messages = _table(
    "messages",
    _text("id", key=True),
    _text("chat_id"),
    _text("type"),
    _text("parent_id", null=True),
    _whole("number"),
    _text("content"),
    _text("contents", null=True),
    _text("persona_id", null=True),
    _text("state"),
    _text("fence", null=True),
    _text("completion", null=True),
    _text("item_id", null=True),
    _at("created_at"),
    _at("completed_at", null=True),
    Index("messages_chat", "chat_id", "number", unique=True),
)
hints = _table(
    "hints",
    _text("id", key=True),
    _text("message_id"),
    _whole("idx"),
    _text("hint"),
    Index("hints_message", "message_id"),
)
grades = _table(
    "grades",
    _text("id", key=True),
    _text("chat_id"),
    _text("run_id"),
    _text("state"),
    _text("source"),
    _text("source_grade_id", null=True),
    _text("requested_by"),
    _text("request"),
    _text("branch_message_id", null=True),
    _whole("score", null=True),
    _whole("passed", null=True),
    _whole("time_taken", null=True),
    _whole("total_points"),
    _whole("pass_points"),
    _text("summary", null=True),
    _text("reason", null=True),
    _at("created_at"),
    _at("done_at", null=True),
    Index("grades_chat", "chat_id", "created_at"),
)
grade_items = _table(
    "grade_items",
    _text("id", key=True),
    _text("grade_id"),
    _text("kind"),
    _whole("number"),
    _text("body"),
    Index("grade_items_grade", "grade_id", "number"),
)

responses = _table(
    "responses",
    _text("id", key=True),
    _text("chat_id"),
    _text("question_id"),
    _text("option_ids"),
    _whole("is_correct"),
    _whole("scored"),
    _at("created_at"),
    Index("responses_chat", "chat_id", "created_at"),
)
branch_labels = _table(
    "branch_labels",
    _text("message_id", key=True),
    _text("chat_id"),
    _text("label"),
    _text("labelled_by"),
    _at("labelled_at"),
    Index("branch_labels_chat", "chat_id"),
)
# What models were asked: one row a request. `cost_micros` is in millionths of `currency`.
usage_rows = _table(
    "usage_rows",
    _text("id", key=True),
    _text("account_id"),
    _text("attempt_id", null=True),
    _text("chat_id", null=True),
    _text("subject_id"),
    _text("task"),
    _text("model"),
    _whole("input_tokens"),
    _whole("output_tokens"),
    _whole("estimated"),
    _whole("milliseconds"),
    Column("cost_micros", BigInteger, nullable=True),
    _text("currency", null=True),
    _at("at"),
    Index("usage_rows_account", "account_id", "at"),
    Index("usage_rows_attempt", "attempt_id"),
)

drafts = _table(
    "drafts",
    _text("id", key=True),
    _text("artifact_type"),
    _text("artifact_id", null=True),
    _text("account_id"),
    _whole("version"),
    _text("body"),
    _at("created_at"),
    _at("updated_at"),
    _at("used_at", null=True),
    Index("drafts_account", "account_id", "artifact_type"),
)
# One request to draft something (`run_id` on the wire); `then_*` is the job that its end enqueues.
generations = _table(
    "generations",
    _text("id", key=True),
    _text("group_id"),
    _text("account_id"),
    _text("attempt_id", null=True),
    _text("draft_id"),
    _text("artifact_type"),
    _text("state"),
    _text("request"),
    _text("progress"),
    _text("error", null=True),
    _text("then_kind", null=True),
    _text("then_body", null=True),
    _at("created_at"),
    _at("ended_at", null=True),
    Index("generations_attempt", "attempt_id"),
    Index("generations_group", "group_id"),
    Index("generations_draft", "draft_id"),
)

# Files. `account_id` is null for those that came with content.
uploads = _table(
    "uploads",
    _text("id", key=True),
    _text("account_id", null=True),
    _text("name"),
    _text("mime_type"),
    Column("bytes", BigInteger, nullable=False),
    _text("digest"),
    _at("created_at"),
    Index("uploads_digest", "digest"),
)

# Who is connected, and in which rooms; rows of a server that has not been seen lately do not count.
presence = _table(
    "presence",
    _text("connection_id", key=True),
    _text("room", key=True),
    _text("account_id"),
    _text("server_id"),
    _at("since"),
    Index("presence_room", "room"),
)
servers = _table("servers", _text("id", key=True), _at("seen_at"))

requests = _table(
    "requests",
    _text("account_id", key=True),
    _text("request_id", key=True),
    _text("operation"),
    _text("digest"),
    _text("answer"),
    _at("at"),
    Index("requests_at", "at"),
)
connections = _table(
    "connections",
    _text("id", key=True),
    _text("kind"),
    _text("account_id"),
    _text("session_digest", null=True),
    _text("dialect", null=True),
    _text("ticket_digest", null=True),
    Column("opened_pos", BigInteger, nullable=False),
    Column("acked_pos", BigInteger, nullable=False),
    _at("seen_at"),
    _at("closed_at", null=True),
    Index("connections_account", "account_id", "kind"),
)
memberships = _table(
    "memberships",
    _text("connection_id", key=True),
    _text("room", key=True),
    Column("joined_pos", BigInteger, nullable=False),
    Index("memberships_room", "room"),
)
