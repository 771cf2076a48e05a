"""The job that generates: each job makes one value, stores it with the end of the job, and enqueues the next.

A crash loses the value at hand and nothing else: the tool call that it was in is told as stopped, and
the value is asked for again. A type that cannot be made fails alone (decision D24); the run then ends
as failed when the other types are through.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from parlour.accounts import actions as accounts
from parlour.drafts import actions, kinds, store, telling
from parlour.drafts.actions import GENERATE, Step
from parlour.drafts.entities import Draft, DraftId, ErrorStage, Failure, Progress, Run, RunId
from parlour.drafts.kinds import Answered, Scene, Slot, UnusableAnswerError
from parlour.drafts.material import apply, published_of, template_of, without
from parlour.drafts.prompt import Previous, Wanted, draft_request
from parlour.drafts.registry import fields_of
from parlour.drafts.streams import ANSWER_CHARACTERS_MAX, ObjectStream, readable
from parlour.drafts.telling import Completed
from parlour.jobs.queue import Job, Kind
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.ports import Finished, Model, Request, Text
from parlour.turns.usage import Meter, Payer

UNAVAILABLE = "The model service is not available."
UNUSABLE = "The model gave no usable answer."
TOO_LONG = "It took too long."
INTERRUPTED = "It was interrupted and is begun again."
CHANGED = "It has been changed by hand meanwhile."
GONE = "What was to be generated is not there any more."
NO_ENGINE = "No model here makes this."
GAVE_UP = "The generation could not be finished."


@dataclass(frozen=True, kw_only=True, slots=True)
class DrafterLimits:
    """How long one type may take in seconds (`generate.task_timeout`), and how often a value is asked for."""

    task_seconds_max: float = 120.0
    asks_max: int = 3
    tell_every_characters: int = 160


@dataclass(frozen=True, kw_only=True, slots=True)
class Task:
    """The value at hand: its run, what it is made from, and the tool call that is to make it."""

    run: Run
    draft: Draft
    scene: Scene
    slot: Slot
    call_id: str
    seconds_left: float

    @property
    def type(self) -> str:
        """The type of the value."""
        return self.run.order.types[self.run.progress.index]


class _TaskError(Exception):
    """The type at hand cannot be made."""

    def __init__(self, stage: ErrorStage, text: str) -> None:
        super().__init__(text)
        self.stage: ErrorStage = stage
        self.text = text


class Drafter:
    """Makes what drafts are to hold, with a model; `timezone_name` tells where days begin for limits."""

    def __init__(self, database: Database, model: Model, model_name: str, limits: DrafterLimits, timezone: str) -> None:
        self._database = database
        self._model = model
        self._model_name = model_name
        self._limits = limits
        self._timezone = timezone

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=GENERATE, step=self._step, stuck=_stuck)

    async def _step(self, job: Job) -> None:
        body = job.read(Step)
        task = await self._database.write(lambda tx: self._begin(tx, job, body.run_id))
        if task is None:
            return
        meters: list[Meter] = []
        failed: _TaskError | None = None
        try:
            async with asyncio.timeout(task.seconds_left):
                made, answered = await self._usable(job, task, meters)
        except TimeoutError:
            failed = _TaskError("timeout", TOO_LONG)
        except _TaskError as error:
            failed = error
        except ProviderFault as fault:
            if fault.retryable and job.claims < self._limits.asks_max:
                await self._write(task, meters, lambda tx: _close_call(tx, job, body.run_id, UNAVAILABLE))
                raise
            failed = _TaskError("model", UNAVAILABLE)
        else:
            await self._write(task, meters, lambda tx: _keep(tx, job, made, answered))
            return
        error = failed
        await self._write(task, meters, lambda tx: _give_up_type(tx, job, body.run_id, error))

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
        scene = scene_of(tx, run)
        if scene is None:
            job.finish(tx)
            actions.abort_generation(tx, run, Failure(code="not_found", text=GONE), "tool")
            return None
        return self._next(tx, job, run, scene)

    def _charge(self, tx: Tx, run: Run) -> Failure | None:
        if not run.order.charge:
            return None
        try:
            accounts.take_request(tx, run.account_id, self._timezone)
        except Refusal as refusal:
            return Failure(code=refusal.code, text=refusal.text)
        return None

    def _next(self, tx: Tx, job: Job, run: Run, found: tuple[Draft, Scene]) -> Task | None:
        draft, scene = found
        type_name = run.order.types[run.progress.index]
        slots = kinds.plan(type_name, scene) if type_name in kinds.MADE_TYPES else ()
        if run.progress.made >= len(slots):
            failed = () if type_name in kinds.MADE_TYPES else (_TaskError("model", NO_ENGINE),)
            if failed:
                run = _open_call(tx, run)
                run = actions.orphan_call(tx, run, failed[0].stage, failed[0].text)
            _through(tx, job, run, failed=bool(failed))
            return None
        run = _open_call(tx, run)
        store.set_progress(tx, run.id, run.progress)
        return Task(
            run=run,
            draft=draft,
            scene=scene,
            slot=slots[run.progress.made],
            call_id=run.progress.call_id or "",
            seconds_left=max(1.0, self._limits.task_seconds_max - (tx.now_ms - run.progress.since) / 1000),
        )

    async def _usable(self, job: Job, task: Task, meters: list[Meter]) -> tuple[Task, Answered]:
        """A usable answer; the model is told why an earlier one was not. Each answer is a call of its own."""
        previous: Previous | None = None
        asked = 0
        while True:
            wanted = Wanted(type=task.type, slot=task.slot, scene=task.scene)
            request = draft_request(wanted, self._model_name, previous)
            meters.append(Meter(request))
            answer = await self._ask(job, task, request, meters[-1])
            asked += 1
            try:
                return task, kinds.read(task.type, answer, task.scene)
            except UnusableAnswerError as error:
                if asked >= self._limits.asks_max or task.run.progress.rounds >= kinds.ROUNDS_MAX:
                    raise _TaskError("validation", UNUSABLE) from error
                previous = Previous(answer=answer, fault=error.reason)
                fault, old = error.reason, task
                again = await self._database.write(lambda tx, old=old, fault=fault: _again(tx, job, old, fault))
                if again is None:
                    raise _TaskError("stopped", GONE) from error
                task = again

    async def _ask(self, job: Job, task: Task, request: Request, meter: Meter) -> str:
        """The JSON object of the model's answer, told while it is written."""
        stream, waiting, fields = ObjectStream(), "", fields_of(task.type)
        told: Mapping[str, object] = {}
        async with aclosing(self._model.stream(request)) as pieces:
            async for piece in pieces:
                meter.see(piece)
                if isinstance(piece, Finished) or len(stream.text) > ANSWER_CHARACTERS_MAX:
                    break
                if not isinstance(piece, Text):
                    continue
                waiting += stream.feed(piece.text)
                if len(waiting) >= self._limits.tell_every_characters or (stream.closed and waiting):
                    told = await self._tell(job, task, waiting, readable(stream.text, fields), told)
                    waiting = ""
        meter.end()
        if waiting:
            await self._tell(job, task, waiting, readable(stream.text, fields), told)
        return stream.text

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
            telling.progressed(tx, task.run, task.call_id, delta, fields)
            return True

        if not await self._database.write(tell):
            raise _TaskError("stopped", GONE)
        return fields


