"""Session tokens and API keys: random, recognisable, and stored only as digests."""

from parlour.accounts.entities import SessionKind
from parlour.kernel.ids import new_secret

PREFIXES: dict[SessionKind, str] = {"session": "pls_", "lab": "pl_", "api_key": "plk_", "ticket": "plt_"}
TOKEN_CHARS_MAX = 8192


def new_token(kind: SessionKind) -> str:
    """A new secret of 256 bits behind the prefix of its kind."""
    return PREFIXES[kind] + new_secret()


def looks_like_jwt(token: str) -> bool:
    """Whether the text has the three parts of a signed JWT; Parlour's tokens never do."""
    return token.count(".") == 2 and not token.startswith(tuple(PREFIXES.values()))
