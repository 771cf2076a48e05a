"""Who is connected, anywhere, and in which rooms: one row for a connection and room.

A row of a socket counts while its server was seen within `LEASE_MS`, so that a server that died
without a word takes nobody along for longer. A row of an HTTP session belongs to no server
(`server_id` is ""): it counts until the session is closed, or is forgotten as idle.
"""

from collections.abc import Mapping, Sequence

from parlour.events import store
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.storage.tx import Tx

LEASE_MS = 15_000
NEVER_LAPSES = 2**62
NO_SERVER = ""
ROOMS_PER_QUESTION = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Present:
    """A connection as it stands in the rows."""

    connection_id: str
    account_id: AccountId
    server_id: str = NO_SERVER


def enter(tx: Tx, present: Present, room: str) -> bool:
    """The connection is in a room; False if it was already."""
    return store.put_presence(tx, room, (present.connection_id, present.account_id, present.server_id))


def leave(tx: Tx, connection_id: str, room: str) -> bool:
    """The connection is not in a room any more; False if it was not."""
    return store.drop_presence(tx, connection_id, room)


def gone(tx: Tx, connection_id: str) -> list[str]:
    """The connection has ended: the rooms it was in."""
    return store.drop_connection(tx, connection_id)


def counts(tx: Tx, room: str) -> Mapping[AccountId, int]:
    """How many connections of which accounts are in a room now, who came first at the front."""
    return store.present_in(tx, room, tx.now_ms - LEASE_MS)


def anyone_in(tx: Tx, room: str) -> bool:
    """Whether any connection is in a room now."""
    return bool(counts(tx, room))


def occupied(tx: Tx, rooms: Sequence[str]) -> set[str]:
    """Those of these rooms that somebody may be in, asked for many at once."""
    found: set[str] = set()
    for start in range(0, len(rooms), ROOMS_PER_QUESTION):
        found |= store.rooms_with_presence(tx, rooms[start : start + ROOMS_PER_QUESTION])
    return found


def lock(tx: Tx, room: str) -> bool:
    """Wait for other servers that change who is in a room, until the transaction ends; False if nobody is in it."""
    return store.lock_presence(tx, room)


def of_server(tx: Tx, server_id: str) -> dict[tuple[str, str], int]:
    """`(connection_id, room)` of every row of a server, with the time since when."""
    return store.presence_of_server(tx, server_id)


def beat(tx: Tx, server_id: str, *, alone: bool) -> bool:
    """The server is there. False if its lease had lapsed, so that others may have dropped its rows.

    `alone`: the store has no other server, so that it needs no lease, and a clock that is set cannot end it.
    """
    before, seen_at = store.server_seen_at(tx, server_id), NEVER_LAPSES if alone else tx.now_ms
    if before != seen_at:
        store.put_server(tx, server_id, seen_at)
    return before is not None and before > tx.now_ms - LEASE_MS


def end_server(tx: Tx, server_id: str) -> None:
    """The server has stopped, its connections closed."""
    store.drop_server(tx, server_id)


def forget_dead(tx: Tx, *, idle_before_ms: int) -> list[str]:
    """Drop the rows of servers whose lease lapsed, and of HTTP sessions that are closed or were last
    seen before `idle_before_ms`: the rooms that somebody left so."""
    dead = store.drop_lapsed_servers(tx, tx.now_ms - LEASE_MS)
    return list(dict.fromkeys((*dead, *store.drop_idle_presence(tx, idle_before_ms))))


def forget_sockets(tx: Tx) -> None:
    """The only server of a store begins: no socket is open."""
    store.drop_socket_presence(tx)
