"""Settings of a server: `PARLOUR_*` environment variables over an optional TOML file, frozen.

Nothing else reads the environment. Names with two underscores are groups:
`PARLOUR_LIMITS__MESSAGE_BYTES_MAX=1000`. Secrets are never printed.
"""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

LogLevel = Literal["debug", "info", "warning", "error"]
RecoveryOffer = Literal["auto", "always", "never"]
GlowDialect = Literal["none", "glow-web"]


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
    jobs_parallel_max: int = Field(default=256, ge=1)
    readers: int = Field(default=4, ge=1, le=64)
    stop_seconds_max: float = Field(default=5.0, ge=0)


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
    limits: Limits = Limits()

    @field_validator("base_path")
    @classmethod
    def _path(cls, value: str) -> str:
        if value and (not value.startswith("/") or value.endswith("/")):
            raise ValueError("base_path must start with / and not end with it")
        return value

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


def unknown_variables() -> list[str]:
    """Variables of the environment that look like settings and are none; servers ignore them."""
    known = {name.upper() for name in Settings.model_fields} | {"CONFIG"}
    found = (name for name in os.environ if name.startswith("PARLOUR_"))
    return sorted(name for name in found if name.removeprefix("PARLOUR_").partition("__")[0] not in known)
