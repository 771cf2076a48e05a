"""Drafts of artifacts: beginning, changing, comparing, having them looked at, publishing (Glow 1.5, 6.10)."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.drafts.entities import Draft, VersionConflictError
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.described import described
from parlour.library.drafting import changing, comparing, creating, finishing, holding, reviewing, sharing
from parlour.library.drafting.changing import Changing
from parlour.library.drafting.comparing import Compared
from parlour.library.drafting.creating import NewDraft
from parlour.library.drafting.merging import Conflict
from parlour.library.drafting.rules import DraftRules
from parlour.library.publishing import Published, Publishing
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem, problem_responses, response_of
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.authoring.draft_shapes import (
    ArtifactDraftChange,
    ArtifactDraftProblem,
    ArtifactDraftShown,
    DraftPublished,
    DraftsListed,
    ForVersion,
    NewArtifactDraft,
    NewEditor,
    ReviewAsked,
    listed_draft,
    shown_draft,
)
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed

PUBLISH = "POST /api/v1/authoring/drafts/{draft_id}/publish"


@described
@dataclass(frozen=True, kw_only=True, slots=True)
class RebasedShown:
    """A draft on top of the newest version, and the fields of which both sides had changed something."""

    draft: ArtifactDraftShown
    conflicts: tuple[Conflict, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class DraftsDesk:
    """What the routes of drafts are built from."""

    reading: AttemptsNeed
    rules: DraftRules

    def shown(self, tx: Tx, actor: Actor, draft: Draft) -> ArtifactDraftShown:
        """A draft as the actor sees it."""
        return shown_draft(tx, actor, draft, self.rules)

    async def write(self, actor: Actor, draft_id: str, act: Callable[[Tx], object], status: int = 200) -> Response:
        """What `act` returns. Of an outdated version the problem has the draft as it is, as `draft`."""
        try:
            answer = await write_answer(self.reading.database, act)
        except VersionConflictError as conflict:
            made = problem(conflict)
            current = await self.reading.database.read(
                lambda tx: self.shown(tx, actor, holding.held_draft(tx, actor, draft_id))
            )
            return response_of(ArtifactDraftProblem(**made, draft=current))
        answer.status_code = status
        return answer

    async def change(self, actor: Actor, draft_id: str, act: Callable[[Tx], Draft]) -> Response:
        """The draft that `act` leaves, as the actor sees it."""
        return await self.write(actor, draft_id, lambda tx: self.shown(tx, actor, act(tx)))


def authoring_router(reading: AttemptsNeed, rules: DraftRules) -> APIRouter:
    """The routes of drafts of artifacts. A draft of somebody else is one that does not exist."""
    desk = DraftsDesk(reading=reading, rules=rules)
    router = APIRouter(prefix="/api/v1/authoring/drafts", tags=["authoring"])
    _offer_drafts(router, desk)
    _offer_changing(router, desk)
    _offer_publishing(router, desk)
    _offer_reviewing(router, desk)
    _offer_editors(router, desk)
    return router


def _offer_drafts(router: APIRouter, desk: DraftsDesk) -> None:
    caller_of = desk.reading.authenticator.of_request

    @router.post(
        "", status_code=201, response_model=ArtifactDraftShown, responses=problem_responses(401, 403, 404, 409, 422)
    )
    async def create_artifact_draft(  # pyright: ignore[reportUnusedFunction]
        given: NewArtifactDraft, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A draft of something new, or of an artifact that the caller may edit, from its newest or an older version."""
        check_ids(artifact_id=given.artifact_id)
        wanted = NewDraft(artifact_type=given.artifact_type, artifact_id=given.artifact_id, version=given.version)
        answer = await write_answer(
            desk.reading.database,
            lambda tx: desk.shown(tx, caller.actor, creating.create(tx, caller.actor, wanted, desk.rules)),
        )
        answer.status_code = 201
        return answer

    @router.get("", response_model=DraftsListed, responses=problem_responses(401, 403))
    async def list_artifact_drafts(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)],
    ) -> Response:
        """The open drafts of the caller, those that are shared, and those that somebody is asked to look at."""

        def listed(tx: Tx) -> DraftsListed:
            found = sharing.drafts_to_show(tx, caller.actor)
            return DraftsListed(items=[listed_draft(tx, caller.actor, each) for each in found])

        return await read_answer(desk.reading.database, listed)

    @router.get("/{draft_id}", response_model=ArtifactDraftShown, responses=problem_responses(401, 403, 404, 422))
    async def read_artifact_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A draft with its values, sources, review and runs."""
        check_ids(draft_id=draft_id)
        actor = caller.actor
        return await read_answer(
            desk.reading.database, lambda tx: desk.shown(tx, actor, holding.held_draft(tx, actor, draft_id))
        )

    @router.delete("/{draft_id}", status_code=204, responses=problem_responses(401, 403, 404, 422))
    async def delete_artifact_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> None:
        """Delete a draft of the caller's. What was published from it stays."""
        check_ids(draft_id=draft_id)
        await desk.reading.database.write(lambda tx: sharing.discard(tx, caller.actor, draft_id))


