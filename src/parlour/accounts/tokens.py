"""Session tokens and API keys: random, recognisable, and stored only as digests."""

import hashlib

from parlour.accounts.entities import SessionKind
from parlour.kernel.ids import new_secret

PREFIXES: dict[SessionKind, str] = {"session": "pls_", "api_key": "plk_", "ticket": "plt_"}
TOKEN_CHARS_MAX = 8192


def new_token(kind: SessionKind) -> str:
    """A new secret of 256 bits behind the prefix of its kind."""
    return PREFIXES[kind] + new_secret()


def digest_of(token: str) -> str:
    """SHA-256 in hexadecimal: what is stored and looked up instead of the token.

    A fast digest is enough because tokens are random; passwords need `passwords.py`.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def looks_like_jwt(token: str) -> bool:
    """Whether the text has the three parts of a signed JWT; Parlour's tokens never do."""
    return token.count(".") == 2 and not token.startswith(tuple(PREFIXES.values()))
