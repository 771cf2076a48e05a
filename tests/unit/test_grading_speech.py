"""Grading what was spoken, with a real worker on both stores: unclear words may raise a grade, never lower it."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from parlour.conversations import actions as conversations
from parlour.grading.entities import Replacement
from parlour.grading.facts import FeedbackGiven
from parlour.grading.prompt import HEARING
from parlour.kernel.ids import MessageId
from tests.harness.spoken import Aloud, said_aloud, words_of
from tests.unit.grading_hall import CHAT, GROUPS, Answers, Hall, open_hall

GOOD = ["What have you tried so far?", "That sounds hard. How did it feel?"]
RUDE = "Shut up, you are stupid!"


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    async with open_hall(store_url) as opened:
        await opened.open_chat()
        yield opened


async def aloud(hall: Hall, number: int, *unsure: str, **how: Any) -> None:
    """The learner's message of this number was spoken; the engine was unsure of some words."""
    message_id = hall.message_ids[number]

    def said(tx: Any) -> None:
        message = conversations.message(tx, message_id)
        assert message is not None
        said_aloud(tx, message_id, Aloud(words=words_of(message.content, unsure), **how))

    await hall.database.write(said)


def said_in(model: Answers, ask: int) -> list[str]:
    return [line["text"] for line in model.document(ask)["transcript"] if line["speaker"] == "learner"]


async def test_what_was_heard_clearly_is_graded_once_and_as_ever(hall: Hall) -> None:
    await hall.talk(GOOD)
    await aloud(hall, 0)
    model = Answers(hall.verdict())
    grade = await hall.grade(model)
    assert (grade.state, grade.score, len(model.asked)) == ("done", 12, 1)
    feedbacks = await hall.feedbacks(grade)
    assert {(each.judged_on, each.evidence[0].unclear) for each in feedbacks} == {("all_words", False)}
    assert HEARING not in model.asked[0].messages[0].content


async def test_each_criterion_has_the_better_of_both_judgements(hall: Hall) -> None:
    await hall.talk([*GOOD, RUDE])
    await aloud(hall, 2, "stupid", "Shut")
    quote = {"message_id": hall.message_ids[2], "quote": "Shut up, you are stupid!"}
    low = {**hall.judged("empathy", 1), "evidence": [quote], "feedback": "You were rude."}
    first = hall.verdict(
        feedbacks=[hall.judged("inquiry", 4), low, {**hall.judged("structure", 3), "evidence": [quote]}]
    )
    again = hall.verdict(
        feedbacks=[
            hall.judged("inquiry", 2),
            {**hall.judged("empathy", 3), "feedback": "You listened."},
            hall.judged("structure", 3),
        ],
        summary="Another summary.",
    )
    model = Answers(first, again)
    grade = await hall.grade(model)
    assert (grade.state, grade.score, grade.summary) == ("done", 10, "You asked well.")
    assert (said_in(model, 0)[2], said_in(model, 1)[2]) == (RUDE, "[unclear] up, you are [unclear]!")
    assert said_in(model, 1)[:2] == GOOD
    assert model.document(0)["transcript"][4]["unclear"] == ["Shut", "stupid"]
    assert (model.document(0)["wanted"][0], model.document(1)["wanted"]) == ("feedbacks", ["feedbacks"])
    feedbacks = await hall.feedbacks(grade)
    assert [(each.standard_group_id, each.total, each.judged_on) for each in feedbacks] == [
        ("inquiry", 4, "all_words"),
        ("empathy", 3, "clear_words"),
        ("structure", 3, "all_words"),
    ]
    assert feedbacks[1].feedback == "You listened."
    assert [each.evidence[0].unclear for each in feedbacks] == [False, False, True]
    told = [fact.entry for fact in hall.facts() if isinstance(fact, FeedbackGiven)]
    assert told == list(feedbacks)


async def test_a_quote_with_a_mark_in_it_is_no_evidence(hall: Hall) -> None:
    await hall.talk([RUDE])
    await aloud(hall, 0, "stupid")
    first = hall.verdict(feedbacks=[hall.judged(name, 0, "Shut up") for name in GROUPS])
    marked = hall.verdict(feedbacks=[hall.judged(name, 2, "you are [unclear]!") for name in GROUPS])
    grade = await hall.grade(Answers(first, marked))
    feedbacks = await hall.feedbacks(grade)
    assert [(each.total, each.evidence, each.unsupported) for each in feedbacks] == [(2, (), True)] * 3


async def test_no_fault_is_found_with_words_that_were_perhaps_misheard(hall: Hall) -> None:
    await hall.talk([RUDE])
    await aloud(hall, 0, "stupid")
    improvement = {
        "name": "Be kind",
        "description": "d",
        "message_id": hall.message_ids[0],
        "replacements": [
            {"section": "you are stupid", "replace": "you are tired"},
            {"section": "Shut up", "replace": "Wait"},
        ],
    }
    feedbacks = [hall.judged(name, 1, "Shut up") for name in GROUPS]
    grade = await hall.grade(Answers(hall.verdict(feedbacks=feedbacks, improvements=[improvement])))
    remarks = (await hall.items(grade)).remarks
    assert [each.section for each in remarks if isinstance(each, Replacement)] == ["Shut up"]


async def test_no_word_of_a_disputed_utterance_lowers_a_grade_until_it_is_declined(hall: Hall) -> None:
    await hall.talk([*GOOD, RUDE])
    await aloud(hall, 2, dispute="open", disputed_text="Show up, you are studious!")
    low, high = (hall.verdict(feedbacks=[hall.judged(name, points) for name in GROUPS]) for points in (1, 4))
    model = Answers(low, high)
    disputed = await hall.grade(model)
    assert (disputed.score, len(model.asked)) == (12, 2)
    assert (said_in(model, 0)[2], said_in(model, 1)[2]) == (RUDE, "[unclear]")
    assert not any("studious" in message.content for request in model.asked for message in request.messages)
    await hall.database.write(lambda tx: tx.run("UPDATE utterances SET dispute = 'declined'"))
    model = Answers(low, high)
    declined = await hall.grade(model)
    assert (declined.score, len(model.asked)) == (3, 1)


async def test_a_second_judgement_that_cannot_be_used_gives_no_grade_rather_than_a_lower_one(hall: Hall) -> None:
    await hall.talk([RUDE])
    await aloud(hall, 0, "stupid")
    first = hall.verdict(feedbacks=[hall.judged(name, 0, "Shut up") for name in GROUPS])
    grade = await hall.grade(Answers(first, "no verdict"))
    assert (grade.state, grade.score) == ("failed", None)


async def test_words_on_another_branch_are_nobodys_concern(hall: Hall) -> None:
    await hall.talk([RUDE])
    await aloud(hall, 0, "stupid")

    def instead(tx: Any) -> MessageId:
        said = conversations.Learner(text=GOOD[0], parent_id=hall.message_ids[0])
        query, reply = conversations.add_exchange(tx, CHAT, said, replier_id=None)
        conversations.store_exchange(tx, query, reply, "fence")
        conversations.complete_reply(tx, reply.id, "complete")
        return query.id

    hall.message_ids[0] = await hall.database.write(instead)
    model = Answers(hall.verdict())
    grade = await hall.grade(model)
    assert (grade.state, len(model.asked)) == ("done", 1)
