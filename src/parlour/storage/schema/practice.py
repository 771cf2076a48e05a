"""Content, attempts and grades, drafts."""

from sqlalchemy import BigInteger, Column, Index

from parlour.storage.schema.columns import at, table, whole, words

content = table(
    "content",
    words("id", key=True),
    whole("version", key=True),
    words("kind"),
    words("name"),
    words("body"),
    at("published_at"),
    words("published_by", null=True),
)
content_current = table(
    "content_current",
    words("id", key=True),
    words("kind"),
    whole("version"),
    whole("active"),
    words("pack", null=True),
    words("slug", null=True),
    words("author_id", null=True),
    words("search", null=True),
    Index("content_current_kind", "kind"),
    Index("content_current_slug", "pack", "kind", "slug"),
)
# What a version was written from: the values of its draft, each with who made it and its sources.
content_values = table("content_values", words("id", key=True), whole("version", key=True), words("body"))
# Tests of content before it is published: `subject_id` is a draft or an artifact, `digest` of what was tested.
content_checks = table(
    "content_checks",
    words("id", key=True),
    words("subject_id"),
    words("digest"),
    words("artifact_type"),
    words("account_id"),
    words("state"),
    words("progress"),
    words("report", null=True),
    at("created_at"),
    at("ended_at", null=True),
    Index("content_checks_subject", "subject_id", "created_at"),
)
# What names a file of an author: a draft, an artifact in any version, or the entry of a try.
media_uses = table(
    "media_uses",
    words("upload_id", key=True),
    words("user_kind", key=True),
    words("user_id", key=True),
    Index("media_uses_user", "user_kind", "user_id"),
)
entry_people = table(
    "entry_people",
    words("entry_id", key=True),
    words("account_id", key=True),
    words("persona_id", null=True),
    Index("entry_people_account", "account_id"),
)

attempts = table(
    "attempts",
    words("id", key=True),
    words("account_id"),
    words("entry_id"),
    whole("practice"),
    whole("infinite_mode"),
    whole("num_chats"),
    whole("infinite_chats_max", null=True),
    whole("pass"),
    words("user_persona_id", null=True),
    words("simulation_id"),
    words("cohort_id", null=True),
    words("department_ids"),
    words("name"),
    words("description"),
    words("state"),
    words("waiting", null=True),
    whole("archived"),
    at("created_at"),
    at("ended_at", null=True),
    Index("attempts_account", "account_id", "created_at"),
    Index("attempts_cohort", "cohort_id"),
    Index("attempts_entry", "entry_id"),
    Index("attempts_created", "created_at", "id"),
)
chats = table(
    "chats",
    words("id", key=True),
    words("attempt_id"),
    words("account_id"),
    words("chat_entry_id"),
    whole("pass"),
    whole("position"),
    words("title"),
    words("group_id"),
    words("state"),
    words("completion", null=True),
    words("snapshot"),
    words("source_chat_id", null=True),
    at("created_at"),
    at("expires_at", null=True),
    at("completed_at", null=True),
    Index("chats_account", "account_id"),
    Index("chats_attempt", "attempt_id"),
    Index("chats_expiring", "state", "expires_at"),
)
messages = table(
    "messages",
    words("id", key=True),
    words("chat_id"),
    words("type"),
    words("parent_id", null=True),
    whole("number"),
    words("content"),
    words("contents", null=True),
    words("persona_id", null=True),
    words("state"),
    words("fence", null=True),
    words("completion", null=True),
    words("item_id", null=True),
    at("created_at"),
    at("completed_at", null=True),
    Index("messages_chat", "chat_id", "number", unique=True),
)
hints = table(
    "hints",
    words("id", key=True),
    words("message_id"),
    whole("idx"),
    words("hint"),
    Index("hints_message", "message_id"),
)
grades = table(
    "grades",
    words("id", key=True),
    words("chat_id"),
    words("run_id"),
    words("state"),
    words("source"),
    words("source_grade_id", null=True),
    words("requested_by"),
    words("request"),
    words("branch_message_id", null=True),
    whole("score", null=True),
    whole("passed", null=True),
    whole("time_taken", null=True),
    whole("total_points"),
    whole("pass_points"),
    words("summary", null=True),
    words("reason", null=True),
    at("created_at"),
    at("done_at", null=True),
    Index("grades_chat", "chat_id", "created_at"),
)
grade_items = table(
    "grade_items",
    words("id", key=True),
    words("grade_id"),
    words("kind"),
    whole("number"),
    words("body"),
    Index("grade_items_grade", "grade_id", "number"),
)

responses = table(
    "responses",
    words("id", key=True),
    words("chat_id"),
    words("question_id"),
    words("option_ids"),
    whole("is_correct"),
    whole("scored"),
    at("created_at"),
    Index("responses_chat", "chat_id", "created_at"),
)
branch_labels = table(
    "branch_labels",
    words("message_id", key=True),
    words("chat_id"),
    words("label"),
    words("labelled_by"),
    at("labelled_at"),
    Index("branch_labels_chat", "chat_id"),
)
# What models were asked: one row a request. `cost_micros` is in millionths of `currency`.
usage_rows = table(
    "usage_rows",
    words("id", key=True),
    words("account_id"),
    words("attempt_id", null=True),
    words("chat_id", null=True),
    words("subject_id"),
    words("task"),
    words("model"),
    whole("input_tokens"),
    whole("output_tokens"),
    whole("estimated"),
    whole("milliseconds"),
    Column("cost_micros", BigInteger, nullable=True),
    words("currency", null=True),
    at("at"),
    words("test_id", null=True),
    Index("usage_rows_account", "account_id", "at"),
    Index("usage_rows_attempt", "attempt_id"),
    Index("usage_rows_test", "test_id"),
)

drafts = table(
    "drafts",
    words("id", key=True),
    words("artifact_type"),
    words("artifact_id", null=True),
    words("account_id"),
    whole("version"),
    words("body"),
    at("created_at"),
    at("updated_at"),
    at("used_at", null=True),
    Index("drafts_account", "account_id", "artifact_type"),
)
# Who may write into a draft besides its owner; the draft itself says so, too.
draft_editors = table(
    "draft_editors",
    words("draft_id", key=True),
    words("account_id", key=True),
    Index("draft_editors_account", "account_id"),
)
# One request to draft something (`run_id` on the wire); `then_*` is the job that its end enqueues.
generations = table(
    "generations",
    words("id", key=True),
    words("group_id"),
    words("account_id"),
    words("attempt_id", null=True),
    words("draft_id"),
    words("artifact_type"),
    words("state"),
    words("request"),
    words("progress"),
    words("error", null=True),
    words("then_kind", null=True),
    words("then_body", null=True),
    at("created_at"),
    at("ended_at", null=True),
    Index("generations_attempt", "attempt_id"),
    Index("generations_group", "group_id"),
    Index("generations_draft", "draft_id"),
)
# What people asked for in a group of runs, and what was made; later runs of the group read it (Glow 7.3).
generation_messages = table(
    "generation_messages",
    words("id", key=True),
    words("group_id"),
    words("run_id"),
    words("role"),
    words("content"),
    at("created_at"),
    Index("generation_messages_group", "group_id", "created_at"),
    Index("generation_messages_run", "run_id"),
)
