"""Questions that work asks a person: asked, answered once, expired, cancelled (architecture 2.4, P7)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from parlour.events.facts import fact_of
from parlour.jobs import queue
from parlour.jobs.queue import Job, Kind
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.clock import SystemClock
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, PauseId, TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.pauses import actions
from parlour.pauses.entities import (
    Asking,
    Body,
    Item,
    OnExpiry,
    OperationShown,
    Option,
    Pause,
    QuestionKind,
    Resumed,
    Settling,
)
from parlour.pauses.facts import QuestionAnswered, QuestionAsked, QuestionAssigned, QuestionCancelled, QuestionExpired
from parlour.pauses.work import Deadlines
from parlour.settings import sqlite_url
from parlour.storage.database import Database
from parlour.storage.dialects import Logged
from parlour.storage.tx import Tx

ADA, EVE, BOB = AccountId("ada"), AccountId("eve"), AccountId("bob")
YES = {"decision": "allow", "note": "Go ahead."}


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What the paused work needs to know to go on."""

    name: str


QUESTION = Asking(
    account_id=ADA,
    subject="turn:1",
    kind="authorize",
    body=Body(text="May I?"),
    resume_kind="work",
    resume_body=Work(name="w"),
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

    async def ask(self, asking: Asking = QUESTION) -> PauseId:
        return (await self.database.write(lambda tx: actions.ask(tx, asking))).id

    async def answer(self, pause_id: PauseId, given: Mapping[str, object] = YES) -> Pause | None:
        def act(tx: Tx) -> Pause | None:
            return actions.answer(tx, actions.question(tx, ADA, pause_id), Settling(answer=given, by=ADA))

        return await self.database.write(act)

    async def pause(self, pause_id: PauseId, account_id: AccountId = ADA) -> Pause:
        return await self.database.read(lambda tx: actions.question(tx, account_id, pause_id))

    async def open_of(self, account_id: AccountId) -> list[PauseId]:
        return [pause.id for pause in await self.database.read(lambda tx: actions.questions_of(tx, account_id))]

    async def until(self, condition: Callable[[], bool]) -> None:
        for _ in range(6000):
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
    open_now = await office.database.read(lambda tx: actions.questions_of(tx, ADA))
    assert [(pause.id, pause.body.text, pause.state) for pause in open_now] == [(pause_id, "May I?", "open")]
    assert await office.answer(pause_id) is not None
    assert await office.answer(pause_id) is None
    assert await office.answer(pause_id, {"decision": "deny"}) is None
    await office.until(lambda: bool(office.resumed))
    await asyncio.sleep(0.05)
    assert len(office.resumed) == 1
    resumed = office.resumed[0]
    assert (resumed.pause_id, resumed.outcome, resumed.answer) == (pause_id, "answered", YES)
    assert resumed.read(Work) == Work(name="w")
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionAnswered]
    assert office.rooms == {"lab:ada"}
    settled = await office.pause(pause_id)
    assert (settled.state, settled.answer, settled.answered_by) == ("answered", YES, ADA)
    assert await office.open_of(ADA) == []


async def test_everything_that_is_asked_is_kept_and_told(office: Office) -> None:
    body = Body(
        text="Which?",
        language="zh",
        items=(Item(key="name", label="Name", value="x"), Item(key="n", label="N", type="number", value=2.5)),
        options=(Option(index=1, id="a", title="A", detail="the first"),),
        min=0,
        max=2,
        operation=OperationShown(tool="t", title="T", arguments={"deep": {"list": [1, None, True]}}, digest="d"),
        proposal={"thought": "hm"},
        references=({"ref_type": "web", "title": "x", "year": None},),
        extra_info="more",
    )
    asking = replace(QUESTION, body=body, on_expiry="abandon", kind="select")
    pause = await office.database.write(lambda tx: actions.ask(tx, asking, lambda pause_id: f"message of {pause_id}"))
    assert (pause.body, pause.on_expiry, pause.message_id) == (body, "abandon", f"message of {pause.id}")
    assert office.told == [QuestionAsked(pause=pause)]


async def test_work_asks_one_question_at_a_time(office: Office) -> None:
    pause_id = await office.ask()
    with pytest.raises(RuntimeError, match="not settled"):
        await office.ask()
    assert await office.database.write(lambda tx: actions.pend(tx, pause_id))
    with pytest.raises(RuntimeError, match="not settled"):
        await office.ask()
    await office.ask(replace(QUESTION, subject="turn:2"))
    await office.answer(pause_id)
    again = await office.ask()
    found = await office.database.read(lambda tx: actions.open_of_subject(tx, "turn:1"))
    assert found is not None
    assert found.id == again


async def test_somebody_elses_question_is_as_good_as_none(office: Office) -> None:
    pause_id = await office.ask()
    for wanted in (pause_id, PauseId("nothing")):
        with pytest.raises(Refusal, match="not_found"):
            await office.pause(wanted, EVE)
    assert await office.open_of(EVE) == []


async def test_an_assignee_sees_the_question_until_it_is_taken_back(office: Office) -> None:
    pause_id = await office.ask()

    async def assign(to: AccountId | None) -> Pause:
        asked = await office.pause(pause_id)
        return await office.database.write(lambda tx: actions.assign(tx, asked, to, "Please look."))

    assert ((await assign(EVE)).assigned_to, office.rooms) == (EVE, {"lab:ada", "lab:eve"})
    assert (await office.pause(pause_id, EVE)).body.note == "Please look."
    assigned = await office.database.read(lambda tx: actions.assigned_questions(tx, EVE))
    assert [pause.id for pause in assigned] == [pause_id]
    office.rooms.clear()
    await assign(BOB)
    assert office.rooms == {"lab:ada", "lab:bob", "lab:eve"}
    lost = office.told[-1]
    assert isinstance(lost, QuestionAssigned)
    assert (lost.pause.assigned_to, lost.pause.body.note) == (None, None)
    with pytest.raises(Refusal, match="not_found"):
        await office.pause(pause_id, EVE)
    await office.answer(pause_id)
    assert isinstance(office.told[-1], QuestionAnswered)
    with pytest.raises(Refusal, match="question_closed"):
        await assign(EVE)


