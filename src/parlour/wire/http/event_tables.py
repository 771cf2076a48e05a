"""Commands and events of one protocol on the sockets, as `/asyncapi.json` publishes them."""

from collections.abc import Mapping

from pydantic import BaseModel

from parlour.kernel.dataclass import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class EventTable:
    """`commands`: name -> payload and acknowledgement. `events`: name -> payload. Models have names of their own."""

    commands: Mapping[str, tuple[type[BaseModel], type[BaseModel]]]
    events: Mapping[str, type[BaseModel]]
