"""Accounts in a real database: names, rights, sessions, cohorts and the daily limit."""

from dataclasses import replace
from pathlib import Path

import pytest

from parlour.accounts import access, actions
from parlour.accounts.entities import Account, NewAccount
from parlour.accounts.facts import AccountDisabled, RightsChanged, SessionRevoked
from parlour.events.facts import fact_of
from parlour.kernel.actor import RANKS, Actor, Role
from parlour.kernel.clock import instant
from parlour.kernel.ids import AccountId, TimeOrderedIds, digest_of
from parlour.kernel.refusals import Refusal
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ms = instant("2026-03-01T12:00:00Z")

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def database(tmp_path: Path, clock: SetClock) -> Database:
    made = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock), readers=1)
    made.migrate()
    return made


@pytest.fixture
def ada(database: Database) -> Account:
    return database.write_here(
        lambda tx: actions.create_account(tx, NewAccount(user_id="Ada", name="Ada L.", email="Ada@Example.org"))
    )


def refusal(database: Database, action: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        database.write_here(action)  # type: ignore[arg-type]
    return caught.value


def facts(database: Database) -> list[object]:
    """Everything announced so far, with its rooms."""

    def read(tx: Tx) -> list[object]:
        rows = tx.all("SELECT pos, at, kind, body FROM events ORDER BY pos")
        return [fact_of(Logged(row["pos"], row["at"], row["kind"], row["body"].encode(), ())) for row in rows]

    return database.read_here(read)


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (NewAccount(user_id="", name="x"), "id_invalid"),
        (NewAccount(user_id="a" * 65, name="x"), "id_invalid"),
        (NewAccount(user_id="a/b", name="x"), "id_invalid"),
        (NewAccount(user_id="..", name="x"), "id_invalid"),
        (NewAccount(user_id="a ", name="x"), "id_invalid"),
        (NewAccount(user_id="ada\n", name="x"), "id_invalid"),
        (NewAccount(user_id="ok", name="  "), "name_invalid"),
        (NewAccount(user_id="ok", name="a\x00b"), "name_invalid"),
        (NewAccount(user_id="ok", name="x", email="nobody"), "email_invalid"),
        (NewAccount(user_id="aDA", name="x"), "account_taken"),
        (NewAccount(user_id="other", name="x", email="ada@example.ORG"), "account_taken"),
    ],
)
def test_a_bad_or_taken_name_is_refused(database: Database, ada: Account, new: NewAccount, code: str) -> None:
    assert refusal(database, lambda tx: actions.create_account(tx, new)).code == code


def test_an_account_is_found_by_id_by_name_in_any_case_and_by_email(database: Database, ada: Account) -> None:
    found = database.read_here(
        lambda tx: (
            actions.account_by_id(tx, ada.account_id),
            actions.account_by_user_id(tx, "ADA"),
            actions.account_by_email(tx, "ADA@example.org"),
        )
    )
    assert found == (ada, ada, ada)
    assert database.read_here(lambda tx: actions.account_ids_by_user_ids(tx, ["ada", "bob"])) == {"ada": ada.account_id}
    assert database.read_here(lambda tx: [one.user_id for one in actions.list_accounts(tx)]) == ["Ada"]


def test_a_token_is_stored_as_digest_and_names_its_account(database: Database, ada: Account, tmp_path: Path) -> None:
    token = database.write_here(lambda tx: actions.issue_session(tx, ada.account_id, "session", "test", 60))
    assert token.startswith("pls_")
    found = database.read_here(lambda tx: actions.actor_by_token(tx, token))
    assert (found.actor.account_id, found.kind, found.digest) == (ada.account_id, "session", digest_of(token))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert digest_of(token).encode() in stored
    assert token.encode() not in stored


