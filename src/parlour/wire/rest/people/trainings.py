"""Trainings for who teaches: which there are, making and changing them (Glow 1.2)."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Annotated, cast

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field, create_model

from parlour.accounts.entities import SessionActor
from parlour.accounts.people.managing import present
from parlour.catalog.entities import ChatSettings, EntryKind
from parlour.library.forms.simulations import TIME_LIMIT_SECONDS_MAX
from parlour.library.trainings import actions as trainings
from parlour.library.trainings.actions import COHORTS_MAX, Member, NewTraining, TemplateChange, TrainingChange
from parlour.library.trainings.reading import TrainingList, TrainingShown, shown_training, shown_trainings
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.bodies import Given, Id, Version
from parlour.wire.rest.ids import check_each_id, check_ids
from parlour.wire.rest.people.bodies import (
    Name,
    PageQuery,
    Text,
    Time,
    time_of,
)
from parlour.wire.rest.practice.attempts import AttemptsNeed

POSITION_MAX = 1_000_000
TEMPLATES_MAX = 200

Cohorts = Annotated[list[Id], Field(max_length=COHORTS_MAX)]
Position = Annotated[int, Field(ge=0, le=POSITION_MAX)]
Limit = Annotated[int, Field(ge=1, le=TIME_LIMIT_SECONDS_MAX)]


class SettingsBody(Given):
    """Flags and limits of a chat (Glow 1.2); what is absent stays. `time_limit` null: none, all others may not be."""

    @property
    def given(self) -> Mapping[str, bool | int | None]:
        """The settings that were sent."""
        return {name: cast("bool | int | None", getattr(self, name)) for name in self.model_fields_set}


if TYPE_CHECKING:
    GivenSettings = SettingsBody
else:  # its members are those of ChatSettings
    GivenSettings = create_model(
        "GivenSettings",
        __base__=SettingsBody,
        __doc__=SettingsBody.__doc__,
        **{
            each.name: (Limit | None if each.name == "time_limit" else bool, each.default)
            for each in fields(ChatSettings)
        },
    )


class GivenTraining(Given):
    """A training to be made. Name and description are those of its simulation unless they are given. `again`: also for
    a cohort that has one of the same kind and simulation."""

    kind: EntryKind
    simulation_id: Id
    cohort_ids: Cohorts = Field(default_factory=list[Id])
    everyone: bool = False
    name: Name | None = None
    description: Text | None = None
    start_time: Time | None = None
    end_time: Time | None = None
    position: Position = 0
    active: bool = True
    again: bool = False
    settings: GivenSettings = GivenSettings()


class GivenTemplate(Given):
    """What is to change about one chat."""

    chat_entry_id: Id
    name: Name | None = None
    scenario_version: Version | None = None
    rubric_version: Version | None = None
    settings: GivenSettings = GivenSettings()


class GivenTrainingChange(Given):
    """What is to change: a member that is absent stays; times may be null for no bound. `adopt`: take everything that
    the simulation says now, with the newest versions. `again`: also for a cohort that has another one of it."""

    expected_version: Version | None = None
    name: Name | None = None
    description: Text | None = None
    cohort_ids: Cohorts | None = None
    everyone: bool | None = None
    start_time: Time | None = None
    end_time: Time | None = None
    position: Position | None = None
    active: bool | None = None
    adopt: bool = False
    again: bool = False
    templates: Annotated[list[GivenTemplate], Field(max_length=TEMPLATES_MAX)] = Field(
        default_factory=list[GivenTemplate]
    )


_MEMBERS: tuple[Member, ...] = ("name", "description", "cohort_ids", "everyone", "position", "active")
_TIMES: tuple[Member, ...] = ("start_time", "end_time")


def trainings_router(need: AttemptsNeed) -> APIRouter:
    """The routes of trainings. One that the caller may not read is not there."""
    router = APIRouter(prefix="/api/v1", tags=["trainings"])
    _offer_reading(router, need)
    _offer_editing(router, need)
    return router


def _offer_reading(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.get("/trainings", response_model=TrainingList, responses=problem_responses(401, 403, 422))
    async def list_trainings(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[PageQuery, Query()]
    ) -> Response:
        """The trainings of the caller's cohorts, and those for everyone; none for learners."""
        return await read_answer(need.database, lambda tx: shown_trainings(tx, caller.actor, query.cursor, query.limit))

    @router.get(
        "/trainings/{training_id}", response_model=TrainingShown, responses=problem_responses(401, 403, 404, 422)
    )
    async def read_training(  # pyright: ignore[reportUnusedFunction]
        training_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A training with its chats, the versions that they pin and the newest ones."""
        check_ids(training_id=training_id)
        return await read_answer(need.database, lambda tx: shown_training(tx, caller.actor, training_id))


def _offer_editing(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.post(
        "/trainings",
        status_code=201,
        response_model=TrainingShown,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def create_training(  # pyright: ignore[reportUnusedFunction]
        given: GivenTraining, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Assign (`home`) or offer (`practice`) a simulation to cohorts that the caller may change."""
        check_ids(simulation_id=given.simulation_id)
        check_each_id("cohort_ids", given.cohort_ids)
        new = NewTraining(
            kind=given.kind,
            simulation_id=given.simulation_id,
            cohort_ids=tuple(given.cohort_ids),
            everyone=given.everyone,
            name=given.name,
            description=given.description,
            start_time=time_of("start_time", given.start_time),
            end_time=time_of("end_time", given.end_time),
            position=given.position,
            active=given.active,
            again=given.again,
            settings=given.settings.given,
        )

        def create(tx: Tx) -> TrainingShown:
            made = trainings.create(tx, caller.actor, new, "POST /api/v1/trainings")
            return shown_training(tx, present(tx, caller.actor), made)

        answer = await write_answer(need.database, create)
        answer.status_code = 201
        return answer

    @router.patch(
        "/trainings/{training_id}",
        response_model=TrainingShown,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def change_training(  # pyright: ignore[reportUnusedFunction]
        training_id: str, given: GivenTrainingChange, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Change a training: who has it and when, and what its chats are like."""
        check_ids(training_id=training_id)
        check_each_id("cohort_ids", given.cohort_ids)
        wanted = _change(given)

        def change(tx: Tx) -> TrainingShown:
            trainings.change(tx, caller.actor, training_id, wanted, "PATCH /api/v1/trainings/{training_id}")
            return shown_training(tx, present(tx, caller.actor), training_id)

        return await write_answer(need.database, change)


def _change(given: GivenTrainingChange) -> TrainingChange:
    """The typed change; only members that were sent count, and null counts for times only."""
    members: dict[Member, object] = {
        name: cast("object", getattr(given, name)) for name in _MEMBERS if getattr(given, name) is not None
    }
    if given.cohort_ids is not None:
        members["cohort_ids"] = tuple(given.cohort_ids)
    members |= {name: time_of(name, getattr(given, name)) for name in _TIMES if given.has(name)}
    return TrainingChange(
        members=members,
        templates=tuple(
            TemplateChange(
                template_id=each.chat_entry_id,
                name=each.name,
                scenario_version=each.scenario_version,
                rubric_version=each.rubric_version,
                settings=each.settings.given,
            )
            for each in given.templates
        ),
        adopt=given.adopt,
        again=given.again,
        expected_version=given.expected_version,
    )
