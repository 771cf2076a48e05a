"""Putting attempts away: they stay what they are, and lists can leave them out (`is_archived`)."""

from collections.abc import Sequence

from parlour.attempts import access
from parlour.attempts.history import store
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

ATTEMPTS_MAX = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Archived:
    """What came of it: `attempt_ids` without repeats, as asked; `changed` counts those that were otherwise before."""

    attempt_ids: Sequence[str]
    is_archived: bool
    changed: int


def set_archived(tx: Tx, actor: Actor, attempt_ids: Sequence[str], *, archived: bool) -> Archived:
    """Put attempts away, or take them back: all of them, or, if one may not be read, none (`not_found`).

    Owner and staff may, whether an attempt is active or ended; scores, cards and reuse ignore the flag.
    """
    wanted = list(dict.fromkeys(attempt_ids))
    attempts = [access.attempt_to_change(tx, actor, each) for each in sorted(wanted)]
    changed = sum(store.set_archived(tx, attempt.id, archived=archived) for attempt in attempts)
    return Archived(attempt_ids=wanted, is_archived=archived, changed=changed)
