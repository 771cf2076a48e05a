"""Dialect `glow-web` for tests of models: aliases beside `test_progress`, and the old inputs (Glow 9.7)."""

from typing import Any

import pytest

from tests.harness.dialects import check_alias, check_event
from tests.harness.socket import Client
from tests.wire import benches, replays
from tests.wire.benches import bench, evaluation, recording
from tests.wire.house import UNKNOWN, House, fence
from tests.wire.http_client import Http

WEB: dict[str, Any] = {"dialect": "glow-web"}


@pytest.fixture
def tested(house: House) -> House:
    """The shared server, with the benchmarks."""
    benches.install(house.site)
    return house


def web(house: House, user_id: str = "instructor") -> Client:
    """A stock client of the dialect."""
    return Client(house.url, house.site.tokens[user_id], **WEB)


def frames(client: Client) -> list[tuple[str, Any]]:
    """Every frame of the family that was heard, held against its model."""
    found = [(name, args[0]) for name, args in client.heard if name.startswith("test_")]
    for name, payload in found:
        (check_alias if "alias_of" in payload["_meta"] else check_event)(name, payload)
    return found


@pytest.mark.case(112)
async def test_aliases_stand_behind_their_events_and_the_text_accumulates(tested: House) -> None:
    async with web(tested) as client, tested.client("root") as plain:
        started = await replays.start(client, "single")
        await plain.ok("test_join", {"invocation_id": started["invocation_id"]})
        begun = await replays.replay(client, started, "three")
        await replays.end(client, begun, grade=False)
        await client.wait_for("test_all_complete")
        for each in (client, plain):
            await fence(each)
        heard = frames(client)
        told = [(name, p) for name, p in frames(plain) if "seq" in p["_meta"]]
        texts: dict[int, str] = {}
        for at, (name, payload) in enumerate(heard):
            meta = payload["_meta"]
            if "alias_of" in meta:
                before, event = heard[at - 1]
                assert (before, meta["alias_of"]) == ("test_progress", "test_progress")
                assert meta == event["_meta"] | {"alias_of": "test_progress"}
            if name == "test_progress" and payload["type"] == "run_delta":
                texts[payload["turn"]] = texts.get(payload["turn"], "") + payload["message"]
                alias, members = heard[at + 1]
                assert (alias, members["content"]) == ("test_run_delta", texts[payload["turn"]])
                assert members["run_id"] == begun["run_id"]
        complete = [p for name, p in heard if name == "test_all_complete"]
        assert [(p["invocation_id"], p["success"]) for p in complete] == [(started["invocation_id"], True)]
        assert not any("alias_of" in p["_meta"] for _, p in frames(plain))
        ids = {p["_meta"]["id"] for _, p in told}
        documented = [(name, p["_meta"]["id"]) for name, p in heard if "alias_of" not in p["_meta"]]
        assert [each for each in documented if each[1] in ids] == [(name, p["_meta"]["id"]) for name, p in told]


@pytest.mark.case(112)
async def test_the_answer_that_nothing_is_left_has_its_alias_for_the_asker_alone(tested: House) -> None:
    async with web(tested) as client:
        started = await replays.start(client, "ungraded")
        await replays.replay(client, started, "one")
        await client.ok("test_next", {"test_id": started["test_id"]})
        alias = await client.wait_for("test_all_complete")
        assert "seq" not in alias["_meta"]


@pytest.mark.case(112)
async def test_who_comes_in_the_middle_of_a_turn_gets_its_text_from_the_beginning(slow: House) -> None:
    benches.install(slow.site)
    async with slow.client("instructor") as owner, web(slow, "root") as late:
        started = await replays.start(owner, "slowly")
        begun = await owner.ok("test_run", replays.ids_of(started, "two"))
        while len(owner.payloads("test_progress", type="run_delta")) < 4:
            await fence(owner)
        middle = owner.payloads("test_progress", type="run_delta")[2]["_meta"]["seq"]
        await late.ok("test_join", {"invocation_id": started["invocation_id"], "since": middle})
        complete = await late.wait_for("test_run_complete", run_id=begun["run_id"])
        texts: dict[int, str] = {}
        turn = 0
        for name, payload in frames(late):
            turn = payload.get("turn") or turn
            if name == "test_run_delta":
                texts[turn] = payload["content"]
        assert texts == replays.outputs(complete)


