"""What of a text is said, and in which pieces while it is still being written (lab protocol 10.3)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.speech.sentences import Piece, SentenceSplitter
from parlour.speech.speakable import speakable, speakable_with_map

LETTERS = st.text(alphabet="ab Z1.!?,;:\n\"'()*_[]|#`<>&-。，？！你好 \u00e9", max_size=600)


def pieces_of(text: str, step: int, *, most: int = 240) -> list[Piece]:
    """The pieces of a text that comes a few characters at a time."""
    splitter = SentenceSplitter(characters_max=most)
    pieces = [piece for at in range(0, len(text), step) for piece in splitter.feed(text[at : at + step])]
    return pieces + splitter.finish()


@given(text=LETTERS, step=st.integers(1, 50), most=st.integers(20, 300))
@settings(deadline=None, max_examples=200)
def test_all_pieces_are_the_text_and_none_is_too_long(text: str, step: int, most: int) -> None:
    pieces = pieces_of(text, step, most=most)
    assert "".join(piece.text for piece in pieces) == text
    assert all(text[piece.start : piece.end] == piece.text for piece in pieces)
    assert all(0 < len(piece.text) <= most for piece in pieces)


@pytest.mark.parametrize("step", [1, 4, 1_000])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi! How are you? Fine.", ["Hi!", "How are you?", "Fine."]),
        ("Ask Dr. Smith, e.g. today. He knows.", ["Ask Dr. Smith, e.g. today.", "He knows."]),
        ("J. Doe lives in the U.S. now. So do I. Really.", ["J. Doe lives in the U.S. now.", "So do I.", "Really."]),
        ("Es ist der 3. Mai. Gut.", ["Es ist der 3. Mai.", "Gut."]),
        ("It costs 3.50 euros. Cheap!", ["It costs 3.50 euros.", "Cheap!"]),
        ('"Really?" she said. "Yes!" Good.', ['"Really?" she said.', '"Yes!"', "Good."]),
        ("Wait... what? Oh", ["Wait... what?", "Oh"]),
        ("你好。“是吗？”他说。好的", ["你好。", "“是吗？”", "他说。", "好的"]),
        ("- one\n- two\n\nEnd", ["- one", "- two", "End"]),
    ],
)
def test_a_sentence_ends_where_a_reader_would_stop(text: str, said: list[str], step: int) -> None:
    assert [piece.text.strip() for piece in pieces_of(text, step)] == said


def test_the_voice_begins_after_the_first_clause_and_then_waits_for_sentences() -> None:
    splitter = SentenceSplitter(first_characters=24)
    assert splitter.feed("Well, good morning to all of you") == []
    (first,) = splitter.feed(", and thank you for")
    assert first.text == "Well, good morning to all of you,"
    assert splitter.feed(" coming so early today, which I know was hard. ") == []
    (second,) = splitter.feed("Now")
    assert second.text == " and thank you for coming so early today, which I know was hard. "
    assert (second.start, second.end) == (first.end, first.end + len(second.text))
    chinese = SentenceSplitter(first_characters=24)
    pieces = chinese.feed("大家早上好，欢迎光临，今天我们讨论的是，预算")
    assert [piece.text for piece in pieces] == ["大家早上好，欢迎光临，"]


def test_a_sentence_without_end_is_cut_between_words() -> None:
    text = "word " * 400
    pieces = pieces_of(text, 7)
    assert all(piece.text.endswith(" ") for piece in pieces)
    assert all(len(piece.text) <= 240 for piece in pieces)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hello **world**, *you* and `me`.", "Hello world, you and me."),
        ("# Title\n\nText.", "Title. Text."),
        ("See [the paper](https://x.org/a_(b)).", "See the paper."),
        ("See [the paper](https://x.org/a) [1], [2, 3].", "See the paper."),
        ("Go to https://example.org/a?b=c, now.", "Go to, now."),
        ("Write <b>bold</b> &amp; loud<br/>.", "Write bold & loud."),
        ("- one\n- two", "one. two"),
        ("1. First\n2. Second", "1. First. 2. Second"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a, b. 1, 2"),
        ("> quoted\n\n---\n\nafter", "quoted. after"),
        ("```python\nx = 1\n```", "x = 1"),
        ("2*3 = 6 and snake_case", "2*3 = 6 and snake_case"),
        ("这是**重点**内容。\n- 一\n- 二", "这是重点内容。一。二"),
        ("Answer.\n\nSources\n- [1] A paper, p. 3\n- B", "Answer."),
        ("回答。\n\n来源：\n- [1] 论文", "回答。"),
        ("**Sources** of error are many.", "Sources of error are many."),
        ("Sources:\n- noise\nThese matter.", "Sources: noise. These matter."),
        ("a\x00b\x07c\ud800", "abc"),
        ("Well done 🙂👍🏽!", "Well done!"),
        ("…", ""),
        ('— "!"', ""),
        ("", ""),
        ("***\n\n", ""),
    ],
)
def test_markup_addresses_and_sources_are_not_said(text: str, said: str) -> None:
    assert speakable(text) == said


@given(text=LETTERS)
@settings(deadline=None, max_examples=200)
def test_every_spoken_character_has_its_place_in_the_text(text: str) -> None:
    spoken = speakable_with_map(text)
    assert len(spoken.places) == len(spoken.text)
    places = [spoken.place(count) for count in range(len(spoken.text) + 2)]
    assert places == sorted(places)
    assert places[0] == 0
    assert places[-1] == len(text)
    for at, character in enumerate(spoken.text):
        if character.isalnum() and text[spoken.places[at]] != "&":
            assert text[spoken.places[at]] == character


def test_how_much_was_heard_is_known_in_the_text_itself() -> None:
    text = "Hello **dear** [world](https://example.org). Bye"
    spoken = speakable_with_map(text)
    assert spoken.text == "Hello dear world. Bye"
    assert text[: spoken.place(len("Hello dear"))] == "Hello **dear"
    assert text[: spoken.place(len("Hello dear world"))] == "Hello **dear** [world"
    assert spoken.place(len(spoken.text)) == len(text)


@pytest.mark.parametrize(
    "part", ["*", "[", "\n", "<", "a|", "-", "https://", "Sources\n- a\n", "*Sources\n", "&a", "> ", "<!--", "[a](b"]
)
def test_texts_made_to_be_slow_are_not(part: str) -> None:
    text = part * (60_000 // len(part)) + "x"
    assert len(speakable(text)) <= len(text) * 2
    assert "".join(piece.text for piece in pieces_of(text, 1_000)) == text
