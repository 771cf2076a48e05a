"""An attempt as it is read (Glow 10.2 and 10.3; conformance 75, 115, 116)."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parlour.attempts import actions as attempts
from parlour.attempts import detail_shapes as shapes
from parlour.attempts.detail import AttemptDetail, attempt_detail
from parlour.attempts.detail_resources import Resources
from parlour.catalog.bundles import load_bundle
from parlour.catalog.publishing import publish
from parlour.conversations import actions as conversations
from parlour.conversations.rooms import chat_room
from parlour.events import log
from parlour.grading.entities import Evidence, Highlight, Improvement, Replacement, Strength
from parlour.kernel.ids import ChatId, GradeId
from parlour.kernel.refusals import Refusal
from parlour.settings import sqlite_url
from parlour.storage.tx import Tx
from tests.unit.detail_hall import Hall, open_hall, plain


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    with open_hall(sqlite_url(tmp_path)) as opened:
        yield opened


def opened_chat(hall: Hall, kind: Any = "practice", name: str = "office") -> tuple[str, str]:
    started = hall.start(hall.entry(kind, name))
    assert started.chat_id is not None
    return started.attempt_id, started.chat_id


def members(shape: type) -> set[str]:
    return set(shape.__dataclass_fields__)


def test_every_member_of_the_specification_is_there() -> None:
    """The names of 10.2, object by object, with the extras."""
    named: dict[type, str] = {
        AttemptDetail: "actor_name attempt_exists access_denied attempt simulation timer aggregated_results"
        " current_chat_index expected_chat_count is_active is_lobby show_results should_show_controls is_own_attempt"
        " current_chat_id has_messages available_continuation_options rubric_structure training_id chat_entry_id"
        " resources entries",
        shapes.Attempt: "id created_at infinite_mode profile_id profile_name department_id cohort_id is_archived",
        shapes.Simulation: "id name description time_limit hints_enabled objectives_enabled image_input_active"
        " copy_paste_allowed practice_simulation rubric_id",
        shapes.Timer: "elapsed limit exceeded formatted negative",
        shapes.Results: "total_score total_possible_points percentage passed chats_completed total_chats",
        shapes.ContinuationOption: "scenarios total_score total_percentage total_time",
        shapes.PreviousChat: "chat_entry_id scenario_name attempt_chat_id score percentage time_taken position",
        shapes.RubricStructure: "standard_groups standard_groups_mapping standards_mapping",
        shapes.Entries: "attempt attempt_chat attempt_message runs",
        shapes.AttemptEntry: "attempt_id simulation_id profile_id user_persona_id personas_id cohort_id department_id"
        " practice attempt_created_at infinite_mode num_chats is_archived scenario_ids chat_entry_id attempt_chat_id",
        shapes.Chat: "id created_at completed is_current position grade feedbacks analyses show_problem_statement"
        " show_objectives copy_paste_allowed text_enabled audio_enabled grading_state dynamic_rubric scenario_id"
        " problem_statement_id objective_ids persona_ids image_ids video_ids question_ids option_ids responses"
        " document_ids rubric_id standard_group_ids standard_ids group_id chat_entry_id source_chat_id expires_at room",
        shapes.Grade: "score passed description time_taken total_points pass_points id source state",
        shapes.GradingState: "achieved_standards passed_standards feedback_by_standard_id",
        shapes.DynamicRubric: "chat_id score passed time_taken skill_scores skill_feedbacks total_possible_points",
        shapes.QuizResponse: "question_id option_id completed created_at response_id is_correct scored",
        shapes.Feedback: "id standard_id standard_group_id total feedback evidence unsupported",
        shapes.Message: "id chat_id type created_at completed contents feedbacks hints parent_message_id sibling_index"
        " sibling_count on_active_path status",
        shapes.Content: "content name color icon created_at id persona_id idx",
        shapes.MessageFeedback: "id name description type highlights replaces",
        Resources: "scenarios personas documents images videos objectives questions options problem_statements rubrics"
        " standard_groups standards",
    }
    assert {shape.__name__: set(names.split()) - members(shape) for shape, names in named.items()} == {
        shape.__name__: set() for shape in named
    }


def test_an_open_chat_shows_its_messages_and_where_it_stands(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall)
    query, reply = hall.say(chat_id, "Hello.", reply="Hi.", hints=["Ask more.", "Wait."])
    detail = hall.detail(attempt_id)
    chat = detail.entries.attempt_chat[0]
    first, second = detail.entries.attempt_message
    assert (detail.is_active, detail.is_lobby, detail.show_results, detail.should_show_controls) == (
        True,
        False,
        False,
        True,
    )
    assert (detail.current_chat_id, detail.current_chat_index, detail.has_messages) == (chat_id, 0, True)
    assert (detail.attempt_exists, detail.access_denied, detail.is_own_attempt) == (True, False, True)
    assert detail.actor_name == detail.attempt.profile_name == "Learner"
    assert detail.expected_chat_count == detail.aggregated_results.total_chats == 3
    assert chat.is_current
    assert chat.grade is None
    assert chat.expires_at is None
    assert (first.id, first.type, first.parent_message_id, first.status) == (query.id, "query", None, "complete")
    assert (second.id, second.type, second.parent_message_id) == (reply.id, "response", query.id)
    assert [hint.hint for hint in second.hints] == ["Ask more.", "Wait."]
    persona = detail.resources.personas[chat.persona_ids[0]]
    assert (first.contents[0].name, first.contents[0].content) == ("You", "Hello.")
    assert (second.contents[0].name, second.contents[0].color) == (persona.name, persona.color)
    assert detail.resources.problem_statements[chat.problem_statement_id or ""].problem_statement
    assert [detail.resources.objectives[key].objective for key in chat.objective_ids]
    assert [detail.resources.documents[key].name for key in chat.document_ids]
    assert detail.resources.rubrics[chat.rubric_id or ""].pass_points == 18
    assert len(chat.standard_group_ids) == 5
    assert len(chat.standard_ids) == 25
    assert detail.resources.scenarios[chat.scenario_id].name == chat.title


def test_the_owner_sees_no_instructions_and_staff_see_the_name_of_the_owner(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall)
    hall.say(chat_id, "Hello.")
    own, staff = hall.detail(attempt_id), hall.detail(attempt_id, "instructor")
    assert [(p.instructions, p.examples) for p in own.resources.personas.values()] == [(None, None)]
    assert all(persona.instructions for persona in staff.resources.personas.values())
    assert "instructions" in plain(own)["resources"]["personas"].popitem()[1]
    assert staff.entries.attempt_message[0].contents[0].name == "Learner"
    assert (staff.is_own_attempt, staff.should_show_controls, staff.current_chat_id) == (False, False, None)
    assert (staff.actor_name, staff.attempt.profile_name) == ("Instructor", "Learner")


def test_who_may_not_read_gets_the_answer_for_what_is_not_there(hall: Hall) -> None:
    attempt_id, _ = opened_chat(hall)
    hall.person("stranger")
    hall.person("outsider", "instructional")
    answers: list[str] = []
    for who, what in (("stranger", attempt_id), ("outsider", attempt_id), ("learner", hall.people["learner"])):
        with pytest.raises(Refusal) as refusal:
            hall.detail(what, who)
        answers.append(f"{refusal.value.code} {refusal.value.text}")
    assert set(answers) == {"not_found Attempt not found."}


def test_correct_options_are_hidden_from_the_owner(tmp_path: Path) -> None:
    """6.5: nobody can have answered yet, so the owner never sees `is_correct`."""
    (tmp_path / "quiz").mkdir()
    (tmp_path / "quiz" / "pack.yaml").write_text(QUIZ, encoding="utf-8")
    with open_hall(sqlite_url(tmp_path)) as hall:
        hall.do(lambda tx: publish(tx, load_bundle(tmp_path / "quiz")))
        attempt_id, _ = opened_chat(hall, "practice", "Quiz")
        own, staff = hall.detail(attempt_id), hall.detail(attempt_id, "instructor")
    assert len(own.resources.options) == 2
    assert {option.is_correct for option in own.resources.options.values()} == {None}
    assert {o.is_correct for question in own.resources.questions.values() for o in question.options} == {None}
    assert {option.is_correct for option in staff.resources.options.values()} == {True, False}
    assert own.entries.attempt_chat[0].question_ids == list(own.resources.questions)
    assert sorted(own.entries.attempt_chat[0].option_ids) == sorted(own.resources.options)


QUIZ = """
pack: {id: quiz, name: Quiz}
personas:
  pat: {name: Pat, instructions: Be Pat.}
