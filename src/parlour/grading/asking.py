"""Asking a model for a verdict until there is one that can be used, within bounds (Glow 6.4.5, 6.4.7).

Everybody who has something judged asks here: the grader of chats, and the judges of tests. What may be
stored is decided by `rules.py`; here it is decided only whether an answer can be used at all.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Generic, TypeVar

from parlour.grading import rules
from parlour.grading.hearing import better_levels, clear_paper
from parlour.grading.prompt import Paper, Previous, grade_request
from parlour.grading.rules import Level
from parlour.grading.verdicts import VERDICT_CHARACTERS_MAX, UnusableVerdictError, Verdict, read_verdict
from parlour.kernel.dataclass import dataclass
from parlour.kernel.refusals import ProviderFault
from parlour.turns.ports import Finished, Model, Request, Text
from parlour.turns.usage import Meter

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, slots=True)
class GraderLimits:
    """How long and how often a grader is asked. One request and two internal retries (6.4.7).

    `unclear_below`: spoken words with less confidence than this may not lower a grade (6.8).
    """

    answer_seconds_max: float = 120.0
    asks_max: int = 3
    transcript_characters_max: int = 200_000
    unclear_below: float = 0.5


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """What holds of a verdict. `levels` None: the feedbacks of the latest grade are copied (6.4.4)."""

    levels: tuple[Level, ...] | None
    verdict: Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Question(Generic[T]):
    """What is asked, and how an answer is read.

    `request` makes the request, with the answer before that could not be used. `read` takes the text and
    raises `UnusableVerdictError`, whose reason the model is told.
    """

    request: Callable[[Previous | None], Request]
    read: Callable[[str], T]


class Asking:
    """Asks one model; `meters` of each method gets what every request used, also of those that failed."""

    def __init__(self, model: Model, limits: GraderLimits) -> None:
        self._model = model
        self._limits = limits

    async def judgement(self, paper: Paper, model_name: str, meters: list[Meter]) -> Judgement:
        """A usable verdict; for feedbacks without evidence the grader is asked once more (6.4.5).

        Raises `UnusableVerdictError` and `ProviderFault`.
        """
        if not paper.wanted:
            return Judgement(levels=None, verdict=Verdict())
        most = self._limits.transcript_characters_max
        question = Question(
            request=lambda previous: grade_request(paper, model_name, most, previous),
            read=lambda text: judge(paper, text),
        )
        answer, judgement = await self.usable(question, meters)
        levels = judgement.levels or ()
        bare = [level.group.id for level in levels if not level.evidence]
        if not bare:
            return judgement
        fault = (
            f"No quote for these standard groups is in a message of the learner, letter by letter: {', '.join(bare)}."
        )
        try:
            _, second = await self._once(question, Previous(answer=answer, fault=fault), meters)
        except UnusableVerdictError:
            return judgement
        return replace(judgement, levels=tuple(rules.better_grounded(levels, second.levels or ())))

    async def heard(self, paper: Paper, model_name: str, meters: list[Meter]) -> Judgement:
        """As `judgement`; a paper with unclear words is judged once more without them (`hearing.py`)."""
        judgement = await self.judgement(paper, model_name, meters)
        if judgement.levels is None or not paper.unclear:
            return judgement
        without = await self.judgement(clear_paper(paper), model_name, meters)
        return replace(judgement, levels=better_levels(paper, judgement.levels, without.levels or ()))

    async def usable(self, question: Question[T], meters: list[Meter]) -> tuple[str, T]:
        """A usable answer: its text, and what it says; the model is told why an earlier one was not.

        Raises `UnusableVerdictError` after `asks_max` answers, and `ProviderFault`.
        """
        previous: Previous | None = None
        asked = 0
        while True:
            answer, ending = await self._answer(question.request(previous), meters)
            asked += 1
            try:
                return answer, _read(question, answer, ending)
            except UnusableVerdictError as error:
                if asked >= self._limits.asks_max:
                    raise
                previous = Previous(answer=answer, fault=error.reason)

    async def _once(self, question: Question[T], previous: Previous, meters: list[Meter]) -> tuple[str, T]:
        answer, ending = await self._answer(question.request(previous), meters)
        return answer, _read(question, answer, ending)

    async def _answer(self, request: Request, meters: list[Meter]) -> tuple[str, str]:
        """The model's answer and why it ended, within bounds; `meters` gets what it used."""
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


def _read(question: Question[T], answer: str, ending: str) -> T:
    if ending == "length":
        raise UnusableVerdictError("The verdict was too long and was cut off.")
    if ending == "filtered":
        raise UnusableVerdictError("The model's provider filtered the verdict.")
    return question.read(answer)


def judge(paper: Paper, answer: str) -> Judgement:
    """What holds of an answer. Raises `UnusableVerdictError`."""
    verdict = read_verdict(answer)
    if "feedbacks" not in paper.wanted:
        return Judgement(levels=None, verdict=verdict)
    levels = rules.pick_levels(paper.rubric, verdict, rules.said_by_learner(paper.path))
    return Judgement(levels=tuple(levels), verdict=verdict)