@pytest.mark.case(113)
async def test_a_cut_between_a_test_event_and_its_alias_brings_the_alias_alone(tested: House) -> None:
    token = tested.site.tokens["instructor"]
    async with tested.raw() as raw:
        pid = (await raw.open(token, **WEB)).data["pid"]
        started = await raw.ok("test_start", {"benchmark_id": bench("ungraded")})
        begun = await raw.ok("test_run", replays.ids_of(started, "one"))
        await raw.event("test_run_complete", run_id=begun["run_id"])
        await raw.ok("test_end", replays.ending(begun, grade=False))
        await raw.event("test_all_complete")
    expected = raw.logged
    offsets = [packet.offset for packet in expected]
    assert len(set(offsets)) == len(offsets)
    cuts = [at for at, packet in enumerate(expected) if packet.payload.get("type") in ("run_delta", "all_complete")]
    assert len(cuts) >= 2
    for cut in (cuts[0], cuts[-1]):
        async with tested.raw() as again:
            answer = await again.open(token, pid=pid, offset=offsets[cut], **WEB)
            assert answer.data["pid"] == pid
            last = expected[-1].offset
            await again.wait(lambda p, last=last: p.type == "2" and p.offset == last)
            await again.call("attempt_leave", {"chat_id": UNKNOWN})
            told = [(p.name, p.payload, p.offset) for p in again.logged]
            assert told == [(p.name, p.payload, p.offset) for p in expected[cut + 1 :]]
            assert told[0][0] in ("test_run_delta", "test_all_complete")


@pytest.mark.case(114)
async def test_old_inputs_are_taken_with_the_dialect(tested: House) -> None:
    async with web(tested) as client:
        started = await client.ok("test_start", {"eval_id": evaluation("other")})
        assert started["benchmark_id"] == bench("older")
        mine = {"test_id": started["test_id"], "invocation_id": started["invocation_id"]}
        begun = await client.ok("test_run", mine)
        assert begun["original_run_id"] == recording("one")
        await client.wait_for("test_run_complete", run_id=begun["run_id"])
        ended = await client.ok("test_end", mine | {"run_id": begun["run_id"]})
        await client.wait_for("test_graded", grade_id=ended["grade_id"])
        plain = await replays.start(client, "plain")
        found = await client.ok("test_next", {"test_id": plain["test_id"]})
        assert found["started"] is True
        await client.wait_for("test_run_complete", run_id=found["replay_run_id"])
        kept = await client.ok("test_next", {"test_id": plain["test_id"], "start": False})
        assert (kept["started"], kept["run_id"]) == (False, recording("two"))
        newest = await client.ok("test_start", {"eval_id": evaluation("talk")})
        assert newest["benchmark_id"] in {bench(name) for name in benches.ROWS}
        for wrong in ({}, {"eval_id": 5}, {"eval_id": None}):
            assert (await client.refused("test_start", wrong))["error_type"] == "validation"
        assert (await client.refused("test_start", {"eval_id": UNKNOWN}))["detail"] == "Benchmark not found."


@pytest.mark.case(114)
async def test_old_inputs_are_refused_without_the_dialect(tested: House) -> None:
    async with tested.client("instructor") as client, Http(tested.url, tested.site.tokens["instructor"]) as http:
        started = await replays.start(client, "plain")
        mine = {"test_id": started["test_id"], "invocation_id": started["invocation_id"]}
        wrong: dict[str, dict[str, Any]] = {
            "test_start": {"eval_id": evaluation("other")},
            "test_run": mine | {"run_id": recording("one")},
            "test_end": mine | {"run_id": recording("one")},
        }
        for name, payload in wrong.items():
            assert (await client.refused(name, payload))["code"] == "invalid_request"
            answer = await http.io.post(f"/socket/v5/client/{name.replace('_', '/', 1)}", json=payload)
            assert answer.status_code == 422
        without = {"test_id": started["test_id"], "test_invocation_id": started["invocation_id"]}
        assert (await client.refused("test_run", without))["errors"][0]["pointer"] == "/run_id"
        assert (await client.ok("test_next", {"test_id": started["test_id"]}))["started"] is False


@pytest.mark.case(114)
async def test_a_session_of_the_dialect_may_use_old_inputs_over_http(tested: House) -> None:
    async with Http(tested.url, tested.site.tokens["instructor"]) as http:
        opened = (await http.io.post("/socket/v5/client/connect", json=WEB)).json()
        at = {"sid": opened["sid"]}
        payload = {"eval_id": evaluation("other")}
        answer = await http.io.post("/socket/v5/client/test/start", json=payload, params=at)
        assert answer.json()["benchmark_id"] == bench("older")
