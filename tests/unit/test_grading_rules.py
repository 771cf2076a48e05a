"""The pure rules of grading: levels, scores, quotes, kinds, and the reading of a verdict."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.catalog.entities import ChatTemplate, Rubric, Standard, StandardGroup
from parlour.conversations.entities import Message
from parlour.grading import rules
from parlour.grading.verdicts import (
    VERDICT_CHARACTERS_MAX,
    Judged,
    Marked,
    Quoted,
    UnusableVerdictError,
    Verdict,
    read_verdict,
    verdict_schema,
)
from parlour.kernel.ids import ChatId, MessageId, TemplateId
from parlour.kernel.refusals import Refusal


def group(name: str, *points: int) -> StandardGroup:
    levels = tuple(Standard(id=f"{name}{each}", standard_group_id=name, name=f"{each}", points=each) for each in points)
    return StandardGroup(id=name, name=name, points=max(points), pass_points=3, standards=levels)


ASKING, CARING = group("ask", 0, 3, 5), group("care", 1, 2, 4)
RUBRIC = Rubric(id="r", name="R", total_points=9, pass_points=6, groups=(ASKING, CARING))


def message(number: int, text: str, *, learner: bool = True) -> Message:
    return Message(
        id=MessageId(f"m{number}"),
        chat_id=ChatId("c"),
        type="query" if learner else "response",
        parent_id=None,
        number=number,
        content=text,
        persona_id=None,
        state="complete",
        created_at=0,
        completed_at=0,
    )


PATH = [
    message(1, "What  have you\n tried so far?"),
    message(2, "Nothing works.", learner=False),
    message(3, "Caf\u00e9 at noon? That sounds hard."),
]
SAID = rules.said_by_learner(PATH)


def template(**flags: Any) -> ChatTemplate:
    return ChatTemplate(id=TemplateId("t"), name="T", scenario_id="s", **flags)


@pytest.mark.case(72)
def test_a_level_is_found_by_its_id_or_by_its_points() -> None:
    assert rules.pick_level(ASKING, [Judged(standard_group="ask", standard="ask3")]).points == 3
    assert rules.pick_level(ASKING, [Judged(standard_group="ask", points=5)]).id == "ask5"
    assert rules.pick_level(ASKING, [Judged(standard_group="ask", points=0)]).id == "ask0"
    assert rules.pick_level(ASKING, [Judged(standard_group="ask", points=5.0)]).id == "ask5"


@pytest.mark.case(72)
@pytest.mark.parametrize(
    "judged",
    [
        [],
        [Judged(standard_group="ask")],
        [Judged(standard_group="ask", points=4)],
        [Judged(standard_group="ask", points=25)],
        [Judged(standard_group="ask", points=4.5)],
        [Judged(standard_group="ask", standard="care4")],
        [Judged(standard_group="ask", standard="excellent")],
        [Judged(standard_group="ask", standard="ask3", points=5)],
        [Judged(standard_group="ask", standard="ask3"), Judged(standard_group="ask", standard="ask5")],
        [Judged(standard_group="ask", standard="ask3"), Judged(standard_group="ask", standard="ask3")],
    ],
)
def test_no_level_two_levels_or_an_unknown_one_make_a_verdict_unusable(judged: list[Judged]) -> None:
    with pytest.raises(UnusableVerdictError):
        rules.pick_level(ASKING, judged)


@pytest.mark.case(72)
def test_a_group_that_the_rubric_does_not_have_makes_a_verdict_unusable() -> None:
    judged = (Judged(standard_group="ask", points=3), Judged(standard_group="care", points=2))
    assert [level.standard.points for level in rules.pick_levels(RUBRIC, Verdict(feedbacks=judged), SAID)] == [3, 2]
    with pytest.raises(UnusableVerdictError):
        rules.pick_levels(RUBRIC, Verdict(feedbacks=(*judged, Judged(standard_group="bonus", points=3))), SAID)


@pytest.mark.case(72)
@given(asked=st.sampled_from(ASKING.standards), cared=st.sampled_from(CARING.standards), spread=st.booleans())
def test_levels_are_in_rubric_order_and_the_score_is_their_sum(asked: Standard, cared: Standard, spread: bool) -> None:
    judged = [Judged(standard_group=each.standard_group_id, standard=each.id) for each in (asked, cared)]
    levels = rules.pick_levels(RUBRIC, Verdict(feedbacks=tuple(judged[::-1] if spread else judged)), SAID)
    assert [level.group.id for level in levels] == ["ask", "care"]
    assert rules.score_of(level.standard.points for level in levels) == asked.points + cared.points


@pytest.mark.case(72)
def test_exactly_the_pass_line_passes_and_one_point_less_does_not() -> None:
    assert rules.is_passed(18, 18)
    assert not rules.is_passed(17, 18)


def test_percentage_and_time_are_rounded_as_promised() -> None:
    assert rules.percentage(2, 3) == 66.67
    assert rules.percentage(0, 0) == 0.0
    assert [rules.time_taken(0, ms) for ms in (0, 999, 1_999, 61_000)] == [1, 1, 1, 61]


@pytest.mark.case(74)
@pytest.mark.parametrize(
    ("message_id", "quote", "holds"),
    [
        ("m1", "What have you tried", True),
        ("m1", "  have \n you\ttried so far? ", True),
        ("m3", "Cafe\u0301 at noon", True),
        ("m3", "caf\u00e9 at noon", False),
        ("m3", "What have you tried", False),
        ("m2", "Nothing works.", False),
        ("m9", "What have you tried", False),
        ("m1", "What ... tried", False),
        ("m1", " \n", False),
    ],
)
def test_a_quote_must_be_in_the_named_message_of_the_learner(message_id: str, quote: str, *, holds: bool) -> None:
    found = rules.grounded([Quoted(message_id=message_id, quote=quote)], SAID)
    assert found == (((message_id, quote.strip()),) if holds else ())


@pytest.mark.case(74)
def test_quotes_and_sections_are_kept_once_and_only_where_they_occur() -> None:
    quoted = Quoted(message_id="m1", quote="tried so far")
    assert len(rules.grounded([quoted, quoted], SAID)) == 1
    marked = [Marked(section="sounds hard"), Marked(section="sounds  hard"), Marked(section="sounds easy")]
    assert [each.section for each in rules.sections(marked, "m3", SAID)] == ["sounds hard"]
    assert rules.sections(marked, None, SAID) == []


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_was_said_can_be_quoted(before: str, words: str) -> None:
    said = rules.said_by_learner([message(1, f"{before} {words}")])
    assert rules.occurs(words, "m1", said) == bool(words.split())


@pytest.mark.case(75)
def test_the_kinds_of_a_request_are_checked() -> None:
    assert rules.check_resource_types(["strengths", "feedbacks"]) == ("feedbacks", "strengths")
    assert rules.check_resource_types([]) == ()
    with pytest.raises(Refusal) as refused:
        rules.check_resource_types(["marks", "feedbacks", "stars"])
    assert refused.value.code == "unknown_resource_type"
    assert refused.value.text == (
        "Unknown resource types: marks, stars. "
        "Valid: feedbacks, strengths, highlights, improvements, replacements, analyses"
    )


@pytest.mark.case(78)
def test_kinds_that_are_switched_off_are_not_made() -> None:
    assert rules.kinds_to_make((), template()) == rules.RESOURCE_TYPES
    off = template(strengths_enabled=False, improvements_enabled=False, analyses_enabled=False)
    assert rules.kinds_to_make((), off) == ("feedbacks",)
    assert rules.kinds_to_make(("highlights", "replacements"), off) == ()
    assert rules.kinds_to_make((), template(replacements_enabled=False))[-2:] == ("improvements", "analyses")
    assert rules.kinds_to_make(("highlights",), template()) == ("strengths", "highlights")


def test_a_verdict_is_read_plain_fenced_or_with_words_around_it() -> None:
    text = '{"feedbacks": [{"standard_group": "ask", "points": 3}], "summary": "Good.", "extra": {"deep": [1]}}'
    for answer in (text, f"Here it is:\n```json\n{text}\n```\nBye.", f"My verdict is {text} as you asked."):
        assert read_verdict(answer).feedbacks[0].points == 3


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "I would rather not.",
        "[1, 2]",
        '{"feedbacks": "five of five"}',
        '{"feedbacks": [{"standard_group": "ask", "points": true}]}',
        '{"feedbacks": [{"points": 5}]}',
        "[" * 100_000,
        '{"a":' * 100_000,
        " " * (VERDICT_CHARACTERS_MAX + 1),
    ],
)
def test_what_is_no_verdict_is_unusable_and_nothing_worse(answer: str) -> None:
    with pytest.raises(UnusableVerdictError):
        read_verdict(answer)


@given(st.text(max_size=200))
def test_no_answer_of_a_model_breaks_the_reading(answer: str) -> None:
    with suppress(UnusableVerdictError):
        assert isinstance(read_verdict(answer), Verdict)


def test_the_schema_names_what_is_wanted_and_nothing_else() -> None:
    schema = verdict_schema(RUBRIC, ("feedbacks", "improvements"))
    assert schema["required"] == ["feedbacks", "improvements", "summary"]
    assert schema["additionalProperties"] is False
