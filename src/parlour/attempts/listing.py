"""The list of attempts that an account may read: `GET /api/v1/attempts` (Glow 10.1)."""

from parlour.attempts import store
from parlour.attempts.detail_rules import ChatOutcome, results, total_chats
from parlour.attempts.listing_shapes import AttemptItem, AttemptPage, Filters, Owned, Position
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.cursors import cursor_after, place_of
from parlour.storage.tx import Tx

LIMIT_DEFAULT = 50
LIMIT_MAX = 200
CURSOR_CHARS_MAX = 200


def attempt_page(tx: Tx, actor: Actor, filters: Filters, cursor: str | None, limit: int) -> AttemptPage:
    """A page of own and readable attempts, newest first.

    `cursor` is the `next_cursor` of the page before; raises `invalid_request` for anything else. No
    attempt is missed or repeated between pages; one that is made meanwhile is not seen.
    """
    after = _position(cursor) if cursor is not None else None
    found = store.page(tx, actor, filters, after, limit + 1)
    shown = found[:limit]
    outcomes = store.outcomes(tx, [owned.attempt.id for owned in shown]) if shown else {}
    return AttemptPage(
        items=[_item(owned, outcomes.get(owned.attempt.id, [])) for owned in shown],
        next_cursor=_after(shown[-1]) if len(found) > limit else None,
    )


def positions(tx: Tx, actor: Actor, filters: Filters, cursor: str | None, limit: int) -> list[Position]:
    """The same list as positions only, at most `limit`: cheap enough to plan a long export."""
    return store.positions(tx, actor, filters, _position(cursor) if cursor is not None else None, limit)


def _item(owned: Owned, outcomes: list[ChatOutcome]) -> AttemptItem:
    attempt = owned.attempt
    count = total_chats(attempt.num_chats, len(outcomes), infinite_mode=attempt.infinite_mode)
    so_far = results(outcomes, count)
    return AttemptItem(
        id=attempt.id,
        name=attempt.name,
        created_at=rfc3339(attempt.created_at),
        state=attempt.state,
        practice=attempt.practice,
        infinite_mode=attempt.infinite_mode,
        profile_id=attempt.account_id,
        profile_name=owned.owner_name,
        is_archived=attempt.archived,
        num_chats=attempt.num_chats,
        chats_completed=so_far.chats_completed,
        score=so_far.total_score if any(outcome.score is not None for outcome in outcomes) else None,
        passed=so_far.passed,
        home_id=None if attempt.practice else attempt.entry_id,
        practice_id=attempt.entry_id if attempt.practice else None,
        simulation_id=attempt.simulation_id,
    )


def _after(last: Owned) -> str:
    return cursor_after(last.attempt.created_at, last.attempt.id)


def _position(cursor: str) -> Position:
    created_at, attempt_id = place_of(cursor)
    return Position(created_at=created_at, attempt_id=attempt_id)
