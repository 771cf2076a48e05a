"""Asking the models of the server what a trial needs to know. Each answer is text that the trial reads again."""

from dataclasses import replace

import msgspec

from parlour.grading.asking import Asking, GraderLimits, Question
from parlour.grading.verdicts import UnusableVerdictError, read_answer
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.library.checks.trials.entities import (
    Ask,
    Graded,
    GradeIt,
    Judged,
    JudgeIt,
    Names,
    Speak,
    Subject,
    WriteIt,
    Written,
)
from parlour.library.checks.trials.probes import WITHOUT_PART
from parlour.library.checks.trials.transcripts import TEXT_CHARACTERS_MAX, bounded, messages_of
from parlour.turns.ports import Model, Request
from parlour.turns.prompt import Scene, reply_prompt
from parlour.turns.usage import Meter

LEARNER_LINES_MIN = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswererNeed:
    """What trials are answered with."""

    model: Model
    names: Names
    limits: GraderLimits


class Answerer:
    """Answers what trials ask. `meters` gets what every request used."""

    def __init__(self, need: AnswererNeed) -> None:
        self._names = need.names
        self._asking = Asking(need.model, need.limits)

    async def answer(self, subject: Subject, ask: Ask, meters: list[Meter]) -> str:
        """The answer as text. Raises `UnusableVerdictError` and `ProviderFault`."""
        match ask:
            case Speak():
                request = _reply(subject, ask, self._names)
                return (await self._asking.usable(Question(request=lambda _: request, read=_said), meters))[1]
            case GradeIt():
                judgement = await self._asking.judgement(ask.paper, self._names.grader, meters)
                totals = {level.group.id: level.standard.points for level in judgement.levels or ()}
                return msgspec.json.encode(Graded(totals=totals)).decode()
            case WriteIt():
                question = Question(request=lambda _: ask.request, read=_transcript)
                return (await self._asking.usable(question, meters))[1]
            case JudgeIt():
                question = Question(request=lambda _: ask.request, read=lambda text: _judged(text, ask))
                return (await self._asking.usable(question, meters))[1]


def why(ask: Ask, names: Names, fault: ProviderFault) -> str:
    """What an author reads of a fault that is not the service's: nobody can play this persona here; "" for others."""
    return WITHOUT_PART if names.offline and isinstance(ask, Speak) and not fault.retryable else ""


def _reply(subject: Subject, ask: Speak, names: Names) -> Request:
    material = subject.material
    if material is None:
        raise LookupError("a trial asks a persona that is not there")
    persona = next((each for each in material.personas if each.id == ask.persona_id), material.personas[0])
    scene = Scene(
        personas=(persona,),
        scenario=replace(material.scenario, persona_ids=(persona.id,)),
        documents=(*material.documents, *ask.documents),
        path=messages_of(ask.said),
    )
    dialogue = subject.dialogues.get(persona.id)
    return Request(
        model=names.speaker,
        task="reply",
        messages=reply_prompt(scene),
        script={"dialogue": dialogue} if names.offline and dialogue is not None else None,
        metadata={"replay": "trial"},
    )


def _said(text: str) -> str:
    said = text.replace("\x00", "").strip()[:TEXT_CHARACTERS_MAX]
    if not said:
        raise UnusableVerdictError("The reply is empty.")
    return said


def _transcript(text: str) -> str:
    lines = bounded(read_answer(text, Written).lines)
    if sum(1 for line in lines if line.who == "learner") < LEARNER_LINES_MIN:
        raise UnusableVerdictError(f"The learner must speak at least {LEARNER_LINES_MIN} times.")
    return msgspec.json.encode(Written(lines=lines)).decode()


def _judged(text: str, ask: JudgeIt) -> str:
    judged = read_answer(text, Judged)
    quote = " ".join(judged.quote.split())
    if judged.happened and not (quote and any(quote in " ".join(line.split()) for line in ask.said)):
        raise UnusableVerdictError("The quote is not in the persona's words, letter by letter.")
    return msgspec.json.encode(judged).decode()
