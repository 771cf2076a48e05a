"""What a model is asked in a replay, and what becomes of tools (Glow 6.9); a service stands in for it."""

import json
from typing import Any

import pytest

from tests.harness.site import Site
from tests.harness.socket import Client
from tests.wire import benches, replays
from tests.wire.stand_in import StandIn, standing_in

RECORDED = ("Recorded one.", "Recorded two.", "Recorded three.")


def numbered(stand_in: StandIn) -> None:
    """Answers that tell which request they are of."""
    stand_in.answers["candidate"] = lambda _: f"Mine {len(stand_in.asked_of('candidate'))}."


def said(body: Any) -> list[tuple[str, str]]:
    """What a request has besides its system messages."""
    return [(each["role"], each["content"]) for each in body["messages"] if each["role"] != "system"]


@pytest.mark.case(94)
async def test_every_assistant_turn_is_regenerated_after_the_models_own_answers(own: Site) -> None:
    benches.install(own)
    async with standing_in() as (stand_in, providers):
        numbered(stand_in)
        process = own.start(PROVIDERS=providers)
        async with Client(process.url, own.tokens["instructor"]) as client:
            started = await replays.start(client, "modes")
            begun = await replays.replay(client, started, "three")
            assert begun["mode"] == "auto_regressive"
            complete = client.payloads("test_run_complete")[0]
        assert [said(body) for body in stand_in.asked] == [
            [("user", "First.")],
            [("user", "First."), ("assistant", "Mine 1."), ("user", "Second.")],
            [
                *(("user", "First."), ("assistant", "Mine 1."), ("user", "Second."), ("assistant", "Mine 2.")),
                ("user", "Third."),
            ],
        ]
        assert not any(recorded in json.dumps(stand_in.asked) for recorded in RECORDED)
        assert replays.outputs(complete) == {1: "Mine 1.", 2: "Mine 2.", 3: "Mine 3."}
        assert len({each["message_id"] for each in complete["outputs"]}) == 3


@pytest.mark.case(95)
async def test_last_turn_is_one_call_after_the_recording_itself(own: Site) -> None:
    benches.install(own)
    async with standing_in() as (stand_in, providers):
        numbered(stand_in)
        process = own.start(PROVIDERS=providers)
        async with Client(process.url, own.tokens["instructor"]) as client:
            started = await replays.start(client, "last")
            begun = await replays.replay(client, started, "three")
            assert begun["mode"] == "last_turn"
            start = client.payloads("test_run_start")[0]
            assert (start["mode"], start["total_turns"]) == ("last_turn", 1)
            assert replays.outputs(client.payloads("test_run_complete")[0]) == {1: "Mine 1."}
        assert [said(body) for body in stand_in.asked] == [
            [
                *(("user", "First."), ("assistant", "Recorded one."), ("user", "Second.")),
                *(("assistant", "Recorded two."), ("user", "Third.")),
            ]
        ]


@pytest.mark.case(98, 101)
async def test_tools_are_never_executed_and_calls_that_were_made_are_told(own: Site) -> None:
    benches.install(own)
    calls = {
        0: [("k1", "look_up", '{"term": "recursion"}')],
        1: [("k2", "erase_all", '{"really": true}')],
    }
    async with standing_in() as (stand_in, providers):

        def answer(body: Any) -> str:
            number = len(stand_in.asked) - 1
            stand_in.calls = calls.get(number, [])
            return "" if stand_in.calls else f"Mine {number}."

        stand_in.answers["candidate"] = answer
        process = own.start(PROVIDERS=providers)
        async with Client(process.url, own.tokens["instructor"]) as client:
            started = await replays.start(client, "tools")
            begun = await replays.replay(client, started, "tools")
            complete = client.payloads("test_run_complete", run_id=begun["run_id"])[0]
        told = [(call["turn"], call["name"], call["arguments"]) for call in complete["tool_calls"]]
        assert told == [(1, "look_up", {"term": "recursion"}), (2, "erase_all", {"really": True})]
        results = [m["content"] for body in stand_in.asked for m in body["messages"] if m["role"] == "tool"]
        assert set(results) == {"See recursion."}, "a call without a recorded result gets none"
