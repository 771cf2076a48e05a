"""Two servers that act on the same rows at the same moment: what one has read, the other has changed since."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from parlour.assistant.accepting.clearing import Clearing, clear
from parlour.assistant.experiments import actions as experiments
from parlour.assistant.experiments import store as experiment_rows
from parlour.assistant.experiments.entities import NewEntry, NewExperiment
from parlour.assistant.mailbox import actions as mailbox
from parlour.assistant.mailbox.folding import fold_stale
from parlour.assistant.messages import members, replies
from parlour.assistant.messages.replies import Ending, NewReply
from parlour.assistant.questions import actions as questions
from parlour.assistant.questions.entities import Assignment, NewQuestion, Question
from parlour.assistant.tools.ports import Operation
from parlour.conversations.rooms import lab_room
from parlour.files import actions as files
from parlour.files import store as file_rows
from parlour.files import sweeping
from parlour.files.entities import NewFile, Received, StoredFile
from parlour.files.extraction import work
from parlour.files.handles import handle_of
from parlour.files.search import index
from parlour.files.search.entities import NewChunk, Source
from parlour.kernel.ids import AccountId
from parlour.kernel.refusals import Refusal
from parlour.pauses.facts import QuestionAssigned
from parlour.storage.tx import Tx
from parlour.wire.lab import files as file_routes
from parlour.wire.lab.callers import LabCaller
from parlour.wire.lab.questions import AnswerBody, AssignBody, Given
from tests.lab.racing import Meeting, Pair

DIGEST = "ab" * 32


@pytest.fixture
async def pair(store_url: str) -> AsyncIterator[Pair]:
    made = Pair(store_url)
    await asyncio.to_thread(made.open_tables)
    made.start()
    yield made
    await made.close()


def before(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, pause: Callable[[], None]) -> None:
    """Pause before the first call of a function."""
    act = getattr(place, name)

    def paused(*given: Any, **named: Any) -> Any:
        pause()
        return act(*given, **named)

    monkeypatch.setattr(place, name, paused)


async def a_file(pair: Pair, account_id: AccountId, *, used: bool = True) -> StoredFile:
    received = Received(digest=DIGEST, size=10, type="text/plain", charset="utf-8")
    new = NewFile(account_id=account_id, name="notes.txt", origin="upload", received=received)

    def keep(tx: Tx) -> StoredFile:
        file = files.keep_file(tx, new)
        if used:
            files.use(tx, file.id)
        return file

    return await pair.first.write(keep)


async def a_question(pair: Pair, account_id: AccountId) -> Question:
    accepted = await pair.say(account_id)
    turn = await pair.turn(accepted.turn_id)
    operation = Operation(tool="move", title="Move the stage", arguments={"mm": 1})
    new = NewQuestion(kind="authorize", text="", operation=operation)
    asked = await pair.first.write(lambda tx: questions.put(tx, turn, questions.worded(tx, turn, new)))
    found = await pair.first.read(lambda tx: questions.question(tx, asked))
    assert found is not None
    return found


def caller(account_id: AccountId) -> LabCaller:
    return LabCaller(
        account_id=account_id,
        user_id="",
        author_id=account_id,
        operator=False,
        session_digest=None,
        session=None,
    )


# --- files ---


@pytest.mark.parametrize("deleting_first", [True, False])
async def test_a_file_deleted_while_its_text_is_read_leaves_no_text(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, *, deleting_first: bool
) -> None:
    ada = await pair.account()
    file = await a_file(pair, ada)
    prepared = index.prepare([NewChunk(page=1, position=0, text="a contact resistance")])
    source = Source(kind=files.CHUNKS, id=file.id, account_id=ada)
    meeting = Meeting()
    if deleting_first:
        before(monkeypatch, file_rows, "set_deleted", meeting.pause)
        before(monkeypatch, index, "remove", meeting.pause)

    def delete(tx: Tx) -> None:
        files.delete_file(tx, ada, handle_of(file))
        meeting.pause()

    def add(tx: Tx) -> None:
        work._add(tx, file.id, source, prepared)

    if deleting_first:
        await pair.meet(meeting, delete, add)
    else:
        before(monkeypatch, index, "add", meeting.pause)
        await pair.meet(meeting, add, lambda tx: files.delete_file(tx, ada, handle_of(file)))
    assert await pair.first.read(lambda tx: index.texts(tx, files.CHUNKS, file.id)) == []


@pytest.mark.parametrize("attaching_first", [True, False])
async def test_a_file_is_attached_to_a_log_or_deleted_never_both(
    pair: Pair, monkeypatch: pytest.MonkeyPatch, *, attaching_first: bool
) -> None:
    ada = await pair.account()
    file = await a_file(pair, ada)
    new = NewExperiment(account_id=ada, name="X", description="", visibility="private")
    made = await pair.first.write(lambda tx: experiments.create(tx, new))
    entry = NewEntry(experiment_id=made.id, author_id=ada, text="see the file", file_ids=(file.id,))

    def keep_attached(tx: Tx, _: AccountId, kept: StoredFile) -> None:
        if experiments.is_attached(tx, kept.id):
            raise Refusal("file_in_use", "A log entry refers to this file.")
        meeting.pause()

    def attach(tx: Tx) -> None:
        members.lock(tx, ada)  # as every step of a turn does
        experiments.add_entry(tx, entry)

    def delete(tx: Tx) -> None:
        file_routes.delete_own(tx, ada, handle_of(file), (keep_attached,))

    meeting = Meeting()
    if attaching_first:
        before(monkeypatch, experiment_rows, "insert_entry", meeting.pause)
        await pair.meet(meeting, attach, delete)
    else:
        await pair.meet(meeting, delete, attach)
    attached = await pair.first.read(lambda tx: experiments.is_attached(tx, file.id))
    there = await pair.first.read(lambda tx: files.by_id(tx, file.id))
    assert attached == (there is not None)


async def test_a_file_that_is_used_just_when_it_is_swept_stays(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = await pair.account()
    file = await a_file(pair, ada, used=False)
    meeting = Meeting()
    select = file_rows.unused

    def unused(tx: Tx, before_ms: int, limit: int) -> list[str]:
        found = select(tx, before_ms, limit)
        meeting.pause()
        return found

    monkeypatch.setattr(file_rows, "unused", unused)

    def use(tx: Tx) -> bool:
        files.use(tx, file.id)
        return files.by_id(tx, file.id) is not None

    _, used = await pair.meet(meeting, lambda tx: sweeping._forget(tx, tx.now_ms + 1), use)
    there = await pair.first.read(lambda tx: files.by_id(tx, file.id))
    assert used == (there is not None)


# --- questions ---


async def test_an_answer_of_somebody_who_lost_the_question_meanwhile_is_not_taken(pair: Pair) -> None:
    ada, lin = await pair.account(), await pair.account()
    asked = await a_question(pair, ada)
    await pair.first.write(lambda tx: questions.assign(tx, asked, Assignment(to=lin, by=ada, route="test")))
    meeting = Meeting()

    def take_back(tx: Tx) -> None:
        Given(question_id=asked.id, caller=caller(ada), route="test").assign(tx, AssignBody(to=None))
        meeting.pause()

    def allow(tx: Tx) -> None:
        Given(question_id=asked.id, caller=caller(lin), route="test").answer(
            tx, AnswerBody(answer={"decision": "allow"})
        )

    _, came = await pair.meet(meeting, take_back, allow)
    assert isinstance(came, Refusal)
    assert came.code == "not_found"
    now = await pair.first.read(lambda tx: questions.question(tx, asked.id))
    assert now is not None
    assert now.state == "open"


async def test_whoever_loses_a_question_hears_of_it_also_if_two_assign_it_at_once(pair: Pair) -> None:
    ada, lin, mei = [await pair.account() for _ in range(3)]
    asked = await a_question(pair, ada)
    meeting = Meeting()
    names = dict(zip(await pair.user_ids([lin, mei]), (lin, mei), strict=True))
    to_lin, to_mei = names

    def assign(tx: Tx, name: str) -> list[AccountId | None]:
        Given(question_id=asked.id, caller=caller(ada), route="test").assign(tx, AssignBody(to=name))
        meeting.pause()
        heard = [said.fact for said in tx.announced if lab_room(lin) in said.rooms]
        return [fact.pause.assigned_to for fact in heard if isinstance(fact, QuestionAssigned)]

    _, told = await pair.meet(meeting, lambda tx: assign(tx, to_lin), lambda tx: assign(tx, to_mei))
    assert told == [None]


# --- the mailbox ---


async def test_a_final_is_given_once_although_the_clocks_of_servers_differ(pair: Pair) -> None:
    ada = await pair.account()
    accepted = await pair.say(ada)
    turn = await pair.turn(accepted.turn_id)
    ending = Ending(state="done", reply=NewReply(text="An answer."))
    await pair.first.write(lambda tx: replies.finish(tx, turn, ending))
    found = await pair.first.read(lambda tx: mailbox.look(tx, ada, 120))
    assert found.reply is not None
    final = found.reply.message.id
    assert await pair.first.write(lambda tx: mailbox.claim(tx, final)) is not None
    assert (await pair.second.read(lambda tx: mailbox.look(tx, ada, 120))).reply is None
    assert await pair.second.write(lambda tx: mailbox.claim(tx, final)) is None
    assert await pair.second.write(lambda tx: fold_stale(tx, ada, turn.id, -60)) == 0


@pytest.mark.parametrize("breaking_first", [True, False])
async def test_a_reply_that_was_cleared_does_not_come_back_when_its_client_breaks_off(
    pair: Pair, *, breaking_first: bool
) -> None:
    ada = await pair.account()
    accepted = await pair.say(ada)
    turn = await pair.turn(accepted.turn_id)
    ending = Ending(state="done", reply=NewReply(text="An answer."))
    await pair.first.write(lambda tx: replies.finish(tx, turn, ending))
    found = await pair.first.read(lambda tx: mailbox.look(tx, ada, 120))
    assert found.reply is not None
    final = found.reply.message.id
    token = await pair.first.write(lambda tx: mailbox.claim(tx, final))
    assert token is not None
    await pair.first.write(lambda tx: mailbox.handed_over(tx, ada, final, token))
    meeting = Meeting()

    def take_back(tx: Tx) -> None:
        mailbox.take_back(tx, ada, final, token)
        meeting.pause()

    def clear_all(tx: Tx) -> None:
        clear(tx, Clearing(account_id=ada, by=ada, route="test"))
        meeting.pause()

    await pair.meet(meeting, *((take_back, clear_all) if breaking_first else (clear_all, take_back)))
    left = await pair.first.read(lambda tx: mailbox.look(tx, ada, 120))
    assert left.reply is None
