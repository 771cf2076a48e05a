"""Attempts as files, from what is stored to the last byte; conversations as a model would have made them."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts.detail_quiz import Option, Question, QuizResponse
from parlour.attempts.exports import jsonl, markdown, table, xapi
from parlour.attempts.exports.formats import FORMATS, FormatName, Writing
from parlour.attempts.exports.records import Record, record_of
from parlour.grading.entities import Evidence, Highlight, Improvement, Replacement, Strength
from parlour.kernel.ids import GradeId
from parlour.settings import sqlite_url
from tests.harness.statements import statements
from tests.unit.detail_hall import Hall, open_hall

HOME_PAGE = "https://parlour.example/"
EVIL = '=HYPERLINK("x")\n# Not a heading\r\n<script>alert(1)</script> | **bold** [a](javascript:b)'
SAMPLE_HOME = "Tutor assessment"


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(sqlite_url(tmp_path)) as opened:
        yield opened


def record(hall: Hall, attempt_id: str, user_id: str = "learner") -> Record:
    actor = hall.actor(user_id)
    return hall.read(lambda tx: record_of(tx, actor, attempt_id))


def graded(hall: Hall, text: str = EVIL) -> Record:
    """An attempt with one graded chat, in which there is a branch, and one that is open."""
    started = hall.start(hall.entry("home"))
    chat_id = str(started.chat_id)
    first, _ = hall.say(chat_id, "Hello.")
    hall.say(chat_id, text, to=first.id, reply="Fine, -thanks.")
    hall.end(started.attempt_id, chat_id)
    said = next(m for m in hall.detail(started.attempt_id).entries.attempt_message if m.contents[0].content == text)
    grade_id, message_id = GradeId("g"), said.id
    hall.grade(
        chat_id,
        4,
        Strength(id="s", grade_id=grade_id, message_id=message_id, name="=Open", description="It *opens*."),  # type: ignore[arg-type]
        Highlight(id="h", strength_id="s", section="Not a heading", idx=0),
        Improvement(id="i", grade_id=grade_id, message_id=None, name="Wait", description="Wait longer."),
        Replacement(id="r", improvement_id="i", section="alert", replace="Hello", idx=0),
        quote=Evidence(message_id=message_id, quote="Not a heading"),  # type: ignore[arg-type]
    )
    return record(hall, started.attempt_id)


def with_quiz(made: Record, *, keys: bool) -> Record:
    """The same with a question that was answered twice; `keys`: the reader is shown what is right."""
    options = [
        Option(option_id=f"o{n}", question_id="q", option_text=f"Option {n}", is_correct=n > 1 if keys else None)
        for n in range(4)
    ]
    question = Question(question_id="q", question_text="=Which?", allow_multiple=True, times=[3], options=options)
    rows = [
        QuizResponse(
            question_id="q",
            option_id=option,
            completed=True,
            created_at="2026-03-01T12:00:00.000Z",
            response_id=response,
            is_correct=response == "second",
            scored=response == "first",
        )
        for response, option in (("first", "o0"), ("second", "o2"), ("second", "o3"))
    ]
    resources = replace(made.detail.resources, questions={"q": question}, options={o.option_id: o for o in options})
    entries = made.detail.entries
    chats = [replace(entries.attempt_chat[0], responses=rows), *entries.attempt_chat[1:]]
    return replace(made, detail=replace(made.detail, resources=resources, entries=replace(entries, attempt_chat=chats)))


def objects(made: bytes) -> list[dict[str, Any]]:
    assert made.endswith(b"\n")
    return [json.loads(line) for line in made.splitlines()]


def cells(made: bytes) -> list[dict[str, str]]:
    text = (table.head() + made).decode("utf-8-sig")
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_lines_describe_themselves_and_belong_together(hall: Hall) -> None:
    made = with_quiz(graded(hall), keys=True)
    found = objects(jsonl.lines(made))
    kinds = [each["kind"] for each in found]
    assert kinds == ["attempt", "chat", *["message"] * 4, *["response"] * 2, "grade", "chat"]
    assert found[0]["schema"] == "parlour-attempt/1"
    assert all(each["attempt_id"] == made.attempt.id for each in found)
    chats = [each["chat_id"] for each in found if each["kind"] == "chat"]
    assert all(each["chat_id"] in chats for each in found[1:])
    assert (found[0]["home_id"], found[0]["practice_id"]) == (made.attempt.entry_id, None)
    assert found[0]["results"]["total_score"] == 20
    messages = [each for each in found if each["kind"] == "message"]
    assert {each["speaker"] for each in messages if each["type"] == "query"} == {"Learner"}
    assert [each["on_active_path"] for each in messages] == [False, False, True, True]
    assert messages[2]["content"] == EVIL
    responses = [each for each in found if each["kind"] == "response"]
    assert responses[1]["option_texts"] == ["Option 2", "Option 3"]
    assert responses[0]["correct_option_ids"] == ["o2", "o3"]
    grade = next(each for each in found if each["kind"] == "grade")
    assert (grade["score"], grade["total_points"], grade["percentage"], grade["passed"]) == (20, 25, 80.0, True)
    assert grade["done_at"] is not None
    assert len(grade["feedbacks"]) == 5
    assert grade["feedbacks"][0]["evidence"][0]["quote"] == "Not a heading"
    assert grade["strengths"][0]["highlights"][0]["section"] == "Not a heading"
    assert grade["improvements"][0]["replaces"][0]["replace"] == "Hello"


def test_a_table_has_a_row_a_chat_and_no_formula(hall: Hall) -> None:
    made = with_quiz(graded(hall), keys=True)
    evil = replace(made, attempt=replace(made.attempt, name='=cmd|"/c calc"!A1, "quoted"\nnext'))
    rows = cells(table.rows(evil))
    assert len(rows) == 2
    assert rows[0]["simulation_name"] == '\'=cmd|"/c calc"!A1, "quoted"\nnext'
    counted = {"learner_messages": "1", "persona_messages": "1", "questions_answered": "1", "questions_correct": "0"}
    assert rows[0] | counted | {"score": "20", "passed": "true", "percentage": "80.0"} == rows[0]
    assert rows[1]["completed"] == "false"
    assert rows[1]["score"] == rows[1]["passed"] == ""
    lobby = replace(made, detail=replace(made.detail, entries=replace(made.detail.entries, attempt_chat=[])))
    assert [row["chat_id"] for row in cells(table.rows(lobby))] == [""]


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_text(first: str) -> None:
    assert table.safe(f"{first}1+1") == f"'{first}1+1"
    assert table.safe(-3) == "-3"
    assert table.safe("1=1") == "1=1"
    assert table.safe("") == table.safe(None) == ""


def test_a_page_is_readable_and_its_texts_make_no_markup(hall: Hall) -> None:
    text = markdown.page(with_quiz(graded(hall), keys=True)).decode()
    lines = text.splitlines()
    assert [line for line in lines if line.startswith("#")] == [
        f"# {SAMPLE_HOME}", *(line for line in lines if line.startswith(("## ", "### ")))
    ] or lines[0].startswith("# ")  # fmt: skip
    assert not [line for line in lines if line.startswith("# ")][1:]
    assert "> \\# Not a heading" in lines
    assert "<script>" not in text
    assert "](javascript" not in text
    assert "**20 of 25 points, 80.0 %: passed** (to pass: 18)" in lines
    assert "> Not a heading" in lines
    assert "Better: Hello" in lines
    assert "  - Answer: Option 0 (not correct)" in lines
    assert "  - Correct: Option 2; Option 3" in lines
    assert "2 further messages are in other branches" in text


def test_statements_are_as_xapi_has_them(hall: Hall) -> None:
    made = with_quiz(graded(hall), keys=True)
    found = statements([json.loads(each) for each in xapi.statements(made, HOME_PAGE)])
    assert {verb: len(each) for verb, each in found.items()} == {
        "attempted": 1, "initialized": 2, "answered": 2, "completed": 1, "scored": 1, "passed": 1
    }  # fmt: skip
    everything = [each for group in found.values() for each in group]
    assert {each["context"]["registration"] for each in everything} == {made.attempt.id}
    assert {each["context"]["platform"] for each in everything} == {"Parlour"}
    accounts = [each["actor"]["account"] for each in everything]
    assert accounts == [{"homePage": HOME_PAGE, "name": made.attempt.account_id}] * len(everything)
    passed = found["passed"][0]["result"]
    assert passed["score"] == {"scaled": 0.8, "raw": 20, "min": 0, "max": 25}
    assert (passed["success"], passed["completion"]) == (True, True)
    answered = found["answered"]
    assert [each["result"]["response"] for each in answered] == ["o0", "o2[,]o3"]
    assert answered[0]["object"]["definition"]["correctResponsesPattern"] == ["o2[,]o3"]
    assert "@" not in json.dumps([each["actor"] for each in everything])


def test_the_answer_key_is_only_there_if_the_reader_may_see_it(hall: Hall) -> None:
    made = with_quiz(graded(hall), keys=False)
    found = statements([json.loads(each) for each in xapi.statements(made, HOME_PAGE)])
    assert all("correctResponsesPattern" not in each["object"]["definition"] for each in found["answered"])
    assert [each["correct_option_ids"] for each in objects(jsonl.lines(made)) if each["kind"] == "response"] == [
        None
    ] * 2
    assert "Correct:" not in markdown.page(made).decode()


def test_an_export_again_has_the_same_ids_and_a_new_grade_new_ones(hall: Hall) -> None:
    first = graded(hall)
    one = [json.loads(each) for each in xapi.statements(first, HOME_PAGE)]
    assert one == [json.loads(each) for each in xapi.statements(record(hall, first.attempt.id), HOME_PAGE)]
    hall.grade(first.chats[0].id, 1)
    again = statements([json.loads(each) for each in xapi.statements(record(hall, first.attempt.id), HOME_PAGE)])
    known = {each["id"] for each in one}
    assert again["failed"][0]["id"] not in known
    assert again["scored"][0]["id"] not in known
    assert again["initialized"][0]["id"] in known
    assert again["failed"][0]["result"]["score"]["scaled"] == 0.2


def test_a_whole_attempt_is_completed_with_its_result(hall: Hall) -> None:
    made = record(hall, hall.practise(hall.entry("home"), 4))
    found = statements([json.loads(each) for each in xapi.statements(made, HOME_PAGE)])
    whole = next(each for each in found["completed"] if "contextActivities" not in each["context"])
    sums = made.detail.aggregated_results
    assert whole["result"]["completion"] is True
    assert whole["result"]["success"] is True
    assert whole["result"]["score"]["raw"] == sums.total_score
    assert whole["result"]["duration"] == f"PT{made.detail.timer.elapsed}S"
    assert whole["timestamp"] == made.ended_at


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_that_the_owner_may_not_read_is_in_a_file(hall: Hall, name: FormatName) -> None:
    made = graded(hall)
    for reader in ("learner", "instructor"):
        seen = record(hall, made.attempt.id, reader)
        text = FORMATS[name].piece(seen, HOME_PAGE).decode()
        secrets = [
            persona.instructions
            for persona in record(hall, made.attempt.id, "instructor").detail.resources.personas.values()
        ]
        assert all(secrets)
        assert not any(json.dumps(secret)[1:-1] in text for secret in secrets)


@pytest.mark.parametrize("name", ["jsonl", "csv", "xapi"])
def test_a_list_of_attempts_is_one_file(hall: Hall, name: FormatName) -> None:
    ids = [hall.practise(hall.entry("home"), 4), hall.start(hall.entry("practice", "pressure")).attempt_id]
    writing = Writing(FORMATS[name], hall.actor(), HOME_PAGE)
    unknown = hall.people["instructor"]
    pieces = [hall.read(lambda tx, each=each: writing.piece(tx, each)) for each in (unknown, *ids, unknown)]
    made = b"".join([writing.head, *pieces, writing.tail("more")])
    if name == "jsonl":
        found = objects(made)
        assert [each["attempt_id"] for each in found if each["kind"] == "attempt"] == ids
        assert found[-1] == {"kind": "end", "attempts": 2, "next_cursor": "more"}
    elif name == "csv":
        rows = list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"), newline=""), strict=True))
        assert list(dict.fromkeys(row["attempt_id"] for row in rows)) == ids
    else:
        found = [each for group in statements(json.loads(made)).values() for each in group]
        assert {each["context"]["registration"] for each in found} == set(ids)


def test_an_empty_list_is_a_file_too(hall: Hall) -> None:
    writing = {name: Writing(FORMATS[name], hall.actor(), HOME_PAGE) for name in FORMATS}
    assert json.loads(writing["xapi"].head + writing["xapi"].tail()) == []
    assert writing["csv"].head.startswith(b"\xef\xbb\xbfattempt_id,")
    assert objects(writing["jsonl"].tail())[0]["attempts"] == 0
