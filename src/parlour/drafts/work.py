"""The job that generates: each job makes one value, stores it with the end of the job, and enqueues the next.

A crash loses the value at hand and nothing else: the tool call that it was in is told as stopped, and
the value is asked for again. A type that cannot be made fails alone (decision D24); the run then ends
as failed when the other types are through. What is made from what, the workshops know (`making`).
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace

from parlour.accounts import actions as accounts
from parlour.drafts import actions, store, telling
from parlour.drafts.actions import GENERATE, Step
from parlour.drafts.entities import Draft, Failure, Progress, Run, RunId
from parlour.drafts.making import (
    ROUNDS_MAX,
    Bench,
    Made,
    Previous,
    Slot,
    TaskError,
    UnusableAnswerError,
    Wanted,
    Workshop,
)
from parlour.drafts.receipts import GONE, RunReceipt
from parlour.drafts.streams import ANSWER_CHARACTERS_MAX, ObjectStream, readable
from parlour.drafts.telling import Completed
from parlour.jobs.queue import Job, Kind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.ports import Finished, Model, Request, Said, Text, ToolCall
from parlour.turns.usage import Meter, Payer

logger = logging.getLogger("parlour.drafts")
UNAVAILABLE = "The model service is not available."
UNUSABLE = "The model gave no usable answer."
TOO_LONG = "It took too long."
INTERRUPTED = "It was interrupted and is begun again."
CHANGED = "It has been changed by hand meanwhile."
GAVE_UP = "The generation could not be finished."


@dataclass(frozen=True, kw_only=True, slots=True)
class DrafterLimits:
    """How long one type may take in seconds (`generate.task_timeout`), and how often a value is asked for.

    A piece tells all that can be read so far: from `tell_every_characters` they grow to the `tellings_of_all`th part
    of a long text, so that what is told of it is in proportion to its length, not to the square of it.
    """

    task_seconds_max: float = 120.0
    asks_max: int = 3
    tell_every_characters: int = 160
    tellings_of_all: int = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class DrafterNeed:
    """What drafting is done with: who writes which artifacts, and with which model of the settings.

    `workshops` by artifact type; "" serves all others. `timezone_name` tells where days begin for limits.
    """

    database: Database
    model: Model
    model_name: str
    workshops: Mapping[str, Workshop]
    limits: DrafterLimits
    timezone_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """The value at hand: its run, what it is made from, the tool call that is to make it, and what the model said."""

    run: Run
    draft: Draft
    bench: Bench
    slot: Slot
    call_id: str
    seconds_left: float
    answer: str = ""

    @property
    def type(self) -> str:
        """The type of the value."""
        return self.run.order.types[self.run.progress.index]


class Drafter:
    """Makes what drafts are to hold, with a model."""

    def __init__(self, need: DrafterNeed) -> None:
        self._need = need
        self._database = need.database
        self._limits = need.limits

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=GENERATE, step=self._step, stuck=_stuck)

    async def _step(self, job: Job) -> None:
        body = job.read(Step)
        task = await self._database.write(lambda tx: self._begin(tx, job, body.run_id))
        if task is None:
            return
        meters: list[Meter] = []
        failed: TaskError | None = None
        try:
            async with asyncio.timeout(task.seconds_left):
                made, answered = await self._usable(job, task, meters)
            receipt = RunReceipt(self._database, job, made.run, made.answer)
            answered = await made.bench.complete(made.type, made.slot, answered, receipt)
        except TimeoutError:
            logger.warning("model_timed_out", extra={"model": self._need.model_name, "job": job.job_id})
            failed = TaskError("timeout", TOO_LONG)
        except TaskError as error:
            failed = error
        except ProviderFault as fault:
            if fault.retryable and job.claims < self._limits.asks_max:
                await self._write(task, meters, lambda tx: _close_call(tx, job, body.run_id, UNAVAILABLE))
                raise
            failed = TaskError("model", UNAVAILABLE)
        else:
            await self._write(task, meters, lambda tx: self._keep(tx, job, made, answered))
            return
        error = failed
        await self._write(task, meters, lambda tx: self._give_up_type(tx, job, body.run_id, error))

    async def _write(self, task: Task, meters: Sequence[Meter], outcome: Callable[[Tx], None]) -> None:
        """Store an outcome, and what the requests for it used."""
        run = task.run
        payer = Payer(account_id=run.account_id, attempt_id=run.order.attempt_id, subject_id=run.draft_id)
        used = [meter.used(payer) for meter in meters]

        def write(tx: Tx) -> None:
            outcome(tx)
            usage.note_all(tx, used)

        await self._database.write(write)

    def _begin(self, tx: Tx, job: Job, run_id: RunId) -> Task | None:
        """The next value to make, its tool call open; None if there is nothing to make now."""
        job.hold(tx)
        run = store.run(tx, run_id, lock=True)
        if run is None or run.state != "running":
            job.finish(tx)
            return None
        if not run.progress.begun:
            refused = self._charge(tx, run)
            if refused is not None:
                job.finish(tx)
                actions.abort_generation(tx, run, refused, "stopped")
                return None
            run = replace(run, progress=replace(run.progress, begun=True, since=tx.now_ms))
            telling.advanced(tx, run, "")
        elif run.progress.call_id is not None:
            run = actions.orphan_call(tx, run, "stopped", INTERRUPTED)
            run = replace(run, progress=replace(run.progress, since=tx.now_ms))
        draft = store.draft(tx, run.draft_id)
        bench = self._workshop(run).bench(tx, run, draft) if draft else None
        if draft is None or bench is None:
            job.finish(tx)
            actions.abort_generation(tx, run, Failure(code="not_found", text=GONE), "tool")
            return None
        return self._next(tx, job, run, (draft, bench))

    def _workshop(self, run: Run) -> Workshop:
        workshops = self._need.workshops
        return workshops[run.artifact_type] if run.artifact_type in workshops else workshops[""]

    def _charge(self, tx: Tx, run: Run) -> Failure | None:
        if not run.order.charge:
            return None
        try:
            accounts.take_request(tx, run.account_id, self._need.timezone_name)
        except Refusal as refusal:
            return Failure(code=refusal.code, text=refusal.text)
        return None

    def _next(self, tx: Tx, job: Job, run: Run, found: tuple[Draft, Bench]) -> Task | None:
        draft, bench = found
        type_name = run.order.types[run.progress.index]
        try:
            slots = bench.slots(type_name)
        except TaskError as error:
            run = actions.orphan_call(tx, actions.open_call(tx, run), error.stage, error.text)
            self._through(tx, job, run, failed=True)
            return None
        if run.progress.made >= len(slots):
            self._through(tx, job, run, failed=False)
            return None
        run = actions.open_call(tx, run)
        store.set_progress(tx, run.id, run.progress)
        return Task(
            run=run,
            draft=draft,
            bench=bench,
            slot=slots[run.progress.made],
            call_id=run.progress.call_id or "",
            seconds_left=max(1.0, self._limits.task_seconds_max - (tx.now_ms - run.progress.since) / 1000),
        )

    async def _usable(self, job: Job, task: Task, meters: list[Meter]) -> tuple[Task, object]:
        """A usable answer; the model is told why an earlier one was not. Each answer is a call of its own."""
        previous: Previous | None = None
        asked, ordered = 0, task.run.progress.ordered
        while True:
            wanted = Wanted(type=task.type, slot=task.slot, model=self._need.model_name, previous=previous)
            request = ordered.answer if ordered is not None else task.bench.request(wanted)
            if isinstance(request, str):
                await self._tell(job, task, request, readable(request, task.bench.fields(task.type)), {})
                answer = request
            else:
                answer = await self._ask(job, task, request, meters)
            asked += 1
            try:
                return replace(task, answer=answer), task.bench.read(task.type, task.slot, answer)
            except UnusableAnswerError as error:
                spent = asked >= self._limits.asks_max or task.run.progress.rounds >= ROUNDS_MAX
                if spent or isinstance(request, str):
                    raise TaskError("validation", UNUSABLE) from error
                previous = Previous(answer=answer, fault=error.reason)
                fault, old = error.reason, task
                again = await self._database.write(lambda tx, old=old, fault=fault: _again(tx, job, old, fault))
                if again is None:
                    raise TaskError("stopped", GONE) from error
                task = again

    async def _ask(self, job: Job, task: Task, request: Request, meters: list[Meter]) -> str:
        """The JSON object of the model's answer, told while it is written; the tools it asks for are used first."""
        rounds = 0
        while True:
            meters.append(Meter(request))
            text, calls = await self._answer(job, task, request, meters[-1])
            if not calls or text:
                return text
            rounds += 1
            if rounds > ROUNDS_MAX:
                raise TaskError("tool", UNUSABLE)
            results = [await self._use(task, call) for call in calls]
            request = replace(
                request,
                messages=(*request.messages, Said(role="assistant", content="", tool_calls=tuple(calls)), *results),
                tools=request.tools if rounds < ROUNDS_MAX else (),
            )

    async def _use(self, task: Task, call: ToolCall) -> Said:
        found = await self._database.read(lambda tx: task.bench.use_tool(tx, call))
        return Said(role="tool", content=found, tool_call_id=call.call_id)

    async def _answer(self, job: Job, task: Task, request: Request, meter: Meter) -> tuple[str, list[ToolCall]]:
        """The object that one answer has, and the tools that it asks for instead."""
        stream, waiting, fields = ObjectStream(), "", task.bench.fields(task.type)
        told: Mapping[str, object] = {}
        calls: list[ToolCall] = []
        async with aclosing(self._need.model.stream(request)) as pieces:
            async for piece in pieces:
                meter.see(piece)
                if isinstance(piece, Finished) or len(stream.text) > ANSWER_CHARACTERS_MAX:
                    break
                if isinstance(piece, ToolCall):
                    calls.append(piece)
                if not isinstance(piece, Text):
                    continue
                waiting += stream.feed(piece.text)
                enough = max(self._limits.tell_every_characters, len(stream.text) // self._limits.tellings_of_all)
                if len(waiting) >= enough or (stream.closed and waiting):
                    told = await self._tell(job, task, waiting, readable(stream.text, fields), told)
                    waiting = ""
        meter.end()
        if waiting:
            await self._tell(job, task, waiting, readable(stream.text, fields), told)
        return stream.text, calls

    async def _tell(
        self, job: Job, task: Task, delta: str, fields: Mapping[str, object], told: Mapping[str, object]
    ) -> Mapping[str, object]:
        """Tell a piece, unless its readers may not see it and nothing else has come."""
        if task.run.order.redacted and telling.visible(task.run, fields) == telling.visible(task.run, told):
            return told

        def tell(tx: Tx) -> bool:
            job.hold(tx)
            run = store.run(tx, task.run.id, lock=True)
            if run is None or run.state != "running" or run.progress.call_id != task.call_id:
                return False
            if not self._workshop(run).allows(tx, run, task.draft):
                return False
            telling.progressed(tx, task.run, task.call_id, delta, fields)
            return True

        if not await self._database.write(tell):
            raise TaskError("stopped", GONE)
        return fields

    def _keep(self, tx: Tx, job: Job, task: Task, answered: object) -> None:
        """Store a value with the end of its job: it is there once, however often it was asked for (P9)."""
        run = store.run(tx, task.run.id, lock=True)
        draft = store.draft(tx, task.draft.id, lock=True)
        if run is None or run.state != "running":
            job.finish(tx)
            return
        if draft is None:
            self._give_up_type(tx, job, run.id, TaskError("tool", GONE))
            return
        if not self._workshop(run).allows(tx, run, draft):
            job.finish(tx)
            actions.abort_generation(tx, run, Failure(code="not_found", text=GONE), "tool")
            return
        if draft.body.touched.get(task.type, 0) > run.order.draft_version:
            self._give_up_type(tx, job, run.id, TaskError("conflict", CHANGED))
            return
        made = Made(type=task.type, slot=task.slot, answered=answered, fresh_id=tx.new_id(), run=run)
        try:
            kept = task.bench.keep(tx, draft, made)
        except TaskError as error:
            self._give_up_type(tx, job, run.id, error)
            return
        store.write(tx, draft.id, kept.body)
        completed = Completed(value_id=kept.value_id, fields=kept.fields, generated=kept.generated)
        telling.completed(tx, run, task.call_id, completed)
        done = replace(run.progress, made=run.progress.made + 1, rounds=0, call_id=None, ordered=None)
        run = replace(run, progress=done)
        if run.progress.made < task.slot.of:
            job.finish(tx)
            store.set_progress(tx, run.id, run.progress)
            tx.enqueue(GENERATE, Step(run_id=run.id))
        else:
            self._through(tx, job, run, failed=False)

    def _give_up_type(self, tx: Tx, job: Job, run_id: RunId, error: TaskError) -> None:
        run = store.run(tx, run_id, lock=True)
        if run is None or run.state != "running":
            job.finish(tx)
            return
        self._through(tx, job, actions.orphan_call(tx, run, error.stage, error.text), failed=True)

    def _through(self, tx: Tx, job: Job, run: Run, *, failed: bool) -> None:
        """A type is through: on to the next, or to the end."""
        job.finish(tx)
        done, type_name = run.progress, run.order.types[run.progress.index]
        run = replace(
            run,
            progress=Progress(
                begun=True,
                index=done.index + 1,
                since=tx.now_ms,
                completed=done.completed + (0 if failed else 1),
                failed=(*done.failed, type_name) if failed else done.failed,
            ),
        )
        store.set_progress(tx, run.id, run.progress)
        if not failed:
            telling.advanced(tx, run, type_name)
        if run.type is not None:
            tx.enqueue(GENERATE, Step(run_id=run.id))
            return
        if run.progress.failed:
            text = f"These could not be generated: {', '.join(run.progress.failed)}."
            actions.finish_generation(tx, run, Failure(code="generation_failed", text=text))
            return
        draft = store.draft(tx, run.draft_id, lock=True)
        conclusion = self._workshop(run).conclude(tx, run, draft) if draft else None
        actions.finish_generation(tx, run, None, conclusion)


def _again(tx: Tx, job: Job, task: Task, fault: str) -> Task | None:
    """The tool call failed its validation; another one begins. None if the run has ended meanwhile."""
    job.hold(tx)
    run = store.run(tx, task.run.id, lock=True)
    if run is None or run.state != "running":
        return None
    run = actions.open_call(tx, actions.orphan_call(tx, run, "validation", fault))
    store.set_progress(tx, run.id, run.progress)
    return replace(task, run=run, call_id=run.progress.call_id or "")


def _close_call(tx: Tx, job: Job, run_id: RunId, text: str) -> None:
    job.hold(tx)
    run = store.run(tx, run_id, lock=True)
    if run is not None and run.state == "running":
        store.set_progress(tx, run.id, actions.orphan_call(tx, run, "model", text).progress)


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """Given up for good: the run ends, and whoever waits for it is told."""
    run = store.run(tx, decode(body, Step).run_id, lock=True)
    if run is not None and run.state == "running":
        actions.abort_generation(tx, run, Failure(code="internal", text=GAVE_UP), "stopped")