def _offer_changing(router: APIRouter, desk: DraftsDesk) -> None:
    caller_of = desk.reading.authenticator.of_request

    @router.patch(
        "/{draft_id}",
        response_model=ArtifactDraftShown,
        responses=problem_responses(401, 403, 404, 409, 413, 422),
    )
    async def change_artifact_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: ArtifactDraftChange, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Change values. With an outdated `expected_version` the problem has the draft as it is, as `draft`."""
        check_ids(
            draft_id=draft_id, **{f"changes/{n}/artifact_id": op.artifact_id for n, op in enumerate(given.changes)}
        )
        wanted = Changing(
            draft_id=draft_id,
            expected_version=given.expected_version,
            operations=tuple(each.operation() for each in given.changes),
        )
        actor = caller.actor
        return await desk.change(actor, draft_id, lambda tx: changing.change(tx, actor, wanted, desk.rules))

    @router.get("/{draft_id}/differences", response_model=Compared, responses=problem_responses(401, 403, 404, 422))
    async def compare_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """What a draft changes about the version that it follows; `stale`: there is a newer one."""
        check_ids(draft_id=draft_id)
        return await read_answer(desk.reading.database, lambda tx: comparing.compared(tx, caller.actor, draft_id))

    @router.post(
        "/{draft_id}/rebase",
        response_model=RebasedShown,
        responses=problem_responses(401, 403, 404, 409, 413, 422),
    )
    async def rebase_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: ForVersion, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Bring what others published meanwhile into a draft. Where both changed a field the draft keeps its own."""
        check_ids(draft_id=draft_id)
        actor = caller.actor

        def rebase(tx: Tx) -> RebasedShown:
            done = comparing.rebase(tx, actor, (draft_id, given.expected_version), desk.rules)
            return RebasedShown(draft=desk.shown(tx, actor, done.draft), conflicts=done.conflicts)

        return await desk.write(actor, draft_id, rebase)


def _offer_publishing(router: APIRouter, desk: DraftsDesk) -> None:
    caller_of = desk.reading.authenticator.of_request

    @router.post("/{draft_id}/publish", response_model=Published, responses=problem_responses(401, 403, 404, 409, 422))
    async def publish_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: DraftPublished, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Make a version of what a draft says, and close it. With faults the problem names each as one of `errors`."""
        check_ids(draft_id=draft_id)
        actor = caller.actor
        wanted = Publishing(
            draft_id=draft_id,
            expected_version=given.expected_version,
            two_person=desk.rules.two_person,
            update_trainings=given.update_trainings,
            note=given.note,
            route=PUBLISH,
        )
        return await desk.write(actor, draft_id, lambda tx: finishing.finish(tx, actor, wanted))


def _offer_reviewing(router: APIRouter, desk: DraftsDesk) -> None:
    caller_of = desk.reading.authenticator.of_request
    refused = problem_responses(401, 403, 404, 409, 422)

    @router.post("/{draft_id}/review", response_model=ArtifactDraftShown, responses=refused)
    async def ask_for_review(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: ReviewAsked, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Ask everybody who may edit the artifact to look at a draft; they may read it from now on."""
        check_ids(draft_id=draft_id)
        actor, asked = caller.actor, (draft_id, given.expected_version)
        return await desk.change(actor, draft_id, lambda tx: reviewing.ask(tx, actor, asked, given.note, desk.rules))

    @router.delete("/{draft_id}/review", response_model=ArtifactDraftShown, responses=refused)
    async def withdraw_review(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Ask nobody any more; approvals are forgotten."""
        check_ids(draft_id=draft_id)
        actor = caller.actor
        return await desk.change(actor, draft_id, lambda tx: reviewing.withdraw(tx, actor, draft_id, desk.rules))

    @router.post("/{draft_id}/approve", response_model=ArtifactDraftShown, responses=refused)
    async def approve_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: ForVersion, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Agree to a draft as it was read. Who wrote something of it cannot."""
        check_ids(draft_id=draft_id)
        actor, approved = caller.actor, (draft_id, given.expected_version)
        return await desk.change(actor, draft_id, lambda tx: reviewing.approve(tx, actor, approved, desk.rules))


def _offer_editors(router: APIRouter, desk: DraftsDesk) -> None:
    caller_of = desk.reading.authenticator.of_request

    @router.post(
        "/{draft_id}/editors",
        response_model=ArtifactDraftShown,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def add_editor(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: NewEditor, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Let a colleague who might make this artifact write into a draft of the caller's."""
        check_ids(draft_id=draft_id)
        actor = caller.actor
        return await desk.change(
            actor, draft_id, lambda tx: sharing.add_editor(tx, actor, draft_id, given.user_id, desk.rules)
        )

    @router.delete(
        "/{draft_id}/editors/{profile_id}",
        response_model=ArtifactDraftShown | None,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def remove_editor(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, profile_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Take an editor out, as the owner or as that editor, who is answered `null`."""
        check_ids(draft_id=draft_id, profile_id=profile_id)
        actor = caller.actor

        def remove(tx: Tx) -> ArtifactDraftShown | None:
            left = sharing.remove_editor(tx, actor, draft_id, profile_id, desk.rules)
            return None if left is None else desk.shown(tx, actor, left)

        return await desk.write(actor, draft_id, remove)
