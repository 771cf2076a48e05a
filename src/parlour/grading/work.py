"""The job that grades: one step reads the chat, asks the model, checks its verdict and stores the outcome.

Asking is repeated after a crash; the outcome is stored once, with the end of the job (P9). Every
way it can end is told: a grade, or a failure with its reason (P8).
"""

from collections.abc import Callable, Mapping, Sequence

from parlour.catalog.entities import Material
from parlour.conversations.actions import chat as find_chat
from parlour.conversations.entities import Chat
from parlour.conversations.scenes import material_of
from parlour.conversations.spoken.reading.words import unclear_of
from parlour.grading import actions, rules, store
from parlour.grading.actions import GRADE, Failure, Given, GradeOrder
from parlour.grading.asking import Asking, GraderLimits, Judgement
from parlour.grading.entities import (
    Analysis,
    Evidence,
    Feedback,
    Grade,
    Highlight,
    Improvement,
    Items,
    Remark,
    Replacement,
    Strength,
)
from parlour.grading.hearing import clear_words, lies_in_unclear
from parlour.grading.prompt import Paper
from parlour.grading.rules import ITEMS_MAX, Level, clean
from parlour.grading.verdicts import UnusableVerdictError, Verdict
from parlour.jobs.queue import Job, Kind
from parlour.kernel.dataclass import dataclass
from parlour.kernel.decoding import decode
from parlour.kernel.ids import GradeId
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.ports import Model
from parlour.turns.usage import Meter, Payer, Used

