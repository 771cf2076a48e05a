"""What a message does (lab protocol 2.2 to 2.4): every row of the table, and what can never happen."""

import os
import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from parlour.assistant.accepting.refusing import refuse
from parlour.assistant.entities import Flags, LabMessageId
from parlour.assistant.facts import LabStateChanged
from parlour.assistant.messages import members, reading, turns
from parlour.assistant.questions import actions as questions
from parlour.events.facts import fact_of
from parlour.kernel.ids import AccountId, PauseId
from parlour.kernel.refusals import Refusal
from parlour.storage.tx import Tx
from tests.conftest import STORES, new_store
from tests.unit.lab_desk import HOW, Desk, file, open_desk

SCHEDULES = int(os.environ.get("PARLOUR_TEST_SCHEDULES", "200"))


@pytest.fixture(scope="module", params=STORES)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(new_store(request.param, tmp_path_factory.mktemp("desk"), request)) as opened:
        yield opened


@pytest.fixture
def ada(desk: Desk, request: pytest.FixtureRequest) -> AccountId:
    return desk.member(f"ada-{abs(hash(request.node.nodeid))}")


def refused(desk: Desk, who: AccountId, text: str = "hello", **more: Any) -> str:
    before = (desk.count("lab_messages"), desk.count("lab_turns"), desk.head())
    with pytest.raises(Refusal) as refusal:
        desk.say(who, text, **more)
    assert (desk.count("lab_messages"), desk.count("lab_turns"), desk.head()) == before
    return refusal.value.code


@pytest.mark.lab("B3")
@pytest.mark.parametrize("inner", [False, True])
def test_idle_starts_a_turn(desk: Desk, ada: AccountId, inner: bool) -> None:
    head = desk.head()
    said = desk.say(ada, inner=inner)
    assert said.effect == "started"
    assert desk.state(ada) == "RUNNING"
    assert desk.turn(said.turn_id).started_by == said.message_id
    assert desk.kinds(ada, head) == ["LabMessageAdded", "LabTurnStarted", "LabStateChanged"]
    assert f"assistant.step:{said.turn_id}" in [
        row["unique_key"] for row in desk.read(lambda tx: tx.all("SELECT unique_key FROM jobs"))
    ]


@pytest.mark.lab("B3")
@pytest.mark.parametrize("inner", [False, True])
def test_running_queues_a_turn_of_its_own(desk: Desk, ada: AccountId, inner: bool) -> None:
    first = desk.say(ada)
    second = desk.say(ada, "yes", inner=inner)
    assert second.effect == "queued"
    assert second.turn_id != first.turn_id
    assert desk.turn(second.turn_id).state == "queued"
    assert last_state(desk, ada) == ("RUNNING", 1)
    desk.end(ada)
    assert desk.turn(second.turn_id).state == "running"
    assert last_state(desk, ada) == ("RUNNING", 0)


@pytest.mark.lab("B3")
@pytest.mark.parametrize(("inner", "delivered"), [(True, False), (True, True), (False, True)])
def test_waiting_takes_a_message_as_the_answer(desk: Desk, ada: AccountId, inner: bool, delivered: bool) -> None:
    turn = desk.say(ada)
    asked = desk.ask(ada)
    assert desk.state(ada) == "WAITING"
    if delivered:
        desk.deliver(ada)
    said = desk.say(ada, "yes", inner=inner)
    assert (said.effect, said.turn_id) == ("answered", turn.turn_id)
    question = desk.question(asked)
    assert (question.state, question.answer_message_id) == ("answered", said.message_id)
    assert question.answer is not None
    assert question.answer["decision"] == "allow"
    assert desk.state(ada) == "RUNNING"
    assert desk.messages(ada)[-1].pause_id == asked


@pytest.mark.lab("B3", "B5")
def test_outside_an_authorize_that_nobody_saw_is_not_answered(desk: Desk, ada: AccountId) -> None:
    desk.say(ada)
    asked = desk.ask(ada)
    said = desk.say(ada, "yes")
    assert said.effect == "queued"
    assert desk.question(asked).state == "open"
    assert desk.state(ada) == "WAITING"


