"""Trying a draft: `/api/v1/authoring/drafts/{draft_id}/try`."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.attempts.tries import TriedShown, tried
from parlour.kernel.dataclass import dataclass
from parlour.library.trying import simulation_of_try, start_try
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed


@dataclass(frozen=True, kw_only=True, slots=True)
class Tried:
    """The practice entry, of the caller alone, in which an attempt may be started."""

    practice_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tries:
    """The newest tries of a draft by the caller."""

    items: Sequence[TriedShown]


def trying_router(need: AttemptsNeed) -> APIRouter:
    """The routes for trying a draft."""
    router = APIRouter(prefix="/api/v1/authoring", tags=["authoring"])

    @router.post(
        "/drafts/{draft_id}/try",
        status_code=201,
        response_model=Tried,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def try_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(need.authenticator.of_request)]
    ) -> Response:
        """Make a draft, as it is now, a practice of the caller's alone."""
        check_ids(draft_id=draft_id)

        def start(tx: Tx) -> Tried:
            return Tried(practice_id=start_try(tx, caller.actor, draft_id))

        answer = await write_answer(need.database, start)
        answer.status_code = 201
        return answer

    @router.get("/drafts/{draft_id}/try", response_model=Tries, responses=problem_responses(401, 403, 404, 422))
    async def read_tries(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(need.authenticator.of_request)]
    ) -> Response:
        """What came of the caller's own tries, the newest first."""
        check_ids(draft_id=draft_id)

        def read(tx: Tx) -> Tries:
            simulation_id, changed_at = simulation_of_try(tx, caller.actor, draft_id)
            return Tries(items=tried(tx, caller.actor, simulation_id, changed_at))

        return await read_answer(need.database, read)

    return router
