"""The read models of practice: attempt detail, attempt list, cards (Glow 10.1 to 10.4)."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.entities import SessionActor
from parlour.attempts import listing
from parlour.attempts.cards import Cards, cards
from parlour.attempts.detail import AttemptDetail, attempt_detail
from parlour.attempts.listing_shapes import AttemptPage, Filters
from parlour.catalog.entities import EntryKind
from parlour.kernel.clock import instant
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import invalid
from parlour.storage.database import Database
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer
from parlour.wire.rest.ids import check_ids

SEARCH_CHARS_MAX = 200
IDS_MAX = 200
TIME_CHARS_MAX = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class AttemptsNeed:
    """What the routes are built from."""

    database: Database
    authenticator: Authenticator


class ListQuery(BaseModel):
    """What is wanted of the list of attempts. Ids are repeated parameters.

    `start_date` and `end_date` bound `created_at`, both included: RFC 3339 times, or dates, which
    stand for the whole day in UTC.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    search: str | None = Field(default=None, max_length=SEARCH_CHARS_MAX)
    simulation_ids: list[str] = Field(default_factory=list, max_length=IDS_MAX)
    department_ids: list[str] = Field(default_factory=list, max_length=IDS_MAX)
    practice: bool | None = None
    is_archived: bool | None = None
    infinite_mode: bool | None = None
    start_date: str | None = Field(default=None, max_length=TIME_CHARS_MAX)
    end_date: str | None = Field(default=None, max_length=TIME_CHARS_MAX)
    cursor: str | None = Field(default=None, max_length=listing.CURSOR_CHARS_MAX)
    limit: int = Field(default=listing.LIMIT_DEFAULT, ge=1, le=listing.LIMIT_MAX)


def attempts_router(need: AttemptsNeed) -> APIRouter:
    """The routes that read attempts and cards."""
    router = APIRouter(prefix="/api/v1", tags=["attempts"])
    caller_of = need.authenticator.of_request

    @router.get("/attempts", response_model=AttemptPage, responses=problem_responses(401, 403, 422))
    async def list_attempts(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[ListQuery, Query()]
    ) -> Response:
        """Own and readable attempts, newest first, a page at a time."""
        filters = filters_of(query)
        return await read_answer(
            need.database, lambda tx: listing.attempt_page(tx, caller.actor, filters, query.cursor, query.limit)
        )

    @router.get("/attempts/{attempt_id}", response_model=AttemptDetail, responses=problem_responses(401, 403, 404, 422))
    async def read_attempt(  # pyright: ignore[reportUnusedFunction]
        attempt_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """An attempt with its chats, messages and grades. Joining a chat with `since` = its
        `room.seq` continues it without a gap."""
        check_ids(attempt_id=attempt_id)
        return await read_answer(need.database, lambda tx: attempt_detail(tx, caller.actor, attempt_id))

    def offer(path: str, kind: EntryKind, summary: str) -> None:
        @router.get(
            path, response_model=Cards, responses=problem_responses(401, 403), operation_id=kind, summary=summary
        )
        async def read_cards(  # pyright: ignore[reportUnusedFunction]
            caller: Annotated[SessionActor, Depends(caller_of)],
        ) -> Response:
            """The cards of the caller; who teaches also gets those of their cohorts."""
            return await read_answer(need.database, lambda tx: cards(tx, caller.actor, kind))

    offer("/home", "home", "Assigned training")
    offer("/practice", "practice", "Self-directed practice")
    return router


def filters_of(query: ListQuery) -> Filters:
    """The filters that a query names; raises `invalid_request` for a time that is none."""
    return Filters(
        search=query.search,
        simulation_ids=tuple(query.simulation_ids),
        department_ids=tuple(query.department_ids),
        practice=query.practice,
        is_archived=query.is_archived,
        infinite_mode=query.infinite_mode,
        created_from=bound("/start_date", query.start_date, days=0),
        created_until=bound("/end_date", query.end_date, days=1),
    )


def bound(pointer: str, text: str | None, *, days: int) -> int | None:
    """The instant of a time, or that of a date: its begin, with `days` 1 its last millisecond."""
    if text is None:
        return None
    try:
        if len(text) > len("2026-01-31"):
            return instant(text)
        begin = datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), UTC)
    except (ValueError, OverflowError):
        raise invalid(pointer, "it is no time; write it like 2026-01-31 or 2026-01-31T09:00:00Z") from None
    return int(begin.timestamp() * 1000) - days
