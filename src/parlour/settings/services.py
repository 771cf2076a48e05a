"""What a server uses outside: providers of models, and who signs people in."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr


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
