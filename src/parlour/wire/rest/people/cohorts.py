"""Cohorts: who learns and teaches in them, making and changing them (Glow 1.2)."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import StringConstraints

from parlour.accounts.entities import CohortPart, SessionActor
from parlour.accounts.names import USER_ID_CHARS_MAX
from parlour.accounts.people import listing
from parlour.accounts.people.listing import CohortPage
from parlour.library.trainings import cohorts
from parlour.library.trainings.cohorts import CohortDetail, CohortEdit, NewCohort
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.bodies import Given, Id
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.people.bodies import Name, PageQuery, Text
from parlour.wire.rest.practice.attempts import AttemptsNeed


class GivenCohort(Given):
    """A cohort to be made; without a department in the only one of its maker, or in none."""

    name: Name
    description: Text = ""
    department_id: Id | None = None


class GivenCohortChange(Given):
    """What is to change: a member that is absent stays; `department_id` null takes it out of its department."""

    name: Name | None = None
    description: Text | None = None
    department_id: Id | None = None


class GivenPerson(Given):
    """Who is to have which part."""

    user_id: Annotated[str, StringConstraints(min_length=1, max_length=USER_ID_CHARS_MAX), NoNul]
    part: CohortPart = "learner"


def cohorts_router(need: AttemptsNeed) -> APIRouter:
    """The routes of cohorts. One that the caller may not read is not there."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    _offer_reading(router, need)
    _offer_editing(router, need)
    _offer_people(router, need)
    return router


def _offer_reading(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.get("/cohorts", response_model=CohortPage, responses=problem_responses(401, 403, 422))
    async def list_cohorts(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[PageQuery, Query()]
    ) -> Response:
        """The cohorts that the caller teaches or whose department is theirs, by name; none for learners."""
        return await read_answer(need.database, lambda tx: listing.cohorts(tx, caller.actor, query.cursor, query.limit))

    @router.get("/cohorts/{cohort_id}", response_model=CohortDetail, responses=problem_responses(401, 403, 404, 422))
    async def read_cohort(  # pyright: ignore[reportUnusedFunction]
        cohort_id: str, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """A cohort with its people and its trainings."""
        check_ids(cohort_id=cohort_id)
        return await read_answer(need.database, lambda tx: cohorts.detail(tx, caller.actor, cohort_id))


def _offer_editing(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.post(
        "/cohorts", status_code=201, response_model=CohortDetail, responses=problem_responses(401, 403, 404, 422)
    )
    async def create_cohort(  # pyright: ignore[reportUnusedFunction]
        given: GivenCohort, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Make a cohort. Who makes it teaches it, unless it is theirs as admin of its department."""
        check_ids(department_id=given.department_id)
        new = NewCohort(name=given.name, description=given.description, department_id=given.department_id)

        def create(tx: Tx) -> CohortDetail:
            cohort_id = cohorts.create(tx, caller.actor, new, "POST /api/v1/cohorts")
            return cohorts.detail_now(tx, caller.actor, cohort_id)

        answer = await write_answer(need.database, create)
        answer.status_code = 201
        return answer

    @router.patch("/cohorts/{cohort_id}", response_model=CohortDetail, responses=problem_responses(401, 403, 404, 422))
    async def change_cohort(  # pyright: ignore[reportUnusedFunction]
        cohort_id: str, given: GivenCohortChange, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Change what a cohort is called and whose it is."""
        check_ids(cohort_id=cohort_id, department_id=given.department_id)
        edit = CohortEdit(
            name=given.name,
            description=given.description,
            department_id=given.department_id,
            moves=given.has("department_id"),
        )

        def change(tx: Tx) -> CohortDetail:
            cohorts.change(tx, caller.actor, cohort_id, edit, "PATCH /api/v1/cohorts/{cohort_id}")
            return cohorts.detail_now(tx, caller.actor, cohort_id)

        return await write_answer(need.database, change)


def _offer_people(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.post(
        "/cohorts/{cohort_id}/people", response_model=CohortDetail, responses=problem_responses(401, 403, 404, 422)
    )
    async def add_person(  # pyright: ignore[reportUnusedFunction]
        cohort_id: str, given: GivenPerson, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Take somebody whom the caller sees into a cohort; its training is theirs at once."""
        check_ids(cohort_id=cohort_id)
        route = "POST /api/v1/cohorts/{cohort_id}/people"

        def add(tx: Tx) -> CohortDetail:
            cohorts.add_person(tx, caller.actor, cohort_id, (given.user_id, given.part), route)
            return cohorts.detail_now(tx, caller.actor, cohort_id)

        return await write_answer(need.database, add)

    @router.delete(
        "/cohorts/{cohort_id}/people/{profile_id}",
        status_code=204,
        responses=problem_responses(401, 403, 404, 422),
    )
    async def remove_person(  # pyright: ignore[reportUnusedFunction]
        cohort_id: str,
        profile_id: str,
        caller: Annotated[SessionActor, Depends(caller_of)],
        part: Annotated[CohortPart | None, Query()] = None,
    ) -> None:
        """Take a part, or every part, from somebody. What they have begun stays theirs."""
        check_ids(cohort_id=cohort_id, profile_id=profile_id)
        route = "DELETE /api/v1/cohorts/{cohort_id}/people/{profile_id}"
        await need.database.write(
            lambda tx: cohorts.remove_person(tx, caller.actor, cohort_id, (profile_id, part), route)
        )
