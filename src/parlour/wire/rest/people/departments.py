"""Departments: which one sees, making and renaming them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from parlour.accounts.entities import SessionActor
from parlour.accounts.people import listing, managing
from parlour.accounts.people.listing import DepartmentShown
from parlour.kernel.dataclass import dataclass
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.bodies import Given
from parlour.wire.rest.ids import check_ids
from parlour.wire.rest.people.bodies import Name
from parlour.wire.rest.practice.attempts import AttemptsNeed


class GivenDepartment(Given):
    """What a department is called."""

    name: Name


@dataclass(frozen=True, kw_only=True, slots=True)
class Departments:
    """The departments that the caller sees, by name."""

    items: Sequence[DepartmentShown]
    may_create: bool


def departments_router(need: AttemptsNeed) -> APIRouter:
    """The routes of departments. One that is not one's own is not there."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    caller_of = need.authenticator.of_request

    @router.get("/departments", response_model=Departments, responses=problem_responses(401, 403))
    async def list_departments(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)],
    ) -> Response:
        """The caller's own departments; all for superadmins."""

        def read(tx: Tx) -> Departments:
            superadmin = caller.actor.role == "superadmin"
            return Departments(items=listing.departments(tx, caller.actor), may_create=superadmin)

        return await read_answer(need.database, read)

    @router.post(
        "/departments", status_code=201, response_model=DepartmentShown, responses=problem_responses(401, 403, 409, 422)
    )
    async def create_department(  # pyright: ignore[reportUnusedFunction]
        given: GivenDepartment, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Make a department; superadmins only."""

        def create(tx: Tx) -> DepartmentShown:
            made = managing.open_department(tx, caller.actor, given.name, "POST /api/v1/departments")
            return listing.shown_department(caller.actor, made)

        answer = await write_answer(need.database, create)
        answer.status_code = 201
        return answer

    @router.patch(
        "/departments/{department_id}",
        response_model=DepartmentShown,
        responses=problem_responses(401, 403, 404, 409, 422),
    )
    async def rename_department(  # pyright: ignore[reportUnusedFunction]
        department_id: str, given: GivenDepartment, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Rename a department; its admins and superadmins may."""
        check_ids(department_id=department_id)
        route = "PATCH /api/v1/departments/{department_id}"

        def rename(tx: Tx) -> DepartmentShown:
            made = managing.rename_department(tx, caller.actor, department_id, given.name, route)
            return listing.shown_department(caller.actor, made)

        return await write_answer(need.database, rename)

    return router
