"""A socket of dialect `glow-web`: every event with its aliases, each frame with an offset of its own (Glow 9.7)."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from parlour.accounts.entities import SessionActor
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx
from parlour.wire.glow import aliases, encode
from parlour.wire.glow.alias_facts import Texts, UnknownYetError, forget, known_of, prepare
from parlour.wire.glow.connection import Connection, Delivery, Replay
from parlour.wire.glow.sinks import Sink

PAGE_MAX = 50  # a frame may have the whole text so far


class AliasConnection(Connection):
    """Tells groups of frames where others tell one.

    `resume`: where it was cut inside of a group, `(room, pos, part)`: of the event at `pos`, in the
    replay of `room` if that is not None, the client has the first `part` frames.
    """

    __slots__ = ("_texts", "resume")

    page_max: ClassVar[int] = PAGE_MAX
    dialect: ClassVar[str | None] = aliases.GLOW_WEB

    def __init__(self, delivery: Delivery, sink: Sink, session: SessionActor, sid: str, eio_sid: str) -> None:
        super().__init__(delivery, sink, session, sid, eio_sid)
        self._texts: Texts = {}
        self.resume: tuple[str | None, int, int] | None = None

    def offer(self, event: Logged, rooms: Sequence[tuple[str, int]]) -> None:
        """An event of the connection's rooms, from the pump."""
        self._offer(event, rooms)

    def join(
        self, room: str, replay_after: int | None = None, known: int | None = None, *, in_full: bool = False
    ) -> None:
        """As any connection; what other rooms told of it says nothing of the texts in it."""
        if room not in self.rooms:
            forget(self._texts, room)
        super().join(room, replay_after, known, in_full=in_full)

    def leave(self, room: str) -> None:
        """As any connection; what was said there meanwhile is not known when it comes back."""
        super().leave(room)
        forget(self._texts, room)

    def _send(self, event: Logged, places: Sequence[tuple[str, int]], at: Replay | None = None) -> None:
        if self._sent_of_guest(event, places, at):
            return
        try:
            known = known_of(event, self._texts, self._delivery.lookups)
        except UnknownYetError:
            self._fall_behind(event.pos - 1)
            return
        where = (None if at is None else at.room, event.pos)
        first = 0
        if self.resume is not None and self.resume[:2] == where:
            first, self.resume = self.resume[2], None
        for packet in self._packets(event, places, known, at)[first:]:
            self._sink.write(packet)

    def _packets(
        self, event: Logged, places: Sequence[tuple[str, int]], known: aliases.Known, at: Replay | None
    ) -> tuple[str, ...]:
        """The group of an event; made once for all connections that are live in the same rooms."""
        key = (aliases.GLOW_WEB, tuple(places), self.cursor_id is not None)
        if at is None and key in event.encoded:
            return cast("tuple[str, ...]", event.encoded[key])
        said = encode.said(event, places, self._delivery.pump.epoch)
        frames = () if said is None else aliases.group(said[0], said[1], known).frames
        made: list[str] = []
        for number, (name, payload) in enumerate(frames, start=1):
            part = 0 if number == len(frames) else number
            offset = self._offset(event.pos, part=part) if at is None else self._offset(self.pos, at, event.pos, part)
            made.append(encode.event_packet(name, payload, offset))
        packets = tuple(made)
        if at is None:
            event.encoded[key] = packets
        return packets

    def _emit(self, name: str, payload: Mapping[str, object], offset: str | None) -> None:
        for told, members in aliases.group(name, payload).frames:
            super()._emit(told, members, offset if told == name else None)

    def _look(self, tx: Tx, rooms: Mapping[str, int], after: int, upto: int) -> list[Logged]:
        found = super()._look(tx, rooms, after, upto)
        told = [each for each in found if any(rooms.get(room, each.pos) < each.pos for room, _ in each.audience)]
        prepare(tx, told, self._texts, self._delivery.lookups)
        return found
