"""Settings of a server: `PARLOUR_*` environment variables over an optional TOML file, frozen.

Nothing else reads the environment; the groups stand in the modules beside this one. Names with two underscores
are groups:
`PARLOUR_LIMITS__MESSAGE_BYTES_MAX=1000`. Secrets are never printed.
"""

import ipaddress
import os
import re
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from parlour.settings.authoring import AuthoringSettings
from parlour.settings.lab import Lab
from parlour.settings.limits import Limits
from parlour.settings.services import Oidc, Provider
from parlour.settings.speech import Speech, VoiceSettings

LogLevel = Literal["debug", "info", "warning", "error"]
RecoveryOffer = Literal["auto", "always", "never"]
GlowDialect = Literal["none", "glow-web"]

_ORIGIN = re.compile(r"https?://[^\s/?#@*]+")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server that is bound to `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


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
    authoring: AuthoringSettings = AuthoringSettings()
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

    @model_validator(mode="after")
    def _drawing(self) -> Self:
        usable = {each.name for each in self.providers if each.kind == "openai_compatible" and each.base_url}
        for name in ("image_model", "video_model"):
            provider, _, model = (getattr(self.authoring, name) or "").partition(":")
            if getattr(self.authoring, name) and not (model and provider in usable):
                raise ValueError(
                    f"authoring.{name} must be PROVIDER:MODEL with a configured openai_compatible provider"
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
        return sqlite_url(self.data.absolute())

    @property
    def private(self) -> bool:
        """Whether only this machine is meant to reach the server; passwords may then be short (lab protocol 1.1)."""
        return self.public_url is None and is_loopback(self.host)

    @property
    def files(self) -> Path:
        """Where the bytes of files are."""
        return self.data / "files"


def sqlite_url(data: Path) -> str:
    """The address of the SQLite file in a data folder."""
    return f"sqlite:///{data / 'parlour.sqlite3'}"


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
