"""Which rooms there are, and whether an actor may be in one now (Glow 5.1): asked at every join and recovery (P12)."""

from parlour.attempts import access as attempts
from parlour.benchmarks import access as benchmarks
from parlour.kernel.actor import Actor
from parlour.storage.tx import Tx

_INVOCATION = "invocation"


def may_read_room(tx: Tx, actor: Actor, room: str) -> bool:
    """Rooms of people, chats, those who are in chats, and invocations; of any other kind nobody may read one here."""
    kind, _, name = room.partition(":")
    if kind == _INVOCATION:
        return benchmarks.may_read_invocation(tx, actor, name)
    return attempts.may_read_room(tx, actor, room)
