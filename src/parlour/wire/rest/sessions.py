"""Signing in and out: `POST /api/v1/sessions`, `DELETE /api/v1/sessions/current`."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from parlour.accounts import actions
from parlour.accounts.entities import Login, SessionActor
from parlour.accounts.passwords import PASSWORD_CHARS_MAX, PasswordWorkers
from parlour.kernel.actor import Role
from parlour.kernel.clock import rfc3339
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import Refusal, forbidden
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.http.credentials import Authenticator
from parlour.wire.http.problems import problem_responses
from parlour.wire.http.texts import NoNul
from parlour.wire.http.throttle import LoginThrottle

SESSION_SECONDS = 30 * 86_400


class SignIn(BaseModel):
    """The body of a sign-in."""

    model_config = ConfigDict(strict=True)

    user_id: Annotated[str, NoNul] = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=PASSWORD_CHARS_MAX)


class SignedIn(BaseModel):
    """A new session. `token` is shown this once; `expires_at` is RFC 3339 in UTC."""

    token: str
    profile_id: str
    role: Role
    name: str
    expires_at: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionsNeed:
    """What the routes are built from."""

    database: Database
    authenticator: Authenticator
    passwords: PasswordWorkers
    throttle: LoginThrottle
    session_seconds: int = SESSION_SECONDS


def sessions_router(need: SessionsNeed) -> APIRouter:
    """The routes for signing in and out."""
    router = APIRouter(prefix="/api/v1/sessions", tags=["sessions"])

    @router.post("", responses=problem_responses(401, 403, 413, 415, 422, 429))
    async def sign_in(given: SignIn, request: Request) -> SignedIn:  # pyright: ignore[reportUnusedFunction]
        """Sign in by name and password. An unknown name and a wrong password answer alike."""
        address = request.client.host if request.client else ""
        need.throttle.begin(address, given.user_id)
        login = await need.database.read(lambda tx: actions.login_of(tx, given.user_id))
        stored = login.password_hash if login else None
        if not await need.passwords.verify(stored, given.password) or login is None or stored is None:
            raise Refusal("unauthenticated", "The name or the password is wrong.")
        need.throttle.succeeded(address, given.user_id)
        stronger = await need.passwords.stronger(stored, given.password)
        return await need.database.write(lambda tx: _open(tx, login, stronger, need.session_seconds))

    @router.delete("/current", status_code=204, responses=problem_responses(401, 403))
    async def sign_out(  # pyright: ignore[reportUnusedFunction]
        caller: Annotated[SessionActor, Depends(need.authenticator.of_request)],
    ) -> None:
        """End the presented session and every connection that rests on it. API keys and tokens
        of an identity provider are not ended here."""
        if caller.kind not in ("session", "lab"):
            raise forbidden()
        await need.database.write(lambda tx: actions.revoke_session(tx, caller.digest))

    return router


def _open(tx: Tx, login: Login, stronger: str | None, session_seconds: int) -> SignedIn:
    account = actions.check_login(tx, login)
    if stronger is not None:
        actions.renew_hash(tx, login, stronger)
    token = actions.issue_session(tx, account.account_id, "session", "password", session_seconds)
    return SignedIn(
        token=token,
        profile_id=account.account_id,
        role=account.role,
        name=account.name,
        expires_at=rfc3339(tx.now_ms + session_seconds * 1000),
    )
