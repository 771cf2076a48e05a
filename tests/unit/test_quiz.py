"""Quiz rules that need a clock or no server at all (Glow 6.5 and 7.13)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parlour.attempts import quiz
from parlour.attempts.detail_quiz import QuizSummary, hidden_keys, summary_of
from parlour.attempts.quiz import Answering
from parlour.catalog.bundles import load_bundle
from parlour.catalog.entities import Option, Question
from parlour.catalog.publishing import publish
from parlour.conversations import actions as conversations
from parlour.conversations.entities import Response
from parlour.conversations.reading import held_by
from parlour.conversations.responses import copy_responses
from parlour.kernel.ids import ChatId
from parlour.kernel.refusals import Refusal
from tests.unit.detail_hall import Hall, open_hall

PACK = """
pack: {id: quizzes, name: Quizzes}
personas: {pat: {name: Pat, instructions: Hello.}}
scenarios:
  asked:
    name: Asked
    personas: [pat]
    questions: [{text: "Which?", options: [{text: This, correct: true}, {text: That}]}]
    questions_enabled: true
simulations: {asking: {name: Asking, scenarios: [{scenario: asked}]}}
cohorts: {all: {name: All, simulations: [asking], learners: [learner], instructors: [instructor]}}
practice:
  timed: {name: Timed quiz, simulation: asking, cohorts: [all], settings: {time_limit: 60}}
"""


@pytest.fixture
def hall(store_url: str, tmp_path: Path) -> Iterator[Hall]:
    pack = tmp_path / "quizzes.yaml"
    pack.write_text(PACK)
    with open_hall(store_url) as opened:
        opened.do(lambda tx: publish(tx, load_bundle(pack)))
        yield opened


def answer(hall: Hall, chat_id: str, option: int = 0) -> Response:
    """The learner answers the only question of the chat."""
    chat, actor = hall.chat(chat_id), hall.actor()
    detail = hall.detail(chat.attempt_id)
    (question,) = detail.resources.questions.values()
    chosen = [question.options[option].option_id]
    answering = Answering(chat_id=chat_id, question_id=question.question_id, option_ids=chosen)
    return hall.do(lambda tx: quiz.submit(tx, actor, answering))


@pytest.mark.case(82)
def test_the_key_stays_hidden_while_a_chat_of_the_attempt_waits_for_an_answer(hall: Hall) -> None:
    started = hall.start(hall.entry("practice", "Timed quiz"), infinite_mode=True)
    first = started.chat_id
    assert first is not None
    answer(hall, first)

    def keys() -> list[bool | None]:
        detail = hall.detail(started.attempt_id)
        return [option.is_correct for option in detail.resources.options.values()]

    assert keys() == [True, False]
    hall.end(started.attempt_id, first)
    second = hall.detail(started.attempt_id).current_chat_id
    assert second is not None
    assert keys() == [None, None]
    assert not answer(hall, second, option=1).is_correct
    assert keys() == [True, False]


@pytest.mark.case(81)
def test_when_the_time_is_up_no_answer_is_taken(hall: Hall) -> None:
    chat_id = hall.start(hall.entry("practice", "Timed quiz")).chat_id
    assert chat_id is not None
    expires_at = hall.chat(chat_id).expires_at
    assert expires_at is not None
    hall.clock.ms = expires_at - 1
    assert answer(hall, chat_id).scored
    hall.clock.ms = expires_at
    with pytest.raises(Refusal, match="chat_expired: The time for this chat is up"):
        answer(hall, chat_id)


def test_a_copy_of_a_chat_has_its_answers_in_their_order(hall: Hall) -> None:
    chats = [hall.start(hall.entry("practice", "Timed quiz")).chat_id for _ in range(2)]
    source, target = (hall.chat(chat_id or "") for chat_id in chats)
    given = [answer(hall, source.id, option) for option in (1, 0, 0)]
    hall.do(lambda tx: copy_responses(tx, source, target))
    copied = hall.read(lambda tx: held_by(tx, [target.id])).responses[target.id]
    later = target.created_at - source.created_at
    assert [(each.option_ids, each.is_correct, each.scored, each.created_at - later) for each in copied] == [
        (each.option_ids, each.is_correct, each.scored, each.created_at) for each in given
    ]
    assert {each.id for each in copied}.isdisjoint(each.id for each in given)
    assert hall.read(lambda tx: conversations.chat(tx, source.id)) == source


def question(key: str) -> Question:
    return Question(id=key, question_text=key, options=(Option(id=f"{key}1", question_id=key, option_text=""),))


def response(key: str, *, right: bool, scored: bool) -> Response:
    return Response(
        id=key, chat_id=ChatId("c"), question_id=key, option_ids=(), is_correct=right, scored=scored, created_at=0
    )


def test_a_summary_counts_first_answers_to_questions_that_there_are() -> None:
    given = [
        response("a", right=False, scored=True),
        response("a", right=True, scored=False),
        response("b", right=True, scored=True),
        response("gone", right=True, scored=True),
    ]
    questions = [question("a"), question("b"), question("c")]
    assert summary_of(questions, given) == QuizSummary(questions=3, answered=2, scored_correct=1)
    assert summary_of([], given) is None
    assert hidden_keys([(questions, given), ([question("b")], [])]) == {"b", "c"}
