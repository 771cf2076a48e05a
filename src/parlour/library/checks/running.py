"""Checks of drafts: the trials as jobs, one answer of a model each, and the report that they end in.

A crash loses the answer at hand, and it is asked for again; the outcome is stored once, with the end of its job.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from typing import Literal

import msgspec

from parlour.accounts import actions as accounts
from parlour.drafts import actions as drafts
from parlour.drafts.entities import Draft
from parlour.drafts.values import Values
from parlour.grading.verdicts import UnusableVerdictError
from parlour.jobs.queue import Job, Kind
from parlour.kernel.actor import Actor
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault, Refusal
from parlour.library import access
from parlour.library.checks import store
from parlour.library.checks.findings import Finding
from parlour.library.checks.gathering import surroundings_of
from parlour.library.checks.linting import is_green, lint
from parlour.library.checks.store import CheckRow
from parlour.library.checks.trials.answering import Answerer, AnswererNeed, why
from parlour.library.checks.trials.entities import Ask, Subject, Trial, Used
from parlour.library.checks.trials.plan import Standing, all_given_up, answered, given_up, onward, trials_for, trials_of
from parlour.library.checks.trials.subjects import subject_of
from parlour.library.drafting.holding import may_write
from parlour.library.forms import Compiling, compiled
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.usage import Meter, Payer

CHECK = "library.check"
TRIES_MAX = 3
UNAVAILABLE = "The model service is not available."
UNUSABLE = "The model gave no usable answer."
TOO_LONG = "There was no time left for this."
STUCK = "The check could not be finished."
GONE = "What is tried here is not there any more."


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckRules:
    """How long a check may take in seconds, and how many an account has running. `timezone_name`: of the limit of
    requests a day, where a check counts as one."""

    seconds_max: float
    parallel_max: int
    timezone_name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The body of a job."""

    check_id: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """What is tried, as it was when the check began, and how far it is."""

    subject: Subject
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """How the trials ended. `used`: see `Subject`."""

    trials: tuple[Trial, ...] = ()
    used: tuple[Used, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """The light of a draft: what rules find now, and how its last trials ended.

    `current`: these are of the draft as it is now. `green`: rules find nothing but notes, and no current trial failed.
    """

    id: str | None
    state: Literal["none", "running", "done", "failed"]
    current: bool
    green: bool
    findings: tuple[Finding, ...]
    trials: tuple[Trial, ...]
    done: int
    total: int
    created_at: int | None


def findings_of(tx: Tx, actor: Actor, draft: Draft) -> tuple[Finding, ...]:
    """What rules find in a draft: in its shape, and in what it says; errors first."""
    body = draft.artifact
    shape = compiled(tx, _compiling(actor, draft)).findings
    around = surroundings_of(tx, draft.artifact_type, body.values, draft.artifact_id, actor)
    return tuple(dict.fromkeys((*shape, *lint(draft.artifact_type, body.values, around))))


def begin(tx: Tx, actor: Actor, draft: Draft, rules: CheckRules) -> str:
    """Run the trials of a draft; its id. One that runs already, of the draft as it is now, is given again.

    Raises `too_many_requests`, `rate_limited`.
    """
    digest = digest_of(draft.artifact_type, draft.artifact.values)
    accounts.lock(tx, actor.account_id)
    last = _latest(tx, actor, draft)
    if last is not None and last.state == "running" and last.digest == digest:
        return last.id
    if store.running_of(tx, actor.account_id) >= rules.parallel_max:
        raise Refusal("too_many_requests", f"You have {rules.parallel_max} checks running. Wait for one of them.")
    accounts.take_request(tx, actor.account_id, rules.timezone_name)
    store.delete_of(tx, draft.id)
    samples = [source.text for source in draft.artifact.sources if source.kind == "chat"]
    progress = Progress(subject=subject_of(tx, _compiling(actor, draft), samples))
    row = CheckRow(
        id=tx.new_id(),
        subject_id=draft.id,
        digest=digest,
        artifact_type=draft.artifact_type,
        account_id=actor.account_id,
        state="running",
        progress=_json(progress),
        report=None,
        created_at=tx.now_ms,
        ended_at=None,
    )
    store.insert(tx, row)
    tx.enqueue(CHECK, Step(check_id=row.id))
    return row.id


def checked(tx: Tx, actor: Actor, draft: Draft) -> Checked:
    """Where the checks of a draft stand. Trials that read what the actor may not read are as if they had not been."""
    findings = findings_of(tx, actor, draft)
    total = trials_for(draft.artifact_type, len(draft.artifact.values.get("personas", ())))
    row = _latest(tx, actor, draft)
    if row is None:
        return Checked(
            id=None, state="none", current=False, green=is_green(findings), findings=findings, trials=(), done=0,
            total=total, created_at=None,
        )  # fmt: skip
    trials = decode(row.report, Report).trials if row.report else ()
    total = len(trials)
    if row.state == "running":
        progress = decode(row.progress, Progress)
        trials, total = progress.standing.trials, trials_of(progress.subject)
    current = row.digest == digest_of(draft.artifact_type, draft.artifact.values)
    failed = any(trial.state == "failed" for trial in trials)
    of_trials = tuple(finding for trial in trials for finding in trial.findings) if current else ()
    return Checked(
        id=row.id,
        state=row.state,
        current=current,
        green=is_green(findings) and not (failed and current),
        findings=tuple(dict.fromkeys((*findings, *of_trials))),
        trials=trials,
        done=len(trials),
        total=total,
        created_at=row.created_at,
    )


def forget(tx: Tx, draft_id: str) -> None:
    """The draft is gone, and with it what was found in it."""
    store.delete_of(tx, draft_id)


def digest_of(artifact_type: str, values: Values) -> str:
    """The same for the same words, whoever wrote and accepted them."""
    said = [
        (name, [(value.id, value.linked, dict(sorted(value.fields.items()))) for value in found])
        for name, found in sorted(values.items())
        if found
    ]
    return hashlib.sha256(msgspec.json.encode((artifact_type, said))).hexdigest()


class Checker:
    """Runs the trials of drafts."""

    def __init__(self, database: Database, need: AnswererNeed, rules: CheckRules) -> None:
        self._database = database
        self._answerer = Answerer(need)
        self._names = need.names
        self._rules = rules

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=CHECK, step=self._step, stuck=_stuck)

    async def _step(self, job: Job) -> None:
        check_id = job.read(Step).check_id
        begun = await self._database.write(lambda tx: self._begin(tx, job, check_id))
        if begun is None:
            return
        row, progress, ask = begun
        meters: list[Meter] = []
        try:
            answer = await self._answerer.answer(progress.subject, ask, meters)
        except UnusableVerdictError:
            standing = given_up(progress.subject, progress.standing, UNUSABLE)
        except ProviderFault as fault:
            if fault.retryable and job.claims < TRIES_MAX:
                await self._write(row, meters, job.hold)
                raise
            standing = given_up(progress.subject, progress.standing, why(ask, self._names, fault) or UNAVAILABLE)
        else:
            standing = answered(progress.standing, ask, answer)
        after = replace(progress, standing=standing)
        await self._write(row, meters, lambda tx: self._keep(tx, job, row, after))

    def _begin(self, tx: Tx, job: Job, check_id: str) -> tuple[CheckRow, Progress, Ask] | None:
        """What is to be asked; None if there is nothing to do any more."""
        job.hold(tx)
        row = store.check(tx, check_id, lock=True)
        if row is None or row.state != "running":
            job.finish(tx)
            return None
        progress = decode(row.progress, Progress)
        if not _may_go_on(tx, row, progress.subject.used):
            job.finish(tx)
            store.end(tx, row.id, "failed", _ended(all_given_up(progress.subject, Standing(), GONE), ()))
            return None
        standing, ask = onward(progress.subject, progress.standing, self._names)
        if ask is not None and tx.now_ms - row.created_at > self._rules.seconds_max * 1000:
            standing, ask = all_given_up(progress.subject, standing, TOO_LONG), None
        if ask is None:
            job.finish(tx)
            store.end(tx, row.id, "done", _ended(standing, progress.subject.used))
            return None
        return row, replace(progress, standing=standing), ask

    def _keep(self, tx: Tx, job: Job, row: CheckRow, progress: Progress) -> None:
        """Store an answer with the end of its job, and go on."""
        job.finish(tx)
        found = store.check(tx, row.id, lock=True)
        if found is None or found.state != "running":
            return
        standing, ask = onward(progress.subject, progress.standing, self._names)
        if ask is None:
            store.end(tx, row.id, "done", _ended(standing, progress.subject.used))
            return
        store.set_progress(tx, row.id, _json(replace(progress, standing=standing)))
        tx.enqueue(CHECK, Step(check_id=row.id))

    async def _write(self, row: CheckRow, meters: Sequence[Meter], outcome: Callable[[Tx], None]) -> None:
        payer = Payer(account_id=row.account_id, subject_id=row.subject_id)
        used = [meter.used(payer) for meter in meters]

        def write(tx: Tx) -> None:
            outcome(tx)
            usage.note_all(tx, used)

        await self._database.write(write)


