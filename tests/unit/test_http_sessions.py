"""Signing in and out over HTTP, and what counts as a credential (Glow 2.2, 3.1)."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import Depends, FastAPI
from openapi_spec_validator import validate

from parlour.accounts import actions
from parlour.accounts.entities import Account, NewAccount, SessionActor, SessionKind
from parlour.accounts.passwords import PasswordWorkers, hash_password
from parlour.kernel.clock import instant
from parlour.kernel.ids import TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.wire.http.credentials import Authenticator, HandshakeAuth
from parlour.wire.http.problems import add_problems
from parlour.wire.http.throttle import FAILURES_PER_ADDRESS, FAILURES_PER_USER, LoginThrottle
from parlour.wire.rest.sessions import SessionsNeed, sessions_router

PASSWORD = "correct horse"
HASH = hash_password(PASSWORD)


class SetClock:
    def __init__(self) -> None:
        self.ms = instant("2026-03-01T12:00:00Z")

    def now_ms(self) -> int:
        return self.ms

    def monotonic(self) -> float:
        return self.ms / 1000


@dataclass
class House:
    """A small server with one account."""

    client: httpx.AsyncClient
    database: Database
    authenticator: Authenticator
    clock: SetClock
    ada: Account

    async def sign_in(self, user_id: str = "ada", password: str = PASSWORD) -> httpx.Response:
        return await self.client.post("/api/v1/sessions", json={"user_id": user_id, "password": password})

    async def token(self, kind: SessionKind, seconds: int | None = 60) -> str:
        return await self.database.write(
            lambda tx: actions.issue_session(tx, self.ada.account_id, kind, "test", seconds)
        )

    async def me(self, **headers: str) -> httpx.Response:
        return await self.client.get("/me", headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    clock = SetClock()
    ids = TimeOrderedIds(clock)
    database = Database(sqlite_url(tmp_path), clock, ids, readers=2)
    database.migrate()
    database.start()
    ada = await database.write(
        lambda tx: actions.create_account(tx, NewAccount(user_id="Ada", name="Ada L.", password_hash=HASH))
    )
    authenticator, passwords = Authenticator(database), PasswordWorkers()
    app = FastAPI()
    add_problems(app, ids)
    app.include_router(
        sessions_router(
            SessionsNeed(
                database=database, authenticator=authenticator, passwords=passwords, throttle=LoginThrottle(clock)
            )
        )
    )

    async def me(caller: SessionActor = Depends(authenticator.of_request)) -> str:  # noqa: B008
        return caller.actor.user_id

    app.get("/me")(me)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://parlour.test", timeout=60
    ) as client:
        yield House(client, database, authenticator, clock, ada)
    passwords.close()
    await database.stop()


async def test_signing_in_gives_a_token_that_works_until_signing_out(house: House) -> None:
    answer = await house.sign_in(user_id="ADA")
    assert answer.status_code == 200
    body = answer.json()
    assert body == {
        "token": body["token"],
        "profile_id": house.ada.account_id,
        "role": "member",
        "name": "Ada L.",
        "expires_at": "2026-03-31T12:00:00.000Z",
    }
    bearer = {"authorization": f"bearer {body['token']}"}
    assert (await house.me(**bearer)).json() == "Ada"
    assert (await house.client.delete("/api/v1/sessions/current", headers=bearer)).status_code == 204
    assert (await house.me(**bearer)).json()["detail"] == "The token is not valid."
    assert (await house.client.delete("/api/v1/sessions/current", headers=bearer)).status_code == 401


async def test_a_weak_hash_is_replaced_at_sign_in(house: House) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    await house.database.write(lambda tx: actions.set_password(tx, house.ada.account_id, weak))
    token = (await house.sign_in()).json()["token"]
    login = await house.database.read(lambda tx: actions.login_of(tx, "ada"))
    assert login is not None
    assert login.password_hash is not None
    assert "m=19456,t=2" in login.password_hash
    assert (await house.sign_in()).status_code == 200
    assert (await house.me(authorization=f"Bearer {token}")).status_code == 200


async def test_a_wrong_password_and_an_unknown_name_answer_alike(house: House) -> None:
    wrong, unknown = await house.sign_in(password="wrong horse"), await house.sign_in(user_id="nobody")
    await house.database.write(
        lambda tx: actions.create_account(tx, NewAccount(user_id="keys-only", name="Without a password"))
    )
    keyless = await house.sign_in(user_id="keys-only", password="")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content
    assert "set-cookie" not in wrong.headers
    assert keyless.status_code == 422
    assert (await house.sign_in(user_id="keys-only")).content == wrong.content


async def test_a_disabled_account_is_told_so_only_with_its_password(house: House) -> None:
    await house.database.write(lambda tx: actions.deactivate(tx, house.ada.account_id))
    assert (await house.sign_in()).json()["code"] == "account_disabled"
    assert (await house.sign_in(password="wrong horse")).json()["code"] == "unauthenticated"


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"user_id": "ada"},
        {"user_id": 1, "password": PASSWORD},
        {"user_id": "ada", "password": ["x"]},
        {"user_id": "ada", "password": "x" * 257},
        {"user_id": "a" * 65, "password": PASSWORD},
        [],
    ],
)
async def test_a_malformed_sign_in_is_refused_and_not_repeated(house: House, sent: object) -> None:
    answer = await house.client.post("/api/v1/sessions", json=sent)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert PASSWORD not in answer.text


async def test_credentials_are_bearer_tokens_and_api_keys_and_nothing_else(house: House) -> None:
    session, key, ticket = [await house.token(kind) for kind in ("session", "api_key", "ticket")]
    for good in (
        {"authorization": f"Bearer {session}"},
        {"authorization": f"BEARER  {key}"},
        {"x_api_key": key},
    ):
        assert (await house.me(**good)).status_code == 200
    for bad in (
        {},
        {"cookie": f"parlour_session={session}; token={session}"},
        {"authorization": f"Basic {session}"},
        {"authorization": session},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {ticket}"},
        {"authorization": "Bearer a.b.c"},
        {"authorization": "Bearer wrong", "x_api_key": key},
        {"x_api_key": session},
        {"authorization": "Bearer " + "x" * 9000},
    ):
        answer = await house.me(**bad)
        assert (answer.status_code, answer.json()["detail"]) == (401, "The token is not valid."), bad
    house.clock.ms += 60_000
    assert (await house.me(x_api_key=key)).json()["detail"] == "The token has expired."
    assert (
        await house.client.delete("/api/v1/sessions/current", headers={"x-api-key": await house.token("api_key")})
    ).json()["code"] == "forbidden"


async def test_a_handshake_takes_the_token_then_the_header_then_a_real_api_key(house: House) -> None:
    session, key = await house.token("session"), await house.token("api_key")
    for good in (
        HandshakeAuth(token=session),
        HandshakeAuth(token=f"bEaReR {session}", api_key="constant"),
        HandshakeAuth(authorization=f"Bearer {session}", api_key="constant"),
        HandshakeAuth(api_key=key),
    ):
        held = await house.authenticator.of_handshake(good)
        assert held.actor.account_id == house.ada.account_id
        assert await house.authenticator.of_connection(held) == held
    for bad in (
        HandshakeAuth(),
        HandshakeAuth(api_key="constant"),
        HandshakeAuth(api_key=session),
        HandshakeAuth(token="wrong", api_key=key),
        HandshakeAuth(token="", authorization=f"Bearer {session}"),
    ):
        with pytest.raises(Refusal, match="unauthenticated"):
            await house.authenticator.of_handshake(bad)
    held = await house.authenticator.of_token(session)
    await house.database.write(lambda tx: actions.revoke_session(tx, held.digest))
    assert await house.authenticator.of_connection(held) is None


async def test_guessing_is_braked_even_when_many_guess_at_once(house: House) -> None:
    answers = await asyncio.gather(*(house.sign_in(password=f"guess {n} horse") for n in range(FAILURES_PER_USER + 5)))
    codes = [answer.status_code for answer in answers]
    assert (codes.count(401), codes.count(429)) == (FAILURES_PER_USER, 5)
    braked = await house.sign_in()
    assert (braked.status_code, braked.json()["code"]) == (429, "too_many_requests")
    assert 1 <= int(braked.headers["retry-after"]) <= 61
    house.clock.ms += 61_000
    for _ in range(FAILURES_PER_USER + 1):
        assert (await house.sign_in()).status_code == 200


def test_the_brake_counts_names_and_networks_and_stays_small() -> None:
    clock = SetClock()
    throttle = LoginThrottle(clock, entries_max=100)
    for n in range(FAILURES_PER_ADDRESS):
        throttle.begin(f"2001:db8::{n:x}", f"name{n}")
    with pytest.raises(Refusal, match="too_many_requests"):
        throttle.begin("2001:db8::ffff", "other")
    throttle.begin("2001:db8:0:1::1", "other")
    for _ in range(1000):
        throttle.begin("192.0.2.1", "ada")
        throttle.succeeded("192.0.2.1", "ADA")
    for n in range(1000):
        throttle.begin(f"192.0.{n % 250}.{n // 250}", f"many{n}")
    assert len(throttle._names._tries) == 100


async def test_the_routes_are_described_with_their_refusals(house: House) -> None:
    described = (await house.client.get("/openapi.json")).json()
    validate(described)
    responses = described["paths"]["/api/v1/sessions"]["post"]["responses"]
    assert {"200", "401", "403", "422", "429"} <= set(responses)
    assert all(list(responses[code]["content"]) == ["application/problem+json"] for code in ("401", "422"))
