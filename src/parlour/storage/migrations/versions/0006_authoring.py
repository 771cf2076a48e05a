"""Authoring: drafts of every artifact, who made which value, tests of content, where content came from."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "content_checks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("artifact_type", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("progress", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("content_checks_subject", "content_checks", ["subject_id", "created_at"], unique=False)
    op.create_table(
        "content_values",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "version"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "draft_editors",
        sa.Column("draft_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("draft_id", "account_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("draft_editors_account", "draft_editors", ["account_id"], unique=False)
    op.create_table(
        "generation_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("group_id", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("generation_messages_group", "generation_messages", ["group_id", "created_at"], unique=False)
    op.create_index("generation_messages_run", "generation_messages", ["run_id"], unique=False)
    op.create_table(
        "media_uses",
        sa.Column("upload_id", sa.Text(), nullable=False),
        sa.Column("user_kind", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("upload_id", "user_kind", "user_id"),
        sqlite_with_rowid=False,
    )
    op.create_index("media_uses_user", "media_uses", ["user_kind", "user_id"], unique=False)
    op.add_column("content", sa.Column("published_by", sa.Text(), nullable=True))
    op.add_column("content_current", sa.Column("pack", sa.Text(), nullable=True))
    op.add_column("content_current", sa.Column("slug", sa.Text(), nullable=True))
    op.add_column("content_current", sa.Column("author_id", sa.Text(), nullable=True))
    op.add_column("content_current", sa.Column("search", sa.Text(), nullable=True))
    op.create_index("content_current_slug", "content_current", ["pack", "kind", "slug"], unique=False)
    op.add_column("uploads", sa.Column("author_id", sa.Text(), nullable=True))
    op.create_index("uploads_author", "uploads", ["author_id", "created_at"], unique=False)
