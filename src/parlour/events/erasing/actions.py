"""`erase_room`, `rewrite` and `rewrite_each`."""

from collections.abc import Callable

import msgspec

from parlour.events.erasing import store
from parlour.events.store import replace_event
from parlour.kernel.dataclass import dataclass
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx


def erase_room(tx: Tx, room: str, fact: object, elsewhere: Callable[[Logged], object]) -> None:
    """Of all that a room was told so far only the newest entry stays, as `fact`; numbers go on from there.

    Who had not read that far is told to begin anew, since what lies between is gone (`log.is_kept`).
    What stands in other rooms too stays there as what `elsewhere` makes of it. What the running
    transaction announces is told after that. Nothing for a room without entries.
    """
    newest = store.newest(tx, room)
    if newest is None:
        return
    shared = store.shared(tx, room)
    for event in shared:
        _replace(tx, event.pos, elsewhere(event))
    kept = {event.pos for event in shared}
    store.delete_before(tx, room, newest, sorted(kept))
    if newest not in kept:
        _replace(tx, newest, fact)


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """Events to find in a room: of these kinds, with `about` (an id) in their body."""

    kinds: tuple[str, ...]
    about: str


def rewrite(tx: Tx, room: str, told: Told, fact: object) -> None:
    """What one room alone was told becomes `fact`, under the same numbers; what stands elsewhere too stays."""
    for pos in store.named(tx, room, told.kinds, told.about):
        _replace(tx, pos, fact)


def rewrite_each(tx: Tx, room: str, kinds: tuple[str, ...], change: Callable[[Logged], object | None]) -> int:
    """Every event of these kinds of a room becomes what `change` makes of it, in every room it stands in and under the
    same numbers; what `change` gives None for stays. How many were changed."""
    changed, after = 0, 0
    while page := store.of_kinds(tx, room, kinds, after):
        for event in page:
            fact = change(event)
            if fact is not None:
                _replace(tx, event.pos, fact)
                changed += 1
        after = page[-1].pos
    return changed


def _replace(tx: Tx, pos: int, fact: object) -> None:
    replace_event(tx, pos, type(fact).__name__, msgspec.json.encode(fact).decode())
