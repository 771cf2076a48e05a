"""Where a socket starts in the log, with the rights that its account has there: it hears of later changes (2.3)."""

from collections.abc import Callable

from parlour.accounts.actions import invalid_token
from parlour.accounts.entities import SessionActor
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.glow.recovery import Start

STARTS_MAX = 5


class RightsMovedError(Exception):
    """The rights of a caller are others than they were a moment ago; `now` None: the credential has ended."""

    def __init__(self, now: SessionActor | None) -> None:
        super().__init__("the rights have changed meanwhile")
        self.now = now


async def started(
    database: Database,
    caller: SessionActor,
    still: Callable[[Tx, SessionActor], SessionActor | None],
    begin: Callable[[Tx, SessionActor], Start],
) -> tuple[SessionActor, Start]:
    """Begin for a caller who was authenticated a moment ago, with the rights of the position where it begins.

    `still` is asked after `begin` has read that position. Raises `unauthenticated`, and `too_many_requests` if the
    rights change again and again.
    """

    def act(tx: Tx) -> tuple[SessionActor, Start]:
        start = begin(tx, caller)
        now = still(tx, caller)
        if now is None or now.actor != caller.actor:
            raise RightsMovedError(now)
        return now, start

    for _ in range(STARTS_MAX):
        try:
            return await database.write(act)
        except RightsMovedError as moved:
            if moved.now is None:
                raise invalid_token() from None
            caller = moved.now
    raise Refusal("too_many_requests", "Slow down and try again.", retry_after_seconds=1)
