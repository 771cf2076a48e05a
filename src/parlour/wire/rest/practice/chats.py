"""The grades and the branches of a chat: all there are, and two side by side. Branches have names."""

from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts.entities import SessionActor
from parlour.attempts import branches, grades
from parlour.attempts.branches import Branch, BranchComparison, Branches
from parlour.attempts.grades import GradeComparison, GradePage
from parlour.conversations.branches import LABEL_CHARACTERS_MAX
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed

LABEL_INPUT_CHARACTERS_MAX = 200  # what is sent, with white space around it


class GradesQuery(BaseModel):
    """A page of grades: `before` is the `next_before` of the page with newer ones."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    before: str | None = Field(default=None, max_length=100)
    limit: int = Field(default=grades.GRADES_DEFAULT, ge=1, le=grades.GRADES_MAX)


class Pair(BaseModel):
    """Two things to compare, by id."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    left: str = Field(max_length=100)
    right: str = Field(max_length=100)


class Label(BaseModel):
    """The name of a branch, 1 to 80 characters without white space around them; null or nothing: no name."""

    model_config: ClassVar[ConfigDict] = ConfigDict(strict=True)

    label: str | None = Field(
        max_length=LABEL_INPUT_CHARACTERS_MAX, description=f"At most {LABEL_CHARACTERS_MAX} characters."
    )


def chats_router(need: AttemptsNeed) -> APIRouter:
    """The routes under `/api/v1/chats/{chat_id}` that are about grades and branches."""
    router = APIRouter(prefix="/api/v1/chats", tags=["attempts"])
    refused = problem_responses(401, 403, 404, 422)
    caller_of = Depends(need.authenticator.of_request)

    @router.get("/{chat_id}/grades", response_model=GradePage, responses=refused)
    async def list_grades(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, caller: Annotated[SessionActor, caller_of], query: Annotated[GradesQuery, Query()]
    ) -> Response:
        """Every grade of a chat and of its branches, newest first, with what was asked and by whom."""
        check_ids(chat_id=chat_id, before=query.before)
        return await read_answer(
            need.database, lambda tx: grades.grades_of_chat(tx, caller.actor, chat_id, query.before, query.limit)
        )

    @router.get("/{chat_id}/grades/compare", response_model=GradeComparison, responses=refused)
    async def compare_grades(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, caller: Annotated[SessionActor, caller_of], pair: Annotated[Pair, Query()]
    ) -> Response:
        """Two grades of a chat: both levels of every criterion, and what only one of them says."""
        check_ids(chat_id=chat_id, left=pair.left, right=pair.right)
        return await read_answer(
            need.database, lambda tx: grades.compare_grades(tx, caller.actor, chat_id, pair.left, pair.right)
        )

    @router.get("/{chat_id}/branches", response_model=Branches, responses=refused)
    async def list_branches(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, caller: Annotated[SessionActor, caller_of]
    ) -> Response:
        """Every branch of a chat, with its name and its newest grade."""
        check_ids(chat_id=chat_id)
        return await read_answer(need.database, lambda tx: branches.branches_of_chat(tx, caller.actor, chat_id))

    @router.get("/{chat_id}/branches/compare", response_model=BranchComparison, responses=refused)
    async def compare_branches(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, caller: Annotated[SessionActor, caller_of], pair: Annotated[Pair, Query()]
    ) -> Response:
        """Two branches, each named by a message in it: what both share, what each has alone, and their grades."""
        check_ids(chat_id=chat_id, left=pair.left, right=pair.right)
        return await read_answer(
            need.database, lambda tx: branches.compare_branches(tx, caller.actor, chat_id, pair.left, pair.right)
        )

    @router.put("/{chat_id}/branches/{message_id}", response_model=Branch, responses=refused)
    async def label_branch(  # pyright: ignore[reportUnusedFunction]
        chat_id: str, message_id: str, given: Label, caller: Annotated[SessionActor, caller_of]
    ) -> Response:
        """Name the branch that leads through a message to its newest leaf, or take its name away."""
        check_ids(chat_id=chat_id, message_id=message_id)

        return await write_answer(
            need.database, lambda tx: branches.label_branch(tx, caller.actor, chat_id, message_id, given.label)
        )

    return router
