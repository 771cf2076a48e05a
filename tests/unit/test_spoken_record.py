"""The record of speech below the wire, on both stores: reading, disputes, retention, copies, deletion, files."""

import asyncio
import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts.exports import jsonl, markdown, table
from parlour.attempts.exports.records import Record, record_of
from parlour.attempts.history.removal import delete_attempt
from parlour.attempts.media import upload_to_read
from parlour.attempts.spoken import disputing, reading
from parlour.attempts.spoken.disputing import Place
from parlour.attempts.spoken.keeping import DAY_MS, KeeperNeed, RecordingKeeper
from parlour.attempts.spoken.reading import SpeechRules
from parlour.attempts.spoken.shapes import ChatSpeech, UtteranceShown
from parlour.attempts.usage import attempt_usage
from parlour.audit import actions as audit
from parlour.audit.entities import Wanted
from parlour.conversations import actions as conversations
from parlour.conversations.copying import copy_transcript
from parlour.conversations.facts import LearnerMessageAdded
from parlour.conversations.rooms import chat_room
from parlour.conversations.spoken import utterances
from parlour.conversations.spoken.reading import keeping
from parlour.conversations.spoken.recordings import record
from parlour.events import log
from parlour.events.facts import fact_of
from parlour.kernel.ids import ChatId, TimeOrderedIds, named_id
from parlour.kernel.refusals import Refusal
from parlour.speech.recording import Kept, Spools, SpoolsNeed
from parlour.storage.blobs.folder import FolderBlobs
from parlour.storage.database import Database
from tests.harness.spoken import SECOND, Aloud, said_aloud, spoken_to, words_of
from tests.unit.detail_hall import Hall, SetClock, open_hall

RULES = SpeechRules(unclear_below=0.5, base_path="/base")
HEARD = "You are stupid, what have you tried?"
MEANT = "You are studious, what have you tried?"
REPLY = "I read the chapter twice. It did not help."


@pytest.fixture
def hall(store_url: str) -> Iterator[Hall]:
    with open_hall(store_url) as opened:
        opened.person("root", "superadmin")
        yield opened


@dataclass
class Said:
    """A chat in which one thing was said aloud and answered aloud, with a recording of a second."""

    attempt_id: Any
    chat_id: ChatId
    item_id: str
    message_id: str
    upload_id: str


def spoken(hall: Hall, folder: Path, entry: str = "home") -> Said:
    started = hall.start(hall.entry(entry))  # type: ignore[arg-type]
    query, reply = hall.say(str(started.chat_id), HEARD, reply=REPLY[:25])
    kept = asyncio.run(recorded(folder, hall.clock))

    def aloud(tx: Any) -> Said:
        item_id = said_aloud(tx, query.id, Aloud(words=words_of(HEARD, ["stupid"])))
        utterance = utterances.utterance(tx, item_id)
        assert utterance is not None
        upload_id = record(tx, kept, utterance)
        assert upload_id is not None
        tx.run(
            "UPDATE utterances SET upload_id = :upload, sha256 = :sha WHERE id = :id",
            id=item_id,
            upload=upload_id,
            sha=kept.digest,
        )
        spoken_to(tx, reply.id, generated=REPLY, heard=25)
        return Said(started.attempt_id, ChatId(str(started.chat_id)), item_id, query.id, upload_id)

    said = hall.do(aloud)
    hall.do(lambda tx: said_aloud(tx, query.id, Aloud(words=(), state="blank")))
    return said


async def recorded(folder: Path, clock: SetClock) -> Kept:
    spool = spools(folder).begin(TimeOrderedIds(clock).new())
    spool.add(SECOND)
    await spool.close()
    kept = await spools(folder).keep(spool.name)
    assert kept is not None
    return kept


def spools(folder: Path) -> Spools:
    need = SpoolsNeed(folder=folder / "spool", blobs=FolderBlobs(folder / "files"), seconds_max=60, keeps=True)
    return Spools(need)


def speech(hall: Hall, said: Said, user_id: str = "learner") -> ChatSpeech:
    actor = hall.actor(user_id)
    return hall.read(lambda tx: reading.chat_speech(tx, actor, said.chat_id, RULES))