scenarios:
  asked:
    name: Asked
    personas: [pat]
    questions_enabled: true
    questions:
      - text: Which?
        options: [{text: This, correct: true}, {text: That}]
simulations:
  quiz: {name: Quiz, scenarios: [{scenario: asked}]}
cohorts:
  all: {name: All, simulations: [quiz], learners: [learner], instructors: [instructor]}
practice:
  quiz: {name: Quiz, simulation: quiz, cohorts: [all]}
"""


def test_branches_are_numbered_and_the_newest_leaf_is_on_the_active_path(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall)
    first, answer = hall.say(chat_id, "One.")
    hall.say(chat_id, "Two.", to=answer.id)
    other, other_answer = hall.say(chat_id, "Other.", to=first.id, open=True, reply="Part")
    shown = {message.id: message for message in hall.detail(attempt_id).entries.attempt_message}
    assert len(shown) == 6
    assert (shown[first.id].sibling_index, shown[first.id].sibling_count) == (0, 2)
    assert (shown[other.id].sibling_index, shown[other.id].sibling_count) == (1, 2)
    assert [key for key, message in shown.items() if message.on_active_path] == [other.id, other_answer.id]
    streaming = shown[other_answer.id]
    assert (streaming.status, streaming.completed, streaming.contents[0].content) == ("streaming", False, "Part")


def test_a_grade_is_shown_with_evidence_and_remarks_at_their_messages(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall)
    query, _ = hall.say(chat_id, "What have you tried so far?")
    grade_id = GradeId("unused")
    remarks = (
        Strength(id="s1", grade_id=grade_id, message_id=query.id, name="Open", description="You asked."),
        Highlight(id="h1", strength_id="s1", section="What have you tried", idx=0),
        Improvement(id="i1", grade_id=grade_id, message_id=query.id, name="Slower", description="Wait."),
        Replacement(id="r1", improvement_id="i1", section="so far", replace="today", idx=0),
        Strength(id="s2", grade_id=grade_id, message_id=None, name="Calm", description="Throughout."),
    )
    quote = Evidence(message_id=query.id, quote="What have you tried")
    grade = hall.grade(chat_id, 4, *remarks, quote=quote)
    detail = hall.detail(attempt_id)
    chat, message = detail.entries.attempt_chat[0], detail.entries.attempt_message[0]
    assert chat.grade is not None
    assert (chat.grade.id, chat.grade.state, chat.grade.source) == (grade.id, "done", "model")
    assert (chat.grade.score, chat.grade.passed, chat.grade.total_points, chat.grade.pass_points) == (20, True, 25, 18)
    assert chat.grade.description == "In short."
    assert [feedback.evidence for feedback in chat.feedbacks] == [(quote,)] * 5
    assert [(item.type, item.id) for item in message.feedbacks] == [("strength", "s1"), ("improvement", "i1")]
    assert message.feedbacks[0].highlights == [shapes.Highlight(id="h1", section="What have you tried", idx=0)]
    assert message.feedbacks[1].replaces == [shapes.Replace(id="r1", section="so far", replace="today", idx=0)]
    assert [item.id for item in chat.general_feedbacks] == ["s2"]
    state = chat.grading_state
    assert state is not None
    assert [key for key, chosen in state.achieved_standards.items() if chosen] == [
        f.standard_id for f in chat.feedbacks
    ]
    assert len(state.passed_standards) == 25
    assert all(state.passed_standards.values())
    assert state.feedback_by_standard_id == {f.standard_id: f.feedback for f in chat.feedbacks}
    assert chat.dynamic_rubric is not None
    assert [skill.score for skill in chat.dynamic_rubric.skill_scores] == [4] * 5
    assert detail.rubric_structure is not None
    assert list(detail.rubric_structure.standard_groups) == list(chat.standard_group_ids)


def test_of_two_grades_the_newest_counts_and_a_pending_one_hides_nothing(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall)
    hall.say(chat_id, "Hello.")
    hall.grade(chat_id, 2)
    second = hall.grade(chat_id, 4)
    hall.end(attempt_id, chat_id, grade=True)
    chat = hall.detail(attempt_id).entries.attempt_chat[0]
    assert chat.grade is not None
    assert (chat.grade.id, chat.grade.score, chat.grade.state) == (second.id, 20, "done")


def test_a_grade_that_is_being_made_is_shown_as_pending(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall)
    hall.say(chat_id, "Hello.")
    ended = hall.end(attempt_id, chat_id, grade=True)
    chat = hall.detail(attempt_id).entries.attempt_chat[0]
    assert chat.grade is not None
    assert (chat.grade.id, chat.grade.state, chat.grade.score) == (ended.grade_id, "pending", None)
    assert (chat.feedbacks, chat.grading_state, chat.dynamic_rubric) == ([], None, None)


def test_totals_at_each_step_of_an_attempt(hall: Hall) -> None:
    """10.3 and decision D34: passed only if every completed chat has a passed grade."""
    attempt_id, chat_id = opened_chat(hall)
    seen: list[tuple[Any, ...]] = []
    for points in (4, 5, 3):
        hall.say(chat_id, "What have you tried?")
        hall.end(attempt_id, chat_id)
        hall.grade(chat_id, points)
        detail = hall.detail(attempt_id)
        results = detail.aggregated_results
        seen.append((results.total_score, results.total_possible_points, results.percentage, results.passed))
        chat_id = detail.current_chat_id or ""
        assert results.chats_completed == len(seen)
        assert detail.current_chat_index == min(len(seen), 2)
    assert seen == [(20, 25, 80.0, True), (45, 50, 90.0, True), (60, 75, 80.0, False)]
    over = hall.detail(attempt_id)
    assert (over.is_active, over.is_lobby, over.show_results, over.should_show_controls) == (False, False, True, False)
    assert [chat.is_current for chat in over.entries.attempt_chat] == [False, False, True]


def test_the_timer_adds_up_chats_and_knows_overtime(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall, "practice", "pressure")
    hall.clock.ms += 64_000
    timer = hall.detail(attempt_id).timer
    assert (timer.elapsed, timer.limit, timer.exceeded, timer.formatted) == (65, 600, False, "0h 8m 55s")
    assert hall.detail(attempt_id).entries.attempt_chat[0].expires_at == "2026-03-01T12:10:04.000Z"
    hall.end(attempt_id, chat_id)
    hall.clock.ms += 3_600_000
    timer = hall.detail(attempt_id).timer
    assert (timer.elapsed, timer.exceeded, timer.formatted) == (65 + 3601, True, "-0h 51m 6s")
    untimed = hall.detail(opened_chat(hall)[0]).timer
    assert (untimed.limit, untimed.formatted, untimed.negative, untimed.exceeded) == (None, "", False, False)


def test_an_ended_attempt_without_chats_in_progress_is_not_a_lobby(hall: Hall) -> None:
    attempt_id, _ = opened_chat(hall)
    actor = hall.actor()
    hall.do(lambda tx: attempts.end_all(tx, actor, attempt_id))
    detail = hall.detail(attempt_id)
    assert (detail.is_active, detail.is_lobby, detail.show_results, detail.chat_entry_id) == (False, False, True, None)
    assert detail.has_messages is False
    assert detail.aggregated_results.passed is False


def test_the_room_of_a_chat_is_where_its_log_stands(hall: Hall) -> None:
    """Conformance 116: what is announced after the detail has a greater `seq`."""
    attempt_id, chat_id = opened_chat(hall)
    hall.say(chat_id, "One.")
    room = hall.detail(attempt_id).entries.attempt_chat[0].room
    head = hall.read(lambda tx: log.room_head(tx, chat_room(chat_id)))
    assert (room.epoch, room.seq) == (head.epoch, head.seq)
    assert room.seq > 0
    hall.say(chat_id, "Two.")
    assert hall.detail(attempt_id).entries.attempt_chat[0].room.seq > room.seq


class Counting:
    """A transaction that counts the statements it is given."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.statements = 0

    def one(self, sql: str, **params: object) -> Any:
        self.statements += 1
        return self._tx.one(sql, **params)

    def all(self, sql: str, **params: object) -> Any:
        self.statements += 1
        return self._tx.all(sql, **params)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


