"""Instruments as values. Times in milliseconds."""

from typing import NewType

from parlour.kernel.dataclass import dataclass

InstrumentId = NewType("InstrumentId", str)

NAME_CHARS_MAX = 120
DESCRIPTION_CHARS_MAX = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class NewInstrument:
    """An instrument as its folder describes it. `super_users` are user ids, also of people yet to come."""

    name: str
    aliases: tuple[str, ...] = ()
    description: str = ""
    location: str | None = None
    mcp_server: str | None = None
    super_users: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument(NewInstrument):
    """An instrument with its documents."""

    id: InstrumentId
    file_ids: tuple[str, ...]
    created_at: int