def test_a_credential_that_does_not_hold_says_why(database: Database, ada: Account, clock: SetClock) -> None:
    def issue(seconds: int | None) -> str:
        return database.write_here(lambda tx: actions.issue_session(tx, ada.account_id, "api_key", "k", seconds))

    def why(token: str) -> str:
        return refusal(database, lambda tx: actions.actor_by_token(tx, token)).text

    short, revoked, kept = issue(60), issue(None), issue(None)
    assert database.write_here(lambda tx: actions.revoke_session(tx, digest_of(revoked)))
    assert not database.write_here(lambda tx: actions.revoke_session(tx, digest_of(revoked)))
    clock.ms += 60_000
    assert why("nonsense") == why("") == why("x" * 9000) == why(revoked) == "The token is not valid."
    assert why(short) == "The token has expired."
    for token in (short, revoked):
        assert database.read_here(lambda tx, one=token: actions.actor_by_token_digest(tx, digest_of(one))) is None
    assert database.read_here(lambda tx: actions.actor_by_token_digest(tx, digest_of(kept))) is not None

    database.write_here(lambda tx: actions.deactivate(tx, ada.account_id))
    database.write_here(lambda tx: actions.deactivate(tx, ada.account_id))
    assert why(kept) == "This account is disabled."
    assert database.read_here(lambda tx: actions.actor_by_token_digest(tx, digest_of(kept))) is None
    assert database.read_here(lambda tx: actions.actor_by_id(tx, ada.account_id)) is None
    assert (
        refusal(database, lambda tx: actions.issue_session(tx, ada.account_id, "session", "", 60)).code
        == "account_disabled"
    )
    assert facts(database) == [
        SessionRevoked(account_id=ada.account_id, digest=digest_of(revoked)),
        AccountDisabled(account_id=ada.account_id),
    ]


def test_a_new_password_ends_sessions_but_not_api_keys(database: Database, ada: Account) -> None:
    session, key = (
        database.write_here(lambda tx, kind=kind: actions.issue_session(tx, ada.account_id, kind, "", None))
        for kind in ("session", "api_key")
    )
    login = database.read_here(lambda tx: actions.login_of(tx, "ada"))
    assert login is not None
    database.write_here(lambda tx: actions.set_password(tx, ada.account_id, "hash"))
    assert refusal(database, lambda tx: actions.actor_by_token(tx, session)).code == "unauthenticated"
    assert database.read_here(lambda tx: actions.actor_by_token(tx, key)).kind == "api_key"
    assert facts(database) == [SessionRevoked(account_id=ada.account_id, digest=digest_of(session))]
    assert refusal(database, lambda tx: actions.check_login(tx, login)).code == "unauthenticated"
    changed = replace(login, password_hash="hash")
    assert database.read_here(lambda tx: actions.check_login(tx, changed)) == ada


def test_sessions_that_ended_long_ago_are_forgotten(database: Database, ada: Account, clock: SetClock) -> None:
    for _ in range(3):
        database.write_here(lambda tx: actions.issue_session(tx, ada.account_id, "session", "", 60))
        clock.ms += 31 * 86_400_000
    rows = database.read_here(lambda tx: tx.all("SELECT digest FROM sessions"))
    assert len(rows) == 1


def test_departments_and_cohorts_reach_the_actor_and_changes_are_announced(database: Database, ada: Account) -> None:
    def prepare(tx: Tx) -> tuple[str, str, str]:
        department = actions.create_department(tx, "Physics").department_id
        cohort = actions.create_cohort(tx, "First years", department).cohort_id
        bob = actions.create_account(tx, NewAccount(user_id="bob", name="Bob")).account_id
        actions.set_account_departments(tx, ada.account_id, [department, department])
        actions.set_cohort_people(tx, cohort, "First years", [bob], [ada.account_id])
        return department, cohort, bob

    department, cohort, bob = database.write_here(prepare)
    assert database.read_here(lambda tx: actions.actor_by_id(tx, ada.account_id)) == Actor(
        account_id=ada.account_id,
        user_id="Ada",
        role="member",
        department_ids=frozenset({department}),
        taught_cohort_ids=frozenset({cohort}),
    )
    database.write_here(lambda tx: actions.set_cohort_people(tx, cohort, "Renamed", [bob, ada.account_id], []))
    database.write_here(lambda tx: actions.set_cohort_people(tx, cohort, "Renamed", [bob, ada.account_id], []))
    database.write_here(lambda tx: actions.set_role(tx, ada.account_id, "instructional"))
    actor = database.read_here(lambda tx: actions.actor_by_id(tx, ada.account_id))
    assert actor is not None
    assert (actor.role, actor.taught_cohort_ids) == ("instructional", frozenset())
    listed = database.read_here(actions.list_cohorts)
    assert [(one.name, one.department_id) for one in listed] == [("Renamed", department)]
    assert facts(database) == [RightsChanged(account_id=ada.account_id)] * 4
    assert refusal(database, lambda tx: actions.set_account_departments(tx, bob, ["none"])).code == "not_found"
    assert refusal(database, lambda tx: actions.create_department(tx, "Physics")).code == "name_taken"


