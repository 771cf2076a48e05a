"""Tokens of an identity provider: what is checked, and which account they name (Glow 2.2)."""

import base64
import hmac
import json
import warnings
from collections.abc import Mapping
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from parlour.accounts import actions, oidc
from parlour.accounts.entities import NewAccount
from parlour.accounts.jwt import JwtVerifier
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.settings import sqlite_url
from parlour.storage.database import Database

NOW = 1_800_000_000
ISSUER = "https://login.example.org"
RSA = RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "e1"})
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    WEAK = RSAKey.generate_key(1024, {"kid": "weak"})
STRANGER = RSAKey.generate_key(2048, {"kid": "r1"})
PROFILE = "01890000-0000-7000-8000-000000000001"


class SetClock:
    def __init__(self) -> None:
        self.seconds = float(NOW)

    def now_ms(self) -> int:
        return int(self.seconds * 1000)

    def monotonic(self) -> float:
        return self.seconds


class Issuer:
    """An identity provider whose keys can change or be out of reach."""

    def __init__(self) -> None:
        self.keys: list[RSAKey | ECKey] = [RSA, EC, WEAK]
        self.fetches = 0
        self.down = False

    async def fetch(self) -> Mapping[str, object]:
        self.fetches += 1
        if self.down:
            raise ProviderFault("down", retryable=True)
        published = [key.as_dict(private=False) for key in self.keys]
        secret = OctKey.import_key("an entirely public secret", {"kid": "h1"}).as_dict()
        return {"keys": [*published, secret, {"kty": "new", "kid": "n"}, {"kty": "RSA", "kid": "broken"}, 7]}


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def verifier(issuer: Issuer, clock: SetClock) -> JwtVerifier:
    return JwtVerifier(ISSUER, "parlour", issuer.fetch, clock)


@pytest.fixture
def database(tmp_path: Path, clock: SetClock) -> Database:
    made = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock), readers=1)
    made.migrate()
    return made


def token(signer: tuple[RSAKey | ECKey, str] = (RSA, "RS256"), /, **claims: object) -> str:
    """A token of the issuer; a claim given as `...` is left out."""
    key, alg = signer
    given = {"iss": ISSUER, "aud": "parlour", "exp": NOW + 60, "sub": "s1"} | claims
    given = {name: value for name, value in given.items() if value is not ...}
    return jwt.encode({"alg": alg, "kid": key.kid}, given, key, algorithms=[alg])


def unsigned(alg: str) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"iss": ISSUER, "aud": "parlour", "exp": NOW + 60, "sub": "s1"}
    return f"{part({'alg': alg, 'kid': 'r1'})}.{part(claims)}."


@pytest.mark.parametrize(
    "good",
    [
        token(),
        token((EC, "ES256")),
        token((RSA, "PS256")),
        token(aud=["x", "parlour"]),
        token(nbf=NOW),
        token(exp=NOW + 0.5),
    ],
)
async def test_a_good_token_is_verified(verifier: JwtVerifier, good: str) -> None:
    assert (await verifier.verify(good)).subject == "s1"


def signed_with_the_public_key() -> str:
    """The classic attack: HMAC with what everybody knows."""
    text = unsigned("HS256").rstrip(".")
    mac = hmac.digest(RSA.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


@pytest.mark.parametrize(
    "bad",
    [
        token((STRANGER, "RS256")),
        token((WEAK, "RS256")),
        token(iss="https://other.example.org"),
        token(iss=...),
        token(aud="other"),
        token(aud=...),
        token(aud=[]),
        token(exp=...),
        token(exp="soon"),
        token(exp=True),
        token(nbf=NOW + 30),
        token(nbf="x"),
        token(sub=""),
        token()[:-4] + "AAAA",
        unsigned("none"),
        unsigned("RS256"),
        signed_with_the_public_key(),
        "a.b.c",
        "..",
        "W10.W10.W10",
        "x" * 9000,
    ],
)
async def test_a_bad_token_is_refused(verifier: JwtVerifier, bad: str) -> None:
    with pytest.raises(Refusal) as caught:
        await verifier.verify(bad)
    assert (caught.value.code, caught.value.text) == ("unauthenticated", "The token is not valid.")


async def test_an_expired_token_is_told_apart(verifier: JwtVerifier) -> None:
    with pytest.raises(Refusal) as caught:
        await verifier.verify(token(exp=NOW))
    assert caught.value.text == "The token has expired."


async def test_keys_are_fetched_for_an_unknown_key_at_most_once_a_minute(
    verifier: JwtVerifier, issuer: Issuer, clock: SetClock
) -> None:
    new = RSAKey.generate_key(2048, {"kid": "r2"})
    for _ in range(3):
        await verifier.verify(token())
    for _ in range(3):
        with pytest.raises(Refusal):
            await verifier.verify(token((new, "RS256")))
    assert issuer.fetches == 1
    issuer.keys = [new]
    clock.seconds += 60
    await verifier.verify(token((new, "RS256"), exp=NOW + 9999))
    with pytest.raises(Refusal):
        await verifier.verify(token(exp=NOW + 9999))
    assert issuer.fetches == 2
    issuer.down = True
    clock.seconds += 3600
    await verifier.verify(token((new, "RS256"), exp=NOW + 9999))
    assert issuer.fetches == 3


async def test_without_any_keys_the_service_is_unavailable(verifier: JwtVerifier, issuer: Issuer) -> None:
    issuer.down = True
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            await verifier.verify(token())
        assert caught.value.code == "unavailable"
    assert issuer.fetches == 1


async def test_the_account_is_named_by_profile_id_otherwise_by_verified_email(
    verifier: JwtVerifier, database: Database
) -> None:
    new = NewAccount(user_id="ada", name="Ada", email="ada@example.org", account_id=AccountId(PROFILE))
    database.write_here(lambda tx: actions.create_account(tx, new))

    async def named(**claims: object) -> str | None:
        identity = await verifier.verify(token(**claims))
        found = database.read_here(lambda tx: oidc.actor_of_identity(tx, identity))
        return None if found is None else found.actor.account_id

    mail = {"email": "Ada@example.org"}
    assert await named(profile_id=PROFILE) == PROFILE
    assert await named(**mail, email_verified=True) == PROFILE
    assert await named(**mail) is None
    assert await named(**mail, email_verified="true") is None
    assert await named(**mail, email_verified=True, profile_id=PROFILE[:-1] + "2") is None
    assert await named(profile_id="' OR 1=1") is None
    database.write_here(lambda tx: actions.deactivate(tx, PROFILE))
    with pytest.raises(Refusal, match="account_disabled"):
        await named(profile_id=PROFILE)


async def test_an_account_is_made_once_for_a_verified_email(verifier: JwtVerifier, database: Database) -> None:
    async def made(**claims: object) -> tuple[str, str]:
        identity = await verifier.verify(token(**claims))
        found = database.write_here(lambda tx: oidc.create_for_identity(tx, identity))
        return found.actor.account_id, found.actor.user_id

    first = await made(email="bob@example.org", email_verified=True, name="Bob\n")
    assert first[1] == "bob@example.org"
    assert await made(email="bob@example.org", email_verified=True) == first
    assert (await made(email="b+ob@example.org", email_verified=True))[1].startswith("oidc-")
    for claims in ({"email": "eve@example.org"}, {}, {"profile_id": PROFILE}):
        with pytest.raises(Refusal, match="unauthenticated"):
            await made(**claims)
