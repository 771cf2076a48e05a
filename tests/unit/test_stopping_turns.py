"""Ends of turns (lab protocol 4.6, 5.1, 5.2, 7.6, 10.2): one final each, cancelled, folded, or cleared away."""

import threading
from collections.abc import Iterator
from typing import Any, cast

import pytest

from parlour.assistant.accepting.hearing import not_heard
from parlour.assistant.entities import Reference
from parlour.assistant.facts import LabTurnFinished
from parlour.assistant.messages import members, reading, replies, turns
from parlour.assistant.messages.folding import FOLDED_CHARS_MAX
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.messages.turns import Hear, Saved
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import Assignment
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.files import actions as files
from parlour.files.search.entities import Query
from parlour.files.search.finding import search
from parlour.kernel.ids import AccountId, TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.pauses.facts import QuestionCancelled
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.conftest import STORES, new_store
from tests.unit.lab_desk import Desk, file, open_desk


@pytest.fixture(scope="module", params=STORES)
def desk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with open_desk(new_store(request.param, tmp_path_factory.mktemp("desk"), request)) as opened:
        yield opened


@pytest.fixture
def ada(desk: Desk, request: pytest.FixtureRequest) -> AccountId:
    return desk.member(f"ada-{abs(hash(request.node.nodeid))}")


def found(desk: Desk, who: AccountId, words: str) -> list[str]:
    query = Query(text=words, account_id=who, kinds=("message",))
    return [hit.text for hit in desk.read(lambda tx: search(tx, query))]


def test_a_turn_ends_once_and_its_end_starts_the_next(desk: Desk, ada: AccountId) -> None:
    first, second = desk.say(ada, "one"), desk.say(ada, "two")
    head, turn = desk.head(), desk.turn(first.turn_id)
    ending = Ending(state="failed", reply=NewReply(text="no", error="internal: Something went wrong."))
    assert desk.do(lambda tx: replies.finish(tx, turn, ending))
    assert not desk.do(lambda tx: replies.finish(tx, turn, ending))
    assert desk.kinds(ada, head) == [
        "LabMessageAdded",
        "LabReplyReady",
        "LabTurnFinished",
        "LabTurnStarted",
        "LabStateChanged",
    ]
    ended = desk.turn(first.turn_id)
    assert (ended.state, ended.error) == ("failed", "internal: Something went wrong.")
    assert ended.reply_message_id == desk.messages(ada)[-1].id
    assert desk.turn(second.turn_id).state == "running"
    finished = [fact for fact in map(fact_of, desk.told(ada, head)) if isinstance(fact, LabTurnFinished)]
    assert [fact.error for fact in finished] == ["internal"]


def test_what_was_said_is_found_by_its_person_alone(desk: Desk, ada: AccountId) -> None:
    desk.say(ada, "the contact resistance of sample seven")
    desk.end(ada, "it is 740 ohm")
    desk.say(ada, "where from")
    desk.end(ada, "from a paper [1]\n\nSources\n- [1] Contacts to sapphire, p. 4")
    eve = desk.member(f"eve-{ada}")
    assert found(desk, ada, "paper") == ["from a paper [1]"]
    assert found(desk, ada, "sapphire") == []
    assert found(desk, ada, "resistance") == ["the contact resistance of sample seven"]
    assert found(desk, ada, "740 ohm") == ["it is 740 ohm"]
    assert found(desk, eve, "resistance") == []


@pytest.mark.lab("C7")
def test_stale_finals_go_with_the_first_reply_of_the_next_turn(desk: Desk, ada: AccountId) -> None:
    reference = Reference(ref_type="web", title="A", url="https://arxiv.org/abs/1")
    desk.say(ada, "one")
    desk.end(ada, "old one", references=(reference,))
    desk.say(ada, "two")
    desk.end(ada, "old two", extra_info="more", references=(reference,))
    desk.clock.ms += 121_000
    young = desk.say(ada, "quick")
    desk.ask(ada)
    asked = desk.messages(ada)[-1]
    day = "2026-03-01 12:0"
    assert asked.kind == "question"
    assert asked.extra_info is not None
    parts = asked.extra_info.split("\n\n")
    assert [part.partition("\n")[2] for part in parts[:2]] == ["old one", "old two"]
    assert all(part.startswith(day) for part in parts[:2])
    assert parts[2] == "more"
    assert asked.references == (reference,)
    desk.say(ada, "no", inner=True)
    desk.end(ada, "new", extra_info="own")
    final = desk.messages(ada)[-1]
    assert (final.text, final.extra_info, final.references) == ("new", "own", ())
    assert [message.read for message in desk.messages(ada) if message.kind == "final"] == [True, True, False]
    desk.say(ada, "soon after")
    desk.end(ada, "next")
    assert desk.messages(ada)[-1].extra_info is None
    assert desk.turn(young.turn_id).state == "done"


