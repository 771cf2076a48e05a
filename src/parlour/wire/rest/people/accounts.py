"""People: whom staff see, making accounts and deciding about those of lower ranks."""

import asyncio
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from parlour.accounts.entities import SessionActor
from parlour.accounts.names import EMAIL_CHARS_MAX, USER_ID_CHARS_MAX
from parlour.accounts.passwords import PASSWORD_CHARS_MAX, hash_password
from parlour.accounts.people import listing, managing
from parlour.accounts.people.listing import AccountPage, AccountShown, account_to_read, may_give, shown_account
from parlour.accounts.people.managing import KEEP, REQUESTS_PER_DAY_MAX, AccountChange, NewPerson
from parlour.kernel.actor import Role
from parlour.kernel.refusals import forbidden
from parlour.storage.tx import Tx
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.rest.answering import read_answer, write_answer
from parlour.wire.rest.bodies import Given
from parlour.wire.rest.ids import check_each_id, check_ids
from parlour.wire.rest.people.bodies import Ids, Name
from parlour.wire.rest.practice.attempts import AttemptsNeed

SEARCH_CHARS_MAX = 200
HASHING_MAX = 1

UserId = Annotated[str, StringConstraints(min_length=1, max_length=USER_ID_CHARS_MAX), NoNul]
Email = Annotated[str, StringConstraints(max_length=EMAIL_CHARS_MAX), NoNul]
PerDay = Annotated[int, Field(ge=0, le=REQUESTS_PER_DAY_MAX)]


class AccountsQuery(BaseModel):
    """Which accounts are wanted: those in whose user id or name the text is."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    search: str = Field(default="", max_length=SEARCH_CHARS_MAX)
    cursor: str | None = Field(default=None, max_length=listing.CURSOR_CHARS_MAX)
    limit: int = Field(default=listing.LIMIT_DEFAULT, ge=1, le=listing.LIMIT_MAX)


class GivenAccount(Given):
    """An account to be made. Without a password it signs in through an identity provider or with a key only;
    without `department_ids` it is in those of who makes it."""

    user_id: UserId
    name: Name
    role: Role = "member"
    email: Email | None = None
    password: Annotated[str, StringConstraints(max_length=PASSWORD_CHARS_MAX)] | None = None
    requests_per_day: PerDay | None = None
    department_ids: Ids | None = None


class GivenChange(Given):
    """What is to change: a member that is absent stays; `requests_per_day` null lifts the limit."""

    role: Role | None = None
    requests_per_day: PerDay | None = None
    department_ids: Ids | None = None
    disabled: bool | None = None


def accounts_router(need: AttemptsNeed) -> APIRouter:
    """The routes of accounts. Whom one does not see is not there."""
    router = APIRouter(prefix="/api/v1", tags=["people"])
    _offer_reading(router, need)
    _offer_making(router, need)
    _offer_changing(router, need)
    return router


def _offer_reading(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.get("/accounts", response_model=AccountPage, responses=problem_responses(401, 403, 422))
    async def list_accounts(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(caller_of)], query: Annotated[AccountsQuery, Query()]
    ) -> Response:
        """The caller's people by user id: of the own departments and cohorts, for superadmins all, for learners
        themselves."""

        def read(tx: Tx) -> AccountPage:
            return listing.account_page(tx, caller.actor, query.search, query.cursor, query.limit)

        return await read_answer(need.database, read)


def _offer_making(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request
    hashing = asyncio.Semaphore(HASHING_MAX)

    @router.post(
        "/accounts", status_code=201, response_model=AccountShown, responses=problem_responses(401, 403, 404, 409, 422)
    )
    async def create_account(  # pyright: ignore[reportUnusedFunction]
        given: GivenAccount, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Make an account of a lower rank than the caller's; admins in their departments, superadmins anywhere."""
        check_each_id("department_ids", given.department_ids)
        if not may_give(caller.actor, given.role):
            raise forbidden()
        password = given.password
        hashed: str | None = None
        if password is not None:
            async with hashing:
                hashed = await asyncio.to_thread(hash_password, password)
        new = NewPerson(
            user_id=given.user_id,
            name=given.name,
            role=given.role,
            email=given.email or None,
            requests_per_day=given.requests_per_day,
            department_ids=None if given.department_ids is None else tuple(given.department_ids),
            password_hash=hashed,
        )

        def create(tx: Tx) -> AccountShown:
            made = managing.open_account(tx, caller.actor, new, "POST /api/v1/accounts")
            return shown_account(tx, caller.actor, made)

        answer = await write_answer(need.database, create)
        answer.status_code = 201
        return answer


def _offer_changing(router: APIRouter, need: AttemptsNeed) -> None:
    caller_of = need.authenticator.of_request

    @router.patch(
        "/accounts/{account_id}", response_model=AccountShown, responses=problem_responses(401, 403, 404, 422)
    )
    async def change_account(  # pyright: ignore[reportUnusedFunction]
        account_id: str, given: GivenChange, caller: Annotated[SessionActor, Depends(caller_of)]
    ) -> Response:
        """Change role, limit, departments of an account of a lower rank, or whether it may come in."""
        check_ids(account_id=account_id)
        check_each_id("department_ids", given.department_ids)
        wanted = AccountChange(
            role=given.role,
            requests_per_day=given.requests_per_day if given.has("requests_per_day") else KEEP,
            department_ids=None if given.department_ids is None else tuple(given.department_ids),
            disabled=given.disabled,
        )

        def change(tx: Tx) -> AccountShown:
            route = "PATCH /api/v1/accounts/{account_id}"
            account_to_read(tx, caller.actor, account_id)
            return shown_account(tx, caller.actor, managing.change_account(tx, caller.actor, account_id, wanted, route))

        return await write_answer(need.database, change)
