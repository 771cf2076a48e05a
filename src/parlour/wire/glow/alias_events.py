"""The aliases of dialect `glow-web` as models (Glow 9.7), for `/asyncapi.json` and for tests."""

from pydantic import ConfigDict, Field

from parlour.drafts.artifacts import ARTIFACTS
from parlour.wire.glow.event_bases import Exact, Meta


class AliasMeta(Meta):
    """`_meta` of the documented event, and its name."""

    alias_of: str


class Alias(Exact):
    """A further name of a documented event; only with dialect `glow-web`."""

    meta: AliasMeta = Field(alias="_meta")


class AttemptAssistantDelta(Alias):
    """The text of a reply so far, after every `attempt_progress`."""

    chat_id: str
    message_id: str
    content: str


class AttemptComplete(Alias):
    """A reply is final; after `attempt_assistant_complete`."""

    artifact_type: str
    chat_id: str
    group_id: str | None
    resource_type: str
    run_id: str | None
    success: bool
    message: str
    final_content: str
    completed: bool


class AttemptGradeStart(Alias):
    """Grading begins; before the first `attempt_grading_progress`."""

    chat_id: str
    grade_id: str


class AttemptGradeComplete(Alias):
    """A grade is done; after `attempt_graded`."""

    chat_id: str
    grade_id: str
    score: int
    passed: bool


class ValueAlias(Alias):
    """A part of a turn or a grade, told as a generated value is (9.6)."""

    artifact_type: str
    entry_type: str
    group_id: str | None
    run_id: str | None
    tool_call_id: str | None
    tool_name: str


class ContentsStarted(ValueAlias):
    """A reply begins."""

    message_id: str


class ContentsProgress(ValueAlias):
    """New text of a reply; `content` is all of it so far."""

    arguments_delta: str
    message_id: str
    persona_id: str | None
    content: str


class ContentsComplete(ValueAlias):
    """What one persona said; before `attempt_assistant_complete`."""

    id: str | None
    entry_id: str | None
    message_id: str
    content: str
    persona_id: str | None
    generated: bool
    success: bool


class ContentsError(ValueAlias):
    """What one persona had said when the reply failed; before `attempt_assistant_complete`."""

    id: str | None
    entry_id: str | None
    message_id: str
    content: str
    persona_id: str | None
    success: bool
    message: str
    error_stage: str


class RowStarted(ValueAlias):
    """A row of a turn or a grade comes; just before it."""


class RowComplete(ValueAlias):
    """A row of a turn or a grade, with its members; before the documented event that has it."""

    model_config = ConfigDict(extra="allow")

    id: str
    entry_id: str
    generated: bool
    success: bool


class TestRunDelta(Alias):
    """The text of a replayed turn so far; after `test_progress` with new text."""

    __test__ = False

    invocation_id: str
    run_id: str
    content: str


class TestAllComplete(Alias):
    """Nothing of a test is open any more; after `test_progress` `all_complete`."""

    __test__ = False

    invocation_id: str
    total_runs: int
    success: bool


class RunStarted(Alias):
    """A generation begins; before its first `generation_progress`. The name begins with the artifact's."""

    artifact_type: str
    group_id: str
    run_id: str
    resource_types: list[str]


class RunAlias(Alias):
    """The event of a generation under the name of its artifact, with the same members."""

    model_config = ConfigDict(extra="allow")

    artifact_type: str


class MediaAlias(Alias):
    """A picture or a film is being made. The name begins with the artifact's."""

    modality: str
    artifact_type: str
    group_id: str
    run_id: str
    resource_type: str
    resource_id: str | None
    message: str


class MediaProgress(MediaAlias):
    """It has begun, or goes on."""

    status: str


class MediaComplete(MediaAlias):
    """It is there, below `file_path`."""

    file_path: str
    mime_type: str | None
    file_size: int | None
    upload_id: str


ROWS = {
    "hints": "attempt_hint_progress",
    "feedbacks": "attempt_grading_progress",
    "strengths": "attempt_content_progress",
    "highlights": "attempt_content_progress",
    "improvements": "attempt_content_progress",
    "replacements": "attempt_content_progress",
    "analyses": "attempt_content_progress",
}

RUNS: dict[str, tuple[str, type[Alias]]] = {
    "started": ("generation_progress", RunStarted),
    **{stage: (f"generation_{stage}", RunAlias) for stage in ("progress", "saved", "complete", "error")},
}

# The events of images that media aliases are derived from; those of videos have the same.
MEDIA: dict[str, tuple[str, type[Alias]]] = {
    "media_progress": ("images_generation_progress", MediaProgress),
    "media_complete": ("images_generation_complete", MediaComplete),
}

# The alias, the documented event it is derived from, its model.
ALIAS_EVENTS: dict[str, tuple[str, type[Alias]]] = {
    "attempt_assistant_delta": ("attempt_progress", AttemptAssistantDelta),
    "attempt_complete": ("attempt_assistant_complete", AttemptComplete),
    "attempt_grade_start": ("attempt_grading_progress", AttemptGradeStart),
    "attempt_grade_complete": ("attempt_graded", AttemptGradeComplete),
    "test_run_delta": ("test_progress", TestRunDelta),
    "test_all_complete": ("test_progress", TestAllComplete),
    "contents_generation_started": ("attempt_assistant_start", ContentsStarted),
    "contents_generation_progress": ("attempt_progress", ContentsProgress),
    "contents_generation_complete": ("attempt_assistant_complete", ContentsComplete),
    "contents_generation_error": ("attempt_assistant_complete", ContentsError),
    **{f"{kind}_generation_started": (event, RowStarted) for kind, event in ROWS.items()},
    **{f"{kind}_generation_complete": (event, RowComplete) for kind, event in ROWS.items()},
    **{f"{artifact}_generation_{stage}": row for artifact in ARTIFACTS for stage, row in RUNS.items()},
    **{f"{artifact}_generation_{stage}": row for artifact in ARTIFACTS for stage, row in MEDIA.items()},
}
