"""Who is asking: from a token to an actor, the same for HTTP and for the socket handshake.

A token is a session token, an API key, or a JWT if an OIDC issuer is configured (Glow 2.2).
Cookies never authenticate. A wrong credential never falls back to another one.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from starlette.requests import HTTPConnection

from parlour.accounts import actions, oidc
from parlour.accounts.entities import SessionActor
from parlour.accounts.tokens import PREFIXES, TOKEN_CHARS_MAX, looks_like_jwt
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.storage.database import Database
from parlour.storage.tx import Tx

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class HandshakeAuth:
    """The credentials of a socket handshake: two members of `auth`, and the HTTP header."""

    token: str | None = None
    api_key: str | None = None
    authorization: str | None = None


def bare_token(text: str) -> str:
    """`<t>` of `Bearer <t>` or `<t>`; the prefix in any case. Refuses what no token can be."""
    text = text.strip()
    scheme, space, rest = text.partition(" ")
    token = rest.strip() if space and scheme.lower() == "bearer" else text
    if not token or len(token) > TOKEN_CHARS_MAX or not token.isascii() or " " in token:
        raise actions.invalid_token()
    return token


def token_of_headers(headers: Mapping[str, str]) -> str:
    """The credential of an HTTP request: `Authorization: Bearer`, otherwise `X-Api-Key` (3.1).

    `unauthenticated` if there is none.
    """
    authorization = headers.get("authorization")
    if authorization is not None:
        if not authorization.lower().startswith("bearer "):
            raise actions.invalid_token()
        return bare_token(authorization)
    key = headers.get("x-api-key")
    if key is None or not key.startswith(PREFIXES["api_key"]):
        raise actions.invalid_token()
    return bare_token(key)


class Authenticator:
    """Turns credentials into actors. `jwt` is there if `oidc.issuer` is configured.

    Accounts with the role `guest` may come only with `guests`; otherwise they are as if disabled.
    """

    def __init__(
        self,
        database: Database,
        jwt: oidc.Verifier | None = None,
        *,
        auto_create: bool = False,
        guests: bool = False,
    ) -> None:
        self._database = database
        self._guests = guests
        self._jwt = jwt
        self._auto_create = auto_create

    async def of_token(self, token: str) -> SessionActor:
        """The caller with this token. `Refusal`: `unauthenticated`, `account_disabled`, `unavailable`.

        A ticket is refused: it opens its own event stream and nothing else (3.3).
        """
        found, _ = await self.of_token_with(token, lambda _tx, _found: None)
        return found

    async def of_token_with(self, token: str, then: Callable[[Tx, SessionActor], T]) -> tuple[SessionActor, T]:
        """The same, and what `then` reads for this caller: in one snapshot, for what is asked all the time."""
        if looks_like_jwt(token):
            found = self._admitted(await self._of_jwt(token))
            return found, await self._database.read(lambda tx: then(tx, found))

        def look(tx: Tx) -> tuple[SessionActor, T]:
            holder = self._admitted(actions.actor_by_token(tx, token))
            return holder, then(tx, holder)

        found, seen = await self._database.read(look)
        if found.renewable:
            await self._database.write(lambda tx: actions.renew_session(tx, found.digest))
        return found, seen

    async def of_request(self, request: HTTPConnection) -> SessionActor:
        """The caller of an HTTP request; usable as `Depends(authenticator.of_request)`."""
        return await self.of_token(token_of_headers(request.headers))

    async def of_handshake(self, auth: HandshakeAuth) -> SessionActor:
        """The caller of a socket handshake: `token`, else the header, else a valid API key (D2)."""
        text = auth.token if auth.token is not None else auth.authorization
        if text is not None:
            return await self.of_token(bare_token(text))
        if auth.api_key is None or not auth.api_key.startswith(PREFIXES["api_key"]):
            raise actions.invalid_token()
        return await self.of_token(bare_token(auth.api_key))

    async def of_connection(self, held: SessionActor) -> SessionActor | None:
        """The same caller as of now, or `None` if the credential no longer holds (2.3)."""
        return await self._database.read(lambda tx: self.still(tx, held))

    def still(self, tx: Tx, held: SessionActor) -> SessionActor | None:
        """The same in a transaction."""
        if held.kind != "jwt":
            found = actions.actor_by_token_digest(tx, held.digest)
            return found if found and self.may_come(found.actor) else None
        actor = actions.actor_by_id(tx, held.actor.account_id)
        if actor is None or not self.may_come(actor):
            return None
        return SessionActor(actor=actor, digest=held.digest, kind="jwt", expires_at=held.expires_at)

    def may_come(self, actor: Actor) -> bool:
        """Whether accounts of this role are let in here at all."""
        return self._guests or actor.role != "guest"

    def _admitted(self, found: SessionActor) -> SessionActor:
        if found.kind == "ticket":
            raise actions.invalid_token()
        if not self.may_come(found.actor):
            raise actions.account_disabled()
        return found

    async def _of_jwt(self, token: str) -> SessionActor:
        if self._jwt is None:
            raise actions.invalid_token()
        identity = await self._jwt.verify(token)
        found = await self._database.read(lambda tx: oidc.actor_of_identity(tx, identity))
        if found is not None:
            return found
        if not self._auto_create:
            raise actions.invalid_token()
        return await self._database.write(lambda tx: oidc.create_for_identity(tx, identity))