UNAVAILABLE = "The model service is not available."
UNUSABLE = "The grader gave no usable verdict."
GAVE_UP = "The chat could not be graded."


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A pending grade and what it is made from. `simulation_id` is told with the grade."""

    chat: Chat
    grade: Grade
    paper: Paper
    simulation_id: str | None


class Grader:
    """Grades chats with a model; the offline rule grader is one, too."""

    def __init__(self, database: Database, model: Model, model_name: str, limits: GraderLimits) -> None:
        self._database = database
        self._asking = Asking(model, limits)
        self._model_name = model_name
        self._limits = limits

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=GRADE, step=self._step, stuck=stuck)

    async def _step(self, job: Job) -> None:
        order = job.read(GradeOrder)
        case = await self._database.read(lambda tx: read_case(tx, order.grade_id, self._limits.unclear_below))
        if case is None:
            await self._database.write(job.finish)
            return
        await self._database.write(lambda tx: _begin(tx, job, case))
        meters: list[Meter] = []
        try:
            judgement = await self._asking.heard(case.paper, self._model_name, meters)
        except UnusableVerdictError as error:
            failure = Failure(reason=error.reason, code="internal", text=UNUSABLE)
        except ProviderFault as fault:
            if fault.retryable and job.claims < self._limits.asks_max:
                used = _used(case, meters)
                await self._database.write(lambda tx: usage.note_all(tx, used))
                raise
            failure = Failure(reason=fault.text, code="unavailable", text=UNAVAILABLE)
        else:
            await self._database.write(_with_usage(lambda tx: _give(tx, job, case, judgement), _used(case, meters)))
            return
        await self._database.write(_with_usage(lambda tx: _fail(tx, job, case, failure), _used(case, meters)))


def _used(case: Case, meters: Sequence[Meter]) -> list[Used | None]:
    chat = case.chat
    payer = Payer(account_id=chat.account_id, attempt_id=chat.attempt_id, chat_id=chat.id, subject_id=case.grade.id)
    return [meter.used(payer) for meter in meters]


def _with_usage(outcome: Callable[[Tx], None], used: Sequence[Used | None]) -> Callable[[Tx], None]:
    def change(tx: Tx) -> None:
        outcome(tx)
        usage.note_all(tx, used)

    return change


def read_case(tx: Tx, grade_id: GradeId, unclear_below: float) -> Case | None:
    """A pending grade with all that is needed; None if there is nothing to do any more."""
    found = store.grade(tx, grade_id)
    if found is None or found[0].state != "pending":
        return None
    grade, request = found
    chat = find_chat(tx, grade.chat_id)
    if chat is None:
        return None
    rubric = actions.rubric_of(tx, chat)
    if rubric is None:
        raise LookupError("the rubric of a chat that is being graded is gone")
    template, material = chat.snapshot.template, material_of(tx, chat)
    wanted = rules.kinds_to_make(request.wanted, template)
    branch = grade.branch_message_id
    if "feedbacks" not in wanted and actions.latest_done(tx, chat.id, branch) is None:
        wanted = ("feedbacks", *wanted)
    path = actions.graded_path(tx, chat.id, branch)
    paper = Paper(
        rubric=rubric,
        scenario=material.scenario if material else None,
        path=path,
        wanted=wanted,
        instructions=request.instructions,
        remarks=request.remarks,
        taken_seconds=actions.seconds_taken(chat, grade),
        limit_seconds=template.time_limit,
        names=_names(material),
        unclear=unclear_of(tx, chat.id, path, unclear_below),
    )
    return Case(chat=chat, grade=grade, paper=paper, simulation_id=request.simulation_id)


def _names(material: Material | None) -> Mapping[str, str]:
    """The names of the personas by id, where one alone would not be clear."""
    personas = material.personas if material else ()
    return {persona.id: persona.name for persona in personas} if len(personas) > 1 else {}


def stuck(tx: Tx, body: bytes, reason: str) -> None:
    """Grading was given up: the grade fails and everybody who waits is told."""
    found = store.grade(tx, decode(body, GradeOrder).grade_id)
    chat = find_chat(tx, found[0].chat_id) if found else None
    if found and chat:
        actions.fail(tx, chat, found[0], Failure(reason=reason, code="internal", text=GAVE_UP))


def _begin(tx: Tx, job: Job, case: Case) -> None:
    job.hold(tx)
    actions.begin(tx, case.chat, case.grade, len(case.paper.rubric.groups))


def _fail(tx: Tx, job: Job, case: Case, failure: Failure) -> None:
    job.finish(tx)
    actions.fail(tx, case.chat, case.grade, failure)


def _give(tx: Tx, job: Job, case: Case, judgement: Judgement) -> None:
    job.finish(tx)
    summary = clean(judgement.verdict.summary)
    if judgement.levels is None:
        copied = actions.copied_feedbacks(tx, case.grade, case.paper.path)
        if copied is None:
            raise LookupError("the grade whose feedbacks were to be copied is gone")
        feedbacks, summary = copied[0].feedbacks, summary or copied[1]
    else:
        clear = clear_words(case.paper)
        feedbacks = tuple(_feedback(tx, case.grade.id, level, clear) for level in judgement.levels)
    items = Items(feedbacks=feedbacks, remarks=tuple(_remarks(tx, case, judgement.verdict)))
    actions.give(tx, case.chat, case.grade, Given(items=items, summary=summary, simulation_id=case.simulation_id))


def _feedback(tx: Tx, grade_id: GradeId, level: Level, clear: Mapping[str, str]) -> Feedback:
    return Feedback(
        id=tx.new_id(),
        grade_id=grade_id,
        standard_group_id=level.group.id,
        standard_id=level.standard.id,
        total=level.standard.points,
        feedback=level.feedback,
        evidence=tuple(
            Evidence(message_id=message_id, quote=quote, unclear=lies_in_unclear(quote, message_id, clear))
            for message_id, quote in level.evidence
        ),
        unsupported=not level.evidence,
        judged_on=level.judged_on,
    )


def _remarks(tx: Tx, case: Case, verdict: Verdict) -> list[Remark]:
    """The remarks of a verdict that hold and are wanted, parents before children."""
    wanted, said = case.paper.wanted, rules.said_by_learner(case.paper.path)
    found: list[Remark] = []
    if "strengths" in wanted:
        found += _strengths(tx, case, verdict, said)
    if "improvements" in wanted:
        found += _improvements(tx, case, verdict, said)
    if "analyses" in wanted:
        contents = [clean(analysed.content) for analysed in verdict.analyses[:ITEMS_MAX]]
        found += [Analysis(id=tx.new_id(), grade_id=case.grade.id, content=content) for content in contents if content]
    return found


def _strengths(tx: Tx, case: Case, verdict: Verdict, said: Mapping[str, str]) -> list[Remark]:
    found: list[Remark] = []
    for praised in verdict.strengths[:ITEMS_MAX]:
        name, description = clean(praised.name), clean(praised.description)
        if not (name or description):
            continue
        message_id = rules.parent_message(praised, said)
        strength = Strength(
            id=tx.new_id(), grade_id=case.grade.id, message_id=message_id, name=name, description=description
        )
        found.append(strength)
        if "highlights" in case.paper.wanted:
            found += [
                Highlight(id=tx.new_id(), strength_id=strength.id, section=clean(marked.section), idx=idx)
                for idx, marked in enumerate(rules.sections(praised.highlights, message_id, said))
            ]
    return found


def _improvements(tx: Tx, case: Case, verdict: Verdict, said: Mapping[str, str]) -> list[Remark]:
    found: list[Remark] = []
    clear = clear_words(case.paper)
    for improved in verdict.improvements[:ITEMS_MAX]:
        name, description = clean(improved.name), clean(improved.description)
        if not (name or description):
            continue
        message_id = rules.parent_message(improved, said)
        improvement = Improvement(
            id=tx.new_id(), grade_id=case.grade.id, message_id=message_id, name=name, description=description
        )
        found.append(improvement)
        if "replacements" in case.paper.wanted:
            sections = rules.sections(improved.replacements, message_id, said)
            fair = [marked for marked in sections if not lies_in_unclear(marked.section, message_id, clear)]
            found += [
                Replacement(
                    id=tx.new_id(),
                    improvement_id=improvement.id,
                    section=clean(marked.section),
                    replace=clean(marked.replace),
                    idx=idx,
                )
                for idx, marked in enumerate(fair)
            ]
    return found
