"""Signing in and out of the laboratory (lab protocol 1.4 to 1.7): `POST /accounts/...`.

Clients in the field look at `user_id` only, so that `log-up` and `log-in` answer every failure with 200 and null,
the same for an unknown name, a wrong password and a deactivated account.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import AfterValidator, BaseModel, ConfigDict

from parlour.accounts import actions
from parlour.accounts.entities import Account, Login, NewAccount, SessionActor
from parlour.accounts.names import checked_user_id, is_user_id
from parlour.accounts.passwords import PASSWORD_CHARS_MIN, PasswordWorkers, check_password
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.throttle import LoginThrottle
from parlour.wire.lab.brakes import RegistrationBrake, too_many_attempts
from parlour.wire.lab.callers import Callers, address_of
from parlour.wire.lab.cookies import Origins, clear_cookie, set_cookie

SESSION_SECONDS = 30 * 86_400
_LOOKED_AT_CHARS = 2_000


class Credentials(BaseModel):
    """The body of all three ways in. What else it has is ignored. Of what is far too long only the beginning is
    looked at: it is no name and no password, however it is normalised, and counts as any other that is none."""

    model_config = ConfigDict(strict=True)

    user_id: Annotated[str, AfterValidator(lambda given: given[:_LOOKED_AT_CHARS])]
    password: Annotated[str, AfterValidator(lambda given: given[:_LOOKED_AT_CHARS])]


class SignedIn(BaseModel):
    """A session was opened. `user_id` is in the form in which it was registered."""

    user_id: str
    token: str
    created: bool


class NotSignedIn(BaseModel):
    """Nobody was signed in."""

    user_id: None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class LabAccountsNeed:
    """What the routes are built from. `password_chars_min` is 1 only where nobody else reaches the server."""

    database: Database
    authenticator: Authenticator
    callers: Callers
    origins: Origins
    passwords: PasswordWorkers
    throttle: LoginThrottle
    registrations: RegistrationBrake
    sign_up_open: bool = True
    password_chars_min: int = PASSWORD_CHARS_MIN
    session_seconds: int = SESSION_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class _Opened:
    account: Account
    token: str
    created: bool


def lab_accounts_router(need: LabAccountsNeed) -> APIRouter:
    """The routes below `/accounts`."""
    router = APIRouter(prefix="/accounts", tags=["lab accounts"])
    doors = _Doors(need)
    refusals = problem_responses(400, 413, 415, 422, 429)

    @router.post("/log-up", responses=refusals)
    async def log_up(  # pyright: ignore[reportUnusedFunction]
        given: Credentials, request: Request, response: Response
    ) -> SignedIn | NotSignedIn:
        """Sign in, or register if the name is new. `{"user_id": null}` if neither can be."""
        return doors.told(await doors.log_up(request, given), request, response)

    @router.post("/log-in", responses=refusals)
    async def log_in(  # pyright: ignore[reportUnusedFunction]
        given: Credentials, request: Request, response: Response
    ) -> SignedIn | NotSignedIn:
        """Sign in. `{"user_id": null}` if it fails, for whatever reason."""
        return doors.told(await doors.log_in(request, given), request, response)

    @router.post("/sign-up", responses=problem_responses(400, 403, 409, 413, 415, 422, 429))
    async def sign_up(  # pyright: ignore[reportUnusedFunction]
        given: Credentials, request: Request, response: Response
    ) -> SignedIn:
        """Register. An account that there is stays as it is, also if its password was given."""
        return doors.welcomed(await doors.sign_up(request, given), request, response)

    @router.post("/log-out", responses=problem_responses(401, 403))
    async def log_out(  # pyright: ignore[reportUnusedFunction]
        request: Request, response: Response, caller: Annotated[SessionActor, Depends(need.callers.session)]
    ) -> None:
        """End the presented session with everything that rests on it, and clear the cookie."""
        if caller.kind not in ("lab", "session"):
            raise actions.invalid_token()
        await need.database.write(lambda tx: actions.revoke_session(tx, caller.digest))
        clear_cookie(response, secure=need.origins.secure(request))

    return router


class _Doors:
    """The ways in."""

    def __init__(self, need: LabAccountsNeed) -> None:
        self._need = need

    async def log_up(self, request: Request, given: Credentials) -> _Opened | None:
        if await self._login_of(given) is not None or not self._may_register(given):
            return await self.log_in(request, given)
        self._need.registrations.count(address_of(request))
        try:
            return await self._register(request, given)
        except Refusal as refusal:
            if refusal.code != "account_taken":
                raise
        return await self.log_in(request, given)  # somebody else was quicker: it is a sign-in now

    async def log_in(self, request: Request, given: Credentials) -> _Opened | None:
        need, address = self._need, address_of(request)
        try:
            need.throttle.begin(address, given.user_id)
        except Refusal as refusal:
            raise too_many_attempts(refusal.retry_after_seconds or 1) from None
        login = await self._login_of(given)
        stored = login.password_hash if login else None
        if not await need.passwords.verify(stored, given.password) or login is None or stored is None:
            return None
        stronger = await need.passwords.stronger(stored, given.password)
        opened = await need.database.write(lambda tx: self._open(tx, login, stronger, _agent(request)))
        if opened is not None:
            need.throttle.succeeded(address, given.user_id)
        return opened

    async def sign_up(self, request: Request, given: Credentials) -> _Opened:
        need = self._need
        need.registrations.count(address_of(request))
        if not need.sign_up_open:
            raise Refusal("sign_up_closed", "An operator of this server makes the accounts.")
        checked_user_id(given.user_id)
        check_password(given.password, need.password_chars_min)
        if await self._login_of(given) is not None:
            raise Refusal("account_taken", "This name is taken.")
        return await self._register(request, given)

    def told(self, opened: _Opened | None, request: Request, response: Response) -> SignedIn | NotSignedIn:
        return NotSignedIn() if opened is None else self.welcomed(opened, request, response)

    def welcomed(self, opened: _Opened, request: Request, response: Response) -> SignedIn:
        """The session in all three ways: header, cookie and body."""
        response.headers["authorization"] = f"Bearer {opened.token}"
        set_cookie(response, opened.token, secure=self._need.origins.secure(request))
        return SignedIn(user_id=opened.account.user_id, token=opened.token, created=opened.created)

    async def _login_of(self, given: Credentials) -> Login | None:
        if not is_user_id(given.user_id):
            return None
        return await self._need.database.read(lambda tx: actions.login_of(tx, given.user_id))

    def _may_register(self, given: Credentials) -> bool:
        try:
            check_password(given.password, self._need.password_chars_min)
        except Refusal:
            return False
        return self._need.sign_up_open and is_user_id(given.user_id)

    async def _register(self, request: Request, given: Credentials) -> _Opened:
        """`account_taken` if there is one by now; nothing of it is changed."""
        need = self._need
        hashed = await need.passwords.hash(given.password, need.password_chars_min)

        def make(tx: Tx) -> _Opened:
            user_id = checked_user_id(given.user_id)
            account = actions.create_account(tx, NewAccount(user_id=user_id, name=user_id, password_hash=hashed))
            token = actions.issue_session(tx, account.account_id, "lab", _agent(request), need.session_seconds)
            return _Opened(account=account, token=token, created=True)

        return await need.database.write(make)

    def _open(self, tx: Tx, login: Login, stronger: str | None, agent: str) -> _Opened | None:
        """A session after the password was verified; `None` if the account may not come (any more)."""
        actor = actions.actor_by_id(tx, login.account_id)
        if actor is None or not self._need.authenticator.may_come(actor):
            return None
        try:
            account = actions.check_login(tx, login)
        except Refusal:  # the password was changed meanwhile
            return None
        if stronger is not None:
            actions.renew_hash(tx, login, stronger)
        token = actions.issue_session(tx, account.account_id, "lab", agent, self._need.session_seconds)
        return _Opened(account=account, token=token, created=False)


def _agent(request: Request) -> str:
    """The label of the session: which program signed in."""
    return "".join(sign for sign in request.headers.get("user-agent", "") if sign.isprintable())
