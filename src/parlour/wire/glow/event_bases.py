"""What the models of all server events are made of (Glow 5.2)."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field


def _rfc3339(text: str) -> str:
    if not text.endswith("Z") or len(text) != len("2026-01-01T09:00:00.000Z"):
        raise ValueError("not RFC 3339 in UTC with milliseconds")
    datetime.fromisoformat(text)
    return text


Time = Annotated[str, AfterValidator(_rfc3339), Field(description="RFC 3339 in UTC with milliseconds.")]


class Exact(BaseModel):
    """No coercion, no further members."""

    model_config = ConfigDict(strict=True, extra="forbid", populate_by_name=True)


class Position(Exact):
    """The position of an event in one more room of the connection."""

    room: str
    epoch: str
    seq: int = Field(ge=1)


class Meta(Exact):
    """`_meta` of every event (5.2). `room`, `epoch`, `seq` for logged events; `request` for direct ones."""

    id: str
    at: Time
    room: str | None = None
    epoch: str | None = None
    seq: int | None = Field(default=None, ge=1)
    also: list[Position] | None = None
    from_: int | None = Field(default=None, alias="from", ge=1)
    request: str | None = None


class Event(Exact):
    """An event of the server."""

    meta: Meta = Field(alias="_meta")


class LateEvent(Event):
    """An event of a large family: its validator is made when it is first needed."""

    model_config = ConfigDict(defer_build=True)
