"""However much a candidate says, what is told of its replay stays small enough for a socket."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from parlour.benchmarks.facts import TOLD_BYTES_MAX, ReplayCompleted
from parlour.turns.ports import ToolCall
from parlour.wire.glow.encode_tests import ENCODERS
from parlour.wire.glow.events_of_tests import TestRunComplete
from tests.unit.replaying_hall import Answers, Hall, open_hall


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    async with open_hall(store_url) as opened:
        yield opened


async def test_a_long_replay_is_told_without_its_words_and_kept_with_them(hall: Hall) -> None:
    replay_id = await hall.begin()
    said = "\N{GRINNING FACE}" * 40_000
    replay = await hall.replayed(Answers([said]), replay_id)
    assert replay.state == "completed"
    assert [turn.content for turn in await hall.turns(replay_id)] == [said] * 3
    [fact] = hall.told(ReplayCompleted)
    assert (fact.left_out, fact.outputs, fact.tool_calls) == (True, (), ())
    name, members = ENCODERS["ReplayCompleted"](fact)
    assert (name, members["outputs"], members["tool_calls"]) == ("test_run_complete", None, None)
    assert len(msgspec.json.encode(members)) < 1_000
    assert set(members) <= set(TestRunComplete.model_fields)


async def test_many_calls_without_words_are_bounded_too(hall: Hall) -> None:
    replay_id = await hall.begin()
    calls = [
        ToolCall(call_id=f"c{number}", name="look_up", arguments='{"a": "' + "x" * 900 + '"}') for number in range(64)
    ]
    await hall.replayed(Answers([[*calls]]), replay_id)
    [fact] = hall.told(ReplayCompleted)
    _, members = ENCODERS["ReplayCompleted"](fact)
    assert len(msgspec.json.encode(members)) <= TOLD_BYTES_MAX + 1_000


async def test_an_ordinary_replay_is_told_whole(hall: Hall) -> None:
    replay_id = await hall.begin()
    await hall.replayed(Answers(["Well said."]), replay_id)
    [fact] = hall.told(ReplayCompleted)
    assert not fact.left_out
    assert [each.content for each in fact.outputs] == ["Well said."] * 3
    assert "outputs_left_out" not in ENCODERS["ReplayCompleted"](fact)[1]
