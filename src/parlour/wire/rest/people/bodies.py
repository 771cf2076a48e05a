"""What requests about people and trainings hold, read with their types and bounds."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from parlour.kernel.clock import instant
from parlour.kernel.refusals import invalid
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.bodies import Id

NAME_CHARS_MAX = 200
TEXT_CHARS_MAX = 4_000
TIME_CHARS_MAX = 40
IDS_MAX = 200
PAGE_DEFAULT, PAGE_MAX = 200, 500

Ids = Annotated[list[Id], Field(max_length=IDS_MAX)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=NAME_CHARS_MAX), NoNul]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX), NoNul]
Time = Annotated[str, StringConstraints(max_length=TIME_CHARS_MAX), NoNul]


class PageQuery(BaseModel):
    """Which part of a list: what comes after `cursor`, the `next_cursor` of the page before."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    cursor: Annotated[str, NoNul] | None = Field(default=None, max_length=36)
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=PAGE_MAX)


def time_of(name: str, given: str | None) -> int | None:
    """The instant of an RFC 3339 text, in milliseconds. Raises `invalid_request`."""
    if given is None:
        return None
    try:
        return instant(given)
    except (ValueError, OverflowError):
        raise invalid(f"/{name}", "it is no time such as 2026-01-31T09:00:00Z") from None
