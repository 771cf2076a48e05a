"""Accounts and their credentials as values (Glow 1.1, 2.2)."""

from typing import Literal

from parlour.kernel.actor import Actor, Role
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

SessionKind = Literal["session", "lab", "api_key", "ticket"]
CredentialKind = Literal["session", "lab", "api_key", "ticket", "jwt"]
CohortPart = Literal["learner", "instructor"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """One person. `account_id` is `profile_id` on the Glow wire; `user_id` is the name chosen.

    `requests_per_day` `None` means no daily limit (4.7). `created_at` in milliseconds.
    """

    account_id: AccountId
    user_id: str
    name: str
    email: str | None
    role: Role
    disabled: bool
    requests_per_day: int | None
    created_at: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NewAccount:
    """What a new account is made of. `password_hash` comes from `passwords.hash_password`.

    Without a password hash the account signs in with API keys or OIDC only. An `account_id`
    may be given by a bundle that names its people; otherwise one is made.
    """

    user_id: str
    name: str
    role: Role = "member"
    email: str | None = None
    password_hash: str | None = None
    requests_per_day: int | None = None
    account_id: AccountId | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What a sign-in is checked against; read before the password is verified."""

    account_id: AccountId
    password_hash: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionActor:
    """An authenticated caller and the credential it rests on.

    `digest` names the credential for `revoke_session` and `SessionRevoked`; `expires_at` is
    in milliseconds, `None` for one that does not end by itself. `renewable`: its end is due to be
    moved (`actions.renew_session`), because it was used.
    """

    actor: Actor
    digest: str
    kind: CredentialKind
    expires_at: int | None
    renewable: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Department:
    """A part of the organisation; admins and instructors see the work of theirs."""

    department_id: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Cohort:
    """A group of learners with its instructors, in one department or none."""

    cohort_id: str
    name: str
    department_id: str | None
