"""Verifying the tokens of an OIDC issuer (Glow 2.2).

Checked: the signature against the issuer's keys with asymmetric algorithms only, `iss`, `aud`,
`exp` and `nbf`. The keys come from an injected function, so that this package speaks no HTTP;
they are kept for an hour and fetched again for an unknown key id, at most once a minute.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from parlour.accounts import actions
from parlour.accounts.oidc import Identity
from parlour.accounts.tokens import TOKEN_CHARS_MAX
from parlour.kernel.clock import Clock
from parlour.kernel.ids import digest_of
from parlour.kernel.refusals import ProviderFault, Refusal

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
KEYS_MAX = 50
KEYS_SECONDS = 3600.0
REFRESH_SECONDS = 60.0
CLOCK_SKEW_SECONDS = 5

FetchKeys = Callable[[], Awaitable[Mapping[str, object]]]
"""Fetches the issuer's JWKS document; raises `ProviderFault` when it cannot."""

_KINDS: dict[str, type[RSAKey] | type[ECKey] | type[OKPKey]] = {"RSA": RSAKey, "EC": ECKey, "OKP": OKPKey}
_RSA_MODULUS_CHARS_MIN = 342  # 2,048 bits in base64url


class JwtVerifier:
    """Verifies the tokens of one issuer for one audience."""

    def __init__(self, issuer: str, audience: str, fetch_keys: FetchKeys, clock: Clock) -> None:
        self._issuer = issuer
        self._audience = audience
        self._fetch = fetch_keys
        self._clock = clock
        self._keys: dict[str, Key] = {}
        self._fetched: float | None = None
        self._tried: float | None = None
        self._lock = asyncio.Lock()

    async def verify(self, token: str) -> Identity:
        """Who the token is for. `Refusal`: `unauthenticated`, or `unavailable` without keys."""
        if len(token) > TOKEN_CHARS_MAX:
            raise actions.invalid_token()
        key = await self._key(_key_id(token))
        if key is None:
            raise actions.invalid_token()
        try:
            claims = json.loads(jws.deserialize_compact(token, key, algorithms=list(ALGORITHMS)).payload)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise actions.invalid_token() from None
        if not isinstance(claims, dict):
            raise actions.invalid_token()
        return self._identity(cast(dict[str, object], claims), digest_of(token))

    def _identity(self, claims: Mapping[str, object], digest: str) -> Identity:
        now, audience = self._clock.now_ms() / 1000, claims.get("aud")
        audiences = cast(list[object], audience) if isinstance(audience, list) else [audience]
        expires, not_before, subject = _seconds(claims, "exp"), _seconds(claims, "nbf"), claims.get("sub")
        if claims.get("iss") != self._issuer or self._audience not in audiences:
            raise actions.invalid_token()
        if expires is None or not isinstance(subject, str) or not subject:
            raise actions.invalid_token()
        if "nbf" in claims and (not_before is None or not_before > now + CLOCK_SKEW_SECONDS):
            raise actions.invalid_token()
        if expires <= now:
            raise actions.expired_token()
        email = _text(claims, "email") if claims.get("email_verified") is True else None
        return Identity(
            subject=subject,
            profile_id=_text(claims, "profile_id"),
            email=email.lower() if email else None,
            name=_text(claims, "name"),
            digest=digest,
            expires_at=round(expires * 1000),
        )

    async def _key(self, key_id: str | None) -> Key | None:
        if self._find(key_id) is None or self._older(self._fetched, KEYS_SECONDS):
            async with self._lock:
                stale = self._find(key_id) is None or self._older(self._fetched, KEYS_SECONDS)
                if stale and self._older(self._tried, REFRESH_SECONDS):
                    await self._refresh()
        if self._fetched is None:
            raise Refusal("unavailable", "The sign-in service is not available.")
        return self._find(key_id)

    def _find(self, key_id: str | None) -> Key | None:
        if key_id is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(key_id)

    async def _refresh(self) -> None:
        self._tried = self._clock.monotonic()
        try:
            document = await self._fetch()
        except ProviderFault:
            return
        self._keys = _import_keys(document)
        self._fetched = self._tried

    def _older(self, at: float | None, seconds: float) -> bool:
        return at is None or self._clock.monotonic() - at >= seconds


def _key_id(token: str) -> str | None:
    head = token.split(".", 1)[0]
    try:
        header: object = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, RecursionError):
        raise actions.invalid_token() from None
    if not isinstance(header, dict):
        raise actions.invalid_token()
    key_id = cast(dict[str, object], header).get("kid")
    if key_id is not None and not isinstance(key_id, str):
        raise actions.invalid_token()
    return key_id


def _import_keys(document: Mapping[str, object]) -> dict[str, Key]:
    """The usable public keys of a JWKS document; what is not understood is left out (RFC 7517, 5)."""
    keys: dict[str, Key] = {}
    listed = document.get("keys")
    for item in cast(list[object], listed)[:KEYS_MAX] if isinstance(listed, list) else ():
        if not isinstance(item, dict):
            continue
        members = cast(dict[str, str | list[str]], item)
        kind = _KINDS.get(str(members.get("kty")))
        if kind is None or members.get("use", "sig") != "sig":
            continue
        if kind is RSAKey and len(members.get("n", "")) < _RSA_MODULUS_CHARS_MIN:
            continue
        try:
            key = kind.import_key(members)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        keys[str(members.get("kid", len(keys)))] = key
    return keys


def _seconds(claims: Mapping[str, object], name: str) -> float | None:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _text(claims: Mapping[str, object], name: str) -> str | None:
    value = claims.get(name)
    return value if isinstance(value, str) and value else None
