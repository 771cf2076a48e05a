"""What two servers do at once on PostgreSQL: the second waits for what the first has locked, and then sees it."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from parlour.attempts import actions as attempts
from parlour.attempts.actions import Saying
from parlour.attempts.history.removal import delete_attempt
from parlour.attempts.reuse import use_previous
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.conversations import actions as conversations
from parlour.conversations.actions import Writing
from parlour.grading import actions as grading
from parlour.grading.actions import Given
from parlour.grading.entities import Analysis, GradeRequest, Items
from parlour.kernel.ids import AttemptId, ChatId, GradeId, MessageId, TimeOrderedIds
from parlour.kernel.refusals import Refusal
from parlour.storage.database import Database
from parlour.storage.tx import Tx
from tests.conftest import new_database
from tests.unit.detail_hall import FENCE, SAMPLE, Hall, open_hall

SECONDS_MAX = 60.0
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def hall(postgresql: str) -> Iterator[Hall]:
    with open_hall(new_database(postgresql)) as made:
        yield made


def meanwhile(hall: Hall, first: Callable[[Tx], object], second: Callable[[Tx], object]) -> Exception | None:
    """Let another server begin `second` before what `first` did here is committed; how `second` failed."""
    url = hall.database.dialect.url
    failed: list[Exception] = []

    def act() -> None:
        try:
            Database(url, hall.clock, TimeOrderedIds(hall.clock)).write_here(second)
        except Exception as error:  # noqa: BLE001 (it is given to the test)
            failed.append(error)

    other = threading.Thread(target=act)

    def both(tx: Tx) -> None:
        first(tx)
        other.start()
        deadline = time.monotonic() + SECONDS_MAX
        with psycopg.connect(url, autocommit=True) as watching:
            while other.is_alive() and time.monotonic() < deadline:
                row = watching.execute(WAITING).fetchone()
                if row is not None and row[0]:
                    return
                time.sleep(0.01)
        assert not other.is_alive(), "the other server neither waits nor ends"

    hall.database.write_here(both)
    other.join(SECONDS_MAX)
    return failed[0] if failed else None


def opened(hall: Hall) -> tuple[AttemptId, ChatId]:
    started = hall.start(hall.entry("practice", "office"))
    assert started.chat_id is not None
    return started.attempt_id, started.chat_id


def left(hall: Hall, table: str) -> int:
    row: Any = hall.read(lambda tx: tx.one(f"SELECT count(*) AS n FROM {table}"))  # noqa: S608
    return row["n"]


def test_a_chat_that_is_left_while_its_learner_speaks_has_no_reply_under_way(hall: Hall) -> None:
    attempt_id, chat_id = opened(hall)
    actor, saying = hall.actor(), Saying(attempt_id=attempt_id, chat_id=chat_id, text="Hello.")
    failed = meanwhile(
        hall,
        lambda tx: attempts.say(tx, actor, saying, "UTC"),
        lambda tx: attempts.advance_by_hand(tx, actor, attempt_id, None),
    )
    assert failed is None
    assert hall.chat(chat_id).state == "completed"
    states = [message.state for message in hall.read(lambda tx: conversations.messages(tx, chat_id))]
    assert states == ["complete", "stopped"]


def test_an_attempt_that_is_deleted_while_it_is_graded_leaves_no_items(hall: Hall) -> None:
    attempt_id, chat_id = opened(hall)
    hall.say(chat_id, "Hello.")
    actor = hall.actor()
    asked = GradeRequest(chat_id=chat_id, requested_by=actor.account_id)
    grade_id = hall.do(lambda tx: grading.request_grade(tx, asked))

    def give(tx: Tx) -> None:
        chat, pending = conversations.chat(tx, chat_id), grading.grade(tx, GradeId(grade_id))
        assert chat is not None
        assert pending is not None
        items = Items(remarks=(Analysis(id=tx.new_id(), grade_id=grade_id, content="Well."),))
        assert grading.give(tx, chat, pending, Given(items=items, summary="In short.", simulation_id=None))

    assert meanwhile(hall, give, lambda tx: delete_attempt(tx, actor, attempt_id)) is None
    assert (left(hall, "attempts"), left(hall, "grades"), left(hall, "grade_items")) == (0, 0, 0)


def test_an_attempt_that_is_deleted_while_a_reply_ends_leaves_no_hints(hall: Hall) -> None:
    attempt_id, chat_id = opened(hall)
    actor = hall.actor()
    _, reply = hall.say(chat_id, "Hello.", open=True)
    writing = Writing(chat_id=chat_id, message_id=MessageId(reply.id), fence=FENCE, persona_id=reply.persona_id)

    def end(tx: Tx) -> None:
        conversations.add_hints(tx, writing, ["Ask why."])
        assert conversations.complete_reply(tx, writing.message_id, "complete")

    assert meanwhile(hall, end, lambda tx: delete_attempt(tx, actor, attempt_id)) is None
    assert (left(hall, "messages"), left(hall, "hints")) == (0, 0)


def test_what_is_being_deleted_cannot_be_used_again(hall: Hall, tmp_path: Path) -> None:
    pack = shutil.copytree(SAMPLE, tmp_path / "reuse")
    for file in pack.rglob("*.yaml"):
        file.write_text(file.read_text().replace("use_previous: false", "use_previous: true"))
    hall.do(lambda tx: publish(tx, load_bundle(pack)))
    hall.person("root", "superadmin")
    owner, root, entry = hall.actor(), hall.actor("root"), hall.entry("home")
    source = hall.start(entry)
    moved = hall.do(lambda tx: attempts.advance_by_hand(tx, owner, source.attempt_id, None))
    assert moved.chat_id is not None
    hall.say(moved.chat_id, "Hello.")
    hall.end(source.attempt_id, moved.chat_id)
    hall.grade(moved.chat_id, 3)
    target, chosen = hall.start(entry), {hall.chat(moved.chat_id).chat_entry_id: str(moved.chat_id)}
    failed = meanwhile(
        hall,
        lambda tx: delete_attempt(tx, root, source.attempt_id),
        lambda tx: use_previous(tx, owner, target.attempt_id, chosen),
    )
    assert isinstance(failed, Refusal)
    assert failed.code == "not_found"
    assert left(hall, "messages") == 0
