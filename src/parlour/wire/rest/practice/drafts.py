"""Drafts of the chat that waits in the lobby, and what may be chosen for it (Glow 1.5, 7.5)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import Field, StringConstraints

from parlour.accounts.entities import SessionActor
from parlour.attempts import customising
from parlour.attempts.customising import Asked
from parlour.drafts import actions
from parlour.drafts.chats import choosing
from parlour.drafts.chats.choosing import ChatChange, OptionChoice, PersonaChoice, QuestionChoice
from parlour.drafts.entities import VersionConflictError
from parlour.kernel.actor import Actor
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from parlour.wire.http.problems import Problem, problem, problem_responses, response_of
from parlour.wire.rest.bodies import Given, Id
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.practice.attempts import AttemptsNeed
from parlour.wire.rest.practice.draft_shapes import ChoicesShown, DraftShown, shown_choices, shown_draft

NAME_CHARS_MAX = 120
LINE_CHARS_MAX = 500
TEXT_CHARS_MAX = 2_000
PERSONAS_MAX = 5
ITEMS_MAX = 10
OPTIONS_MAX = 8
TIMES_MAX = 20

Name = Annotated[str, StringConstraints(max_length=NAME_CHARS_MAX)]
Line = Annotated[str, StringConstraints(max_length=LINE_CHARS_MAX)]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARS_MAX)]
Ids = Annotated[list[Id], Field(max_length=ITEMS_MAX)]
Second = Annotated[int, Field(ge=0, le=86_400)]


class NewDraft(Given):
    """What a draft is to be about: a chat template (`chat_entry_id`), and the attempt in whose lobby it waits."""

    artifact_type: Annotated[str, StringConstraints(max_length=40)]
    artifact_id: Id
    attempt_id: Id | None = None


class GivenPersona(Given):
    """An offered persona; name and description may be one's own."""

    persona_id: Id
    name: Name | None = None
    description: Text | None = None


class GivenParameter(Given):
    """The value of a parameter."""

    name: Name
    value: Line


class GivenOption(Given):
    """An answer of a question of one's own."""

    option_text: Line
    is_correct: bool


class GivenQuestion(Given):
    """A question by its id, or one of one's own with its options. `times` are seconds of the video."""

    question_id: Id | None = None
    question_text: Line = ""
    allow_multiple: bool = False
    times: Annotated[list[Second], Field(max_length=TIMES_MAX)] = Field(default_factory=list[int])
    options: Annotated[list[GivenOption], Field(max_length=OPTIONS_MAX)] = Field(default_factory=list[GivenOption])


class GivenValues(Given):
    """What is to change: a member that is absent stays, `null` is what the scenario has."""

    name: Name | None = None
    description: Text | None = None
    personas: Annotated[list[GivenPersona], Field(min_length=1, max_length=PERSONAS_MAX)] | None = None
    document_ids: Ids | None = None
    parameter_fields: Annotated[list[GivenParameter], Field(max_length=ITEMS_MAX)] | None = None
    problem_statements: Annotated[list[Text], Field(max_length=PERSONAS_MAX)] | None = None
    objectives: Annotated[list[Line], Field(max_length=ITEMS_MAX)] | None = None
    questions: Annotated[list[GivenQuestion], Field(max_length=ITEMS_MAX)] | None = None
    image_ids: Ids | None = None
    video_ids: Ids | None = None


class DraftChange(Given):
    """A write, for the version that its writer has read."""

    expected_version: Annotated[int, Field(ge=1, le=2**31)]
    values: GivenValues


class DraftProblem(Problem, total=False):
    """The problem of an outdated version carries the draft as it is now."""

    draft: DraftShown


