"""The roles that there are (Glow 1.1): `GET /api/v1/roles`."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.accounts.people import listing
from parlour.accounts.people.listing import RoleShown
from parlour.kernel.dataclass import dataclass
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer
from parlour.wire.rest.practice.attempts import AttemptsNeed


@dataclass(frozen=True, kw_only=True, slots=True)
class Roles:
    """Every role, highest first."""

    items: Sequence[RoleShown]


def roles_router(need: AttemptsNeed) -> APIRouter:
    """The route of roles."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    caller_of = need.authenticator.of_request

    @router.get("/roles", response_model=Roles, responses=problem_responses(401, 403))
    async def list_roles(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)],
    ) -> Response:
        """What each role means, whether the caller may give it, and how many of the caller's people have it."""
        return await read_answer(need.database, lambda tx: Roles(items=listing.roles(tx, caller.actor)))

    return router
