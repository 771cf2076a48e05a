"""Offsets: how a client names the position up to which it has everything (Glow 5.4).

`<epoch>.<pos>`: every event of its rooms up to position `pos` of the log. While the past of one
room is replayed: `<epoch>.<pos>.<room>@<at>`, where the replay of that room has come to `at`.
Clients treat it as opaque.
"""

import re
from dataclasses import dataclass

_SHAPE = re.compile(
    r"(?P<epoch>[0-9a-f-]{1,64})\.(?P<pos>\d{1,18})(?:\.(?P<room>[a-z]{1,20}:[0-9a-f-]{1,64})@(?P<at>\d{1,18}))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offset:
    """A parsed offset."""

    epoch: str
    pos: int
    room: str | None = None
    at: int = 0

    def __str__(self) -> str:
        replay = f".{self.room}@{self.at}" if self.room else ""
        return f"{self.epoch}.{self.pos}{replay}"


def parse_offset(text: object) -> Offset | None:
    """The offset that a client sent, or None if it is not one of ours."""
    match = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return Offset(epoch=match["epoch"], pos=int(match["pos"]), room=match["room"], at=int(match["at"] or 0))
