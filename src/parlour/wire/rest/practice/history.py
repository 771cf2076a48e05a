"""Finding, putting away and deleting attempts: `/api/v1/search`, `PATCH` and `DELETE` of an attempt."""

from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.entities import SessionActor
from parlour.attempts import listing
from parlour.attempts.history import archive, removal, search
from parlour.attempts.history.archive import ATTEMPTS_MAX, Archived
from parlour.attempts.history.search import HitPage
from parlour.kernel.ids import is_id
from parlour.kernel.refusals import Fault, Refusal, invalid
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed


class SearchQuery(BaseModel):
    """What is looked for. Space around the words does not count."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    q: str = Field(min_length=search.CHARACTERS_MIN, max_length=search.CHARACTERS_MAX)
    cursor: str | None = Field(default=None, max_length=listing.CURSOR_CHARS_MAX)
    limit: int = Field(default=search.LIMIT_DEFAULT, ge=1, le=search.LIMIT_MAX)


class ArchiveOne(BaseModel):
    """Whether the attempt is put away."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True, frozen=True)

    is_archived: bool


class ArchiveMany(ArchiveOne):
    """Which attempts are put away, or taken back."""

    attempt_ids: list[str] = Field(min_length=1, max_length=ATTEMPTS_MAX)


def history_router(need: AttemptsNeed) -> APIRouter:
    """The routes for what was done before."""
    router = APIRouter(prefix="/api/v1", tags=["attempts"])
    caller_of = need.authenticator.of_request

    @router.get("/search", response_model=HitPage, responses=problem_responses(401, 403, 422))
    async def search_texts(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[SearchQuery, Query()]
    ) -> Response:
        """Messages, titles of chats and names of attempts that have these words, newest first."""
        words = query.q.strip()
        if len(words) < search.CHARACTERS_MIN or "\0" in words:
            raise invalid("/query/q", f"give at least {search.CHARACTERS_MIN} characters")

        def read(tx: Tx) -> object:
            return search.search(tx, caller.actor, words, query.cursor, query.limit)

        return await read_answer(need.database, read)

    @router.post("/attempts/archive", response_model=Archived, responses=problem_responses(401, 403, 404, 422))
    async def archive_attempts(  # pyright: ignore[reportUnusedFunction]
        given: ArchiveMany, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Put several attempts away, or take them back: all of them or none. Owner and staff may."""
        faults = [Fault(f"/attempt_ids/{at}", "it is not an id") for at, each in enumerate(given.attempt_ids)
                  if not is_id(each)]  # fmt: skip
        if faults:
            raise Refusal("invalid_request", "Invalid request: an id is not an id.", faults=tuple(faults[:20]))
        return await change(caller, given.attempt_ids, archived=given.is_archived)

    @router.patch("/attempts/{attempt_id}", response_model=Archived, responses=problem_responses(401, 403, 404, 422))
    async def archive_attempt(  # pyright: ignore[reportUnusedFunction]
        attempt_id: str, given: ArchiveOne, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Put an attempt away, or take it back. Owner and staff may."""
        check_ids(attempt_id=attempt_id)
        return await change(caller, [attempt_id], archived=given.is_archived)

    @router.delete("/attempts/{attempt_id}", status_code=204, responses=problem_responses(401, 403, 404, 422))
    async def delete_attempt(  # pyright: ignore[reportUnusedFunction]
        attempt_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> None:
        """Delete an attempt with all that was said and graded in it. Superadmins and admins who are its
        staff may; its owner may if it is practice."""
        check_ids(attempt_id=attempt_id)
        await need.database.write(lambda tx: removal.delete_attempt(tx, caller.actor, attempt_id))

    async def change(caller: SessionActor, attempt_ids: list[str], *, archived: bool) -> Response:
        def act(tx: Tx) -> object:
            return archive.set_archived(tx, caller.actor, attempt_ids, archived=archived)

        return await write_answer(need.database, act)

    return router