@pytest.mark.lab("B3")
def test_outside_any_other_question_is_answered_unseen(desk: Desk, ada: AccountId) -> None:
    desk.say(ada)
    asked = desk.ask(ada, HOW)
    assert desk.say(ada, "use the newest paper").effect == "answered"
    answer = desk.question(asked).answer
    assert answer == {"decision": "advise", "text": "use the newest paper"}


@pytest.mark.lab("B3")
@pytest.mark.parametrize("inner", [False, True])
def test_a_named_question_is_answered_also_unseen_and_while_pending(desk: Desk, ada: AccountId, inner: bool) -> None:
    desk.say(ada)
    asked = desk.ask(ada)
    spoken = desk.say(ada, "", kind="speech", inner=True, attachment=file("a.wav", kind="audio/wav"))
    assert spoken.effect == "answering"
    assert (desk.state(ada), desk.question(asked).state) == ("RUNNING", "pending")
    assert desk.say(ada, "yes", inner=True).effect == "queued"
    said = desk.say(ada, "no", inner=inner, question_id=asked)
    assert said.effect == "answered"
    answer = desk.question(asked).answer
    assert answer is not None
    assert answer["decision"] == "deny"


@pytest.mark.lab("B3", "B13")
@pytest.mark.parametrize("inner", [False, True])
def test_any_other_question_is_closed_and_nothing_is_stored(desk: Desk, ada: AccountId, inner: bool) -> None:
    assert refused(desk, ada, inner=inner, question_id="nothing") == "question_closed"
    desk.say(ada)
    assert refused(desk, ada, inner=inner, question_id="nothing") == "question_closed"
    asked = desk.ask(ada)
    assert refused(desk, ada, inner=inner, question_id="nothing") == "question_closed"
    desk.say(ada, "no", inner=True)
    assert refused(desk, ada, "yes", inner=inner, question_id=asked) == "question_closed"
    eve = desk.member(f"eve-{asked}")
    desk.say(eve)
    theirs = desk.ask(eve)
    assert refused(desk, ada, "yes", inner=inner, question_id=theirs) == "question_closed"
    assert desk.question(theirs).state == "open"


@pytest.mark.lab("B4")
def test_a_yes_never_approves_what_was_asked_after_it(desk: Desk) -> None:
    """Random schedules of messages, questions, deliveries and ends; each runs as one transaction."""
    dice = random.Random(4)
    approved = 0
    for number in range(SCHEDULES):
        name = f"schedule-{number}"
        approved += desk.database.write_here(lambda tx, name=name: _schedule(desk, tx, name, dice))
    assert approved > SCHEDULES / 10


def _schedule(desk: Desk, tx: Tx, name: str, dice: random.Random) -> int:
    """Play one schedule and check it; how many questions were allowed."""
    who = desk.member_in(tx, name)
    desk.say_in(tx, who, "create an experiment")
    asked: list[PauseId] = []
    for _ in range(dice.randint(2, 9)):
        current, waiting = turns.current(tx, who), questions.open_of(tx, who)
        what = dice.choice(["yes", "inner yes", "spoken", "ask", "ask", "deliver", "end"])
        if what in ("yes", "inner yes"):
            desk.say_in(tx, who, "yes", inner=what == "inner yes")
        elif what == "spoken":
            recording = file("a.wav", kind="audio/wav")
            desk.say_in(tx, who, "", kind="speech", inner=dice.random() < 0.5, attachment=recording)
        elif what == "ask" and current is not None and waiting is None:
            asked.append(desk.ask_in(tx, current))
        elif what == "deliver" and waiting is not None:
            questions.delivered(tx, waiting, who)
        elif what == "end" and current is not None and waiting is None:
            desk.end_in(tx, current)
    allowed = 0
    for pause_id in asked:
        question = questions.question(tx, pause_id)
        assert question is not None
        if question.answer is None or question.answer["decision"] != "allow":
            continue
        allowed += 1
        carrying = reading.message(tx, LabMessageId(question.message_id or ""))
        said = reading.message(tx, LabMessageId(question.answer_message_id or ""))
        assert carrying is not None
        assert said is not None
        assert said.ordinal > carrying.ordinal
        assert said.text == "yes"
        assert said.turn_id == carrying.turn_id
        row = tx.one("SELECT route FROM lab_messages WHERE id = :id", id=said.id)
        assert row is not None
        assert row["route"] == "inner_chat_text" or question.delivered_at is not None
    return allowed


