"""Doing what a tool's flow wants, so that it happens as often as it should (lab protocol 7.2, 6.5).

`Ask` is asked once. `Do` runs in the transaction that keeps its result: exactly once. `Outside` is
committed as begun, called, and its result kept; begun and never ended means that nobody knows
whether it happened, and only a harmless one is called again. What has an operation is looked at in
the transaction that does it, or that commits its beginning: a policy `ask` needs a stored yes there.
"""

import asyncio
import logging
from dataclasses import replace
from typing import assert_never

from parlour.assistant.entities import JsonValue, Turn
from parlour.assistant.loop import authorise, flows, journal, moves
from parlour.assistant.loop.journal import Entry, Kept, Wanted
from parlour.assistant.loop.moves import Moving, Rules
from parlour.assistant.loop.standing import Held
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import NewQuestion, Settled
from parlour.assistant.tools.ports import Ask, Do, Operation, Outside, Policy, Tool, ToolError, Wish
from parlour.kernel.dataclass import dataclass
from parlour.kernel.ids import PauseId
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.tx import Tx

logger = logging.getLogger("parlour.assistant")

DENIED = "The laboratory's policy denies this. Nothing was done."
REFUSED = "Refused by the person. Nothing was done."
LAPSED = "Nobody answered in time, so it was not done."
TOO_MANY = "Not done: too many questions were asked in this turn."
UNKNOWN = "The server stopped while this was under way. Nobody knows whether it happened; it was not repeated."
SILENT = "There was no answer in time. Nobody knows whether it happened; it was not repeated."


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """The k-th wish of a call."""

    wanted: Wanted
    tool: Tool
    k: int

    @property
    def row(self) -> str:
        """The journal's name for its result."""
        return f"{self.wanted.call_id}/{self.k:03}"

    @property
    def question_row(self) -> str:
        """The journal's name for the question whether it may be done."""
        return f"{self.row}/ask"


class _TakeBackError(Exception):
    """An act was refused: its changes are undone, the refusal is kept."""

    def __init__(self, kept: Kept) -> None:
        super().__init__(kept.why)
        self.kept = kept