def statements_of(hall: Hall, attempt_id: str) -> int:
    actor = hall.actor()

    def read(tx: Tx) -> int:
        counting = Counting(tx)
        attempt_detail(counting, actor, attempt_id)  # type: ignore[arg-type]
        return counting.statements

    return hall.read(read)


def test_a_long_chat_takes_no_more_statements_than_a_short_one(hall: Hall) -> None:
    attempt_id, chat_id = opened_chat(hall)
    hall.say(chat_id, "Hello.", hints=["a"])
    hall.grade(chat_id, 3)
    short = statements_of(hall, attempt_id)
    for number in range(30):
        hall.say(chat_id, f"Message {number}.", hints=["a", "b", "c"])
    assert len(hall.detail(attempt_id).entries.attempt_message) == 62
    assert statements_of(hall, attempt_id) == short


def test_a_further_chat_costs_only_the_position_of_its_room(hall: Hall) -> None:
    """Messages, hints, answers, names, grades and usage are read for all chats at once."""
    started = hall.start(hall.entry("practice", "office"), infinite_mode=True)
    counts: list[int] = []
    for _ in range(4):
        chat_id = hall.detail(started.attempt_id).current_chat_id or ""
        hall.say(chat_id, "Hello.", hints=["a"])
        hall.end(started.attempt_id, chat_id)
        hall.grade(chat_id, 3)
        counts.append(statements_of(hall, started.attempt_id))
    assert [later - earlier for earlier, later in itertools.pairwise(counts[1:])] == [2, 2]  # both scenarios are known


def test_messages_of_another_chat_do_not_get_in(hall: Hall) -> None:
    one, two = opened_chat(hall), opened_chat(hall)
    hall.say(one[1], "One.")
    hall.say(two[1], "Two.")
    shown = hall.detail(one[0]).entries.attempt_message
    assert {message.chat_id for message in shown} == {one[1]}
    assert len(hall.read(lambda tx: conversations.messages(tx, ChatId(one[1])))) == len(shown)


def test_in_infinite_mode_chats_are_counted_as_they_come(hall: Hall) -> None:
    entry = hall.entry("practice", "office")
    started = hall.start(entry, infinite_mode=True)
    chat_id = started.chat_id or ""
    for _ in range(4):
        hall.say(chat_id, "Hello.")
        hall.end(started.attempt_id, chat_id)
        chat_id = hall.detail(started.attempt_id).current_chat_id or ""
    detail = hall.detail(started.attempt_id)
    assert (detail.expected_chat_count, detail.aggregated_results.total_chats) == (3, 5)
    assert (detail.aggregated_results.chats_completed, detail.aggregated_results.passed) == (4, False)
    assert (detail.current_chat_index, detail.is_lobby) == (4, False)