def test_folded_texts_are_bounded_and_the_newest_are_kept(desk: Desk, ada: AccountId) -> None:
    for n in range(3):
        desk.say(ada, str(n))
        desk.end(ada, f"{n}" * (FOLDED_CHARS_MAX // 2 - 100))
    desk.clock.ms += 121_000
    desk.say(ada, "again")
    desk.end(ada, "new")
    extra = desk.messages(ada)[-1].extra_info or ""
    assert len(extra) <= FOLDED_CHARS_MAX + 10
    assert [digit in extra.split("\n", 1)[1] for digit in ("000", "111", "222")] == [False, True, True]


@pytest.mark.lab("X5")
def test_cancel_ends_the_turn_with_a_reply_and_its_work_can_store_nothing(desk: Desk, ada: AccountId) -> None:
    first, second = desk.say(ada, "one"), desk.say(ada, "two")
    asked = desk.ask(ada)
    done = desk.cancel(ada)
    assert (done.turn_ids, done.state) == ((first.turn_id,), "RUNNING")
    assert desk.question(asked).state == "cancelled"
    turn = desk.turn(first.turn_id)
    assert (turn.state, turn.error, turn.fence) == ("cancelled", None, None)
    final = desk.messages(ada)[-1]
    assert (final.kind, final.error, final.turn_id) == ("final", None, first.turn_id)
    assert final.text
    saved = Saved(progress="{}", flags=turn.flags, running_ms=1, recoveries=0, fence="x")
    assert not desk.do(lambda tx: turns.save(tx, first.turn_id, saved))
    desk.do(lambda tx: turns.set_running(tx, turn))
    assert desk.turn(first.turn_id).state == "cancelled"
    assert desk.turn(second.turn_id).state == "running"
    again = desk.cancel(ada, first.turn_id)
    assert (again.turn_ids, again.state) == ((), "RUNNING")


def test_cancel_with_the_queue_leaves_a_final_for_each_and_starts_none(desk: Desk, ada: AccountId) -> None:
    said = [desk.say(ada, str(n)).turn_id for n in range(3)]
    head = desk.head()
    done = desk.cancel(ada, queue=True)
    assert (done.turn_ids, done.state) == (tuple(said), "IDLE")
    assert [message.turn_id for message in desk.messages(ada) if message.kind == "final"] == said
    assert "LabTurnStarted" not in desk.kinds(ada, head)
    assert desk.kinds(ada, head)[-1] == "LabStateChanged"
    nothing = desk.cancel(ada, queue=True)
    assert (nothing.turn_ids, nothing.state) == ((), "IDLE")


def test_a_queued_turn_is_cancelled_by_its_name_and_nobody_elses(desk: Desk, ada: AccountId) -> None:
    first, second = desk.say(ada, "one"), desk.say(ada, "two")
    eve = desk.member(f"eve-{ada}")
    with pytest.raises(Refusal, match="not_found"):
        desk.cancel(eve, first.turn_id)
    assert desk.cancel(ada, second.turn_id).turn_ids == (second.turn_id,)
    assert desk.turn(first.turn_id).state == "running"
    assert desk.state(ada) == "RUNNING"


@pytest.mark.lab("X5")
def test_clear_ends_everything_without_a_reply(desk: Desk, ada: AccountId) -> None:
    assert not desk.clear(ada)
    desk.say(ada, "about gallium")
    desk.end(ada, "unread")
    desk.say(ada, "one")
    desk.say(ada, "two")
    asked = desk.ask(ada)
    before, head = desk.messages(ada), desk.head()
    assert desk.clear(ada)
    assert desk.state(ada) == "IDLE"
    assert desk.question(asked).state == "cancelled"
    assert desk.messages(ada) == []
    old = before[0].conversation_id
    after = desk.read(lambda tx: reading.messages_of(tx, old, 0, 100))
    assert [message.text for message in after] == [message.text for message in before]
    assert all(message.read for message in after if message.kind == "final")
    assert desk.kinds(ada, head).count("LabHistoryCleared") == 1
    assert "LabReplyReady" not in desk.kinds(ada, head)
    assert found(desk, ada, "gallium") == ["about gallium"]
    fresh = desk.say(ada, "anew")
    turn = desk.turn(fresh.turn_id)
    assert fresh.effect == "started"
    assert desk.read(lambda tx: reading.history(tx, turn)) == []


@pytest.mark.lab("X5")
def test_forgetting_leaves_no_word_of_it(desk: Desk, ada: AccountId) -> None:
    lin = desk.member(f"lin-{ada}")
    desk.say(ada, "secretword one", kind="file", attachment=file("secretword.txt", "a" * 64))
    desk.end(ada, "secretword answer")
    desk.say(ada, "secretword two")
    asked = desk.ask(ada)
    assignment = Assignment(to=lin, note="secretword", by=ada, route="test")
    desk.do(lambda tx: questions.assign(tx, desk.asked_in(tx, asked), assignment))
    heads = {who: len(desk.told(who)) for who in (ada, lin)}
    assert desk.clear(ada, forget=True)
    for table in ("lab_messages", "lab_turns", "lab_steps", "pauses", "chunks", "events", "lab_message_files"):
        rows = desk.read(lambda tx, table=table: tx.all(f"SELECT * FROM {table}"))  # noqa: S608
        words = [str(dict(cast(Any, row))) for row in rows]
        assert not [each for each in words if "secretword" in each or ("May I?" in each and ada in each)], table
    row = desk.read(lambda tx: tx.one("SELECT deleted_at FROM uploads WHERE account_id = :id", id=ada))
    assert row is not None
    assert row["deleted_at"] is not None
    told = desk.told(ada)
    seqs = [dict(event.audience)[f"lab:{ada}"] for event in told]
    assert seqs[0] == heads[ada]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
    assert desk.read(lambda tx: log.position_of(tx, f"lab:{ada}", 1)) is None
    later = [event.kind for event in told[1:]]  # the first stands for all that was erased
    assert later.count("LabHistoryCleared") == 1
    assert {type(fact_of(event)) for event in desk.told(lin)} == {QuestionCancelled}
    assert len(desk.told(lin)) == heads[lin] + 1
    assert desk.say(ada, "anew").effect == "started"


def test_forgetting_keeps_files_that_something_else_refers_to(desk: Desk, ada: AccountId) -> None:
    desk.say(ada, "", kind="file", attachment=file("kept.txt", "b" * 64))
    (handle,) = desk.messages(ada)[0].files
    file_id = handle.split("/")[1]
    desk.do(
        lambda tx: tx.run(
            "INSERT INTO log_files (entry_id, upload_id) VALUES (:entry, :file)", entry=f"e-{ada}", file=file_id
        )
    )
    desk.clear(ada, forget=True)
    assert desk.read(lambda tx: files.by_id(tx, file_id)) is not None


@pytest.mark.lab("G3")
def test_speech_without_a_recogniser_ends_in_words(desk: Desk, ada: AccountId) -> None:
    said = desk.say(ada, "", kind="speech", attachment=file("x", "c" * 64, "audio/wav"))
    assert said.effect == "started"
    keys = [row["unique_key"] for row in desk.read(lambda tx: tx.all("SELECT unique_key FROM jobs"))]
    assert f"assistant.hear:{said.message_id}" in keys
    assert f"assistant.step:{said.turn_id}" not in keys
    desk.do(lambda tx: not_heard(tx, Hear(message_id=said.message_id)))
    person, final = desk.messages(ada)
    assert person.speech is not None
    assert list(person.files) == [person.speech]
    assert final.error is not None
    assert final.error.startswith("speech_recognition_unavailable: ")
    assert desk.state(ada) == "IDLE"


@pytest.mark.lab("G3", "G5")
def test_a_spoken_answer_that_is_not_understood_leaves_the_question_open(desk: Desk, ada: AccountId) -> None:
    desk.say(ada, "create an experiment")
    asked = desk.ask(ada)
    desk.deliver(ada)
    said = desk.say(ada, "", kind="speech", inner=True, attachment=file("x", "c" * 64, "audio/wav"))
    assert said.effect == "answering"
    desk.do(lambda tx: not_heard(tx, Hear(message_id=said.message_id)))
    assert desk.question(asked).state == "open"
    assert desk.state(ada) == "WAITING"
    carrying = next(message for message in desk.messages(ada) if message.kind == "question")
    assert carrying.delivered_at is None
    assert (carrying.error or "").startswith("speech_recognition_unavailable")
    assert desk.say(ada, "yes", inner=True).effect == "answered"


def test_a_spoken_answer_that_comes_too_late_starts_nothing(desk: Desk, ada: AccountId) -> None:
    desk.say(ada, "create an experiment")
    asked = desk.ask(ada)
    said = desk.say(ada, "", kind="speech", inner=True, attachment=file("x", "c" * 64, "audio/wav"))
    desk.say(ada, "no", question_id=asked)
    desk.do(lambda tx: not_heard(tx, Hear(message_id=said.message_id)))
    assert desk.question(asked).state == "answered"
    assert desk.read(lambda tx: turns.standing(tx, ada)).queued == 0
    desk.end(ada)
    assert desk.state(ada) == "IDLE"


@pytest.mark.lab("D5")
def test_of_two_answers_at_once_one_counts_and_the_other_is_a_turn(desk: Desk, ada: AccountId) -> None:
    for _ in range(5):
        first = desk.say(ada, "create an experiment")
        asked = desk.ask(ada)
        effects: dict[str, str] = {}
        ready = threading.Barrier(2)

        def answer(text: str, ready: threading.Barrier = ready, effects: dict[str, str] = effects) -> None:
            database = Database(desk.database.dialect.url, desk.clock, TimeOrderedIds(desk.clock))
            own = Desk(database, desk.clock, desk.limits)
            own.read(lambda tx: turns.current(tx, ada))
            ready.wait(60)
            effects[text] = database.write_here(lambda tx: own.say_in(tx, ada, text, inner=True)).effect

        both = [threading.Thread(target=answer, args=(text,)) for text in ("yes", "no")]
        for thread in both:
            thread.start()
        for thread in both:
            thread.join(20)
        assert sorted(effects.values()) == ["answered", "queued"]
        winner = "allow" if effects["yes"] == "answered" else "deny"
        given = desk.question(asked).answer
        assert given is not None
        assert given["decision"] == winner
        assert desk.end(ada) == first.turn_id
        desk.end(ada)
        assert desk.state(ada) == "IDLE"
    assert [message.ordinal for message in desk.messages(ada)] == list(range(1, len(desk.messages(ada)) + 1))


def test_a_deleted_file_vanishes_from_what_was_said(desk: Desk, ada: AccountId) -> None:
    desk.say(ada, "", kind="file", attachment=file("gone.txt", "f" * 64))
    (handle,) = desk.messages(ada)[0].files
    desk.end(ada, "read it", references=(Reference(ref_type="file", title="gone", file=handle, size=1),))
    final = desk.messages(ada)[-1]
    assert [(each.file, each.size) for each in final.references] == [(handle, 12)]
    head, file_id = desk.head(), handle.split("/")[1]

    def delete(tx: Tx) -> None:
        files.delete_file(tx, ada, handle)
        replies.file_gone(tx, ada, file_id)

    desk.do(delete)
    assert [dict(message.files) for message in desk.messages(ada)] == [{}, {}]
    assert desk.messages(ada)[-1].references == ()
    assert desk.kinds(ada, head) == ["LabMessageUpdated", "LabMessageUpdated"]


def test_an_account_without_any_conversation_can_be_looked_at(desk: Desk, ada: AccountId) -> None:
    assert desk.read(lambda tx: members.conversation(tx, ada)) is None
    assert desk.read(lambda tx: members.member(tx, ada)).language == "en"
    assert desk.state(ada) == "IDLE"
    assert desk.do(lambda tx: members.lock(tx, ada)) == desk.do(lambda tx: members.lock(tx, ada))
