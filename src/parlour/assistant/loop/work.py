"""The job of a turn: read where it stands, do one step, store it with the next job (lab protocol 7.1, 7.2)."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from parlour.assistant.entities import LabMessageId, Turn
from parlour.assistant.loop import endings, moves, steering
from parlour.assistant.loop.acting import Acting
from parlour.assistant.loop.context import View
from parlour.assistant.loop.endings import Failure, failure
from parlour.assistant.loop.journal import COMMENT, INSTRUCT
from parlour.assistant.loop.moves import Moving, Rules
from parlour.assistant.loop.standing import Held, Standing, load
from parlour.assistant.loop.thinking import EMPTY, Mind, Thinking
from parlour.assistant.loop.watching import watching, while_it_runs
from parlour.assistant.messages import reading, turns
from parlour.assistant.messages.turns import STEP, Saved, StepOn
from parlour.assistant.questions import actions as questions
from parlour.assistant.sentences import sentence
from parlour.events.pump import Pump
from parlour.files.entities import StoredFile
from parlour.jobs.queue import Job, Kind
from parlour.kernel.clock import Clock
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import new_secret
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.entities import UsageOf

RECOVERIES_MAX = 5
DAY_MS = 86_400_000
DELIMITER_CHARACTERS = 16


class Texts(Protocol):
    """Who takes the text out of files."""

    async def ensure(self, file_id: str) -> StoredFile:
        """The file, after its text was taken out or could not be."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class AssistantNeed:
    """What the assistant works with."""

    database: Database
    pump: Pump
    clock: Clock
    mind: Mind
    rules: Rules
    texts: Texts


class Assistant:
    """Does the steps of turns."""

    def __init__(self, need: AssistantNeed) -> None:
        self._database = need.database
        self._pump = need.pump
        self._clock = need.clock
        self._mind = need.mind
        self._rules = need.rules
        self._limits = need.rules.limits
        self._texts = need.texts

    def kind(self) -> Kind:
        """The job of one step."""
        return Kind(name=STEP, step=self._step, stuck=_stuck)

    async def _step(self, job: Job) -> None:
        turn_id = job.read(StepOn).turn_id
        turn = await self._database.read(lambda tx: turns.turn(tx, turn_id))
        if turn is None:
            await self._database.write(job.finish)
            return
        with watching(self._pump, turn) as watch:
            standing = await self._database.read(lambda tx: load(tx, turn_id))
            if standing is None:
                await self._database.write(job.finish)
                return
            held = Held(self._database, self._clock, job, standing)
            await while_it_runs(held, watch, self._work(held, job))

    async def _work(self, held: Held, job: Job) -> None:
        if job.claims > 1:
            await held.commit(lambda tx, turn: _recover(tx, turn, held))
        else:
            await self._within_time(held)

    async def _within_time(self, held: Held) -> None:
        """One step, in what is left of the turn's time."""
        left = self._limits.turn_running_seconds_max - held.running_ms / 1000
        began = held.standing.turn.started_at or held.standing.turn.created_at
        days = (self._clock.now_ms() - began) / DAY_MS
        if left <= 0 or days > self._limits.turn_days_max:
            await self._give_up(held, failure("deadline"))
            return
        limit = asyncio.timeout(left)
        try:
            async with limit:
                await self._advance(held)
        except TimeoutError:
            if not limit.expired():
                raise
            await self._give_up(held, failure("deadline"))

    async def _advance(self, held: Held) -> None:
        standing = held.standing
        now, steps = standing.progress, standing.journal
        question = steps.row(now.n, INSTRUCT if now.phase == "think" else COMMENT)
        if now.phase == "prepare":
            await self._prepare(held)
        elif question is not None and question.finished_at is None:
            await held.commit(lambda tx, turn: self._go_on(self._moving(tx, held, turn)))
        elif now.phase == "think":
            await self._think(held)
        else:
            await Acting(held, self._rules).step()

    def _go_on(self, move: Moving) -> None:
        """The question about a proposal or a result is settled; nothing is due while it is not."""
        now, steps = move.now, move.held.standing.journal
        row = steps.row(now.n, INSTRUCT if now.phase == "think" else COMMENT)
        thought = steps.thought(now.n)
        if row is None or row.pause_id is None or thought is None:
            raise RuntimeError("a turn waits without a question")
        if questions.outcome(move.tx, row.pause_id) is None:
            return
        if now.phase == "think":
            steering.after_advice(move, row, thought)
        else:
            steering.after_comment(move, row)

    async def _prepare(self, held: Held) -> None:
        """Before the first thought: the text of the person's files, and whether there is anything to think about."""
        standing = held.standing
        files = [await self._texts.ensure(file.id) for file in standing.files.values()]
        why = _unfit(standing, files)
        if why is not None:
            await self._give_up(held, why)
            return

        def begin(tx: Tx, turn: Turn) -> None:
            now = replace(
                standing.progress,
                reply_id=LabMessageId(tx.new_id()),
                delimiter=new_secret()[:DELIMITER_CHARACTERS],
            )
            moves.think(Moving(tx=tx, held=held, turn=turn, now=now, rules=self._rules))

        await held.commit(begin)

    async def _think(self, held: Held) -> None:
        standing = held.standing
        now, turn = standing.progress, standing.turn
        today = await held.read(lambda tx: _tokens_today(tx, turn))
        left = min(self._limits.model_tokens_per_turn - now.tokens, self._limits.model_tokens_per_day - today)
        if left <= 0:
            over = "model_limit" if now.tokens >= self._limits.model_tokens_per_turn else "model_limit_day"
            await self._give_up(held, failure("model_limit", over))
            return
        history = await held.read(lambda tx: reading.history(tx, turn))
        tools = () if now.last is not None else self._rules.toolbox.offered()
        view = View(standing=standing, history=history, tools=tools, now_ms=self._clock.now_ms())
        thinking = Thinking(held, self._mind, view)
        try:
            thought = await thinking.think(left)
        except ProviderFault as fault:
            await self._without_answer(held, fault)
            return
        await held.commit(lambda tx, turn: steering.after_thought(self._moving(tx, held, turn), thinking.row, thought))

    async def _without_answer(self, held: Held, fault: ProviderFault) -> None:
        """The model failed or said nothing. On the last step the server says what is known (7.1)."""
        last = held.standing.progress.last
        if last == "stop":
            await held.commit(endings.stop)
        elif last is not None and fault.text == EMPTY:
            await self._give_up(held, failure("steps_exhausted"))
        else:
            await self._give_up(held, failure("model_unavailable"))

    async def _give_up(self, held: Held, why: Failure) -> None:
        await held.commit(lambda tx, turn: endings.give_up(tx, turn, why))

    def _moving(self, tx: Tx, held: Held, turn: Turn) -> Moving:
        now = held.standing.progress
        return Moving(tx=tx, held=held, turn=turn, now=replace(now, tokens=now.tokens + held.tokens), rules=self._rules)


