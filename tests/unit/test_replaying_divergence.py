"""Where answers part: the first turn that is not the recorded one, and the aligned differences of two sides."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.benchmarks.entities import MadeCall, ReplayId, ReplayTurn
from parlour.benchmarks.replaying.context import goes_on, heard_before, messages_for, turns_total
from parlour.benchmarks.replaying.divergence import (
    WORDS_MAX,
    Answer,
    Call,
    aligned,
    difference,
    first_divergent,
    made_answers,
    recorded_answers,
)
from parlour.benchmarks.replaying.tools import record_of
from parlour.catalog.benchmarks import LiveRules
from parlour.turns.ports import ToolCall
from tests.unit.replaying_hall import CANDIDATE, TALK, called, line


def turn(number: int, content: str, *calls: MadeCall) -> ReplayTurn:
    return ReplayTurn(
        replay_id=ReplayId("r"),
        turn=number,
        message_id=f"t{number}",
        state="done",
        heard=(),
        content=content,
        tool_calls=calls,
        ending="stop",
        first_token_ms=1,
        milliseconds=2,
        input_tokens=None,
        output_tokens=None,
        created_at=0,
    )


def made(arguments: str) -> MadeCall:
    return MadeCall(turn=1, call_id="mine", name="look_up", arguments=arguments)


def test_white_space_does_not_diverge_and_a_word_does() -> None:
    same = [turn(1, "Recorded  one."), turn(2, "\nRecorded two. ")]
    assert first_divergent(TALK, same, "auto_regressive") is None
    assert first_divergent(TALK, [*same, turn(3, "Recorded Three.")], "auto_regressive") == 3
    assert first_divergent(TALK, [turn(1, "Recorded three.")], "last_turn") is None
    assert first_divergent(TALK, [turn(1, "Recorded one.")], "last_turn") == 1
    assert first_divergent(TALK, [turn(1, "Anything.")], "live") is None


def test_calls_are_compared_by_name_and_meaning_of_their_arguments() -> None:
    asked = line("assistant", "", tool_calls=called("look_up", "r1", '{"a": 1, "b": [2]}'))
    recording = replace(TALK, messages=(line("user", "Hi."), asked))
    assert first_divergent(recording, [turn(1, "", made('{"b":[2],"a":1}'))], "auto_regressive") is None
    assert first_divergent(recording, [turn(1, "", made('{"b":[3],"a":1}'))], "auto_regressive") == 1
    assert first_divergent(recording, [turn(1, "", made("no json"))], "auto_regressive") == 1
    assert first_divergent(recording, [turn(1, "")], "auto_regressive") == 1


def test_two_sides_are_aligned_word_by_word_and_a_missing_turn_is_none() -> None:
    first, second = aligned(
        made_answers([turn(1, "I see what you mean."), turn(2, "Bye.")]),
        [Answer(content="I hear what you really mean.", calls=(Call(name="x", arguments="{}"),))],
    )
    assert [(words.change, words.text) for words in first.words] == [
        ("equal", "I"),
        ("delete", " see"),
        ("insert", " hear"),
        ("equal", " what you"),
        ("insert", " really"),
        ("equal", " mean."),
    ]
    assert not first.same
    assert second.b is None
    assert [(words.change, words.text) for words in second.words] == [("delete", "Bye.")]
    assert recorded_answers(TALK, "live") == []


@settings(deadline=None, max_examples=150)
@given(st.text(alphabet="ab \n", max_size=60), st.text(alphabet="ab \n", max_size=60))
def test_a_difference_holds_the_words_of_both_sides(a: str, b: str) -> None:
    found = difference(a, b)
    kept = "".join(words.text if words.change != "insert" else "" for words in found)
    made_of = "".join(words.text if words.change != "delete" else "" for words in found)
    assert kept.split() == a.split() or "".join(kept.split()) == "".join(a.split())
    assert made_of.strip() == b.strip() or "".join(made_of.split()) == "".join(b.split())


def test_a_difference_of_long_texts_is_bounded() -> None:
    a = " ".join(["same"] * (WORDS_MAX + 500))
    found = difference(a, f"{a} more")
    assert [words.change for words in found] == ["equal", "delete", "insert"]
    assert found[2].text.endswith("more")


def test_the_kth_call_of_a_name_gets_its_kth_recorded_result() -> None:
    recording = replace(
        TALK,
        messages=(
            line("user", "Hi."),
            line("assistant", "", tool_calls=(*called("a", "1"), *called("b", "2"), *called("a", "3"))),
            line("tool", "third", tool_call_id="3"),
            line("tool", "first", tool_call_id="1"),
        ),
    )
    record = record_of(recording, "auto_regressive")
    calls = [ToolCall(call_id=name, name=name, arguments="{}") for name in ("a", "b", "a", "a")]
    answered = record.answered(calls, [], turn=1, number=1, at=0)
    assert [call.result for call in answered] == ["first", None, "third", None]
    later = record.answered(calls[:1], answered[:1], turn=2, number=1, at=0)
    assert later[0].result == "third"
    assert record_of(recording, "last_turn").results == {}


def test_turns_are_counted_and_heard_by_mode() -> None:
    assert [turns_total(TALK, mode, LiveRules(turns_max=5)) for mode in ("auto_regressive", "last_turn", "live")] == [
        3,
        1,
        5,
    ]
    assert [each.content for each in heard_before(TALK, "auto_regressive", 2)] == ["And then?"]
    assert [each.content for each in heard_before(TALK, "last_turn", 1)] == ["Bye."]
    assert not goes_on(TALK, "auto_regressive", 1)
    assert goes_on(replace(TALK, messages=(*TALK.messages, line("assistant", "More."))), "auto_regressive", 3)


def test_a_context_that_is_too_long_keeps_its_rules_and_the_newest() -> None:
    long = [turn(number, "x" * 90_000) for number in (1, 2)]
    said = messages_for(TALK, CANDIDATE, "auto_regressive", [*long], ())
    assert len(said) == 6
    said = messages_for(TALK, CANDIDATE, "auto_regressive", [turn(1, "x" * 120_000), turn(2, "y" * 120_000)], ())
    assert [each.content[:9] for each in said] == ["Be kind.", "And then?", "y" * 9, "Bye."]
