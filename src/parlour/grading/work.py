"""The job that grades: one step reads the chat, asks the model, checks its verdict and stores the outcome.

Asking is repeated after a crash; the outcome is stored once, with the end of the job (P9). Every
way it can end is told: a grade, or a failure with its reason (P8).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace

from parlour.catalog.entities import Material
from parlour.conversations.actions import chat as find_chat
from parlour.conversations.entities import Chat
from parlour.conversations.scenes import material_of
from parlour.grading import actions, rules, store
from parlour.grading.actions import GRADE, Failure, Given, GradeOrder
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
from parlour.grading.prompt import Paper, Previous, grade_request
from parlour.grading.rules import ITEMS_MAX, Level, clean
from parlour.grading.verdicts import VERDICT_CHARACTERS_MAX, UnusableVerdictError, Verdict, read_verdict
from parlour.jobs.queue import Job, Kind
from parlour.kernel.decoding import decode
from parlour.kernel.ids import GradeId
from parlour.kernel.refusals import ProviderFault
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.turns import usage
from parlour.turns.ports import Finished, Model, Text
from parlour.turns.usage import Meter, Payer, Used

UNAVAILABLE = "The model service is not available."
UNUSABLE = "The grader gave no usable verdict."
GAVE_UP = "The chat could not be graded."


@dataclass(frozen=True, kw_only=True, slots=True)
class GraderLimits:
    """How long and how often a grader is asked. One request and two internal retries (6.4.7)."""

    answer_seconds_max: float = 120.0
    asks_max: int = 3
    transcript_characters_max: int = 200_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """A pending grade and what it is made from. `simulation_id` is told with the grade."""

    chat: Chat
    grade: Grade
    paper: Paper
    simulation_id: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What holds of a verdict. `levels` None: the feedbacks of the latest grade are copied (6.4.4)."""

    levels: tuple[Level, ...] | None
    verdict: Verdict


class Grader:
    """Grades chats with a model; the offline rule grader is one, too."""

    def __init__(self, database: Database, model: Model, model_name: str, limits: GraderLimits) -> None:
        self._database = database
        self._model = model
        self._model_name = model_name
        self._limits = limits

    def kind(self) -> Kind:
        """For the worker."""
        return Kind(name=GRADE, step=self._step, stuck=stuck)

    async def _step(self, job: Job) -> None:
        order = job.read(GradeOrder)
        case = await self._database.read(lambda tx: read_case(tx, order.grade_id))
        if case is None:
            await self._database.write(job.finish)
            return
        await self._database.write(lambda tx: _begin(tx, job, case))
        meters: list[Meter] = []
        try:
            judgement = await self._judge(case.paper, meters)
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

    async def _judge(self, paper: Paper, meters: list[Meter]) -> Judgement:
        """A usable verdict; for feedbacks without evidence the grader is asked once more (6.4.5)."""
        if not paper.wanted:
            return Judgement(levels=None, verdict=Verdict())
        answer, judgement = await self._usable(paper, meters)
        levels = judgement.levels or ()
        bare = [level.group.id for level in levels if not level.evidence]
        if not bare:
            return judgement
        fault = (
            f"No quote for these standard groups is in a message of the learner, letter by letter: {', '.join(bare)}."
        )
        answer, ending = await self._ask(paper, Previous(answer=answer, fault=fault), meters)
        try:
            second = judge(paper, answer, ending)
        except UnusableVerdictError:
            return judgement
        return replace(judgement, levels=tuple(rules.better_grounded(levels, second.levels or ())))

    async def _usable(self, paper: Paper, meters: list[Meter]) -> tuple[str, Judgement]:
        """A usable verdict, and its text; the grader is told why an earlier one was not."""
        previous: Previous | None = None
        asked = 0
        while True:
            answer, ending = await self._ask(paper, previous, meters)
            asked += 1
            try:
                return answer, judge(paper, answer, ending)
            except UnusableVerdictError as error:
                if asked >= self._limits.asks_max:
                    raise
                previous = Previous(answer=answer, fault=error.reason)

    async def _ask(self, paper: Paper, previous: Previous | None, meters: list[Meter]) -> tuple[str, str]:
        """The model's answer and why it ended, within bounds; `meters` gets what it used."""
        request = grade_request(paper, self._model_name, self._limits.transcript_characters_max, previous)
        meter = Meter(request)
        meters.append(meter)
        parts: list[str] = []
        length, ending = 0, "stop"
        try:
            async with (
                asyncio.timeout(self._limits.answer_seconds_max),
                aclosing(self._model.stream(request)) as pieces,
            ):
                async for piece in pieces:
                    meter.see(piece)
                    if isinstance(piece, Text):
                        parts.append(piece.text)
                        length += len(piece.text)
                    elif isinstance(piece, Finished):
                        ending = piece.reason
                    if length > VERDICT_CHARACTERS_MAX:
                        ending = "length"
                        break
        except TimeoutError as error:
            raise ProviderFault("The model did not answer in time.", retryable=True) from error
        finally:
            meter.end()
        return "".join(parts)[:VERDICT_CHARACTERS_MAX], ending


