"""Offsets: how a client names the position up to which it has everything (Glow 5.4).

`<epoch>.<pos>`: every event of its rooms up to position `pos` of the log. While the past of one
room is replayed: `<epoch>.<pos>.<room>@<at>`, where the replay of that room has come to `at`;
`!` in place of `@` says that it leaves out what other rooms have brought (5.5).
An event may be several frames (9.7): `~<part>` at the end says that of the last event named only
the first `part` frames are there. Clients treat it as opaque; it needs no escaping in a URL.
"""

import re

from parlour.kernel.dataclass import dataclass

_SHAPE = re.compile(
    r"(?P<epoch>[0-9a-f-]{1,64})\.(?P<pos>\d{1,18})"
    r"(?:\.(?P<room>[a-z]{1,20}:[0-9a-f-]{1,64})(?P<kind>[@!])(?P<at>\d{1,18}))?(?:~(?P<part>[1-9]\d{0,3}))?"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Offset:
    """A parsed offset."""

    epoch: str
    pos: int
    room: str | None = None
    at: int = 0
    in_full: bool = True
    part: int = 0

    def __str__(self) -> str:
        replay = f".{self.room}{'@' if self.in_full else '!'}{self.at}" if self.room else ""
        part = f"~{self.part}" if self.part else ""
        return f"{self.epoch}.{self.pos}{replay}{part}"

    @property
    def complete_pos(self) -> int:
        """The position up to which the log is told whole."""
        return self.pos - 1 if self.part and self.room is None else self.pos

    @property
    def complete_at(self) -> int:
        """The position up to which the replay of `room` is told whole."""
        return self.at - 1 if self.part else self.at


def parse_offset(text: object) -> Offset | None:
    """The offset that a client sent, or None if it is not one of ours."""
    match = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    return Offset(
        epoch=match["epoch"],
        pos=int(match["pos"]),
        room=match["room"],
        at=int(match["at"] or 0),
        in_full=match["kind"] != "!",
        part=int(match["part"] or 0),
    )
