"""Who asks on a lab route, and in whose place (lab protocol 1.2 and 1.3).

Identity comes from the presented credential alone: the bearer header first, the cookie otherwise. One that does
not hold is refused and never replaced by another. The path says in whose place the caller acts: its own, or
another account's if the caller is an admin, who is then recorded.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from fastapi import Path, Request
from starlette.requests import HTTPConnection

from parlour.accounts import actions as accounts
from parlour.accounts.entities import Account, SessionActor
from parlour.accounts.names import fold, is_user_id
from parlour.audit import actions as audit
from parlour.audit.entities import Entry
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.database import Database
from parlour.storage.requests import KEEP_MS
from parlour.storage.tx import Tx
from parlour.wire.http.credentials import Authenticator, bare_token, token_of_headers
from parlour.wire.lab.brakes import RequestBrake
from parlour.wire.lab.cookies import SAFE_METHODS, Origins, cookie_of
from parlour.wire.lab.trust import check_local

T = TypeVar("T")

DELAY_SECONDS_MAX = 1.0
ACCOUNT_STATE = "lab_account_id"


@dataclass(frozen=True, kw_only=True, slots=True)
class LabCaller:
    """An authenticated caller in the place of an account.

    `account_id` and `user_id`: in whose place, with whose rights. `author_id`: who it is. `operator`: the
    author is an admin. `session_digest`: the credential, `None` only for a `trusted` caller, who has none.
    `keep_answers_ms`: how long answers to requests with an `Idempotency-Key` are kept.
    """

    account_id: AccountId
    user_id: str
    author_id: AccountId
    operator: bool
    session_digest: str | None
    trusted: bool = False
    session: SessionActor | None = None
    keep_answers_ms: int = KEEP_MS


@dataclass(frozen=True, kw_only=True, slots=True)
class CallersNeed:
    """What callers are recognised with. `trusting`: the setting `trust_path_user_id`."""

    database: Database
    authenticator: Authenticator
    origins: Origins
    brake: RequestBrake
    trusting: bool = False
    keep_answers_ms: int = KEEP_MS


class Callers:
    """Recognises callers. `owner` and `reader` are dependencies of routes below `/users/{id}`."""

    def __init__(self, need: CallersNeed) -> None:
        self._need = need

    async def owner(self, request: Request, id: Annotated[str, Path()]) -> LabCaller:
        """Who acts in the place of the account in the path, at most so many times a second.

        `Refusal`: `unauthenticated`, `origin_refused`, `not_found` (the same for unknown and for foreign
        accounts), `too_many_requests`.
        """
        return await self._recorded(request, await self._caller(request, id, self._need.brake.count))

    async def sender(self, request: Request, id: Annotated[str, Path()]) -> LabCaller:
        """The same for messages: a trusted caller is let through, to be counted by `count` where a refusal can be
        left in its mailbox (2.4)."""
        lenient = self._need.trusting and not _presents(request)
        count = _let_pass if lenient else self._need.brake.count
        return await self._recorded(request, await self._caller(request, id, count))

    def count(self, caller: LabCaller) -> None:
        """Count a request. `too_many_requests`."""
        self._need.brake.count(caller.author_id)

    async def reader(
        self, request: Request, id: str, look: Callable[[Tx, AccountId], T | None]
    ) -> tuple[LabCaller, T | None]:
        """The same without the brake, and what `look` reads of a caller's own account in the same snapshot: for
        `GET /response`, which calls `slow_down` instead. Nothing is read for who acts in another's place."""
        if not _has_header(request):
            return await self._recorded(request, await self._caller(request, id, _let_pass)), None

        def look_at_own(tx: Tx, session: SessionActor) -> T | None:
            return look(tx, session.actor.account_id) if _is_own(session, id) else None

        session, seen = await self._of_token(token_of_headers(request.headers), look_at_own)
        return await self._recorded(request, await self._placed(request, id, session)), seen

    async def slow_down(self, caller: LabCaller) -> bool:
        """Delay a caller who asks too often by up to 1 s; true if it was so (answer with a placeholder)."""
        wait = self._need.brake.wait(caller.author_id)
        if wait > 0:
            await asyncio.sleep(min(wait, DELAY_SECONDS_MAX))
        return wait > 0

    async def session(self, request: Request) -> SessionActor:
        """The caller by its credential alone, for routes without an account in the path."""
        return await self._authenticated(request)

    async def handshake(self, connection: HTTPConnection, token: str | None) -> SessionActor:
        """The caller of a socket: the token of its `auth`, else the header, else the cookie. `Origin` is checked."""
        if token is None:
            return await self._authenticated(connection, cookie_is_safe=False)
        self._need.origins.check(connection)
        return (await self._of_token(bare_token(token), _look_at_nothing))[0]

    async def holds(self, caller: LabCaller) -> bool:
        """Whether the caller may still act so: for open streams and long-polls, when `account:<author id>`
        (`events.cursors.account_room`) tells of a change."""
        if caller.session is not None:
            now = await self._need.authenticator.of_connection(caller.session)
            return now is not None and (caller.author_id == caller.account_id or now.actor.is_operator)
        return await self._need.database.read(lambda tx: self._trusted_account(tx, caller.user_id)) is not None

    async def _caller(self, request: Request, user_id: str, count: Callable[[str], None]) -> LabCaller:
        if self._need.trusting and not _presents(request):
            caller = await self._trusted(request, user_id)
            count(caller.author_id)
            return _with_state(request, caller)
        session = await self._authenticated(request)
        count(session.actor.account_id)
        return await self._placed(request, user_id, session)

    async def _placed(self, request: Request, user_id: str, session: SessionActor) -> LabCaller:
        """An authenticated caller in the place of the account in the path."""
        actor = session.actor
        account_id, name = actor.account_id, actor.user_id
        if not _is_own(session, user_id):
            found = await self._other(session, user_id, writes=request.method not in SAFE_METHODS)
            account_id, name = found.account_id, found.user_id
        caller = LabCaller(
            account_id=account_id,
            user_id=name,
            author_id=actor.account_id,
            operator=actor.is_operator,
            session_digest=session.digest,
            session=session,
            keep_answers_ms=self._need.keep_answers_ms,
        )
        return _with_state(request, caller)

    async def _other(self, session: SessionActor, user_id: str, *, writes: bool) -> Account:
        """Another's account, for an admin; of one that is deactivated only what is there may be read."""
        if not session.actor.is_operator or not is_user_id(user_id):
            raise not_found("Account")
        found = await self._need.database.read(lambda tx: accounts.account_by_user_id(tx, user_id))
        if found is None or (found.disabled and writes):
            raise not_found("Account")
        return found

    async def _trusted(self, request: Request, user_id: str) -> LabCaller:
        check_local(request, self._need.origins)
        found = await self._need.database.read(lambda tx: self._trusted_account(tx, user_id))
        if found is None:
            raise not_found("Account")
        return LabCaller(
            account_id=found.account_id,
            user_id=found.user_id,
            author_id=found.account_id,
            operator=False,
            session_digest=None,
            trusted=True,
            keep_answers_ms=self._need.keep_answers_ms,
        )

    def _trusted_account(self, tx: Tx, user_id: str) -> Account | None:
        """The active account of that name, unless an admin's: nobody becomes an admin by writing a path."""
        found = accounts.account_by_user_id(tx, user_id) if is_user_id(user_id) else None
        actor = accounts.actor_by_id(tx, found.account_id) if found is not None else None
        if actor is None or actor.is_operator or not self._need.authenticator.may_come(actor):
            return None
        return found

    async def _authenticated(self, request: HTTPConnection, *, cookie_is_safe: bool | None = None) -> SessionActor:
        if _has_header(request):
            return (await self._of_token(token_of_headers(request.headers), _look_at_nothing))[0]
        cookie = cookie_of(request.cookies)
        if cookie is None:
            raise accounts.invalid_token()
        session, _ = await self._of_token(bare_token(cookie), _look_at_nothing)
        safe = request.scope.get("method") in SAFE_METHODS if cookie_is_safe is None else cookie_is_safe
        if not safe:
            self._need.origins.check(request)
        return session

    async def _of_token(self, token: str, look: Callable[[Tx, SessionActor], T]) -> tuple[SessionActor, T]:
        try:
            return await self._need.authenticator.of_token_with(token, look)
        except Refusal as refusal:
            if refusal.code == "account_disabled":  # the same as a credential that was withdrawn
                raise accounts.invalid_token() from None
            raise

    async def _recorded(self, request: Request, caller: LabCaller) -> LabCaller:
        if caller.author_id != caller.account_id:
            entry = acting_for(caller, f"{request.method} {_template(request)}", request.path_params)
            await self._need.database.write(lambda tx: audit.record(tx, entry))
        return caller