class Performing:
    """One wish, done or brought one durable step further."""

    def __init__(self, held: Held, rules: Rules, place: Place) -> None:
        self._held = held
        self._rules = rules
        self._place = place
        self._n = held.standing.progress.n
        self._row = held.standing.journal.row(self._n, place.row)
        self._question = held.standing.journal.row(self._n, place.question_row)

    async def perform(self, wish: Wish) -> None:
        """Do it, or ask about it."""
        match wish:
            case Ask():
                await self._ask(wish)
            case Do():
                if not await self._asks_first(wish) and not await self._reads(wish):
                    await self._do(wish)
            case Outside():
                if not await self._asks_first(wish):
                    await self._outside(wish)
            case _:
                assert_never(wish)

    async def _ask(self, wish: Ask) -> None:
        pause_id = self._row.pause_id if self._row is not None else None
        if pause_id is None:
            await self._put(
                self._place.row, wish, questions.of_prompt(wish.prompt, self._rules.limits.question_hours_max)
            )
            return

        def settle(tx: Tx, turn: Turn) -> None:
            settled = _settled(tx, pause_id)
            move = self._moving(tx, turn)
            if settled.state == "expired":
                move = _lapsed(move, self._title())
            self._keep(move, wish, Kept(value=settled.answer), settled.state)

        await self._held.commit(settle)

    async def _asks_first(self, wish: Do | Outside) -> bool:
        """Ask for a yes if the operation needs one and nobody was asked yet."""
        operation = wish.operation
        if operation is None or self._question is not None or self._row is not None:
            return False
        if self._policy(operation) != "ask":
            return False
        await self._put(self._place.question_row, wish, authorise.question_of(operation))
        return True

    async def _put(self, row: str, wish: Wish, question: NewQuestion) -> None:
        """Ask something, unless the turn has asked too much: then the call gets that instead of an answer."""

        def put(tx: Tx, turn: Turn) -> None:
            move = self._moving(tx, turn)
            if move.may_ask:
                moves.wait(move, replace(self._entry(wish), name=row), question)
                return
            spent = replace(move, now=replace(move.now, last="questions"))
            error = "refused" if question.kind == "authorize" else "abandoned"
            self._keep(spent, wish, Kept(error=error, why=TOO_MANY))

        await self._held.commit(put)

    async def _reads(self, wish: Do) -> bool:
        """Look something up beside the writer, so that a search holds nobody up; False if it changes rows."""
        if wish.operation is not None:
            return False
        try:
            kept = await self._held.read(lambda tx: _result(tx, wish))
        except RuntimeError:
            return False
        await self._held.commit(lambda tx, turn: self._keep(self._moving(tx, turn), wish, kept))
        return True

    async def _do(self, wish: Do) -> None:
        def perform(tx: Tx, turn: Turn) -> None:
            move, refusal = self._look_at(self._moving(tx, turn), wish.operation)
            self._keep(move, wish, refusal or _result_or_nothing(tx, wish))

        await self._held.commit(perform)

    async def _outside(self, wish: Outside) -> None:
        if self._row is not None and not wish.idempotent:
            unknown = Kept(error="unknown", why=UNKNOWN)
            await self._held.commit(lambda tx, turn: self._keep(self._moving(tx, turn), wish, unknown))
            return
        if self._row is None and not await self._begins(wish):
            return
        kept = await self._called(wish)
        await self._held.commit(lambda tx, turn: self._keep(self._moving(tx, turn), wish, kept))

    async def _begins(self, wish: Outside) -> bool:
        """Commit that the call begins, if it may; else keep why not."""

        def begin(tx: Tx) -> Kept | None:
            move, refusal = self._look_at(self._moving(tx, self._held.standing.turn), wish.operation)
            if refusal is None:
                journal.write(tx, move.turn.id, self._entry(wish))
            return refusal

        refusal = await self._held.note(begin)
        if refusal is None:
            return True

        def keep(tx: Tx, turn: Turn) -> None:
            move, _ = self._look_at(self._moving(tx, turn), wish.operation)
            self._keep(move, wish, refusal)

        await self._held.commit(keep)
        return False

    async def _called(self, wish: Outside) -> Kept:
        limit = min(wish.seconds_max or self._place.tool.seconds_max, self._rules.limits.tool_seconds_max)
        uncertain = wish.operation is not None and not wish.idempotent
        key = f"{self._held.standing.turn.id}/{self._n}/{self._place.row}"
        try:
            async with asyncio.timeout(limit):
                return Kept(value=await wish.call(key))
        except ToolError as error:
            return Kept(error=error.status, why=error.why)
        except ProviderFault as fault:
            return Kept(error="failed", why=fault.text)
        except TimeoutError:
            return Kept(error="unknown", why=SILENT) if uncertain else Kept(error="failed", why="no answer in time")
        except Exception:
            logger.exception("outside_call_broken", extra={"turn": self._held.standing.turn.id})
            return Kept(error="unknown" if uncertain else "failed", why="The call broke off with an error.")

    def _look_at(self, move: Moving, operation: Operation | None) -> tuple[Moving, Kept | None]:
        """Whether the operation may be done in this transaction: None, or what the flow gets instead.

        A question that was asked decides, whatever the policy is by now: a no stays a no.
        """
        if operation is None:
            return move, None
        policy, question = self._policy(operation), self._question
        if policy == "deny":
            return move, Kept(error="refused", why=DENIED)
        if question is None or question.pause_id is None:
            return move, None if policy == "auto" else Kept(error="refused", why=REFUSED)
        settled = _settled(move.tx, question.pause_id)
        if question.finished_at is None:
            journal.finish(move.tx, question, settled.state, settled.answer)
        if authorise.is_allowed(move.tx, move.turn, operation, question.pause_id):
            return move, None
        if settled.state == "expired":
            return _lapsed(move, operation.title), Kept(error="refused", why=LAPSED)
        note = str((settled.answer or {}).get("note") or "")
        return move, Kept(error="refused", why=f"{REFUSED} They said: {note}" if note else REFUSED)

    def _policy(self, operation: Operation) -> Policy:
        """That of the operation's own tool, which may be another one than was called."""
        tool = self._rules.toolbox.find(operation.tool) or self._place.tool
        return self._rules.toolbox.policy(tool, operation.arguments)

    def _keep(self, move: Moving, wish: Wish, kept: Kept, told: str = "ok") -> None:
        """Store a result, named `told` in the trace if it is no error; the flow gets it in the next job."""
        outcome = kept.error or told
        if self._row is not None:
            journal.finish(move.tx, self._row, outcome, kept)
        else:
            journal.write(move.tx, move.turn.id, replace(self._entry(wish), outcome=outcome, output=kept))
        self._held.go_on(move.tx, move.turn, move.now)

    def _entry(self, wish: Wish) -> Entry:
        return Entry(
            n=self._n, name=self._place.row, kind="tool", title=flows.title_of(wish), tool=self._place.tool.name
        )

    def _moving(self, tx: Tx, turn: Turn) -> Moving:
        return Moving(tx=tx, held=self._held, turn=turn, now=self._held.standing.progress, rules=self._rules)

    def _title(self) -> str:
        tool = self._place.tool
        return tool.titles.get(self._held.standing.member.language, tool.name)


def _result(tx: Tx, wish: Do) -> Kept:
    """The result of acting; a refusal is one too."""
    try:
        value: JsonValue = wish.act(tx)
    except Refusal as refusal:
        if refusal.code == "unavailable":
            raise
        return Kept(error="failed", why=refusal.text)
    except ToolError as error:
        return Kept(error=error.status, why=error.why)
    return Kept(value=value)


def _result_or_nothing(tx: Tx, wish: Do) -> Kept:
    """As `_result`; what a refused act has changed is taken back."""
    try:
        with tx.savepoint():
            kept = _result(tx, wish)
            if kept.error is not None:
                raise _TakeBackError(kept)
            return kept
    except _TakeBackError as error:
        return error.kept


def _settled(tx: Tx, pause_id: PauseId) -> Settled:
    settled = questions.outcome(tx, pause_id)
    if settled is None:
        raise RuntimeError("a turn went on while its question is open")
    return settled


def _lapsed(move: Moving, what: str) -> Moving:
    """The turn remembers what was not done because nobody answered (4.7)."""
    lapsed = dict.fromkeys([*move.now.lapsed, what])
    return replace(move, now=replace(move.now, lapsed=tuple(lapsed)))
