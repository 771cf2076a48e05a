"""One request for the next reply, from the first look to the answer (lab protocol 4.5)."""

import logging
import math
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Literal, Protocol

from starlette.responses import Response

from parlour.assistant.entities import LabMessage, LabMessageId, Language
from parlour.assistant.mailbox import actions
from parlour.assistant.mailbox.entities import ClaimToken, Found, Reply, Standing
from parlour.assistant.sentences import sentence
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import AccountId, PauseId
from parlour.kernel.refusals import Refusal
from parlour.settings.lab import Lab
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.lab import encode
from parlour.wire.lab.bells import Bell, Bells, leave
from parlour.wire.lab.callers import Callers, LabCaller
from parlour.wire.lab.encode import SpeechForm
from parlour.wire.lab.handing import HandedOver, Hearing, answer

logger = logging.getLogger("parlour.lab")

HOLD_SECONDS_MAX = 60.0
HOLDS_PER_ACCOUNT_MAX = 100
RECEIVING_LOOK_SECONDS = 0.05
CHECK_SECONDS = 5.0
AGAIN_SECONDS = 30.0
CLIENTS_MAX = 10_000
ROUTE = "GET /users/{id}/response"


class Receiving(Protocol):
    """Knows which messages are on their way in."""

    def is_receiving(self, account_id: AccountId) -> bool:
        """Whether a message POST of the account has begun to arrive and is not answered."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a request asks for. `client`: whom `repeat=once` counts for; `language`: if the person's is not known.

    `request_id` is what a person can name when something went wrong.
    """

    wait: float
    after: str | None
    form: SpeechForm
    once: bool
    client: str
    language: Language
    request_id: str


class Bubbles:
    """Which question each client of `repeat=once` was given, in memory and bounded."""

    def __init__(self, clock: Clock, *, clients_max: int = CLIENTS_MAX) -> None:
        self._clock = clock
        self._clients_max = clients_max
        self._seen: OrderedDict[str, tuple[float, str | None]] = OrderedDict()

    def polled(self, client: str) -> str | None:
        """A client asks: the question it has, if it went on polling since it got it."""
        now = self._clock.monotonic()
        at, has = self._seen.pop(client, (now, None))
        has = has if now - at < AGAIN_SECONDS else None
        self._seen[client] = (now, has)
        if len(self._seen) > self._clients_max:
            self._seen.popitem(last=False)
        return has

    def given(self, client: str, message_id: str) -> None:
        """A client gets this question."""
        self._seen[client] = (self._clock.monotonic(), message_id)