def _recover(tx: Tx, turn: Turn, held: Held) -> None:
    """A worker died in this step: try again by a new job, but not for ever."""
    if turn.recoveries >= RECOVERIES_MAX:
        endings.break_down(tx, turn)
        return
    saved = Saved(
        progress=turn.progress,
        flags=turn.flags,
        running_ms=held.running_ms,
        recoveries=turn.recoveries + 1,
        fence=None,
    )
    turns.save(tx, turn.id, saved)
    tx.enqueue(STEP, StepOn(turn_id=turn.id), unique=f"{STEP}:{turn.id}")


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    turn = turns.turn(tx, decode(body, StepOn).turn_id)
    if turn is not None and turn.state == "running":
        endings.break_down(tx, turn)


def _unfit(standing: Standing, files: Sequence[StoredFile]) -> Failure | None:
    """Why the model need not be asked at all: no words were heard, or the only thing sent cannot be read."""
    said = standing.said
    if said.text.strip():
        return None
    if said.kind == "speech":
        return failure("speech_recognition_unavailable")
    if not files or any(file.text_status not in ("failed", "no_text") for file in files):
        return None
    file = files[0]
    reason = "file_without_text" if file.text_status == "no_text" else "file_broken"
    return failure("file_unreadable", name=file.name, reason=sentence(standing.member.language, f"endings.{reason}"))


def _tokens_today(tx: Tx, turn: Turn) -> int:
    """What the account's turns used in the last 24 hours."""
    sums = usage.sums(tx, UsageOf(account_id=turn.account_id, at_from=tx.now_ms - DAY_MS), "task")
    return sum(each.input_tokens + each.output_tokens for each in sums if each.key == "assist")
