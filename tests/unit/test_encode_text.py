"""The packet of new text is written by hand: it must be what the general way would have written."""

import json
from dataclasses import fields

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from parlour.conversations.facts import TextAdded
from parlour.kernel.ids import ChatId, MessageId
from parlour.storage.dialects import Logged
from parlour.wire.glow import encode
from parlour.wire.glow.offsets import Offset

EPOCH = "0190a1b2c3d4"
IDS = st.uuids().map(str)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
NASTY = '"\\/\b\f\n\r\t\x00\x1f\x7f\u0080\u2028\u2029\ufeff\ufffe\U0001f600</script>{{}}%s'
NUMBERS = st.integers(min_value=1, max_value=2**53)
TIMES = st.integers(min_value=0, max_value=4_102_444_800_000)


@st.composite
def facts(draw: st.DrawFn) -> TextAdded:
    """New text as a turn announces it."""
    return TextAdded(
        chat_id=ChatId(draw(IDS)),
        message_id=MessageId(draw(IDS)),
        text=draw(TEXTS),
        persona_id=draw(st.none() | IDS),
        content_idx=draw(st.integers(min_value=0, max_value=1000)),
    )


OFFSETS = st.none() | st.builds(Offset, epoch=st.just(EPOCH), pos=NUMBERS).map(str)


@given(fact=facts(), pos=NUMBERS, seq=NUMBERS, at=TIMES, offset=OFFSETS)
@example(
    fact=TextAdded(chat_id=ChatId("c"), message_id=MessageId("m"), text=NASTY, persona_id=None, content_idx=0),
    pos=1,
    seq=1,
    at=0,
    offset=None,
)
def test_text_written_by_hand_is_text_written_by_the_encoder(
    fact: TextAdded, pos: int, seq: int, at: int, offset: str | None
) -> None:
    places = ((f"chat:{fact.chat_id}", seq),)
    for kept in (fact, None):  # announced by this process, and read back from the store
        event = Logged(
            pos=pos, at=at, kind=TextAdded.__name__, body=msgspec.json.encode(fact), audience=places, fact=kept
        )
        said = encode.said(event, places, EPOCH)
        assert said is not None
        general = encode.event_packet(*said, offset)
        assert encode.packet(event, places, EPOCH, offset) == general
        name, payload, *rest = json.loads(general[1:])
        assert (name, payload["content"], rest) == ("attempt_progress", fact.text, [] if offset is None else [offset])


@given(fact=facts(), offset=OFFSETS)
def test_text_in_two_rooms_of_a_reader_goes_the_general_way(fact: TextAdded, offset: str | None) -> None:
    places = ((f"chat:{fact.chat_id}", 3), ("person:p", 4))
    event = Logged(pos=9, at=0, kind=TextAdded.__name__, body=msgspec.json.encode(fact), audience=places, fact=fact)
    packet = encode.packet(event, places, EPOCH, offset)
    assert packet is not None
    assert json.loads(packet[1:])[1]["_meta"]["also"] == [{"room": "person:p", "epoch": EPOCH, "seq": 4}]


def test_every_member_of_new_text_has_its_place_in_the_packet() -> None:
    assert {field.name for field in fields(TextAdded)} == {
        "chat_id",
        "message_id",
        "text",
        "persona_id",
        "content_idx",
    }, "a new member of TextAdded must be written in encode._text_packet too"
