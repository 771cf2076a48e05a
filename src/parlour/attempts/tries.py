"""The tries of a draft by one person: which draft an attempt tries, and what came of them (`catalog.trainings`)."""

from collections.abc import Sequence

from parlour.attempts import store
from parlour.attempts.detail_rules import results, total_chats
from parlour.attempts.entities import Attempt, AttemptState
from parlour.attempts.listing_shapes import Filters
from parlour.catalog import trainings
from parlour.drafts import actions as drafts
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

TRIES_MAX = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class TriedShown:
    """A try and what came of it. `score` null: nothing of it is graded. `current`: begun after the draft was changed
    for the last time."""

    attempt_id: str
    created_at: str
    state: AttemptState
    score: int | None
    total_points: int
    passed: bool
    current: bool


def tried(tx: Tx, actor: Actor, simulation_id: str, changed_at: int) -> Sequence[TriedShown]:
    """The newest attempts at the simulation of a try, at most `TRIES_MAX`. `changed_at`: in milliseconds."""
    found = store.page(tx, actor, Filters(simulation_ids=(simulation_id,)), None, TRIES_MAX)
    outcomes = store.outcomes(tx, [owned.attempt.id for owned in found]) if found else {}
    shown: list[TriedShown] = []
    for attempt in (owned.attempt for owned in found):
        chats = outcomes.get(attempt.id, [])
        so_far = results(chats, total_chats(attempt.num_chats, len(chats), infinite_mode=attempt.infinite_mode))
        graded = any(chat.score is not None for chat in chats)
        shown.append(
            TriedShown(
                attempt_id=attempt.id,
                created_at=rfc3339(attempt.created_at),
                state=attempt.state,
                score=so_far.total_score if graded else None,
                total_points=so_far.total_possible_points,
                passed=so_far.passed,
                current=attempt.created_at >= changed_at,
            )
        )
    return shown


def draft_tried(tx: Tx, attempt: Attempt) -> str | None:
    """The draft that an attempt tries, if it tries one that is still there."""
    draft_id = trainings.draft_of_try(tx, attempt.entry_id) if attempt.practice else None
    return draft_id if draft_id is not None and drafts.draft(tx, draft_id) is not None else None
