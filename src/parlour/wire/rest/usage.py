"""What models cost: of one attempt, and of a person over time (not in the protocol; see docs/reference/usage.md)."""

from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.entities import SessionActor
from parlour.attempts.usage import AttemptUsage, GroupBy, UsageReport, Wanted, attempt_usage, usage_report
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import TIME_CHARS_MAX, AttemptsNeed, bound


class UsageQuery(BaseModel):
    """Whose usage (one's own if left out), between which times or dates in UTC (both included), by what."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    profile_id: str | None = None
    from_: str | None = Field(default=None, alias="from", max_length=TIME_CHARS_MAX)
    to: str | None = Field(default=None, max_length=TIME_CHARS_MAX)
    group_by: GroupBy = "day"


def usage_router(need: AttemptsNeed) -> APIRouter:
    """The routes that read usage."""
    router = APIRouter(prefix="/api/v1", tags=["usage"])
    caller_of = need.authenticator.of_request

    @router.get(
        "/attempts/{attempt_id}/usage", response_model=AttemptUsage, responses=problem_responses(401, 403, 404, 422)
    )
    async def read_attempt_usage(  # pyright: ignore[reportUnusedFunction]
        attempt_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Every request to a model that was made for an attempt, with tokens, seconds and cost."""
        check_ids(attempt_id=attempt_id)
        return await read_answer(need.database, lambda tx: attempt_usage(tx, caller.actor, attempt_id))

    @router.get("/usage", response_model=UsageReport, responses=problem_responses(401, 403, 404, 422))
    async def read_usage(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[UsageQuery, Query()]
    ) -> Response:
        """What a person's requests came to: one's own, or of a person whose attempts one may read."""
        check_ids(profile_id=query.profile_id)
        wanted = Wanted(
            profile_id=query.profile_id,
            at_from=bound("/from", query.from_, days=0),
            at_until=bound("/to", query.to, days=1),
            group_by=query.group_by,
        )
        return await read_answer(need.database, lambda tx: usage_report(tx, caller.actor, wanted))

    return router
