"""Which accounts are sending a message at this moment, in this process (lab protocol 4.5 rule 4)."""

from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager

from parlour.kernel.ids import AccountId


class ReceivingPosts:
    """From the first byte of a message's body until its transaction has ended."""

    def __init__(self) -> None:
        self._counts: Counter[AccountId] = Counter()

    @contextmanager
    def begin(self, account_id: AccountId) -> Generator[None, None, None]:
        """A message of this account is on its way while this is open."""
        self._counts[account_id] += 1
        try:
            yield
        finally:
            self._counts[account_id] -= 1
            if self._counts[account_id] <= 0:
                del self._counts[account_id]

    def is_receiving(self, account_id: AccountId) -> bool:
        """Whether a message of this account is on its way."""
        return account_id in self._counts
