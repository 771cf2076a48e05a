"""Who is asking: the account behind a request, with what its rights depend on (Glow 1.1)."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

Role = Literal["superadmin", "admin", "instructional", "member", "guest", "custom"]
ROLES: tuple[Role, ...] = ("superadmin", "admin", "instructional", "member", "guest", "custom")
RANKS: dict[Role, int] = {"superadmin": 5, "admin": 4, "instructional": 3, "member": 2, "guest": 1, "custom": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """An authenticated account at the moment of a request."""

    account_id: AccountId
    user_id: str
    role: Role
    department_ids: frozenset[str] = frozenset()
    taught_cohort_ids: frozenset[str] = frozenset()

    @property
    def rank(self) -> int:
        """Glow 1.1: a higher rank may see what a lower one does."""
        return RANKS[self.role]

    @property
    def is_operator(self) -> bool:
        """The lab protocol's *admin*: an admin or superadmin."""
        return self.rank >= RANKS["admin"]
