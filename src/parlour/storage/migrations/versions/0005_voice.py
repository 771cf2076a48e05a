"""Voice: sessions, utterances, and how much of each spoken answer was heard; speech of the assistant."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "spoken_replies",
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("segments", sa.Text(), nullable=False),
        sa.Column("sent_characters", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("heard_characters", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sent_ms", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("heard_ms", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measured", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("measured IN ('report', 'clock')", name="spoken_replies_measured"),
        sa.CheckConstraint(
            "state IN ('speaking', 'complete', 'interrupted', 'stopped', 'abandoned')", name="spoken_replies_states"
        ),
        sa.PrimaryKeyConstraint("message_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("spoken_replies_chat", "spoken_replies", ["chat_id", "started_at"], unique=False)
    op.create_table(
        "utterances",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("spool", sa.Text(), nullable=True),
        sa.Column("upload_id", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("audio_bytes", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("audio_ms", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("dispute", sa.Text(), nullable=True),
        sa.Column("disputed_text", sa.Text(), nullable=True),
        sa.Column("disputed_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("replaced_text", sa.Text(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('speaking', 'recognising', 'said', 'blank', 'failed')", name="utterances_states"),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("utterances_chat", "utterances", ["chat_id", "started_at"], unique=False)
    op.create_index("utterances_message", "utterances", ["message_id"], unique=True)
    op.create_index("utterances_state", "utterances", ["state", "started_at"], unique=False)
    op.create_index("utterances_upload", "utterances", ["upload_id"], unique=False)
    op.create_table(
        "voice_sessions",
        sa.Column("chat_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("connection_id", sa.Text(), nullable=False),
        sa.Column("server_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("path IN ('local', 'realtime')", name="voice_sessions_paths"),
        sa.PrimaryKeyConstraint("chat_id"),
        sqlite_with_rowid=False,
    )
