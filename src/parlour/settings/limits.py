"""The bounds of a server."""

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """Every bound of the server; the unit stands in the name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_body_bytes_max: int = Field(default=2_000_000, ge=1_000)
    request_seconds_max: float = Field(default=10.0, gt=0)
    sockets_per_account_max: int = Field(default=50, ge=1)
    socket_backlog_bytes_max: int = Field(default=8 * 1024 * 1024, ge=64 * 1024)
    socket_events_per_second_max: int = Field(default=50, ge=1)
    socket_ping_seconds: float = Field(default=25.0, gt=0)
    socket_ping_timeout_seconds: float = Field(default=20.0, gt=0)
    recovery_seconds_max: int = Field(default=24 * 3600, ge=1)
    recovery_events_max: int = Field(default=10_000, ge=1)
    http_session_idle_seconds: int = Field(default=900, ge=10)
    compaction_age_seconds: int = Field(default=24 * 3600, ge=60)
    person_retention_seconds: int = Field(default=7 * 86_400, ge=3600)
    first_token_seconds_max: float = Field(default=60.0, gt=0)
    turn_seconds_max: float = Field(default=180.0, gt=0)
    hints_seconds_max: float = Field(default=10.0, gt=0)
    grading_seconds_max: float = Field(default=180.0, gt=0)
    generation_seconds_max: float = Field(default=120.0, gt=0)
    owner_regrades_max: int = Field(default=3, ge=0)
    time_grace_seconds: float = Field(default=10.0, ge=0)
    infinite_chats_max: int = Field(default=100, ge=1, le=10_000)
    test_parallel_max: int = Field(default=2, ge=1, le=64)
    test_runs_max: int = Field(default=1_000, ge=1)
    test_cells_max: int = Field(default=20_000, ge=1)
    tests_running_max: int = Field(default=20, ge=1)
    candidates_max: int = Field(default=20, ge=1)
    recordings_max: int = Field(default=500, ge=1)
    recorded_messages_max: int = Field(default=400, ge=1)
    jobs_parallel_max: int = Field(default=256, ge=1)
    readers: int = Field(default=4, ge=1, le=64)
    stop_seconds_max: float = Field(default=5.0, ge=0)
