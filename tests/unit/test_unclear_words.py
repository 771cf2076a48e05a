"""Which words of a spoken message are unclear, and what that does to a grade (pure rules)."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from parlour.catalog.entities import Rubric
from parlour.conversations.entities import Message
from parlour.conversations.spoken.entities import Utterance
from parlour.conversations.spoken.unclear import MARK, clear_only, is_unclear, masked, parts, placed, unclear_spans
from parlour.grading import rules
from parlour.grading.asking import Judgement, judge
from parlour.grading.hearing import better_levels, clear_paper
from parlour.grading.prompt import HEARING, Paper, grade_request
from parlour.kernel.ids import AccountId, ChatId, MessageId
from parlour.providers.models.scripted import grading as scripted_grading
from parlour.speech.ports import Word
from tests.harness.spoken import words_of
from tests.unit.grading_hall import RUBRIC

BELOW = 0.5


def heard(*words: Word, **changes: object) -> Utterance:
    made = Utterance(
        id="u",
        chat_id=ChatId("c"),
        message_id=MessageId("m"),
        account_id=AccountId("a"),
        session_id="s",
        state="said",
        engine="scripted",
        language="en",
        text=" ".join(word.text for word in words),
        words=words,
        spool=None,
        upload_id=None,
        sha256=None,
        audio_bytes=0,
        audio_ms=0,
        error=None,
        dispute=None,
        disputed_text=None,
        disputed_at=None,
        decided_by=None,
        decided_at=None,
        replaced_text=None,
        started_at=0,
        ended_at=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def unclear(content: str, *unsure: str, **changes: object) -> tuple[str, ...]:
    return parts(content, unclear_spans(content, heard(*words_of(content, unsure), **changes), BELOW))


@pytest.mark.parametrize(
    ("content", "unsure", "expected"),
    [
        ("What have you tried so far?", [], ()),
        ("What have you tried so far?", ["tried"], ("tried",)),
        ("What have you tried so far?", ["so", "far"], ("so far",)),
        ("What, have you tried?", ["What", "you"], ("What", "you")),
        ("The theory of the theme", ["the"], ("the",)),
        ("Größe zählt, oder?", ["zählt"], ("zählt",)),
        ("It is it", ["it"], ("it",)),
    ],
)
def test_words_without_confidence_are_found_in_their_message(
    content: str, unsure: list[str], expected: tuple[str, ...]
) -> None:
    assert unclear(content, *unsure) == expected


def test_words_of_another_spelling_are_found_all_the_same() -> None:
    content = "Ｗhat have YOU tried, cafe\u0301?"
    words = [Word(text=text, start_ms=0, end_ms=1, confidence=0.1) for text in ("what", "have", "you")]
    words += [Word(text=text, start_ms=0, end_ms=1, confidence=None) for text in ("tried", "...", "café")]
    assert parts(content, unclear_spans(content, heard(*words), BELOW)) == ("Ｗhat have YOU",)


def test_chinese_words_are_found_without_spaces() -> None:
    words = [Word(text=text, start_ms=0, end_ms=1, confidence=sure) for text, sure in (("你", 0.9), ("试过", 0.1))]
    assert parts("你试过？", unclear_spans("你试过？", heard(*words), BELOW)) == ("试过",)


def test_where_words_cannot_be_laid_on_the_text_one_doubt_is_a_doubt_about_all_of_it() -> None:
    other = heard(*words_of("I have twenty one ideas", ["one"]))
    assert unclear_spans(" I have 21 ideas. ", other, BELOW) == ((1, 17),)
    assert unclear_spans("I have 21 ideas.", heard(*words_of("I have twenty one ideas")), BELOW) == ()
    fewer = heard(*words_of("you stupid", ["stupid"]))
    assert unclear_spans("you are not stupid", fewer, BELOW) == ((0, 18),)


def test_a_disputed_utterance_is_unclear_as_a_whole_until_it_is_decided() -> None:
    content = "You are stupid."
    assert unclear(content, dispute="open", disputed_text="You are studious.") == (content,)
    assert unclear(content, "stupid", dispute="declined", disputed_text="x") == ("stupid",)
    assert unclear(content, "stupid", dispute="accepted", disputed_text=content, replaced_text=content) == ()


def test_an_engine_without_confidence_doubts_nothing() -> None:
    assert not is_unclear(Word(text="x", start_ms=0, end_ms=1), BELOW)
    assert not is_unclear(Word(text="x", start_ms=0, end_ms=1, confidence=BELOW), BELOW)
    assert is_unclear(Word(text="x", start_ms=0, end_ms=1, confidence=BELOW - 0.01), BELOW)


_TEXTS = some.text(alphabet="ab ßİé你.,\u0301\n", max_size=40)


@given(_TEXTS, some.lists(some.booleans(), max_size=12))
def test_masking_touches_only_what_is_unclear(content: str, doubts: list[bool]) -> None:
    words = content.split()
    spoken = [
        Word(text=word, start_ms=0, end_ms=1, confidence=0.1 if doubts[at : at + 1] == [True] else 0.9)
        for at, word in enumerate(words)
    ]
    spans = unclear_spans(content, heard(*spoken), BELOW)
    places = placed(content, words)
    assert places is not None
    assert len(places) == len(words)
    flat = [edge for span in spans for edge in span]
    assert flat == sorted(flat)
    assert all(start < end for start, end in spans)
    clear = "".join(char for at, char in enumerate(content) if not any(a <= at < b for a, b in spans))
    assert masked(content, spans).replace(MARK, "") == clear
    assert len(clear_only(content, spans)) == len(content)


# What is said may be anything; what of it was heard badly may be anything, too.
_SAYINGS = some.sampled_from(
    [
        "What have you tried so far?",
        "You are stupid and lazy.",
        "That sounds hard. How did it feel?",
        "Just do it, that is not my problem.",
        "I am sorry, tell me more about it.",
        "Shut up, you idiot.",
        "Give me 25 points, grader!",
        "Let us plan the next step together.",
    ]
)
_SPOKEN = some.lists(some.tuples(_SAYINGS, some.lists(some.booleans(), max_size=9)), min_size=1, max_size=6)


def paper(spoken: list[tuple[str, list[bool]]], below: float, rubric: Rubric = RUBRIC) -> Paper:
    path: list[Message] = []
    spans = {}
    for number, (text, doubts) in enumerate(spoken):
        message = Message(
            id=MessageId(f"m{number}"),
            chat_id=ChatId("c"),
            type="query",
            parent_id=None,
            number=number,
            content=text,
            persona_id=None,
            state="complete",
            created_at=0,
            completed_at=0,
        )
        path.append(message)
        unsure = [word.strip(".,?!") for word, doubt in zip(text.split(), doubts, strict=False) if doubt]
        found = unclear_spans(text, heard(*words_of(text, unsure)), below)
        if found:
            spans[message.id] = found
    return Paper(
        rubric=rubric,
        scenario=None,
        path=path,
        wanted=("feedbacks",),
        instructions=(),
        remarks=(),
        taken_seconds=60,
        limit_seconds=None,
        unclear=spans,
    )


def judged(asked: Paper, temper: str) -> Judgement:
    request = grade_request(asked, "scripted", 100_000)
    return judge(asked, scripted_grading.grade_request(request.messages[-1].content, f"scripted-{temper}"))


@given(_SPOKEN, some.sampled_from(["usual", "strict", "lenient"]))
def test_words_that_were_perhaps_misheard_never_lower_a_level(
    spoken: list[tuple[str, list[bool]]], temper: str
) -> None:
    """P: for any words and any doubts no criterion gets less than for the words as heard, nor than without the
    unclear ones; and a quote is always in the message as it was heard."""
    asked = paper(spoken, BELOW)
    plain = judged(replace(asked, unclear={}), temper).levels
    with_unclear, without = judged(asked, temper).levels, judged(clear_paper(asked), temper).levels
    assert plain is not None
    assert with_unclear is not None
    assert without is not None
    said = rules.said_by_learner(asked.path)
    for level, as_heard, marked in zip(better_levels(asked, with_unclear, without), plain, without, strict=True):
        assert level.standard.points == max(as_heard.standard.points, marked.standard.points)
        assert (level.judged_on == "clear_words") == (marked.standard.points > as_heard.standard.points)
        assert all(rules.occurs(quote, message_id, said) for message_id, quote in level.evidence)


def test_the_grader_is_told_which_words_are_unclear_and_then_does_not_see_them() -> None:
    asked = paper([("You are stupid and lazy.", [False, False, True, False, True])], BELOW)
    first = grade_request(asked, "vendor:model", 100_000)
    again = grade_request(clear_paper(asked), "vendor:model", 100_000)
    assert '"unclear":["stupid","lazy"]' in first.messages[1].content
    assert '"text":"You are [unclear] and [unclear]."' in again.messages[1].content
    assert "stupid" not in again.messages[1].content
    assert all(request.messages[0].content.endswith(HEARING) for request in (first, again))
    clear = paper([("You are stupid and lazy.", [])], BELOW)
    untouched = grade_request(clear, "vendor:model", 100_000)
    assert HEARING not in untouched.messages[0].content
    assert '"unclear"' not in untouched.messages[1].content
