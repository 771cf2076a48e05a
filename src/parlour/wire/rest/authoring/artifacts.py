"""The library: what can be authored, artifacts with their versions, copies, the shelf (Glow 1.2, Appendix B)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.kernel.dataclass import dataclass
from parlour.library import reading, shelving
from parlour.library.describing import types_for
from parlour.library.drafting.rules import DraftRules
from parlour.library.reading import Wanted
from parlour.library.trainings import adopting
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.authoring.artifact_shapes import (
    Archiving,
    ArtifactShown,
    CardShown,
    CardsQuery,
    CardsShown,
    ChangesShown,
    TrainingsShown,
    TypesShown,
    VersionsShown,
    shown_artifact,
    shown_card,
    shown_version,
)
from parlour.wire.rest.authoring.draft_shapes import ArtifactDraftShown, shown_draft
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed

VERSION_MAX = 2**31
SideVersion = Annotated[int, Query(ge=1, le=VERSION_MAX)]


@dataclass(frozen=True, kw_only=True, slots=True)
class LibraryNeed:
    """What the routes are built from. `modalities`: those that the server makes; `model`: what writes drafts."""

    reading: AttemptsNeed
    rules: DraftRules
    modalities: tuple[str, ...]
    model: str


def artifacts_router(need: LibraryNeed) -> APIRouter:
    """The routes of the library."""
    router = APIRouter(prefix="/api/v1", tags=["library"])
    _offer_types(router, need)
    _offer_reading(router, need)
    _offer_versions(router, need)
    _offer_doing(router, need)
    return router


def _offer_types(router: APIRouter, need: LibraryNeed) -> None:
    @router.get("/authoring/types", response_model=TypesShown, responses=problem_responses(401, 403))
    async def list_artifact_types(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(need.reading.authenticator.of_request)],
    ) -> TypesShown:
        """What the caller may author, with every field; no types for who does not author."""
        return TypesShown(
            types=types_for(caller.actor),
            modalities=need.modalities,
            two_person=need.rules.two_person,
            model=need.model,
            offline=need.model.startswith("scripted"),
            images="image" in need.modalities,
            videos="video" in need.modalities,
            audio="audio" in need.modalities,
        )


def _offer_reading(router: APIRouter, need: LibraryNeed) -> None:
    caller_of, database = need.reading.authenticator.of_request, need.reading.database

    @router.get("/artifacts", response_model=CardsShown, responses=problem_responses(401, 403, 422))
    async def list_artifacts(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[CardsQuery, Query()]
    ) -> Response:
        """The artifacts that the caller may read, the newest first, a page at a time."""
        wanted = Wanted(
            type=query.type,
            search=query.search,
            archived=query.archived,
            mine=query.mine,
            cursor=query.cursor,
            limit=query.limit,
        )

        def read(tx: Tx) -> CardsShown:
            page = reading.cards(tx, caller.actor, wanted)
            return CardsShown(items=[shown_card(each) for each in page.items], next_cursor=page.next_cursor)

        return await read_answer(database, read)

    @router.get(
        "/artifacts/{artifact_id}", response_model=ArtifactShown, responses=problem_responses(401, 403, 404, 422)
    )
    async def read_artifact(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str,
        caller: Annotated[SessionActor, Depends(caller_of)],
        version: Annotated[int | None, Query(ge=1, le=VERSION_MAX)] = None,
    ) -> Response:
        """An artifact with the values of its newest version, or of the one that is named."""
        check_ids(artifact_id=artifact_id)
        return await read_answer(database, lambda tx: shown_artifact(tx, caller.actor, artifact_id, version))


def _offer_versions(router: APIRouter, need: LibraryNeed) -> None:
    caller_of, database = need.reading.authenticator.of_request, need.reading.database

    @router.get(
        "/artifacts/{artifact_id}/versions",
        response_model=VersionsShown,
        responses=problem_responses(401, 403, 404, 422),
    )
    async def list_versions(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Every version of an artifact, the newest first."""
        check_ids(artifact_id=artifact_id)

        def read(tx: Tx) -> VersionsShown:
            found = reading.versions(tx, caller.actor, artifact_id)
            return VersionsShown(items=[shown_version(each) for each in found])

        return await read_answer(database, read)

    @router.get(
        "/artifacts/{artifact_id}/differences",
        response_model=ChangesShown,
        responses=problem_responses(401, 403, 404, 422),
    )
    async def compare_versions(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str,
        caller: Annotated[SessionActor, Depends(caller_of)],
        begin: Annotated[SideVersion, Query(alias="from")],
        end: Annotated[SideVersion, Query(alias="to")],
    ) -> Response:
        """What changed between two versions, field by field."""
        check_ids(artifact_id=artifact_id)

        def read(tx: Tx) -> ChangesShown:
            return ChangesShown(changes=reading.compared(tx, caller.actor, artifact_id, (begin, end)))

        return await read_answer(database, read)


def _offer_doing(router: APIRouter, need: LibraryNeed) -> None:
    caller_of, database = need.reading.authenticator.of_request, need.reading.database
    refused = problem_responses(401, 403, 404, 409, 422)

    @router.post(
        "/artifacts/{artifact_id}/duplicate", status_code=201, response_model=ArtifactDraftShown, responses=refused
    )
    async def duplicate_artifact(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A draft of something new that has the values of this artifact."""
        check_ids(artifact_id=artifact_id)

        def make(tx: Tx) -> ArtifactDraftShown:
            draft = shelving.duplicate(tx, caller.actor, artifact_id, need.rules)
            return shown_draft(tx, caller.actor, draft, need.rules)

        answer = await write_answer(database, make)
        answer.status_code = 201
        return answer

    @router.post("/artifacts/{artifact_id}/archive", response_model=CardShown, responses=refused)
    async def archive_artifact(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str, given: Archiving, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Take an artifact out of the library, or bring it back. What uses it goes on."""
        check_ids(artifact_id=artifact_id)
        route = "POST /api/v1/artifacts/{artifact_id}/archive"

        def act(tx: Tx) -> CardShown:
            shelving.archive(tx, caller.actor, artifact_id, archived=given.archived, route=route)
            return shown_card(reading.card(tx, caller.actor, artifact_id))

        return await write_answer(database, act)

    @router.post("/artifacts/{artifact_id}/adopt", response_model=TrainingsShown, responses=refused)
    async def adopt_artifact(  # pyright: ignore[reportUnusedFunction]
        artifact_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Bring the newest version into the active trainings that the caller may edit. Open chats keep theirs."""
        check_ids(artifact_id=artifact_id)
        route = "POST /api/v1/artifacts/{artifact_id}/adopt"
        return await write_answer(
            database, lambda tx: TrainingsShown(trainings=adopting.adopt(tx, caller.actor, artifact_id, route))
        )