@dataclass(frozen=True, kw_only=True, slots=True)
class PollsNeed:
    """What polls work with."""

    database: Database
    clock: Clock
    lab: Lab
    callers: Callers
    bells: Bells
    receiving: Receiving
    bubbles: Bubbles


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What is there; `acknowledges`: replies up to the cursor are to become read first."""

    found: Found | None
    acknowledges: bool = False


def look(tx: Tx, account_id: AccountId, after: str | None, stale_seconds: float) -> Look:
    """One look into the mailbox, at what is unread or at what comes after a cursor. Changes nothing."""
    if after is None:
        return Look(found=actions.look(tx, account_id, stale_seconds))
    acknowledges = actions.acknowledges(tx, account_id, after)
    return Look(found=actions.look_after(tx, account_id, after), acknowledges=acknowledges)


class Poll:
    """One request. `answer` is what it gets. `first`: what was seen when the caller was recognised."""

    def __init__(self, need: PollsNeed, caller: LabCaller, asked: Asked, first: Look | None = None) -> None:
        self._need = need
        self._caller = caller
        self._asked = asked
        self._first = first
        self._began = need.clock.monotonic()
        self._wait = asked.wait
        self._hold_until: float | None = None
        self._has = need.bubbles.polled(asked.client) if asked.once else None

    async def answer(self) -> Response:
        """The reply or the placeholder. A store that fails makes a placeholder with `error`, never a 5xx (4.4).

        Raises `unauthenticated` when the session ends while the request waits.
        """
        try:
            return await self._answer()
        except Refusal as refusal:
            if refusal.code == "unauthenticated":
                raise
            return self._fault(refusal)
        except Exception as error:  # noqa: BLE001 (logged; a field client must not see a 5xx)
            return self._fault(error)

    async def _answer(self) -> Response:
        found = await self._look() if self._first is None else await self._settled(self._first)
        if found is None:
            return await self._unknown()
        reply = self._chosen(found)
        if reply is None and self._wait <= 0:
            return self._placeholder(found.standing)
        if reply is not None and found.fresh and (given := await self._give(found, reply)) is not None:
            return given
        waits = self._waiting()
        if waits is None:
            return self._placeholder(found.standing)
        bell = self._need.bells.hang(self._caller)
        try:
            return await self._attend(bell)
        finally:
            self._need.bells.take_down(bell)
            waits()
            if self._asked.once:
                self._need.bubbles.polled(self._asked.client)

    def _waiting(self) -> Callable[[], None] | None:
        """Take a place among the waiting requests of the account; without a free one it is as with `wait=0`."""
        account, bells = self._caller.account_id, self._need.bells
        counter = bells.polls
        if self._wait <= 0 or counter[account] >= self._need.lab.limits.long_polls_per_account_max:
            self._wait = 0
            counter = bells.holds
            if counter[account] >= HOLDS_PER_ACCOUNT_MAX:
                return None
        counter[account] += 1
        return lambda: leave(counter, account)

    async def _attend(self, bell: Bell) -> Response:
        """Look, and look again whenever something happens, until there is something to give or the time is up."""
        accepted = bell.accepted
        while True:
            bell.clear()
            await self._check(bell)
            found = await self._look()
            await self._check(bell)  # what was seen may be newer than the end of the right to it
            if found is None:
                return await self._unknown()
            if bell.stopping:
                return self._placeholder(found.standing)
            if bell.accepted != accepted:
                accepted, self._hold_until = bell.accepted, None
            reply = self._chosen(found)
            pause = self._seconds_without(found) if reply is None else self._seconds_to_hold(found)
            if pause is not None and pause > 0:
                await bell.wait(pause)
            elif reply is None:
                return self._placeholder(found.standing)
            elif (given := await self._give(found, reply)) is not None:
                return given

    async def _check(self, bell: Bell) -> None:
        if bell.doubtful:
            bell.doubtful = False
            if not await self._need.callers.holds(self._caller):  # a revocation heard meanwhile stays, whatever it says
                bell.revoked = True
        if bell.revoked:
            raise Refusal("unauthenticated", "The session has ended.")

    def _chosen(self, found: Found) -> Reply | None:
        """What would be given, but for a question that this client has (`repeat=once`)."""
        reply = found.reply
        if reply is None or reply.question is None or found.fresh or self._has != reply.message.id:
            return reply
        return None

    def _seconds_without(self, found: Found) -> float:
        """How long to wait when there is nothing to give; not after the wait that was asked for."""
        left = self._began + self._wait - self._need.clock.monotonic()
        if found.again_at is not None:
            left = min(left, max(0.01, (found.again_at - self._need.clock.now_ms()) / 1000))
        return min(left, CHECK_SECONDS)

    def _seconds_to_hold(self, found: Found) -> float | None:
        """How long to wait before something old is given (rule 4); none for a first delivery."""
        if found.fresh:
            return None
        now = self._need.clock.monotonic()
        last = self._began + HOLD_SECONDS_MAX
        if self._hold_until is None:
            self._hold_until = now + self._need.lab.limits.response_hold_ms / 1000
        left = min(self._hold_until, last) - now
        if left <= 0 and now < last and self._need.receiving.is_receiving(self._caller.account_id):
            return RECEIVING_LOOK_SECONDS
        return left

    async def _look(self) -> Found | None:
        account_id, after = self._caller.account_id, self._asked.after
        stale = self._need.lab.limits.stale_reply_seconds
        return await self._settled(await self._need.database.read(lambda tx: look(tx, account_id, after, stale)))

    async def _settled(self, seen: Look) -> Found | None:
        """What is there once that was acknowledged which is to be."""
        account_id, after = self._caller.account_id, self._asked.after
        if after is None or not seen.acknowledges:
            return seen.found
        await self._need.database.write(lambda tx: actions.acknowledge(tx, account_id, after))
        return await self._need.database.read(lambda tx: actions.look_after(tx, account_id, after))

    async def _give(self, found: Found, reply: Reply) -> Response | None:
        """The answer that carries a reply; None if another request took the final in the meantime."""
        made = encode.reply(reply, self._asked.form)
        if reply.question is not None:
            if self._asked.once:
                self._need.bubbles.given(self._asked.client, reply.message.id)
            if not found.fresh or reply.message.delivered_at is not None:
                return answer(made)
            return HandedOver(made, Hearing(before_last=self._delivering(reply.question.id)))
        if self._asked.after is not None:
            return answer(made)
        message = reply.message
        token = await self._need.database.write(lambda tx: actions.claim(tx, message.id))
        return None if token is None else HandedOver(made, self._hearing(message, token))

    def _delivering(self, question_id: PauseId) -> Callable[[], Awaitable[object]]:
        by = self._caller.author_id
        return lambda: self._need.database.write(lambda tx: actions.deliver(tx, question_id, by, ROUTE))

    def _hearing(self, message: LabMessage, token: ClaimToken) -> Hearing:
        def noted(action: Callable[[Tx, AccountId, LabMessageId, ClaimToken], bool]) -> Callable[[], Awaitable[object]]:
            return lambda: self._need.database.write(lambda tx: action(tx, message.account_id, message.id, token))

        return Hearing(
            handed_over=noted(actions.handed_over),
            broken_off=noted(actions.give_back),
            broken_after=noted(actions.take_back),
        )

    async def _unknown(self) -> Response:
        account_id = self._caller.account_id
        standing = await self._need.database.read(lambda tx: actions.standing(tx, account_id))
        said = sentence(standing.language or self._asked.language, "mailbox.after_unknown")
        return self._placeholder(standing, f"after_unknown: {said}")

    def _fault(self, error: Exception) -> Response:
        request = self._asked.request_id
        logger.error("mailbox_fault", extra={"request": request}, exc_info=error)
        said = sentence(self._asked.language, "mailbox.internal", request=request)
        return self._placeholder(Standing(turn_id=None, language=None), f"internal: {said}")

    def _placeholder(self, standing: Standing, error: str | None = None) -> Response:
        return answer(encode.placeholder(standing, self._asked.language, error))


def seconds_of(text: str | None, most: float) -> float:
    """`wait` of the query: what is no number counts as none, and more than the most as that (4.4)."""
    try:
        seconds = float(text or 0)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(seconds) else min(max(seconds, 0.0), most)


def form_of(text: str | None, otherwise: SpeechForm) -> SpeechForm:
    """`reply_speech` of the query; what is neither form is ignored (4.2)."""
    forms: Mapping[str, SpeechForm] = {"path": "path", "map": "map"}
    return forms.get(text or "", otherwise)


def is_once(text: str | None, otherwise: Literal["always", "once"]) -> bool:
    """`repeat` of the query, else the setting."""
    return (text if text in ("always", "once") else otherwise) == "once"