def _latest(tx: Tx, actor: Actor, draft: Draft) -> CheckRow | None:
    """The last check of a draft, if the actor may read all that was read for it."""
    row = store.latest(tx, draft.id)
    if row is None:
        return None
    used = decode(row.report, Report).used if row.report else decode(row.progress, Progress).subject.used
    return row if _may_read_all(tx, actor, used) else None


def _may_go_on(tx: Tx, row: CheckRow, used: Sequence[Used]) -> bool:
    """Whether who asked may still write the draft, and read what its trials read."""
    actor, draft = accounts.actor_by_id(tx, row.account_id), drafts.draft(tx, row.subject_id)
    return actor is not None and draft is not None and may_write(actor, draft) and _may_read_all(tx, actor, used)


def _may_read_all(tx: Tx, actor: Actor, used: Sequence[Used]) -> bool:
    return all(access.may_be_named(tx, actor, each.artifact_type, each.artifact_id) for each in used)


def _compiling(actor: Actor, draft: Draft) -> Compiling:
    body = draft.artifact
    return Compiling(
        actor=actor,
        artifact_type=draft.artifact_type,
        artifact_id=draft.artifact_id or draft.id,
        values=body.values,
    )


def _stuck(tx: Tx, body: bytes, _reason: str) -> None:
    """Given up for good: the check ends, and whoever waits for it sees that."""
    row = store.check(tx, decode(body, Step).check_id, lock=True)
    if row is not None and row.state == "running":
        progress = decode(row.progress, Progress)
        standing = all_given_up(progress.subject, progress.standing, STUCK)
        store.end(tx, row.id, "failed", _ended(standing, progress.subject.used))


def _ended(standing: Standing, used: Sequence[Used]) -> str:
    return _json(Report(trials=standing.trials, used=tuple(used)))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