def scene_of(tx: Tx, run: Run) -> tuple[Draft, Scene] | None:
    """What a run makes its values from; None if the draft or its template is gone."""
    draft = store.draft(tx, run.draft_id)
    template = template_of(tx, draft.body.basis) if draft else None
    published = published_of(tx, template) if template else None
    if draft is None or published is None:
        return None
    now = apply(draft.body.values, without(published, run.order.types))
    return draft, Scene(published=published, now=now, seed=run.id)


def _open_call(tx: Tx, run: Run) -> Run:
    """A new tool call for the type at work."""
    call_id = tx.new_id()
    run = replace(run, progress=replace(run.progress, call_id=call_id, rounds=run.progress.rounds + 1))
    telling.started(tx, run, call_id)
    return run


def _again(tx: Tx, job: Job, task: Task, fault: str) -> Task | None:
    """The tool call failed its validation; another one begins. None if the run has ended meanwhile."""
    job.hold(tx)
    run = store.run(tx, task.run.id, lock=True)
    if run is None or run.state != "running":
        return None
    run = _open_call(tx, actions.orphan_call(tx, run, "validation", fault))
    store.set_progress(tx, run.id, run.progress)
    return replace(task, run=run, call_id=run.progress.call_id or "")


def _close_call(tx: Tx, job: Job, run_id: RunId, text: str) -> None:
    job.hold(tx)
    run = store.run(tx, run_id, lock=True)
    if run is not None and run.state == "running":
        store.set_progress(tx, run.id, actions.orphan_call(tx, run, "model", text).progress)


def _keep(tx: Tx, job: Job, task: Task, answered: Answered) -> None:
    """Store a value with the end of its job: it is there once, however often it was asked for (P9)."""
    run = store.run(tx, task.run.id, lock=True)
    draft = store.draft(tx, task.draft.id, lock=True)
    if run is None or run.state != "running":
        job.finish(tx)
        return
    if draft is None:
        _give_up_type(tx, job, run.id, _TaskError("tool", GONE))
        return
    if draft.body.touched.get(task.type, 0) > run.order.draft_version:
        _give_up_type(tx, job, run.id, _TaskError("conflict", CHANGED))
        return
    value_id = tx.new_id()
    value = kinds.made(task.type, task.slot, answered, value_id)
    values = kinds.add(draft.body.values, task.slot, value, task.type, task.scene)
    store.write(tx, DraftId(draft.id), replace(draft.body, values=values))
    fields = kinds.shown(task.type, value, value_id)
    telling.completed(tx, run, task.call_id, Completed(value_id=value_id, fields=fields))
    run = replace(run, progress=replace(run.progress, made=run.progress.made + 1, call_id=None))
    if run.progress.made < task.slot.of:
        job.finish(tx)
        store.set_progress(tx, run.id, run.progress)
        tx.enqueue(GENERATE, Step(run_id=run.id))
    else:
        _through(tx, job, run, failed=False)


def _give_up_type(tx: Tx, job: Job, run_id: RunId, error: _TaskError) -> None:
    run = store.run(tx, run_id, lock=True)
    if run is None or run.state != "running":
        job.finish(tx)
        return
    _through(tx, job, actions.orphan_call(tx, run, error.stage, error.text), failed=True)


def _through(tx: Tx, job: Job, run: Run, *, failed: bool) -> None:
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
    failure = None
    if run.progress.failed:
        text = f"These could not be generated: {', '.join(run.progress.failed)}."
        failure = Failure(code="generation_failed", text=text)
    actions.finish_generation(tx, run, failure)


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """Given up for good: the run ends, and whoever waits for it is told."""
    run = store.run(tx, decode(body, Step).run_id, lock=True)
    if run is not None and run.state == "running":
        actions.abort_generation(tx, run, Failure(code="internal", text=GAVE_UP), "stopped")