async def test_the_newest_question_comes_first(office: Office) -> None:
    asked: list[PauseId] = []
    for number in range(3):
        asked.append(await office.ask(replace(QUESTION, subject=f"turn:{number}")))
        await asyncio.sleep(0.003)
    assert await office.open_of(ADA) == asked[::-1]


@pytest.mark.parametrize(
    ("kind", "on_expiry", "silence"),
    [
        ("authorize", "deny", {"decision": "deny"}),
        ("collect", "abandon", {"abandon": True}),
        ("select", "abandon", {"abandon": True}),
        ("verify", "abandon", {"decision": "abandon"}),
        ("instruct", "continue", {"decision": "continue"}),
        ("comment", "continue", {"decision": "continue"}),
    ],
)
async def test_a_deadline_closes_the_question_and_the_work_goes_on_without_permission(
    office: Office, kind: QuestionKind, on_expiry: OnExpiry, silence: Mapping[str, object]
) -> None:
    soon = SystemClock().now_ms() + 80
    pause_id = await office.ask(replace(QUESTION, kind=kind, on_expiry=on_expiry, deadline_at=soon))
    assert (await office.pause(pause_id)).state == "open"
    await office.until(lambda: bool(office.resumed))
    assert (office.resumed[0].outcome, office.resumed[0].answer) == ("expired", silence)
    assert await office.answer(pause_id) is None
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionExpired]
    expired = await office.pause(pause_id)
    assert (expired.state, expired.answer, expired.answered_by) == ("expired", silence, None)
    assert expired.settled_at is not None
    assert expired.settled_at >= soon


async def test_a_deadline_that_passed_while_no_server_ran_is_met_at_the_next_start(office: Office) -> None:
    await office.worker.stop()
    pause_id = await office.ask(replace(QUESTION, deadline_at=SystemClock().now_ms() + 20))
    await asyncio.sleep(0.05)
    later = Worker(office.database, SeededDice(2), "later", WorkerLimits(poll_seconds=0.01))
    later.add(Deadlines(office.database).kind())
    await later.start()
    await office.until(lambda: len(office.told) == 2)
    await later.stop()
    assert (await office.pause(pause_id)).state == "expired"


async def test_an_answer_in_time_makes_the_deadline_do_nothing(office: Office) -> None:
    pause_id = await office.ask(replace(QUESTION, deadline_at=SystemClock().now_ms() + 80))
    await office.answer(pause_id)
    await asyncio.sleep(0.2)
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionAnswered]
    assert len(office.resumed) == 1


async def test_before_its_deadline_a_question_cannot_expire(office: Office) -> None:
    pause_id = await office.ask(replace(QUESTION, deadline_at=SystemClock().now_ms() + 60_000))
    assert await office.database.write(lambda tx: actions.expire(tx, pause_id)) is None
    assert (await office.pause(pause_id)).state == "open"


async def test_a_cancelled_question_resumes_nothing(office: Office) -> None:
    pause_id = await office.ask()
    assert await office.database.write(lambda tx: actions.cancel(tx, pause_id)) is not None
    assert await office.database.write(lambda tx: actions.cancel(tx, pause_id)) is None
    assert await office.answer(pause_id) is None
    await asyncio.sleep(0.05)
    assert office.resumed == []
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionCancelled]
    await office.database.write(lambda tx: actions.forget(tx, ["turn:1"]))
    assert await office.database.read(lambda tx: actions.pause(tx, pause_id)) is None


async def test_an_answer_under_recognition_holds_the_question_without_closing_it(office: Office) -> None:
    pause_id = await office.ask()
    assert await office.database.write(lambda tx: actions.pend(tx, pause_id))
    assert not await office.database.write(lambda tx: actions.pend(tx, pause_id))
    assert (await office.pause(pause_id)).state == "pending"
    assert await office.open_of(ADA) == [pause_id]
    again = await office.database.write(lambda tx: actions.reopen(tx, pause_id, "speech_not_recognised"))
    assert again is not None
    assert (again.state, again.answer_error) == ("open", "speech_not_recognised")
    assert await office.database.write(lambda tx: actions.reopen(tx, pause_id, "again")) is None
    await office.database.write(lambda tx: actions.pend(tx, pause_id))
    await office.answer(pause_id)
    settled = await office.pause(pause_id)
    assert (settled.state, settled.answer_error) == ("answered", None)
    assert [type(fact) for fact in office.told] == [QuestionAsked, QuestionAsked, QuestionAnswered]


async def test_a_question_is_delivered_once(office: Office) -> None:
    pause_id = await office.ask()
    assert await office.database.write(lambda tx: actions.delivered(tx, pause_id))
    assert not await office.database.write(lambda tx: actions.delivered(tx, pause_id))
    assert (await office.pause(pause_id)).delivered_at is not None


async def test_without_a_job_to_resume_nothing_is_enqueued(office: Office) -> None:
    pause_id = await office.ask(replace(QUESTION, resume_kind=None))
    assert await office.answer(pause_id) is not None
    assert await office.database.read(queue.states) == []