@pytest.mark.parametrize(
    ("zone", "now", "midnight"),
    [
        ("UTC", "2026-03-01T23:59:30Z", "2026-03-02T00:00:00Z"),
        ("Pacific/Auckland", "2026-03-01T10:30:00Z", "2026-03-01T11:00:00Z"),
        ("Europe/Berlin", "2026-03-28T23:30:00Z", "2026-03-29T22:00:00Z"),  # 23 hours: the clock goes forward
        ("Europe/Berlin", "2026-10-24T22:30:00Z", "2026-10-25T23:00:00Z"),  # 25 hours: it goes back
    ],
)
def test_the_daily_limit_holds_until_midnight_in_its_zone(
    database: Database, ada: Account, clock: SetClock, zone: str, now: str, midnight: str
) -> None:
    clock.ms = instant(now)
    database.write_here(lambda tx: actions.set_requests_per_day(tx, ada.account_id, 3))

    def take() -> None:
        database.write_here(lambda tx: actions.take_request(tx, ada.account_id, zone))

    for _ in range(3):
        take()
    for _ in range(2):
        refused = refusal(database, lambda tx: actions.take_request(tx, ada.account_id, zone))
        assert (refused.code, refused.text) == ("rate_limited", "Daily limit reached (3 of 3 requests today).")
        assert refused.retry_after_seconds == (instant(midnight) - instant(now)) // 1000
    database.write_here(lambda tx: actions.count_request(tx, ada.account_id, zone))
    assert database.read_here(lambda tx: actions.requests_today(tx, ada.account_id, zone)) == 4
    clock.ms = instant(midnight)
    take()
    assert database.read_here(lambda tx: actions.requests_today(tx, ada.account_id, zone)) == 1


def test_a_limit_of_none_counts_and_a_limit_of_zero_refuses(database: Database, ada: Account) -> None:
    for _ in range(5):
        database.write_here(lambda tx: actions.take_request(tx, ada.account_id, "UTC"))
    assert database.read_here(lambda tx: actions.requests_today(tx, ada.account_id, "UTC")) == 5
    database.write_here(lambda tx: actions.set_requests_per_day(tx, ada.account_id, 0))
    assert refusal(database, lambda tx: actions.take_request(tx, ada.account_id, "UTC")).code == "rate_limited"


HERE = frozenset({"d1"})
AWAY = frozenset({"d2"})


@pytest.mark.parametrize(
    ("role", "owner", "departments", "taught", "cohort", "expected"),
    [
        ("superadmin", "superadmin", AWAY, [], None, True),
        ("admin", "member", HERE, [], None, True),
        ("admin", "member", HERE, [], "c1", True),
        ("admin", "instructional", HERE, [], "c1", True),
        ("admin", "admin", HERE, [], None, False),
        ("admin", "superadmin", HERE, [], None, False),
        ("admin", "member", AWAY, [], None, False),
        ("admin", "member", frozenset[str](), ["c1"], "c1", False),
        ("instructional", "member", AWAY, ["c1"], "c1", True),
        ("instructional", "custom", AWAY, ["c1"], "c1", True),
        ("instructional", "member", HERE, [], "c1", False),
        ("instructional", "member", HERE, [], None, True),
        ("instructional", "member", AWAY, ["c1"], None, False),
        ("instructional", "instructional", HERE, ["c1"], "c1", False),
        ("instructional", "admin", HERE, ["c1"], "c1", False),
        ("member", "guest", HERE, ["c1"], "c1", False),
        ("custom", "guest", HERE, ["c1"], "c1", False),
        ("guest", "guest", HERE, ["c1"], "c1", False),
    ],
)
def test_staff_is_decided_by_role_rank_department_and_cohort(
    role: Role, owner: Role, departments: frozenset[str], taught: list[str], cohort: str | None, expected: bool
) -> None:
    actor = Actor(
        account_id=AccountId("a"),
        user_id="a",
        role=role,
        department_ids=departments,
        taught_cohort_ids=frozenset(taught),
    )
    assert access.is_staff(actor, owner_rank=RANKS[owner], department_ids=HERE, cohort_id=cohort) is expected
