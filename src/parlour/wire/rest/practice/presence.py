"""Who is in a chat at this moment, for those who may read it."""

from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.attempts.presence import ChatPresence, presence_in
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.ids import check_ids


@dataclass(frozen=True, kw_only=True, slots=True)
class PresenceNeed:
    """What the route is built from."""

    database: Database
    authenticator: Authenticator


def presence_router(need: PresenceNeed) -> APIRouter:
    """`GET /api/v1/chats/{chat_id}/presence`."""
    router = APIRouter(prefix="/api/v1", tags=["attempts"])
    caller_of = need.authenticator.of_request

    @router.get(
        "/chats/{chat_id}/presence", response_model=ChatPresence, responses=problem_responses(401, 403, 404, 422)
    )
    async def read_presence(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Who is in the room of a chat now, with how many connections."""
        check_ids(chat_id=chat_id)
        body = await need.database.read(lambda tx: msgspec.json.encode(presence_in(tx, caller.actor, chat_id)))
        return Response(body, media_type="application/json", headers={"cache-control": "no-store"})

    return router
