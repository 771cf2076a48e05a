"""Replays in a real database with a real worker: what a candidate is asked, what is kept and told (Glow 6.9, 7.19)."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from parlour.benchmarks.facts import ReplayCompleted, ReplayTextAdded, ReplayTurnCompleted
from parlour.catalog.benchmarks import Benchmark, CandidateTool, Recording
from tests.unit.replaying_hall import CANDIDATE, ROOMS, TALK, Answers, Hall, called, calling, line, open_hall


@pytest.fixture
async def hall(store_url: str) -> AsyncIterator[Hall]:
    async with open_hall(store_url) as opened:
        yield opened


@pytest.mark.case(94)
async def test_each_turn_is_asked_for_after_the_candidates_own_answers(hall: Hall) -> None:
    model = Answers(["My own one.", "My own two.", "Recorded  three."])
    replay_id = await hall.begin()
    replay = await hall.replayed(model, replay_id)
    assert (replay.state, replay.turn, replay.divergent_turn) == ("completed", 3, 1)
    assert model.said(0) == [("system", "Be kind."), ("user", "Hello.")]
    assert model.said(1) == [*model.said(0), ("assistant", "My own one."), ("user", "And then?")]
    assert model.said(2) == [*model.said(1), ("assistant", "My own two."), ("user", "Bye.")]
    assert [asked.task for asked in model.asked] == ["candidate"] * 3
    assert [asked.metadata["turn"] for asked in model.asked] == ["1", "2", "3"]
    assert {asked.metadata["replay"] for asked in model.asked} == {"candidate/talk/1"}
    turns = await hall.turns(replay_id)
    assert [(turn.turn, turn.state, turn.content) for turn in turns] == [
        (1, "done", "My own one."),
        (2, "done", "My own two."),
        (3, "done", "Recorded  three."),
    ]
    assert [[heard.content for heard in turn.heard] for turn in turns] == [["Hello."], ["And then?"], ["Bye."]]
    assert (turns[0].ending, turns[0].input_tokens, turns[0].output_tokens) == ("stop", 10, 3)
    assert hall.hooked == [("completed", replay_id)]
    assert await hall.usage() == [("candidate", "vendor:model", replay_id)] * 3
    assert await hall.jobs() == 0


@pytest.mark.case(98)
async def test_deltas_come_before_the_end_of_their_turn_and_join_to_the_outputs(hall: Hall) -> None:
    replay_id = await hall.begin()
    await hall.replayed(Answers(["one two three four", "five", "six seven"], pause=0.002), replay_id)
    order = [
        (type(fact).__name__, fact.turn)
        for fact in hall.told(ReplayTextAdded, ReplayTurnCompleted)
        if not (isinstance(fact, ReplayTextAdded) and fact.reset)
    ]
    ends = [turn for kind, turn in order if kind == "ReplayTurnCompleted"]
    assert ends == [1, 2, 3]
    assert [turn for _, turn in order] == sorted(turn for _, turn in order)
    done = hall.told(ReplayCompleted)
    assert len(done) == 1
    assert done[0].original_run_resource_id == "talk"
    assert (done[0].current_run, done[0].total_runs, done[0].remaining_runs) == (1, 0, 0)
    for output in done[0].outputs:
        deltas = [fact.text for fact in hall.told(ReplayTextAdded) if fact.turn == output.turn]
        assert "".join(deltas) == output.content
        assert all(deltas)
    assert [output.content for output in done[0].outputs] == ["one two three four", "five", "six seven"]
    assert hall.events[-1][0] == ROOMS
    assert {rooms for rooms, fact in hall.events if isinstance(fact, ReplayTextAdded | ReplayTurnCompleted)} == {
        ROOMS[:1]
    }


async def test_an_answer_like_the_record_does_not_diverge(hall: Hall) -> None:
    replay_id = await hall.begin()
    replay = await hall.replayed(Answers(["Recorded one.", " Recorded\ntwo.", "Recorded three."]), replay_id)
    assert replay.divergent_turn is None


@pytest.mark.case(95)
async def test_the_last_turn_alone_is_asked_for_after_the_record(hall: Hall) -> None:
    benchmark = Benchmark(id="b", eval_id="e", name="B", replay_mode="last_turn")
    recording = replace(
        TALK,
        messages=(
            *TALK.messages[:2],
            line("assistant", "I look.", tool_calls=called("look_up", "r1", '{"term":"x"}')),
            line("tool", "found", tool_call_id="r1"),
            *TALK.messages[2:],
            line("user", "Never read."),
        ),
    )
    model = Answers([calling("look_up", "mine", "Let me see.")])
    replay_id = await hall.begin(recording, benchmark)
    replay = await hall.replayed(model, replay_id)
    assert (replay.state, replay.turn, replay.turns_total, replay.divergent_turn) == ("completed", 1, 1, 1)
    assert len(model.asked) == 1
    assert (
        model.said(0)
        == [(message.role, message.content) for message in recording.messages if message.content != "Never read."][:-1]
    )
    assert model.asked[0].messages[2].tool_calls[0].arguments == '{"term":"x"}'
    assert model.asked[0].messages[3].tool_call_id == "r1"
    turn = (await hall.turns(replay_id))[0]
    assert [(call.name, call.result) for call in turn.tool_calls] == [("look_up", None)]
    assert [heard.content for heard in turn.heard] == ["Bye."]


async def test_a_candidates_prompt_and_instructions_stand_in_place_of_the_record(hall: Hall) -> None:
    candidate = replace(CANDIDATE, prompt="Be short.", instructions="No lists.", temperature=0.5)
    recording = replace(TALK, messages=(*TALK.messages[:2], line("developer", "Also this."), *TALK.messages[2:]))
    model = Answers(["A.", "B.", "C."])
    await hall.replayed(model, await hall.begin(recording, candidate=candidate))
    assert model.said(0) == [("system", "Be short.\n\nNo lists."), ("user", "Hello.")]
    assert [said.role for said in model.asked[2].messages].count("system") == 1
    assert model.asked[0].temperature == 0.5
    assert model.asked[0].output_tokens_max == CANDIDATE.output_tokens_max


TOOLED = Recording(
    id="tooled",
    title="Tooled",
    cluster="tooled",
    messages=(
        line("user", "What is x?"),
        line("assistant", "", tool_calls=called("look_up", "r1", '{"term":"x"}')),
        line("tool", "x is 1", tool_call_id="r1"),
        line("assistant", "It is 1."),
        line("user", "And y?"),
        line("assistant", "", tool_calls=called("look_up", "r2", '{"term":"y"}')),
        line("tool", "y is 2", tool_call_id="r2"),
        line("assistant", "It is 2."),
    ),
)


@pytest.mark.case(101)
async def test_calls_are_answered_from_the_record_and_never_executed(hall: Hall) -> None:
    model = Answers(
        [
            calling("look_up", "a", "I look.", '{ "term": "x" }'),
            "One.",
            calling("look_up", "b", arguments='{"term":"z"}'),
            "Two.",
        ]
    )
    replay_id = await hall.begin(TOOLED)
    replay = await hall.replayed(model, replay_id)
    assert (replay.state, replay.turn) == ("completed", 4)
    assert model.said(1) == [("user", "What is x?"), ("assistant", "I look."), ("tool", "x is 1")]
    assert model.asked[1].messages[1].tool_calls[0].call_id == "a"
    assert model.asked[1].messages[2].tool_call_id == "a"
    assert model.said(3)[-3:] == [("user", "And y?"), ("assistant", ""), ("tool", "y is 2")]
    assert [tool.name for tool in model.asked[0].tools] == ["look_up"]
    done = hall.told(ReplayCompleted)[0]
    assert [(call.turn, call.call_id, call.name, call.result) for call in done.tool_calls] == [
        (1, "a", "look_up", "x is 1"),
        (3, "b", "look_up", "y is 2"),
    ]
    assert [output.content for output in done.outputs] == ["I look.", "One.", "", "Two."]


@pytest.mark.case(101)
async def test_after_a_result_at_the_end_of_an_exchange_the_candidate_goes_on_in_the_same_turn(hall: Hall) -> None:
    recording = replace(
        TALK,
        id="round",
        messages=(
            line("user", "What is x?"),
            line("assistant", "It is 1.", tool_calls=called("look_up", "r1")),
            line("tool", "x is 1", tool_call_id="r1"),
            line("user", "Thanks."),
            line("assistant", "Bye."),
        ),
    )
    model = Answers([calling("look_up", "a", "I look."), "It is one.", "Bye."])
    replay_id = await hall.begin(recording)
    await hall.replayed(model, replay_id)
    turns = await hall.turns(replay_id)
    assert turns[0].content == "I look.\n\nIt is one."
    assert [(call.round, call.at, call.result) for call in turns[0].tool_calls] == [(1, 7, "x is 1")]
    assert model.said(2) == [
        ("user", "What is x?"),
        ("assistant", "I look."),
        ("tool", "x is 1"),
        ("assistant", "It is one."),
        ("user", "Thanks."),
    ]
    deltas = [fact.text for fact in hall.told(ReplayTextAdded) if fact.turn == 1]
    assert "".join(deltas) == turns[0].content


@pytest.mark.case(101)
async def test_a_call_without_a_recorded_result_ends_its_turn(hall: Hall) -> None:
    candidate = replace(CANDIDATE, tools=(CandidateTool(name="weigh", parameters={"type": "object"}),))
    model = Answers([calling("weigh", "a"), "Two.", "Three."])
    replay_id = await hall.begin(candidate=candidate)
    await hall.replayed(model, replay_id)
    assert len(model.asked) == 3
    assert [tool.name for tool in model.asked[0].tools] == ["weigh"]
    said = model.asked[1].messages
    assert [each.role for each in said] == ["system", "user", "assistant", "tool", "user"]
    assert (said[3].tool_call_id, said[3].content) == ("a", "No result of this call is known.")
    turns = await hall.turns(replay_id)
    assert (turns[0].content, turns[0].ending, turns[0].tool_calls[0].result) == ("", "tool_calls", None)