def acting_for(caller: LabCaller, route: str, named: Mapping[str, Any]) -> Entry:
    """The row of the audit for a request of an admin in another's place. `named`: the ids in its path."""
    ids = {name: str(value) for name, value in named.items() if name.endswith("_id")}
    return Entry(
        actor=caller.author_id,
        acted_for=caller.account_id,
        action="acted_for",
        subject=caller.account_id,
        route=route,
        detail=ids,
    )


def address_of(request: HTTPConnection) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else ""


def _let_pass(account_id: str) -> None:
    """Counts nothing."""


def _look_at_nothing(_tx: Tx, _session: SessionActor) -> None:
    """Reads nothing."""


def _is_own(session: SessionActor, user_id: str) -> bool:
    """Whether a name in a path is the caller's own."""
    return is_user_id(user_id) and fold(user_id) == fold(session.actor.user_id)


def _presents(request: HTTPConnection) -> bool:
    return _has_header(request) or cookie_of(request.cookies) is not None


def _has_header(request: HTTPConnection) -> bool:
    return "authorization" in request.headers or "x-api-key" in request.headers


def _with_state(request: Request, caller: LabCaller) -> LabCaller:
    """Leave in the request's state whose language a problem is in."""
    setattr(request.state, ACCOUNT_STATE, caller.account_id)
    return caller


def _template(request: Request) -> str:
    return str(getattr(request.scope.get("route"), "path", request.url.path))