def dispute(hall: Hall, said: Said, text: str = MEANT, user_id: str = "learner", **place: str) -> UtteranceShown:
    actor, where = hall.actor(user_id), Place(**{"chat_id": said.chat_id, "item_id": said.item_id, **place})
    return hall.do(lambda tx: disputing.dispute(tx, actor, where, text, RULES))


def decide(hall: Hall, said: Said, *, accept: bool, user_id: str = "root") -> Any:
    actor, where = hall.actor(user_id), Place(chat_id=said.chat_id, item_id=said.item_id)
    return hall.do(lambda tx: disputing.decide(tx, actor, where, RULES, accept=accept))


def refused(action: Any) -> str:
    with pytest.raises(Refusal) as caught:
        action()
    return caught.value.code


def test_speech_is_read_with_words_doubts_recordings_and_what_was_heard_of_answers(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path)
    found = speech(hall, said)
    first, blank = found.utterances
    assert (first.item_id, first.message_id, first.state, first.text, first.content) == (
        said.item_id, said.message_id, "said", HEARD, HEARD,
    )  # fmt: skip
    assert [word.text for word in first.words if word.unclear] == ["stupid,"]
    assert [HEARD[each.start : each.end] for each in first.unclear] == ["stupid"]
    assert first.recording is not None
    assert (first.recording.url, first.recording.milliseconds, first.recording.bytes) == (
        f"/base/api/v1/uploads/{said.upload_id}", 1000, len(SECOND) + 44,
    )  # fmt: skip
    assert (first.may_dispute, first.may_decide, first.recording_removed) == (True, False, False)
    assert (blank.state, blank.message_id, blank.content, blank.recording, blank.may_dispute) == (
        "blank", None, None, None, False,
    )  # fmt: skip
    (reply,) = found.replies
    assert (reply.text, reply.heard, reply.state, reply.heard_ms) == (REPLY, REPLY[:25], "interrupted", 1200)
    assert (found.learner_ms, found.persona_ms) == (2000, 1200)
    actor = hall.actor()
    used = hall.read(lambda tx: attempt_usage(tx, actor, said.attempt_id)).speech
    assert (used.learner_seconds, used.persona_seconds) == (2.0, 1.2)
    assert speech(hall, said, "root").utterances[0].may_dispute is False
    hall.person("stranger")
    assert refused(lambda: speech(hall, said, "stranger")) == "not_found"


def test_a_recording_is_for_those_who_may_read_its_chat(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path)
    for user_id in ("learner", "root"):
        actor = hall.actor(user_id)
        found = hall.read(lambda tx, actor=actor: upload_to_read(tx, actor, said.upload_id))
        assert (found.mime_type, found.account_id) == ("audio/wav", hall.people["learner"])
    hall.person("stranger")
    stranger = hall.actor("stranger")
    assert refused(lambda: hall.read(lambda tx: upload_to_read(tx, stranger, said.upload_id))) == "not_found"


def test_an_accepted_dispute_replaces_the_words_and_readers_are_told(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path)
    opened = dispute(hall, said, "Something else.")
    assert opened.dispute is not None
    assert (opened.dispute.state, opened.content, [(each.start, each.end) for each in opened.unclear]) == (
        "open", HEARD, [(0, len(HEARD))],
    )  # fmt: skip
    opened = dispute(hall, said, f"  {MEANT} ")
    assert speech(hall, said, "root").utterances[0].may_decide
    decided = decide(hall, said, accept=True)
    shown = decided.utterance
    assert (shown.content, shown.text, shown.unclear, decided.grade_is_older) == (MEANT, HEARD, [], False)
    assert (shown.dispute.state, shown.dispute.text, shown.dispute.decided_by) == ("accepted", MEANT, "Root")
    mine = speech(hall, said).utterances[0]
    assert mine.dispute is not None
    assert (mine.dispute.decided_by, mine.may_dispute) == (None, False)
    message = hall.read(lambda tx: conversations.message(tx, mine.message_id))  # type: ignore[arg-type]
    assert message is not None
    assert message.content == MEANT
    told = hall.read(lambda tx: log.of_rooms(tx, [chat_room(said.chat_id)], 0, log.head(tx), 1000))
    facts = [fact for fact in map(fact_of, told) if isinstance(fact, LearnerMessageAdded)]
    assert [(each.message_id, each.content, each.item_id) for each in facts] == [
        (said.message_id, HEARD, None),
        (said.message_id, MEANT, said.item_id),
    ]
    (entry,) = hall.read(lambda tx: audit.list_rows(tx, Wanted(subject=said.item_id)))
    assert (entry.action, entry.actor, entry.acted_for) == (
        "transcript.accepted", hall.people["root"], hall.people["learner"],
    )  # fmt: skip
    assert MEANT not in entry.detail


