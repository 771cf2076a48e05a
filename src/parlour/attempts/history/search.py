"""Words in messages and titles of readable attempts: `GET /api/v1/search`."""

import re
from collections.abc import Sequence

from parlour.attempts import store
from parlour.attempts.history import store as history
from parlour.attempts.history.store import Found, Wanted
from parlour.kernel.actor import Actor
from parlour.kernel.clock import rfc3339
from parlour.kernel.cursors import cursor_after, place_of
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx

CHARACTERS_MIN = 2
CHARACTERS_MAX = 200
LIMIT_DEFAULT = 20
LIMIT_MAX = 100
SNIPPET_CHARACTERS_MAX = 240


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A place where the words stand. `chat_id` is null for the name of an attempt, `message_id` for any name or title.

    `match_start` and `match_end` are positions in `snippet`, counted in Unicode characters.
    """

    attempt_id: str
    chat_id: str | None
    message_id: str | None
    title: str
    snippet: str
    match_start: int
    match_end: int
    created_at: str
    profile_name: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class HitPage:
    """A page of hits, newest first. `next_cursor` is opaque, null on the last page."""

    items: Sequence[Hit]
    next_cursor: str | None


def search(tx: Tx, actor: Actor, words: str, cursor: str | None, limit: int) -> HitPage:
    """Where the words stand, letter by letter but in any case (of letters without marks).

    What the actor may not read is never looked at. Raises `invalid_request` for a cursor of another list.
    """
    wanted = Wanted(
        pattern=f"%{store.like_escaped(words)}%",
        after=place_of(cursor) if cursor is not None else None,
        limit=limit + 1,
    )
    found = history.find(tx, store.readable(actor), wanted)
    shown = found[:limit]
    return HitPage(
        items=[_hit(each, words) for each in shown],
        next_cursor=cursor_after(shown[-1].created_at, shown[-1].id) if len(found) > limit else None,
    )


def _hit(found: Found, words: str) -> Hit:
    snippet, start, end = excerpt(found.text, words)
    return Hit(
        attempt_id=found.attempt_id,
        chat_id=found.chat_id,
        message_id=found.message_id,
        title=found.title,
        snippet=snippet,
        match_start=start,
        match_end=end,
        created_at=rfc3339(found.created_at),
        profile_name=found.profile_name,
    )


def excerpt(text: str, words: str) -> tuple[str, int, int]:
    """The surroundings of the first match, with its begin and end in them. Cut ends show `…`."""
    match = re.search(re.escape(words), text, re.IGNORECASE)
    start, end = match.span() if match else (0, 0)
    spare = max(SNIPPET_CHARACTERS_MAX - (end - start), 0)
    begin = max(0, min(start - spare // 2, len(text) - SNIPPET_CHARACTERS_MAX))
    stop = min(len(text), max(begin + SNIPPET_CHARACTERS_MAX, end))
    before = "…" if begin else ""
    after = "…" if stop < len(text) else ""
    shift = len(before) - begin
    return f"{before}{text[begin:stop]}{after}", start + shift, end + shift
