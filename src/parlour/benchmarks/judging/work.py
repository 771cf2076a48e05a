"""The jobs that judge: one grade a job, or one choice. Asking is repeated after a crash; the outcome is stored once.

A step asks a model, then stores the outcome, the facts, whose fault a failed case is, and the end of the job in one
transaction (P9). Every way it can end is told (P8). The test is locked first, as everywhere in the tests.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from parlour.benchmarks import store as tests
from parlour.benchmarks.entities import Test, TestGradeId, TestId
from parlour.benchmarks.judging import blame, grading, preferring, store
from parlour.benchmarks.judging.grading import GAVE_UP, GRADE, UNAVAILABLE, UNUSABLE, Case, Failure, GradeOn
from parlour.benchmarks.judging.preferring import PREFER, Pair, PreferOn
from parlour.grading.asking import Asking, GraderLimits
from parlour.grading.verdicts import UnusableVerdictError
from parlour.jobs.queue import Job, Kind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.ports import Model
from parlour.turns.usage import Meter, Payer, Used

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgeNeed:
    """What judging needs. `model_name` is asked where a benchmark names no judge."""

    database: Database
    model: Model
    model_name: str
    limits: GraderLimits


@dataclass(frozen=True, kw_only=True, slots=True)
class After:
    """What goes on in the transaction of an outcome, good or bad: after every grade, and after every choice."""

    graded: Callable[[Tx, TestGradeId], None]
    preferred: Callable[[Tx, TestId], None]


class Judge:
    """Grades replays and chooses between them with models; the offline ones are some, too."""

    def __init__(self, need: JudgeNeed, after: After) -> None:
        self._need = need
        self._after = after
        self._asking = Asking(need.model, need.limits)

    def kinds(self) -> tuple[Kind, Kind]:
        """For the worker."""
        return (
            Kind(name=GRADE, step=self._grade, stuck=self._grade_stuck),
            Kind(name=PREFER, step=self._prefer, stuck=self._preference_stuck),
        )

    async def _grade(self, job: Job) -> None:
        order, database = job.read(GradeOn), self._need.database
        case = await database.read(lambda tx: grading.read_case(tx, order.grade_id))
        if case is None:
            await database.write(job.finish)
            return
        name = case.grade.judge or self._need.model_name
        await database.write(lambda tx: store.set_judge(tx, case.grade.id, name))
        meters: list[Meter] = []
        payer = Payer(account_id=case.test.account_id, test_id=case.test.id, subject_id=case.grade.id)
        asked = self._asking.judgement(case.paper, name, meters)
        outcome = await self._settled(job, asked, payer, meters)
        used = _used(payer, meters)

        def end(tx: Tx) -> None:
            test = _locked(tx, case.test.id)
            job.finish(tx)
            usage.note_all(tx, used)
            if isinstance(outcome, Failure):
                ended = grading.fail(tx, test, case.grade, outcome)
            else:
                ended = grading.give(tx, case, outcome)
            if ended:
                self._graded(tx, test, case.grade.id, case)

        await database.write(end)

    def _graded(self, tx: Tx, test: Test, grade_id: TestGradeId, case: Case | None = None) -> None:
        grade = case.grade if case else store.grade(tx, grade_id)
        if grade is not None and grade.replay_id is not None:
            blame.note(tx, test, grade.replay_id)
        self._after.graded(tx, grade_id)

    async def _prefer(self, job: Job) -> None:
        order, need = job.read(PreferOn), self._need
        pair = await need.database.read(lambda tx: preferring.read_pair(tx, order.preference_id))
        if pair is None:
            await need.database.write(job.finish)
            return
        name = pair.preference.judge or need.model_name
        meters: list[Meter] = []
        payer = Payer(account_id=pair.test.account_id, test_id=pair.test.id, subject_id=pair.preference.id)
        asked = self._chosen(pair, name, meters)
        outcome = await self._settled(job, asked, payer, meters)
        used = _used(payer, meters)

        def end(tx: Tx) -> None:
            test = _locked(tx, pair.test.id)
            job.finish(tx)
            usage.note_all(tx, used)
            if isinstance(outcome, Failure):
                ended = preferring.fail(tx, pair.preference, outcome.reason, name)
            else:
                ended = preferring.give(tx, pair, outcome, name)
            if ended:
                self._after.preferred(tx, test.id)

        await need.database.write(end)

    async def _chosen(self, pair: Pair, name: str, meters: list[Meter]) -> preferring.Choice:
        question = preferring.question(pair, name, self._need.limits.transcript_characters_max)
        return (await self._asking.usable(question, meters))[1]

    async def _settled(self, job: Job, asked: Awaitable[T], payer: Payer, meters: list[Meter]) -> T | Failure:
        """What came of asking. A fault that may pass is raised, so that the job is done again."""
        try:
            return await asked
        except UnusableVerdictError as error:
            return Failure(reason=f"{UNUSABLE} {error.reason}", code="internal", text=UNUSABLE)
        except ProviderFault as fault:
            if fault.retryable and job.claims < self._need.limits.asks_max:
                used = _used(payer, meters)
                await self._need.database.write(lambda tx: usage.note_all(tx, used))
                raise
            return Failure(reason=f"{UNAVAILABLE} {fault.text}", code="unavailable", text=UNAVAILABLE)

    def _grade_stuck(self, tx: Tx, body: bytes, reason: str) -> None:
        """Grading was given up: the grade fails and everybody who waits is told."""
        grade = store.grade(tx, decode(body, GradeOn).grade_id)
        if grade is None:
            return
        test = _locked(tx, grade.test_id)
        if grading.fail(tx, test, grade, Failure(reason=f"{GAVE_UP} {reason}", code="internal", text=GAVE_UP)):
            self._graded(tx, test, grade.id)

    def _preference_stuck(self, tx: Tx, body: bytes, reason: str) -> None:
        """A choice was given up: whatever waits for it goes on without it."""
        preference = store.preference(tx, decode(body, PreferOn).preference_id)
        if preference is None:
            return
        _locked(tx, preference.test_id)
        if preferring.fail(tx, preference, f"{GAVE_UP} {reason}", self._need.model_name):
            self._after.preferred(tx, preference.test_id)


def _locked(tx: Tx, test_id: TestId) -> Test:
    test = tests.test(tx, test_id, lock=True)
    if test is None:
        raise LookupError("the test that is being judged is gone")
    return test


def _used(payer: Payer, meters: Sequence[Meter]) -> list[Used | None]:
    return [meter.used(payer) for meter in meters]