def drafts_router(need: AttemptsNeed) -> APIRouter:
    """The routes of drafts. A draft of somebody else is one that does not exist."""
    router = APIRouter(prefix="/api/v1", tags=["drafts"])
    caller_of = need.authenticator.of_request

    @router.post("/drafts", status_code=201, responses=problem_responses(401, 403, 404, 409, 422))
    async def create_draft(  # pyright: ignore[reportUnusedFunction]
        given: NewDraft, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> DraftShown:
        """A draft of the chat that waits in the lobby; teaching staff need no attempt."""
        if given.artifact_type != "chat":
            raise Refusal("unsupported_artifact", f"{given.artifact_type} has no drafts here. Valid: chat.")
        check_ids(artifact_id=given.artifact_id, attempt_id=given.attempt_id)
        asked = Asked(template_id=given.artifact_id, attempt_id=given.attempt_id)

        def create(tx: Tx) -> DraftShown:
            return _shown(tx, caller.actor, customising.create_draft(tx, caller.actor, asked).id)

        return await need.database.write(create)

    @router.get("/attempts/{attempt_id}/choices", responses=problem_responses(401, 403, 404, 409, 422))
    async def read_choices(  # pyright: ignore[reportUnusedFunction]
        attempt_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> ChoicesShown:
        """What the owner of an attempt may choose for the chat that waits in its lobby."""
        check_ids(attempt_id=attempt_id)
        return await need.database.read(lambda tx: shown_choices(customising.choices(tx, caller.actor, attempt_id)))

    _offer_own_drafts(router, need)
    return router


def _offer_own_drafts(router: APIRouter, need: AttemptsNeed) -> None:
    """Reading, changing and deleting a draft of the caller's."""
    caller_of = need.authenticator.of_request

    @router.get("/drafts/{draft_id}", responses=problem_responses(401, 403, 404, 422))
    async def read_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> DraftShown:
        """A draft of the caller."""
        check_ids(draft_id=draft_id)
        return await need.database.read(lambda tx: _shown(tx, caller.actor, draft_id))

    @router.patch(
        "/drafts/{draft_id}", response_model=DraftShown, responses=problem_responses(401, 403, 404, 409, 413, 422)
    )
    async def change_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, given: DraftChange, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> DraftShown | Response:
        """Change a draft. With an outdated `expected_version` the problem has the draft as it is, as `draft`."""
        check_ids(draft_id=draft_id)
        wanted = _change(given.values)

        def change(tx: Tx) -> DraftShown:
            customising.held_draft(tx, caller.actor, draft_id)
            choosing.change(tx, caller.actor, draft_id, given.expected_version, wanted)
            return _shown(tx, caller.actor, draft_id)

        try:
            return await need.database.write(change)
        except VersionConflictError as conflict:
            current = await need.database.read(lambda tx: _shown(tx, caller.actor, draft_id))
            return response_of(DraftProblem(**problem(conflict), draft=current))

    @router.delete("/drafts/{draft_id}", status_code=204, responses=problem_responses(401, 403, 404, 422))
    async def delete_draft(  # pyright: ignore[reportUnusedFunction]
        draft_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> None:
        """Delete a draft. Chats that were opened with it keep what they have."""
        check_ids(draft_id=draft_id)
        await need.database.write(lambda tx: actions.discard(tx, caller.actor, draft_id))


def _shown(tx: Tx, actor: Actor, draft_id: str) -> DraftShown:
    draft, teaches = customising.held_draft(tx, actor, draft_id)
    return shown_draft(draft, teaches=teaches)


def _change(values: GivenValues) -> ChatChange:
    """The typed change; only members that were sent count."""
    personas, questions = values.personas, values.questions
    fields = values.parameter_fields
    return ChatChange(
        given=frozenset(values.model_fields_set),
        name=values.name,
        description=values.description,
        personas=None
        if personas is None
        else tuple(
            PersonaChoice(persona_id=each.persona_id, name=each.name, description=each.description) for each in personas
        ),
        document_ids=_tuple(values.document_ids),
        parameter_fields=None if fields is None else tuple((each.name, each.value) for each in fields),
        problem_statements=_tuple(values.problem_statements),
        objectives=_tuple(values.objectives),
        questions=None if questions is None else tuple(_question(each) for each in questions),
        image_ids=_tuple(values.image_ids),
        video_ids=_tuple(values.video_ids),
    )


def _tuple(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _question(given: GivenQuestion) -> QuestionChoice:
    return QuestionChoice(
        question_id=given.question_id,
        question_text=given.question_text,
        allow_multiple=given.allow_multiple,
        times=tuple(given.times),
        options=tuple(OptionChoice(option_text=each.option_text, is_correct=each.is_correct) for each in given.options),
    )
