"""Offsets: what is written is read back, and nothing else is taken for one (Glow 5.4)."""

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.wire.glow.offsets import Offset, parse_offset
from parlour.wire.glow.session_log import confirmed

EPOCH = "0197c5a0-0000-7000-8000-000000000000"
positions = st.integers(0, 10**18 - 1)


@given(pos=positions, at=positions, room=st.sampled_from([None, f"chat:{EPOCH}", f"person:{EPOCH}"]))
def test_an_offset_is_read_back_as_it_was_written(pos: int, at: int, room: str | None) -> None:
    for in_full in (True, room is None):
        offset = Offset(epoch=EPOCH, pos=pos, room=room, at=at if room else 0, in_full=in_full)
        assert parse_offset(str(offset)) == offset
        assert len(str(offset)) <= 256


@pytest.mark.parametrize(
    "text", ["", ".", "1", f"{EPOCH}.", f"{EPOCH}.-1", f"{EPOCH}.1.", f"{EPOCH}.1.chat:x y@1", f" {EPOCH}.1", None, 7]
)
def test_other_texts_are_no_offsets(text: object) -> None:
    assert parse_offset(text) is None


@given(st.text())
def test_no_text_makes_the_parser_fail(text: str) -> None:
    parsed = parse_offset(text)
    assert parsed is None or str(parsed).partition(".")[0] == parsed.epoch


def test_an_offset_confirms_what_is_before_it() -> None:
    assert confirmed(f"{EPOCH}.7", EPOCH, head=9) == 7
    assert confirmed(f"{EPOCH}.7.chat:{EPOCH}@3", EPOCH, head=9) == 6
    assert confirmed(f"{EPOCH}.10", EPOCH, head=9) == 0
    assert confirmed(f"{EPOCH}.7", "other", head=9) == 0
    assert confirmed(None, EPOCH, head=9) == 0


@given(pos=positions, at=positions, part=st.integers(1, 9999), room=st.sampled_from([None, f"chat:{EPOCH}"]))
def test_an_offset_inside_of_a_group_is_read_back_and_needs_no_escaping(
    pos: int, at: int, part: int, room: str | None
) -> None:
    offset = Offset(epoch=EPOCH, pos=pos, room=room, at=at if room else 0, part=part)
    assert parse_offset(str(offset)) == offset
    assert len(str(offset)) <= 256
    assert parse_qs(f"after={offset}")["after"] == [str(offset)]


def test_an_offset_inside_of_a_group_confirms_what_is_before_the_group() -> None:
    assert confirmed(f"{EPOCH}.7~2", EPOCH, head=9) == 6
    inside = parse_offset(f"{EPOCH}.7~2")
    assert inside is not None
    assert (inside.complete_pos, inside.part) == (6, 2)
    replay = parse_offset(f"{EPOCH}.7.chat:{EPOCH}@3~1")
    assert replay is not None
    assert (replay.complete_pos, replay.complete_at) == (7, 2)


@pytest.mark.parametrize("text", [f"{EPOCH}{end}" for end in (".1~0", ".1~", ".1~01", ".1~1.chat:x@1", "~1")])
def test_a_part_is_a_number_from_one(text: str) -> None:
    assert parse_offset(text) is None
