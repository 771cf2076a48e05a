"""What happened to accounts. Announced to the room `account:<account_id>`, which only servers read."""

from parlour.events.facts import fact
from parlour.kernel.dataclass import dataclass


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class AccountDisabled:
    """The account may do nothing any more; its connections close (Glow 2.3)."""

    account_id: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class SessionRevoked:
    """The credential with this digest ended; connections that rest on it close (Glow 2.3)."""

    account_id: str
    digest: str


@fact
@dataclass(frozen=True, kw_only=True, slots=True)
class RightsChanged:
    """Role, departments or cohorts changed; connections check their rooms again (Glow 2.3)."""

    account_id: str
