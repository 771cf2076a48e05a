"""Links for players: `<video src>` sends no credential, so the link itself carries one, for ten minutes.

A ticket names an account and an instant and is sealed for one upload with the secret of the
installation, so every server process takes it. It is a credential only: whether the account may
(still) read the upload is asked again each time, so a ticket ends with the account too.
"""

import hmac

from parlour.files import store
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, is_id, new_secret
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx

TICKET_SECONDS = 600
TICKET_CHARS_MAX = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    """A ticket, and when it ends (milliseconds)."""

    text: str
    expires_at: int


def issue(tx: Tx, account_id: AccountId, upload_id: str) -> Ticket:
    """A ticket for an upload that the account may read. The first one of an installation makes its secret."""
    secret = store.ticket_secret(tx)
    if secret is None:
        store.keep_ticket_secret(tx, new_secret())
        secret = store.ticket_secret(tx) or ""
    expires_at = tx.now_ms + TICKET_SECONDS * 1000
    seal = _seal(secret, account_id, upload_id, expires_at)
    return Ticket(text=f"{account_id}.{expires_at}.{seal}", expires_at=expires_at)


def holder(tx: Tx, upload_id: str, ticket: str) -> AccountId:
    """Whose ticket for this upload it is. Raises `unauthenticated` if it is none, or has ended."""
    account_id, _, rest = ticket.partition(".")
    expires, _, seal = rest.partition(".")
    secret = store.ticket_secret(tx)
    formed = len(ticket) <= TICKET_CHARS_MAX and ticket.isascii() and is_id(account_id) and expires.isdecimal()
    if secret is None or not formed:
        raise invalid_ticket()
    expected = _seal(secret, AccountId(account_id), upload_id, int(expires))
    if not hmac.compare_digest(expected, seal) or tx.now_ms >= int(expires):
        raise invalid_ticket()
    return AccountId(account_id)


def invalid_ticket() -> Refusal:
    """For a ticket that opens nothing."""
    return Refusal("unauthenticated", "The token is not valid.")


def _seal(secret: str, account_id: AccountId, upload_id: str, expires_at: int) -> str:
    return hmac.new(secret.encode(), f"{upload_id}.{account_id}.{expires_at}".encode(), "sha256").hexdigest()
