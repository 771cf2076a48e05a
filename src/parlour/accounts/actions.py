"""Verbs on accounts. Each runs in an open transaction and never commits (Glow 1.1, 2.2, 4.7).

Passwords are hashed and verified before the transaction (`passwords.py`); here only hashes pass.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from parlour.accounts import store
from parlour.accounts.entities import (
    Account,
    Cohort,
    CohortPart,
    Department,
    Login,
    NewAccount,
    SessionActor,
    SessionKind,
)
from parlour.accounts.facts import AccountDisabled, RightsChanged, SessionRevoked
from parlour.accounts.names import check_email, check_name, checked_user_id
from parlour.accounts.tokens import TOKEN_CHARS_MAX, new_token
from parlour.events.cursors import account_room
from parlour.kernel.actor import Actor, Role
from parlour.kernel.ids import AccountId, digest_of
from parlour.kernel.refusals import Refusal, not_found
from parlour.storage.tx import Tx

LABEL_CHARS_MAX = 100
_DEAD_SESSION_MS = 30 * 86_400_000
_RENEW_AFTER_MS = 3_600_000


def create_account(tx: Tx, new: NewAccount) -> Account:
    """A new account. `Refusal`: `id_invalid`, `name_invalid`, `email_invalid`, `account_taken`."""
    user_id = checked_user_id(new.user_id)
    check_name(new.name)
    if new.email is not None:
        check_email(new.email)
    email = new.email.lower() if new.email else None
    account = Account(
        account_id=new.account_id or AccountId(tx.new_id()),
        user_id=user_id,
        name=new.name,
        email=email,
        role=new.role,
        disabled=False,
        requests_per_day=new.requests_per_day,
        created_at=tx.now_ms,
    )
    taken = store.account_by_user_id(tx, user_id) is not None
    if taken or not store.insert_account(tx, account, new.password_hash):
        raise Refusal("account_taken", "This name or email is taken.")
    return account


def account_by_id(tx: Tx, account_id: str) -> Account | None:
    """The account, also when it is disabled."""
    return store.account_by_id(tx, account_id)


def account_by_user_id(tx: Tx, user_id: str) -> Account | None:
    """The account of that name, whatever its case and width (`names.fold`)."""
    return store.account_by_user_id(tx, user_id)


def account_by_email(tx: Tx, email: str) -> Account | None:
    """The account with that address, whatever its case."""
    return store.account_by_email(tx, email.lower())


def list_accounts(tx: Tx, *, after: str = "", limit: int = 100) -> list[Account]:
    """A page of accounts by name, those after the name `after`; at most 500."""
    return store.accounts_after(tx, after, min(limit, 500))


def account_ids_by_user_ids(tx: Tx, user_ids: Iterable[str]) -> dict[str, AccountId]:
    """The ids of those accounts that exist, by the name as it was asked for."""
    found = ((user_id, store.account_by_user_id(tx, user_id)) for user_id in user_ids)
    return {user_id: account.account_id for user_id, account in found if account is not None}


def set_password(tx: Tx, account_id: str, password_hash: str) -> None:
    """Change the password; every session (not API keys) of the account ends."""
    _account(tx, account_id)
    store.update_password(tx, account_id, password_hash)
    for digest in store.revoke_all(tx, account_id, kinds=("session", "lab", "ticket")):
        tx.announce([account_room(account_id)], SessionRevoked(account_id=account_id, digest=digest))


def set_role(tx: Tx, account_id: str, role: Role) -> None:
    """Change the role; open connections check their rooms again."""
    if _account(tx, account_id).role != role:
        store.update_role(tx, account_id, role)
        _announce_rights(tx, [account_id])


def set_requests_per_day(tx: Tx, account_id: str, requests_per_day: int | None) -> None:
    """Set or lift (`None`) the daily limit."""
    _account(tx, account_id)
    store.update_requests_per_day(tx, account_id, requests_per_day)


def deactivate(tx: Tx, account_id: str) -> None:
    """Disable the account and end all its sessions and API keys. Repeating it changes nothing."""
    _account(tx, account_id)
    if store.disable(tx, account_id):
        store.revoke_all(tx, account_id, kinds=("session", "lab", "ticket", "api_key"))
        tx.announce([account_room(account_id)], AccountDisabled(account_id=account_id))


def login_of(tx: Tx, user_id: str) -> Login | None:
    """What to verify a sign-in against; `None` for an unknown name (verify `None` all the same)."""
    account = store.account_by_user_id(tx, user_id)
    if account is None:
        return None
    return Login(account_id=account.account_id, password_hash=store.password_hash(tx, account.account_id))


def renew_hash(tx: Tx, login: Login, password_hash: str) -> None:
    """Keep a stronger hash of the same password; sessions go on. Check the login first."""
    store.update_password(tx, login.account_id, password_hash)


def check_login(tx: Tx, login: Login) -> Account:
    """The account of a verified sign-in. `account_disabled`; `unauthenticated` if the password
    was changed while the old one was being verified."""
    account = store.account_by_id(tx, login.account_id)
    if account is None or store.password_hash(tx, login.account_id) != login.password_hash:
        raise invalid_token()
    if account.disabled:
        raise account_disabled()
    return account


def issue_session(tx: Tx, account_id: str, kind: SessionKind, label: str, lifetime_seconds: int | None) -> str:
    """A new token of this kind. Only its digest is stored: this is the only time it is seen.

    `lifetime_seconds` `None` for an API key that does not expire; that of a `lab` session counts
    from its last use. Sessions of the account that ended more than 30 days ago are forgotten.
    """
    if _account(tx, account_id).disabled:
        raise account_disabled()
    store.forget_sessions(tx, account_id, tx.now_ms - _DEAD_SESSION_MS)
    token = new_token(kind)
    expires_at = None if lifetime_seconds is None else tx.now_ms + lifetime_seconds * 1000
    session = store.NewSession(
        digest=digest_of(token),
        account_id=account_id,
        kind=kind,
        label=label[:LABEL_CHARS_MAX],
        expires_at=expires_at,
        idle_seconds=lifetime_seconds if kind == "lab" else None,
    )
    store.insert_session(tx, session)
    return token


def revoke_session(tx: Tx, digest: str) -> bool:
    """End one session; its connections close (2.3). `False` if it was not live."""
    account_id = store.revoke(tx, digest)
    if account_id is None:
        return False
    tx.announce([account_room(account_id)], SessionRevoked(account_id=account_id, digest=digest))
    return True


def renew_session(tx: Tx, digest: str) -> None:
    """Count the life of a `lab` session from now. Others stay as they are."""
    store.renew(tx, digest)


def actor_by_token(tx: Tx, token: str) -> SessionActor:
    """Who presents this Parlour token, or the refusal of Glow 2.2 and 4.4.

    `unauthenticated` (`The token is not valid.`, `The token has expired.`), `account_disabled`.
    """
    if not 0 < len(token) <= TOKEN_CHARS_MAX:
        raise invalid_token()
    digest = digest_of(token)
    session = store.session(tx, digest)
    account = None if session is None else store.account_by_id(tx, session.account_id)
    if session is None or account is None:
        raise invalid_token()
    if account.disabled:
        raise account_disabled()
    if session.revoked_at is not None:
        raise invalid_token()
    if session.expires_at is not None and session.expires_at <= tx.now_ms:
        raise expired_token()
    idle, ends = session.idle_seconds, session.expires_at
    renewable = idle is not None and ends is not None and ends - tx.now_ms < idle * 1000 - _RENEW_AFTER_MS
    actor = store.actor_of(tx, account)
    return SessionActor(actor=actor, digest=digest, kind=session.kind, expires_at=ends, renewable=renewable)


def actor_by_token_digest(tx: Tx, digest: str) -> SessionActor | None:
    """The caller whose credential has this digest, if it still holds: for open connections."""
    session = store.session(tx, digest)
    if session is None or session.revoked_at is not None:
        return None
    if session.expires_at is not None and session.expires_at <= tx.now_ms:
        return None
    actor = actor_by_id(tx, session.account_id)
    if actor is None:
        return None
    return SessionActor(actor=actor, digest=digest, kind=session.kind, expires_at=session.expires_at)


def actor_by_id(tx: Tx, account_id: str) -> Actor | None:
    """The account as an actor with its rights of this moment; `None` if unknown or disabled."""
    account = store.account_by_id(tx, account_id)
    return None if account is None or account.disabled else store.actor_of(tx, account)


def create_department(tx: Tx, name: str, *, department_id: str | None = None) -> Department:
    """A department, or the one of that id renamed. `Refusal`: `name_taken`."""
    department = Department(department_id=department_id or tx.new_id(), name=name)
    if any(one.name == name and one.department_id != department.department_id for one in store.departments(tx)):
        raise Refusal("name_taken", "There is a department of this name.")
    store.upsert_department(tx, department)
    return department


def list_departments(tx: Tx) -> list[Department]:
    """All departments by name."""
    return store.departments(tx)


def set_account_departments(tx: Tx, account_id: str, department_ids: Collection[str]) -> None:
    """Put the account into exactly these departments."""
    _account(tx, account_id)
    known = {department.department_id for department in store.departments(tx)}
    if not known.issuperset(department_ids):
        raise not_found("Department")
    store.replace_departments(tx, account_id, sorted(set(department_ids)))
    _announce_rights(tx, [account_id])


def create_cohort(tx: Tx, name: str, department_id: str | None, *, cohort_id: str | None = None) -> Cohort:
    """A cohort without people, or the one of that id renamed and moved."""
    cohort = Cohort(cohort_id=cohort_id or tx.new_id(), name=name, department_id=department_id)
    store.upsert_cohort(tx, cohort.cohort_id, name)
    store.set_cohort_department(tx, cohort.cohort_id, department_id)
    return cohort


def list_cohorts(tx: Tx) -> list[Cohort]:
    """All cohorts by name."""
    return store.cohorts(tx)


def cohort_by_id(tx: Tx, cohort_id: str) -> Cohort | None:
    """The cohort, if there is one."""
    return store.cohort(tx, cohort_id)


def set_cohort_people(
    tx: Tx, cohort_id: str, name: str, learners: Sequence[str] | None, instructors: Sequence[str] | None
) -> None:
    """Make the cohort have exactly these accounts, `None` for those who are in it; it is created if it
    does not exist.

    People who stay keep their persona. Those whose part as instructor changed are announced.
    """
    store.upsert_cohort(tx, cohort_id, name)
    if learners is not None:
        _set_part(tx, cohort_id, "learner", set(learners))
    if instructors is not None:
        _announce_rights(tx, _set_part(tx, cohort_id, "instructor", set(instructors)))


def add_to_cohort(tx: Tx, cohort_id: str, account_id: str, part: CohortPart) -> bool:
    """Give an account a part in a cohort, with every seat that goes with it; False if it has it."""
    _cohort(tx, cohort_id)
    _account(tx, account_id)
    if account_id in store.cohort_people(tx, cohort_id, part):
        return False
    store.add_cohort_people(tx, cohort_id, part, [account_id])
    _announce_rights(tx, [account_id])
    return True


def remove_from_cohort(tx: Tx, cohort_id: str, account_id: str, part: CohortPart) -> bool:
    """Take that part from an account; False if it does not have it. Attempts that it began stay its own."""
    _cohort(tx, cohort_id)
    if account_id not in store.cohort_people(tx, cohort_id, part):
        return False
    store.remove_cohort_people(tx, cohort_id, part, [account_id])
    _announce_rights(tx, [account_id])
    return True


def learners_of_cohort(tx: Tx, cohort_id: str) -> set[AccountId]:
    """Who learns in a cohort now."""
    return {AccountId(each) for each in store.cohort_people(tx, cohort_id, "learner")}


def instructors_of_cohort(tx: Tx, cohort_id: str) -> set[AccountId]:
    """Who teaches a cohort now."""
    return {AccountId(each) for each in store.cohort_people(tx, cohort_id, "instructor")}


def accounts_of_department(tx: Tx, department_id: str) -> set[AccountId]:
    """Who belongs to a department now."""
    return {AccountId(each) for each in store.accounts_of_department(tx, department_id)}


def rights_changed(tx: Tx, account_ids: Iterable[str]) -> None:
    """Say that these accounts may do other things now than before: open connections check their rooms again."""
    _announce_rights(tx, sorted(account_ids))


def cohorts_of_learner(tx: Tx, account_id: str) -> list[str]:
    """The cohorts in which an account learns."""
    return store.cohorts_of_learner(tx, account_id)


def lock(tx: Tx, account_id: str) -> None:
    """Nobody else changes the account, or counts what it has to give it one more, before the transaction ends."""
    store.lock(tx, account_id)


def take_request(tx: Tx, account_id: str, timezone_name: str) -> None:
    """Count one request of the day, or refuse it with `rate_limited` and no effect (4.7)."""
    limit = _account(tx, account_id).requests_per_day
    day, seconds_left = _day(tx.now_ms, timezone_name)
    if limit is None:
        store.use_one(tx, account_id, day, None)
    elif limit <= 0 or not store.use_one(tx, account_id, day, limit):
        used = store.used(tx, account_id, day)
        text = f"Daily limit reached ({used} of {limit} requests today)."
        raise Refusal("rate_limited", text, retry_after_seconds=seconds_left)


def count_request(tx: Tx, account_id: str, timezone_name: str) -> None:
    """Count what is never refused: automatic grading at the end of a chat (decision D6)."""
    day, _ = _day(tx.now_ms, timezone_name)
    store.use_one(tx, account_id, day, None)


def requests_today(tx: Tx, account_id: str, timezone_name: str) -> int:
    """How many requests of the account were counted today."""
    day, _ = _day(tx.now_ms, timezone_name)
    return store.used(tx, account_id, day)


def invalid_token() -> Refusal:
    """The refusal of a credential that names nobody (any more)."""
    return Refusal("unauthenticated", "The token is not valid.")


def expired_token() -> Refusal:
    """The refusal of a credential that was good once."""
    return Refusal("unauthenticated", "The token has expired.")


def account_disabled() -> Refusal:
    """The refusal of a good credential whose account is disabled."""
    return Refusal("account_disabled", "This account is disabled.")


def _account(tx: Tx, account_id: str) -> Account:
    account = store.account_by_id(tx, account_id)
    if account is None:
        raise not_found("Account")
    return account


def _cohort(tx: Tx, cohort_id: str) -> None:
    if store.cohort(tx, cohort_id) is None:
        raise not_found("Cohort")


def _set_part(tx: Tx, cohort_id: str, part: CohortPart, wanted: set[str]) -> list[str]:
    present = store.cohort_people(tx, cohort_id, part)
    added, removed = sorted(wanted - present), sorted(present - wanted)
    store.remove_cohort_people(tx, cohort_id, part, removed)
    store.add_cohort_people(tx, cohort_id, part, added)
    return added + removed


def _announce_rights(tx: Tx, account_ids: Iterable[str]) -> None:
    for account_id in account_ids:
        tx.announce([account_room(account_id)], RightsChanged(account_id=account_id))


def _day(now_ms: int, timezone_name: str) -> tuple[str, int]:
    """The calendar day in that zone, and the whole seconds until the next one begins (at least 1)."""
    zone = ZoneInfo(timezone_name)
    now = datetime.fromtimestamp(now_ms / 1000, zone)
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), zone)
    left = midnight.astimezone(UTC) - now.astimezone(UTC)
    return now.date().isoformat(), max(1, ceil(left.total_seconds()))