def test_a_declined_dispute_changes_no_word(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path)
    dispute(hall, said)
    shown = decide(hall, said, accept=False).utterance
    assert (shown.content, shown.dispute.state, [HEARD[each.start : each.end] for each in shown.unclear]) == (
        HEARD, "declined", ["stupid"],
    )  # fmt: skip
    assert refused(lambda: dispute(hall, said)) == "dispute_decided"
    assert refused(lambda: decide(hall, said, accept=True)) == "dispute_decided"


def test_only_the_learner_disputes_and_only_staff_decide(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path)
    other = spoken(hall, tmp_path, "practice")
    hall.person("stranger")
    unknown = named_id("unknown")
    assert refused(lambda: decide(hall, said, accept=True)) == "no_dispute"
    assert refused(lambda: dispute(hall, said, user_id="root")) == "forbidden"
    assert refused(lambda: dispute(hall, said, user_id="stranger")) == "not_found"
    assert refused(lambda: dispute(hall, said, item_id=other.item_id)) == "not_found"
    assert refused(lambda: dispute(hall, said, item_id=unknown)) == "not_found"
    assert refused(lambda: dispute(hall, said, chat_id=unknown)) == "not_found"
    assert refused(lambda: dispute(hall, said, " \n ")) == "empty_message"
    blank = speech(hall, said).utterances[1].item_id
    assert refused(lambda: dispute(hall, said, item_id=blank)) == "not_spoken"
    dispute(hall, said)
    assert refused(lambda: decide(hall, said, accept=True, user_id="learner")) == "forbidden"
    assert refused(lambda: decide(hall, said, accept=True, user_id="stranger")) == "not_found"


def test_after_a_grade_nothing_is_disputed_but_what_is_open_is_decided(hall: Hall, tmp_path: Path) -> None:
    said, late = spoken(hall, tmp_path), spoken(hall, tmp_path, "practice")
    dispute(hall, said)
    for each in (said, late):
        hall.end(each.attempt_id, each.chat_id)
        hall.grade(each.chat_id, 3)
    assert refused(lambda: dispute(hall, late)) == "already_graded"
    assert speech(hall, late).utterances[0].may_dispute is False
    decided = decide(hall, said, accept=True)
    assert (decided.utterance.content, decided.grade_is_older) == (MEANT, True)


async def keep_house(hall: Hall, folder: Path, days: float) -> int:
    """A round of housekeeping with this retention."""
    fresh = Database(hall.database.dialect.url, hall.clock, TimeOrderedIds(hall.clock))
    fresh.start()
    try:
        need = KeeperNeed(database=fresh, spools=spools(folder), clock=hall.clock, recording_days=days)
        return await RecordingKeeper(need).keep_house()
    finally:
        await fresh.stop()


def test_old_recordings_are_forgotten_and_their_words_stay(hall: Hall, tmp_path: Path) -> None:
    old = spoken(hall, tmp_path)
    hall.clock.ms += 20 * DAY_MS
    young = spoken(hall, tmp_path, "practice")
    hall.clock.ms += 15 * DAY_MS
    assert asyncio.run(keep_house(hall, tmp_path, 30)) >= 1
    gone = speech(hall, old).utterances[0]
    assert (gone.recording, gone.recording_removed, gone.text) == (None, True, HEARD)
    assert speech(hall, young).utterances[0].recording is not None
    actor = hall.actor()
    assert refused(lambda: hall.read(lambda tx: upload_to_read(tx, actor, old.upload_id))) == "not_found"
    assert asyncio.run(keep_house(hall, tmp_path, 0)) == 1
    assert speech(hall, young).utterances[0].recording is None


