"""Questions that work asks a person: asked, answered once, expired, cancelled (architecture 2.4, P7)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from parlour.events.facts import fact_of
from parlour.jobs.queue import Job, Kind
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, PauseId, TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.pauses import actions
from parlour.pauses.entities import Answer, Decision, Option, Pause, Question, QuestionKind, Resumed, check_answer
from parlour.pauses.facts import QuestionAnswered, QuestionAsked, QuestionCancelled, QuestionExpired
from parlour.pauses.work import Deadlines
from parlour.storage.database import Database, sqlite_url
from parlour.storage.dialects import Logged

ADA, EVE = AccountId("ada"), AccountId("eve")
YES = Answer(decision="allow", text="Go ahead.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What the paused work needs to know to go on."""

    name: str


QUESTION = Question(
    account_id=ADA, subject="turn:1", kind="authorize", text="May I?", resume_kind="work", resume_body=Work(name="w")
)


class Office:
    """A database, a worker that goes on with answered questions, and what was told."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.told: list[object] = []
        self.rooms: set[str] = set()
        self.resumed: list[Resumed] = []
        database.writer.listeners.events = self._hear
        self.worker = Worker(database, SeededDice(1), "worker", WorkerLimits(poll_seconds=0.01))
        self.worker.add(Deadlines(database).kind())
        self.worker.add(Kind(name="work", step=self._go_on, stuck=lambda _tx, _body, _reason: None))

    def _hear(self, events: Sequence[Logged]) -> None:
        for event in events:
            self.rooms |= {room for room, _ in event.audience}
            fact = fact_of(event)
            assert fact_of(replace(event, fact=None)) == fact
            self.told.append(fact)

    async def _go_on(self, job: Job) -> None:
        await self.database.write(job.finish)
        self.resumed.append(job.read(Resumed))

    async def ask(self, question: Question = QUESTION) -> PauseId:
        return await self.database.write(lambda tx: actions.ask(tx, question))

    async def answer(self, pause_id: PauseId, by: AccountId = ADA, given: Answer = YES) -> None:
        await self.database.write(lambda tx: actions.answer(tx, by, pause_id, given))

    async def pause(self, pause_id: PauseId) -> Pause:
        return await self.database.read(lambda tx: actions.question(tx, ADA, pause_id))

    async def refused(self, pause_id: PauseId, by: AccountId = ADA, given: Answer = YES) -> tuple[str, str]:
        with pytest.raises(Refusal) as refusal:
            await self.answer(pause_id, by, given)
        return refusal.value.code, refusal.value.text

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(500):
            if condition():
                return
            await asyncio.sleep(0.01)
        raise TimeoutError


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    clock = SystemClock()
    database = Database(sqlite_url(tmp_path), clock, TimeOrderedIds(clock))
    database.migrate()
    database.start()
    opened = Office(database)
    await opened.worker.start()
    yield opened
    await opened.worker.stop()
    await database.stop()


async def test_a_question_is_told_answered_once_and_the_work_goes_on_with_the_answer(office: Office) -> None:
    pause_id = await office.ask()
    open_now = await office.database.read(lambda tx: actions.open_questions(tx, ADA))
    assert [(pause.id, pause.text, pause.state) for pause in open_now] == [(pause_id, "May I?", "open")]
    await office.answer(pause_id)
    assert await office.refused(pause_id) == ("already_answered", "This question has been answered.")
    assert await office.refused(pause_id, given=Answer(decision="deny")) == (
        "already_answered",
        "This question has been answered.",
    )
    await office.until(lambda: bool(office.resumed))
    await asyncio.sleep(0.05)
    assert len(office.resumed) == 1
    resumed = office.resumed[0]
    assert (resumed.pause_id, resumed.outcome, resumed.answer) == (pause_id, "answered", YES)
    assert resumed.read(Work) == Work(name="w")
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionAnswered]
    assert office.rooms == {"person:ada"}
    settled = await office.pause(pause_id)
    assert (settled.state, settled.answer, settled.answered_by) == ("answered", YES, ADA)
    assert await office.database.read(lambda tx: actions.open_questions(tx, ADA)) == []


async def test_somebody_elses_question_is_as_good_as_none(office: Office) -> None:
    pause_id = await office.ask()
    theirs = await office.refused(pause_id, by=EVE)
    assert theirs == await office.refused(PauseId("nothing"), by=EVE) == ("not_found", "Question not found.")
    assert await office.database.read(lambda tx: actions.open_questions(tx, EVE)) == []
    assert (await office.pause(pause_id)).state == "open"


async def test_the_newest_question_comes_first(office: Office) -> None:
    asked: list[PauseId] = []
    for _ in range(3):
        asked.append(await office.ask())
        await asyncio.sleep(0.003)
    listed = await office.database.read(lambda tx: actions.open_questions(tx, ADA))
    assert [pause.id for pause in listed] == asked[::-1]


async def test_a_deadline_closes_the_question_and_the_work_goes_on_without_permission(office: Office) -> None:
    soon = SystemClock().now_ms() + 80
    pause_id = await office.ask(replace(QUESTION, deadline_at=soon))
    assert (await office.pause(pause_id)).state == "open"
    await office.until(lambda: bool(office.resumed))
    assert (office.resumed[0].outcome, office.resumed[0].answer) == ("expired", None)
    assert await office.refused(pause_id) == ("question_closed", "This question is closed.")
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionExpired]
    expired = await office.pause(pause_id)
    assert expired.state == "expired"
    assert expired.settled_at is not None
    assert expired.settled_at >= soon


async def test_an_answer_in_time_makes_the_deadline_do_nothing(office: Office) -> None:
    pause_id = await office.ask(replace(QUESTION, deadline_at=SystemClock().now_ms() + 80))
    await office.answer(pause_id)
    await asyncio.sleep(0.2)
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionAnswered]
    assert len(office.resumed) == 1


async def test_before_its_deadline_a_question_cannot_expire(office: Office) -> None:
    pause_id = await office.ask(replace(QUESTION, deadline_at=SystemClock().now_ms() + 60_000))
    assert not await office.database.write(lambda tx: actions.expire(tx, pause_id))
    assert (await office.pause(pause_id)).state == "open"


async def test_a_cancelled_question_resumes_nothing(office: Office) -> None:
    pause_id = await office.ask()
    assert await office.database.write(lambda tx: actions.cancel(tx, pause_id))
    assert not await office.database.write(lambda tx: actions.cancel(tx, pause_id))
    assert await office.refused(pause_id) == ("question_closed", "This question is closed.")
    await asyncio.sleep(0.05)
    assert office.resumed == []
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionCancelled]


async def test_an_answer_that_does_not_fit_leaves_the_question_open(office: Office) -> None:
    pause_id = await office.ask()
    assert (await office.refused(pause_id, given=Answer(text="perhaps")))[0] == "answer_invalid"
    assert (await office.pause(pause_id)).state == "open"
    await office.answer(pause_id)


def asked(kind: QuestionKind) -> Pause:
    return Pause(
        id=PauseId("p"),
        account_id=ADA,
        subject="s",
        kind=kind,
        text="?",
        options=(Option(id="a", title="A"), Option(id="b", title="B")),
        state="open",
        answer=None,
        answered_by=None,
        created_at=0,
        deadline_at=None,
        settled_at=None,
    )


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("authorize", Answer(decision="deny")),
        ("collect", Answer(values={"sample": "7"})),
        ("collect", Answer(decision="abandon")),
        ("select", Answer(choices=("b", "a"))),
        ("select", Answer()),
        ("verify", Answer(decision="change", values={"sample": "8"})),
        ("instruct", Answer(decision="advise", text="Slower.")),
        ("comment", Answer(decision="stop")),
    ],
)
def test_answers_that_fit(kind: QuestionKind, given: Answer) -> None:
    check_answer(asked(kind), given)


@pytest.mark.parametrize("kind", ["authorize", "verify", "instruct", "comment"])
def test_silence_is_no_decision(kind: QuestionKind) -> None:
    with pytest.raises(Refusal, match="needs a decision"):
        check_answer(asked(kind), Answer(text="hm"))


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("authorize", Answer(decision="continue")),
        ("authorize", Answer(decision="allow", choices=("a",))),
        ("collect", Answer()),
        ("collect", Answer(decision="allow")),
        ("select", Answer(choices=("c",))),
        ("select", Answer(choices=("a", "a"))),
        ("instruct", Answer(decision="comment")),
        ("comment", Answer(decision="comment", text="x" * 20_001)),
    ],
)
def test_answers_that_do_not_fit(kind: QuestionKind, given: Answer) -> None:
    with pytest.raises(Refusal) as refused:
        check_answer(asked(kind), given)
    assert refused.value.code == "answer_invalid"


@pytest.mark.parametrize("decision", ["allow", "confirm"])
def test_only_the_kind_that_asks_for_permission_can_get_it(decision: Decision) -> None:
    for kind in ("collect", "select", "instruct", "comment"):
        with pytest.raises(Refusal):
            check_answer(asked(kind), Answer(decision=decision))
