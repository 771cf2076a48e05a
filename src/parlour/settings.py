"""Settings of a server: `PARLOUR_*` environment variables over an optional TOML file, frozen.

Nothing else reads the environment. Names with two underscores are groups:
`PARLOUR_LIMITS__MESSAGE_BYTES_MAX=1000`. Secrets are never printed.
"""

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

LogLevel = Literal["debug", "info", "warning", "error"]
RecoveryOffer = Literal["auto", "always", "never"]
GlowDialect = Literal["none", "glow-web"]
ToolPolicy = Literal["auto", "ask", "deny"]

_ORIGIN = re.compile(r"https?://[^\s/?#@*]+")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that is bound to `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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


class Speech(BaseModel):
    """The engines of speech, for the assistant and for voice (lab protocol 10.1). Nothing is ever downloaded.

    `auto`: the first local engine that is there, else off. `provider` names a configured provider for `openai`.
    `voices`: the voice's name by language. `model_path`: the folder of a faster-whisper or pocketsphinx model.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    into: Literal["auto", "off", "offline", "faster_whisper", "openai", "scripted"] = Field(default="auto", alias="in")
    out: Literal["auto", "off", "espeak_ng", "openai", "scripted"] = "auto"
    provider: str | None = None
    in_model: str = "whisper-1"
    out_model: str = "tts-1"
    model_path: Path | None = None
    language: str = "en"
    voices: dict[str, str] = Field(default_factory=dict)
    engine_seconds_max: float = Field(default=60.0, gt=0)
    engine_processes_max: int = Field(default=2, ge=1, le=64)
    memory_bytes_max: int = Field(default=1024 * 1024 * 1024, ge=128 * 1024 * 1024)


class VoiceSettings(BaseModel):
    """Voice in attempts (Glow 6.8). Milliseconds and seconds as the names say.

    `path`: `local` recognises, answers and speaks with the engines of `speech`; `realtime` lets an
    OpenAI-compatible realtime service do all of it. `silence_ms` ends a turn; the other two hold after a
    sentence that has ended and after one that clearly goes on. `recording_days` 0 keeps no sound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Literal["local", "realtime"] = "local"
    realtime_provider: str | None = None
    realtime_model: str = "gpt-realtime"
    realtime_voice: str | None = None
    activity: Literal["auto", "webrtc", "energy"] = "auto"
    threshold: float = Field(default=0.5, ge=0, le=1)
    prefix_ms: int = Field(default=300, ge=0, le=5_000)
    silence_ms: int = Field(default=500, ge=50, le=10_000)
    silence_ended_ms: int = Field(default=300, ge=50, le=10_000)
    silence_unfinished_ms: int = Field(default=1_000, ge=50, le=10_000)
    barge_in_ms: int = Field(default=300, ge=0, le=5_000)
    lead_ms: int = Field(default=400, ge=50, le=5_000)
    idle_seconds: float = Field(default=300.0, gt=0)
    open_seconds_max: float = Field(default=10.0, gt=0)
    stop_seconds_max: float = Field(default=5.0, gt=0)
    queue_seconds_max: float = Field(default=10.0, ge=1)
    utterance_seconds_max: float = Field(default=120.0, ge=1)
    sessions_max: int = Field(default=64, ge=1)
    unclear_below: float = Field(default=0.5, ge=0, le=1)
    recording_days: float = Field(default=30.0, ge=0)


class Provider(BaseModel):
    """A service that runs models. `name:` is the prefix of its models' names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]
    kind: Literal["openai_compatible", "pydantic_ai"] = "openai_compatible"
    base_url: str | None = None
    api_key: SecretStr | None = None


class Oidc(BaseModel):
    """Sign-in with tokens of an OpenID Connect issuer (Glow 2.2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: str
    audience: str
    auto_create: bool = False


class Settings(BaseSettings):
    """What an operator decides. `data` holds everything that must be kept."""

    model_config = SettingsConfigDict(
        env_prefix="PARLOUR_", env_nested_delimiter="__", frozen=True, extra="forbid", hide_input_in_errors=True
    )

    data: Path = Path("data")
    database_url: SecretStr | None = None
    host: str = "127.0.0.1"
    port: int = Field(default=8420, ge=0, le=65_535)
    base_path: str = ""
    cors_origins: tuple[str, ...] = ()
    log_level: LogLevel = "info"
    timezone: str = "UTC"
    guests: bool = False
    model: str = "scripted"
    grader_model: str | None = None
    scripted_pieces_per_second: float = Field(default=30.0, ge=0)
    providers: tuple[Provider, ...] = ()
    oidc: Oidc | None = None
    recovery_offer: RecoveryOffer = "auto"
    glow_dialect: GlowDialect = "none"
    trace: bool = False
    public_url: str | None = None
    lab: Lab = Lab()
    speech: Speech = Speech()
    voice: VoiceSettings = VoiceSettings()
    limits: Limits = Limits()

    @field_validator("base_path")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and (not value.startswith("/") or value.endswith("/")):
            raise ValueError("base_path must start with / and not end with it")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(_ORIGIN.fullmatch(origin) is None for origin in value):
            raise ValueError("name exact origins such as https://lab.example; * is refused")
        return value

    @model_validator(mode="after")
    def _trusting(self) -> Self:
        if self.lab.trust_path_user_id and not is_loopback(self.host):
            raise ValueError(
                "lab.trust_path_user_id lets everybody who reaches the server act as any member: it needs a host"
                " that is loopback (127.0.0.0/8 or ::1)"
            )
        return self

    @model_validator(mode="after")
    def _embedding(self) -> Self:
        provider, _, model = (self.lab.embeddings_model or "").partition(":")
        usable = {each.name for each in self.providers if each.kind == "openai_compatible" and each.base_url}
        if self.lab.embeddings_model and not (model and provider in usable):
            raise ValueError("lab.embeddings_model must be PROVIDER:MODEL with a configured openai_compatible provider")
        return self

    @model_validator(mode="after")
    def _speaking(self) -> Self:
        usable = {each.name for each in self.providers if each.kind == "openai_compatible" and each.base_url}
        if "openai" in (self.speech.into, self.speech.out) and self.speech.provider not in usable:
            raise ValueError("speech.provider must name a configured openai_compatible provider with a base_url")
        if self.voice.path == "realtime" and self.voice.realtime_provider not in usable:
            raise ValueError(
                "voice.realtime_provider must name a configured openai_compatible provider with a base_url"
            )
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = cls.model_config.get("toml_file")
        found = [init_settings, env_settings]
        if file:
            found.append(TomlConfigSettingsSource(settings_cls, file))
        return tuple(found)

    @property
    def url(self) -> str:
        """Where the database is: the given one, or a SQLite file in `data`."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{(self.data / 'parlour.sqlite3').absolute()}"

    @property
    def private(self) -> bool:
        """Whether only this machine is meant to reach the server; passwords may then be short (lab protocol 1.1)."""
        return self.public_url is None and is_loopback(self.host)

    @property
    def files(self) -> Path:
        """Where the bytes of files are."""
        return self.data / "files"


def load_settings(file: Path | None = None, **given: Any) -> Settings:
    """The settings of this process: given > environment > file > defaults.

    Raises `pydantic.ValidationError` naming every wrong setting, never its value.
    """

    class Loaded(Settings):
        model_config = SettingsConfigDict(
            env_prefix="PARLOUR_",
            env_nested_delimiter="__",
            frozen=True,
            extra="forbid",
            hide_input_in_errors=True,
            toml_file=file,
        )

    return Loaded(**{name: value for name, value in given.items() if value is not None})


def program_path() -> str:
    """Where programs are looked for: all that a tool server's program gets of our environment (lab protocol 8.3)."""
    return os.environ.get("PATH", os.defpath)


def unknown_variables() -> list[str]:
    """Variables of the environment that look like settings and are none; servers ignore them."""
    known = {name.upper() for name in Settings.model_fields} | {"CONFIG"}
    found = (name for name in os.environ if name.startswith("PARLOUR_"))
    return sorted(name for name in found if name.removeprefix("PARLOUR_").partition("__")[0] not in known)