def _used(case: Case, meters: Sequence[Meter]) -> list[Used | None]:
    chat = case.chat
    payer = Payer(account_id=chat.account_id, attempt_id=chat.attempt_id, chat_id=chat.id, subject_id=case.grade.id)
    return [meter.used(payer) for meter in meters]


def _with_usage(outcome: Callable[[Tx], None], used: Sequence[Used | None]) -> Callable[[Tx], None]:
    def change(tx: Tx) -> None:
        outcome(tx)
        usage.note_all(tx, used)

    return change


def judge(paper: Paper, answer: str, ending: str) -> Judgement:
    """What holds of an answer. Raises `UnusableVerdictError`."""
    if ending == "length":
        raise UnusableVerdictError("The verdict was too long and was cut off.")
    if ending == "filtered":
        raise UnusableVerdictError("The model's provider filtered the verdict.")
    verdict = read_verdict(answer)
    if "feedbacks" not in paper.wanted:
        return Judgement(levels=None, verdict=verdict)
    levels = rules.pick_levels(paper.rubric, verdict, rules.said_by_learner(paper.path))
    return Judgement(levels=tuple(levels), verdict=verdict)


def read_case(tx: Tx, grade_id: GradeId) -> Case | None:
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
    paper = Paper(
        rubric=rubric,
        scenario=material.scenario if material else None,
        path=actions.graded_path(tx, chat.id, branch),
        wanted=wanted,
        instructions=request.instructions,
        remarks=request.remarks,
        taken_seconds=actions.seconds_taken(chat, grade),
        limit_seconds=template.time_limit,
        names=_names(material),
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
        feedbacks = tuple(_feedback(tx, case.grade.id, level) for level in judgement.levels)
    items = Items(feedbacks=feedbacks, remarks=tuple(_remarks(tx, case, judgement.verdict)))
    actions.give(tx, case.chat, case.grade, Given(items=items, summary=summary, simulation_id=case.simulation_id))


def _feedback(tx: Tx, grade_id: GradeId, level: Level) -> Feedback:
    return Feedback(
        id=tx.new_id(),
        grade_id=grade_id,
        standard_group_id=level.group.id,
        standard_id=level.standard.id,
        total=level.standard.points,
        feedback=level.feedback,
        evidence=tuple(Evidence(message_id=message_id, quote=quote) for message_id, quote in level.evidence),
        unsupported=not level.evidence,
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
            found += [
                Replacement(
                    id=tx.new_id(),
                    improvement_id=improvement.id,
                    section=clean(marked.section),
                    replace=clean(marked.replace),
                    idx=idx,
                )
                for idx, marked in enumerate(rules.sections(improved.replacements, message_id, said))
            ]
    return found
