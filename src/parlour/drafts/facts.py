"""What is told of a generation (Glow 9.4, 9.6), complete and, where its reader asks for it, redacted (6.5)."""

from collections.abc import Mapping
from typing import Literal

from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GenerationAdvanced:
    """A run has begun, or one of its types is through. `percentage` is rounded down."""

    artifact_type: str
    group_id: str
    run_id: str
    completed_resources: int
    total_resources: int
    percentage: int
    last_completed_resource: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class ValueTold:
    """One event of a tool call that makes a value (9.6); `fields` are those of the type, as far as known.

    `error_stage` is there for `error`: where it went wrong.
    """

    type: str
    stage: Literal["started", "progress", "complete", "error"]
    artifact_type: str
    group_id: str
    run_id: str
    tool_call_id: str
    tool_name: str
    arguments_delta: str | None = None
    value_id: str | None = None
    generated: bool | None = None
    success: bool | None = None
    message: str | None = None
    error_stage: str | None = None
    fields: Mapping[str, object] | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GenerationCompleted:
    """Every task of a run succeeded."""

    artifact_type: str
    group_id: str
    run_id: str
    success: bool
    message: str
    artifact_id: str | None
    draft_id: str
    resource_types: tuple[str, ...]


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GenerationFailed:
    """A run ended without having everything; what was made stays in the draft (decision D24).

    `errors`: what is wrong with an artifact that could not be stored, each with a pointer and a message.
    """

    artifact_type: str
    group_id: str
    run_id: str
    resource_types: tuple[str, ...]
    success: bool
    message: str
    code: str
    draft_id: str | None = None
    errors: tuple[Mapping[str, str], ...] | None = None


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class GenerationSaved:
    """The artifact that a run was to write is stored; `GenerationCompleted` follows in the same transaction."""

    artifact_type: str
    group_id: str
    run_id: str
    artifact_id: str
    draft_id: str
