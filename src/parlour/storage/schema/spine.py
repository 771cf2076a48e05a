"""The log, jobs, pauses, people, and who is connected."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from parlour.storage.schema.columns import at, metadata, only_one, table, whole, words

meta = table("meta", words("key", key=True), words("value"))

# The log. `pos` is the order of commits, without holes; `audience` is [[room, seq], ...].
events = Table(
    "events",
    metadata,
    Column("pos", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    at("at"),
    words("kind"),
    words("body"),
    words("audience"),
)
entries = table(
    "entries",
    words("room", key=True),
    Column("pos", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("from_seq", BigInteger, nullable=True),
)
log_head = table("log_head", whole("id", key=True), Column("pos", BigInteger, nullable=False))

jobs = table(
    "jobs",
    words("id", key=True),
    words("kind"),
    words("body"),
    words("state"),
    at("run_at"),
    at("created_at"),
    whole("claims"),
    words("lease_owner", null=True),
    at("lease_until", null=True),
    words("unique_key", null=True, unique=True),
    words("error", null=True),
    Index("jobs_due", "state", "run_at"),
)
pauses = table(
    "pauses",
    words("id", key=True),
    words("account_id"),
    words("subject"),
    words("kind"),
    words("question"),
    words("state"),
    words("answer", null=True),
    words("answered_by", null=True),
    words("resume_kind"),
    words("resume_body"),
    at("created_at"),
    at("deadline_at", null=True),
    at("settled_at", null=True),
    words("operation_digest", null=True),
    words("message_id", null=True),
    words("assigned_to", null=True),
    words("answer_message_id", null=True),
    words("answer_error", null=True),
    at("delivered_at", null=True),
    Index("pauses_open", "account_id", "state"),
    Index("pauses_due", "state", "deadline_at"),
    Index("pauses_assigned", "assigned_to", "state"),
    only_one("pauses_one", "subject", where="state IN ('open', 'pending')"),
)

accounts = table(
    "accounts",
    words("id", key=True),
    words("user_id", unique=True),
    words("name"),
    words("email", null=True, unique=True),
    words("role"),
    words("password_hash", null=True),
    whole("disabled"),
    whole("requests_per_day", null=True),
    at("created_at"),
    words("folded", null=True),
    Index("accounts_folded", "folded", unique=True),
)
departments = table("departments", words("id", key=True), words("name", unique=True))
account_departments = table("account_departments", words("account_id", key=True), words("department_id", key=True))
cohorts = table("cohorts", words("id", key=True), words("name"), words("department_id", null=True))
cohort_people = table(
    "cohort_people",
    words("cohort_id", key=True),
    words("account_id", key=True),
    words("part", key=True),
    words("persona_id", null=True),
    Index("cohort_people_account", "account_id"),
)
sessions = table(
    "sessions",
    words("digest", key=True),
    words("account_id"),
    words("kind"),
    words("label"),
    at("created_at"),
    at("expires_at", null=True),
    at("revoked_at", null=True),
    whole("idle_seconds", null=True),
    Index("sessions_account", "account_id"),
)
usage_days = table("usage_days", words("account_id", key=True), words("day", key=True), whole("used"))

# Who is connected, and in which rooms; rows of a server that has not been seen lately do not count.
presence = table(
    "presence",
    words("connection_id", key=True),
    words("room", key=True),
    words("account_id"),
    words("server_id"),
    at("since"),
    Index("presence_room", "room"),
)
servers = table("servers", words("id", key=True), at("seen_at"))

requests = table(
    "requests",
    words("account_id", key=True),
    words("request_id", key=True),
    words("operation"),
    words("digest"),
    words("answer"),
    at("at"),
    Index("requests_at", "at"),
)
connections = table(
    "connections",
    words("id", key=True),
    words("kind"),
    words("account_id"),
    words("session_digest", null=True),
    words("dialect", null=True),
    words("ticket_digest", null=True),
    Column("opened_pos", BigInteger, nullable=False),
    Column("acked_pos", BigInteger, nullable=False),
    at("seen_at"),
    at("closed_at", null=True),
    Index("connections_account", "account_id", "kind"),
)
memberships = table(
    "memberships",
    words("connection_id", key=True),
    words("room", key=True),
    Column("joined_pos", BigInteger, nullable=False),
    Index("memberships_room", "room"),
)

# Who did what, in a chain: each row's digest covers the row before. `audit_head` is its one end.
audit = table(
    "audit",
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    at("at"),
    words("actor", null=True),
    words("acted_for", null=True),
    words("action"),
    words("subject"),
    words("route"),
    words("detail"),
    words("previous_digest"),
    words("digest"),
    Index("audit_subject", "subject"),
)
audit_head = table("audit_head", whole("id", key=True), Column("n", BigInteger, nullable=False), words("digest"))
