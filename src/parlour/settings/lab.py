"""The settings of the laboratory assistant."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

ToolPolicy = Literal["auto", "ask", "deny"]


class LabLimits(BaseModel):
    """Every bound of the laboratory assistant (lab protocol 15); the unit stands in the name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text_chars_max: int = Field(default=32_000, ge=1)
    json_body_bytes_max: int = Field(default=1024 * 1024, ge=1024)
    json_depth_max: int = Field(default=32, ge=8, le=64)
    upload_bytes_max: int = Field(default=50 * 1024 * 1024, ge=1)
    upload_parts_max: int = Field(default=32, ge=8)
    quota_bytes: int = Field(default=2 * 1024**3, ge=0)
    speech_bytes_max: int = Field(default=20 * 1024 * 1024, ge=1)
    speech_seconds_max: float = Field(default=120.0, gt=0)
    speech_out_chars_max: int = Field(default=3_000, ge=1)
    extraction_cpu_seconds_max: int = Field(default=30, ge=1)
    extraction_seconds_max: float = Field(default=60.0, gt=0)
    extraction_memory_bytes_max: int = Field(default=512 * 1024 * 1024, ge=64 * 1024 * 1024)
    extraction_inflated_bytes_max: int = Field(default=100 * 1024 * 1024, ge=1)
    extraction_entries_max: int = Field(default=2_000, ge=1)
    extraction_pages_max: int = Field(default=2_000, ge=1)
    extraction_text_bytes_max: int = Field(default=20 * 1024 * 1024, ge=1)
    queued_turns_max: int = Field(default=20, ge=1)
    steps_max: int = Field(default=12, ge=1)
    tool_seconds_max: float = Field(default=120.0, gt=0)
    tool_output_bytes_max: int = Field(default=64 * 1024, ge=1024)
    turn_running_seconds_max: float = Field(default=600.0, gt=0)
    turn_days_max: float = Field(default=7.0, gt=0)
    question_hours_max: float = Field(default=72.0, gt=0)
    collect_rounds_max: int = Field(default=5, ge=1)
    questions_per_turn_max: int = Field(default=40, ge=1)
    model_tokens_per_turn: int = Field(default=60_000, ge=1)
    model_tokens_per_day: int = Field(default=1_000_000, ge=1)
    response_wait_seconds_max: float = Field(default=60.0, ge=0)
    long_polls_per_account_max: int = Field(default=8, ge=0)
    response_hold_ms: int = Field(default=1_500, ge=0)
    stale_reply_seconds: float = Field(default=120.0, ge=0)
    streams_per_account_max: int = Field(default=20, ge=1)
    requests_per_second_max: float = Field(default=20.0, gt=0)
    requests_burst_max: int = Field(default=100, ge=1)
    idempotency_hours: float = Field(default=24.0, gt=0)
    event_days: float = Field(default=30.0, gt=0)
    reply_days: float = Field(default=0.0, ge=0)
    unused_upload_hours: float = Field(default=24.0, gt=0)

    @property
    def idempotency_ms(self) -> int:
        """How long answers to requests with an `Idempotency-Key` are kept."""
        return round(self.idempotency_hours * 3_600_000)


class ArgumentRule(BaseModel):
    """What an argument of a tool must be for a rule to match; an absent argument does not match."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    min: float | None = None
    max: float | None = None
    one_of: tuple[str | int | float | bool, ...] | None = Field(default=None, alias="in")
    matches: str | None = None


class ToolRule(BaseModel):
    """A rule of an MCP server (lab protocol 8.3); the first that matches wins."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str
    when: dict[str, ArgumentRule] = Field(default_factory=dict)
    policy: ToolPolicy


class McpServer(BaseModel):
    """A program or address that offers tools. `environment` is all that the program gets of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    command: tuple[str, ...] = ()
    url: str | None = None
    environment: dict[str, SecretStr] = Field(default_factory=dict)
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    policy: ToolPolicy = "ask"
    rules: tuple[ToolRule, ...] = ()
    timeout_seconds: float = Field(default=60.0, gt=0)


class Arxiv(BaseModel):
    """Where papers are searched and fetched (lab protocol 8.2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    enabled: Literal["auto", "on", "off"] = "auto"
    base_url: str = "https://export.arxiv.org"
    hosts: tuple[str, ...] = ("arxiv.org", "export.arxiv.org")
    bytes_max: int = Field(default=50 * 1024 * 1024, ge=1)
    request_seconds_between: float = Field(default=3.0, ge=0)


class Lab(BaseModel):
    """The laboratory assistant. `tools` are policies by the name of a tool."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sign_up: Literal["open", "closed"] = "open"
    trust_path_user_id: bool = False
    question_repeat: Literal["always", "once"] = "always"
    reply_speech: Literal["path", "map"] = "path"
    model: str | None = None
    script: Path | None = None
    embeddings_model: str | None = None
    tools: dict[str, ToolPolicy] = Field(default_factory=dict)
    mcp: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")], McpServer] = Field(default_factory=dict)
    arxiv: Arxiv = Arxiv()
    limits: LabLimits = LabLimits()
