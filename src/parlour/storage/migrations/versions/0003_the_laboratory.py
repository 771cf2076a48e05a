"""The laboratory: members, messages, turns, files and their text, papers, experiments, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


FULL_TEXT = {
    "sqlite": [
        "CREATE VIRTUAL TABLE chunk_terms"
        " USING fts5(chunk_id UNINDEXED, terms, tokenize='unicode61 remove_diacritics 0')"
    ],
    "postgresql": [
        "CREATE TABLE chunk_terms (chunk_id TEXT PRIMARY KEY, terms TSVECTOR NOT NULL)",
        "CREATE INDEX chunk_terms_terms ON chunk_terms USING gin (terms)",
    ],
}


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "audit",
        sa.Column("n", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("acted_for", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_digest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("n"),
        sqlite_with_rowid=False,
    )
    op.create_index("audit_subject", "audit", ["subject"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "chunks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("source_kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("embedding", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("chunks_source", "chunks", ["source_kind", "source_id", "position"], unique=False)
    op.create_table(
        "experiments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("visibility", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("visibility IN ('private', 'lab')", name="experiments_visibilities"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("experiments_name", "experiments", ["account_id", "name_folded"], unique=True)
    op.create_table(
        "instrument_files",
        sa.Column("instrument_id", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", "upload_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("instrument_files_upload", "instrument_files", ["upload_id"], unique=False)
    op.create_table(
        "instrument_super_users",
        sa.Column("instrument_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", "user_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "instruments",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_folded", sa.Text(), nullable=False),
        sa.Column("aliases", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("mcp_server", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name_folded"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lab_conversations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("forgotten_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("lab_conversations_account", "lab_conversations", ["account_id", "created_at"], unique=False)
    op.create_table(
        "lab_members",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("last_ordinal", sa.BigInteger(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("experiment_id", sa.Text(), nullable=True),
        sa.Column("experiment_from", sa.BigInteger(), nullable=True),
        sa.Column("experiment_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lab_message_files",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("message_id", "upload_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("lab_message_files_upload", "lab_message_files", ["upload_id"], unique=False)
    op.create_table(
        "lab_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("pause_id", sa.Text(), nullable=True),
        sa.Column("reply_in_speech", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("enable_instruct", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("enable_comment", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("speech_upload_id", sa.Text(), nullable=True),
        sa.Column("references_detail", sa.Text(), nullable=False),
        sa.Column("extra_info", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.Column("read_at", sa.BigInteger(), nullable=True),
        sa.Column("folded_into", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('text', 'file', 'speech', 'question', 'final')", name="lab_messages_kinds"),
        sa.CheckConstraint("role IN ('person', 'assistant')", name="lab_messages_roles"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("lab_messages_conversation", "lab_messages", ["conversation_id", "ordinal"], unique=False)
    op.create_index("lab_messages_order", "lab_messages", ["account_id", "ordinal"], unique=True)
    op.create_index("lab_messages_turn", "lab_messages", ["turn_id"], unique=False)
    op.create_index(
        "lab_messages_unread",
        "lab_messages",
        ["account_id", "ordinal"],
        unique=False,
        sqlite_where=sa.text("kind = 'final' AND read_at IS NULL"),
        postgresql_where=sa.text("kind = 'final' AND read_at IS NULL"),
    )
    op.create_table(
        "lab_steps",
        sa.Column("turn_id", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("tool", sa.Text(), nullable=True),
        sa.Column("arguments", sa.Text(), nullable=True),
        sa.Column("pause_id", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("output", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("kind IN ('think', 'tool', 'question', 'speech')", name="lab_steps_kinds"),
        sa.PrimaryKeyConstraint("turn_id", "n", "name"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "lab_turns",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("conversation_id", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("flags", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("fence", sa.Text(), nullable=True),
        sa.Column("running_ms", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("recoveries", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reply_message_id", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'waiting', 'done', 'failed', 'cancelled')", name="lab_turns_states"
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("lab_turns_account", "lab_turns", ["account_id", "ordinal"], unique=False)
    op.create_index(
        "lab_turns_one",
        "lab_turns",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('running', 'waiting')"),
        postgresql_where=sa.text("state IN ('running', 'waiting')"),
    )
    op.create_table(
        "log_entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("experiment_id", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("logged_at", sa.BigInteger(), nullable=False),
        sa.Column("corrects", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("log_entries_experiment", "log_entries", ["experiment_id", "logged_at"], unique=False)
    op.create_table(
        "log_files",
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id", "upload_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("log_files_upload", "log_files", ["upload_id"], unique=False)
    op.create_table(
        "notes",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("paper_id", sa.Text(), nullable=False),
        sa.Column("doi", sa.Text(), nullable=False),
        sa.Column("doi_folded", sa.Text(), nullable=False),
        sa.Column("author_id", sa.Text(), nullable=False),
        sa.Column("page_label", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chunk_hash", sa.Text(), nullable=False),
        sa.Column("passage", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("notes_doi", "notes", ["doi_folded", "created_at"], unique=False)
    op.create_index("notes_paper", "notes", ["paper_id"], unique=False)
    op.create_table(
        "papers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=True),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("possessor", sa.Text(), nullable=True),
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("doi", sa.Text(), nullable=True),
        sa.Column("doi_folded", sa.Text(), nullable=True),
        sa.Column("arxiv_id", sa.Text(), nullable=True),
        sa.Column("authors", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=True),
        sa.Column("abstract", sa.Text(), nullable=True),
        sa.Column("keywords", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("summary_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("scope IN ('recent', 'shared')", name="papers_scopes"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("papers_account", "papers", ["account_id", "created_at"], unique=False)
    op.create_index("papers_content", "papers", ["holder", "digest"], unique=True)
    op.create_index("papers_doi", "papers", ["doi_folded"], unique=False)
    op.create_index("papers_upload", "papers", ["upload_id"], unique=False)
    op.add_column("accounts", sa.Column("folded", sa.Text(), nullable=True))
    op.add_column("pauses", sa.Column("operation_digest", sa.Text(), nullable=True))
    op.add_column("pauses", sa.Column("message_id", sa.Text(), nullable=True))
    op.add_column("pauses", sa.Column("assigned_to", sa.Text(), nullable=True))
    op.add_column("pauses", sa.Column("answer_message_id", sa.Text(), nullable=True))
    op.add_column("pauses", sa.Column("answer_error", sa.Text(), nullable=True))
    op.add_column("pauses", sa.Column("delivered_at", sa.BigInteger(), nullable=True))
    op.create_index("pauses_assigned", "pauses", ["assigned_to", "state"], unique=False)
    op.create_index(
        "pauses_one",
        "pauses",
        ["subject"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'pending')"),
        postgresql_where=sa.text("state IN ('open', 'pending')"),
    )
    op.add_column("sessions", sa.Column("idle_seconds", sa.Integer(), autoincrement=False, nullable=True))
    op.add_column("uploads", sa.Column("origin", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("shared", sa.Integer(), autoincrement=False, nullable=True))
    op.add_column("uploads", sa.Column("used", sa.Integer(), autoincrement=False, nullable=True))
    op.add_column("uploads", sa.Column("text_status", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("text_reason", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("pages", sa.Integer(), autoincrement=False, nullable=True))
    op.add_column("uploads", sa.Column("charset", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("details", sa.Text(), nullable=True))
    op.add_column("uploads", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    op.create_index("uploads_account", "uploads", ["account_id", "created_at"], unique=False)
    op.drop_index("accounts_folded", "accounts")
    op.execute("UPDATE accounts SET folded = lower(user_id)")
    op.create_index("accounts_folded", "accounts", ["folded"], unique=True)
    op.execute("INSERT INTO audit_head (id, n, digest) VALUES (1, 0, '')")
    for statement in FULL_TEXT[op.get_bind().dialect.name]:
        op.execute(statement)
