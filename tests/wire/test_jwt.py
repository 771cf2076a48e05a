"""Signing in at the socket with a token of an OpenID Connect issuer that is really asked for its keys."""

import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from socketio.exceptions import ConnectionError as Refused

from parlour.accounts import actions as accounts
from tests.harness.site import Site
from tests.harness.socket import Client

KEY = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"})


@pytest.fixture
def issuer() -> Iterator[str]:
    """An issuer with discovery and one key; its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = {"keys": [KEY.as_dict(private=False)]}
            found = {"jwks_uri": f"{address}/jwks"} if "openid" in self.path else keys
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield address
    server.shutdown()
    server.server_close()


def token(issuer: str, key: RSAKey | OctKey = KEY, algorithm: str = "RS256", **other: object) -> str:
    claims = {"iss": issuer, "aud": "parlour", "sub": "s", "exp": int(time.time()) + 600} | other
    return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])


def unsigned(issuer: str, **other: object) -> str:
    """A token that says of itself that it needs no signature."""
    claims = {"iss": issuer, "aud": "parlour", "sub": "s", "exp": int(time.time()) + 600} | other
    parts = (urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in ({"alg": "none"}, claims))
    return ".".join((*parts, ""))


@pytest.mark.case(4)
async def test_a_token_of_the_issuer_signs_in_and_a_wrong_one_does_not(own_site: Site, issuer: str) -> None:
    ada = own_site.ids["learner"]
    server = own_site.start(oidc__issuer=issuer, oidc__audience="parlour")
    good = token(issuer, profile_id=ada)
    async with Client(server.url, good) as client:
        assert client.payloads("connection_confirmed")[0]["profile_id"] == ada
    own_site.write(lambda tx: tx.run("UPDATE accounts SET email = 'ada@example.org' WHERE id = :id", id=ada))
    by_email = token(issuer, email="ada@example.org", email_verified=True)
    async with Client(server.url, by_email) as client:
        assert client.payloads("connection_confirmed")[0]["profile_id"] == ada
    wrong = [
        token(issuer, profile_id=ada, iss="http://127.0.0.1:1"),
        token(issuer, profile_id=ada, aud="other"),
        token(issuer, profile_id=ada, exp=int(time.time()) - 10),
        token(issuer, STRANGER, profile_id=ada),
        token(issuer, OctKey.import_key(b"x" * 64, {"kid": "k1"}), "HS256", profile_id=ada),
        token(issuer, email="ada@example.org"),
        token(issuer, profile_id=own_site.ids["fellow"][::-1]),
        token(issuer, RSAKey.generate_key(2048, {"kid": "k9"}), profile_id=ada),
        unsigned(issuer, profile_id=ada),
        good.rpartition(".")[0] + ".",
    ]
    for bad in wrong:
        with pytest.raises(Refused):
            async with Client(server.url, bad):
                pass
    own_site.write(lambda tx: accounts.deactivate(tx, ada))
    with pytest.raises(Refused):
        async with Client(server.url, good):
            pass
