"""What requests to models used, as it is kept and summed up."""

from typing import Literal

from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId

Grouping = Literal["day", "model", "task", "person"]


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageRow:
    """One request to a model. `cost_micros` is in millionths of `currency`; None without a price."""

    id: str
    account_id: AccountId
    attempt_id: str | None
    chat_id: str | None
    subject_id: str
    task: str
    model: str
    input_tokens: int
    output_tokens: int
    estimated: bool
    milliseconds: int
    cost_micros: int | None
    currency: str | None
    at: int
    test_id: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageSum:
    """What several requests came to in one currency, or without a price (both None).

    `key` is what they have in common: a model, a task, an account, or a day as a count since 1970 (UTC).
    """

    key: str
    requests: int
    input_tokens: int
    output_tokens: int
    estimated: int
    milliseconds: int
    cost_micros: int | None
    currency: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageOf:
    """Which requests are meant; None leaves a bound out. `attempt_ids` None: also those of no attempt."""

    account_id: AccountId | None = None
    test_id: str | None = None
    attempt_ids: tuple[str, ...] | None = None
    at_from: int | None = None
    at_until: int | None = None
