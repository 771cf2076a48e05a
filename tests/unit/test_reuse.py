"""What a copied chat keeps of its source, and which pairs are valid (Glow 6.7), below the wire."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parlour.attempts import actions as attempts
from parlour.attempts.access import attempt_to_read
from parlour.attempts.reuse import Reused, use_previous
from parlour.attempts.reuse_rules import VERSION, Earlier, EarlierGrade, named_template, pair_fault
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Chat
from parlour.conversations.reading import held_by
from parlour.conversations.responses import Choice, add_response
from parlour.conversations.scenes import material_of
from parlour.kernel.ids import TemplateId
from parlour.kernel.refusals import Refusal
from parlour.settings import sqlite_url
from tests.unit.detail_hall import SAMPLE, Hall, open_hall


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    """A hall whose assigned training allows reuse."""
    pack = tmp_path / "reuse"
    pack.mkdir()
    for file in SAMPLE.rglob("*.*"):
        if file.suffix == ".yaml":
            (pack / file.name).write_text(file.read_text().replace("use_previous: false", "use_previous: true"))
        elif file.is_file():
            place = pack / file.relative_to(SAMPLE)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(file.read_bytes())
    with open_hall(sqlite_url(tmp_path)) as made:
        made.do(lambda tx: publish(tx, load_bundle(pack)))
        yield made


def opened(hall: Hall) -> tuple[str, Chat]:
    """An attempt at the assigned training with its first chat open."""
    started, actor = hall.start(hall.entry("home")), hall.actor()
    moved = hall.do(lambda tx: attempts.advance_by_hand(tx, actor, started.attempt_id, None))
    assert moved.chat_id is not None
    return started.attempt_id, hall.chat(moved.chat_id)


def reused(hall: Hall, chosen: dict[str, str]) -> tuple[str, list[Reused]]:
    """A new attempt in which these were used."""
    started, actor = hall.start(hall.entry("home")), hall.actor()
    return started.attempt_id, list(hall.do(lambda tx: use_previous(tx, actor, started.attempt_id, chosen)))


def test_a_copy_takes_the_active_path_the_hints_and_the_answers_and_as_long_as_its_source(hall: Hall) -> None:
    attempt_id, chat = opened(hall)
    _, reply = hall.say(chat.id, "What have you tried?", hints=["a", "b", "c"])
    hall.say(chat.id, "Never mind.", to=reply.id)
    hall.clock.ms += 60_000
    hall.say(chat.id, "Tell me more.", to=reply.id, hints=["d"])
    for is_correct in (False, True):
        choice = Choice(question_id="q", option_ids=("o",), is_correct=is_correct)
        hall.do(lambda tx, given=choice: add_response(tx, chat, given))
    hall.end(attempt_id, chat.id)
    hall.grade(chat.id, 3)
    hall.clock.ms += 3_600_000
    _, (one,) = reused(hall, {chat.chat_entry_id: chat.id})
    source, copy = hall.chat(chat.id), hall.chat(one.chat_id)
    assert source.completed_at is not None
    assert copy.completed_at is not None
    assert copy.completed_at - copy.created_at == source.completed_at - source.created_at > 60_000
    assert copy.created_at > source.completed_at
    later = copy.created_at - source.created_at
    lines = hall.read(lambda tx: conversations.messages(tx, copy.id))
    old_lines = hall.read(lambda tx: conversations.transcript(tx, source.id))
    assert [line.content for line in lines] == ["What have you tried?", "I see.", "Tell me more.", "I see."]
    assert [line.created_at for line in lines] == [line.created_at + later for line in old_lines]
    assert [line.number for line in lines] == [1, 2, 3, 4]
    hints = hall.read(lambda tx: conversations.hints_of(tx, copy.id))
    assert [[hint.hint for hint in hints.get(line.id, ())] for line in lines] == [[], ["a", "b", "c"], [], ["d"]]
    held = hall.read(lambda tx: held_by(tx, [source.id, copy.id]))
    given = [held.responses[each.id] for each in (source, copy)]
    assert [(each.is_correct, each.scored) for each in given[1]] == [(False, True), (True, False)]
    assert [each.option_ids for each in given[1]] == [("o",), ("o",)]
    assert not {each.id for each in given[0]} & {each.id for each in given[1]}
    assert [each.created_at for each in given[1]] == [each.created_at + later for each in given[0]]
    with pytest.raises(Refusal) as refused:
        reused(hall, {chat.chat_entry_id: one.chat_id, "unknown": chat.id})
    assert refused.value.code == "template_mismatch"


def test_a_copy_can_be_copied_again(hall: Hall) -> None:
    attempt_id, chat = opened(hall)
    hall.say(chat.id, "What have you tried?")
    hall.end(attempt_id, chat.id)
    hall.grade(chat.id, 3)
    _, (one,) = reused(hall, {chat.chat_entry_id: chat.id})
    _, (two,) = reused(hall, {chat.chat_entry_id: one.chat_id})
    assert hall.chat(two.chat_id).source_chat_id == one.chat_id
    assert [line.content for line in hall.read(lambda tx: conversations.messages(tx, two.chat_id))] == [
        "What have you tried?",
        "I see.",
    ]


def test_a_scenario_names_a_template_only_if_it_is_the_only_open_one(hall: Hall) -> None:
    first, second = sorted(hall.entry("home").templates, key=lambda template: template.position)[:2]
    twin = replace(second, id=TemplateId("twin"), scenario_id=first.scenario_id)
    assert named_template(first.id, [first, second]) is first
    assert named_template(first.scenario_id, [first, second]) is first
    assert named_template(first.scenario_id, [first, twin]) is None
    assert named_template("twin", [first, twin]) is twin
    assert named_template(first.scenario_id, [second]) is None


def test_material_of_its_own_fits_only_where_there_may_be_some(hall: Hall) -> None:
    attempt_id, chat = opened(hall)
    actor = hall.actor()
    _, other = opened(hall)
    attempt = hall.read(lambda tx: attempt_to_read(tx, actor, attempt_id))
    material = hall.read(lambda tx: material_of(tx, other))
    played = replace(other, state="completed", snapshot=replace(other.snapshot, material=material))
    earlier = Earlier(chat=played, practice=False, grade=EarlierGrade(score=1, total_points=25, time_taken=1))
    plain = replace(chat.snapshot.template, use_previous=True, use_custom=False)
    assert pair_fault(attempt, plain, earlier) == VERSION
    assert pair_fault(attempt, replace(plain, use_custom=True), earlier) is None
    assert pair_fault(attempt, replace(plain, generate_names=True), earlier) is None
    assert pair_fault(attempt, replace(plain, scenario_version=99), earlier) == VERSION