def test_orphaned_spools_are_forgotten_and_those_of_running_utterances_are_not(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path)
    ids = TimeOrderedIds(hall.clock)
    running, orphan = ids.new(), ids.new()
    (tmp_path / "spool").mkdir(exist_ok=True)
    for name in (running, orphan):
        path = tmp_path / "spool" / f"{name}.pcm"
        path.write_bytes(SECOND)
        os.utime(path, (1_000, 1_000))
    hall.do(
        lambda tx: tx.run(
            "UPDATE utterances SET state = 'recognising', spool = :name WHERE id = :id", id=said.item_id, name=running
        )
    )
    assert hall.read(lambda tx: keeping.spools_needed(tx, [running, orphan])) == {running}
    asyncio.run(keep_house(hall, tmp_path, 30))
    names = {path.stem for path in (tmp_path / "spool").iterdir()}
    assert running in names
    assert orphan not in names


def test_deleting_an_attempt_deletes_what_was_spoken_in_it(hall: Hall, tmp_path: Path) -> None:
    said, kept = spoken(hall, tmp_path), spoken(hall, tmp_path, "practice")
    admin = hall.actor("root")
    hall.do(lambda tx: delete_attempt(tx, admin, said.attempt_id))
    rows = hall.read(lambda tx: [tx.all(f"SELECT * FROM {name}") for name in ("utterances", "spoken_replies")])  # noqa: S608
    assert {row["chat_id"] for table_rows in rows for row in table_rows} == {kept.chat_id}
    uploads = {row["id"] for row in hall.read(lambda tx: tx.all("SELECT id FROM uploads WHERE name LIKE 'speech-%'"))}
    assert uploads == {kept.upload_id}


def test_a_copied_chat_has_its_own_recordings_and_disputes(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path, "practice")
    target = hall.chat(str(hall.start(hall.entry("practice")).chat_id))
    source = hall.chat(said.chat_id)
    hall.do(lambda tx: copy_transcript(tx, source, target))
    copy = Said(target.attempt_id, target.id, "", "", "")
    (mine,) = speech(hall, copy).utterances
    assert mine.recording is not None
    assert mine.item_id != said.item_id
    assert mine.recording.upload_id != said.upload_id
    assert (mine.content, mine.state, [word.unclear for word in mine.words].count(True)) == (HEARD, "said", 1)
    assert [reply.heard for reply in speech(hall, copy).replies] == [REPLY[:25]]
    row: Any = hall.read(lambda tx: tx.one("SELECT item_id FROM messages WHERE id = :id", id=mine.message_id))
    assert row["item_id"] == mine.item_id
    dispute(hall, said)
    assert speech(hall, copy).utterances[0].dispute is None
    admin, actor = hall.actor("root"), hall.actor()
    hall.do(lambda tx: delete_attempt(tx, admin, said.attempt_id))
    upload_id = mine.recording.upload_id
    assert hall.read(lambda tx: upload_to_read(tx, actor, upload_id)).digest == mine.recording.sha256


def test_files_say_what_was_spoken_heard_and_disputed(hall: Hall, tmp_path: Path) -> None:
    said = spoken(hall, tmp_path)
    dispute(hall, said)
    actor = hall.actor()

    def made() -> Record:
        return hall.read(lambda tx: record_of(tx, actor, said.attempt_id))

    lines = [json.loads(line) for line in jsonl.lines(made()).splitlines()]
    utterance = next(line for line in lines if line["kind"] == "utterance")
    assert (utterance["text"], utterance["recording"], utterance["words"][2]["confidence"]) == (
        HEARD, said.upload_id, 0.2,
    )  # fmt: skip
    assert (utterance["dispute"]["state"], utterance["dispute"]["text"]) == ("open", MEANT)
    reply = next(line for line in lines if line["kind"] == "spoken_reply")
    assert (reply["text"], reply["heard"], reply["measured"]) == (REPLY, REPLY[:25], "report")
    row = next(csv.DictReader(io.StringIO((table.head() + table.rows(made())).decode("utf-8-sig"))))
    assert [row[name] for name in table.COLUMNS[-3:]] == ["1", "2.0", "1.2"]
    page = markdown.page(made()).decode()
    assert page.count("(spoken)") == 2
    assert f"which has not been decided, and that they said:\n\n> {MEANT}" in page
    decide(hall, said, accept=True)
    page = markdown.page(made()).decode()
    assert f"The recogniser had understood:\n\n> {HEARD}" in page
