"""Another protocol on the same sockets: its own commands, rooms and events. The composition root puts it there.

Wires never import each other, so a guest is met here only as what it must be able to do, and meets a
connection only as a `Visit`. It shares handshake, recovery, offsets and delivery with Glow.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from parlour.accounts.entities import SessionActor
from parlour.kernel.actor import Actor
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx


class GuestAnswer(Protocol):
    """How a guest's command ended."""

    @property
    def ack(self) -> Mapping[str, object]:
        """The acknowledgement."""
        ...

    @property
    def before(self) -> Callable[[], None] | None:
        """What happens on the connection just before the acknowledgement is sent."""
        ...

    @property
    def then(self) -> Callable[[], None] | None:
        """What happens once it is sent."""
        ...


class Visit(Protocol):
    """A connection as a guest sees it."""

    @property
    def sid(self) -> str:
        """What tells connections apart."""
        ...

    @property
    def session(self) -> SessionActor:
        """Whose connection it is, as of now."""
        ...

    @property
    def rooms(self) -> Collection[str]:
        """The rooms that it is in."""
        ...

    def enter(self, tx: Tx, room: str, known: int) -> None:
        """Keep, for recovery, that the connection is in a room from position `known` on."""
        ...

    async def reach(self, pos: int) -> None:
        """Return when nothing up to `pos` can be offered any more."""
        ...

    def promise(self, name: str, payload: Mapping[str, object], room: str, after: int) -> None:
        """Tell of a past that comes now: from this event on, recovery brings what the room told after `after`."""
        ...

    def follow(self, room: str, after: int) -> None:
        """Deliver the room: first what it told after position `after`, then live."""
        ...

    def tell(self, name: str, payload: Mapping[str, object]) -> None:
        """An event for this connection alone, which is not in the log."""
        ...

    async def leave(self, room: str) -> None:
        """End the membership."""
        ...


class Guest(Protocol):
    """What a guest can do. Everything but `command`, `comes_back`, `resync` and `session_of` must not wait."""

    commands: Collection[str]

    def has(self, room: str) -> bool:
        """Whether a room is the guest's: it encodes what is told there."""
        ...

    def may_read(self, tx: Tx, actor: Actor, room: str) -> bool:
        """Whether an actor may be in a room of the guest now."""
        ...

    def check_opening(self, account_id: str) -> None:
        """Refuse a further connection of an account."""
        ...

    async def session_of(self, headers: Mapping[str, str]) -> SessionActor | None:
        """Who a handshake without a token is from, by what the guest understands; None if it names nobody.

        Header names in lower case, the scheme under `:scheme`. Raises `Refusal`.
        """
        ...

    def said(
        self, event: Logged, places: Sequence[tuple[str, int]], epoch: str
    ) -> tuple[str, Mapping[str, object]] | None:
        """The name and payload of an event in rooms of the guest; None if it does not tell it."""
        ...

    def told(self, session: SessionActor, event: Logged) -> None:
        """A connection was sent this event."""
        ...

    async def command(self, visit: Visit, name: str, args: Sequence[object]) -> GuestAnswer:
        """Carry out one of `commands`. Raises `Refusal`."""
        ...

    async def comes_back(self, visit: Visit, rooms: Sequence[str]) -> None:
        """A recovered connection is in these rooms of the guest."""
        ...

    async def resync(self, room: str, epoch: str, seq: int) -> Mapping[str, object]:
        """The payload of `resync` for a room of the guest that a connection had and lost."""
        ...

    def left(self, sid: str, rooms: Collection[str]) -> None:
        """A connection is not in these rooms any more, because it ended or lost the right to them."""
        ...


class NoGuest:
    """For a server without one."""

    commands: Collection[str] = ()

    def has(self, room: str) -> bool:
        """No room is anybody's."""
        return False

    def may_read(self, tx: Tx, actor: Actor, room: str) -> bool:
        """Nobody."""
        return False

    def check_opening(self, account_id: str) -> None:
        """No further limit."""

    async def session_of(self, headers: Mapping[str, str]) -> SessionActor | None:
        """Nobody."""
        return None

    def said(
        self, event: Logged, places: Sequence[tuple[str, int]], epoch: str
    ) -> tuple[str, Mapping[str, object]] | None:
        """Nothing."""
        return None

    def told(self, session: SessionActor, event: Logged) -> None:
        """Nothing to note."""

    async def command(self, visit: Visit, name: str, args: Sequence[object]) -> GuestAnswer:
        """There are none."""
        raise LookupError(name)

    async def comes_back(self, visit: Visit, rooms: Sequence[str]) -> None:
        """There are no rooms."""

    async def resync(self, room: str, epoch: str, seq: int) -> Mapping[str, object]:
        """There are no rooms."""
        raise LookupError(room)

    def left(self, sid: str, rooms: Collection[str]) -> None:
        """There are no rooms."""
