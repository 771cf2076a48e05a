"""The assistant's questions in both stores: asked, answered once, assigned, expired, audited (lab protocol 6)."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from parlour.assistant.entities import Reference
from parlour.assistant.facts import LabReplyReady
from parlour.assistant.messages import turns
from parlour.assistant.questions import actions
from parlour.assistant.questions.entities import Assignment, Choice, Field, NewQuestion, Settled, Words
from parlour.assistant.questions.work import deadlines
from parlour.assistant.tools.ports import Operation
from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from parlour.conversations.rooms import lab_room
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.jobs.queue import Job, Kind
from parlour.jobs.worker import Worker, WorkerLimits
from parlour.kernel.dice import SeededDice
from parlour.kernel.ids import AccountId, PauseId, TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.pauses import actions as pauses
from parlour.pauses.entities import QuestionKind
from parlour.pauses.facts import QuestionAnswered, QuestionAsked, QuestionAssigned, QuestionExpired
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from parlour.wire.lab import encode_questions
from tests.unit.lab_desk import MAY_I, Desk, open_desk

HOUR_MS = 3_600_000
HANDLE = f"files/{'a' * 22}/data.csv"
NAME = Field(key="experiment_name", label="Name")
DURATION = Field(key="experiment_duration", label="Duration", type="duration")
QUESTIONS: dict[QuestionKind, NewQuestion] = {
    "authorize": MAY_I,
    "collect": NewQuestion(kind="collect", text="Please give:", fields=(NAME, DURATION)),
    "select": NewQuestion(
        kind="select", text="Which?", options=(Choice(id="a", title="A"), Choice(id="b", title="B")), min=1, max=1
    ),
    "verify": NewQuestion(kind="verify", text="Right?", fields=(replace(NAME, value="X"),)),
    "instruct": NewQuestion(kind="instruct", text="", proposal={"thought": "I think.", "answer": "42"}),
    "comment": NewQuestion(
        kind="comment", text="", proposal={"tool": "t", "arguments": {"q": 1}, "outcome": "done", "output": "found"}
    ),
}
ANSWERS: dict[QuestionKind, dict[str, Any]] = {
    "authorize": {"decision": "allow"},
    "collect": {"values": {"experiment_name": "X", "experiment_duration": "2h"}},
    "select": {"choices": ["b"]},
    "verify": {"decision": "confirm"},
    "instruct": {"decision": "advise", "text": "slower"},
    "comment": {"decision": "stop"},
}
KINDS: list[QuestionKind] = list(QUESTIONS)


@pytest.fixture
def desk(store_url: str) -> Iterator[Desk]:
    with open_desk(store_url) as made:
        yield made


def asking(desk: Desk, new: NewQuestion = MAY_I) -> tuple[AccountId, PauseId]:
    ada = desk.member("ada")
    desk.say(ada, "please do it")
    return ada, desk.ask(ada, new)


def give(desk: Desk, question_id: PauseId, answer: dict[str, Any], by: AccountId) -> Settled:
    return desk.do(lambda tx: actions.take_answer(tx, found(tx, question_id), answer, by, "test"))


def words(desk: Desk, question_id: PauseId, text: str, by: AccountId, **more: Any) -> Settled | None:
    said = Words(text=text, message_id=None, author_id=by, route="test", **more)
    return desk.do(lambda tx: actions.take_words(tx, found(tx, question_id), said))


def found(tx: Tx, question_id: PauseId) -> Any:
    asked = actions.question(tx, question_id)
    assert asked is not None
    return asked


def rows(desk: Desk, subject: str) -> list[tuple[str, str | None, str | None]]:
    listed = desk.read(lambda tx: audit.list_rows(tx, Wanted(subject=subject)))
    return [(row.action.removeprefix("question."), row.actor, row.acted_for) for row in listed]


@pytest.mark.lab("D1", "D4")
@pytest.mark.parametrize("kind", KINDS)
def test_a_question_is_asked_answered_once_and_the_turn_goes_on(desk: Desk, kind: QuestionKind) -> None:
    ada, question_id = asking(desk, QUESTIONS[kind])
    asked = desk.question(question_id)
    assert (desk.state(ada), asked.state) == ("WAITING", "open")
    for wrong in ({}, {"decision": "perhaps"}, {"values": {"other": "x"}}, {"choices": [9]}):
        with pytest.raises(Refusal, match="answer_invalid"):
            give(desk, question_id, wrong, ada)
    assert desk.question(question_id).state == "open"
    settled = give(desk, question_id, ANSWERS[kind], ada)
    assert (settled.state, settled.answer, settled.answered_by_account) == ("answered", ANSWERS[kind], ada)
    assert desk.read(lambda tx: actions.outcome(tx, question_id)) == settled
    assert (desk.state(ada), desk.jobs().count("assistant.step")) == ("RUNNING", 1)
    with pytest.raises(Refusal, match="question_closed"):
        give(desk, question_id, ANSWERS[kind], ada)
    assert words(desk, question_id, "yes", ada) is None
    assert rows(desk, question_id) == [("asked", None, None), ("answered", ada, None)]
    assert desk.read(audit.verify) is None


def test_a_question_is_told_whole_and_in_order(desk: Desk) -> None:
    ada = desk.member("ada")
    desk.say(ada, "please do it")
    before = desk.head()
    reference = Reference(ref_type="file", title="data.csv", file=HANDLE, size=7)
    question_id = desk.ask(ada, replace(MAY_I, references=(reference,), extra_info="more"))
    told = desk.told(ada, before)
    assert [event.kind for event in told] == ["LabMessageAdded", "QuestionAsked", "LabReplyReady", "LabStateChanged"]
    asked, ready = fact_of(told[1]), fact_of(told[2])
    assert isinstance(asked, QuestionAsked)
    assert isinstance(ready, LabReplyReady)
    assert asked.pause == ready.question == desk.question(question_id)
    assert ready.message.text == asked.pause.body.text
    shown = encode_questions.question(asked.pause)
    assert shown["text"] == ("May I?\n- name: X\nPlease answer yes or no. Nothing happens without a clear yes.")
    assert shown["references"] == {HANDLE: 7}
    assert shown["operation"] == {
        "tool": "experiment_create",
        "title": "Create an experiment",
        "arguments": {"name": "X"},
        "digest": actions.operation_digest(
            Operation(tool="experiment_create", title="other words", arguments={"name": "X"})
        ),
    }
    assert (shown["turn_id"], shown["message_id"], shown["on_expiry"]) == (
        asked.pause.subject,
        ready.message.id,
        "deny",
    )


@pytest.mark.lab("D9")
def test_the_digest_is_of_the_tool_and_every_argument(desk: Desk) -> None:
    def digest(tool: str = "t", **arguments: Any) -> str:
        return actions.operation_digest(Operation(tool=tool, title="T", arguments=arguments))

    assert digest(a=1, b=[2, {"c": None, "d": 3}]) == digest(b=[2, {"d": 3, "c": None}], a=1)
    others = [digest(a=1), digest(a=1.5), digest(a="1"), digest(a=[1]), digest(b=1), digest("u", a=1), digest(a=True)]
    assert len(set(others)) == len(others)
    _, question_id = asking(desk)
    assert give(desk, question_id, {"decision": "allow"}, AccountId("x")).operation_digest == actions.operation_digest(
        Operation(tool="experiment_create", title="", arguments={"name": "X"})
    )


@pytest.mark.lab("D6")
@pytest.mark.parametrize("kind", KINDS)
def test_silence_settles_every_kind_without_allowing_anything(desk: Desk, kind: QuestionKind) -> None:
    ada, question_id = asking(desk, QUESTIONS[kind])
    desk.clock.ms += 71 * HOUR_MS
    assert desk.do(lambda tx: actions.expire(tx, question_id)) is None
    desk.clock.ms += HOUR_MS
    settled = desk.do(lambda tx: actions.expire(tx, question_id))
    assert settled is not None
    silence = {"authorize": {"decision": "deny"}, "verify": {"decision": "abandon"}}
    otherwise = {"abandon": True} if kind in ("collect", "select") else {"decision": "continue"}
    assert settled.answer == silence.get(kind, otherwise)
    assert settled.error == (None if kind in ("instruct", "comment") else "question_expired")
    assert (settled.state, settled.answered_by_account) == ("expired", None)
    assert (desk.state(ada), desk.jobs().count("assistant.step")) == ("RUNNING", 1)
    assert desk.do(lambda tx: actions.expire(tx, question_id)) is None
    with pytest.raises(Refusal, match="question_closed"):
        give(desk, question_id, ANSWERS[kind], ada)
    told = [fact_of(event) for event in desk.told(ada)]
    assert [type(fact) for fact in told if isinstance(fact, QuestionAnswered | QuestionExpired)] == [QuestionExpired]
    assert rows(desk, question_id)[-1] == ("expired", None, None)


@pytest.mark.lab("D6")
@pytest.mark.parametrize("back", [86_400_000, -86_400_000])
def test_a_clock_that_jumps_allows_nothing(desk: Desk, back: int) -> None:
    _, question_id = asking(desk)
    desk.clock.ms += back
    desk.do(lambda tx: actions.expire(tx, question_id))
    assert desk.question(question_id).state == "open"
    desk.clock.ms += 200 * HOUR_MS
    assert desk.do(lambda tx: actions.expire(tx, question_id)) is not None
    assert desk.question(question_id).answer == {"decision": "deny"}


@pytest.mark.lab("B4", "D3")
def test_what_was_said_before_the_question_never_answers_it(desk: Desk) -> None:
    ada = desk.member("ada")
    desk.say(ada, "please do it")
    early = desk.say(ada, "yes", inner=True)
    assert early.effect == "queued"
    question_id = desk.ask(ada)
    said = Words(text="yes", message_id=early.message_id, author_id=ada, route="test")
    assert desk.do(lambda tx: actions.take_words(tx, found(tx, question_id), said)) is None
    assert desk.question(question_id).state == "open"
    late = desk.say(ada, "no, thanks", inner=True)
    assert late.effect == "answered"
    settled = desk.read(lambda tx: actions.outcome(tx, question_id))
    assert settled is not None
    assert (settled.answer, settled.answer_message_id) == ({"decision": "deny"}, late.message_id)


@pytest.mark.lab("D2", "G5")
@pytest.mark.parametrize(
    ("text", "more", "answer"),
    [
        ("好的，可以", {}, {"decision": "allow"}),
        ("yes", {"confidence": 0.4}, {"decision": "deny", "note": "yes"}),
        ("", {}, {"decision": "deny"}),
        ("yes but later", {}, {"decision": "deny", "note": "yes but later"}),
    ],
)
def test_words_close_the_question_whatever_they_are(
    desk: Desk, text: str, more: dict[str, Any], answer: dict[str, str]
) -> None:
    ada, question_id = asking(desk)
    settled = words(desk, question_id, text, ada, **more)
    assert settled is not None
    assert settled.answer == answer
    assert desk.question(question_id).state == "answered"
    again = desk.ask(ada)
    assert again != question_id


@pytest.mark.lab("D8")
def test_an_assignee_answers_and_nobody_else(desk: Desk) -> None:
    reference = Reference(ref_type="file", title="data.csv", file=HANDLE, size=7)
    ada, question_id = asking(desk, replace(MAY_I, references=(reference,)))
    lin, eve = desk.member("lin"), desk.member("eve")

    def assign(to: AccountId | None) -> Any:
        assignment = Assignment(to=to, by=ada, route="test", note="please")
        return desk.do(lambda tx: actions.assign(tx, found(tx, question_id), assignment))

    def sees(who: AccountId) -> bool:
        try:
            return bool(desk.read(lambda tx: actions.question_for(tx, who, question_id)))
        except Refusal as refusal:
            return refusal.code != "not_found"

    assert (sees(ada), sees(lin), sees(eve)) == (True, False, False)
    assert encode_questions.question(assign(lin))["assigned_to"] == "lin"
    assert (sees(ada), sees(lin), sees(eve)) == (True, True, False)
    assert desk.read(lambda tx: [actions.may_read(tx, who, HANDLE) for who in (lin, eve)]) == [True, False]
    assert not desk.read(lambda tx: actions.may_read(tx, lin, f"{HANDLE}x"))
    assert [event.kind for event in desk.told(lin)] == ["QuestionAssigned"]
    assign(None)
    assert (sees(lin), desk.read(lambda tx: actions.may_read(tx, lin, HANDLE))) == (False, False)
    assert isinstance(fact_of(desk.told(lin)[-1]), QuestionAssigned)
    assign(lin)
    settled = give(desk, question_id, {"decision": "allow"}, lin)
    assert settled.answered_by_account == lin
    assert desk.told(lin)[-1].kind == "QuestionAnswered"
    assert encode_questions.settled(desk.question(question_id))["answered_by"] == "lin"
    assert not desk.read(lambda tx: actions.may_read(tx, lin, HANDLE))
    assert rows(desk, question_id) == [
        ("asked", None, None),
        *[("assigned", ada, None)] * 3,
        ("answered", lin, ada),
    ]
    with pytest.raises(Refusal, match="question_closed"):
        assign(eve)


def test_a_question_is_assigned_to_another_active_member(desk: Desk) -> None:
    ada, question_id = asking(desk)
    for to, code in ((AccountId("nobody"), "not_found"), (ada, "validation")):
        assignment = Assignment(to=to, by=ada, route="test")
        with pytest.raises(Refusal, match=code):
            desk.do(lambda tx, it=assignment: actions.assign(tx, found(tx, question_id), it))


@pytest.mark.lab("G3")
def test_an_answer_that_was_not_understood_opens_the_question_again(desk: Desk) -> None:
    ada, question_id = asking(desk)
    assert desk.do(lambda tx: actions.pend(tx, found(tx, question_id)))
    assert (desk.state(ada), desk.question(question_id).state) == ("RUNNING", "pending")
    assert not desk.do(lambda tx: actions.pend(tx, found(tx, question_id)))
    before = desk.head()
    assert desk.do(lambda tx: actions.reopen(tx, found(tx, question_id), "speech_not_recognised"))
    assert (desk.state(ada), desk.question(question_id).state) == ("WAITING", "open")
    assert desk.kinds(ada, before) == ["QuestionAsked", "LabMessageUpdated", "LabReplyReady", "LabStateChanged"]
    ready = next(fact for fact in map(fact_of, desk.told(ada, before)) if isinstance(fact, LabReplyReady))
    assert (ready.message.error or "").startswith("speech_not_recognised: ")
    words(desk, question_id, "yes", ada)
    carrying = next(message for message in desk.messages(ada) if message.kind == "question")
    assert carrying.error is None


def test_a_pending_question_is_still_answerable(desk: Desk) -> None:
    ada, question_id = asking(desk)
    desk.do(lambda tx: actions.pend(tx, found(tx, question_id)))
    give(desk, question_id, {"decision": "deny"}, ada)
    assert not desk.do(lambda tx: actions.reopen(tx, found(tx, question_id), "speech_not_recognised"))
    assert (desk.state(ada), desk.question(question_id).answer) == ("RUNNING", {"decision": "deny"})


@pytest.mark.lab("D12")
def test_the_audit_has_one_row_of_everything(desk: Desk) -> None:
    ada, question_id = asking(desk)
    assert desk.do(lambda tx: actions.delivered(tx, found(tx, question_id), ada, "GET /users/{id}/questions"))
    assert not desk.do(lambda tx: actions.delivered(tx, found(tx, question_id), ada))
    assert desk.do(lambda tx: actions.cancel(tx, found(tx, question_id), ada))
    assert not desk.do(lambda tx: actions.cancel(tx, found(tx, question_id), ada))
    assert rows(desk, question_id) == [("asked", None, None), ("delivered", ada, None), ("cancelled", ada, None)]
    settled = desk.read(lambda tx: actions.outcome(tx, question_id))
    assert settled is not None
    assert (settled.state, settled.answer) == ("cancelled", None)
    assert desk.read(audit.verify) is None
    desk.do(lambda tx: tx.run("UPDATE audit SET actor = 'eve' WHERE action = 'question.delivered'"))
    assert desk.read(audit.verify) is not None


def test_questions_are_listed_by_whom_they_concern(desk: Desk) -> None:
    ada, first = asking(desk)
    give(desk, first, {"decision": "deny"}, ada)
    second = desk.ask(ada)
    listed = desk.read(lambda tx: [pause.id for pause in pauses.questions_of(tx, ada, every=True)])
    assert listed == [second, first]
    assert [pause.id for pause in desk.read(lambda tx: pauses.questions_of(tx, ada))] == [second]
    opened = desk.read(lambda tx: actions.open_of(tx, ada))
    assert opened is not None
    assert opened.id == second


def test_a_text_is_in_the_persons_language(desk: Desk) -> None:
    lei = desk.member("lei")
    desk.say(lei, "请新建实验")
    question_id = desk.ask(lei, QUESTIONS["authorize"])
    assert "没有明确的同意，什么都不会做。" in desk.question(question_id).body.text
    assert desk.read(lambda tx: log.of_rooms(tx, [lab_room(lei)], 0, 10**12, 100))


@pytest.mark.lab("D6", "D7")
async def test_a_deadline_that_passed_without_a_server_is_met_at_the_next_start(desk: Desk) -> None:
    ada, question_id = asking(desk)
    desk.do(lambda tx: tx.run("DELETE FROM jobs WHERE kind = :step", step=turns.STEP))
    desk.clock.ms += 80 * HOUR_MS
    database = Database(desk.database.dialect.url, desk.clock, TimeOrderedIds(desk.clock))
    database.start()
    worker = Worker(database, SeededDice(1), "later", WorkerLimits(poll_seconds=0.01))
    stepped: list[str] = []

    async def step(job: Job) -> None:
        await database.write(job.finish)
        stepped.append(job.read(turns.StepOn).turn_id)

    worker.add(deadlines(database).kind())
    worker.add(Kind(name=turns.STEP, step=step, stuck=lambda _tx, _body, _reason: None))
    await worker.start()
    for _ in range(6000):
        if stepped:
            break
        await asyncio.sleep(0.01)
    await worker.stop()
    await database.stop()
    settled = desk.read(lambda tx: actions.outcome(tx, question_id))
    assert settled is not None
    assert (settled.state, settled.answer, settled.error) == ("expired", {"decision": "deny"}, "question_expired")
    assert (stepped, desk.state(ada)) == ([settled.turn_id], "RUNNING")
