"""From a verified OIDC token to an account (Glow 2.2). `jwt.py` verifies."""

import hashlib
from typing import Protocol

from parlour.accounts import actions, store
from parlour.accounts.entities import NewAccount, SessionActor
from parlour.accounts.names import NAME_CHARS_MAX, is_user_id
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import is_id
from parlour.storage.tx import Tx


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """What a verified token says about its bearer. `expires_at` in milliseconds."""

    subject: str
    profile_id: str | None
    email: str | None
    name: str | None
    digest: str
    expires_at: int


class Verifier(Protocol):
    """Tells who a token is for."""

    async def verify(self, token: str) -> Identity:
        """`Refusal`: `unauthenticated`, or `unavailable` without keys."""
        ...


def actor_of_identity(tx: Tx, identity: Identity) -> SessionActor | None:
    """The account the token names: by `profile_id`, otherwise by verified email; `None` if there
    is none. `account_disabled` if it is disabled. A `profile_id` that names nobody is not
    replaced by the email."""
    if identity.profile_id is not None:
        account = store.account_by_id(tx, identity.profile_id) if is_id(identity.profile_id) else None
    else:
        account = store.account_by_email(tx, identity.email) if identity.email else None
    if account is None:
        return None
    if account.disabled:
        raise actions.account_disabled()
    actor = store.actor_of(tx, account)
    return SessionActor(actor=actor, digest=identity.digest, kind="jwt", expires_at=identity.expires_at)


def create_for_identity(tx: Tx, identity: Identity) -> SessionActor:
    """Make a member account for a token of an unknown person (`oidc.auto_create`).

    Needs a verified email, by which the account is found again. `unauthenticated` without.
    """
    known = actor_of_identity(tx, identity)
    if known is not None:
        return known
    if identity.email is None or identity.profile_id is not None:
        raise actions.invalid_token()
    user_id = identity.email
    if not is_user_id(user_id) or store.account_by_user_id(tx, user_id) is not None:
        user_id = "oidc-" + hashlib.sha256(identity.subject.encode()).hexdigest()[:32]
    name = "".join(c for c in identity.name or "" if c.isprintable()).strip()[:NAME_CHARS_MAX]
    account = actions.create_account(tx, NewAccount(user_id=user_id, name=name or user_id, email=identity.email))
    actor = store.actor_of(tx, account)
    return SessionActor(actor=actor, digest=identity.digest, kind="jwt", expires_at=identity.expires_at)