@pytest.mark.lab("B6")
def test_quick_messages_keep_their_order_flags_and_files(desk: Desk, ada: AccountId) -> None:
    said = [
        desk.say(ada, f"message {n}", kind="file", attachment=file(f"{n}.txt", f"{n}" * 64), enable_comment=n % 2 == 0)
        for n in range(5)
    ]
    assert [each.effect for each in said] == ["started", *["queued"] * 4]
    for n, each in enumerate(said):
        turn = desk.turn(each.turn_id)
        assert (turn.state, turn.flags) == ("running", Flags(enable_comment=n % 2 == 0))
        handles = desk.read(lambda tx, turn=turn: reading.files_of_turn(tx, turn.id))
        assert [handle.rpartition("/")[2] for handle in handles] == [f"{n}.txt"]
        assert desk.end(ada, f"final {n}") == turn.id
    assert desk.finals(ada) == [f"final {n}" for n in range(5)]
    assert [message.ordinal for message in desk.messages(ada)] == list(range(1, 11))
    assert last_state(desk, ada) == ("IDLE", 0)


def test_history_is_turn_by_turn_and_only_what_was_before(desk: Desk, ada: AccountId) -> None:
    first, second, third = (desk.say(ada, text) for text in ("one", "two", "three"))
    desk.end(ada, "answer one")
    turn = desk.turn(second.turn_id)
    assert [said.text for said in desk.read(lambda tx: reading.history(tx, turn))] == ["one", "answer one"]
    desk.end(ada, "answer two")
    turn = desk.turn(third.turn_id)
    before = ["one", "answer one", "two", "answer two"]
    assert [said.text for said in desk.read(lambda tx: reading.history(tx, turn))] == before
    assert [said.text for said in desk.read(lambda tx: reading.history(tx, turn, limit=2))] == before[2:]
    assert [said.text for said in desk.read(lambda tx: reading.history(tx, turn, chars=13))] == ["two", "answer two"]
    turn = desk.turn(first.turn_id)
    assert desk.read(lambda tx: reading.history(tx, turn)) == []


@pytest.mark.lab("G6")
def test_the_flags_of_a_turn_are_those_of_its_latest_message(desk: Desk, ada: AccountId) -> None:
    turn = desk.say(ada, reply_in_speech=True, enable_instruct=True, enable_comment=True).turn_id
    desk.ask(ada, HOW)
    desk.say(ada, "go on", inner=True, enable_instruct=False)
    assert desk.turn(turn).flags == Flags(reply_in_speech=False, enable_instruct=False, enable_comment=True)
    desk.say(ada, "another", reply_in_speech=True)
    assert desk.turn(turn).flags.reply_in_speech is False
    assert desk.say(ada, "", kind="speech", attachment=file("a.ogg", kind="audio/ogg")).effect == "queued"
    assert desk.read(lambda tx: turns.queue(tx, ada))[-1].flags == Flags(reply_in_speech=True)


@pytest.mark.lab("B10")
def test_empty_text_is_refused_but_as_an_answer_it_approves_nothing(desk: Desk, ada: AccountId) -> None:
    for text in ("", " \n\t"):
        assert refused(desk, ada, text) == "text_empty"
        assert refused(desk, ada, text, inner=True) == "text_empty"
    desk.say(ada)
    assert refused(desk, ada, "", inner=True) == "text_empty"
    asked = desk.ask(ada)
    desk.deliver(ada)
    assert refused(desk, ada, "") == "text_empty"
    assert desk.say(ada, "", inner=True).effect == "answered"
    answer = desk.question(asked).answer
    assert answer is not None
    assert answer["decision"] == "deny"


