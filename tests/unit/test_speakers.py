"""Markers in streamed text become contents, however the text is cut (Glow 6.3.1)."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parlour.catalog.entities import Persona
from parlour.turns.speakers import PARTS_MAX, Cast, Speakers, labels_of

MAYA, JUN, ANA = "maya-id", "jun-id", "ana-id"
CAST = Cast(labels={MAYA: "Maya", JUN: "Jun Park", ANA: "Ana"}, default_id=MAYA)


def contents(pieces: Sequence[str]) -> list[tuple[str, str]]:
    """What is said, as (persona, text) by content; also checks what every stream must keep."""
    speakers = Speakers(CAST)
    said = [spoken for piece in pieces for spoken in speakers.feed(piece)] + speakers.finish()
    found: dict[int, tuple[str, str]] = {}
    for spoken in said:
        assert spoken.begins == (spoken.idx not in found)
        persona_id, text = found.get(spoken.idx, (spoken.persona_id, ""))
        assert persona_id == spoken.persona_id
        found[spoken.idx] = (persona_id, text + spoken.text)
    assert list(found) == list(range(len(found)))
    whole = "".join(spoken.text for spoken in said)
    parts = [(who, text.removeprefix("\n\n") if idx else text) for idx, (who, text) in found.items()]
    assert whole == "\n\n".join(text for _, text in parts)
    assert all(text and text == text.strip() for _, text in parts)
    return parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No marker at all.", [(MAYA, "No marker at all.")]),
        ("[[Jun Park]]\nHi.\n\n[[Maya]]\nHello.", [(JUN, "Hi."), (MAYA, "Hello.")]),
        ("Well.\n[[Ana]] Hello, [[Maya]].", [(MAYA, "Well."), (ANA, "Hello, [[Maya]].")]),
        ("  [[ jUN   pARK ]] : Hi.", [(JUN, "Hi.")]),
        ("[[Jun]]:\nA first name is enough.", [(JUN, "A first name is enough.")]),
        ("[[Nobody]]\nHi.", [(MAYA, "[[Nobody]]\nHi.")]),
        ("[[Ana]]\n[[Jun]]\n\n[[Ana]]\nEmpty parts are none.", [(ANA, "Empty parts are none.")]),
        ("[[Ana]]\nOne.\n[[Ana]]\nTwo.", [(ANA, "One.\n\nTwo.")]),
        ("[[Ana]]\nOne.\n[[Jun]]\n[[Ana]]\nTwo.", [(ANA, "One.\n\n\nTwo.")]),
        ("An array is [[1, 2]],\n[[3]] is one, too.\n[", [(MAYA, "An array is [[1, 2]],\n[[3]] is one, too.\n[")]),
        ("Cut off.\n[[Ju", [(MAYA, "Cut off.")]),
        ("Not cut off.\n[[Jx", [(MAYA, "Not cut off.\n[[Jx")]),
        ("[[Ana]]\n  a\n\n    b  \n\n", [(ANA, "a\n\n    b")]),
        (" \n ", []),
        ("[[Ana]]", []),
    ],
)
@pytest.mark.case(60)
def test_markers_name_the_speaker(text: str, expected: list[tuple[str, str]]) -> None:
    assert contents([text]) == expected
    assert contents(list(text)) == expected


_WORDS = st.sampled_from(
    ["[[Maya]]", "[[jun park]]", "[[Jun]]", "[[ ANA ]]", "[[Nobody]]", "[[Jun", "[[", "[", "]", "]]", ":", "\n", " ",
     "\n\n", "\t", "\r\n", "Maya", "words. ", "J", "un", "a", "[[a", "[[Jun  ", "\u2003", "\u0130"]
)  # fmt: skip


@pytest.mark.case(60)
@settings(max_examples=300, deadline=None)
@given(words=st.lists(_WORDS, max_size=24), cuts=st.lists(st.integers(min_value=0, max_value=200), max_size=12))
def test_any_cut_of_a_stream_gives_the_same_contents(words: list[str], cuts: list[int]) -> None:
    text = "".join(words)
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    pieces = [text[start:end] for start, end in pairwise(places)]
    assert contents(pieces) == contents([text]) == contents(list(text))


def test_a_reply_has_a_bounded_number_of_contents() -> None:
    speakers = Speakers(CAST)
    text = "".join(f"[[{'Ana' if number % 2 else 'Jun'}]]\n{number}\n" for number in range(PARTS_MAX + 3))
    said = speakers.feed(text)
    assert [spoken.idx for spoken in said] == list(range(PARTS_MAX))
    assert speakers.full
    assert speakers.feed("more") == speakers.finish() == []


def test_text_is_passed_on_at_once() -> None:
    speakers = Speakers(CAST)
    assert [spoken.text for spoken in speakers.feed("Well, ")] == ["Well,"]
    assert [spoken.text for spoken in speakers.feed("I read")] == [" I read"]
    assert speakers.feed("\n[[J") == []
    assert [(spoken.persona_id, spoken.text) for spoken in speakers.feed("un]] Yes")] == [(JUN, "\n\nYes")]


def test_labels_tell_personas_apart() -> None:
    names = ["Ana", "ana", "Dr. [X] Y", "[]"]
    labels = labels_of([Persona(id=str(number), name=name) for number, name in enumerate(names)])
    assert list(labels.values()) == ["Ana", "ana 2", "Dr. X Y", "Persona 4"]