@pytest.mark.lab("B10")
def test_long_texts_and_long_queues_are_refused(desk: Desk, ada: AccountId) -> None:
    assert refused(desk, ada, "x" * 32_001) == "text_too_long"
    assert desk.say(ada, "x" * 32_000).effect == "started"
    for n in range(20):
        assert desk.say(ada, str(n)).effect == "queued"
    assert refused(desk, ada, "one too many") == "queue_full"
    asked = desk.ask(ada)
    assert desk.say(ada, "no", question_id=asked).effect == "answered"
    desk.end(ada)
    assert desk.say(ada, "now there is room").effect == "queued"


def test_speech_needs_a_recording_that_could_be_one(desk: Desk, ada: AccountId) -> None:
    assert refused(desk, ada, "", kind="speech", attachment=file("a.wav", kind="text/plain")) == "type_unsupported"
    assert refused(desk, ada, "", kind="speech") == "file_missing"
    assert refused(desk, ada, "look", kind="file") == "file_missing"


def test_a_file_without_words_has_a_handle_and_starts_a_turn(desk: Desk, ada: AccountId) -> None:
    said = desk.say(ada, "", kind="file", attachment=file("论文.pdf", "e" * 64))
    (message,) = desk.messages(ada)
    assert (message.id, message.kind, message.text, list(message.files.values())) == (said.message_id, "file", "", [12])
    assert next(iter(message.files)).endswith("/论文.pdf")
    used = desk.read(lambda tx: tx.one("SELECT used FROM uploads WHERE account_id = :id", id=ada))
    assert used is not None
    assert used["used"] == 1


def test_what_exceeds_the_quota_stores_nothing(desk: Desk, ada: AccountId) -> None:
    small = Desk(desk.database, desk.clock, desk.limits.model_copy(update={"quota_bytes": 11}))
    assert refused(small, ada, kind="file", attachment=file()) == "quota_exceeded"
    assert small.state(ada) == "IDLE"


@pytest.mark.lab("B11")
def test_a_refusal_can_leave_a_reply_and_changes_no_state(desk: Desk, ada: AccountId) -> None:
    desk.say(ada, "你好")
    desk.end(ada)
    head = desk.head()
    desk.do(lambda tx: refuse(tx, ada, "text_empty", {"en": "Empty text", "zh": "文字为空"}))
    final = desk.messages(ada)[-1]
    assert (final.kind, final.error) == ("final", "text_empty: 文字为空")
    assert "文字为空" in final.text
    assert desk.kinds(ada, head) == ["LabMessageAdded", "LabReplyReady"]
    assert desk.state(ada) == "IDLE"
    assert desk.turn(final.turn_id).state == "failed"


def test_the_language_is_that_of_the_last_words(desk: Desk, ada: AccountId) -> None:
    def language() -> str:
        return desk.read(lambda tx: members.member(tx, ada, "zh")).language

    assert language() == "zh"
    desk.say(ada, "hello")
    assert language() == "en"
    desk.say(ada, "你好")
    desk.say(ada, "", kind="file", attachment=file())
    assert language() == "zh"


def last_state(desk: Desk, who: AccountId) -> tuple[str, int]:
    """The state that was told last; it is always the one that holds."""
    told = [fact for fact in map(fact_of, desk.told(who)) if isinstance(fact, LabStateChanged)]
    standing = desk.read(lambda tx: turns.standing(tx, who))
    assert (told[-1].state, told[-1].queued) == (standing.state, standing.queued)
    for one, two in pairwise(told):
        assert (one.state, one.queued) != (two.state, two.queued)
    return standing.state, standing.queued
